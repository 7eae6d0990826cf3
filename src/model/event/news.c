#include "model/event/news.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "model/alarm/chatter.h"
#include "model/judge/evaluate.h"

#include <stdio.h>
#include <stdlib.h>

/* The worst first. */
struct batch {
  const struct finding *items[NEWS_MAX];
  size_t count;
  size_t *of_slot;                      /* heap: number of items per target */
  size_t rest, rest_slot, rest_targets; /* the others; rest_slot: of the first of them */
  bool *has_rest;                       /* heap: by target */
  enum severity rest_worst;
};

static struct batch batch_new(const struct model *model) {
  return (struct batch){.of_slot = mem_new(model->target_count * sizeof(size_t)),
                        .has_rest = mem_new(model->target_count * sizeof(bool))};
}

static void batch_fini(struct batch *batch) {
  free(batch->of_slot);
  free(batch->has_rest);
}

static void batch_take(struct batch *batch, const struct finding *finding) {
  const size_t target_index = finding->target_index;
  if (batch->count < NEWS_MAX && batch->of_slot[target_index] < NEWS_OF_TARGET_MAX) {
    batch->items[batch->count++] = finding;
    batch->of_slot[target_index]++;
    return;
  }
  if (batch->rest++ == 0)
    batch->rest_slot = target_index;
  batch->rest_targets += !batch->has_rest[target_index];
  batch->has_rest[target_index] = true;
  batch->rest_worst = severity_worse(batch->rest_worst, finding->severity);
}

static void about(struct model *model, size_t target_index) {
  const struct target *target = model->targets[target_index].target;
  events_about(&model->events, target->kind->kind, target->name);
}

/* "613 more findings, not logged one by one" */
static void log_rest(struct model *model, const struct batch *batch, bool over, int64_t now_ms) {
  char count[FORMAT_MAX], targets[FORMAT_MAX + 16] = "", shown[FORMAT_MAX];
  if (batch->rest == 0)
    return;
  format_counted(count, sizeof count, (int64_t)batch->rest, "more finding", "more findings");
  if (batch->rest_targets > 1)
    snprintf(
        targets, sizeof targets, " of %s",
        format_counted(shown, sizeof shown, (int64_t)batch->rest_targets, "target", "targets"));
  if (batch->rest_targets > 1)
    events_about(&model->events, NULL, NULL);
  else
    about(model, batch->rest_slot);
  events_add(&model->events, now_ms, over ? SEVERITY_OK : batch->rest_worst,
             batch->rest_targets > 1 ? "stacktop" : model->targets[batch->rest_slot].target->name,
             "%s%s%s, not logged one by one", count, targets, over ? " resolved" : "");
}

static const struct finding *find_same(const struct findings *findings,
                                       const struct finding *finding) {
  return findings_find(findings, finding->target_index, finding->table, finding->row,
                       finding->column);
}

static const struct finding *find_old(const struct model *model, const struct finding *finding) {
  const struct finding *old = find_same(model->findings, finding);
  return old ? old : find_same(model->held, finding);
}

/* ---- new findings */

/* One outage may fail in several ways in turn: it is logged when it becomes worse than before.
 * Stale data is caused by stacktop itself, which was paused or suspended: a problem of the target
 * is reported by the attempt that fails. */
static bool is_news_of_outage(struct model *model, const struct finding *finding) {
  struct target_state *state = &model->targets[finding->target_index];
  if (finding->unsaid ||
      chatter_has_outage(model->chatter, finding->target_index, finding->severity))
    return false;
  if (finding_is_stale(finding) || finding->severity <= state->logged)
    return false;
  state->logged = finding->severity;
  return true;
}

static bool is_news(struct model *model, const struct finding *finding) {
  if (finding_is_outage(finding))
    return is_news_of_outage(model, finding);
  const struct finding *old = find_old(model, finding);
  if (finding->under || finding->unsaid)
    return false;
  return !finding->pending &&
         (!old || old->unsaid || old->pending || old->severity < finding->severity);
}

/* A rule with `for` reports later than the start of the problem: both times are given, because the
 * event and the headline would otherwise disagree. */
static void news_add(struct model *model, const struct finding *finding, int64_t now_ms) {
  enum { SAME_MOMENT_MS = 1000 };
  const struct finding *old = finding_is_outage(finding) ? NULL : find_old(model, finding);
  const bool waited = old && old->pending;
  char lasted[FORMAT_MAX] = "", more[48] = "";
  /* Evaluated some milliseconds after the collection: with two times, the headline and the event
   * could show different seconds. */
  const int64_t at_ms =
      !waited && now_ms - finding->since_ms < SAME_MOMENT_MS ? finding->since_ms : now_ms;
  if (waited)
    format_duration(lasted, sizeof lasted, (double)(now_ms - finding->since_ms) / 1000);
  if (finding->folded > 0)
    snprintf(more, sizeof more, " (and %zu more under it)", finding->folded);
  about(model, finding->target_index);
  if (finding->quiet == FINDING_SILENCED)
    events_add_change(&model->events, at_ms, finding->subject, "silenced: %s%s%s%s",
                      finding->sentence, *lasted ? ", for " : "", lasted, more);
  else
    events_add(&model->events, at_ms, finding->severity, finding->subject, "%s%s%s%s",
               finding->sentence, *lasted ? ", for " : "", lasted, more);
  events_mark_finding(&model->events, EVENT_BEGINS, finding->since_ms, finding->table, finding->row,
                      finding_is_outage(finding) ? NULL : finding->column);
}

/* A new finding is an event of its severity. */
static void log_all_new(struct model *model, const struct findings *after, int64_t now_ms) {
  struct batch batch = batch_new(model);
  for (size_t i = 0; i < after->count; i++)
    if (is_news(model, &after->items[i]))
      batch_take(&batch, &after->items[i]);
  log_rest(model, &batch, false, now_ms);
  for (size_t i = batch.count; i-- > 0;)
    news_add(model, batch.items[i], now_ms);
  batch_fini(&batch);
}

/* ---- resolved findings */

/* Resolved only if it could have been observed. The recovery of a target is logged by
 * model_publish, which knows its duration. */
static void take_gone(struct batch *batch, const struct model *model, const struct findings *before,
                      const struct findings *after, int64_t now_ms) {
  for (size_t i = 0; i < before->count; i++) {
    const struct finding *old = &before->items[i];
    if (!old->pending && !old->under && !old->unsaid && !finding_is_outage(old) &&
        evaluate_sees(model, after, old, now_ms) && !find_same(after, old))
      batch_take(batch, old);
  }
}

static void log_all_gone(struct model *model, const struct findings *after, int64_t now_ms) {
  struct batch batch = batch_new(model);
  take_gone(&batch, model, model->findings, after, now_ms);
  take_gone(&batch, model, model->held, after, now_ms);
  log_rest(model, &batch, true, now_ms);
  for (size_t i = batch.count; i-- > 0;) {
    const struct finding *old = batch.items[i];
    const struct row *row = model_finding_row(model, old);
    char lasted[FORMAT_MAX];
    format_duration(lasted, sizeof lasted, (double)(now_ms - old->since_ms) / 1000);
    about(model, old->target_index);
    if (row && row->quiet) /* it has not ended: others look after it */
      events_add_change(&model->events, now_ms, old->subject, "%s after %s: %s", row->quiet, lasted,
                        old->sentence);
    else
      events_add(&model->events, now_ms, SEVERITY_OK, old->subject, "resolved after %s: %s", lasted,
                 old->sentence);
    events_mark_finding(&model->events, EVENT_ENDS, old->since_ms, old->table, old->row,
                        old->column);
  }
  batch_fini(&batch);
}

void news_log(struct model *model, const struct findings *after, int64_t now_ms) {
  log_all_new(model, after, now_ms);
  log_all_gone(model, after, now_ms);
  events_about(&model->events, NULL, NULL);
}
