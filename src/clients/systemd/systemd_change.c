#include "clients/systemd/systemd_change.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
  JOB_MARGIN_MS = 10000, /* beside the unit's own limits of its start and stop */
  JOB_MOST_MS = 900000,  /* where it has none */
};

static const struct systemd_verb verbs[] = {
    {.action = "systemd.restart",
     .title = "Restart",
     .command = "restart",
     .method = "RestartUnit",
     .from = " active reloading inactive failed activating ",
     .wanted = SYSTEMD_UP,
     .stops = true,
     .blast = "stops the unit as its ExecStop and KillSignal say, then starts it again",
     .loss = "what its processes hold in memory, and requests in progress"},
    {.action = "systemd.start",
     .title = "Start",
     .command = "start",
     .method = "StartUnit",
     .from = " inactive failed ",
     .wanted = SYSTEMD_UP,
     .undo = "systemd.stop",
     .blast = "starts the unit, and the units that it requires"},
    {.action = "systemd.stop",
     .title = "Stop",
     .command = "stop",
     .method = "StopUnit",
     .from = " active reloading activating ",
     .wanted = SYSTEMD_DOWN,
     .stops = true,
     .undo = "systemd.start",
     .blast = "stops the unit as its ExecStop and KillSignal say; Restart= does not start it again",
     .loss = "what its processes hold in memory, and requests in progress"},
    {.action = "systemd.reload",
     .title = "Reload",
     .command = "reload",
     .method = "ReloadUnit",
     .from = " active ",
     .wanted = SYSTEMD_SAME,
     .blast =
         "the service reads its own configuration again, by its ExecReload; not its unit file"},
    {.action = "systemd.reset-failed",
     .title = "Reset",
     .command = "reset-failed",
     .method = "ResetFailedUnit",
     .from = " failed ",
     .wanted = SYSTEMD_RESET,
     .blast = "systemd forgets that the unit has failed, and how often it was started; nothing is "
              "started"},
};

const struct systemd_verb *systemd_verb_of(const char *action) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].action, action) == 0)
      return &verbs[i];
  assert(!"an action without a verb");
  return NULL;
}

bool systemd_state_fits(const struct systemd_verb *verb, const char *active) {
  char word[32];
  snprintf(word, sizeof word, " %.20s ", active);
  return *active && strstr(verb->from, word);
}

bool systemd_is_up(const char *active) {
  return strcmp(active, "inactive") != 0 && strcmp(active, "failed") != 0;
}

bool systemd_is_as_planned(const struct systemd_verb *verb, const struct systemd_planned *planned,
                           const struct systemd_unit *now, char words[SYSTEMD_WORDS_MAX],
                           bool *gone) {
  const bool up = systemd_is_up(now->active);
  const bool by_systemd = now->restarts > planned->restarts;
  /* systemd forgets a unit that is down, and its run with it. */
  const bool same_run = strcmp(now->invocation, planned->run) == 0 || (!up && !*now->invocation);
  const int64_t pid = now->main_pid > 0 ? now->main_pid : 0;
  *gone = false;
  *words = '\0';
  if (strcmp(now->id, planned->id) != 0) {
    snprintf(words, SYSTEMD_WORDS_MAX, "its name leads to %.200s now", now->id);
  } else if (strcmp(now->load, "not-found") == 0 && !up) {
    *gone = verb->wanted == SYSTEMD_DOWN;
    snprintf(words, SYSTEMD_WORDS_MAX, "systemd no longer knows this unit");
  } else if (up != systemd_is_up(planned->state) || !systemd_state_fits(verb, now->active)) {
    snprintf(words, SYSTEMD_WORDS_MAX, "it is %.20s now, and was %.20s when the plan was made",
             now->active, planned->state);
  } else if (!same_run && !by_systemd) {
    snprintf(words, SYSTEMD_WORDS_MAX, "it was started since the plan was made");
  } else if (!by_systemd && up && pid != planned->pid && strcmp(now->active, "activating") != 0) {
    snprintf(words, SYSTEMD_WORDS_MAX, "its main process changed since the plan was made");
  }
  return !*words;
}

const char *systemd_state_text(char out[SYSTEMD_CAUSE_MAX], const struct systemd_unit *unit) {
  char cause[SYSTEMD_CAUSE_MAX];
  if (strcmp(unit->active, "failed") == 0 || strncmp(unit->sub, "auto-restart", 12) == 0)
    snprintf(out, SYSTEMD_CAUSE_MAX, "%.200s", systemd_cause_text(cause, unit));
  else
    snprintf(out, SYSTEMD_CAUSE_MAX, "it is %.20s (%.30s)", unit->active, unit->sub);
  return out;
}

bool systemd_ended_well(const struct systemd_unit *unit) {
  return strcmp(unit->active, "inactive") == 0 && strcmp(unit->result, "success") == 0;
}

int64_t systemd_job_ms(const struct systemd_unit *unit) {
  int64_t ms = JOB_MARGIN_MS;
  const int64_t limits[] = {unit->start_us, unit->stop_us};
  for (size_t i = 0; i < 2; i++)
    if (limits[i] > 0)
      ms += limits[i] / 1000 < JOB_MOST_MS ? limits[i] / 1000 : JOB_MOST_MS;
  return ms < JOB_MOST_MS ? ms : JOB_MOST_MS;
}
