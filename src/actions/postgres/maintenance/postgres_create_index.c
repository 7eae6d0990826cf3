/* CREATE INDEX CONCURRENTLY. The statement is assembled by the server, from the names in its
 * catalogue: typed text only goes into it as a name that exists, or as the new one's; and as an
 * expression or condition, which the server has parsed in a transaction that may only read. */
#include "actions/postgres/maintenance/postgres_indexes.h"
#include "actions/postgres/maintenance/postgres_tables.h"

#include "clients/postgres/postgres_contract.h"
#include "core/text/format.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 63 };

static bool name_check(const char *text, struct err *err) {
  return strlen(text) <= NAME_MAX_BYTES ||
         err_set(err, ERR_INVALID, "the name is longer than %d bytes", NAME_MAX_BYTES);
}

static const char *const methods[] = {"btree", "hash", "gin", "gist", "spgist", "brin", NULL};

enum { P_TABLE, P_COLUMNS, P_UNIQUE, P_NAME, P_METHOD, P_EXPRESSION, P_INCLUDE, P_WHERE };
static const struct option params[] = {
    [P_TABLE] = {.name = "table",
                 .type = OPTION_TEXT,
                 .required = true,
                 .help = "name of the table, with its schema if the name is ambiguous",
                 .example = "public.transactions"},
    [P_COLUMNS] = {.name = "columns",
                   .type = OPTION_TEXT,
                   .help = "columns of the index, in order, separated by commas",
                   .example = "customer_id, created_at"},
    [P_UNIQUE] = {.name = "unique",
                  .type = OPTION_BOOL,
                  .fallback = "false",
                  .help = "reject rows with equal values"},
    [P_NAME] = {.name = "name",
                .type = OPTION_TEXT,
                .help = "name of the index, without a schema; default: chosen by the server",
                .check = name_check},
    [P_METHOD] = {.name = "method",
                  .type = OPTION_CHOICE,
                  .choices = methods,
                  .fallback = "btree",
                  .help = "of access"},
    [P_EXPRESSION] = {.name = "expression",
                      .type = OPTION_TEXT,
                      .help = "an SQL expression to index, after the columns; functions of your "
                              "own with their schema",
                      .example = "lower(email)"},
    [P_INCLUDE] = {.name = "include",
                   .type = OPTION_TEXT,
                   .help = "columns that are only stored, for scans of the index alone",
                   .example = "status, amount"},
    [P_WHERE] = {.name = "where",
                 .type = OPTION_TEXT,
                 .help = "an SQL condition: only rows that meet it are indexed",
                 .example = "status = 'pending'"},
};

/* ---- survey */

static const struct column_spec new_columns[] = {
    {.id = "name"},
    {.id = "oid"},
    {.id = "kind"},
    {.id = "bytes", .unit = UNIT_BYTES, .none = "locked"},
    {.id = "rows", .unit = UNIT_COUNT, .none = "not analyzed yet"},
    {.id = "problem"},
    {.id = "statement"},
    {.id = "undo"},
    {.id = "stamp"}, /* oids of its indexes, as an array */
};
enum { C_NAME, C_OID, C_KIND, C_ASKED = 6, C_STATEMENT = C_ASKED, C_UNDO, C_STAMP };
static const struct table_spec new_table = POSTGRES_TABLE_SPEC("table", "Table", new_columns);

static const struct column_spec old_columns[] = {
    {.id = "name"},
    {.id = "definition"},
    {.id = "begins", .unit = UNIT_COUNT}, /* 1: with the same columns */
    {.id = "valid", .unit = UNIT_COUNT},  /* 1: it is */
};
enum { A_OIDS = sizeof old_columns / sizeof *old_columns, A_COLUMNS };
static const struct table_spec old_table = POSTGRES_TABLE_SPEC("indexes", "Indexes", old_columns);

static const char table_sql[] =
    "SELECT format('%I.%I', n.nspname, t.relname), t.oid::text, t.relkind::text,"
    " " POSTGRES_TABLE_FIGURES ", " POSTGRES_INDEX_PROBLEM
    " FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace"
    " WHERE t.relkind IN ('r', 'm', 'p') AND " POSTGRES_TABLE_CALLED " ORDER BY 1 LIMIT 2";

/* Names in double quotes are as in SQL, others exactly as written, without surrounding blanks. */
#define NAME "\\s*(\"((?:[^\"]|\"\")+)\"|[^\",\\s](?:[^,]*[^,\\s])?)\\s*,"
#define IS_LIST(list) "(" list " IS NULL OR " list " || ',' ~ '^(?:" NAME ")+$')"
static const char statement_sql[] =
    "WITH names AS (SELECT use, coalesce(replace(part[2], '\"\"', '\"'), part[1]) AS name, ord"
    "  FROM (VALUES ('key', $2::text), ('include', $7::text)) typed (use, list),"
    "  regexp_matches(list || ',', '" NAME "', 'g') WITH ORDINALITY AS m (part, ord)),"
    " wanted AS (SELECT w.use, w.name, w.ord, a.attname, a.attnum FROM names w"
    "  LEFT JOIN pg_attribute a ON a.attrelid = $1::oid AND a.attname = w.name AND a.attnum > 0"
    "  AND NOT a.attisdropped),"
    " lists AS (SELECT use, string_agg(format('%I', coalesce(attname, '')), ', ' ORDER BY ord) AS "
    "list"
    "  FROM wanted GROUP BY use)"
    " SELECT " IS_LIST("$2::text") " AND " IS_LIST(
        "$7::text") " AND (SELECT count(*) <= 32 FROM names),"
                    " (SELECT string_agg(name, ', ' ORDER BY use DESC, ord) FROM wanted WHERE "
                    "attname IS NULL),"
                    " (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute"
                    "  WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped),"
                    " (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
                    "  WHERE c.relnamespace = n.oid AND c.relname = $4::text),"
                    " format('CREATE %sINDEX CONCURRENTLY %sON %I.%I USING %I (%s)%s%s',"
                    "  CASE WHEN $3::bool THEN 'UNIQUE ' ELSE '' END,"
                    "  CASE WHEN $4::text IS NULL THEN '' ELSE format('%I ', $4::text) END, "
                    "n.nspname, t.relname,"
                    "  $5::text, concat_ws(', ', (SELECT list FROM lists WHERE use = 'key'), '(' "
                    "|| $6::text || ')'),"
                    "  (SELECT format(' INCLUDE (%s)', list) FROM lists WHERE use = 'include'),"
                    "  ' WHERE (' || $8::text || ')'),"
                    " CASE WHEN $4::text IS NOT NULL"
                    "  THEN format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, $4::text) END,"
                    " (SELECT coalesce(array_agg(attnum ORDER BY ord), '{}')::text FROM wanted "
                    "WHERE use = 'key')"
                    " FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = "
                    "$1::oid";

static const char old_sql[] =
    "SELECT format('%I.%I', n.nspname, i.relname), pg_get_indexdef(i.oid),"
    " (x.indpred IS NULL AND a.amname = $3::text AND cardinality($2::int2[]) > 0"
    "  AND (string_to_array(x.indkey::text, ' ')::int2[])[1:cardinality($2::int2[])] = "
    "$2::int2[])::int,"
    " x.indisvalid::int, (array_agg(i.oid) OVER ())::text FROM pg_index x"
    " JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace"
    " JOIN pg_am a ON a.oid = i.relam WHERE x.indrelid = $1::oid ORDER BY 1 LIMIT 200";

/* The table that is meant: a row of "table". */
static struct value *read_table(struct step *step, struct postgres_conn *conn, const char *typed) {
  const struct pg_rows *rows =
      postgres_read_names(conn, C_ASKED, POSTGRES_VALUES(table_sql, typed));
  if (!rows || !postgres_resolved(step, rows, typed) || !postgres_must_name(conn, rows, C_NAME))
    return NULL;
  const char *kind = pg_cell(rows, 0, C_KIND);
  if (kind && *kind == 'p') {
    step_fail(step, ERR_UNSUPPORTED,
              "%.100s is partitioned, and PostgreSQL cannot build its index CONCURRENTLY; do it "
              "part by part",
              pg_cell(rows, 0, C_NAME));
    return NULL;
  }
  struct row *row = postgres_row_only(step, rows);
  return row ? row->cells : NULL;
}

/* Whether the server understands the expression ($1 of the format) in a query on the table. The
 * extended protocol takes one statement, and nothing is executed: there are no rows to compute. */
static bool is_understood(struct step *step, struct postgres_conn *conn, const char *what,
                          const char *query) {
  if (!query)
    return step_fail(step, ERR_LIMIT, "the %s is too long", what);
  if (!postgres_ask(conn, "BEGIN READ ONLY", 0, postgres_no_values))
    return false;
  const bool good = postgres_ask(conn, query, 0, postgres_no_values) != NULL;
  struct err err = step->err;
  if (postgres_is_up(conn) && !postgres_ask(conn, "ROLLBACK", 0, postgres_no_values))
    return false;
  return good || !postgres_is_up(conn)
             ? good
             : step_fail(step, ERR_INVALID, "the %s: %.400s", what, err.text);
}

static bool check_expressions(struct step *step, struct postgres_conn *conn, const char *name) {
  const char *const *texts = step->call->request->texts;
  if (!texts[P_COLUMNS] && !texts[P_EXPRESSION])
    return step_fail(step, ERR_INVALID, "an index needs columns or an expression");
  return (!texts[P_EXPRESSION] ||
          is_understood(step, conn, "expression",
                        arena_printf(&step->arena, "SELECT (%s) FROM %s LIMIT 0",
                                     texts[P_EXPRESSION], name))) &&
         (!texts[P_WHERE] ||
          is_understood(step, conn, "condition",
                        arena_printf(&step->arena, "SELECT 1 FROM %s WHERE (%s) LIMIT 0", name,
                                     texts[P_WHERE])));
}

/* The statement, assembled by the server. The numbers of its columns, as an array; NULL with
 * step->err. */
static const char *read_statement(struct step *step, struct postgres_conn *conn,
                                  struct value *cells) {
  enum { S_IS_LIST, S_MISSING, S_COLUMNS, S_EXISTS, S_STATEMENT, S_UNDO, S_NUMBERS, S_COUNT };
  const char *const *texts = step->call->request->texts;
  const struct pg_rows *rows =
      postgres_read_names(conn, S_COUNT,
                          POSTGRES_VALUES(statement_sql, cells[C_OID].text, texts[P_COLUMNS],
                                          texts[P_UNIQUE], texts[P_NAME], texts[P_METHOD],
                                          texts[P_EXPRESSION], texts[P_INCLUDE], texts[P_WHERE]));
  if (!rows)
    return NULL;
  if (rows->rows != 1)
    step_fail(step, ERR_INVALID, "the table was dropped in the meantime");
  else if (!postgres_is_true(pg_cell(rows, 0, S_IS_LIST)))
    step_fail(step, ERR_INVALID,
              "\"%.100s\" is not a list of columns; write a, b, and a name with a comma in double "
              "quotes",
              texts[P_COLUMNS] ? texts[P_COLUMNS] : texts[P_INCLUDE]);
  else if (pg_cell(rows, 0, S_MISSING))
    step_fail(step, ERR_INVALID, "%.60s has no column \"%.40s\"; it has %.110s", cells[C_NAME].text,
              pg_cell(rows, 0, S_MISSING),
              pg_cell(rows, 0, S_COLUMNS) ? pg_cell(rows, 0, S_COLUMNS) : "none");
  else if (pg_cell(rows, 0, S_EXISTS))
    step_fail(step, ERR_INVALID, "%.200s already exists", pg_cell(rows, 0, S_EXISTS));
  else if (postgres_must_name(conn, rows, S_STATEMENT)) {
    cells[C_STATEMENT] = postgres_text(step->found, pg_cell(rows, 0, S_STATEMENT), NULL);
    cells[C_UNDO] = postgres_text(step->found, pg_cell(rows, 0, S_UNDO), NULL);
    return arena_printf(&step->arena, "%s", pg_cell(rows, 0, S_NUMBERS));
  }
  return NULL;
}

static bool read_old(struct step *step, struct postgres_conn *conn, struct value *cells,
                     const char *numbers) {
  struct sample *sample = step->found;
  const struct pg_rows *rows = postgres_read_names(
      conn, A_COLUMNS,
      POSTGRES_VALUES(old_sql, cells[C_OID].text, numbers, step->call->request->texts[P_METHOD]));
  cells[C_STAMP] = value_text("{}");
  for (size_t i = 0; rows && i < rows->rows; i++) {
    if (!postgres_row(sample, &sample->tables[1], pg_cell(rows, i, 0), NULL, rows, i))
      break;
    cells[C_STAMP] = postgres_text(sample, pg_cell(rows, i, A_OIDS), NULL);
  }
  return rows != NULL;
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&new_table, &old_table,
                                                    &postgres_holders_table};
  struct postgres_conn *conn = postgres_indexes_open(step, tables, 3);
  struct value *cells = read_table(step, conn, step->call->request->texts[P_TABLE]);
  const char *numbers = cells && check_expressions(step, conn, cells[C_NAME].text)
                            ? read_statement(step, conn, cells)
                            : NULL;
  return numbers && read_old(step, conn, cells, numbers) && postgres_read_holders(step, conn);
}

STEP(survey, POSTGRES_STEP_MS)

/* ---- plan */

static const struct postgres_column columns[] = {{"SIZE", "bytes"}, {"ROWS", "rows"}, {0}};

static void say_others(const struct action_request *request, struct plan *plan) {
  const struct table *old = sample_table_view(request->found, old_table.id);
  for (size_t i = 0; old && i < old->row_count; i++) {
    const struct row *row = &old->rows[i];
    const char *definition = postgres_found_text(old, row, "definition");
    if (postgres_found_int(old, row, "begins") && postgres_found_int(old, row, "valid"))
      plan_say(plan, PLAN_WARNING, "%s already starts with these columns: %.300s", row->key,
               definition);
    else if (postgres_found_int(old, row, "begins"))
      plan_say(plan, PLAN_WARNING,
               "%s is the same but invalid; postgres.drop-invalid-index removes it", row->key);
  }
}

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  const struct row *row = rows[0];
  (void)count;
  const char *undo = postgres_found_text(table, row, "undo");
  struct value bytes = postgres_found(table, row, "bytes");
  plan_say(plan, PLAN_BLAST, "reads the table twice (%s), and writes the index beside it",
           bytes.type == VALUE_INT ? postgres_bytes(plan, bytes.integer) : "size not known");
  plan_say(plan, PLAN_BLAST,
           "reads and writes continue; ALTER TABLE and VACUUM of the table wait; afterwards every "
           "write also updates the index");
  say_others(request, plan);
  if (request->texts[P_WHERE])
    plan_say(plan, PLAN_BLAST, "only queries whose own condition implies this one can use it");
  if (request->params[P_UNIQUE].number)
    plan_say(plan, PLAN_WARNING,
             "it fails if two rows have the same values; it may already reject writes before it "
             "is finished");
  plan_say(plan, PLAN_WARNING,
           "if it fails or is cancelled it leaves an invalid index: stacktop looks for it, and "
           "postgres.drop-invalid-index removes it");
  plan_say(plan, PLAN_PRECONDITION, "the table is still the same (oid and name)");
  if (*undo)
    plan_say(plan, PLAN_UNDO, "%s;", undo);
  else
    plan_say(plan, PLAN_UNDO, "DROP INDEX CONCURRENTLY, with the name that the server gives it");
}

/* ---- execute, verify */

/* Whether the columns still exist is up to the server. */
static const char check_sql[] =
    "SELECT NULL, CASE WHEN t.relkind = 'r' THEN format('%I.%I', n.nspname, t.relname) END,"
    " (SELECT coalesce(array_agg(o.indexrelid), '{}')::text FROM pg_index o"
    "  WHERE o.indrelid = t.oid AND NOT o.indisvalid)"
    " FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = $1::oid"
    " AND $2::text ~ '^CREATE (UNIQUE )?INDEX CONCURRENTLY '"
    " AND position(format(' ON %I.%I USING ', n.nspname, t.relname) IN $2::text) > 0";

/* What the table has now and did not have before. */
static const char prove_sql[] =
    "SELECT true, CASE WHEN NOT x.indisvalid THEN o.name || ' is not valid' END,"
    " o.name || ' is valid, ', pg_relation_size(i.oid),"
    " '; DROP INDEX CONCURRENTLY ' || o.name || ' takes it back'" POSTGRES_INDEX_FROM
    ", LATERAL (SELECT " POSTGRES_INDEX_NAME " AS name) o WHERE x.indrelid = $1::oid"
    " AND " POSTGRES_INDEX_TABLE " = $2::text AND i.oid <> ALL ($3::oid[])"
    " ORDER BY i.oid LIMIT 1";

static void size_now(char out[POSTGRES_FIGURES_MAX], int64_t before, int64_t now) {
  (void)before;
  format_bytes(out, POSTGRES_FIGURES_MAX, (double)now);
}

static const struct postgres_work create = {
    .title = "Create an index on",
    .one = "table",
    .columns = columns,
    .say = say,
    .check = check_sql,
    .progress = postgres_indexes_progress,
    .concurrently = true,
    .cancelled = "cancelled",
    .prove = prove_sql,
    .missing = OBJECT_UNKNOWN,
    .missing_words = "no error, but the table has no new index",
    .figures = size_now,
};

POSTGRES_WORK_STEPS(create, NULL)

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == P_TABLE && postgres_tables_preset(row, out, size);
}

const struct action action_postgres_create_index = {
    .spec = {.id = "postgres.create-index",
             .kind = "postgres",
             .context = POSTGRES_TABLES_TABLE,
             .title = "create an index",
             .past = "created",
             .what = "builds a new index on columns of a table without blocking reads or writes",
             .runs = "CREATE INDEX CONCURRENTLY ON table (columns, (expression)) INCLUDE (columns) "
                     "WHERE (condition)",
             .danger = DANGER_REVERSIBLE,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    .preset = preset,
    .survey = &survey_step,
    POSTGRES_WORK(create),
};
