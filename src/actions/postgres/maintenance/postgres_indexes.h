/* Shared by the actions on indexes: all run CONCURRENTLY, from PostgreSQL 12 on. */
#pragma once

#include "actions/postgres/maintenance/postgres_holders.h"
#include "actions/postgres/maintenance/postgres_work.h"
#include "actions/postgres/postgres_sql.h"

/* As postgres_survey, for servers from 12 on. */
struct postgres_conn *postgres_indexes_open(struct step *step,
                                            const struct table_spec *const *tables, size_t count);

/* The name in a row of a page's table of indexes: the key of the surveys' rows. */
bool postgres_indexes_preset(const struct row *row, char *out, size_t size);

/* The progress of CREATE INDEX and REINDEX. */
const char *postgres_indexes_progress(int version);

/* SQL: the pid that builds an index of the table x.indrelid, or may be building it (without
 * pg_monitor the tables of others are hidden); NULL when there is none. */
#define POSTGRES_BUILDER                                                                    \
  "(SELECT max(p.pid) FROM pg_stat_progress_create_index p WHERE p.pid <> pg_backend_pid()" \
  " AND p.datname = current_database() AND (p.relid = x.indrelid OR p.relid IS NULL))"

/* SQL: from pg_index x, its index i with its schema n, its table t with its schema tn; for the
 * index of a TOAST table, the table it belongs to. */
#define POSTGRES_INDEX_FROM                                  \
  " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid" \
  " JOIN pg_namespace n ON n.oid = i.relnamespace"           \
  " LEFT JOIN pg_class m ON m.reltoastrelid = x.indrelid"    \
  " JOIN pg_class t ON t.oid = coalesce(m.oid, x.indrelid)"  \
  " JOIN pg_namespace tn ON tn.oid = t.relnamespace"
#define POSTGRES_INDEX_NAME "format('%I.%I', n.nspname, i.relname)"
#define POSTGRES_INDEX_TABLE "format('%I.%I', tn.nspname, t.relname)"
/* Its size where no other session holds it (POSTGRES_HELD joined as h). */
#define POSTGRES_INDEX_SIZE "CASE WHEN h.relation IS NULL THEN pg_relation_size(i.oid) END"
#define POSTGRES_INDEX_PROBLEM \
  "CASE WHEN NOT pg_has_role(t.relowner, 'USAGE') THEN " POSTGRES_NEEDS_OWNER("t") " END"
/* For `check`: a name for LOCK TABLE, NULL where it cannot be locked that way; and the invalid
 * indexes of the same table, as an array. */
#define POSTGRES_INDEX_LOCK                                                \
  "CASE WHEN t.relkind = 'r' THEN " POSTGRES_INDEX_TABLE " END,"           \
  " (SELECT coalesce(array_agg(o.indexrelid), '{}')::text FROM pg_index o" \
  " WHERE o.indrelid = x.indrelid AND NOT o.indisvalid)"
