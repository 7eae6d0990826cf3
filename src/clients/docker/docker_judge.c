#include "clients/docker/docker_judge.h"

#include "core/text/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A container that failed longer ago is history, and no longer a finding. */
enum { FAILED_S = 24 * 3600 };
/* A restart that takes longer does not come. */
enum { DUE_S = 10 };
enum { EXIT_SIGKILL = 137, EXIT_SIGTERM = 143 };

const char *docker_state(const struct docker_reading *reading) {
  return reading->has_detail ? reading->detail.status : reading->container.state;
}

bool docker_is_up(const char *state) {
  return strcmp(state, "running") == 0 || strcmp(state, "paused") == 0;
}

void docker_restarts_take(struct restarts *restarts, const struct docker_detail *detail,
                          double now_s) {
  /* It is counted when the run before ends; until the next one begins, started_s is that run's. */
  const double at_s =
      detail->finished_s > detail->started_s ? detail->finished_s : detail->started_s;
  restarts_take(restarts, detail->restarts, at_s, now_s);
}

static void say(struct docker_verdict *verdict, enum severity severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct docker_verdict *verdict, enum severity severity, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(verdict->reason, sizeof verdict->reason, format, args);
  va_end(args);
  verdict->severity = severity;
}

/* "exit code 137 (SIGKILL)" */
static const char *exit_text(char out[48], int64_t code) {
  const char *name = code == EXIT_SIGKILL ? " (SIGKILL)" : code == EXIT_SIGTERM ? " (SIGTERM)" : "";
  if (code < 0)
    snprintf(out, 48, "an unknown exit code");
  else
    snprintf(out, 48, "exit code %lld%s", (long long)code, name);
  return out;
}

static const char *limit_text(char out[FORMAT_MAX + 16], int64_t limit) {
  char bytes[FORMAT_MAX];
  *out = '\0';
  if (limit > 0)
    snprintf(out, FORMAT_MAX + 16, " at its limit of %s",
             format_bytes(bytes, sizeof bytes, (double)limit));
  return out;
}

/* Whether the engine starts it again whatever its exit code: if it does not run, a person has
 * stopped it. */
static bool restarts_always(const struct docker_detail *detail) {
  return strcmp(detail->policy, "always") == 0 || strcmp(detail->policy, "unless-stopped") == 0;
}

static void judge_exited(const struct docker_detail *detail, double now_s,
                         struct docker_verdict *verdict) {
  char code[48], count[FORMAT_MAX], limit[FORMAT_MAX + 16];
  verdict->since_s = detail->finished_s;
  if (detail->finished_s < 0 && *detail->error)
    say(verdict, SEVERITY_CRIT, "did not start: %.200s", detail->error);
  else if (detail->finished_s >= 0 && now_s - detail->finished_s > FAILED_S)
    return;
  else if (detail->oom_killed)
    say(verdict, SEVERITY_CRIT, "OOM-killed%s, %s", limit_text(limit, detail->memory_limit),
        exit_text(code, detail->exit_code));
  else if (*detail->error)
    say(verdict, SEVERITY_CRIT, "did not start: %.200s", detail->error);
  else if (detail->exit_code > 0 && detail->restarts > 0 && !restarts_always(detail))
    say(verdict, SEVERITY_CRIT, "ended with %s, and is not restarted again after %s",
        exit_text(code, detail->exit_code),
        format_counted(count, sizeof count, detail->restarts, "restart", "restarts"));
  else if (detail->exit_code > 0 && !restarts_always(detail))
    say(verdict, SEVERITY_WARN, "ended with %s", exit_text(code, detail->exit_code));
}

/* Podman counts a restart when the next run begins: the first end is none, and may be a stop by a
 * person as well. */
static void judge_due(const struct docker_detail *detail, double now_s,
                      struct docker_verdict *verdict) {
  char code[48];
  if (detail->finished_s >= 0 && now_s - detail->finished_s >= DUE_S)
    say(verdict, SEVERITY_CRIT, "ended with %s, and was not started again",
        exit_text(code, detail->exit_code));
}

static void judge_restarting(const struct docker_detail *detail, double now_s,
                             struct docker_verdict *verdict) {
  char code[48], count[FORMAT_MAX] = "restarting", limit[FORMAT_MAX + 16];
  verdict->since_s = detail->finished_s;
  if (detail->restarts == 0) {
    judge_due(detail, now_s, verdict);
    return;
  }
  if (detail->restarts > 0)
    format_counted(count, sizeof count, detail->restarts, "restart", "restarts");
  if (detail->oom_killed)
    say(verdict, SEVERITY_CRIT, "crash loop: OOM-killed%s, %s",
        limit_text(limit, detail->memory_limit), count);
  else
    say(verdict, SEVERITY_CRIT, "crash loop: ended with %s, %s", exit_text(code, detail->exit_code),
        count);
}

/* One line of what a health check printed. */
static int line_length(const char *text) {
  return (int)strcspn(text, "\r\n");
}

static void judge_health(const struct docker_detail *detail, struct docker_verdict *verdict) {
  snprintf(verdict->state, sizeof verdict->state, "%s", detail->health);
  if (strcmp(detail->health, "unhealthy") != 0)
    return;
  const char *line = detail->checked + strspn(detail->checked, " \t\r\n");
  if (*line)
    say(verdict, SEVERITY_CRIT, "its health check fails: %.*s",
        line_length(line) < 200 ? line_length(line) : 200, line);
  else
    say(verdict, SEVERITY_CRIT, "its health check fails");
}

static void judge_running(const struct docker_detail *detail, const struct restarts *restarts,
                          double now_s, struct docker_verdict *verdict) {
  char ago[FORMAT_MAX], window[FORMAT_MAX], count[FORMAT_MAX], limit[FORMAT_MAX + 16];
  verdict->since_s = detail->started_s;
  if (*detail->health)
    judge_health(detail, verdict);
  if (verdict->severity != SEVERITY_OK)
    return;
  const size_t recent = restarts_since(restarts, now_s - RESTARTS_LOOP_S);
  const double ago_s = restarts_recent(restarts, now_s);
  if (recent >= RESTARTS_LOOP)
    say(verdict, SEVERITY_CRIT, "crash loop: %zu restarts within %s", recent,
        format_duration(window, sizeof window, RESTARTS_LOOP_S));
  else if (ago_s >= 0)
    say(verdict, SEVERITY_WARN, "restarted by the engine %s ago, %s",
        format_duration(ago, sizeof ago, ago_s),
        format_counted(count, sizeof count, detail->restarts, "restart", "restarts"));
  else if (detail->oom_killed)
    say(verdict, SEVERITY_WARN, "one of its processes was OOM-killed%s",
        limit_text(limit, detail->memory_limit));
}

void docker_judge(const struct docker_reading *reading, const struct restarts *restarts,
                  double now_s, struct docker_verdict *verdict) {
  const struct docker_detail *detail = &reading->detail;
  const char *state = docker_state(reading);
  *verdict = (struct docker_verdict){.severity = SEVERITY_OK, .since_s = -1};
  snprintf(verdict->state, sizeof verdict->state, "%s", state);
  if (strcmp(state, "dead") == 0)
    say(verdict, SEVERITY_CRIT, "the engine could not remove it");
  else if (strcmp(state, "paused") == 0)
    say(verdict, SEVERITY_WARN, "paused: its processes are frozen");
  else if (!reading->has_detail)
    say(verdict, SEVERITY_UNKNOWN, "could not be read");
  else if (strcmp(state, "restarting") == 0)
    judge_restarting(detail, now_s, verdict);
  else if (strcmp(state, "running") == 0)
    judge_running(detail, restarts, now_s, verdict);
  else if (strcmp(state, "exited") == 0 || strcmp(state, "created") == 0)
    judge_exited(detail, now_s, verdict);
}
