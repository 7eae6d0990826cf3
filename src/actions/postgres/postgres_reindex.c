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
static const struct table_spec *const tables[] = {&index_table, &postgres_holders_table};

enum { A_DATABASE, A_OID, A_NAME, A_TABLE, A_BYTES, A_VALID, A_PROBLEM, A_TABLE_OID, A_COLUMNS };

/* What a failed one has left is for postgres.drop-invalid-index. An index of an exclusion
 * constraint cannot be built again CONCURRENTLY. The size of one that is locked whole would be
 * waited for. */
static const char indexes_sql[] =
    "WITH held AS (SELECT DISTINCT relation FROM pg_locks WHERE locktype = 'relation'"
    "  AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid()), found AS ("
    "SELECT i.oid, format('%I.%I', n.nspname, i.relname) AS name,"
    " format('%I.%I', tn.nspname, t.relname) AS parent,"
    " CASE WHEN h.relation IS NULL THEN pg_relation_size(i.oid) END AS bytes, x.indisvalid,"
    " CASE WHEN NOT pg_has_role(t.relowner, 'USAGE') THEN 'needs the rights of its owner, '"
    "  || pg_get_userbyid(t.relowner) END AS problem, t.oid AS parent_oid" POSTGRES_INDEX_FROM
    " LEFT JOIN held h ON h.relation = i.oid"
    " WHERE i.relkind = 'i' AND i.relpersistence <> 't' AND NOT x.indisexclusion"
    " AND (m.oid IS NULL OR has_schema_privilege(n.oid, 'USAGE'))"
    " AND (x.indisvalid OR i.relname !~ '_cc(new|old)[0-9]*$') AND" POSTGRES_NO_SYSTEM ")"
    " SELECT format('%I', current_database()), oid, name, parent, bytes, indisvalid, problem,"
    " parent_oid FROM found"
    " ORDER BY sum(bytes) OVER (PARTITION BY parent) DESC NULLS LAST, parent,"
    " bytes DESC NULLS LAST, name LIMIT 5001";

static const char *indexes_ask(struct postgres_script *script) {
  return postgres_indexes_version(script) ? indexes_sql : NULL;
}

static void add_bytes(struct row *row, struct value bytes) {
  struct value *sum = &row->cells[C_BYTES];
  if (bytes.type == VALUE_INT)
    *sum = value_int((sum->type == VALUE_INT ? sum->integer : 0) + bytes.integer);
}

/* The row at the index after it was made; rows move. */
static bool add_row(struct postgres_script *script, const char *key, const char *parent,
                    const char *label, size_t *index) {
  struct table *table = &script->sample->tables[0];
  struct row *row = sample_row(script->sample, table, key, parent);
  if (!row)
    return false;
  row->cells[C_NAME] = value_text(label ? label : row->key);
  *index = table->row_count - 1;
  return true;
}

static void take_index(struct postgres_script *script, const struct pg_rows *rows, size_t at,
                       size_t index) {
  struct row *row = &script->sample->tables[0].rows[index];
  const char *valid = pg_cell(rows, at, A_VALID);
  /* its table's name is needed, too: to see whether its lock is to be had */
  bool named = !postgres_script_is_broken(script, at, A_NAME) &&
               !postgres_script_is_broken(script, at, A_TABLE);
  const char *problem = named ? pg_cell(rows, at, A_PROBLEM) : postgres_no_name;
  row->cells[C_BYTES] = postgres_int(pg_cell(rows, at, A_BYTES), "locked");
  row->cells[C_STATE] = value_text(valid && *valid == 't' ? "valid" : "invalid");
  row->cells[C_PROBLEM] = postgres_text(script->sample, problem, NULL);
  row->cells[C_OID] = postgres_oid(pg_cell(rows, at, A_OID), named);
}

static bool indexes_take(struct postgres_script *script, const struct pg_rows *rows,
                         const struct err *err) {
  struct table *table = &script->sample->tables[0];
  size_t parent = 0, index;
  if (!postgres_script_must(script, err))
    return false;
  for (size_t i = 0; i < rows->rows && i < INDEXES_MAX; i++) {
    const char *database = pg_cell(rows, i, A_DATABASE);
    const char *of = postgres_script_key(script, rows, i, A_TABLE, A_TABLE_OID);
    if (i == 0 && !add_row(script, database, NULL,
                           sample_printf(script->sample, "database %s", database), &index))
      break;
    if ((i == 0 || strcmp(table->rows[parent].key, of) != 0) &&
        !add_row(script, of, database, NULL, &parent))
      break;
    if (!add_row(script, postgres_script_key(script, rows, i, A_NAME, A_OID), of, NULL, &index))
      break;
    take_index(script, rows, i, index);
    add_bytes(&table->rows[parent], table->rows[index].cells[C_BYTES]);
    add_bytes(&table->rows[0], table->rows[index].cells[C_BYTES]);
  }
  if (rows->rows > INDEXES_MAX || table->truncated) {
    table->truncated = true;
    sample_note(script->sample, "indexes", NULL, "there are more indexes than the %d shown",
                INDEXES_MAX);
  }
  return true;
}

static const struct postgres_question indexes_question = {indexes_ask, indexes_take, A_COLUMNS,
                                                          .broken = true};
static const struct postgres_question *const questions[] = {&indexes_question,
                                                            &postgres_holders_question};

static void survey_start(struct act *act) {
  postgres_script_start(act, tables, 2, questions, 2);
}

static const struct act_step survey_step = {
    .timeout_ms = POSTGRES_SURVEY_MS, .start = survey_start, .drop = postgres_script_drop};

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
  plan_say(plan, PLAN_BLAST, "builds %s anew, %s in all, one after the other",
           postgres_counted(plan, (int64_t)count, "index", "indexes"), postgres_bytes(plan, bytes));
  plan_say(plan, PLAN_BLAST, "reads and writes go on; ALTER TABLE and VACUUM of the table wait");
  plan_say(plan, PLAN_WARNING,
           "needs up to %s of disk beside the old one for the largest, and as much WAL as it "
           "writes, %s in all: how much is free cannot be told by SQL",
           postgres_bytes(plan, largest), postgres_bytes(plan, bytes));
  postgres_tables_warn_waits(plan, request);
  if (problems > 0)
    plan_say(plan, PLAN_WARNING, "%zu of %zu will be refused: it takes the rights of the owner",
             problems, count);
  plan_say(plan, PLAN_WARNING,
           "one that fails or is cancelled leaves an invalid index (_ccnew, _ccold) that costs "
           "room and writes: it is looked for, and postgres.drop-invalid-index removes it");
  plan_say(plan, PLAN_PRECONDITION,
           "the index is still the same (oid and name), and its table's lock is to be had within "
           "3 s");
}

static bool reindex_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  size_t count;
  const struct row **rows = postgres_picked(request, plan, &count, err);
  if (!rows)
    return false;
  const struct table *table = &request->found->tables[0];
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->pins = postgres_work_pins;
  plan->pin_count = WORK_PIN_COUNT;
  postgres_identity_pin(request, plan, POSTGRES_OF_DATA);
  plan->unit = count == 1 ? "index" : "indexes";
  plan->title = count == 1 ? plan_printf(plan, "Rebuild %s of %s", rows[0]->key, plan->target)
                           : plan_printf(plan, "Rebuild %zu indexes of %s", count, plan->target);
  bool good = true;
  for (size_t i = 0; i < count && good; i++) {
    struct plan_victim *victim =
        postgres_work_victim(plan, rows[i]->key, postgres_found_int(table, rows[i], "oid"),
                             plan_printf(plan, "REINDEX INDEX CONCURRENTLY %s", rows[i]->key), err);
    if (!(good = victim != NULL))
      break;
    struct value bytes = postgres_found(table, rows[i], "bytes");
    victim->cells[0] = postgres_shown(plan, bytes, UNIT_BYTES);
    victim->cells[1] = rows[i]->parent ? plan_copy(plan, rows[i]->parent) : NULL;
    victim->cells[2] = plan_copy(plan, postgres_found_text(table, rows[i], "state"));
    if (bytes.type == VALUE_INT)
      victim->pins[WORK_PIN_BEFORE] = plan_printf(plan, "%lld", (long long)bytes.integer);
  }
  if (good)
    say(request, plan, rows, count);
  free(rows);
  return good;
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

static bool is_true(const char *cell) {
  return cell && *cell == 't';
}

static bool judge(struct act *act, size_t victim, const struct pg_rows *rows,
                  struct postgres_totals *totals) {
  struct outcome *outcome = act->outcome;
  char old[FORMAT_MAX], new[FORMAT_MAX];
  const char *before = act->plan->victims[victim].pins[WORK_PIN_BEFORE];
  if (rows->rows == 0) {
    outcome_set(outcome, victim, VICTIM_UNKNOWN, "rebuilt, but there is no such index any more");
    return true;
  }
  if (!is_true(pg_cell(rows, 0, 0)) || !is_true(pg_cell(rows, 0, 1))) {
    outcome_set(outcome, victim, VICTIM_UNKNOWN, "it ran without an error, but the index is %s",
                is_true(pg_cell(rows, 0, 0)) ? "the old one" : "not valid");
    return true;
  }
  const char *size = pg_cell(rows, 0, 2), *left = pg_cell(rows, 0, 3);
  int64_t now_bytes = size ? strtoll(size, NULL, 10) : 0;
  int64_t old_bytes = before ? strtoll(before, NULL, 10) : now_bytes;
  outcome_set(outcome, victim, VICTIM_DONE, "valid, %s before, %s now%s%s",
              before ? format_bytes(old, sizeof old, (double)old_bytes) : "?",
              format_bytes(new, sizeof new, (double)now_bytes),
              left ? "; beside it lies the invalid " : "", left ? left : "");
  totals->before += old_bytes;
  totals->now += now_bytes;
  totals->known++;
  return true;
}

static void conclude(struct outcome *outcome, const struct postgres_totals *totals) {
  char old[FORMAT_MAX], new[FORMAT_MAX];
  outcome_proof(outcome, "%zu of %zu indexes rebuilt and valid, %s before, %s now",
                outcome_count(outcome, VICTIM_DONE), outcome->count,
                format_bytes(old, sizeof old, (double)totals->before),
                format_bytes(new, sizeof new, (double)totals->now));
}

static const struct postgres_work work = {
    .check = check_sql,
    .progress = postgres_indexes_progress,
    .concurrently = true,
    .cancelled = "cancelled half-way: the old index is as it was",
    .prove = prove_sql,
    .judge = judge,
    .conclude = conclude,
};

POSTGRES_WORK_STEPS(work)

const struct action action_postgres_reindex = {
    .spec = {.id = "postgres.reindex",
             .kind = "postgres",
             .title = "rebuild indexes",
             .what = "builds indexes anew beside the old ones, then swaps them, while all goes on",
             .runs = "REINDEX INDEX CONCURRENTLY index",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .survey = &survey_step,
    .plan = reindex_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
