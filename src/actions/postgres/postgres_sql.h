/* SQL that several questions of PostgreSQL's actions share. */
#pragma once

#include "clients/postgres/postgres_relations.h"

/* A moment to the microsecond, as it is compared and shown: "2026-11-25 04:03:12.123456+00". */
#define POSTGRES_MOMENT(time) \
  "to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"

/* From pg_class t: its size unless it is locked exclusively, and its row count once it was
 * analyzed. */
#define POSTGRES_TABLE_FIGURES                                            \
  "CASE WHEN NOT EXISTS (SELECT FROM pg_locks l WHERE l.relation = t.oid" \
  "  AND " POSTGRES_IS_HELD ") THEN pg_table_size(t.oid) END,"            \
  " CASE WHEN t.reltuples > 0 THEN t.reltuples::bigint END"

/* What is wrong with another owner's table (pg_class). */
#define POSTGRES_NEEDS_OWNER(table) \
  "'needs the rights of its owner, ' || pg_get_userbyid(" table ".relowner)"

/* Whether pg_class t with its schema n has the name $1: "orders", "shop.orders" as it reads, or as
 * SQL quotes it. Names are compared as values, never parsed: whatever they contain, they are only
 * names. */
#define POSTGRES_TABLE_CALLED                                        \
  "($1::text IN (t.relname::text, n.nspname || '.' || t.relname,"    \
  " format('%I.%I', n.nspname, t.relname), format('%I', t.relname))" \
  " AND n.nspname" POSTGRES_NO_SYSTEM " AND t.relpersistence <> 't')"
