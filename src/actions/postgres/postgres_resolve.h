/* A table by what a person calls it. Names are compared as values, never parsed: whatever is in
 * them, they are only ever names. */
#pragma once

/* SQL: whether pg_class t with its schema n is called $1: "orders", "shop.orders" as it reads, or
 * as SQL quotes it. */
#define POSTGRES_TABLE_CALLED                                              \
  "($1::text IN (t.relname::text, n.nspname || '.' || t.relname,"          \
  " format('%I.%I', n.nspname, t.relname), format('%I', t.relname))"       \
  " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')" \
  " AND t.relpersistence <> 't')"

#include "actions/step.h"
#include "clients/postgres/pg.h"

/* Of rows whose column 1 is the quoted name: exactly one. Else the step's err says what to type.
 */
bool postgres_resolved(struct step *step, const struct pg_rows *rows, const char *typed);

/* "a, \"b c\"" as an array of the server's ('{"a","b c"}'), in the step's arena; names in double
 * quotes as in SQL, others exactly as written. NULL with step->err when there is none, or one is
 * odd. */
const char *postgres_name_array(struct step *step, const char *text);
