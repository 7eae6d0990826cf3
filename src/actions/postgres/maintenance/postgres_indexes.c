#include "actions/postgres/maintenance/postgres_indexes.h"

#include "clients/postgres/postgres_contract.h"

#include <stdio.h>

enum { VERSION_MIN = 120000 };

struct postgres_conn *postgres_indexes_open(struct step *step,
                                            const struct table_spec *const *tables, size_t count) {
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, count);
  if (!conn || postgres_version(conn) >= VERSION_MIN)
    return conn;
  step_fail(step, ERR_UNSUPPORTED, "needs PostgreSQL 12 or newer");
  return NULL;
}

bool postgres_indexes_preset(const struct row *row, char *out, size_t size) {
  const struct value name = row->cells[POSTGRES_INDEXES_NAME];
  return name.type == VALUE_TEXT && (size_t)snprintf(out, size, "%s", name.text) < size;
}

const char *postgres_indexes_progress(int version) {
  (void)version;
  return "SELECT phase, CASE WHEN phase LIKE 'waiting for %' THEN lockers_done"
         "  WHEN phase LIKE '%tuples%' THEN tuples_done ELSE blocks_done END,"
         " CASE WHEN phase LIKE 'waiting for %' THEN lockers_total"
         "  WHEN phase LIKE '%tuples%' THEN tuples_total ELSE blocks_total END,"
         " CASE WHEN phase LIKE 'waiting for %' THEN 'transactions'"
         "  WHEN phase LIKE '%tuples%' THEN 'rows' ELSE 'blocks' END,"
         " CASE WHEN phase LIKE 'waiting for %' THEN current_locker_pid END"
         " FROM pg_stat_progress_create_index WHERE pid = $1::int";
}
