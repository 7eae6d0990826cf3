/* ALTER SYSTEM SET and a reload. The name is one that pg_settings has, the value a literal that the
 * server has quoted. */
#include "actions/postgres/postgres_set.h"

#include "actions/postgres/postgres_conn.h"
#include "actions/postgres/postgres_found.h"

#include <string.h>

enum { P_NAME, P_VALUE, P_RESET };
static const struct option params[] = {
    [P_NAME] = {.name = "name",
                .type = OPTION_TEXT,
                .required = true,
                .help = "of the setting",
                .example = "work_mem"},
    [P_VALUE] = {.name = "value",
                 .type = OPTION_TEXT,
                 .help = "as in postgresql.conf, without quotes; '' is the empty string",
                 .example = "64MB"},
    [P_RESET] = {.name = "reset",
                 .type = OPTION_BOOL,
                 .fallback = "false",
                 .help = "remove the value set by ALTER SYSTEM instead of setting one"},
};

/* ---- survey */

static const struct column_spec setting_columns[] = {
    {.id = "name", .title = "SETTING"},     {.id = "raw", .title = "RAW"},
    {.id = "shown", .title = "NOW"},        {.id = "context", .title = "CONTEXT"},
    {.id = "source", .title = "SOURCE"},    {.id = "own", .title = "BY ALTER SYSTEM"},
    {.id = "pending", .title = "PENDING"},  {.id = "wrong", .title = "WRONG"},
    {.id = "list", .title = "LIST"},        {.id = "limits", .title = "LIMITS"},
    {.id = "reload", .title = "RELOAD"},    {.id = "statement", .title = "STATEMENT"},
    {.id = "what", .title = "DESCRIPTION"},
};
enum { COLUMNS = sizeof setting_columns / sizeof *setting_columns };
static const struct table_spec setting_table =
    POSTGRES_TABLE_SPEC("settings", "Setting", setting_columns);

/* What this connection has set for itself hides the server's value, which is the one it would reset
 * to. Where the file of ALTER SYSTEM may not be read (superusers may), pg_settings tells whether
 * the value is from there. A list of names (GUC_LIST_QUOTE) would be taken for one name. */
#define SETTING_SQL(auto_value)                                                                    \
  "SELECT s.name, v.raw,"                                                                          \
  " CASE WHEN s.source = 'session' THEN v.raw ELSE current_setting(s.name) END, s.context,"        \
  " s.source, " auto_value ", s.pending_restart,"                                                  \
  " CASE WHEN $3::bool THEN NULL"                                                                  \
  "  WHEN s.vartype = 'enum' AND lower($2::text) <> ALL (SELECT lower(e) FROM"                     \
  "   unnest(s.enumvals) e) THEN 'one of ' || array_to_string(s.enumvals, ', ')"                   \
  "  WHEN s.vartype = 'bool' AND lower($2::text) NOT IN ('on', 'off', 'true', 'false', 'yes', "    \
  "'no',"                                                                                          \
  "   '1', '0') THEN 'on or off'"                                                                  \
  "  WHEN s.vartype IN ('integer', 'real') AND $2::text !~ '^\\s*[-+]?[0-9.]+(e[-+]?[0-9]+)?\\s*"  \
  "[a-zA-Z]*\\s*$' THEN 'a number' || coalesce(', in ' || s.unit || ' or with a unit', '')"        \
  "  WHEN s.vartype IN ('integer', 'real') AND $2::text ~ '^\\s*[-+]?[0-9]+(\\.[0-9]+)?\\s*$' AND" \
  "   CASE WHEN $2::text ~ '^\\s*[-+]?[0-9]+(\\.[0-9]+)?\\s*$' THEN $2::numeric NOT BETWEEN"       \
  "   s.min_val::numeric AND s.max_val::numeric END"                                               \
  "   THEN format('from %s to %s%s', s.min_val, s.max_val, coalesce(' (' || s.unit || ')', ''))"   \
  "  END,"                                                                                         \
  " s.name IN ('local_preload_libraries', 'search_path', 'session_preload_libraries',"             \
  "  'shared_preload_libraries', 'temp_tablespaces', 'unix_socket_directories'),"                  \
  " NULL::text, has_function_privilege('pg_reload_conf()', 'EXECUTE'),"                            \
  " CASE WHEN $3::bool THEN format('ALTER SYSTEM RESET %I', s.name)"                               \
  "  ELSE format('ALTER SYSTEM SET %I = %L', s.name, $2::text) END, s.short_desc"                  \
  " FROM pg_settings s, LATERAL (SELECT CASE WHEN s.source = 'session' THEN s.reset_val"           \
  "  ELSE s.setting END AS raw) v WHERE lower(s.name) = lower($1::text)"

#define AUTO_FILE "'%postgresql.auto.conf'"

static const char superuser_sql[] =
    SETTING_SQL("(SELECT f.setting FROM pg_file_settings f WHERE lower(f.name) = lower(s.name)"
                " AND f.sourcefile LIKE " AUTO_FILE " ORDER BY f.seqno DESC LIMIT 1)");
static const char other_sql[] =
    SETTING_SQL("CASE WHEN s.sourcefile LIKE " AUTO_FILE " THEN current_setting(s.name) END");

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&setting_table};
  const struct action_request *request = step->act->request;
  const bool reset = request->params[P_RESET].number != 0;
  const char *name = request->texts[P_NAME], *value = request->texts[P_VALUE];
  if (reset && value)
    return step_fail(step, ERR_INVALID, "give either value or reset, not both");
  if (!reset && !value)
    return step_fail(step, ERR_INVALID,
                     "give a value ('' for the empty string), or reset=true to remove the one set "
                     "by ALTER SYSTEM");
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 1);
  if (!conn)
    return false;
  const char *const values[] = {name, value && strcmp(value, "''") == 0 ? "" : value,
                                reset ? "t" : "f"};
  const struct pg_rows *rows = postgres_read(conn, COLUMNS, superuser_sql, 3, values);
  if (!rows && strcmp(postgres_sqlstate(conn), POSTGRES_DENIED) == 0)
    rows = postgres_read(conn, COLUMNS, other_sql, 3, values);
  if (!rows)
    return false;
  if (rows->rows != 1)
    return step_fail(step, ERR_INVALID, "unknown or hidden setting \"%.100s\"", name);
  return postgres_row(step->found, &step->found->tables[0], pg_cell(rows, 0, 0), NULL, rows, 0) ||
         step_fail(step, ERR_LIMIT, "the answer is too large");
}

STEP(survey, POSTGRES_STEP_MS)
STEP(postgres_set_execute, POSTGRES_STEP_MS)
STEP(postgres_set_verify, POSTGRES_STEP_MS)

const struct action action_postgres_set = {
    .spec =
        {.id = "postgres.set",
         .kind = "postgres",
         .title = "change a setting",
         .past = "set",
         .what =
             "changes a setting of the whole server (ALTER SYSTEM) and reloads the configuration",
         .runs = "ALTER SYSTEM SET name = 'value'; SELECT pg_reload_conf()",
         .danger = DANGER_REVERSIBLE,
         .params = params,
         .param_count = sizeof params / sizeof *params},
    .survey = &survey_step,
    .plan = postgres_set_plan,
    .execute = &postgres_set_execute_step,
    .verify = &postgres_set_verify_step,
};
