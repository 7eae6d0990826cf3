#include "actions/kafka/kafka_reset_plan.h"

#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"
#include "core/count.h"
#include "core/text/format.h"

#include <string.h>

static const struct plan_column columns[] = {
    {"OLD", true}, {"NEW", true}, {"CHANGE", true}, {"", false}};
static const char *const identities[] = {"topic", "partition", "old",    "new",
                                         "group", "undo",      "cluster"};

struct sums {
  int64_t skipped, replayed;
  size_t forward, back, fresh, same, clamped, late;
};

struct making {
  const struct action_request *request;
  struct plan *plan;
  struct kafka_facts facts;
  struct kafka_admin *picks;
  struct sums sums;
  const char *undo;
  struct err *err;
};

/* Messages that are skipped, or read again: only those that exist. */
static void sum_up(struct sums *sums, const struct kafka_spot *pick, const struct kafka_aim *aim) {
  int64_t old = pick->committed;
  if (old < 0) {
    sums->fresh++;
    return;
  }
  if (aim->new > old) {
    sums->skipped += count_less(aim->new, old > pick->start ? old : pick->start);
    sums->forward++;
  } else {
    sums->replayed += count_less(old < pick->end ? old : pick->end, aim->new);
    sums->back++;
  }
}

/* NULL: no remark. */
static const char *remark(struct making *m, const struct kafka_spot *pick,
                          const struct kafka_aim *aim) {
  struct plan *plan = m->plan;
  const char *text = pick->committed < 0 ? "; nothing was committed" : "";
  if (aim->wish != aim->new) {
    m->sums.clamped++;
    text =
        plan_printf(plan, "%s; clamped from %s to the log's %s", text,
                    shown_count(&plan->arena, aim->wish), aim->wish < aim->new ? "start" : "end");
  }
  if (aim->past_end) {
    m->sums.late++;
    text = plan_printf(plan, "%s; no message that late: its end", text);
  }
  return *text ? text + strlen("; ") : NULL;
}

static bool add_object(struct making *m, struct kafka_spot *pick, const struct kafka_aim *aim) {
  struct plan *plan = m->plan;
  struct arena *arena = &plan->arena;
  const bool had = pick->committed >= 0;
  const int64_t change = aim->new - pick->committed;
  pick->want = aim->new;
  if (!kafka_plan_spot(plan, pick, m->err))
    return false;
  sum_up(&m->sums, pick, aim);
  ACTION_CELLS(
      plan, had ? shown_count(arena, pick->committed) : "none", shown_count(arena, aim->new),
      had ? plan_printf(plan, "%s%s", change > 0 ? "+" : "", shown_count(arena, change)) : NULL,
      remark(m, pick, aim));
  return true;
}

static bool add_objects(struct making *m) {
  for (size_t i = 0; i < m->picks->spot_count; i++) {
    struct kafka_aim aim;
    struct kafka_spot *pick = &m->picks->spots[i];
    if (!kafka_aim_at(&m->facts.to, pick, &aim, m->err))
      return false;
    if (aim.new == pick->committed)
      m->sums.same++;
    else if (!add_object(m, pick, &aim))
      return false;
  }
  if (m->plan->object_count > 0)
    return true;
  return err_set(m->err, ERR_INVALID,
                 "nothing to do: all selected partitions are already at that offset");
}

/* ---- whether another consumer is active */

/* Whether each picked offset equals the model's. The picks are the survey's rows, sorted like an
 * answer. */
static bool none_moved(struct making *m, const struct table *table, const struct row *group,
                       bool later) {
  const char *topic = "";
  bool mine = false;
  for (size_t i = 0; i < table->row_count; i++) { /* each after its parent */
    const struct row *row = &table->rows[i];
    const struct value there = kafka_cell(m->request, row, KAFKA_LAG_ID_COMMITTED);
    const int32_t partition = kafka_partition_of_key(row->key);
    if (!row->parent)
      mine = row == group;
    else if (partition < 0)
      topic = kafka_cell(m->request, row, KAFKA_LAG_ID_NAME).text;
    if (!mine || partition < 0 || there.type != VALUE_INT)
      continue;
    const struct kafka_spot *pick = kafka_admin_find(m->picks, topic, partition);
    if (pick && pick->committed != there.integer)
      return err_set(m->err, ERR_INVALID,
                     "a client commits for this group although it is Empty: %.80s/%d was at %lld "
                     "and is at %lld; stop that client first, or it will overwrite the reset",
                     topic, partition, (long long)(later ? pick->committed : there.integer),
                     (long long)(later ? there.integer : pick->committed));
  }
  return true;
}

/* The collection and the survey are some seconds apart. A group that is Empty in both and has
 * committed in between has a consumer that never joined: one by assign(). */
static bool guard(struct making *m) {
  const struct action_request *request = m->request;
  const struct sample *sample = request->model->targets[request->target_index].sample;
  const struct table *table = sample ? sample_table_view(sample, KAFKA_LAG_TABLE) : NULL;
  const struct row *group = kafka_group_row(request);
  if (!table || !group)
    return true;
  struct value state = kafka_cell(request, group, KAFKA_LAG_ID_STATE);
  if (state.type != VALUE_TEXT)
    return true;
  bool later = sample->taken_ms > request->found->taken_ms;
  if (strcmp(state.text, KAFKA_STATE_EMPTY) == 0)
    return none_moved(m, table, group, later);
  return !later ||
         err_set(m->err, ERR_INVALID, "the group is now %.60s; it must be Empty", state.text);
}

/* ---- the words */

static const char *flag_of(struct making *m) {
  struct plan *plan = m->plan;
  const struct kafka_to *to = &m->facts.to;
  char when[64];
  switch (to->kind) {
  case KAFKA_TO_EARLIEST:
    return "--to-earliest";
  case KAFKA_TO_LATEST:
    return "--to-latest";
  case KAFKA_TO_OFFSET:
    return plan_printf(plan, "--to-offset %lld", (long long)to->number);
  case KAFKA_TO_SHIFT:
    return plan_printf(plan, "--shift-by %lld", (long long)to->number);
  case KAFKA_TO_TIME:
    format_time(when, sizeof when, to->number, true, true);
    when[10] = 'T';
    return plan_printf(plan, "--to-datetime %s.%03d", when, (int)(to->number % 1000));
  case KAFKA_TO_FILE: {
    const char *path = plan_param(plan, "file");
    return plan_printf(plan, "--from-file %s", shown_word(&plan->arena, path ? path : "FILE"));
  }
  }
  return "";
}

/* " --topic orders:0,1,2 --topic customers:0": from the objects. */
static const char *topics_of(struct making *m) {
  enum { SHOWN = 60 };
  struct plan *plan = m->plan;
  const char *text = "", *topic = NULL;
  if (m->facts.to.kind == KAFKA_TO_FILE)
    return text;
  for (size_t i = 0; i < plan->object_count && i < SHOWN; i++) {
    const char *partition = action_identity(plan, i, "partition");
    bool same = topic && strcmp(topic, action_identity(plan, i, "topic")) == 0;
    topic = action_identity(plan, i, "topic");
    text = same ? plan_printf(plan, "%s,%s", text, partition)
                : plan_printf(plan, "%s --topic %s:%s", text, topic, partition);
  }
  if (plan->object_count > SHOWN)
    text = plan_printf(plan, "%s,... (%zu more)", text, plan->object_count - SHOWN);
  return text;
}

static void say_effect(struct making *m) {
  plan_say(m->plan, PLAN_EFFECT,
           "kafka-consumer-groups.sh %s --group %s --reset-offsets %s%s --execute",
           kafka_server(m->plan, m->request), shown_word(&m->plan->arena, m->facts.group),
           flag_of(m), topics_of(m));
}

static void say_blast(struct making *m) {
  struct plan *plan = m->plan;
  const struct sums *sums = &m->sums;
  char when[KAFKA_TIME_TEXT];
  if (m->facts.to.kind == KAFKA_TO_TIME)
    plan_say(plan, PLAN_BLAST, "to the first message not older than %s",
             kafka_time_text(m->facts.to.number, when));
  if (sums->forward > 0)
    plan_say(plan, PLAN_BLAST, "skips %s in %s: this group will never read them",
             shown_counted(&plan->arena, sums->skipped, "unread message", "unread messages"),
             shown_counted(&plan->arena, (int64_t)sums->forward, "partition", "partitions"));
  if (sums->back > 0)
    plan_say(plan, PLAN_BLAST, "replays %s in %s: the group's consumers process them again",
             shown_counted(&plan->arena, sums->replayed, "message", "messages"),
             shown_counted(&plan->arena, (int64_t)sums->back, "partition", "partitions"));
  if (sums->same > 0)
    plan_say(plan, PLAN_BLAST, "%s already at the target offset: left unchanged",
             shown_counted(&plan->arena, (int64_t)sums->same, "partition is", "partitions are"));
}

static void say_warnings(struct making *m) {
  struct plan *plan = m->plan;
  const struct sums *sums = &m->sums;
  if (m->facts.to.kind == KAFKA_TO_LATEST && sums->skipped > 0)
    plan_say(plan, PLAN_WARNING, "latest on a group with lag: the group loses %s",
             shown_counted(&plan->arena, sums->skipped, "unread message", "unread messages"));
  if (sums->late > 0)
    plan_say(plan, PLAN_WARNING, "%s no message that late: set to the end",
             shown_counted(&plan->arena, (int64_t)sums->late, "partition has", "partitions have"));
  if (sums->clamped > 0)
    plan_say(plan, PLAN_WARNING, "%s clamped to the range of the log",
             shown_counted(&plan->arena, (int64_t)sums->clamped, "offset is", "offsets are"));
  plan_say(plan, PLAN_WARNING,
           "a consumer that uses assign() is not listed as a member and would overwrite this: the "
           "offsets are read again 5 s later");
  if (sums->replayed > 0)
    plan_say(plan, PLAN_LOSS, "the effects of messages that are processed a second time");
}

static void say_undo(struct making *m) {
  struct plan *plan = m->plan;
  if (m->sums.forward + m->sums.back > 0)
    plan_say(plan, PLAN_UNDO,
             "the old offsets are written to %s first; if that fails, nothing is reset",
             kafka_undo_path(plan, m->request->state, m->undo));
  if (m->sums.fresh > 0)
    plan_say(
        plan, PLAN_UNDO,
        "%s no committed offset before, which the file cannot hold; kafka.delete-offsets "
        "undoes that",
        shown_counted(&plan->arena, (int64_t)m->sums.fresh, "partition had", "partitions had"));
}

static bool make(struct making *m) {
  struct plan *plan = m->plan;
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "offsets";
  plan->name = m->facts.group = plan_copy(plan, m->facts.group);
  m->undo = kafka_undo_name(plan, "reset-offsets", m->facts.group, m->request->now_ms);
  if (!guard(m) || !add_objects(m) || !kafka_plan_cluster(m->request, plan, m->err))
    return false;
  action_bind_all(plan, "group", plan->name);
  action_bind_all(plan, "undo", m->undo);
  plan->title =
      plan_printf(plan, "Reset %s of group %s",
                  shown_counted(&plan->arena, plan->count, "offset", "offsets"), plan->name);
  say_effect(m);
  say_blast(m);
  say_warnings(m);
  say_undo(m);
  plan_say(plan, PLAN_PRECONDITION, "the group is Empty and classic (checked again just before)");
  plan_say(plan, PLAN_PRECONDITION, "every offset is unchanged; otherwise none is changed");
  return true;
}

bool kafka_reset_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct making m = {.request = request, .plan = plan, .err = err};
  kafka_facts_read(request->found, &m.facts);
  if (!kafka_facts_allow(&m.facts, true, err) || !(m.picks = kafka_picks_take(request, false, err)))
    return false;
  bool good = make(&m);
  kafka_admin_free(m.picks);
  return good;
}
