#include "model/alarm/chatter_apply.h"

#include "model/event/event_record.h"
#include "model/judge/evaluate.h"

#include <string.h>

/* It is over only if that could be observed: an outage hides it, and does not end it. */
static bool is_over(const struct model *model, const struct findings *after,
                    const struct chatter_follow *follow, int64_t now_ms) {
  const struct finding *finding = &follow->finding;
  if (finding_is_outage(finding))
    return target_state_condition(&model->targets[finding->target_index], now_ms) == TARGET_LIVE;
  return evaluate_sees(model, after, finding, now_ms);
}

/* ---- flapping */

static void about(struct model *model, const struct chatter_follow *follow) {
  const struct target *target = model->targets[follow->finding.target_index].target;
  events_about(&model->events, target->kind->kind, target->name);
}

static void flap_begin(struct model *model, struct chatter_follow *follow, size_t changes,
                       int64_t now_ms) {
  follow->flapping = true;
  about(model, follow);
  events_add_change(&model->events, now_ms, follow->finding.subject,
                    "flapping, its further changes are not events: %zu changes in %d min: %s",
                    changes, CHATTER_WINDOW_MS / 60000, follow->finding.sentence);
  events_mark_verb(&model->events, EVENT_VERB_FLAPS, 0);
}

/* What is over by then is resolved: the usual event says so. */
static void flap_end(struct model *model, struct chatter_follow *follow, int64_t now_ms) {
  follow->flapping = false;
  follow->change_count = 0;
  about(model, follow);
  events_add_change(&model->events, now_ms, follow->finding.subject,
                    "no longer flapping: no change for %d min", CHATTER_WINDOW_MS / 60000);
}

static void flap_show(const struct chatter_follow *follow, struct findings *after, size_t changes) {
  const struct finding *kept = &follow->finding;
  const char *const plural = changes == 1 ? "change" : "changes";
  struct finding *finding = (struct finding *)findings_find(after, kept->target_index, kept->table,
                                                            kept->row, kept->column);
  if (finding && finding->pending) { /* it is shown as what it was before */
    finding->pending = false;
    finding->since_ms = kept->since_ms;
  }
  if (!finding) {
    finding = findings_add(after, kept->target_index, kept->table, kept->row, kept->column);
    finding->harm = kept->harm;
    finding->since_ms = kept->since_ms;
    finding->subject = arena_text(&after->arena, kept->subject, strlen(kept->subject));
    finding->sentence = arena_printf(&after->arena, "%s (not now; flapping: %zu %s in %d min)",
                                     kept->sentence, changes, plural, CHATTER_WINDOW_MS / 60000);
  } else {
    finding->sentence = arena_printf(&after->arena, "%s (flapping: %zu %s in %d min)",
                                     kept->sentence, changes, plural, CHATTER_WINDOW_MS / 60000);
  }
  finding->severity = follow->worst;
  finding->changes = changes;
}

void chatter_apply(struct chatter *chatter, struct model *model, struct findings *after,
                   int64_t now_ms) {
  bool any = false;
  for (size_t i = 0; i < chatter->count; i++)
    chatter->items[i]->seen = false;
  for (size_t i = 0; i < after->count; i++)
    if (chatter_follows(&after->items[i]))
      chatter_see(chatter, &after->items[i], now_ms);
  for (size_t i = 0; i < chatter->count; i++) {
    struct chatter_follow *follow = chatter->items[i];
    if (follow->on && !follow->seen && is_over(model, after, follow, now_ms)) {
      follow->on = false;
      chatter_note(follow, now_ms);
    }
    const size_t changes = chatter_changes(follow, now_ms);
    if (!follow->flapping)
      follow->worst = follow->finding.severity;
    if (!follow->flapping && changes >= CHATTER_CHANGES)
      flap_begin(model, follow, changes, now_ms);
    else if (follow->flapping && changes == 0)
      flap_end(model, follow, now_ms);
    if (!follow->flapping)
      continue;
    flap_show(follow, after, changes);
    any = true;
  }
  events_about(&model->events, NULL, NULL);
  chatter_sweep(chatter, now_ms);
  if (any)
    findings_order(after);
}
