/* Changes of a unit: what each is, whether the unit is still the one that was planned for, and
 * words for what became of it. Shared by the actions on units and by services that are units. Pure.
 */
#pragma once

#include "clients/systemd/systemd_cause.h"

enum systemd_wanted { SYSTEMD_UP, SYSTEMD_DOWN, SYSTEMD_SAME, SYSTEMD_RESET };

struct systemd_verb {
  const char *action;         /* the action's id */
  const char *title;          /* of the plan */
  const char *command;        /* of systemctl */
  const char *method;         /* of the manager */
  const char *from;           /* ActiveStates in which it makes sense, each between blanks */
  enum systemd_wanted wanted; /* what the unit is to be afterwards */
  bool stops;                 /* units that depend on it are stopped too */
  const char *undo;           /* the action that undoes it; NULL: none */
  const char *blast, *loss;   /* NULL: nothing to say */
};
const struct systemd_verb *systemd_verb_of(const char *action);
bool systemd_state_fits(const struct systemd_verb *verb, const char *active);
/* Whether it has processes, or is about to have some. */
bool systemd_is_up(const char *active);

enum { SYSTEMD_WORDS_MAX = 400 };

/* A unit as it was when the plan was made. */
struct systemd_planned {
  const char *id;
  const char *run;   /* InvocationID of its present or last run */
  const char *state; /* ActiveState */
  int64_t pid;       /* of the main process; 0: none */
  int64_t restarts;  /* NRestarts: a restart by systemd itself does not count as a change */
};
/* Otherwise the words say what has become of it; *gone: what is to be stopped no longer exists. */
bool systemd_is_as_planned(const struct systemd_verb *verb, const struct systemd_planned *planned,
                           const struct systemd_unit *now, char words[SYSTEMD_WORDS_MAX],
                           bool *gone);

/* Why a unit that is to be up is not: its cause, or "it is activating (start)". Returns out. */
const char *systemd_state_text(char out[SYSTEMD_CAUSE_MAX], const struct systemd_unit *unit);
/* It has ended by itself, with success: a job, not a server. */
bool systemd_ended_well(const struct systemd_unit *unit);
/* How long a job of it may take, by the limits of the unit itself. */
int64_t systemd_job_ms(const struct systemd_unit *unit);
