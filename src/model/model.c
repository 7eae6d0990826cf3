#include "model/model.h"

#include "core/format.h"
#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void model_init(struct model *model, const struct config *config) {
  *model = (struct model){.config = config, .slot_count = config->target_count};
  model->slots = mem_new(model->slot_count * sizeof *model->slots);
  for (size_t i = 0; i < model->slot_count; i++) {
    model->slots[i].target = config->targets[i];
    model->slots[i].history = history_new();
  }
  model->findings_bytes_max = FINDINGS_BYTES_MAX;
  model->findings = findings_new(model->findings_bytes_max);
  model->held = findings_new(model->findings_bytes_max);
}

void model_fini(struct model *model) {
  for (size_t i = 0; i < model->slot_count; i++) {
    sample_free(model->slots[i].sample);
    history_free(model->slots[i].history);
    facts_fini(&model->slots[i].facts);
  }
  free(model->slots);
  findings_free(model->findings);
  findings_free(model->held);
  events_fini(&model->events);
}

void model_ask_once(struct model *model) {
  for (size_t i = 0; i < model->slot_count; i++)
    model->slots[i].once = true;
}

void model_attempt(struct model *model, size_t slot, int64_t now_ms) {
  model->slots[slot].started_ms = now_ms;
}

/* The numbers of the rows that are roots, or of those that are none. */
static void table_remember(struct slot *slot, size_t index, size_t column, bool roots) {
  const struct table *table = &slot->sample->tables[index];
  for (size_t r = 0; r < table->row_count; r++) {
    const struct row *row = &table->rows[r];
    double number;
    if ((row->parent == NULL) != roots)
      continue;
    bool known = value_number(row->cells[column], &number);
    history_add(slot->history, index, row->key, column, known ? (float)number : NAN);
  }
}

/* Remembers each number of the columns that keep a history, as far as there is room: the roots
 * first, which are what is seen of a tree that is closed. */
static void slot_remember(struct slot *slot) {
  for (size_t pass = 0; pass < 2; pass++)
    for (size_t t = 0; t < slot->sample->table_count; t++) {
      const struct table_spec *spec = slot->sample->tables[t].spec;
      for (size_t c = 0; c < spec->column_count; c++)
        if (spec->columns[c].flags & COLUMN_HISTORY)
          table_remember(slot, t, c, pass == 0);
    }
  history_sweep(slot->history);
}

void model_publish(struct model *model, size_t index, struct sample *sample, int64_t now_ms) {
  struct slot *slot = &model->slots[index];
  char down[FORMAT_MAX];
  if (slot->failing_ms)
    events_add(&model->events, now_ms, SEVERITY_OK, slot->target->name, "up again after %s",
               format_duration(down, sizeof down, (double)(now_ms - slot->failing_ms) / 1000));
  facts_update(&slot->facts, sample->facts, &model->events, now_ms, slot->target->name);
  sample_free(slot->sample);
  slot->sample = sample;
  slot->err = (struct err){0};
  slot->started_ms = 0;
  slot->attempted_ms = now_ms;
  slot->failing_ms = 0;
  slot->logged = SEVERITY_OK;
  slot->failures = 0;
  slot->samples++;
  slot_remember(slot);
  model->generation++;
}

void model_fail(struct model *model, size_t index, const struct err *err, int64_t now_ms) {
  struct slot *slot = &model->slots[index];
  slot->err = *err;
  slot->started_ms = 0;
  slot->attempted_ms = now_ms;
  slot->failures++;
  if (!slot->failing_ms)
    slot->failing_ms = now_ms;
  history_sweep(slot->history); /* a sample that is missing, for the charts */
  model->generation++;
}

const struct threshold *model_threshold(const struct model *model, size_t slot,
                                        const struct column_spec *column) {
  return rules_find(&model->slots[slot].target->rules, &model->config->rules, column);
}

enum slot_state slot_state(const struct slot *slot, int64_t now_ms) {
  if (slot->err.kind != ERR_NONE)
    return SLOT_DOWN;
  if (!slot->sample)
    return SLOT_WAITING;
  if (slot->once)
    return SLOT_LIVE;
  /* Two missed turns and a deadline: later than that it is not a hiccup. */
  int64_t patience = 2 * slot->target->interval_ms + slot->target->timeout_ms;
  return slot_age(slot, now_ms) > patience ? SLOT_STALE : SLOT_LIVE;
}

int64_t slot_age(const struct slot *slot, int64_t now_ms) {
  return slot->sample ? now_ms - slot->sample->taken_ms : -1;
}

enum severity model_slot_severity(const struct model *model, size_t slot, int64_t now_ms) {
  if (slot_state(&model->slots[slot], now_ms) == SLOT_WAITING)
    return SEVERITY_UNKNOWN;
  return findings_row(model->findings, slot, NULL, NULL);
}

enum severity model_severity(const struct model *model, int64_t now_ms) {
  enum severity worst = SEVERITY_OK;
  for (size_t i = 0; i < model->slot_count; i++)
    worst = severity_worse(worst, model_slot_severity(model, i, now_ms));
  return worst;
}
