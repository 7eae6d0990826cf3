#include "actions/effect.h"

enum effect effect_of(bool good, int status, bool unanswered) {
  return good            ? EFFECT_ACCEPTED
         : unanswered    ? EFFECT_UNANSWERED
         : status == 404 ? EFFECT_MISSING
         : status > 0    ? EFFECT_REFUSED
                         : EFFECT_UNSENT;
}

bool effect_settle(struct step *step, size_t object, enum effect effect, const char *missing) {
  struct outcome *outcome = step->call->outcome;
  switch (effect) {
  case EFFECT_ACCEPTED:
    break;
  case EFFECT_MISSING:
    outcome_set(outcome, object, OBJECT_GONE, "%s", missing);
    break;
  case EFFECT_REFUSED:
    outcome_set(outcome, object, OBJECT_REFUSED, "%s", step->err.text);
    break;
  case EFFECT_UNANSWERED:
    outcome_set(outcome, object, OBJECT_UNKNOWN, "sent, but no answer: %s", step->err.text);
    break;
  case EFFECT_UNSENT:
    return false;
  }
  return true;
}
