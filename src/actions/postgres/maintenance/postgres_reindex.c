/* REINDEX CONCURRENTLY of indexes, of all of a table, or of the database: one index after the
 * other, so that each is either rebuilt or untouched. */
#include "actions/postgres/maintenance/postgres_indexes.h"
#include "actions/postgres/maintenance/postgres_room.h"

#include "clients/postgres/postgres_contract.h"

#include <stdio.h>
#include <string.h>

enum { INDEXES_MAX = 5000 };

/* ---- survey */

enum { C_NAME, C_BYTES, C_COLUMNS = 6, A_DATABASE = C_COLUMNS, A_TABLE, A_TABLE_OID, A_COLUMNS };
static const struct column_spec index_columns[C_COLUMNS] = {
    [C_NAME] = {.id = "name", .title = "INDEX", .flags = COLUMN_FLEX, .width = 20},
    [C_BYTES] = {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES, .none = "locked"},
    {.id = "state", .title = "STATE"},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
    {.id = "place", .title = "TABLESPACE", .flags = COLUMN_DETAIL},
};
static const struct table_spec index_table = {.id = "indexes",
                                              .title = "Indexes",
                                              .flags = TABLE_UNFOLDED,
                                              .columns = index_columns,
                                              .column_count = C_COLUMNS};

/* Indexes that a failed one has left are for postgres.drop-invalid-index. An index of an exclusion
 * constraint cannot be rebuilt CONCURRENTLY. */
static const char indexes_sql[] =
    "WITH " POSTGRES_HELD ", found AS ("
    "SELECT i.oid, " POSTGRES_INDEX_NAME " AS name, " POSTGRES_INDEX_TABLE " AS parent,"
    " " POSTGRES_INDEX_SIZE " AS bytes,"
    " CASE WHEN x.indisvalid THEN 'valid' ELSE 'invalid' END AS state,"
    " " POSTGRES_INDEX_PROBLEM " AS problem, t.oid AS parent_oid,"
    " " POSTGRES_PLACE(
        "i") " AS place" POSTGRES_INDEX_FROM " LEFT JOIN held h ON h.relation = i.oid"
             " WHERE i.relkind = 'i' AND i.relpersistence <> 't' AND NOT x.indisexclusion"
             " AND (m.oid IS NULL OR has_schema_privilege(n.oid, 'USAGE'))"
             " AND (x.indisvalid OR i.relname !~ '_cc(new|old)[0-9]*$')"
             " AND tn.nspname" POSTGRES_NO_SYSTEM ")"
             " SELECT name, bytes, state, problem, oid, place, format('%I', current_database()), "
             "parent, parent_oid"
             " FROM found"
             " ORDER BY sum(bytes) OVER (PARTITION BY parent) DESC NULLS LAST, parent,"
             " bytes DESC NULLS LAST, name LIMIT 5001";

static void add_bytes(struct row *row, struct value bytes) {
  struct value *sum = &row->cells[C_BYTES];
  if (bytes.type == VALUE_INT)
    *sum = value_int((sum->type == VALUE_INT ? sum->integer : 0) + bytes.integer);
}

/* A row that stands for several indexes; its index in the table, since rows move. -1: no room. */
static ptrdiff_t add_group(struct sample *sample, const char *key, const char *parent,
                           const char *label) {
  struct table *table = &sample->tables[0];
  struct row *row = sample_row(sample, table, key, parent);
  if (!row)
    return -1;
  row->cells[C_NAME] = value_text(label ? label : row->key);
  return row - table->rows;
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&index_table, &postgres_holders_table,
                                                    &postgres_room_table};
  struct postgres_conn *conn = postgres_indexes_open(step, tables, 3);
  const struct pg_rows *rows =
      postgres_read_names(conn, A_COLUMNS, indexes_sql, 0, postgres_no_values);
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
    /* its table's name is needed, too: to check whether it can be locked */
    const struct row *row = parent < 0 ? NULL : postgres_row_named(conn, of, rows, i, A_TABLE);
    if (!row)
      break;
    add_bytes(&table->rows[parent], row->cells[C_BYTES]);
    add_bytes(&table->rows[0], row->cells[C_BYTES]);
  }
  postgres_found_cut(sample, rows, INDEXES_MAX);
  return postgres_read_holders(step, conn) && postgres_read_room(step, conn);
}

STEP(survey, POSTGRES_STEP_MS)

/* ---- plan */

static const struct postgres_column columns[] = {
    {"SIZE", "bytes"}, {"TABLE", NULL}, {"STATE", "state"}, {0}};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  int64_t bytes = 0, largest = 0;
  for (size_t i = 0; i < count; i++) {
    int64_t size = postgres_found_int(table, rows[i], "bytes");
    bytes = bytes + size;
    largest = size > largest ? size : largest;
  }
  plan_say(plan, PLAN_BLAST, "rebuilds %s, %s in total, one after the other",
           postgres_counted(plan, (int64_t)count, "index", "indexes"), postgres_bytes(plan, bytes));
  plan_say(plan, PLAN_BLAST, "reads and writes continue; ALTER TABLE and VACUUM of the table wait");
  plan_say(plan, PLAN_WARNING,
           "needs up to %s of free disk space for the largest, and WAL for everything it writes, "
           "%s in total",
           postgres_bytes(plan, largest), postgres_bytes(plan, bytes));
  plan_say(plan, PLAN_WARNING,
           "a failed or cancelled rebuild leaves an invalid index (_ccnew, _ccold) that costs "
           "space and writes: stacktop looks for it, and postgres.drop-invalid-index removes it");
  plan_say(plan, PLAN_PRECONDITION, "the index is still the same (oid and name)");
}

/* ---- execute, verify */

static const char check_sql[] =
    "SELECT NULL, " POSTGRES_INDEX_LOCK POSTGRES_INDEX_FROM " WHERE i.oid = $1::oid"
    " AND $2::text = 'REINDEX INDEX CONCURRENTLY ' || " POSTGRES_INDEX_NAME;

/* The new index has the old one's name and a new oid. */
static const char prove_sql[] =
    "SELECT true, CASE WHEN NOT x.indisvalid THEN 'the index is not valid'"
    "  WHEN i.oid = $1::oid THEN 'the index is the old one' END, 'valid, ', "
    "pg_relation_size(i.oid),"
    " (SELECT '; left behind invalid: ' || string_agg(format('%I.%I', on_.nspname, oi.relname), ', "
    "')"
    "  FROM pg_index o"
    "  JOIN pg_class oi ON oi.oid = o.indexrelid JOIN pg_namespace on_ ON on_.oid = oi.relnamespace"
    "  WHERE o.indrelid = x.indrelid AND NOT o.indisvalid"
    "  AND oi.relname ~ '_cc(new|old)[0-9]*$')" POSTGRES_INDEX_FROM " WHERE " POSTGRES_INDEX_NAME
    " = $2::text AND $3::text IS NULL";

static const struct postgres_work reindex = {
    .title = "Rebuild",
    .one = "index",
    .many = "indexes",
    .before = "bytes",
    .columns = columns,
    .say = say,
    .permits = postgres_room_check,
    .check = check_sql,
    .progress = postgres_indexes_progress,
    .concurrently = true,
    .cancelled = "cancelled: the old index is unchanged",
    .prove = prove_sql,
    .missing = OBJECT_UNKNOWN,
    .missing_words = "rebuilt, but the index no longer exists",
    .figures = postgres_figures_bytes,
    .together = "indexes rebuilt and valid, ",
};

POSTGRES_WORK_STEPS(reindex, "REINDEX INDEX CONCURRENTLY")

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == 0 && postgres_indexes_preset(row, out, size);
}

const struct action action_postgres_reindex = {
    .spec = {.id = "postgres.reindex",
             .kind = "postgres",
             .context = POSTGRES_INDEXES_TABLE,
             .title = "rebuild indexes",
             .past = "rebuilt",
             .what = "rebuilds indexes without blocking reads or writes",
             .runs = "REINDEX INDEX CONCURRENTLY index",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .preset = preset,
    .survey = &survey_step,
    POSTGRES_WORK(reindex),
};
