/* SQL about relations that the collectors' pages and the actions share. */
#pragma once

/* After WITH: the relations that another session has locked exclusively, or waits to lock so;
 * reading their size would wait for the lock. */
#define POSTGRES_HELD                                              \
  "held AS (SELECT DISTINCT relation FROM pg_locks"                \
  "  WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock'" \
  "  AND pid <> pg_backend_pid())"

/* After WITH, and after POSTGRES_HELD: the tables of which themselves, an index or the TOAST table
 * is held. */
#define POSTGRES_HELD_TABLES                                                       \
  "held_too AS (SELECT relation FROM held UNION"                                   \
  "  SELECT x.indrelid FROM held h JOIN pg_index x ON x.indexrelid = h.relation)," \
  " held_tables AS (SELECT relation AS oid FROM held_too UNION"                    \
  "  SELECT t.oid FROM held_too h JOIN pg_class t ON t.reltoastrelid = h.relation" \
  "  WHERE h.relation <> 0)"

/* After the name of a schema. */
#define POSTGRES_NO_SYSTEM " NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
