/* What postgres.set is made of: its plan (postgres_set_plan.c); survey, execute and verify
 * (postgres_set.c). */
#pragma once

#include "actions/action.h"

/* Identities beside "name" and "statement". */
#define POSTGRES_SET_RAW "raw"     /* the value in the server's own unit, which must still be so */
#define POSTGRES_SET_SHOWN "shown" /* the same for people */
#define POSTGRES_SET_FORMER "former" /* what ALTER SYSTEM had set; none: nothing */
#define POSTGRES_SET_VALUE "value"   /* what is to be; none: reset */

bool postgres_set_plan(const struct action_request *request, struct plan *plan, struct err *err);
/* The value as it was typed, with which '' is the empty string; NULL is fine. */
const char *postgres_set_value(const char *typed);
