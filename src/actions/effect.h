/* What became of one change that was asked for over HTTP, on a connection of its own, sent once. */
#pragma once

#include "actions/step.h"

enum effect {
  EFFECT_ACCEPTED,
  EFFECT_MISSING,   /* 404 */
  EFFECT_REFUSED,   /* any other status: the server's words are in step->err */
  EFFECT_UNSENT,    /* nothing was sent: step->err */
  EFFECT_UNANSWERED /* it may have been done: step->err */
};

/* status: of HTTP; 0: no answer came. unanswered: the change was sent, and not answered. */
enum effect effect_of(bool good, int status, bool unanswered);
/* Sets the result of an object whose change was not accepted. missing: why there is nothing to
 * change. False: nothing was sent, and nothing is to be sent for the others. */
bool effect_settle(struct step *step, size_t object, enum effect effect, const char *missing);
