/* Restores a backup into a new database beside the live one, and counts what is in it. Nothing
 * existing is touched: postgres.rename-database puts it in the place of the live one. */
#include "actions/found.h"
#include "actions/postgres/postgres_plan.h"
#include "actions/postgres/recovery/postgres_backup.h"
#include "actions/program.h"
#include "actions/shown.h"
#include "clients/postgres/pg_environment.h"
#include "clients/postgres/postgres_relations.h"
#include "io/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  SURVEY_MS = 90000,
  RESTORE_MS = 24 * 3600 * 1000,
  NAME_BYTES_MAX = 63,
  VARIABLES_MAX = 400,
  TABLES_MAX = 500,
  COUNTED_MAX = 200
};

static bool name_check(const char *text, struct err *err) {
  return (*text && strlen(text) <= NAME_BYTES_MAX) ||
         err_set(err, ERR_INVALID, "the name of a database has 1 to %d bytes", NAME_BYTES_MAX);
}

enum { P_FILE, P_DATABASE, P_JOBS };
static const struct option params[] = {
    [P_FILE] = {.name = "file",
                .type = OPTION_TEXT,
                .required = true,
                .help = "a backup of pg_dump -Fc or -Fd, on this host; with wildcards the newest",
                .example = "/backup/ecap-*.dump",
                .check = postgres_backup_check},
    [P_DATABASE] = {.name = "database",
                    .type = OPTION_TEXT,
                    .required = true,
                    .help = "new database, which must not exist",
                    .example = "ecap_restored",
                    .check = name_check},
    [P_JOBS] = {.name = "jobs",
                .type = OPTION_INT,
                .min = 1,
                .max = 32,
                .fallback = "1",
                .help = "connections that restore at the same time"},
};

/* ---- survey */

static const struct column_spec columns[] = {
    {.id = "name"},
    {.id = "problem"},
    {.id = "statement"},
    {.id = "size", .unit = UNIT_BYTES, .none = "not visible"},
    {.id = "live"},
    {.id = "version"},
    {.id = "file"},
    {.id = "identity"},
    {.id = "bytes", .unit = UNIT_BYTES, .none = "a directory"},
    {.id = "made"},
    {.id = "of"},
    {.id = "from"},
    {.id = "jobs"},
};
enum { C_FILE = 6, C_IDENTITY, C_BYTES, C_MADE, C_OF, C_FROM, C_JOBS, C_ASKED = C_FILE };
static const struct table_spec new_table = POSTGRES_TABLE_SPEC("restore", "Restore", columns);

/* With the encoding and the locale of the target's database. */
// clang-format off
static const char survey_sql[] =
  "SELECT $1::text, CASE WHEN EXISTS (SELECT FROM pg_database WHERE datname = $1::text)"
  "  THEN 'a database of that name exists; choose another name'"
  "  WHEN pg_is_in_recovery() THEN 'the server is a standby'"
  "  WHEN NOT (SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user)"
  "  THEN 'needs a role with CREATEDB' END,"
  " format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L', $1::text,"
  "  pg_encoding_to_char(encoding), datcollate, datctype)"
  "  || CASE j->>'datlocprovider' WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L',"
  "   coalesce(j->>'datlocale', j->>'daticulocale')) WHEN 'b' THEN"
  "   format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', j->>'datlocale') ELSE '' END,"
  " pg_database_size(d.oid), datname::text, current_setting('server_version')"
  " FROM pg_database d CROSS JOIN LATERAL (SELECT to_jsonb(d) AS j) j"
  " WHERE datname = current_database()";
// clang-format on

static void backup_put(struct step *step, struct row *row, const struct postgres_backup *backup) {
  struct sample *found = step->found;
  row->cells[C_FILE] = value_text(sample_copy(found, backup->path));
  row->cells[C_IDENTITY] = value_text(sample_copy(found, backup->identity));
  row->cells[C_BYTES] = backup->bytes < 0 ? value_none("a directory") : value_int(backup->bytes);
  row->cells[C_MADE] = value_text(sample_copy(found, backup->made));
  row->cells[C_OF] = value_text(sample_copy(found, backup->database));
  row->cells[C_FROM] = value_text(sample_copy(found, backup->version));
  row->cells[C_JOBS] = value_text(
      sample_printf(found, "%lld", (long long)step->call->request->params[P_JOBS].number));
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&new_table};
  const struct action_request *request = step->call->request;
  const char *const values[] = {request->texts[P_DATABASE]};
  struct postgres_backup backup;
  if (!postgres_backup_read(step, request->texts[P_FILE], &backup))
    return false;
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 1);
  const struct pg_rows *rows = postgres_read(conn, C_ASKED, survey_sql, 1, values);
  if (!rows)
    return false;
  if (rows->rows != 1)
    return step_fail(step, ERR_PROTOCOL, "the server does not show its own database");
  struct row *row = postgres_row_only(step, rows);
  if (row)
    backup_put(step, row, &backup);
  return row != NULL;
}

/* ---- plan */

static const struct postgres_column shown[] = {
    {"FILE", "file"}, {"SIZE", "bytes"}, {"MADE", "made"}, {"OF", "of"}, {0}};
static const char *const identities[] = {"name", "statement", "file", "identity", "jobs", NULL};

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct postgres_plan_spec spec = {shown, identities, POSTGRES_OF_DATA};
  const char *problem = postgres_only_text(request, "problem");
  if (problem)
    return err_set(err, ERR_INVALID, "%s", problem);
  struct plan_object *object =
      postgres_plan_only(request, plan, &spec, 1, "database", "databases", err);
  if (!object)
    return false;
  const struct table *table = &request->found->tables[0];
  const char *file = postgres_only_text(request, "file");
  const char *jobs = postgres_only_text(request, "jobs");
  plan->database = NULL; /* the new one is connected to as well */
  plan->title = plan_printf(plan, "Restore a backup into the new database %s", object->label);
  plan_say(plan, PLAN_EFFECT, "%s;", postgres_only_text(request, "statement"));
  plan_say(plan, PLAN_EFFECT, "pg_restore --exit-on-error --no-password%s%s --dbname=%s %s",
           strcmp(jobs, "1") == 0 ? "" : " --jobs=", strcmp(jobs, "1") == 0 ? "" : jobs,
           shown_word(&plan->arena, object->label), shown_word(&plan->arena, file));
  plan_say(plan, PLAN_BLAST,
           "creates a database and fills it; %s and all other databases stay as they are",
           postgres_only_text(request, "live"));
  plan_say(plan, PLAN_WARNING,
           "needs room for a second copy, about the size of %s now (%s), and writes as much WAL",
           postgres_only_text(request, "live"),
           postgres_bytes(plan, postgres_found_int(table, &table->rows[0], "size")));
  plan_say(plan, PLAN_WARNING,
           "the backup has the state of %s; what was written since then is not in it",
           postgres_only_text(request, "made"));
  plan_say(plan, PLAN_WARNING, "the backup is of a server %s, this one is %s",
           postgres_only_text(request, "from"), postgres_only_text(request, "version"));
  plan_say(plan, PLAN_PRECONDITION, "the file is the same as now (size, time and inode)");
  plan_say(plan, PLAN_PRECONDITION, "no database is called %s (checked by the server)",
           object->label);
  return true;
}

/* ---- execute */

static char *const *environment_of(struct step *step, struct mask *mask) {
  const char *dsn = target_text(step->call->target, "dsn");
  char **list = arena_alloc(&step->arena, (VARIABLES_MAX + 1) * sizeof *list);
  const char **secrets = arena_alloc(&step->arena, sizeof *secrets);
  if (!list || !secrets)
    return NULL;
  size_t count = pg_environment(&step->arena, dsn, list, VARIABLES_MAX);
  for (size_t i = 0; i < count; i++)
    if (strncmp(list[i], "PGPASSWORD=", strlen("PGPASSWORD=")) == 0) {
      secrets[0] = list[i] + strlen("PGPASSWORD=");
      *mask = (struct mask){secrets, 1};
    }
  char **shared = environment_shared(NULL, 0);
  for (size_t i = 0; shared[i] && count < VARIABLES_MAX; i++)
    list[count++] = (char *)arena_printf(&step->arena, "%s", shared[i]);
  free(shared);
  list[count] = NULL;
  return list;
}

/* The database exists: what became of its contents. */
static bool restore(struct step *step) {
  const char *database = postgres_identity(step, 0, "name");
  struct mask mask = {0};
  char *const *environment = environment_of(step, &mask);
  const char *const argv[] = {
      "pg_restore",
      "--exit-on-error",
      "--no-password",
      arena_printf(&step->arena, "--jobs=%s", postgres_identity(step, 0, "jobs")),
      arena_printf(&step->arena, "--dbname=%s", pg_database_word(&step->arena, database)),
      "--",
      postgres_identity(step, 0, "file"),
      NULL};
  const struct program program = {.argv = (char *const *)argv,
                                  .environment = environment,
                                  .timeout_ms = RESTORE_MS,
                                  .change = true,
                                  .keep = true,
                                  .mask = &mask};
  struct program_end end = {0};
  const bool ran = environment && program_run(step, &program, &end);
  if (step->dropped)
    return false;
  if (ran && end.exit_code == 0)
    outcome_set(step->call->outcome, 0, OBJECT_SENT, "restored");
  else
    outcome_set_partly(step->call->outcome, 0, NULL,
                       "the database was created, but not filled: pg_restore %.300s. Do not use "
                       "it; drop it before the next attempt",
                       ran ? program_end_text(step, &end) : step->err.text);
  return true;
}

static bool execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  struct postgres_backup backup;
  if (!postgres_backup_find(step, postgres_identity(step, 0, "file"), &backup))
    return false;
  if (strcmp(backup.identity, postgres_identity(step, 0, "identity")) != 0) {
    outcome_set(outcome, 0, OBJECT_GONE, "the file has changed since the plan; nothing was done");
    return true;
  }
  struct postgres_conn *conn = postgres_conn_open(step);
  if (!conn)
    return false;
  if (!postgres_change(conn, postgres_identity(step, 0, "statement"), 0, NULL))
    return postgres_refused(conn);
  postgres_conn_close(conn);
  return restore(step);
}

/* ---- verify: what is in it */

/* The column that says when a row was written: by its default, else the first moment. */
// clang-format off
static const char tables_sql[] =
  "SELECT format('%I.%I', n.nspname, c.relname), coalesce(a.attname::text, ''),"
  " format('SELECT count(*)%s FROM %I.%I', CASE WHEN a.attname IS NULL THEN ', NULL::text'"
  "  ELSE format(', max(%I)::text', a.attname) END,"
  "  n.nspname, c.relname)"
  " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
  " LEFT JOIN LATERAL (SELECT a.attname FROM pg_attribute a LEFT JOIN pg_attrdef f"
  "  ON f.adrelid = a.attrelid AND f.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0"
  "  AND NOT a.attisdropped AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)"
  "  ORDER BY coalesce(pg_get_expr(f.adbin, f.adrelid) ~* 'now\\(\\)|CURRENT_TIMESTAMP', false) DESC,"
  "  a.attnum LIMIT 1) a ON true"
  " WHERE c.relkind = 'r' AND n.nspname" POSTGRES_NO_SYSTEM
  " ORDER BY pg_relation_size(c.oid) DESC, 1 LIMIT 500";
// clang-format on

struct counted {
  const char *name, *column, *statement;
};

static size_t tables_keep(struct step *step, const struct pg_rows *rows, struct counted *tables) {
  size_t count = 0;
  for (; count < rows->rows && count < TABLES_MAX; count++)
    tables[count] =
        (struct counted){.name = arena_printf(&step->arena, "%s", pg_cell(rows, count, 0)),
                         .column = arena_printf(&step->arena, "%s", pg_cell(rows, count, 1)),
                         .statement = arena_printf(&step->arena, "%s", pg_cell(rows, count, 2))};
  return count;
}

static void line_add(struct excerpt *lines, const char *text) {
  excerpt_add(lines, text, strlen(text));
}

/* False: the connection was lost, or a table cannot be read. */
static bool table_count(struct postgres_conn *conn, const struct counted *table,
                        struct excerpt *lines, int64_t *total) {
  struct step *step = postgres_step(conn);
  const struct pg_rows *rows = postgres_read(conn, 2, table->statement, 0, postgres_no_values);
  if (!rows || rows->rows != 1)
    return false;
  const int64_t count = strtoll(pg_cell(rows, 0, 0), NULL, 10);
  const char *newest = pg_cell(rows, 0, 1);
  *total += count;
  line_add(lines, arena_printf(&step->arena, "%s: %s%s%s%s%s\n", table->name,
                               shown_counted(&step->arena, count, "row", "rows"),
                               newest ? ", newest " : "", newest ? table->column : "",
                               newest ? " " : "", newest ? newest : ""));
  return true;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  struct excerpt lines;
  int64_t total = 0;
  struct postgres_conn *conn = postgres_conn_open_in(step, postgres_identity(step, 0, "name"));
  struct counted *tables = arena_alloc(&step->arena, TABLES_MAX * sizeof *tables);
  const struct pg_rows *rows = postgres_read(conn, 3, tables_sql, 0, postgres_no_values);
  if (!rows || !tables)
    return false;
  const size_t count = tables_keep(step, rows, tables);
  const size_t counted = count < COUNTED_MAX ? count : COUNTED_MAX;
  bool good = true;
  excerpt_init(&lines, OUTPUT_HEAD_MAX, OUTPUT_TAIL_MAX);
  for (size_t i = 0; i < counted && good; i++) {
    step_progress(step, (int64_t)i, (int64_t)counted, "tables");
    good = table_count(conn, &tables[i], &lines, &total);
  }
  outcome_output(outcome, OUTPUT_STDOUT, &lines, NULL);
  excerpt_fini(&lines);
  if (!good)
    return false;
  outcome_set(outcome, 0, OBJECT_DONE, "restored: %s rows in %zu of %zu tables%s",
              shown_count(&step->arena, total), counted, count,
              count == TABLES_MAX ? " or more" : "");
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  return true;
}

STEP_CANCELLABLE(survey, SURVEY_MS)
STEP_CANCELLABLE(execute, 0)
STEP_CANCELLABLE(verify, 0)

const struct action action_postgres_restore_backup = {
    .spec = {.id = "postgres.restore-backup",
             .kind = "postgres",
             .title = "restore a backup into a new database",
             .past = "restored",
             .what = "creates a database, restores a backup into it and counts its rows; no "
                     "existing database is touched",
             .runs = "CREATE DATABASE name; pg_restore --dbname=name file",
             .danger = DANGER_REVERSIBLE,
             ACTION_PARAMS(params)},
    STEPS,
};
