/* Why a unit's last run ended, in words. */
#include "clients/systemd/systemd_cause.h"

#include <stdio.h>
#include <string.h>

const char *systemd_span_text(char out[FORMAT_MAX], int64_t us) {
  if (us < 0 || us == INT64_MAX)
    snprintf(out, FORMAT_MAX, "no limit");
  else
    format_duration(out, FORMAT_MAX, (double)us / 1e6);
  return out;
}

static const char *limit_text(char out[FORMAT_MAX + 16], int64_t limit) {
  char bytes[FORMAT_MAX];
  *out = '\0';
  if (limit > 0 && limit < INT64_MAX)
    snprintf(out, FORMAT_MAX + 16, " at its limit of %s",
             format_bytes(bytes, sizeof bytes, (double)limit));
  return out;
}

/* "ended with exit code 1", or that of the command beside it that failed. */
static void say_exit(char out[SYSTEMD_CAUSE_MAX], const struct systemd_unit *unit) {
  char text[SYSTEMD_EXIT_MAX];
  if (*unit->failed_setting)
    snprintf(out, SYSTEMD_CAUSE_MAX, "%s %.160s: %s", unit->failed_setting, unit->failed_program,
             systemd_exit_text(text, unit->failed_kind, unit->failed_status));
  else if (*systemd_exit_text(text, unit->exit_kind, unit->exit_status))
    snprintf(out, SYSTEMD_CAUSE_MAX, "%s %s", unit->exit_kind == 1 ? "ended with" : "killed by",
             text);
  else
    snprintf(out, SYSTEMD_CAUSE_MAX, "a process failed");
}

static void say_limit_hit(char out[SYSTEMD_CAUSE_MAX], const struct systemd_unit *unit) {
  char window[FORMAT_MAX], last[SYSTEMD_CAUSE_MAX];
  say_exit(last, unit);
  snprintf(out, SYSTEMD_CAUSE_MAX, "started too often, limit %lld within %s; last: %.160s",
           (long long)unit->limit_burst, systemd_span_text(window, unit->limit_interval_us), last);
}

static void say_timeout(char out[SYSTEMD_CAUSE_MAX], const struct systemd_unit *unit) {
  char start[FORMAT_MAX], stop[FORMAT_MAX];
  snprintf(out, SYSTEMD_CAUSE_MAX, "took longer than allowed (start %s, stop %s)",
           systemd_span_text(start, unit->start_us), systemd_span_text(stop, unit->stop_us));
}

/* "OOM-killed at its limit of 64 MB". Result of systemd.exec(5), of the last run. */
const char *systemd_cause_text(char out[SYSTEMD_CAUSE_MAX], const struct systemd_unit *unit) {
  char text[FORMAT_MAX + 16];
  const char *result = unit->result;
  if (strcmp(result, "exit-code") == 0 || strcmp(result, "signal") == 0 ||
      strcmp(result, "core-dump") == 0)
    say_exit(out, unit);
  else if (strcmp(result, "oom-kill") == 0)
    snprintf(out, SYSTEMD_CAUSE_MAX, "OOM-killed%s", limit_text(text, unit->memory_max));
  else if (strcmp(result, "timeout") == 0)
    say_timeout(out, unit);
  else if (strcmp(result, "watchdog") == 0)
    snprintf(out, SYSTEMD_CAUSE_MAX, "no watchdog message within its WatchdogSec of %s",
             systemd_span_text(text, unit->watchdog_us));
  else if (strcmp(result, "start-limit-hit") == 0)
    say_limit_hit(out, unit);
  else if (strcmp(result, "protocol") == 0)
    snprintf(out, SYSTEMD_CAUSE_MAX, "did not report its start as Type=%.20s requires", unit->type);
  else if (strcmp(result, "resources") == 0)
    snprintf(out, SYSTEMD_CAUSE_MAX, "systemd could not set up what it needs (result: resources)");
  else if (strcmp(result, "success") == 0 || !*result)
    say_exit(out, unit);
  else
    snprintf(out, SYSTEMD_CAUSE_MAX, "result: %.60s", result);
  return out;
}
