#include "model/judge/finding_times.h"

#include "core/text/format.h"

#include <stdio.h>
#include <string.h>

enum {
  SAME_MOMENT_MS = 1000, /* it is evaluated some milliseconds after it was collected */
  HALF_DAY_MS = 43200000,
};

static bool is_later(int64_t ms, int64_t than_ms) {
  return ms - than_ms >= SAME_MOMENT_MS;
}

static const struct finding *find_old(const struct findings *findings,
                                      const struct finding *finding) {
  return findings_find(findings, finding->target_index, finding->table, finding->row,
                       finding->column);
}

void finding_times_note(const struct model *model, struct findings *after, int64_t now_ms) {
  for (size_t i = 0; i < after->count; i++) {
    struct finding *finding = &after->items[i];
    const struct finding *old = find_old(model->findings, finding);
    old = old ? old : find_old(model->held, finding);
    const int64_t first_ms = is_later(now_ms, finding->since_ms) ? now_ms : finding->since_ms;
    finding->seen_ms = old && old->seen_ms ? old->seen_ms : first_ms;
    if (finding->pending)
      finding->alarm_ms = 0;
    else if (old && old->alarm_ms)
      finding->alarm_ms = old->alarm_ms;
    else
      finding->alarm_ms = old && old->pending ? now_ms : first_ms;
  }
}

static void put(char out[FINDING_TIMES_MAX], const char *word, int64_t wall_ms, int64_t now_ms,
                bool utc) {
  char time[FORMAT_MAX];
  const bool recent = wall_ms > now_ms - HALF_DAY_MS && wall_ms <= now_ms + HALF_DAY_MS;
  const size_t used = strlen(out);
  snprintf(out + used, FINDING_TIMES_MAX - used, ", %s at %s", word,
           format_time(time, sizeof time, wall_ms, utc, !recent));
}

const char *finding_times_text(char out[FINDING_TIMES_MAX], const struct finding *finding,
                               const struct model *model, int64_t now_ms, bool utc) {
  const int64_t offset_ms = model->wall_offset_ms;
  *out = '\0';
  if (finding->seen_ms && is_later(finding->seen_ms, finding->since_ms))
    put(out, "seen", finding->seen_ms + offset_ms, now_ms + offset_ms, utc);
  if (finding->alarm_ms &&
      is_later(finding->alarm_ms, finding->seen_ms ? finding->seen_ms : finding->since_ms))
    put(out, "alarm", finding->alarm_ms + offset_ms, now_ms + offset_ms, utc);
  return out;
}
