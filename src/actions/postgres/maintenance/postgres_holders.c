#include "actions/postgres/maintenance/postgres_holders.h"

#include "clients/postgres/pg_text.h"
#include "core/text/format.h"

#include <string.h>

enum { HOLDERS_MAX = 5, HOLDER_AGE_S = 60, WAIT_AGE_S = 10 };

static const struct column_spec holder_columns[] = {
    {.id = "who", .title = "WHO"},
    {.id = "age", .title = "TRANSACTIONS", .unit = UNIT_COUNT},
    {.id = "since", .title = "SINCE", .unit = UNIT_TIME},
    {.id = "seconds", .title = "FOR", .unit = UNIT_COUNT},
    {.id = "hint", .title = "HINT", .flags = COLUMN_DETAIL},
};
enum { HOLDERS_COLUMNS = sizeof holder_columns / sizeof *holder_columns + 1 };

const struct table_spec postgres_holders_table =
    POSTGRES_TABLE_SPEC("holders", "What keeps dead rows", holder_columns);

#define MS(time) "(extract(epoch FROM " time ") * 1000)::bigint"

// clang-format off
/* Sessions whose snapshot or transaction is old enough to see rows that are dead to all others. VACUUM and autovacuum workers do not count. A session of another database does not matter here; a standby's walsender does, with hot_standby_feedback. Names are read unconverted, because one that has no characters in our encoding would fail the whole query. */
static const char holders_sql[] =
  "SET TRANSACTION READ ONLY; SET LOCAL client_encoding = 'SQL_ASCII';"
  " SELECT who, age, since, seconds, hint, getdatabaseencoding() FROM ("
  "SELECT format('pid %s (%s, %s)', a.pid, coalesce(a.usename::text, a.backend_type),"
  "  coalesce(a.state, a.backend_type)) AS who,"
  " greatest(age(a.backend_xmin), age(a.backend_xid)) AS age, " MS("a.xact_start") " AS since,"
  " extract(epoch FROM clock_timestamp() - a.xact_start)::bigint AS seconds,"
  " CASE WHEN a.backend_type = 'walsender' THEN 'a standby''s oldest query'"
  "  ELSE 'end it first (T on its row)' END AS hint"
  " FROM pg_stat_activity a WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)"
  " AND a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker'"
  " AND (a.datname = current_database() OR a.datname IS NULL)"
  " AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)"
  " UNION ALL SELECT format('replication slot %s%s', slot_name,"
  "  CASE WHEN active THEN '' ELSE ' (inactive)' END), age(xmin), NULL, NULL,"
  " 'resume its consumer, or remove the slot'"
  " FROM pg_replication_slots WHERE xmin IS NOT NULL"
  " UNION ALL SELECT format('prepared transaction %s', gid), age(transaction), " MS("prepared") ","
  " extract(epoch FROM clock_timestamp() - prepared)::bigint,"
  " 'COMMIT PREPARED or ROLLBACK PREPARED ends it'"
  " FROM pg_prepared_xacts WHERE database = current_database()"
  ") AS holders WHERE age > 0 OR seconds > 0 ORDER BY age DESC, seconds DESC NULLS LAST LIMIT 5";
// clang-format on

bool postgres_read_holders(struct step *step, struct postgres_conn *conn) {
  struct sample *sample = step->found;
  struct table *table = sample_table(sample, postgres_holders_table.id);
  const struct pg_rows *rows = postgres_read(conn, HOLDERS_COLUMNS, holders_sql, 0, NULL);
  if (!rows)
    sample_note(sample, postgres_holders_table.id, NULL, "what keeps dead rows is not known: %s",
                step->err.text);
  for (size_t i = 0; rows && i < rows->rows && i < HOLDERS_MAX; i++) {
    char who[1024];
    pg_name_utf8(pg_cell(rows, i, 0), pg_cell(rows, i, HOLDERS_COLUMNS - 1), who, sizeof who);
    struct row *row = postgres_row(sample, table, who, NULL, rows, i);
    if (row)
      row->cells[0] = value_text(row->key);
  }
  return rows || postgres_is_up(conn);
}

bool postgres_note_hidden_holders(struct step *step, struct postgres_conn *conn) {
  static const char sql[] = "SELECT count(*) FROM pg_stat_activity WHERE backend_type IS NULL"
                            " AND pid <> pg_backend_pid()";
  const struct pg_rows *rows = postgres_read(conn, 1, sql, 0, postgres_no_values);
  struct value hidden = postgres_int(rows && rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL, NULL);
  if (hidden.type == VALUE_INT && hidden.integer > 0)
    sample_note(step->found, postgres_holders_table.id, NULL,
                "%lld sessions of other roles are hidden: needs pg_monitor",
                (long long)hidden.integer);
  return rows || postgres_is_up(conn);
}

/* ---- words */

/* Whether a VACUUM has run since then and has left dead rows. */
static bool left_since(const struct table *table, const struct row *const *rows, size_t count,
                       int64_t since_ms) {
  for (size_t i = 0; i < count; i++)
    if (postgres_found_int(table, rows[i], "vacuumed") > since_ms &&
        postgres_found_int(table, rows[i], "dead") > 0)
      return true;
  return false;
}

void postgres_holders_warn_rows(struct plan *plan, const struct action_request *request,
                                const struct row *const *rows, size_t count) {
  const struct table *holders = sample_table_view(request->found, postgres_holders_table.id);
  const struct table *table = &request->found->tables[0];
  char time[2 * FORMAT_MAX];
  for (size_t i = 0; holders && i < holders->row_count; i++) {
    const struct row *row = &holders->rows[i];
    struct value seconds = postgres_found(holders, row, "seconds");
    struct value since = postgres_found(holders, row, "since");
    if (seconds.type == VALUE_INT && seconds.integer < HOLDER_AGE_S)
      continue;
    if (seconds.type == VALUE_INT)
      format_duration(time, sizeof time, (double)seconds.integer);
    else
      format_counted(time, sizeof time, postgres_found_int(holders, row, "age"), "transaction",
                     "transactions");
    plan_say(plan, PLAN_WARNING,
             "rows that died in the last %s cannot be removed because of %s: %s", time, row->key,
             postgres_found_text(holders, row, "hint"));
    if (since.type == VALUE_INT && left_since(table, rows, count, since.integer))
      plan_say(plan, PLAN_WARNING,
               "little can be reclaimed: VACUUM has run since then and had to keep dead rows");
    break; /* when the oldest is gone, the next plan names the next one */
  }
  for (size_t i = 0; i < request->found->note_count; i++)
    if (request->found->notes[i].table &&
        strcmp(request->found->notes[i].table, postgres_holders_table.id) == 0)
      plan_say(plan, PLAN_WARNING, "%s", request->found->notes[i].text);
}

void postgres_holders_warn_waits(struct plan *plan, const struct action_request *request) {
  const struct table *holders = sample_table_view(request->found, postgres_holders_table.id);
  char time[FORMAT_MAX];
  for (size_t i = 0; holders && i < holders->row_count; i++) {
    struct value seconds = postgres_found(holders, &holders->rows[i], "seconds");
    if (seconds.type == VALUE_INT && seconds.integer >= WAIT_AGE_S)
      plan_say(plan, PLAN_WARNING,
               "it waits for every older transaction: that of %s has been open for "
               "%s",
               holders->rows[i].key, format_duration(time, sizeof time, (double)seconds.integer));
  }
}
