#include "actions/kafka/kafka_step.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

/* The client gives up so long before the step's deadline: it knows what it was waiting for. */
enum { MARGIN_MS = 200 };

struct walk {
  uv_timer_t timer;
  const struct kafka_step *step;
  struct kafka_client *client; /* NULL: it could not be made */
  struct kafka_asking *asking;
  struct kafka_turn turn;
};

static void on_timer_closed(uv_handle_t *handle) {
  struct walk *walk = handle->data;
  kafka_admin_free(walk->turn.last);
  free(walk);
}

static void on_client_closed(void *arg) {
  struct walk *walk = arg;
  uv_close((uv_handle_t *)&walk->timer, on_timer_closed);
}

static void walk_close(struct walk *walk) {
  uv_timer_stop(&walk->timer);
  walk->turn.act->self = NULL;
  walk->turn.act = NULL;
  if (walk->client)
    kafka_client_close(walk->client, on_client_closed, walk);
  else
    on_client_closed(walk);
}

static void end(struct walk *walk) {
  struct act *act = walk->turn.act;
  struct err err = walk->turn.ended;
  struct sample *found = walk->turn.found;
  if (found)
    found->taken_ms = clock_now_ms();
  walk_close(walk);
  act->end(act, found, err.kind == ERR_NONE ? NULL : &err);
}

static void ask(struct walk *walk);

static void on_timer(uv_timer_t *timer) {
  struct walk *walk = timer->data;
  if (walk->turn.ended.kind != ERR_NONE)
    end(walk);
  else
    ask(walk);
}

static void later(struct walk *walk, int64_t ms) {
  uv_update_time(walk->timer.loop);
  uv_timer_start(&walk->timer, on_timer, (uint64_t)ms, 0);
}

static void on_answer(void *arg, struct kafka_admin *admin, const struct err *err) {
  struct walk *walk = arg;
  struct kafka_turn *turn = &walk->turn;
  walk->asking = NULL;
  turn->admin = admin;
  turn->err = err;
  turn->again_ms = -1;
  walk->step->take(turn);
  kafka_admin_free(turn->last);
  turn->last = admin;
  turn->admin = NULL;
  turn->round++;
  if (turn->again_ms >= 0 && turn->ended.kind == ERR_NONE)
    later(walk, turn->again_ms);
  else
    end(walk);
}

static void ask(struct walk *walk) {
  struct kafka_turn *turn = &walk->turn;
  struct act *act = turn->act;
  turn->admin = kafka_admin_new();
  if (!walk->step->ask(turn)) {
    kafka_admin_free(turn->admin);
    later(walk, 0); /* an end never comes before the start returns */
    return;
  }
  int64_t most_ms = clock_now_ms() + KAFKA_EXECUTE_MS;
  int64_t deadline_ms = act->deadline_ms < most_ms ? act->deadline_ms : most_ms;
  walk->asking =
      kafka_admin_ask(walk->client, turn->admin, deadline_ms - MARGIN_MS, on_answer, walk);
}

static struct kafka_client *client_new(struct act *act, struct err *err) {
  const struct option_value *properties = target_option(act->target, "properties");
  struct kafka_config config = {.bootstrap = target_text(act->target, "bootstrap"),
                                .names = properties->names,
                                .values = properties->items,
                                .property_count = properties->item_count};
  return kafka_client_new(act->io, &config, err);
}

void kafka_step_start(struct act *act, const struct kafka_step *step) {
  struct walk *walk = mem_new(sizeof *walk);
  walk->step = step;
  walk->turn.act = act;
  uv_timer_init(act->io->loop, &walk->timer);
  walk->timer.data = walk;
  act->self = walk;
  walk->client = client_new(act, &walk->turn.ended);
  if (walk->client)
    ask(walk);
  else
    later(walk, 0);
}

void kafka_step_drop(struct act *act) {
  struct walk *walk = act->self;
  bool sent = walk->asking && kafka_admin_cancel(walk->asking);
  if (walk->asking)
    kafka_admin_free(walk->turn.admin);
  walk->asking = NULL;
  if (act->outcome) {
    if (sent)
      outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_UNKNOWN, "no answer in time");
    else
      outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_SKIPPED, "nothing was sent");
    outcome_set_all(act->outcome, VICTIM_SENT, VICTIM_UNKNOWN,
                    "the broker took it, but it could not be read again in time");
  }
  walk_close(walk);
}

bool kafka_step_failed(struct kafka_turn *turn) {
  if (!turn->err)
    return false;
  turn->ended = *turn->err;
  struct outcome *outcome = turn->act->outcome;
  if (turn->admin->unsure)
    outcome_set_all(outcome, VICTIM_PENDING, VICTIM_UNKNOWN, "%s", turn->err->text);
  else
    outcome_set_all(outcome, VICTIM_PENDING, VICTIM_REFUSED, "%s", turn->err->text);
  return true;
}

bool kafka_step_lost(struct kafka_turn *turn) {
  if (turn->err)
    turn->ended = *turn->err;
  return turn->err != NULL;
}

static int spot_compare(const void *a, const void *b) {
  const struct kafka_spot *x = a, *y = b;
  int order = strcmp(x->topic, y->topic);
  if (order)
    return order;
  return x->partition < y->partition ? -1 : x->partition > y->partition;
}

const struct kafka_spot *kafka_step_spot(const struct kafka_turn *turn, const char *topic,
                                         int32_t partition) {
  const struct kafka_admin *admin = turn->admin;
  struct kafka_spot key = {.topic = topic, .partition = partition};
  return admin->spot_count > 0
             ? bsearch(&key, admin->spots, admin->spot_count, sizeof *admin->spots, spot_compare)
             : NULL;
}
