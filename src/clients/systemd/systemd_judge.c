#include "clients/systemd/systemd_judge.h"

#include "clients/systemd/systemd_cause.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A start or a stop that takes longer is worth a warning. */
enum { LONG_S = 60 };

void systemd_restarts_take(struct restarts *restarts, const struct systemd_unit *unit,
                           double now_s) {
  restarts_take(restarts, unit->restarts,
                unit->active_s > unit->exit_s ? unit->active_s : unit->exit_s, now_s);
}

static void say(struct systemd_verdict *verdict, enum severity severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct systemd_verdict *verdict, enum severity severity, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(verdict->reason, sizeof verdict->reason, format, args);
  va_end(args);
  verdict->severity = severity;
}

/* ", given up after 5 restarts (limit 5 within 10s)" */
enum { GIVEN_UP_MAX = 160 };
static const char *given_up_text(char out[GIVEN_UP_MAX], const struct systemd_unit *unit) {
  char count[FORMAT_MAX], window[FORMAT_MAX];
  *out = '\0';
  if (unit->restarts > 0)
    snprintf(out, GIVEN_UP_MAX, ", given up after %s (limit %lld within %s)",
             format_counted(count, sizeof count, unit->restarts, "restart", "restarts"),
             (long long)unit->limit_burst, systemd_span_text(window, unit->limit_interval_us));
  return out;
}

/* ---- by state */

/* Whether it was restarted so often or so lately that it has to be said. */
static bool judge_restarts(const struct systemd_unit *unit, const struct restarts *restarts,
                           double now_s, struct systemd_verdict *verdict) {
  char window[FORMAT_MAX], ago[FORMAT_MAX], count[FORMAT_MAX], last[SYSTEMD_EXIT_MAX];
  const size_t recent = restarts_since(restarts, now_s - RESTARTS_LOOP_S);
  const double ago_s = restarts_recent(restarts, now_s);
  const bool known = *systemd_exit_text(last, unit->exit_kind, unit->exit_status);
  if (recent >= RESTARTS_LOOP)
    say(verdict, SEVERITY_CRIT, "restart loop: %s%zu restarts within %s%s%s",
        recent == RESTARTS_KEPT ? "at least " : "", recent,
        format_duration(window, sizeof window, RESTARTS_LOOP_S), known ? ", last: " : "",
        known ? last : "");
  else if (ago_s >= 0)
    say(verdict, SEVERITY_WARN, "restarted by systemd %s ago, %s%s%s",
        format_duration(ago, sizeof ago, ago_s),
        format_counted(count, sizeof count, unit->restarts, "restart", "restarts"),
        known ? ", last: " : "", known ? last : "");
  return verdict->severity != SEVERITY_OK;
}

static void judge_failed(const struct systemd_unit *unit, enum systemd_wish wish,
                         struct systemd_verdict *verdict) {
  char cause[SYSTEMD_CAUSE_MAX], given_up[GIVEN_UP_MAX];
  say(verdict, wish != SYSTEMD_NOT_CHOSEN ? SEVERITY_CRIT : SEVERITY_WARN, "failed: %s%s",
      systemd_cause_text(cause, unit), given_up_text(given_up, unit));
}

static void judge_changing(const struct systemd_unit *unit, const struct restarts *restarts,
                           double now_s, struct systemd_verdict *verdict) {
  char cause[SYSTEMD_CAUSE_MAX], count[FORMAT_MAX], took[FORMAT_MAX];
  const bool long_job = strcmp(unit->type, "oneshot") == 0;
  const double since_s =
      unit->changed_s >= 0 && now_s > unit->changed_s ? now_s - unit->changed_s : 0;
  if (strncmp(unit->sub, "auto-restart", 12) == 0)
    say(verdict, SEVERITY_CRIT, "restart loop: %s, %s", systemd_cause_text(cause, unit),
        format_counted(count, sizeof count, unit->restarts > 0 ? unit->restarts : 0, "restart",
                       "restarts"));
  else if (!judge_restarts(unit, restarts, now_s, verdict) && since_s > LONG_S && !long_job)
    say(verdict, SEVERITY_WARN, "%.20s for %s (%.30s)", unit->active,
        format_duration(took, sizeof took, since_s), unit->sub);
}

/* Whether it is expected to run: not one that a timer or a socket starts, or that ends by itself.
 */
static bool should_run(const struct systemd_unit *unit, enum systemd_wish wish) {
  return wish != SYSTEMD_NOT_CHOSEN && systemd_is_service(unit->id) && !*unit->triggered_by &&
         strcmp(unit->type, "oneshot") != 0 &&
         (wish == SYSTEMD_BY_NAME || strncmp(unit->file_state, "enabled", 7) == 0);
}

static void judge_inactive(const struct systemd_unit *unit, enum systemd_wish wish, double now_s,
                           struct systemd_verdict *verdict) {
  char ago[FORMAT_MAX];
  if (!should_run(unit, wish))
    return;
  if (strcmp(unit->load, "masked") == 0)
    say(verdict, SEVERITY_WARN, "masked: it cannot be started");
  else if (unit->inactive_s >= 0 && now_s >= unit->inactive_s && *unit->invocation)
    say(verdict, SEVERITY_WARN, "has not run for %s",
        format_duration(ago, sizeof ago, now_s - unit->inactive_s));
  else if (unit->condition == 0 && unit->changed_s >= 0)
    say(verdict, SEVERITY_WARN, "not started: a condition of its unit file is not met");
  else
    say(verdict, SEVERITY_WARN, "does not run");
}

/* RemainAfterExit keeps a service active when its processes have ended: what a script of SysV
 * started may be dead. */
static bool has_no_process(const struct systemd_unit *unit, enum systemd_wish wish) {
  return strcmp(unit->active, "active") == 0 && strcmp(unit->sub, "exited") == 0 &&
         should_run(unit, wish);
}

bool systemd_is_service(const char *name) {
  const size_t length = strlen(name);
  return length > 8 && strcmp(name + length - 8, ".service") == 0;
}

void systemd_judge(const struct systemd_unit *unit, enum systemd_wish wish,
                   const struct restarts *restarts, double now_s, struct systemd_verdict *verdict) {
  *verdict = (struct systemd_verdict){.severity = SEVERITY_OK};
  if (!unit)
    say(verdict, SEVERITY_UNKNOWN, "could not be read");
  else if (strcmp(unit->active, "failed") == 0)
    judge_failed(unit, wish, verdict);
  else if (strcmp(unit->load, "not-found") == 0 && strcmp(unit->active, "inactive") == 0)
    say(verdict, SEVERITY_UNKNOWN, "systemd knows no unit of this name");
  else if (strcmp(unit->load, "error") == 0 || strcmp(unit->load, "bad-setting") == 0)
    say(verdict, SEVERITY_WARN, "its unit file cannot be loaded: %.200s",
        *unit->load_error ? unit->load_error : unit->load);
  else if (strcmp(unit->active, "activating") == 0 || strcmp(unit->active, "deactivating") == 0)
    judge_changing(unit, restarts, now_s, verdict);
  else if (strcmp(unit->active, "inactive") == 0)
    judge_inactive(unit, wish, now_s, verdict);
  else if (strcmp(unit->active, "maintenance") == 0)
    say(verdict, SEVERITY_WARN, "in maintenance");
  else if (has_no_process(unit, wish))
    say(verdict, SEVERITY_WARN, "active (exited): none of its processes runs");
  else
    judge_restarts(unit, restarts, now_s, verdict);
}
