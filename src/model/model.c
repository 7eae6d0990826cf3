#include "model/model.h"

#include "model/alarm/chatter.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "model/inventory_table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void model_init(struct model *model, const struct config *config) {
  *model = (struct model){.config = config, .target_count = config->target_count};
  model->targets = mem_new((model->target_count + MODEL_PAGES_MAX) * sizeof *model->targets);
  for (size_t i = 0; i < model->target_count; i++) {
    model->targets[i].target_index = i;
    model->targets[i].target = config->targets[i];
    model->targets[i].history = history_new();
  }
  model->findings_bytes_max = FINDINGS_BYTES_MAX;
  model->findings = findings_new(model->findings_bytes_max);
  model->held = findings_new(model->findings_bytes_max);
  model->chatter = chatter_new();
}

void target_state_fini(struct target_state *state) {
  sample_free(state->sample);
  history_free(state->history);
  facts_fini(&state->facts);
  inventories_fini(&state->inventories);
}

void model_fini(struct model *model) {
  while (model->page_count > 0)
    model_page_close(model);
  for (size_t i = 0; i < model->target_count; i++)
    target_state_fini(&model->targets[i]);
  free(model->targets);
  findings_free(model->findings);
  findings_free(model->held);
  chatter_free(model->chatter);
  events_fini(&model->events);
}

void model_ask_once(struct model *model) {
  for (size_t i = 0; i < model->target_count; i++)
    model->targets[i].once = true;
}

size_t model_page_open(struct model *model, size_t target_index, const struct page_spec *spec,
                       const char *table, const char *key, const char *label) {
  assert(model->page_count < MODEL_PAGES_MAX && target_index < model->target_count);
  const size_t index = model->target_count + model->page_count++;
  struct target_state *state = &model->targets[index];
  *state = (struct target_state){.target = model->targets[target_index].target,
                                 .history = history_new(),
                                 .target_index = target_index,
                                 .page = spec};
  page_focus_init(&state->focus, spec, table, key, label);
  model->generation++;
  return index;
}

void model_page_close(struct model *model) {
  assert(model->page_count > 0);
  struct target_state *state = &model->targets[model->target_count + --model->page_count];
  sample_free(state->sample);
  history_free(state->history);
  facts_fini(&state->facts);
  page_focus_fini(&state->focus);
  *state = (struct target_state){0};
  model->generation++;
}

const struct table *model_table(const struct model *model, size_t target_index, const char *id) {
  for (size_t i = model_state_count(model); i-- > 0;) {
    const struct target_state *state = &model->targets[i];
    const struct table *table = state->target_index == target_index && state->sample
                                    ? sample_table_view(state->sample, id)
                                    : NULL;
    if (table)
      return table;
  }
  return NULL;
}

const struct row *model_finding_row(const struct model *model, const struct finding *finding) {
  const struct sample *sample = model->targets[finding->target_index].sample;
  const struct table *table =
      finding->row && sample ? sample_table_view(sample, finding->table) : NULL;
  return table ? table_find(table, finding->row) : NULL;
}

void model_attempt(struct model *model, size_t index, int64_t now_ms) {
  model->targets[index].started_ms = now_ms;
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

/* What the server is, has and is configured with, compared with what was last known of it. Of a
 * sample that did not fit into memory an inventory may lack items. */
static void target_state_compare(struct target_state *state, struct sample *sample,
                                 struct events *events, int64_t now_ms) {
  const char *name = state->target->name;
  if (facts_update(&state->facts, sample->facts, events, now_ms, name))
    inventories_fini(&state->inventories);
  sample_watch_tables(sample, name);
  if (!sample->arena.exhausted)
    inventories_update(&state->inventories, sample->inventories, sample->inventory_count, events,
                       now_ms, name);
}

/* The outage was no event: its cause was, or that it comes and goes. */
static bool is_outage_untold(const struct model *model, size_t index) {
  const struct finding *outage = findings_find(model->findings, index, NULL, NULL, NULL);
  return chatter_has_outage(model->chatter, index, SEVERITY_OK) || (outage && outage->unsaid);
}

void model_publish(struct model *model, size_t index, struct sample *sample, int64_t now_ms) {
  struct target_state *state = &model->targets[index];
  char down[FORMAT_MAX];
  events_about(&model->events, state->target->kind->kind, state->target->name);
  if (state->failing_ms && !state->page && !is_outage_untold(model, index)) {
    events_add(&model->events, now_ms, SEVERITY_OK, state->target->name, "up again after %s: %s",
               format_duration(down, sizeof down, (double)(now_ms - state->failing_ms) / 1000),
               state->err.text);
    events_mark_finding(&model->events, EVENT_ENDS, state->failing_ms, NULL, NULL, NULL);
  }
  if (!state->page)
    target_state_compare(state, sample, &model->events, now_ms);
  events_about(&model->events, NULL, NULL);
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

/* The first one that is set. */
static int64_t first_of(int64_t own_ms, int64_t page_ms, int64_t target_ms) {
  return own_ms ? own_ms : page_ms ? page_ms : target_ms;
}

int64_t target_state_interval(const struct target_state *state) {
  return first_of(state->interval_ms, state->page ? state->page->interval_ms : 0,
                  state->target->interval_ms);
}

int64_t target_state_timeout(const struct target_state *state) {
  return first_of(state->timeout_ms, state->page ? state->page->timeout_ms : 0,
                  state->target->timeout_ms);
}

enum target_condition target_state_condition(const struct target_state *state, int64_t now_ms) {
  if (state->err.kind != ERR_NONE)
    return TARGET_DOWN;
  if (!state->sample)
    return TARGET_WAITING;
  if (state->once)
    return TARGET_LIVE;
  /* Two missed intervals and a deadline: more than a short delay. */
  int64_t patience = 2 * target_state_interval(state) + target_state_timeout(state);
  return target_state_age(state, now_ms) > patience ? TARGET_STALE : TARGET_LIVE;
}

int64_t target_state_age(const struct target_state *state, int64_t now_ms) {
  return state->sample ? now_ms - state->sample->taken_ms : -1;
}

bool model_err_is_outage(const struct err *err) {
  switch (err->kind) {
  case ERR_REFUSED:
  case ERR_UNRESOLVED:
  case ERR_UNREACHABLE:
  case ERR_TIMEOUT:
  case ERR_CLOSED:
    return true;
  default:
    return false;
  }
}

/* A page has no findings: only whether it can be trusted. */
static enum severity page_severity(const struct target_state *state, enum target_condition found) {
  enum severity worst = SEVERITY_OK;
  if (found == TARGET_DOWN)
    return model_err_is_outage(&state->err) ? SEVERITY_CRIT : SEVERITY_UNKNOWN;
  if (found == TARGET_STALE)
    return SEVERITY_UNKNOWN;
  for (size_t i = 0; i < state->sample->note_count; i++)
    worst = severity_worse(worst, state->sample->notes[i].severity);
  return worst;
}

enum severity model_target_severity(const struct model *model, size_t index, int64_t now_ms) {
  const struct target_state *state = &model->targets[index];
  const enum target_condition condition = target_state_condition(state, now_ms);
  if (condition == TARGET_WAITING)
    return SEVERITY_UNKNOWN;
  return state->page ? page_severity(state, condition)
                     : findings_row(model->findings, index, NULL, NULL);
}

enum severity model_severity(const struct model *model, int64_t now_ms) {
  enum severity worst = SEVERITY_OK;
  for (size_t i = 0; i < model->target_count; i++) {
    const bool waits = target_state_condition(&model->targets[i], now_ms) == TARGET_WAITING;
    worst = severity_worse(worst, model->leaves_out_quiet && !waits
                                      ? findings_target_calling(model->findings, i)
                                      : model_target_severity(model, i, now_ms));
  }
  return worst;
}
