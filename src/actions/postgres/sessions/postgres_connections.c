/* Who uses the connections: a survey that reads only. Its table is what it is for; from a row,
 * postgres.terminate-group ends the idle sessions. The page postgres.groups shows more of it. */
#include "actions/postgres/postgres_sql.h"

#include "actions/postgres/postgres_found.h"
#include "actions/shown.h"
#include "clients/postgres/postgres_groups.h"

#include <stdio.h>

enum { ROWS_MAX = 2000 };

enum connections_column {
  CONNECTIONS_GROUP,
  CONNECTIONS_BY,
  CONNECTIONS_SESSIONS,
  CONNECTIONS_SHARE,
  CONNECTIONS_IDLE,
  CONNECTIONS_LONGEST,
  CONNECTIONS_IDLE_TXN,
  CONNECTIONS_ACTIVE,
  CONNECTIONS_OLDEST,
  CONNECTIONS_KEY,
  CONNECTIONS_COUNT
};
static const struct column_spec columns[CONNECTIONS_COUNT] = {
    [CONNECTIONS_GROUP] = {.id = "group", .title = "GROUP", .flags = COLUMN_FLEX, .width = 14},
    [CONNECTIONS_BY] = {.id = "by", .title = "BY"},
    [CONNECTIONS_SESSIONS] = {.id = "sessions", .title = "SESSIONS", .unit = UNIT_COUNT},
    [CONNECTIONS_SHARE] = {.id = "share",
                           .title = "OF MAX",
                           .unit = UNIT_RATIO,
                           .flags = COLUMN_GAUGE},
    [CONNECTIONS_IDLE] = {.id = "idle", .title = "IDLE", .unit = UNIT_COUNT},
    [CONNECTIONS_LONGEST] = {.id = "longest_idle",
                             .title = "LONGEST",
                             .unit = UNIT_SECONDS,
                             .priority = 1},
    [CONNECTIONS_IDLE_TXN] = {.id = "idle_txn",
                              .title = "IDLE IN TXN",
                              .unit = UNIT_COUNT,
                              .priority = 2},
    [CONNECTIONS_ACTIVE] = {.id = "active", .title = "ACTIVE", .unit = UNIT_COUNT, .priority = 2},
    [CONNECTIONS_OLDEST] = {.id = "oldest_txn",
                            .title = "OLDEST TXN",
                            .unit = UNIT_SECONDS,
                            .priority = 3},
    [CONNECTIONS_KEY] = {.id = "key", .title = "KEY", .flags = COLUMN_DETAIL, .priority = 4},
};
static const struct table_spec table =
    POSTGRES_TABLE_SPEC(POSTGRES_GROUPS_TABLE, "Sessions by", columns);

/* The formatter cannot set SQL. */
// clang-format off
#define AGE_OF(time) \
  "CASE WHEN " time " IS NOT NULL" \
  " THEN greatest(extract(epoch FROM clock_timestamp() - " time "), 0) END"
static const char sql[] =
  "SELECT coalesce(nullif(g.value, ''), 'none'), g.kind, count(*),"
  " count(*) / nullif(" POSTGRES_GROUPS_SLOTS ", 0)::float,"
  " count(*) FILTER (WHERE s.state = 'idle'),"
  " " AGE_OF("min(s.state_change) FILTER (WHERE s.state = 'idle')") ","
  " count(*) FILTER (WHERE s.state LIKE 'idle in transaction%'),"
  " count(*) FILTER (WHERE s.state = 'active'), " AGE_OF("min(s.xact_start)") ","
  " " POSTGRES_GROUPS_KEY("g.kind", "g.value")
  " FROM pg_stat_activity s CROSS JOIN LATERAL " POSTGRES_GROUPS_VALUES("s")
  " WHERE " POSTGRES_GROUPS_CLIENTS("s") " AND s.pid <> pg_backend_pid()"
  " GROUP BY g.nth, g.kind, g.value ORDER BY g.nth, 3 DESC, 1 LIMIT 2001";
// clang-format on

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&table};
  struct postgres_conn *conn = postgres_survey(postgres_conn_open_urgent(step), tables, 1);
  const struct pg_rows *rows = postgres_read_names(conn, CONNECTIONS_COUNT, sql, 0, NULL);
  if (!rows)
    return false;
  for (size_t i = 0; i < rows->rows && i < ROWS_MAX; i++)
    if (!postgres_row(step->found, &step->found->tables[0], pg_cell(rows, i, CONNECTIONS_KEY), NULL,
                      rows, i))
      break;
  postgres_found_cut(step->found, rows, ROWS_MAX);
  return true;
}

static bool next(const struct action_request *request, const struct row *row, char *out,
                 size_t size, struct err *why) {
  struct arena arena;
  const struct value idle = row->cells[CONNECTIONS_IDLE];
  if (idle.type != VALUE_INT || idle.integer == 0)
    return err_set(why, ERR_UNSUPPORTED, "none of these sessions is known to be idle");
  arena_init(&arena, 16 << 10);
  snprintf(out, size, "postgres.terminate-group %s %s", shown_word(&arena, request->target->name),
           shown_word(&arena, row->key));
  arena_fini(&arena);
  return true;
}

STEP(survey, POSTGRES_STEP_MS)

const struct action action_postgres_connections = {
    .spec = {.id = "postgres.connections",
             .kind = "postgres",
             .key = 'U',
             .title = "who uses the connections",
             .past = "looked at",
             .what = "counts the sessions by application, user, client and database; from a row, "
                     "the idle sessions of the group can be ended",
             .runs = "SELECT ... FROM pg_stat_activity",
             .danger = DANGER_NONE,
             .choice = CHOICE_ONE},
    .survey = &survey_step,
    .next = next,
};
