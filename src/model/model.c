#include "model/model.h"

#include "core/format.h"
#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void model_init(struct model *model, const struct config *config) {
  *model = (struct model){.config = config, .target_count = config->target_count};
  model->targets = mem_new(model->target_count * sizeof *model->targets);
  for (size_t i = 0; i < model->target_count; i++) {
    model->targets[i].target = config->targets[i];
    model->targets[i].history = history_new();
  }
  model->findings_bytes_max = FINDINGS_BYTES_MAX;
  model->findings = findings_new(model->findings_bytes_max);
  model->held = findings_new(model->findings_bytes_max);
}

void model_fini(struct model *model) {
  for (size_t i = 0; i < model->target_count; i++) {
    sample_free(model->targets[i].sample);
    history_free(model->targets[i].history);
    facts_fini(&model->targets[i].facts);
  }
  free(model->targets);
  findings_free(model->findings);
  findings_free(model->held);
  events_fini(&model->events);
}

void model_ask_once(struct model *model) {
  for (size_t i = 0; i < model->target_count; i++)
    model->targets[i].once = true;
}

void model_attempt(struct model *model, size_t target_index, int64_t now_ms) {
  model->targets[target_index].started_ms = now_ms;
}

/* The numbers of the root rows, or of the others. */
static void table_remember(struct target_state *state, size_t index, size_t column, bool roots) {
  const struct table *table = &state->sample->tables[index];
  for (size_t r = 0; r < table->row_count; r++) {
    const struct row *row = &table->rows[r];
    double number;
    if ((row->parent == NULL) != roots)
      continue;
    bool known = value_number(row->cells[column], &number);
    history_add(state->history, index, row->key, column, known ? (float)number : NAN);
  }
}

/* Records each number of the columns with a history, as far as there is room: the roots first,
 * because a collapsed tree shows them. */
static void target_state_remember(struct target_state *state) {
  for (size_t pass = 0; pass < 2; pass++)
    for (size_t t = 0; t < state->sample->table_count; t++) {
      const struct table_spec *spec = state->sample->tables[t].spec;
      for (size_t c = 0; c < spec->column_count; c++)
        if (spec->columns[c].flags & COLUMN_HISTORY)
          table_remember(state, t, c, pass == 0);
    }
  history_sweep(state->history);
}

void model_publish(struct model *model, size_t index, struct sample *sample, int64_t now_ms) {
  struct target_state *state = &model->targets[index];
  char down[FORMAT_MAX];
  if (state->failing_ms)
    events_add(&model->events, now_ms, SEVERITY_OK, state->target->name, "up again after %s",
               format_duration(down, sizeof down, (double)(now_ms - state->failing_ms) / 1000));
  facts_update(&state->facts, sample->facts, &model->events, now_ms, state->target->name);
  sample_free(state->sample);
  state->sample = sample;
  state->err = (struct err){0};
  state->started_ms = 0;
  state->attempted_ms = now_ms;
  state->failing_ms = 0;
  state->logged = SEVERITY_OK;
  state->failures = 0;
  state->samples++;
  target_state_remember(state);
  model->generation++;
}

void model_fail(struct model *model, size_t index, const struct err *err, int64_t now_ms) {
  struct target_state *state = &model->targets[index];
  state->err = *err;
  state->started_ms = 0;
  state->attempted_ms = now_ms;
  state->failures++;
  if (!state->failing_ms)
    state->failing_ms = now_ms;
  history_sweep(state->history); /* a missing sample, for the charts */
  model->generation++;
}

const struct threshold *model_threshold(const struct model *model, size_t target_index,
                                        const struct column_spec *column) {
  return rules_find(&model->targets[target_index].target->rules, &model->config->rules, column);
}

enum target_condition target_state_condition(const struct target_state *state, int64_t now_ms) {
  if (state->err.kind != ERR_NONE)
    return TARGET_DOWN;
  if (!state->sample)
    return TARGET_WAITING;
  if (state->once)
    return TARGET_LIVE;
  /* Two missed intervals and a deadline: more than a short delay. */
  int64_t patience = 2 * state->target->interval_ms + state->target->timeout_ms;
  return target_state_age(state, now_ms) > patience ? TARGET_STALE : TARGET_LIVE;
}

int64_t target_state_age(const struct target_state *state, int64_t now_ms) {
  return state->sample ? now_ms - state->sample->taken_ms : -1;
}

enum severity model_target_severity(const struct model *model, size_t target_index,
                                    int64_t now_ms) {
  if (target_state_condition(&model->targets[target_index], now_ms) == TARGET_WAITING)
    return SEVERITY_UNKNOWN;
  return findings_row(model->findings, target_index, NULL, NULL);
}

enum severity model_severity(const struct model *model, int64_t now_ms) {
  enum severity worst = SEVERITY_OK;
  for (size_t i = 0; i < model->target_count; i++)
    worst = severity_worse(worst, model_target_severity(model, i, now_ms));
  return worst;
}
