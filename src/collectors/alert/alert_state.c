#include "collectors/alert/alert_state.h"

#include "collectors/alerts.h"
#include "core/format.h"
#include "core/mem.h"
#include "model/evaluate.h"

#include <assert.h>
#include <math.h>
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

static bool is_live(const struct evaluation *e, size_t index) {
  return target_state_condition(&e->model->targets[index], e->now_ms) == TARGET_LIVE;
}

/* Of a target without fresh data it is not known whether the condition still holds: an interruption
 * does not begin the wait again. */
static bool is_kept(const void *arg, const struct alert_instance *item) {
  const struct evaluation *e = arg;
  return e->rule->metric && !is_live(e, item->target_index);
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

static const char *condition_text(const struct evaluation *e) {
  const struct target *target = e->rule->target;
  return e->rule->metric ? sample_printf(e->sample, "%s %s %s", target_text(target, "metric"),
                                         e->rule->below ? "below" : "above", e->limit)
                         : sample_printf(e->sample, "is %s", target_text(target, "is"));
}

static void add_row(struct evaluation *e, struct alert_row row) {
  row.labels = alert_labels(e->rule, &e->sample->arena);
  row.condition = condition_text(e);
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

static const struct column_spec *column_of(const struct evaluation *e) {
  return e->table         ? &e->table->spec->columns[e->column]
         : e->rule->table ? &e->rule->table->columns[e->rule->column]
                          : NULL;
}

static const char *value_shown(const struct evaluation *e, struct value value) {
  const struct column_spec *column = column_of(e);
  char shown[FORMAT_MAX];
  assert(column);
  return sample_printf(
      e->sample, "%s",
      format_value(shown, sizeof shown, value, column->unit, (column->flags & COLUMN_PLUS) != 0));
}

static void judge_row(struct evaluation *e, size_t index, const struct row *row) {
  const struct alert_rule *rule = e->rule;
  const struct target *target = e->model->targets[index].target;
  const struct value value = row->cells[e->column];
  const char *label = row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key;
  double number;
  if (!alert_rule_matches(rule->row, label) && !alert_rule_matches(rule->row, row->key))
    return;
  if (!rule->row && row->parent) /* as for thresholds: one lag is one alert and not thirteen */
    return;
  if (!value_number(value, &number)) {
    if (value.type == VALUE_NONE && value.text) {
      e->unknown = sample_copy(e->sample, value.text);
      e->unknown_of = sample_copy(e->sample, label);
    }
    return;
  }
  e->judged++;
  if (rule->below ? number < rule->limit : number > rule->limit) {
    const bool summary = e->table->spec->flags & TABLE_SUMMARY;
    add_active(e,
               sample_printf(e->sample, "%s/%s/%s/%s", target->kind->kind, target->name,
                             e->table->spec->id, row->key),
               index, summary ? NULL : label, value_shown(e, value));
  } else if (!e->nearest ||
             (rule->below ? number < e->nearest_number : number > e->nearest_number)) {
    e->nearest_number = number;
    e->nearest = value_shown(e, value);
  }
}

/* The table of this target that has the metric; NULL: it has none. */
static const struct table *table_of(struct evaluation *e, const struct sample *sample) {
  if (e->rule->table) {
    e->column = e->rule->column;
    return sample_table_view(sample, e->rule->table->id);
  }
  for (size_t t = 0; t < sample->table_count; t++)
    for (size_t c = 0; c < sample->tables[t].spec->column_count; c++) {
      const char *metric = sample->tables[t].spec->columns[c].metric;
      if (metric && strcmp(metric, e->rule->metric) == 0) {
        e->column = c;
        return &sample->tables[t];
      }
    }
  return NULL;
}

static void limit_show(struct evaluation *e) {
  const struct alert_rule *rule = e->rule;
  const struct column_spec *column = column_of(e);
  const bool whole = floor(rule->limit) == rule->limit && fabs(rule->limit) < 1e15;
  if (rule->metric)
    format_value(e->limit, sizeof e->limit,
                 whole ? value_int((int64_t)rule->limit) : value_real(rule->limit),
                 column ? column->unit : UNIT_NONE, false);
}

static void judge_table(struct evaluation *e, size_t index) {
  const struct target_state *state = &e->model->targets[index];
  if (!is_live(e, index)) {
    e->absent++;
    return;
  }
  e->table = table_of(e, state->sample);
  limit_show(e);
  for (size_t r = 0; e->table && r < e->table->row_count; r++)
    judge_row(e, index, &e->table->rows[r]);
  if (e->table && sample_is_faulted(state->sample, e->table->spec->id)) {
    e->unknown = "the data of its target is incomplete";
    e->unknown_of = state->target->name;
  }
}

static void judge_state(struct evaluation *e, size_t index) {
  const struct target_state *state = &e->model->targets[index];
  if (target_state_condition(state, e->now_ms) == TARGET_WAITING) {
    e->absent++;
    return;
  }
  const enum severity severity = findings_row(e->findings, index, NULL, NULL);
  e->judged++;
  if (severity <= e->rule->is)
    return;
  add_active(e, sample_printf(e->sample, "%s/%s", state->target->kind->kind, state->target->name),
             index, NULL,
             severity == SEVERITY_CRIT   ? "critical"
             : severity == SEVERITY_WARN ? "warning"
                                         : "unknown");
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
    row.text = e->absent > 0  ? "no fresh data of its target"
               : e->rule->row ? "no row of that name"
                              : "no rows";
    row.now = judge_all && e->absent == 0 ? SEVERITY_UNKNOWN : SEVERITY_OK;
  } else if (e->active == 0) {
    row.state = "ok";
    row.value = e->nearest;
  } else {
    return;
  }
  if (e->judged == 1)
    row.subject = e->rule->row ? e->rule->row : e->rule->whose;
  else if (e->judged > 1)
    row.subject = sample_printf(e->sample, "%zu values", e->judged);
  row.reason = sample_printf(e->sample, "not evaluated: %s", row.text ? row.text : "");
  add_row(e, row);
}

bool alert_state_waits(const struct alert_rule *rule, const struct model *model) {
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target_state *state = &model->targets[i];
    if (alert_rule_is_about(rule, state->target) && state->attempted_ms == 0)
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
  struct findings *own = one_pass && !rule->metric ? evaluate(model, now_ms, true) : NULL;
  size_t targets = 0;
  e.findings = own ? own : model->findings;
  limit_show(&e);
  alert_memory_begin(memory);
  for (size_t i = 0; i < model->target_count; i++) {
    if (!alert_rule_is_about(rule, model->targets[i].target))
      continue;
    targets++;
    if (rule->metric)
      judge_table(&e, i);
    else
      judge_state(&e, i);
  }
  alert_memory_end(memory, is_kept, &e);
  add_rest(&e, targets);
  findings_free(own);
  if (e.dropped > 0)
    sample_note(e.sample, alerts_table.id, NULL, "%zu more rows beyond the limit are not shown",
                e.dropped);
  return e.sample;
}
