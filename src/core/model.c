#include "core/model.h"

#include "core/evaluate.h"
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
  model->findings = findings_new();
}

void model_fini(struct model *model) {
  for (size_t i = 0; i < model->slot_count; i++) {
    sample_free(model->slots[i].sample);
    history_free(model->slots[i].history);
  }
  free(model->slots);
  findings_free(model->findings);
  events_fini(&model->events);
}

void model_attempt(struct model *model, size_t slot, int64_t now_ms) {
  model->slots[slot].started_ms = now_ms;
}

/* Remembers each number of the columns that keep a history, as far as there is room. */
static void slot_remember(struct slot *slot) {
  const struct sample *sample = slot->sample;
  for (size_t t = 0; t < sample->table_count; t++) {
    const struct table *table = &sample->tables[t];
    for (size_t c = 0; c < table->spec->column_count; c++) {
      if (!(table->spec->columns[c].flags & COLUMN_HISTORY))
        continue;
      for (size_t r = 0; r < table->row_count; r++) {
        double number;
        bool known = value_number(table->rows[r].cells[c], &number);
        history_add(slot->history, t, table->rows[r].key, c, known ? (float)number : NAN);
      }
    }
  }
  history_sweep(slot->history);
}

void model_publish(struct model *model, size_t index, struct sample *sample, int64_t now_ms) {
  struct slot *slot = &model->slots[index];
  char down[FORMAT_MAX];
  if (slot->failing_ms)
    events_add(&model->events, now_ms, SEVERITY_OK, slot->target->name, "answers again, after %s",
               format_duration(down, sizeof down, (double)(now_ms - slot->failing_ms) / 1000));
  sample_free(slot->sample);
  slot->sample = sample;
  slot->err = (struct err){0};
  slot->started_ms = 0;
  slot->attempted_ms = now_ms;
  slot->failing_ms = 0;
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

/* What has appeared is an event of its severity; what has gone, while its slot still answers, is a
 * recovery. A slot's own recovery is logged by model_publish, which knows how long it was. */
static void log_changes(struct model *model, const struct findings *before,
                        const struct findings *after, int64_t now_ms) {
  for (size_t i = 0; i < after->count; i++) {
    const struct finding *new = &after->items[i];
    const struct finding *old = findings_find(before, new->slot, new->table, new->row, new->column);
    bool news = !old || old->pending || old->severity < new->severity;
    if (!new->pending && news)
      events_add(&model->events, now_ms, new->severity, new->subject, "%s", new->sentence);
  }
  for (size_t i = 0; i < before->count; i++) {
    const struct finding *old = &before->items[i];
    if (old->pending || !old->table || slot_state(&model->slots[old->slot], now_ms) != SLOT_LIVE ||
        findings_find(after, old->slot, old->table, old->row, old->column))
      continue;
    char lasted[FORMAT_MAX];
    events_add(&model->events, now_ms, SEVERITY_OK, old->subject, "over after %s: %s",
               format_duration(lasted, sizeof lasted, (double)(now_ms - old->since_ms) / 1000),
               old->sentence);
  }
}

void model_evaluate(struct model *model, int64_t now_ms, bool one_pass) {
  struct findings *after = evaluate(model, model->findings, now_ms, one_pass);
  log_changes(model, model->findings, after, now_ms);
  findings_free(model->findings);
  model->findings = after;
  model->generation++;
}

enum slot_state slot_state(const struct slot *slot, int64_t now_ms) {
  if (slot->err.kind != ERR_NONE)
    return SLOT_DOWN;
  if (!slot->sample)
    return SLOT_WAITING;
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
