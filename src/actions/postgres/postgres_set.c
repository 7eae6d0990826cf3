/* ALTER SYSTEM SET and a reload. The name is one that pg_settings has, the value a literal that the
 * server has quoted. */
#include "actions/postgres/postgres_set.h"

#include "actions/postgres/postgres_plan.h"

#include "clients/postgres/postgres_contract.h"
#include "core/text/quote.h"
#include "io/clock.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 100, PATIENCE_MS = 5000, WORD_MAX = 4 * PLAN_TEXT_MAX };

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
    {.id = "name"},
    {.id = POSTGRES_SET_RAW},
    {.id = POSTGRES_SET_SHOWN},
    {.id = "context"},
    {.id = "source"},
    {.id = POSTGRES_SET_FORMER},
    {.id = "pending"},
    {.id = "wrong"},
    {.id = "list"},
    {.id = "reload"},
    {.id = "statement"},
    {.id = "what"},
    {.id = POSTGRES_SET_HIDES},
};
enum { COLUMNS = sizeof setting_columns / sizeof *setting_columns };
static const struct table_spec setting_table =
    POSTGRES_TABLE_SPEC("settings", "Setting", setting_columns);

/* What ALTER ROLE and ALTER DATABASE set for this connection hides the server's value: even the
 * value that it would reset to is its own. */
#define HIDDEN                                                                       \
  "s.source IN ('client', 'global', 'database', 'user', 'database user')"            \
  " OR (s.source = 'session' AND EXISTS (SELECT FROM pg_db_role_setting d,"          \
  "   unnest(d.setconfig) c WHERE lower(split_part(c, '=', 1)) = lower(s.name)"      \
  "   AND d.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))" \
  "   AND d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = "        \
  "current_database()))))"
/* in_files: the value that the files have, for a hidden one. A setting that this connection has
 * made is reset to the server's. */
#define FROM_SETTINGS(in_files)                                            \
  " FROM pg_settings s CROSS JOIN LATERAL (SELECT " HIDDEN " AS hidden) h" \
  " CROSS JOIN LATERAL (SELECT CASE WHEN h.hidden THEN " in_files          \
  "  WHEN s.source = 'session' THEN s.reset_val ELSE s.setting END AS raw) v"
#define SHOWN                                             \
  "CASE WHEN h.hidden OR s.source = 'session' THEN v.raw" \
  " ELSE current_setting(s.name) END"
#define IN_FILES                                                                           \
  "coalesce((SELECT f.setting FROM pg_file_settings f WHERE lower(f.name) = lower(s.name)" \
  "  AND f.error IS NULL ORDER BY f.seqno DESC LIMIT 1),"                                  \
  " 'not set in the files (default ' || coalesce(s.boot_val, 'none')"                      \
  "   || coalesce(' ' || s.unit, '') || ')')"
#define NOT_READABLE "'" POSTGRES_SET_NOT_KNOWN "'"
/* The last line for the setting in the file of ALTER SYSTEM. */
#define AUTO_FILE "'%postgresql.auto.conf'"
#define IN_AUTO_FILE(what)                                                         \
  "(SELECT f." what " FROM pg_file_settings f WHERE lower(f.name) = lower(s.name)" \
  " AND f.sourcefile LIKE " AUTO_FILE " ORDER BY f.seqno DESC LIMIT 1)"
/* The ALTER SYSTEM statement, with the value in $3, or NULL to reset. */
#define STATEMENT(value)                                                     \
  "CASE WHEN " value " IS NULL THEN format('ALTER SYSTEM RESET %I', s.name)" \
  " ELSE format('ALTER SYSTEM SET %I = %L', s.name, " value ") END"

/* Without the right to read the file (superusers have it), pg_settings says whether the value is
 * from there. A list of names (GUC_LIST_QUOTE) would be taken for one name. */
#define SETTING_SQL(auto_value, in_files)                                                          \
  "SELECT s.name, v.raw, " SHOWN ", s.context,"                                                    \
  " CASE WHEN NOT h.hidden THEN s.source WHEN v.raw = " NOT_READABLE " THEN '?' ELSE 'files' END," \
  " " auto_value ", s.pending_restart,"                                                            \
  " CASE WHEN s.vartype = 'enum' AND lower($2::text) <> ALL (SELECT lower(e) FROM"                 \
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
  " has_function_privilege('pg_reload_conf()', 'EXECUTE'), " STATEMENT(                            \
      "$2::text") ","                                                                              \
                  " s.short_desc, CASE WHEN h.hidden THEN s.source END" FROM_SETTINGS(             \
                      in_files) " WHERE lower(s.name) = lower($1::text)"

/* Asks with the file of ALTER SYSTEM, and without it where it must not be read. */
static const struct pg_rows *read_setting(struct postgres_conn *conn, size_t columns,
                                          const char *with_file, const char *without, size_t count,
                                          const char *const *values) {
  const struct pg_rows *rows = postgres_read(conn, columns, with_file, count, values);
  return rows || !conn || strcmp(postgres_sqlstate(conn), POSTGRES_DENIED) != 0
             ? rows
             : postgres_read(conn, columns, without, count, values);
}

/* A segment has the size that was chosen for the cluster, 16 MB by default. A guide may name the
 * setting of the other side of PostgreSQL 13. */
static bool fail_unknown(struct postgres_conn *conn, const char *name, const char *value) {
  struct step *step = postgres_step(conn);
  static const char sql[] =
      "SELECT n.name, CASE WHEN $2::text ~ '^[0-9]{1,6}$' AND n.name = 'wal_keep_size' THEN"
      "   format(' = %sMB (%s segments of %s MB)', $2::bigint * w.mb, $2::text, w.mb)"
      "  WHEN n.name = 'wal_keep_size' THEN ', a size such as 1024MB'"
      "  ELSE format(', a number of segments of %s MB', w.mb) END"
      " FROM (SELECT pg_size_bytes(current_setting('wal_segment_size')) / 1048576 AS mb) w,"
      " (VALUES ('wal_keep_segments', 'wal_keep_size'), ('wal_keep_size', 'wal_keep_segments'))"
      "   n (asked, name) JOIN pg_settings s ON s.name = n.name WHERE n.asked = lower($1::text)";
  const char *const values[] = {name, value};
  const struct pg_rows *rows = postgres_read(conn, 2, sql, 2, values);
  if (!rows)
    return false;
  if (rows->rows == 1)
    return step_fail(step, ERR_INVALID,
                     "this version has no setting %s: PostgreSQL 13 replaced wal_keep_segments by "
                     "wal_keep_size. Set %s%s",
                     name, pg_cell(rows, 0, 0), pg_cell(rows, 0, 1));
  return step_fail(step, ERR_INVALID, "unknown or hidden setting \"%.100s\"", name);
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&setting_table};
  const struct action_request *request = step->call->request;
  const bool reset = request->params[P_RESET].number != 0;
  const char *const values[] = {request->texts[P_NAME],
                                postgres_set_value(request->texts[P_VALUE])};
  if (reset && values[1])
    return step_fail(step, ERR_INVALID, "give either value or reset, not both");
  if (!reset && !values[1])
    return step_fail(step, ERR_INVALID,
                     "give a value ('' for the empty string), or reset=true to remove the one set "
                     "by ALTER SYSTEM");
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 1);
  const struct pg_rows *rows = read_setting(
      conn, COLUMNS, SETTING_SQL(IN_AUTO_FILE("setting"), IN_FILES),
      SETTING_SQL("CASE WHEN s.sourcefile LIKE " AUTO_FILE " THEN current_setting(s.name) END",
                  NOT_READABLE),
      2, values);
  if (!rows)
    return false;
  if (rows->rows != 1)
    return fail_unknown(conn, values[0], values[1]);
  return postgres_row_only(step, rows) != NULL;
}

/* ---- execute */

static const char *identity(const struct step *step, const char *name) {
  return action_identity(step->call->plan, 0, name);
}

/* Whether the server still has the value of the plan, and would write the same statement. */
#define CHECK_SQL(in_files)                                           \
  "SELECT v.raw = $2::text, v.raw, $3::text = " STATEMENT("$4::text") \
      FROM_SETTINGS(in_files) " WHERE s.name = $1::text"

/* With the files, and without them where they must not be read. */
static const struct pg_rows *read_again(struct postgres_conn *conn) {
  const char *const *names =
      POSTGRES_NAMES("name", POSTGRES_SET_RAW, "statement", POSTGRES_SET_VALUE);
  const struct pg_rows *rows = postgres_read_identified(conn, 3, CHECK_SQL(IN_FILES), 0, names);
  return rows || strcmp(postgres_sqlstate(conn), POSTGRES_DENIED) != 0
             ? rows
             : postgres_read_identified(conn, 3, CHECK_SQL(NOT_READABLE), 0, names);
}

/* "postgres.set main name=work_mem value=4MB" */
static void say_undo(struct step *step) {
  const char *former = postgres_identity(step, 0, POSTGRES_SET_FORMER), *value = "reset=true";
  char target[512], *word = arena_alloc(&step->arena, WORD_MAX);
  quote_word(target, sizeof target, step->call->plan->target);
  if (former && word)
    value =
        quote_word(word, WORD_MAX, arena_printf(&step->arena, "value=%s", *former ? former : "''"));
  outcome_undo(step->call->outcome, "postgres.set %s name=%s %s", target, identity(step, "name"),
               value);
}

static bool execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  struct postgres_conn *conn = postgres_conn_open(step);
  if (!conn)
    return false;
  const struct pg_rows *rows = read_again(conn);
  if (!rows)
    return postgres_refused(conn);
  if (rows->rows != 1 || !postgres_is_true(pg_cell(rows, 0, 2))) {
    outcome_set(outcome, 0, OBJECT_GONE, "the setting no longer exists");
    return true;
  }
  if (!postgres_is_true(pg_cell(rows, 0, 0))) {
    outcome_set(outcome, 0, OBJECT_GONE, "it is now %s, not %s; not changed", pg_cell(rows, 0, 1),
                identity(step, POSTGRES_SET_RAW));
    return true;
  }
  if (!postgres_change(conn, identity(step, "statement"), 0, NULL))
    return postgres_refused(conn);
  outcome_set(outcome, 0, OBJECT_SENT, "written");
  say_undo(step);
  rows = postgres_change(conn, "SELECT pg_reload_conf()", 0, postgres_no_values);
  if (!rows || rows->rows != 1 || !postgres_is_true(pg_cell(rows, 0, 0)))
    outcome_set_partly(outcome, 0, NULL,
                       "written, but not reloaded; it takes effect at the next reload: %s",
                       rows ? "the server could not be signalled" : step->err.text);
  return rows || postgres_is_up(conn);
}

/* ---- verify */

/* The server's value; whether it needs a restart; whether its file says something else, if the file
 * is readable. */
#define PROVE_SQL(file_error, in_files)                     \
  "SELECT v.raw, " SHOWN ", s.pending_restart, " file_error \
  ", s.source" FROM_SETTINGS(in_files) " WHERE s.name = $1::text"
enum { PROVE_COLUMNS = 5 };

/* Whether it will still change: the server reads its files a moment after the signal. */
static bool is_as_wanted(const struct step *step, const char *raw) {
  const char *value = postgres_identity(step, 0, POSTGRES_SET_VALUE);
  return strcmp(raw, identity(step, POSTGRES_SET_RAW)) != 0 || (value && strcmp(raw, value) == 0);
}

/* False: read again. */
static bool judge(struct step *step, const struct pg_rows *rows, bool patient) {
  struct outcome *outcome = step->call->outcome;
  const char *name = identity(step, "name"), *was = identity(step, POSTGRES_SET_SHOWN);
  const char *shown = pg_cell(rows, 0, 1), *error = pg_cell(rows, 0, 3);
  if (is_as_wanted(step, pg_cell(rows, 0, 0))) {
    outcome_set(outcome, 0, OBJECT_DONE, "%s now, %s before", shown, was);
    outcome_proof(outcome, "%s is %s now, %s before", name, shown, was);
  } else if (postgres_is_true(pg_cell(rows, 0, 2))) {
    outcome_set(outcome, 0, OBJECT_DONE, "written; still %s until the server is restarted", shown);
    outcome_proof(outcome, "%s waits for a restart, %s until then", name, shown);
  } else if (patient) {
    return false;
  } else if (strcmp(shown, POSTGRES_SET_NOT_KNOWN) == 0) {
    outcome_set(outcome, 0, OBJECT_DONE,
                "written and reloaded; this connection cannot see the server's value");
  } else if (error) {
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "written, but rejected: %s", error);
  } else {
    outcome_set(outcome, 0, OBJECT_DONE,
                "written and reloaded; the value is %s, as before (from %s)", shown,
                pg_cell(rows, 0, 4));
  }
  return true;
}

static bool verify(struct step *step) {
  const int64_t until_ms = clock_now_ms() + PATIENCE_MS;
  struct postgres_conn *conn = postgres_conn_open(step);
  const char *const values[] = {identity(step, "name")};
  while (conn) {
    const struct pg_rows *rows =
        read_setting(conn, PROVE_COLUMNS, PROVE_SQL(IN_AUTO_FILE("error"), IN_FILES),
                     PROVE_SQL("NULL::text", NOT_READABLE), 1, values);
    if (!rows)
      return false;
    if (rows->rows != 1 || !pg_cell(rows, 0, 0))
      return step_fail(step, ERR_PROTOCOL, "the server no longer shows the setting");
    if (judge(step, rows, clock_now_ms() < until_ms))
      return true;
    if (!step_sleep(step, LOOK_AGAIN_MS))
      return false;
  }
  return false;
}

STEP(survey, POSTGRES_STEP_MS)
STEP(execute, POSTGRES_STEP_MS)
STEP(verify, POSTGRES_STEP_MS)

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == P_NAME && (size_t)snprintf(out, size, "%s", row->key) < size;
}

const struct action action_postgres_set = {
    .spec =
        {.id = "postgres.set",
         .kind = "postgres",
         .context = POSTGRES_SETTINGS_TABLE,
         .title = "change a setting",
         .past = "set",
         .what =
             "changes a setting of the whole server (ALTER SYSTEM) and reloads the configuration",
         .runs = "ALTER SYSTEM SET name = 'value'; SELECT pg_reload_conf()",
         .danger = DANGER_REVERSIBLE,
         .params = params,
         .param_count = sizeof params / sizeof *params},
    .preset = preset,
    .survey = &survey_step,
    .plan = postgres_set_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
