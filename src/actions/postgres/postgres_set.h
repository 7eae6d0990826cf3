/* What postgres.set is made of: its survey (postgres_set.c), its plan, and what is run. */
#pragma once

#include "actions/step.h"

enum postgres_set_identity {
  SET_IDENTITY_NAME,
  SET_IDENTITY_STATEMENT,
  SET_IDENTITY_RAW,    /* the value in the server's own unit, which must still be so */
  SET_IDENTITY_SHOWN,  /* the same for people */
  SET_IDENTITY_FORMER, /* what ALTER SYSTEM had set; NULL: nothing */
  SET_IDENTITY_VALUE,  /* what is to be; NULL: reset */
  SET_IDENTITY_COUNT
};

bool postgres_set_plan(const struct action_request *request, struct plan *plan, struct err *err);

/* Bodies. */
bool postgres_set_execute(struct step *step);
bool postgres_set_verify(struct step *step);
