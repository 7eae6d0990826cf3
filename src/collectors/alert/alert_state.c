#include "collectors/alert/alert_state.h"

#include "collectors/alerts.h"
#include "model/judge/evaluate.h"

#include <string.h>

enum { RESTORED_LOOKS = 3 };

/* One evaluation of a rule. */
struct evaluation {
  const struct alert_rule *rule;
  struct alert_memory *memory;
  const struct model *model;
  struct sample *sample;
  bool one_pass;
  int64_t now_ms;
  char limit[FORMAT_MAX];
  size_t judged, active, dropped; /* rows, or targets */
  size_t absent;                  /* targets without fresh data: their own findings say so */
  const char *nearest; /* the value that is nearest to the limit, of those within; NULL: none */
  double nearest_number;
  const char *unknown; /* why a value is not known, of one of them; NULL: all are known */
  const char *unknown_of;
};

static const struct table_spec *const tables[] = {&alerts_table};

static bool is_live(const struct evaluation *e, size_t index) {
  return target_state_condition(&e->model->targets[index], e->now_ms) == TARGET_LIVE;
}

/* After a restart, nothing is known before its target has been collected, and a rate not before the
 * second time; the findings come after that. */
static bool is_early(const struct evaluation *e, const struct alert_instance *item) {
  const struct target_state *state = &e->model->targets[item->target_index];
  return item->restored && (state->attempted_ms == 0 || item->unseen < RESTORED_LOOKS ||
                            (e->rule->condition.metric && state->samples < 2));
}

/* Of a target without fresh data it is not known whether the condition still holds: an interruption
 * does not begin the wait again. */
static bool is_kept(const void *arg, const struct alert_instance *item) {
  const struct evaluation *e = arg;
  if (is_early(e, item))
    return true;
  return e->rule->condition.metric && !is_live(e, item->target_index);
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

static const char *condition_shown(const struct evaluation *e) {
  const struct target *target = e->rule->target;
  const struct condition *condition = &e->rule->condition;
  return condition->metric ? sample_printf(e->sample, "%s %s %s", condition->metric,
                                           condition->below ? "below" : "above", e->limit)
                           : sample_printf(e->sample, "is %s", target_text(target, "is"));
}

static void add_row(struct evaluation *e, struct alert_row row) {
  row.labels = alert_labels(e->rule, &e->sample->arena);
  row.condition = condition_shown(e);
  e->dropped += !alert_row_add(e->sample, &e->sample->tables[0], &row);
}

static void add_active(struct evaluation *e, const char *key, size_t index, const char *label,
                       const char *value) {
  const char *target = e->model->targets[index].target->name;
  const bool whole = !label || strcmp(label, target) == 0;
  struct alert_instance *instance = alert_memory_of(e->memory, key, e->now_ms);
  e->active++;
  if (!instance) {
    e->dropped++;
    return;
  }
  instance->seen = true;
  instance->target_index = index;
  struct alert_row row = row_base(e);
  const bool fires = alert_fires(e->rule, e->model, e->one_pass, e->now_ms - instance->since_ms);
  row.key = key;
  row.subject = whole ? target : sample_printf(e->sample, "%s %s", target, label);
  row.state = fires ? "firing" : "pending";
  row.value = value;
  row.since_ms = e->one_pass ? -1 : e->now_ms - instance->since_ms;
  row.text = alert_text(
      e->rule, &e->sample->arena,
      &(struct alert_words){
          .value = value, .limit = e->limit, .target = target, .row = whole ? NULL : label});
  row.now = fires ? e->rule->severity : SEVERITY_OK;
  row.reason =
      alert_reason(e->rule, e->model, e->one_pass, &e->sample->arena, row.subject, row.text);
  add_row(e, row);
}

/* ---- the condition */

static const struct column_spec *column_of(const struct condition_place *place) {
  return &place->table->spec->columns[place->column];
}

static const char *value_shown(const struct evaluation *e, const struct condition_place *place) {
  char shown[FORMAT_MAX];
  return sample_printf(e->sample, "%s", condition_value(shown, place->value, column_of(place)));
}

static void take_active(struct evaluation *e, const struct condition_place *place) {
  const struct target *target = e->model->targets[place->target_index].target;
  if (!place->table) {
    add_active(e, sample_printf(e->sample, "%s/%s", target->kind->kind, target->name),
               place->target_index, NULL, condition_state_word(place->severity));
    return;
  }
  const struct table_spec *spec = place->table->spec;
  add_active(e,
             sample_printf(e->sample, "%s/%s/%s/%s", target->kind->kind, target->name, spec->id,
                           place->row->key),
             place->target_index, spec->flags & TABLE_SUMMARY ? NULL : place->label,
             value_shown(e, place));
}

static void take_fine(struct evaluation *e, const struct condition_place *place) {
  const bool below = e->rule->condition.below;
  if (!place->table || (e->nearest && (below ? place->number >= e->nearest_number
                                             : place->number <= e->nearest_number)))
    return;
  e->nearest_number = place->number;
  e->nearest = value_shown(e, place);
}

static void on_place(void *arg, const struct condition_place *place) {
  struct evaluation *e = arg;
  if (place->table)
    condition_limit(e->limit, &e->rule->condition, column_of(place));
  switch (place->state) {
  case CONDITION_HOLDS:
    e->judged++;
    take_active(e, place);
    return;
  case CONDITION_FINE:
    e->judged++;
    take_fine(e, place);
    return;
  case CONDITION_UNKNOWN:
    e->unknown = sample_copy(e->sample, place->why);
    e->unknown_of = sample_copy(e->sample, place->label);
    return;
  case CONDITION_ABSENT:
    e->absent++;
    return;
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
  if (e->judged == 1)
    row.subject = e->rule->condition.row ? e->rule->condition.row : e->rule->condition.whose;
  else if (e->judged > 1)
    row.subject = sample_printf(e->sample, "%zu values", e->judged);
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
  const struct condition *condition = &rule->condition;
  if (condition->metric)
    condition_limit(e.limit, condition,
                    condition->table ? &condition->table->columns[condition->column] : NULL);
  alert_memory_begin(memory);
  const size_t targets =
      condition_walk(condition, model, own ? own : model->findings, now_ms, on_place, &e);
  alert_memory_end(memory, is_kept, &e);
  add_rest(&e, targets);
  findings_free(own);
  if (e.dropped > 0)
    sample_note(e.sample, alerts_table.id, NULL, "%zu more rows beyond the limit are not shown",
                e.dropped);
  return e.sample;
}
