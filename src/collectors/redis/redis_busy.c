#include "collectors/redis/redis.h"

#include "core/text/format.h"

#include <string.h>

static const char *ended_by(const struct redis_busy *busy) {
  if (strstr(busy->words, "FUNCTION KILL"))
    return "; end it with FUNCTION KILL, if it has not written yet";
  return strstr(busy->words, "SCRIPT KILL") ? "; end it with SCRIPT KILL, if it has not written yet"
                                            : "";
}

/* " for 12s" from FUNCTION STATS, " for at least 12s" as observed. */
static const char *time_words(struct sample *sample, const struct redis_busy *busy) {
  char text[FORMAT_MAX];
  if (busy->running_ms >= 0)
    return sample_printf(sample, " for %s",
                         format_duration(text, sizeof text, (double)busy->running_ms / 1000));
  if (busy->seen_ms > 0)
    return sample_printf(sample, " for at least %s",
                         format_duration(text, sizeof text, (double)busy->seen_ms / 1000));
  return "";
}

void redis_rows_busy(struct sample *sample, const char *name, const struct redis_busy *busy) {
  struct table *table = sample_table(sample, redis_summary_table.id);
  struct row *row = sample_row(sample, table, name, NULL);
  if (!row)
    return;
  for (size_t i = 0; i < SUMMARY_COLUMN_COUNT; i++)
    row->cells[i] = value_none(REDIS_SUMMARY_BUSY);
  row->cells[SUMMARY_NAME] = value_text(row->key);
  const char *what = strstr(busy->words, "module") ? "module command" : "script";
  row->severity = SEVERITY_CRIT;
  row->reason = sample_printf(sample, "busy running a %s%s%s%s, refuses other commands%s",
                              *busy->function ? "function" : what, *busy->function ? ", " : "",
                              *busy->function ? busy->function : "", time_words(sample, busy),
                              ended_by(busy));
  sample_note(sample, redis_keyspace_table.id, NULL,
              "not known: the server refuses all commands while it is busy");
}
