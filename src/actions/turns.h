/* Actions that change several objects of one table, one after the other: each has to be as wanted
 * before the next one's turn, and the first that is not ends the action. */
#pragma once

#include "actions/step.h"

struct turns {
  const char *noun, *nouns;  /* "container", "containers" */
  const char *table, *state; /* ids: of the collector's table, and of its column of states */
  /* Whether the action makes sense for an object in that state. */
  bool (*fits)(const char *action, const char *state);
  /* Changes the object; its outcome says what came of it. False with step->err where nothing is to
   * be sent for the others either. */
  bool (*act)(struct step *step, size_t object);
  /* Waits until an object that was sent is as wanted, before the next one's turn; NULL: act does.
   * False with step->err when that cannot be known. */
  bool (*settle)(struct step *step, size_t object);
  /* The same in the verification, for each that was sent. */
  bool (*prove)(struct step *step, size_t object);
};

/* For `applies`: by what was read last, which may be older than what was done last. */
bool turns_apply(const struct turns *turns, const struct action_request *request,
                 const char *action, struct err *why);
/* The title ("Restart api", "Restart 3 containers of engine"), the unit, and that they take turns.
 * The objects are in the plan. */
void turns_plan(const struct turns *turns, struct plan *plan, const char *title,
                const char *target);
bool turns_execute(const struct turns *turns, struct step *step);
/* With the proof: "3 of 3 containers restarted". */
bool turns_verify(const struct turns *turns, struct step *step);

/* Whether the object is as wanted, as far as it is known: sent, done, or gone. */
bool turns_is_good(const struct outcome *outcome, size_t object);
/* "2 of 3 containers restarted"; of one object its own words. */
void turns_proof(const struct step *step, const char *nouns);
