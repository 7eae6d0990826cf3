/* What postgres.set is made of: its survey (postgres_set.c), its plan, and what is run. */
#pragma once

#include "actions/step.h"

enum postgres_set_pin {
  SET_PIN_NAME,
  SET_PIN_STATEMENT,
  SET_PIN_RAW,    /* the value in the server's own unit, which must still be so */
  SET_PIN_SHOWN,  /* the same for people */
  SET_PIN_FORMER, /* what ALTER SYSTEM had set; NULL: nothing */
  SET_PIN_VALUE,  /* what is to be; NULL: reset */
  SET_PIN_COUNT
};

bool postgres_set_plan(const struct action_request *request, struct plan *plan, struct err *err);

/* Bodies. */
bool postgres_set_execute(struct step *step);
bool postgres_set_verify(struct step *step);
