#include "clients/docker/docker_change.h"

#include "core/text/format.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  RUNS_MS = 1000,  /* without a health check: it has to run for so long */
  DOWN_MS = 15000, /* the engine has answered: it is down, or about to be */
};

static const struct docker_verb verbs[] = {
    {.name = "restart",
     .title = "Restart",
     .command = "restart --time 10",
     .path = "/restart?t=10",
     .from = " created running paused restarting exited ",
     .wanted = DOCKER_UP,
     .new_run = true,
     .blast = "SIGTERM, SIGKILL after 10s, then a new run of the same container",
     .loss = "what its processes hold in memory, and requests in progress"},
    {.name = "start",
     .title = "Start",
     .command = "start",
     .path = "/start",
     .from = " created exited dead ",
     .wanted = DOCKER_UP,
     .new_run = true,
     .undo = "stop",
     .blast = "a new run of the same container"},
    {.name = "stop",
     .title = "Stop",
     .command = "stop --time 10",
     .path = "/stop?t=10",
     .from = " running paused restarting ",
     .wanted = DOCKER_DOWN,
     .undo = "start",
     .blast = "SIGTERM, SIGKILL after 10s",
     .loss = "what its processes hold in memory, and requests in progress"},
    {.name = "kill",
     .title = "Kill",
     .command = "kill",
     .path = "/kill",
     .from = " running paused restarting ",
     .wanted = DOCKER_DOWN,
     .undo = "start",
     .blast = "SIGKILL at once: its processes cannot end in order",
     .loss = "what its processes hold in memory or have not flushed to disk"},
    {.name = "pause",
     .title = "Pause",
     .command = "pause",
     .path = "/pause",
     .from = " running ",
     .wanted = DOCKER_PAUSED,
     .undo = "unpause",
     .blast = "its processes are frozen: clients wait for answers and time out"},
    {.name = "unpause",
     .title = "Resume",
     .command = "unpause",
     .path = "/unpause",
     .from = " paused ",
     .wanted = DOCKER_UP,
     .undo = "pause",
     .blast = "its processes continue where they were frozen"},
};

const struct docker_verb *docker_verb_named(const char *name) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].name, name) == 0)
      return &verbs[i];
  assert(!"there is no such verb");
  return NULL;
}

bool docker_state_fits(const struct docker_verb *verb, const char *state) {
  char word[32];
  snprintf(word, sizeof word, " %.20s ", state);
  return *state && strstr(verb->from, word);
}

static void say(char words[DOCKER_WORDS_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(char words[DOCKER_WORDS_MAX], const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(words, DOCKER_WORDS_MAX, format, args);
  va_end(args);
}

/* Whether it has processes, or is about to have some again. */
static bool is_up(const char *state) {
  return strcmp(state, "running") == 0 || strcmp(state, "paused") == 0 ||
         strcmp(state, "restarting") == 0;
}

/* ---- before the change */

/* The engine counts a restart when the run before it ends; a start by a person begins at 0. So the
 * count has grown, or is the same where the plan was made between the end and the restart. */
static bool restarted_by_engine(const struct docker_planned *planned,
                                const struct docker_detail *now) {
  const int64_t before = strtoll(planned->restarts, NULL, 10);
  const bool between = strcmp(planned->state, "restarting") == 0;
  return now->restarts > before || (between && before > 0 && now->restarts == before);
}

bool docker_is_as_planned(const struct docker_verb *verb, const struct docker_planned *planned,
                          const struct docker_detail *now, char words[DOCKER_WORDS_MAX]) {
  const bool same_run = strcmp(now->started, planned->run) == 0;
  if (!same_run && !restarted_by_engine(planned, now))
    say(words, "it was started since the plan was made");
  else if (is_up(now->status) != is_up(planned->state) || !docker_state_fits(verb, now->status))
    say(words, "it is %.20s now, and was %.20s when the plan was made", now->status,
        planned->state);
  else
    return true;
  return false;
}

/* ---- after it */

/* It runs: whether it stays so. Times are our own, because the engine's clock may be another. */
static enum object_result runs_for_good(struct docker_wait *wait, const struct docker_detail *now,
                                        int64_t now_ms, char words[DOCKER_WORDS_MAX]) {
  char took[FORMAT_MAX];
  if (!wait->verb->new_run) {
    say(words, "running");
    return OBJECT_DONE;
  }
  if (now->restarts > 0 ||
      (wait->ran_ms && strncmp(wait->run, now->started, DOCKER_RUN_MAX - 1) != 0)) {
    say(words, "started, but it ended, and was started again");
    return OBJECT_PARTLY;
  }
  if (strcmp(now->health, "unhealthy") == 0) {
    say(words, "started, but its health check fails: %.200s", now->checked);
    return OBJECT_PARTLY;
  }
  if (strcmp(now->health, "healthy") == 0) {
    say(words, "healthy after %s",
        format_duration(took, sizeof took, (double)(now_ms - wait->began_ms) / 1000));
    return OBJECT_DONE;
  }
  if (!*now->health && wait->ran_ms && now_ms - wait->ran_ms >= RUNS_MS) {
    say(words, "running");
    return OBJECT_DONE;
  }
  wait->ran_ms = wait->ran_ms ? wait->ran_ms : now_ms;
  snprintf(wait->run, sizeof wait->run, "%s", now->started);
  return OBJECT_PENDING;
}

static enum object_result settled(struct docker_wait *wait, const struct docker_detail *now,
                                  int64_t now_ms, char words[DOCKER_WORDS_MAX]) {
  switch (wait->verb->wanted) {
  case DOCKER_DOWN:
    say(words, "%.20s, exit code %lld", now->status, (long long)now->exit_code);
    return is_up(now->status) ? OBJECT_PENDING : OBJECT_DONE;
  case DOCKER_PAUSED:
    say(words, "paused");
    return strcmp(now->status, "paused") == 0 ? OBJECT_DONE : OBJECT_PENDING;
  case DOCKER_UP:
    if (strcmp(now->status, "running") == 0)
      return runs_for_good(wait, now, now_ms, words);
    say(words, "started, but it is %.20s again: exit code %lld%s%.200s", now->status,
        (long long)now->exit_code, now->oom_killed ? " (OOM-killed) " : " ", now->error);
    return OBJECT_PARTLY;
  }
  return OBJECT_UNKNOWN;
}

enum object_result docker_settled(struct docker_wait *wait, const struct docker_detail *now,
                                  int64_t now_ms, char words[DOCKER_WORDS_MAX]) {
  const enum object_result result = settled(wait, now, now_ms, words);
  const int64_t most_ms = wait->verb->wanted == DOCKER_UP ? DOCKER_HEALTHY_MS : DOWN_MS;
  const bool late = now_ms - wait->began_ms >= most_ms;
  char when[32] = "";
  if (result != OBJECT_PENDING)
    return result;
  if (late)
    snprintf(when, sizeof when, " after %d s", (int)(most_ms / 1000));
  say(words, "still %.20s%s%.20s%s", now->status, *now->health ? ", health check " : "",
      now->health, when);
  return late ? OBJECT_PARTLY : OBJECT_PENDING;
}

enum object_result docker_settled_gone(const struct docker_wait *wait,
                                       char words[DOCKER_WORDS_MAX]) {
  say(words, "removed when it had ended");
  return wait->verb->wanted == DOCKER_DOWN ? OBJECT_DONE : OBJECT_PARTLY;
}

const char *docker_undone_by_engine(const struct docker_detail *detail) {
  return strcmp(detail->policy, "always") == 0
             ? "has the restart policy always: a restart of the engine starts it again"
             : NULL;
}

const char *docker_undone_by_compose(char out[DOCKER_WORDS_MAX],
                                     const struct docker_detail *detail) {
  if (!*detail->project)
    return NULL;
  say(out, "belongs to the compose project %.200s: docker compose up starts it", detail->project);
  return out;
}
