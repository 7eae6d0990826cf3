/* The parts of postgres.set: its plan (postgres_set_plan.c); survey, execute and verify
 * (postgres_set.c). */
#pragma once

#include "actions/action.h"

/* Identities beside "name" and "statement". */
#define POSTGRES_SET_RAW "raw"     /* the value in the server's own unit, which must be unchanged */
#define POSTGRES_SET_SHOWN "shown" /* the same for people */
#define POSTGRES_SET_FORMER "former" /* the previous value of ALTER SYSTEM; none: not set */
#define POSTGRES_SET_VALUE "value"   /* the new value; none: reset */

/* Of the survey: the source of this connection's own value, which hides the server's; none: it does
 * not. */
#define POSTGRES_SET_HIDES "hides"
#define POSTGRES_SET_NOT_KNOWN "not known" /* a raw value that is hidden, without the files */

bool postgres_set_plan(const struct action_request *request, struct plan *plan, struct err *err);
/* The value as it was typed, where '' is the empty string; NULL is allowed. */
const char *postgres_set_value(const char *typed);
