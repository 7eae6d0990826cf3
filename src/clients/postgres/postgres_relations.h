/* SQL about relations that the collectors' pages and the actions share. */
#pragma once

/* Of pg_locks l: another session, or a prepared transaction, which has no pid, has locked a
 * relation of this database exclusively, or waits to lock it so; reading its size would wait for
 * the lock. Databases that were copied have the same oids. */
#define POSTGRES_IS_HELD                                                \
  "l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'"          \
  " AND l.pid IS DISTINCT FROM pg_backend_pid() AND l.database IN (0, " \
  "(SELECT oid FROM pg_database WHERE datname = current_database()))"

/* After WITH: these relations. */
#define POSTGRES_HELD \
  "held AS (SELECT DISTINCT l.relation FROM pg_locks l WHERE " POSTGRES_IS_HELD ")"

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
