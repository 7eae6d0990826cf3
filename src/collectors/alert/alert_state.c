#include "collectors/alert/alert_state.h"

#include "collectors/alerts.h"
#include "core/format.h"
#include "core/mem.h"
#include "model/evaluate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One evaluation of a rule. */
struct evaluation {
  const struct alert_rule *rule;
  struct alert_memory *memory;
  const struct model *model;
  struct sample *sample;
  const struct findings *findings; /* of the targets */
  bool one_pass;
  int64_t now_ms;
  const struct table *table; /* that has the metric, and its column; of the target that is judged */
  size_t column;
  char limit[FORMAT_MAX];
  size_t judged, active, dropped; /* rows, or targets */
  size_t absent;                  /* targets without fresh data: their own findings say so */
  const char *nearest; /* the value that is nearest to the limit, of those within; NULL: none */
  double nearest_number;
  const char *unknown; /* why a value is not known, of one of them; NULL: all are known */
  const char *unknown_of;
};

static const struct table_spec *const tables[] = {&alerts_table};

void alert_memory_fini(struct alert_memory *memory) {
  for (size_t i = 0; i < memory->count; i++)
    free(memory->items[i].key);
  free(memory->items);
  map_fini(&memory->by_key);
  *memory = (struct alert_memory){0};
}

static void memory_begin(struct alert_memory *memory) {
  for (size_t i = 0; i < memory->count; i++)
    memory->items[i].seen = false;
}

static bool is_live(const struct evaluation *e, size_t index) {
  return target_state_condition(&e->model->targets[index], e->now_ms) == TARGET_LIVE;
}

/* Forgets where the condition no longer holds. Of a target without fresh data that is not known: an
 * interruption does not begin the wait again. */
static void memory_end(const struct evaluation *e) {
  struct alert_memory *memory = e->memory;
  size_t kept = 0;
  map_fini(&memory->by_key);
  for (size_t i = 0; i < memory->count; i++) {
    const struct alert_instance item = memory->items[i];
    if (!item.seen && (!e->rule->condition.metric || is_live(e, item.target_index))) {
      free(item.key);
      continue;
    }
    memory->items[kept] = item;
    map_add(&memory->by_key, item.key, kept++);
  }
  memory->count = kept;
}

static struct alert_instance *memory_of(struct evaluation *e, const char *key, size_t index) {
  struct alert_memory *memory = e->memory;
  struct map_slot *slot = map_find(&memory->by_key, key);
  if (slot)
    return &memory->items[slot->value];
  if (memory->count == ALERT_INSTANCES_MAX)
    return NULL;
  if (memory->count == memory->capacity) {
    memory->capacity = memory->capacity ? memory->capacity * 2 : 8;
    memory->items = mem_resize(memory->items, memory->capacity * sizeof *memory->items);
  }
  struct alert_instance *item = &memory->items[memory->count];
  *item =
      (struct alert_instance){.key = mem_dup(key), .since_ms = e->now_ms, .target_index = index};
  map_add(&memory->by_key, item->key, memory->count++);
  return item;
}

/* ---- rows of the table */

static struct alert_row row_base(const struct evaluation *e) {
  const struct target *target = e->rule->target;
  return (struct alert_row){.name = target->name,
                            .limit = e->limit,
                            .since_ms = -1,
                            .for_ms = e->rule->for_ms,
                            .severity = e->rule->severity,
                            .runbook = target_text(target, "runbook")};
}

static const char *labels_text(const struct evaluation *e) {
  const struct option_value *labels = target_option(e->rule->target, "labels");
  const char *text = "";
  for (size_t i = 0; i < labels->item_count; i++)
    text = sample_printf(e->sample, "%s%s%s=%s", text, *text ? ", " : "", labels->names[i],
                         labels->items[i]);
  return text;
}

static const char *condition_shown(const struct evaluation *e) {
  const struct target *target = e->rule->target;
  return e->rule->condition.metric
             ? sample_printf(e->sample, "%s %s %s", target_text(target, "metric"),
                             e->rule->condition.below ? "below" : "above", e->limit)
             : sample_printf(e->sample, "is %s", target_text(target, "is"));
}

static void add_row(struct evaluation *e, struct alert_row row) {
  row.labels = labels_text(e);
  row.condition = condition_shown(e);
  e->dropped += !alert_row_add(e->sample, &e->sample->tables[0], &row);
}

/* Whether there is time to wait for `for`. */
static bool can_wait(const struct evaluation *e) {
  const int64_t watch_ms = e->model->watch_ms;
  return !e->one_pass && (watch_ms == 0 || e->rule->for_ms <= watch_ms);
}

static const char *fires_text(const struct evaluation *e, const char *subject, const char *text) {
  char wait[FORMAT_MAX];
  if (can_wait(e) || e->rule->for_ms == 0)
    return sample_printf(e->sample, "%s: %s", subject, text);
  format_duration(wait, sizeof wait, (double)e->rule->for_ms / 1000);
  return sample_printf(e->sample, "%s: %s (%s; the rule requires %s)", subject, text,
                       e->one_pass ? "seen once" : "watched for less", wait);
}

static void add_active(struct evaluation *e, const char *key, size_t index, const char *label,
                       const char *value) {
  const char *target = e->model->targets[index].target->name;
  const bool whole = !label || strcmp(label, target) == 0;
  struct alert_instance *instance = memory_of(e, key, index);
  e->active++;
  if (!instance) {
    e->dropped++;
    return;
  }
  instance->seen = true;
  struct alert_row row = row_base(e);
  const bool fires = !can_wait(e) || e->now_ms - instance->since_ms >= e->rule->for_ms;
  row.key = key;
  row.subject = whole ? target : sample_printf(e->sample, "%s %s", target, label);
  row.state = fires ? "firing" : "pending";
  row.value = value;
  row.since_ms = e->now_ms - instance->since_ms;
  row.text = alert_text(e->rule, &e->sample->arena, target, whole ? NULL : label, value, e->limit);
  row.now = fires ? e->rule->severity : SEVERITY_OK;
  row.reason = fires_text(e, row.subject, row.text);
  add_row(e, row);
}

/* ---- the condition */

static const struct column_spec *column_of(const struct evaluation *e) {
  const struct condition *condition = &e->rule->condition;
  return e->table           ? &e->table->spec->columns[e->column]
         : condition->table ? &condition->table->columns[condition->column]
                            : NULL;
}

static const char *value_shown(const struct evaluation *e, struct value value) {
  const struct column_spec *column = column_of(e);
  char shown[FORMAT_MAX];
  assert(column);
  return sample_copy(e->sample, condition_value(shown, value, column));
}

static void limit_show(struct evaluation *e) {
  if (e->rule->condition.metric)
    condition_limit(e->limit, &e->rule->condition, column_of(e));
}

static void add_place(struct evaluation *e, const struct condition_place *place) {
  const struct target *target = e->model->targets[place->target_index].target;
  if (!place->table) {
    add_active(e, sample_printf(e->sample, "%s/%s", target->kind->kind, target->name),
               place->target_index, NULL, condition_state_word(place->severity));
    return;
  }
  const bool summary = place->table->spec->flags & TABLE_SUMMARY;
  add_active(e,
             sample_printf(e->sample, "%s/%s/%s/%s", target->kind->kind, target->name,
                           place->table->spec->id, place->row->key),
             place->target_index, summary ? NULL : place->label, value_shown(e, place->value));
}

static void nearest_take(struct evaluation *e, const struct condition_place *place) {
  if (e->nearest && (e->rule->condition.below ? place->number >= e->nearest_number
                                              : place->number <= e->nearest_number))
    return;
  e->nearest_number = place->number;
  e->nearest = value_shown(e, place->value);
}

static void on_place(void *arg, const struct condition_place *place) {
  struct evaluation *e = arg;
  if (place->table) {
    e->table = place->table;
    e->column = place->column;
    limit_show(e);
  }
  switch (place->state) {
  case CONDITION_ABSENT:
    e->absent++;
    break;
  case CONDITION_UNKNOWN:
    e->unknown = sample_copy(e->sample, place->why);
    e->unknown_of = sample_copy(e->sample, place->label);
    break;
  case CONDITION_HOLDS:
    e->judged++;
    add_place(e, place);
    break;
  case CONDITION_FINE:
    e->judged++;
    if (place->table)
      nearest_take(e, place);
    break;
  }
}

/* ---- the rows when it holds nowhere, or is not known everywhere */

static void add_rest(struct evaluation *e, size_t targets) {
  struct alert_row row = row_base(e);
  const bool judge_all = e->model->wants_all_judged;
  row.key = e->rule->target->name;
  if (targets == 0) {
    row.state = "unknown";
    row.text = "what it is about is not watched here";
    row.now = SEVERITY_UNKNOWN;
  } else if (e->unknown) {
    row.state = "unknown";
    row.text = sample_printf(e->sample, "%s: %s", e->unknown_of, e->unknown);
    row.now = judge_all ? SEVERITY_UNKNOWN : SEVERITY_OK;
  } else if (e->judged == 0) {
    row.state = "unknown";
    row.text = e->absent > 0            ? "no fresh data of its target"
               : e->rule->condition.row ? "no row of that name"
                                        : "no rows";
    row.now = judge_all && e->absent == 0 ? SEVERITY_UNKNOWN : SEVERITY_OK;
  } else if (e->active == 0) {
    row.state = "ok";
    row.value = e->nearest;
  } else {
    return;
  }
  row.subject =
      row.now != SEVERITY_OK || e->judged != 1
          ? sample_printf(e->sample, "%zu %s", e->judged, e->judged == 1 ? "value" : "values")
      : e->rule->condition.row ? e->rule->condition.row
                               : e->rule->condition.whose;
  row.reason = sample_printf(e->sample, "not evaluated: %s", row.text ? row.text : "");
  add_row(e, row);
}

bool alert_state_waits(const struct alert_rule *rule, const struct model *model) {
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target_state *state = &model->targets[i];
    if (condition_is_about(&rule->condition, state->target) && state->attempted_ms == 0)
      return true;
  }
  return false;
}

struct sample *alert_state_sample(const struct alert_rule *rule, struct alert_memory *memory,
                                  const struct model *model, bool one_pass, int64_t now_ms) {
  struct evaluation e = {.rule = rule,
                         .memory = memory,
                         .model = model,
                         .sample = sample_new(tables, 1),
                         .one_pass = one_pass,
                         .now_ms = now_ms};
  /* Where all is collected once, nothing has been evaluated yet. */
  struct findings *own = one_pass && !rule->condition.metric ? evaluate(model, now_ms, true) : NULL;
  e.findings = own ? own : model->findings;
  limit_show(&e);
  memory_begin(memory);
  const size_t targets = condition_walk(&rule->condition, model, e.findings, now_ms, on_place, &e);
  memory_end(&e);
  add_rest(&e, targets);
  findings_free(own);
  if (e.dropped > 0)
    sample_note(e.sample, alerts_table.id, NULL, "%zu more rows beyond the limit are not shown",
                e.dropped);
  return e.sample;
}
