/* Renames a database; with `keep` a second one that has the name makes way, in the same
 * transaction: a restored copy takes the place of the live database, which is kept. Nothing is
 * dropped.
 *
 * Both are compared by oid in that transaction, before and after: whatever happened to the names
 * meanwhile, it renames those of the plan or nothing. */
#include "actions/postgres/postgres_each.h"

#include "actions/shown.h"

#include <string.h>

enum { NAME_BYTES_MAX = 63 };

static bool name_check(const char *text, struct err *err) {
  return (*text && strlen(text) <= NAME_BYTES_MAX) ||
         err_set(err, ERR_INVALID, "the name of a database has 1 to %d bytes", NAME_BYTES_MAX);
}

enum { P_TO, P_KEEP, P_END };
static const struct option params[] = {
    [P_TO] = {.name = "to",
              .type = OPTION_TEXT,
              .required = true,
              .help = "new name",
              .example = "ecap",
              .check = name_check},
    [P_KEEP] = {.name = "keep",
                .type = OPTION_TEXT,
                .help = "new name of the database that is called `to` now: the two are swapped in "
                        "one transaction",
                .example = "ecap_before",
                .check = name_check},
    [P_END] = {.name = "end_sessions",
               .type = OPTION_BOOL,
               .fallback = "false",
               .help = "end the sessions of both databases first; a database with sessions cannot "
                       "be renamed"},
};

static const struct column_spec database_columns[] = {
    {.id = "name", .title = "DATABASE", .flags = COLUMN_FLEX, .width = 20},
    {.id = "owner", .title = "OWNER", .priority = 1},
    {.id = "size", .title = "SIZE", .unit = UNIT_BYTES, .none = "not visible"},
    {.id = "sessions", .title = "SESSIONS", .unit = UNIT_COUNT},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
    {.id = "other", .title = "OID OF `TO`", .flags = COLUMN_DETAIL},
    {.id = "to", .title = "TO", .flags = COLUMN_DETAIL},
    {.id = "keep", .title = "KEEP", .flags = COLUMN_DETAIL},
    {.id = "applications", .title = "APPLICATIONS", .flags = COLUMN_DETAIL},
    {.id = "typed", .title = "COMMAND", .flags = COLUMN_DETAIL},
    {.id = "statement", .title = "STATEMENT", .flags = COLUMN_DETAIL},
};
static const struct table_spec database_table =
    POSTGRES_TABLE_SPEC("databases", "Databases", database_columns);

/* The formatter cannot set SQL. d: the database; e: the one that has the new name; $2 is '' without
 * `keep`, $3 is whether sessions are ended. */
// clang-format off
#define OWNS(db) "pg_has_role(" db ".datdba, 'USAGE')"
#define BOTH "format(CASE WHEN e.oid IS NULL THEN '%s' ELSE '%s, %s' END, d.oid, e.oid)"
#define ARE(d_name, e_name)                                                                       \
  "format(' IF (SELECT count(*) FROM pg_catalog.pg_database WHERE (oid = %s AND datname = %L)'"   \
  " || CASE WHEN e.oid IS NULL THEN '' ELSE ' OR (oid = %s AND datname = %L)' END"                \
  " || ') <> %s THEN RAISE EXCEPTION ''the databases are no longer those of the plan''; END IF;'," \
  " d.oid, " d_name ", coalesce(e.oid::text, n.number), coalesce(" e_name ", n.number), n.number)"
static const char databases_sql[] =
  "SELECT d.datname::text, pg_get_userbyid(d.datdba),"
  " CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) END,"
  " s.sessions + coalesce(t.sessions, 0),"
  " CASE WHEN d.datname = $1::text THEN 'it has this name'"
  "  WHEN d.datname = current_database() OR d.datistemplate"
  "   THEN 'stacktop connects to it to rename others, or it is a template'"
  "  WHEN e.oid IS NOT NULL AND $2::text = ''"
  "   THEN 'a database ' || quote_ident($1::text) || ' exists; keep=NEWNAME renames that one first'"
  "  WHEN e.oid IS NULL AND $2::text <> ''"
  "   THEN 'no database is called ' || quote_ident($1::text) || ': leave keep unset'"
  "  WHEN EXISTS (SELECT FROM pg_database k WHERE k.datname = $2::text)"
  "   THEN 'a database ' || quote_ident($2::text) || ' exists already'"
  "  WHEN NOT (r.rolsuper OR (r.rolcreatedb AND " OWNS("d") " AND (e.oid IS NULL OR " OWNS("e") ")))"
  "   THEN 'needs a superuser, or the owner with CREATEDB'"
  "  WHEN $3::text <> 'true' AND s.sessions + coalesce(t.sessions, 0) > 0"
  "   THEN 'sessions of ' || coalesce(s.names, t.names) || ' are connected; stop them, or end_sessions=true'"
  " END, d.oid::text, coalesce(e.oid::text, 'none'), $1::text, nullif($2::text, ''),"
  " concat_ws(', ', s.names, t.names),"
  " 'BEGIN; ' || CASE WHEN e.oid IS NULL THEN '' ELSE format('ALTER DATABASE %I RENAME TO %I; ', e.datname, $2::text) END"
  "  || format('ALTER DATABASE %I RENAME TO %I; COMMIT;', d.datname, $1::text),"
  " format('DO LANGUAGE plpgsql %L', 'BEGIN' || " ARE("d.datname", "e.datname::text")
  "  || CASE WHEN $3::text = 'true' THEN ' PERFORM pg_catalog.pg_terminate_backend(pid)'"
  "   || ' FROM pg_catalog.pg_stat_activity WHERE datid IN (' || " BOTH " || ');' ELSE '' END"
  "  || CASE WHEN e.oid IS NULL THEN '' ELSE format(' ALTER DATABASE %I RENAME TO %I;', e.datname, $2::text) END"
  "  || format(' ALTER DATABASE %I RENAME TO %I;', d.datname, $1::text)"
  "  || " ARE("$1::text", "$2::text") " || ' END')"
  " FROM pg_database d LEFT JOIN pg_database e ON e.datname = $1::text"
  " CROSS JOIN LATERAL (SELECT CASE WHEN e.oid IS NULL THEN '1' ELSE '2' END AS number) n"
  " CROSS JOIN LATERAL (SELECT count(*) AS sessions, string_agg(DISTINCT"
  "   coalesce(nullif(a.application_name, ''), a.usename::text, 'a role'), ', ') AS names"
  "   FROM pg_stat_activity a WHERE a.datid = d.oid AND a.pid <> pg_backend_pid()"
  "   AND a.backend_type = 'client backend') s"
  " LEFT JOIN LATERAL (SELECT count(*) AS sessions, string_agg(DISTINCT"
  "   coalesce(nullif(a.application_name, ''), a.usename::text, 'a role'), ', ') AS names"
  "   FROM pg_stat_activity a WHERE a.datid = e.oid AND a.backend_type = 'client backend') t ON true"
  " CROSS JOIN (SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user) r"
  " ORDER BY d.datistemplate, d.datname LIMIT 1001";
// clang-format on

static const struct postgres_column columns[] = {{"OWNER", "owner"},       {"SIZE", "size"},
                                                 {"SESSIONS", "sessions"}, {"NEW NAME", "to"},
                                                 {"OID", "oid"},           {0}};
static const char *const identities[] = {"name", "oid",   "other",     "to",
                                         "keep", "typed", "statement", NULL};
static const char *const checked[] = {"oid", "name", "other", "to", NULL};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  const char *name = plan->objects[0].label;
  const char *to = postgres_found_text(table, rows[0], "to");
  const char *keep = postgres_found_text(table, rows[0], "keep");
  const char *applications = postgres_found_text(table, rows[0], "applications");
  const int64_t sessions = postgres_found_int(table, rows[0], "sessions");
  (void)count;
  plan->title = plan_printf(plan, "Rename the database %s to %s", name, to);
  plan_say(plan, PLAN_BLAST, "clients that connect to %s reach this database from now on", to);
  if (*keep)
    plan_say(plan, PLAN_BLAST, "the database that is called %s now is kept, as %s", to, keep);
  plan_say(plan, PLAN_BLAST, "clients that connect to %s are refused: it no longer exists", name);
  if (sessions > 0)
    plan_say(plan, PLAN_WARNING,
             "ends all sessions of %s, %lld now (%.200s); what they have not committed is lost",
             *keep ? "both" : "it", (long long)sessions, applications);
  plan_say(plan, PLAN_WARNING,
           "stop the applications first: a rename is refused while a session is connected, after "
           "5 s");
  plan_say(plan, PLAN_WARNING,
           "rules of pg_hba.conf, poolers and ALTER ROLE ... IN DATABASE go by the name or by the "
           "database: check them");
  plan_say(plan, PLAN_UNDO, "the same action with the names reversed; no data is touched");
  plan_say(plan, PLAN_PRECONDITION,
           "%s the same oid and name as now (checked in the same transaction)",
           *keep ? "both databases have" : "it has");
}

static const char *command(struct plan *plan, const struct plan_object *object) {
  for (size_t i = 0; i < plan->identity_count; i++)
    if (strcmp(plan->identities[i], "typed") == 0)
      return object->identities[i];
  return "";
}

static void undo(struct step *step, size_t object) {
  const char *name = postgres_identity(step, object, "name");
  const char *to = postgres_identity(step, object, "to");
  const char *keep = postgres_identity(step, object, "keep");
  struct arena *arena = &step->arena;
  outcome_undo(step->call->outcome, "postgres.rename-database %s %s %s%s%s end_sessions=true",
               shown_word(arena, step->call->plan->target), shown_word(arena, keep ? keep : to),
               shown_word(arena, arena_printf(arena, "to=%s", keep ? to : name)), keep ? " " : "",
               keep ? shown_word(arena, arena_printf(arena, "keep=%s", name)) : "");
}

static const struct postgres_each rename_database = {
    .table = &database_table,
    .sql = databases_sql,
    .empty = "the server lists no databases",
    .plan = {columns, identities, POSTGRES_OF_DATA},
    .title = "Rename",
    .one = "database",
    .many = "databases",
    .checked = checked,
    .check = "SELECT NULL::text FROM pg_database d WHERE d.oid = $1::oid AND d.datname = $2::text"
             " AND coalesce((SELECT e.oid::text FROM pg_database e WHERE e.datname = $4::text),"
             " 'none') = $3::text",
    .prove = "SELECT count(*) = 1 FROM pg_database d WHERE d.oid = $1::oid"
             " AND d.datname = $4::text AND $2::text <> '' AND $3::text <> ''",
    .say = say,
    .command = command,
    .done = "renamed",
    .proved = "found under the new name",
    .database = "postgres",
    .undo = undo,
};

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&database_table};
  const struct action_request *request = step->call->request;
  const char *const values[] = {request->texts[P_TO],
                                request->texts[P_KEEP] ? request->texts[P_KEEP] : "",
                                request->params[P_END].number ? "true" : "false"};
  struct postgres_conn *conn =
      postgres_survey(postgres_conn_open_in(step, rename_database.database), tables, 1);
  const struct pg_rows *rows =
      postgres_read_names(conn, database_table.column_count, databases_sql, 3, values);
  if (!rows)
    return false;
  for (size_t i = 0; i < rows->rows && i < POSTGRES_EACH_MAX; i++)
    if (!postgres_row_named(conn, NULL, rows, i, 0))
      break;
  postgres_found_cut(step->found, rows, POSTGRES_EACH_MAX);
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  return postgres_each_plan(request, plan, &rename_database, err);
}

static bool execute(struct step *step) {
  return postgres_each_execute(step, &rename_database);
}

static bool verify(struct step *step) {
  return postgres_each_verify(step, &rename_database);
}

STEPS_OF(POSTGRES_STEP_MS, POSTGRES_STEP_MS, POSTGRES_STEP_MS)

const struct action action_postgres_rename_database = {
    .spec = {.id = "postgres.rename-database",
             .kind = "postgres",
             .title = "rename a database",
             .past = "renamed",
             .what = "renames a database; with keep, it takes the name of another one, which is "
                     "kept under a new name",
             .runs = "ALTER DATABASE name RENAME TO name",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_ONE,
             ACTION_PARAMS(params)},
    STEPS,
};
