/* A table by what a person calls it (POSTGRES_TABLE_CALLED), and lists of names. */
#pragma once

#include "actions/step.h"
#include "clients/postgres/pg.h"

/* Of rows whose column 0 is the quoted name: exactly one. Else the step's err says what to type.
 */
bool postgres_resolved(struct step *step, const struct pg_rows *rows, const char *typed);

/* "a, \"b c\"" as an array of the server's ('{"a","b c"}'), in the step's arena; names in double
 * quotes as in SQL, others exactly as written. NULL with step->err when there is none, or one is
 * odd. */
const char *postgres_name_array(struct step *step, const char *text);
