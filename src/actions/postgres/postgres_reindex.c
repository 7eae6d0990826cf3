/* REINDEX CONCURRENTLY of indexes, of all of a table, or of the database: one index after the
 * other, so that each is whole or untouched. */
#include "actions/postgres/postgres_indexes.h"
#include "actions/postgres/postgres_tables.h"

#include "core/format.h"

#include <stdlib.h>
#include <string.h>

enum { INDEXES_MAX = 5000 };

/* ---- survey */

static const struct column_spec index_columns[] = {
    {.id = "name", .title = "INDEX", .flags = COLUMN_FLEX, .width = 20},
    {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES},
    {.id = "state", .title = "STATE"},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
};
enum { C_NAME, C_BYTES, C_STATE, C_PROBLEM, C_OID };
static const struct table_spec index_table = {.id = "indexes",
                                              .title = "Indexes",
                                              .flags = TABLE_UNFOLDED,
                                              .columns = index_columns,
                                              .column_count =
                                                  sizeof index_columns / sizeof *index_columns};

/* What the answer has beside the table's columns, which come first. */
enum { A_DATABASE = C_OID + 1, A_TABLE, A_TABLE_OID, A_COLUMNS };

/* What a failed one has left is for postgres.drop-invalid-index. An index of an exclusion
 * constraint cannot be built again CONCURRENTLY. The size of one that is locked whole would be
 * waited for. */
static const char indexes_sql[] =
    "WITH held AS (SELECT DISTINCT relation FROM pg_locks WHERE locktype = 'relation'"
    "  AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid()), found AS ("
    "SELECT i.oid, format('%I.%I', n.nspname, i.relname) AS name,"
    " format('%I.%I', tn.nspname, t.relname) AS parent,"
    " CASE WHEN h.relation IS NULL THEN pg_relation_size(i.oid) END AS bytes,"
    " CASE WHEN x.indisvalid THEN 'valid' ELSE 'invalid' END AS state,"
    " CASE WHEN NOT pg_has_role(t.relowner, 'USAGE') THEN 'needs the rights of its owner, '"
    "  || pg_get_userbyid(t.relowner) END AS problem, t.oid AS parent_oid" POSTGRES_INDEX_FROM
    " LEFT JOIN held h ON h.relation = i.oid"
    " WHERE i.relkind = 'i' AND i.relpersistence <> 't' AND NOT x.indisexclusion"
    " AND (m.oid IS NULL OR has_schema_privilege(n.oid, 'USAGE'))"
    " AND (x.indisvalid OR i.relname !~ '_cc(new|old)[0-9]*$') AND" POSTGRES_NO_SYSTEM ")"
    " SELECT name, bytes, state, problem, oid, format('%I', current_database()), parent, parent_oid"
    " FROM found"
    " ORDER BY sum(bytes) OVER (PARTITION BY parent) DESC NULLS LAST, parent,"
    " bytes DESC NULLS LAST, name LIMIT 5001";

static void add_bytes(struct row *row, struct value bytes) {
  struct value *sum = &row->cells[C_BYTES];
  if (bytes.type == VALUE_INT)
    *sum = value_int((sum->type == VALUE_INT ? sum->integer : 0) + bytes.integer);
}

/* A row that stands for several indexes; its place in the table, since rows move. -1: no room. */
static ptrdiff_t add_group(struct sample *sample, const char *key, const char *parent,
                           const char *label) {
  struct table *table = &sample->tables[0];
  struct row *row = sample_row(sample, table, key, parent);
  if (!row)
    return -1;
  row->cells[C_NAME] = value_text(label ? label : row->key);
  return row - table->rows;
}

static bool add_index(struct postgres_conn *conn, struct sample *sample, const char *parent,
                      const struct pg_rows *rows, size_t i) {
  struct table *table = &sample->tables[0];
  struct row *row =
      postgres_row(sample, table, postgres_key(conn, rows, i, C_NAME, C_OID), parent, rows, i);
  if (!row)
    return false;
  row->cells[C_NAME] = value_text(row->key);
  if (row->cells[C_BYTES].type == VALUE_NONE)
    row->cells[C_BYTES] = value_none("locked");
  /* its table's name is needed, too: to see whether its lock can be taken */
  if (postgres_is_broken(conn, i, C_NAME) || postgres_is_broken(conn, i, A_TABLE))
    postgres_row_unnamed(table, row);
  return true;
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&index_table, &postgres_holders_table};
  struct postgres_conn *conn = postgres_indexes_open(step, tables, 2);
  const struct pg_rows *rows =
      conn ? postgres_read_names(conn, A_COLUMNS, indexes_sql, 0, postgres_no_values) : NULL;
  if (!rows)
    return false;
  struct sample *sample = step->found;
  struct table *table = &sample->tables[0];
  ptrdiff_t parent = -1;
  for (size_t i = 0; i < rows->rows && i < INDEXES_MAX; i++) {
    const char *database = pg_cell(rows, i, A_DATABASE);
    const char *of = postgres_key(conn, rows, i, A_TABLE, A_TABLE_OID);
    if (i == 0 &&
        add_group(sample, database, NULL, sample_printf(sample, "database %s", database)) < 0)
      break;
    if (parent < 0 || strcmp(table->rows[parent].key, of) != 0)
      parent = add_group(sample, of, database, NULL);
    if (parent < 0 || !add_index(conn, sample, of, rows, i))
      break;
    const struct value bytes = table->rows[table->row_count - 1].cells[C_BYTES];
    add_bytes(&table->rows[parent], bytes);
    add_bytes(&table->rows[0], bytes);
  }
  if (rows->rows > INDEXES_MAX || table->truncated) {
    table->truncated = true;
    sample_note(sample, "indexes", NULL, "more than %d indexes; only these are shown", INDEXES_MAX);
  }
  return postgres_read_holders(step, conn);
}

STEP(survey, POSTGRES_STEP_MS)

/* ---- plan */

static const struct plan_column columns[] = {{"SIZE", true}, {"TABLE", false}, {"STATE", false}};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  int64_t bytes = 0, largest = 0;
  size_t problems = 0;
  for (size_t i = 0; i < count; i++) {
    int64_t size = postgres_found_int(table, rows[i], "bytes");
    bytes = bytes + size;
    largest = size > largest ? size : largest;
    problems += *postgres_found_text(table, rows[i], "problem") != '\0';
  }
  plan_say(plan, PLAN_BLAST, "rebuilds %s, %s in total, one after the other",
           postgres_counted(plan, (int64_t)count, "index", "indexes"), postgres_bytes(plan, bytes));
  plan_say(plan, PLAN_BLAST, "reads and writes continue; ALTER TABLE and VACUUM of the table wait");
  plan_say(plan, PLAN_WARNING,
           "needs up to %s of free disk space for the largest, and WAL for everything it writes, "
           "%s in total; SQL cannot tell how much space is free",
           postgres_bytes(plan, largest), postgres_bytes(plan, bytes));
  postgres_tables_warn_waits(plan, request);
  if (problems > 0)
    plan_say(plan, PLAN_WARNING, "%zu of %zu will be refused: the rights of the owner are needed",
             problems, count);
  plan_say(plan, PLAN_WARNING,
           "a failed or cancelled rebuild leaves an invalid index (_ccnew, _ccold) that costs "
           "space and writes: stacktop looks for it, and postgres.drop-invalid-index removes it");
  plan_say(
      plan, PLAN_PRECONDITION,
      "the index is still the same (oid and name), and its table's lock is available within 3 s");
}

/* ---- execute, verify */

static const char check_sql[] =
    "SELECT NULL, " POSTGRES_INDEX_LOCK ", " POSTGRES_INDEX_INVALID POSTGRES_INDEX_FROM
    " WHERE i.oid = $1::oid"
    " AND $2::text = format('REINDEX INDEX CONCURRENTLY %I.%I', n.nspname, i.relname)";

/* The new index has the old one's name and an oid of its own. */
static const char prove_sql[] =
    "SELECT x.indisvalid, i.oid <> $1::oid, pg_relation_size(i.oid),"
    " (SELECT string_agg(format('%I.%I', on_.nspname, oi.relname), ', ') FROM pg_index o"
    "  JOIN pg_class oi ON oi.oid = o.indexrelid JOIN pg_namespace on_ ON on_.oid = oi.relnamespace"
    "  WHERE o.indrelid = x.indrelid AND NOT o.indisvalid"
    "  AND oi.relname ~ '_cc(new|old)[0-9]*$')" POSTGRES_INDEX_FROM
    " WHERE format('%I.%I', n.nspname, i.relname) = $2::text AND $3::text IS NULL";

static bool judge(struct act *act, size_t object, const struct pg_rows *rows,
                  struct postgres_totals *totals) {
  struct outcome *outcome = act->outcome;
  char old[FORMAT_MAX], new[FORMAT_MAX];
  const char *before = act->plan->objects[object].identities[WORK_IDENTITY_BEFORE];
  if (rows->rows == 0) {
    outcome_set(outcome, object, OBJECT_UNKNOWN, "rebuilt, but the index no longer exists");
    return true;
  }
  if (!postgres_is_true(pg_cell(rows, 0, 0)) || !postgres_is_true(pg_cell(rows, 0, 1))) {
    outcome_set(outcome, object, OBJECT_UNKNOWN, "no error, but the index is %s",
                postgres_is_true(pg_cell(rows, 0, 0)) ? "the old one" : "not valid");
    return true;
  }
  const char *size = pg_cell(rows, 0, 2), *left = pg_cell(rows, 0, 3);
  int64_t now_bytes = size ? strtoll(size, NULL, 10) : 0;
  int64_t old_bytes = before ? strtoll(before, NULL, 10) : now_bytes;
  outcome_set(outcome, object, OBJECT_DONE, "valid, %s before, %s now%s%s",
              before ? format_bytes(old, sizeof old, (double)old_bytes) : "?",
              format_bytes(new, sizeof new, (double)now_bytes),
              left ? "; left behind invalid: " : "", left ? left : "");
  totals->before += old_bytes;
  totals->now += now_bytes;
  totals->known++;
  return true;
}

static void conclude(struct outcome *outcome, const struct postgres_totals *totals) {
  char old[FORMAT_MAX], new[FORMAT_MAX];
  outcome_proof(outcome, "%zu of %zu indexes rebuilt and valid, %s before, %s now",
                outcome_count(outcome, OBJECT_DONE), outcome->count,
                format_bytes(old, sizeof old, (double)totals->before),
                format_bytes(new, sizeof new, (double)totals->now));
}

static const char *const cells[] = {"bytes", NULL, "state"};

static const struct postgres_work work = {
    .title_one = "Rebuild",
    .title_many = "Rebuild",
    .objects = "indexes",
    .unit_one = "index",
    .unit_many = "indexes",
    .before = "bytes",
    .columns = columns,
    .cells = cells,
    .column_count = sizeof columns / sizeof *columns,
    .say = say,
    .check = check_sql,
    .progress = postgres_indexes_progress,
    .concurrently = true,
    .cancelled = "cancelled: the old index is unchanged",
    .prove = prove_sql,
    .judge = judge,
    .conclude = conclude,
};

POSTGRES_WORK_STEPS(work, "REINDEX INDEX CONCURRENTLY")

const struct action action_postgres_reindex = {
    .spec = {.id = "postgres.reindex",
             .kind = "postgres",
             .title = "rebuild indexes",
             .past = "rebuilt",
             .what = "rebuilds indexes without blocking reads or writes",
             .runs = "REINDEX INDEX CONCURRENTLY index",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .survey = &survey_step,
    .plan = make_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
