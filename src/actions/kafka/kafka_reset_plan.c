#include "actions/kafka/kafka_reset_plan.h"

#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_words.h"
#include "core/format.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plan_column columns[] = {
    {"OLD", true}, {"NEW", true}, {"CHANGE", true}, {"", false}};
static const char *const identities[KAFKA_RESET_IDENTITIES] = {
    "topic", "partition", "old", "new", "group", "undo", "cluster"};

/* What becomes of one partition. */
struct aim {
  int64_t wish, new; /* before and after it is kept within the log */
  bool past_end;     /* the time is */
};

struct sums {
  int64_t skipped, replayed;
  size_t forward, back, fresh, same, clamped, late;
};

struct making {
  const struct action_request *request;
  struct plan *plan;
  struct kafka_facts facts;
  struct kafka_picks picks;
  struct sums sums;
  const char *undo, *cluster;
  struct err *err;
};

static bool wish_of(const struct making *m, const struct kafka_pick *pick, struct aim *aim) {
  const struct kafka_to *to = &m->facts.to;
  switch (to->kind) {
  case KAFKA_TO_EARLIEST:
    aim->wish = pick->start;
    break;
  case KAFKA_TO_LATEST:
    aim->wish = pick->end;
    break;
  case KAFKA_TO_OFFSET:
    aim->wish = to->number;
    break;
  case KAFKA_TO_FILE:
    aim->wish = pick->want;
    break;
  case KAFKA_TO_SHIFT:
    if (pick->committed < 0)
      return err_set(m->err, ERR_INVALID, "%.150s has no committed offset to shift from",
                     pick->key);
    if (__builtin_add_overflow(pick->committed, to->number, &aim->wish))
      aim->wish = to->number < 0 ? 0 : INT64_MAX;
    break;
  case KAFKA_TO_TIME:
    aim->past_end = pick->at < 0;
    aim->wish = pick->at < 0 ? pick->end : pick->at;
    break;
  }
  return true;
}

static bool aim_of(const struct making *m, const struct kafka_pick *pick, struct aim *aim) {
  *aim = (struct aim){0};
  if (pick->error || pick->start < 0 || pick->end < 0)
    return err_set(m->err, ERR_INVALID, "%.100s: %.100s; deselect it", pick->key,
                   pick->error ? pick->error : "its offsets are not known");
  if (!wish_of(m, pick, aim))
    return false;
  aim->new = aim->wish < pick->start ? pick->start : aim->wish > pick->end ? pick->end : aim->wish;
  return true;
}

static const char *count_text(struct plan *plan, int64_t count, bool plus) {
  char text[FORMAT_MAX];
  return plan_printf(plan, "%s%s", plus && count > 0 ? "+" : "",
                     format_count(text, sizeof text, count));
}

/* Messages that are jumped over, or come again: only those that are there. */
static void sum_up(struct sums *sums, const struct kafka_pick *pick, const struct aim *aim) {
  int64_t old = pick->committed;
  if (old < 0) {
    sums->fresh++;
    return;
  }
  if (aim->new > old) {
    int64_t from = old > pick->start ? old : pick->start;
    sums->skipped += aim->new > from ? aim->new - from : 0;
    sums->forward++;
  } else {
    int64_t until = old < pick->end ? old : pick->end;
    sums->replayed += until > aim->new ? until - aim->new : 0;
    sums->back++;
  }
}

static const char *remark(struct making *m, const struct kafka_pick *pick, const struct aim *aim) {
  struct plan *plan = m->plan;
  const char *fresh = pick->committed < 0 ? "nothing was committed; " : "";
  const char *clamped = "", *late = "";
  if (aim->wish != aim->new) {
    m->sums.clamped++;
    clamped =
        plan_printf(plan, "clamped from %s to the log's %s; ", count_text(plan, aim->wish, false),
                    aim->wish < aim->new ? "start" : "end");
  }
  if (aim->past_end) {
    m->sums.late++;
    late = "no message that late: its end; ";
  }
  char *text = mem_printf("%s%s%s", fresh, clamped, late);
  if (*text)
    text[strlen(text) - 2] = '\0';
  const char *copy = *text ? plan_copy(plan, text) : NULL;
  free(text);
  return copy;
}

static bool add_object(struct making *m, const struct kafka_pick *pick, const struct aim *aim) {
  struct plan *plan = m->plan;
  struct plan_object *object = plan_object(plan, pick->key, pick->key);
  if (!object)
    return err_set(m->err, ERR_LIMIT, "more than %d partitions; select fewer", PLAN_OBJECTS_MAX);
  sum_up(&m->sums, pick, aim);
  bool had = pick->committed >= 0;
  object->cells[0] = had ? count_text(plan, pick->committed, false) : "none";
  object->cells[1] = count_text(plan, aim->new, false);
  object->cells[2] = had ? count_text(plan, aim->new - pick->committed, true) : NULL;
  object->cells[3] = remark(m, pick, aim);
  object->identities[KAFKA_RESET_TOPIC] = plan_copy(plan, pick->topic);
  object->identities[KAFKA_RESET_PARTITION] = plan_printf(plan, "%d", pick->partition);
  object->identities[KAFKA_RESET_OLD] =
      had ? plan_printf(plan, "%lld", (long long)pick->committed) : "";
  object->identities[KAFKA_RESET_NEW] = plan_printf(plan, "%lld", (long long)aim->new);
  object->identities[KAFKA_RESET_GROUP] = m->facts.group;
  object->identities[KAFKA_RESET_UNDO] = m->undo;
  object->identities[KAFKA_RESET_CLUSTER] = m->cluster;
  return true;
}

static bool add_objects(struct making *m) {
  for (size_t i = 0; i < m->picks.count; i++) {
    struct aim aim;
    const struct kafka_pick *pick = &m->picks.items[i];
    if (!aim_of(m, pick, &aim))
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

/* ---- whether somebody else is at work */

static int pick_compare(const void *a, const void *b) {
  return strcmp(((const struct kafka_pick *)a)->key, ((const struct kafka_pick *)b)->key);
}

/* The model's cell of a row of the group's table; none when it is not there. */
static struct value model_cell(const struct table *table, const struct row *row,
                               const char *column) {
  int index = table_column(table->spec, column);
  return index >= 0 ? row->cells[index] : value_none(NULL);
}

/* Whether each offset that was picked is the model's, too. */
static bool none_moved(struct making *m, const struct table *table, const struct row *group,
                       bool later) {
  size_t prefix = strlen(group->key);
  struct kafka_pick *sorted = mem_new(m->picks.count * sizeof *sorted);
  memcpy(sorted, m->picks.items, m->picks.count * sizeof *sorted);
  qsort(sorted, m->picks.count, sizeof *sorted, pick_compare);
  bool good = true;
  for (size_t i = 0; good && i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    struct value there = model_cell(table, row, "committed");
    if (there.type != VALUE_INT || strncmp(row->key, group->key, prefix) != 0 ||
        row->key[prefix] != '/')
      continue;
    struct kafka_pick wanted = {.key = row->key + prefix + 1};
    const struct kafka_pick *pick =
        bsearch(&wanted, sorted, m->picks.count, sizeof *sorted, pick_compare);
    if (pick && pick->committed != there.integer)
      good = err_set(m->err, ERR_INVALID,
                     "a client commits for this group although it is Empty: %.80s was at %lld and "
                     "is at %lld; stop that client first, or it will overwrite the reset",
                     pick->key, (long long)(later ? pick->committed : there.integer),
                     (long long)(later ? there.integer : pick->committed));
  }
  free(sorted);
  return good;
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
  struct value state = model_cell(table, group, KAFKA_LAG_ID_STATE);
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
    return plan_printf(plan, "--from-file %s", kafka_word(&plan->arena, path ? path : "FILE"));
  }
  }
  return "";
}

/* " --topic orders:0,1,2 --topic customers:0": of the objects. */
static const char *topics_of(struct making *m) {
  enum { SHOWN = 60 };
  struct plan *plan = m->plan;
  const char *text = "", *topic = NULL;
  if (m->facts.to.kind == KAFKA_TO_FILE)
    return text;
  for (size_t i = 0; i < plan->object_count && i < SHOWN; i++) {
    const char **identity = plan->objects[i].identities;
    bool same = topic && strcmp(topic, identity[KAFKA_RESET_TOPIC]) == 0;
    topic = identity[KAFKA_RESET_TOPIC];
    text =
        same ? plan_printf(plan, "%s,%s", text, identity[KAFKA_RESET_PARTITION])
             : plan_printf(plan, "%s --topic %s:%s", text, topic, identity[KAFKA_RESET_PARTITION]);
  }
  if (plan->object_count > SHOWN)
    text = plan_printf(plan, "%s,... (%zu more)", text, plan->object_count - SHOWN);
  return text;
}

static void say_effect(struct making *m) {
  plan_say(m->plan, PLAN_EFFECT,
           "kafka-consumer-groups.sh %s --group %s --reset-offsets %s%s --execute",
           kafka_server(m->plan, m->request), kafka_word(&m->plan->arena, m->facts.group),
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
             kafka_counted(plan, sums->skipped, "unread message", "unread messages"),
             kafka_counted(plan, (int64_t)sums->forward, "partition", "partitions"));
  if (sums->back > 0)
    plan_say(plan, PLAN_BLAST, "replays %s in %s: the group's consumers process them again",
             kafka_counted(plan, sums->replayed, "message", "messages"),
             kafka_counted(plan, (int64_t)sums->back, "partition", "partitions"));
  if (sums->same > 0)
    plan_say(plan, PLAN_BLAST, "%s already at the target offset: left unchanged",
             kafka_counted(plan, (int64_t)sums->same, "partition is", "partitions are"));
}

static void say_warnings(struct making *m) {
  struct plan *plan = m->plan;
  const struct sums *sums = &m->sums;
  if (m->facts.to.kind == KAFKA_TO_LATEST && sums->skipped > 0)
    plan_say(plan, PLAN_WARNING, "latest on a group with lag: the group loses %s",
             kafka_counted(plan, sums->skipped, "unread message", "unread messages"));
  if (sums->late > 0)
    plan_say(plan, PLAN_WARNING, "%s no message that late: set to the end",
             kafka_counted(plan, (int64_t)sums->late, "partition has", "partitions have"));
  if (sums->clamped > 0)
    plan_say(plan, PLAN_WARNING, "%s clamped to the range of the log",
             kafka_counted(plan, (int64_t)sums->clamped, "offset is", "offsets are"));
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
    plan_say(plan, PLAN_UNDO,
             "%s no committed offset before, which the file cannot hold; kafka.delete-offsets "
             "undoes that",
             kafka_counted(plan, (int64_t)m->sums.fresh, "partition had", "partitions had"));
}

static bool make(struct making *m) {
  struct plan *plan = m->plan;
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "offsets";
  plan->name = m->facts.group = plan_copy(plan, m->facts.group);
  m->undo = kafka_undo_name(plan, "reset-offsets", m->facts.group, m->request->now_ms);
  if (!guard(m) ||
      !kafka_identity_cluster(m->request, plan, m->facts.cluster, &m->cluster, m->err) ||
      !add_objects(m))
    return false;
  plan->title = plan_printf(plan, "Reset %s of group %s",
                            kafka_counted(plan, plan->count, "offset", "offsets"), plan->name);
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
  if (!kafka_facts_allow(&m.facts, true, err) || !kafka_picks_take(&m.picks, request, false, err))
    return false;
  bool good = make(&m);
  kafka_picks_fini(&m.picks);
  return good;
}
