#include "clients/postgres/pg_explain.h"

#include "clients/postgres/statement.h"
#include "core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_GENERIC_PLAN = 160000, VERSION_CACHE_MODE = 120000, VERSION_SETTINGS = 120000 };
enum { NAME_MAX_BYTES = 64, RELATIONS_BYTES_MAX = 1 << 20 };

struct pg_explain {
  struct pg *pg;
  pg_explain_cb done; /* NULL: none is running */
  void *arg;
  char *database, *role, *text;
  int statement_ms, lock_ms;
  const char *where;
  size_t parameters; /* of the text */
  bool begun, prepared;
  char name[NAME_MAX_BYTES]; /* of the prepared statement: of this connection and time only, because
                                a pooler may keep the connection */
  char *user, *adopted, *path, *json;
  bool adopts;
  struct arena arena; /* of the relations */
  struct pg_rows relations;
  bool has_relations;
  struct err err;
  char sqlstate[6];
  void (*freed)(void *arg);
  void *freed_arg;
};

struct pg_explain *pg_explain_new(struct io *io, const char *dsn) {
  struct pg_explain *explain = mem_new(sizeof *explain);
  explain->pg = pg_new(io, dsn);
  return explain;
}

static void clear(struct pg_explain *explain) {
  char **const texts[] = {&explain->database, &explain->role, &explain->text, &explain->user,
                          &explain->adopted,  &explain->path, &explain->json};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    free(*texts[i]);
    *texts[i] = NULL;
  }
  arena_fini(&explain->arena);
  explain->has_relations = explain->begun = explain->prepared = explain->adopts = false;
  explain->done = NULL;
  explain->where = NULL;
}

/* ---- the end */

static const char *text_or_empty(const char *text) {
  return text ? text : "";
}

/* The caller may ask again, or free it, from its callback. */
static void finish(struct pg_explain *explain) {
  struct pg_explain held = *explain;
  const struct pg_explain_answer answer = {
      .json = held.json,
      .user = text_or_empty(held.user),
      .role = text_or_empty(held.adopts ? held.adopted : held.user),
      .path = text_or_empty(held.path),
      .generic = held.parameters > 0,
      .relations = held.has_relations ? &held.relations : NULL};
  pg_drop(explain->pg);
  explain->database = explain->role = explain->text = explain->user = NULL;
  explain->adopted = explain->path = explain->json = NULL;
  explain->arena = (struct arena){0};
  clear(explain);
  held.done(held.arg, &answer, held.err.kind == ERR_NONE ? NULL : &held.err, held.sqlstate);
  clear(&held);
}

static void on_end(void *arg, const struct pg_rows *rows, const struct err *err) {
  (void)rows;
  (void)err; /* the connection is closed, which ends all */
  finish(arg);
}

/* One message: behind a pooler in transaction mode it is the last of this server connection. */
static void end(struct pg_explain *explain) {
  if (pg_phase(explain->pg) != PG_IDLE || !explain->begun) {
    finish(explain);
    return;
  }
  char *sql = explain->prepared ? mem_printf("ROLLBACK; DEALLOCATE %s", explain->name)
                                : mem_dup("ROLLBACK");
  pg_query(explain->pg, sql, on_end, explain);
  free(sql);
}

static bool has_failed(struct pg_explain *explain, const struct err *err) {
  if (!err)
    return false;
  explain->err = *err;
  snprintf(explain->sqlstate, sizeof explain->sqlstate, "%s", pg_sqlstate(explain->pg));
  end(explain);
  return true;
}

static void refuse(struct pg_explain *explain) {
  end(explain);
}

/* ---- the tables of the plan: the transaction holds a lock on each */

static void on_relations(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_explain *explain = arg;
  explain->has_relations = !err && rows->columns == EXPLAIN_RELATION_COLUMNS &&
                           pg_rows_copy(&explain->arena, rows, &explain->relations);
  end(explain);
}

static void relations_ask(struct pg_explain *explain) {
  static const char sql[] =
      "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
      " CASE WHEN c.reltuples < 0 OR c.relpages = 0 AND c.reltuples = 0 THEN -1"
      "   ELSE c.reltuples::bigint END,"
      " extract(epoch FROM clock_timestamp() - greatest(pg_stat_get_last_analyze_time(c.oid),"
      "   pg_stat_get_last_autoanalyze_time(c.oid))), pg_stat_get_mod_since_analyze(c.oid),"
      " EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = n.nspname"
      "   AND s.tablename = c.relname), c.relkind"
      " FROM (SELECT DISTINCT relation FROM pg_locks"
      "   WHERE pid = pg_backend_pid() AND locktype = 'relation') l"
      " JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname <> 'pg_catalog'"
      " ORDER BY 1 LIMIT 200";
  explain->where = ": reading the statistics of the tables";
  pg_query(explain->pg, sql, on_relations, explain);
}

static void on_path_again(void *arg, const struct pg_rows *rows, const struct err *err) {
  (void)rows;
  if (!has_failed(arg, err))
    relations_ask(arg);
}

/* ---- the plan */

static void on_plan(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_explain *explain = arg;
  if (has_failed(explain, err))
    return;
  if (rows->rows != 1 || rows->columns != 1 || !pg_cell(rows, 0, 0)) {
    err_set(&explain->err, ERR_PROTOCOL, "unexpected answer to EXPLAIN");
    refuse(explain);
    return;
  }
  explain->json = mem_dup(pg_cell(rows, 0, 0));
  pg_query(explain->pg, "SET LOCAL search_path = pg_catalog", on_path_again, explain);
}

/* The caller frees it. */
static char *explain_text(const struct pg_explain *explain, const char *options, const char *text) {
  const bool settings = pg_server_version(explain->pg) >= VERSION_SETTINGS;
  return mem_printf("EXPLAIN (FORMAT JSON, VERBOSE%s%s)\n%s", settings ? ", SETTINGS" : "", options,
                    text);
}

static void explain_send(struct pg_explain *explain, const char *text) {
  char *sql = explain_text(explain, "", text);
  explain->where = ": planning the statement";
  pg_query_params(explain->pg, sql, 0, NULL, on_plan, explain);
  free(sql);
}

static void on_parsed(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_explain *explain = arg;
  (void)rows;
  if (has_failed(explain, err))
    return;
  char *sql = explain_text(explain, ", GENERIC_PLAN", explain->text);
  explain->where = ": planning the statement";
  pg_query(explain->pg, sql, on_plan, explain);
  free(sql);
}

/* GENERIC_PLAN takes the parameters of the extended protocol for its own and puts in their values,
 * so that it has to be sent by the simple one: after the server has found it to be one command. */
static void generic_send(struct pg_explain *explain) {
  char *sql = explain_text(explain, ", GENERIC_PLAN", explain->text);
  explain->where = ": parsing the statement";
  pg_parse(explain->pg, sql, on_parsed, explain);
  free(sql);
}

static void on_prepared(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_explain *explain = arg;
  (void)rows;
  if (has_failed(explain, err))
    return;
  explain->prepared = true;
  char *list = mem_new(explain->parameters * 5 + 1), *at = list;
  for (size_t i = 0; i < explain->parameters; i++)
    at += snprintf(at, 6, i ? ",NULL" : "NULL");
  char *execute = mem_printf("EXECUTE %s(%s)", explain->name, list);
  explain_send(explain, execute);
  free(execute);
  free(list);
}

/* With plan_cache_mode EXECUTE takes the generic plan, whatever the values. */
static void prepare(struct pg_explain *explain) {
  char *sql = mem_printf("PREPARE %s AS\n%s", explain->name, explain->text);
  explain->where = ": parsing the statement";
  pg_query_params(explain->pg, sql, 0, NULL, on_prepared, explain);
  free(sql);
}

static void on_adopted(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_explain *explain = arg;
  (void)rows;
  if (has_failed(explain, err))
    return;
  if (explain->parameters == 0)
    explain_send(explain, explain->text);
  else if (pg_server_version(explain->pg) >= VERSION_GENERIC_PLAN)
    generic_send(explain);
  else
    prepare(explain);
}

/* ---- before it: whose rights, which search_path, and whether it is safe */

enum { SURVEY_USER, SURVEY_PATH, SURVEY_ADOPTS, SURVEY_ROLE, SURVEY_HAZARD, SURVEY_COLUMNS };

static void on_survey(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_explain *explain = arg;
  if (has_failed(explain, err))
    return;
  if (rows->rows != 1 || rows->columns != SURVEY_COLUMNS || !pg_cell(rows, 0, SURVEY_USER) ||
      !pg_cell(rows, 0, SURVEY_PATH)) {
    err_set(&explain->err, ERR_PROTOCOL, "unexpected answer");
    refuse(explain);
    return;
  }
  const char *hazard = pg_cell(rows, 0, SURVEY_HAZARD), *adopts = pg_cell(rows, 0, SURVEY_ADOPTS);
  explain->user = mem_dup(pg_cell(rows, 0, SURVEY_USER));
  explain->path = mem_dup(pg_cell(rows, 0, SURVEY_PATH));
  explain->adopted = mem_dup(text_or_empty(pg_cell(rows, 0, SURVEY_ROLE)));
  explain->adopts = adopts && *adopts == 't';
  if (hazard) {
    err_set(&explain->err, ERR_DENIED,
            "not planned: planning may run %.80s, a function of another role, with the rights of "
            "%.40s, which is a superuser or may run programs on the server; use a role with "
            "pg_monitor and SELECT",
            hazard, explain->user);
    refuse(explain);
    return;
  }
  explain->where = ": setting the role and search_path";
  const char *const values[] = {explain->path, explain->role};
  pg_query_params(explain->pg,
                  explain->adopts ? "SELECT set_config('role', $2, true),"
                                    " set_config('search_path', $1, true)"
                                  : "SELECT set_config('search_path', $1, true)",
                  explain->adopts ? 2 : 1, values, on_adopted, explain);
}

/* The formatter cannot set SQL. */
// clang-format off

/* search_path: that of the role in this database, of the role, of the database (in the order in
 * which a login takes them), else of the server; a setting of the connection's own role is none of
 * these. Functions in trusted languages are those that any user may create. */
static void survey(struct pg_explain *explain) {
  char *sql = mem_printf(
    "WITH me AS (SELECT oid, rolname FROM pg_roles WHERE rolname = session_user),"
    " theirs AS (SELECT oid, rolname FROM pg_roles WHERE rolname = $1::name),"
    " settings AS (SELECT s.setrole, s.setdatabase, substr(c, 13) AS path"
    "   FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE c LIKE 'search\\_path=%%'"
    "   AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())))"
    " SELECT quote_ident(session_user), replace(coalesce("
    "   (SELECT path FROM settings WHERE setrole = 0 OR setrole = (SELECT oid FROM theirs)"
    "     ORDER BY setrole <> 0 DESC, setdatabase <> 0 DESC LIMIT 1),"
    "   (SELECT CASE WHEN EXISTS (SELECT FROM settings WHERE setrole = me.oid) THEN boot_val"
    "     ELSE reset_val END FROM pg_settings, me WHERE name = 'search_path')),"
    "   '\"$user\"', quote_ident(coalesce($1, session_user))),"
    " EXISTS (SELECT FROM theirs, me WHERE theirs.oid <> me.oid"
    "   AND pg_has_role(me.oid, theirs.oid, '%s')),"
    " (SELECT quote_ident(rolname) FROM theirs),"
    " (SELECT format('%%I.%%I (owner %%I)', n.nspname, p.proname, o.rolname) FROM me, pg_proc p"
    "   JOIN pg_roles o ON o.oid = p.proowner JOIN pg_namespace n ON n.oid = p.pronamespace"
    "   JOIN pg_language l ON l.oid = p.prolang"
    "   WHERE p.provolatile <> 'v' AND NOT o.rolsuper AND p.proowner <> me.oid AND l.lanpltrusted"
    "   AND EXISTS (SELECT FROM pg_roles r WHERE pg_has_role(me.oid, r.oid, 'MEMBER') AND (r.rolsuper"
    "     OR r.rolname IN ('pg_execute_server_program', 'pg_write_server_files')))"
    "   ORDER BY p.oid LIMIT 1)",
    pg_server_version(explain->pg) >= VERSION_GENERIC_PLAN ? "SET" : "MEMBER");
  // clang-format on
  explain->where = ": reading the role's settings";
  const char *const values[] = {explain->role};
  pg_query_params(explain->pg, sql, 1, values, on_survey, explain);
  free(sql);
}

static void on_begun(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_explain *explain = arg;
  (void)rows;
  explain->begun = true;
  if (!has_failed(explain, err))
    survey(explain);
}

static void on_connected(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_explain *explain = arg;
  (void)rows;
  if (has_failed(explain, err))
    return;
  const int version = pg_server_version(explain->pg);
  if (explain->parameters > PG_VALUES_MAX) {
    err_set(&explain->err, ERR_LIMIT, "a statement with more than %d parameters is not planned",
            PG_VALUES_MAX);
    refuse(explain);
    return;
  }
  if (explain->parameters > 0 && version < VERSION_CACHE_MODE) {
    err_set(&explain->err, ERR_UNSUPPORTED,
            "the plan of a statement with parameters ($1) is not known before PostgreSQL 12: "
            "EXPLAIN needs their values, and this is %d",
            version / 10000);
    refuse(explain);
    return;
  }
  char *sql = mem_printf("BEGIN READ ONLY; SET LOCAL statement_timeout = %d;"
                         " SET LOCAL lock_timeout = %d; SET LOCAL search_path = pg_catalog%s",
                         explain->statement_ms, explain->lock_ms,
                         explain->parameters > 0 && version < VERSION_GENERIC_PLAN
                             ? "; SET LOCAL plan_cache_mode = force_generic_plan"
                             : "");
  explain->where = ": beginning a transaction";
  pg_query(explain->pg, sql, on_begun, explain);
  free(sql);
}

/* ---- the interface */

void pg_explain_ask(struct pg_explain *explain, const struct pg_explain_request *request,
                    pg_explain_cb done, void *arg) {
  assert(!explain->done && pg_phase(explain->pg) == PG_DOWN);
  explain->done = done;
  explain->arg = arg;
  explain->database = mem_dup(request->database);
  explain->role = request->role ? mem_dup(request->role) : NULL;
  explain->text = mem_dup(request->text);
  explain->statement_ms = request->statement_ms;
  explain->lock_ms = request->lock_ms;
  explain->parameters = statement_parameters(request->text);
  explain->err = (struct err){0};
  *explain->sqlstate = '\0';
  arena_init(&explain->arena, RELATIONS_BYTES_MAX);
  snprintf(explain->name, sizeof explain->name, "stacktop_plan_%llu",
           (unsigned long long)uv_hrtime());
  explain->where = ": connecting to the statement's database";
  pg_use_database(explain->pg, explain->database);
  pg_connect(explain->pg, on_connected, explain);
}

const char *pg_explain_where(const struct pg_explain *explain) {
  return explain->done && explain->where ? explain->where : "";
}

void pg_explain_drop(struct pg_explain *explain) {
  pg_drop(explain->pg);
  clear(explain);
}

static void on_freed(void *arg) {
  struct pg_explain *explain = arg;
  void (*freed)(void *arg) = explain->freed;
  void *freed_arg = explain->freed_arg;
  free(explain);
  freed(freed_arg);
}

void pg_explain_free(struct pg_explain *explain, void (*done)(void *arg), void *arg) {
  pg_explain_drop(explain);
  explain->freed = done;
  explain->freed_arg = arg;
  pg_free(explain->pg, on_freed, explain);
}
