/* The parts of postgres.delete-old: survey and plan (postgres_delete_old.c), execution and
 * verification (postgres_delete_old_run.c). */
#pragma once

#include "actions/step.h"

/* Identities beside "oid", "name" and "statement". The statement has $1 the cutoff, $2 the maximum
 * count, and returns how many rows it has deleted. */
#define POSTGRES_DELETE_COLUMN "column" /* as the catalogue has it */
#define POSTGRES_DELETE_CUTOFF "cutoff" /* "2026-11-25 04:03:12.123456+00" */
#define POSTGRES_DELETE_BATCH "batch"

/* SQL: from pg_class t, its schema n and its column a: the statement of one batch. Only of this
 * table, not of those that inherit from it; a row that was changed meanwhile is checked again.
 * Operators and functions are the system's: search_path is not ours while triggers run. */
#define POSTGRES_DELETE_STATEMENT                                                            \
  "format('WITH gone AS (DELETE FROM ONLY %1$I.%2$I WHERE ctid OPERATOR(pg_catalog.=) ANY (" \
  "ARRAY(SELECT ctid FROM ONLY %1$I.%2$I WHERE %3$I OPERATOR(pg_catalog.<)"                  \
  " $1::pg_catalog.timestamptz LIMIT $2::pg_catalog.int8)) AND %3$I OPERATOR(pg_catalog.<)"  \
  " $1::pg_catalog.timestamptz RETURNING 1) SELECT pg_catalog.count(*) FROM gone',"          \
  " n.nspname, t.relname, coalesce(a.attname, ''))"

/* Bodies. */
bool postgres_delete_old_execute(struct step *step);
bool postgres_delete_old_verify(struct step *step);
