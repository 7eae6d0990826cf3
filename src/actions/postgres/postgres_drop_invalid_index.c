/* Removes what a failed CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY has left: no query uses
 * it, but every write keeps it up to date. */
#include "actions/postgres/postgres_indexes.h"
#include "actions/postgres/postgres_tables.h"

#include "core/format.h"

#include <stdlib.h>
#include <string.h>

enum { INVALID_MAX = 1000 };

/* ---- survey */

static const struct column_spec invalid_columns[] = {
    {.id = "name", .title = "INDEX", .flags = COLUMN_FLEX, .width = 20},
    {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES},
    {.id = "table", .title = "TABLE"},
    {.id = "origin", .title = "LEFT BY", .priority = 1},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
    {.id = "file", .title = "FILE", .flags = COLUMN_DETAIL},
};
enum { C_NAME, C_BYTES, C_TABLE, C_ORIGIN, C_PROBLEM, C_OID, C_FILE };
static const struct table_spec invalid_table = {.id = "indexes",
                                                .title = "Invalid indexes",
                                                .columns = invalid_columns,
                                                .column_count = sizeof invalid_columns /
                                                                sizeof *invalid_columns};
static const struct table_spec *const tables[] = {&invalid_table, &postgres_holders_table};

enum { A_OID, A_FILE, A_NAME, A_TABLE, A_BYTES, A_ORIGIN, A_PROBLEM, A_BUILDER, A_COLUMNS };

static const char invalid_sql[] =
    "WITH held AS (SELECT DISTINCT relation FROM pg_locks WHERE locktype = 'relation'"
    "  AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid())"
    " SELECT i.oid, i.relfilenode, format('%I.%I', n.nspname, i.relname),"
    " format('%I.%I', tn.nspname, t.relname),"
    " CASE WHEN h.relation IS NULL THEN pg_relation_size(i.oid) END,"
    " CASE WHEN i.relname ~ '_ccnew[0-9]*$' THEN 'REINDEX: the new one, not finished'"
    "  WHEN i.relname ~ '_ccold[0-9]*$' THEN 'REINDEX: the old one, not dropped'"
    "  ELSE 'CREATE INDEX: not finished' END,"
    " CASE WHEN NOT pg_has_role(t.relowner, 'USAGE') THEN 'needs the rights of its owner, '"
    "  || pg_get_userbyid(t.relowner) END, " POSTGRES_BUILDER POSTGRES_INDEX_FROM
    " LEFT JOIN held h ON h.relation = i.oid"
    " WHERE NOT x.indisvalid AND i.relkind = 'i' AND i.relpersistence <> 't' AND" POSTGRES_NO_SYSTEM
    " ORDER BY 5 DESC NULLS LAST, 3 LIMIT 1000";

static const char *invalid_ask(struct postgres_script *script) {
  return postgres_indexes_version(script) ? invalid_sql : NULL;
}

static bool invalid_take(struct postgres_script *script, const struct pg_rows *rows,
                         const struct err *err) {
  struct sample *sample = script->sample;
  struct table *table = &sample->tables[0];
  if (!postgres_script_must(script, err))
    return false;
  for (size_t i = 0; i < rows->rows; i++) {
    const char *builder = pg_cell(rows, i, A_BUILDER);
    const char *name = postgres_script_key(script, rows, i, A_NAME, A_OID);
    bool named = !postgres_script_is_broken(script, i, A_NAME) &&
                 !postgres_script_is_broken(script, i, A_TABLE);
    const char *problem = named ? pg_cell(rows, i, A_PROBLEM) : postgres_no_name;
    if (builder) { /* it is no candidate */
      sample_note(sample, "indexes", NULL, "%s is left out: pid %s builds an index there", name,
                  builder);
      continue;
    }
    struct row *row = sample_row(sample, table, name, NULL);
    if (!row)
      break;
    row->cells[C_NAME] = value_text(row->key);
    row->cells[C_BYTES] = postgres_int(pg_cell(rows, i, A_BYTES), "locked");
    row->cells[C_TABLE] = postgres_text(sample, pg_cell(rows, i, A_TABLE), NULL);
    row->cells[C_ORIGIN] = postgres_text(sample, pg_cell(rows, i, A_ORIGIN), NULL);
    row->cells[C_PROBLEM] = postgres_text(sample, problem, NULL);
    row->cells[C_OID] = postgres_oid(pg_cell(rows, i, A_OID), named);
    row->cells[C_FILE] = postgres_text(sample, pg_cell(rows, i, A_FILE), NULL);
  }
  if (rows->rows == INVALID_MAX)
    sample_note(sample, "indexes", NULL, "no more than %d are shown", INVALID_MAX);
  if (table->row_count > 0)
    return true;
  if (sample->note_count > 0)
    return err_set(&script->err, ERR_INVALID, "%s", sample->notes[0].text);
  return err_set(&script->err, ERR_INVALID, "no index is invalid");
}

static const struct postgres_question invalid_question = {invalid_ask, invalid_take, A_COLUMNS,
                                                          .broken = true};
static const struct postgres_question *const questions[] = {&invalid_question,
                                                            &postgres_holders_question};

static void survey_start(struct act *act) {
  postgres_script_start(act, tables, 2, questions, 2);
}

static const struct act_step survey_step = {
    .timeout_ms = POSTGRES_SURVEY_MS, .start = survey_start, .drop = postgres_script_drop};

/* ---- plan */

static const struct plan_column columns[] = {{"SIZE", true}, {"TABLE", false}, {"LEFT BY", false}};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  int64_t bytes = 0;
  bool old = false;
  for (size_t i = 0; i < count; i++) {
    bytes += postgres_found_int(table, rows[i], "bytes");
    old = old || strstr(postgres_found_text(table, rows[i], "origin"), "not finished");
    if (*postgres_found_text(table, rows[i], "problem"))
      plan_say(plan, PLAN_WARNING, "%s will be refused: %s", rows[i]->key,
               postgres_found_text(table, rows[i], "problem"));
  }
  plan_say(plan, PLAN_BLAST, "gives %s back; no query has used %s, every write has",
           postgres_bytes(plan, bytes), count == 1 ? "it" : "them");
  plan_say(plan, PLAN_BLAST, "reads and writes go on meanwhile");
  if (old)
    plan_say(plan, PLAN_BLAST, "what was to be built is still missing: build it again afterwards");
  postgres_tables_warn_waits(plan, request);
  plan_say(plan, PLAN_LOSS, "the index itself; its table keeps every row");
  plan_say(
      plan, PLAN_PRECONDITION,
      "it is still the same (oid, file and name), still invalid, and nobody builds an index of "
      "its table: asked right before it on the same session");
  plan_say(plan, PLAN_PRECONDITION, "its table's lock is to be had within 3 s");
}

static bool drop_plan(const struct action_request *request, struct plan *plan, struct err *err) {
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
  plan->title =
      count == 1 ? plan_printf(plan, "Drop the invalid index %s of %s", rows[0]->key, plan->target)
                 : plan_printf(plan, "Drop %zu invalid indexes of %s", count, plan->target);
  bool good = true;
  for (size_t i = 0; i < count && good; i++) {
    struct plan_victim *victim =
        postgres_work_victim(plan, rows[i]->key, postgres_found_int(table, rows[i], "oid"),
                             plan_printf(plan, "DROP INDEX CONCURRENTLY %s", rows[i]->key), err);
    if (!(good = victim != NULL))
      break;
    struct value bytes = postgres_found(table, rows[i], "bytes");
    victim->cells[0] = postgres_shown(plan, bytes, UNIT_BYTES);
    victim->cells[1] = plan_copy(plan, postgres_found_text(table, rows[i], "table"));
    victim->cells[2] = plan_copy(plan, postgres_found_text(table, rows[i], "origin"));
    victim->pins[WORK_PIN_STAMP] = plan_copy(plan, postgres_found_text(table, rows[i], "file"));
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
    "SELECT CASE WHEN x.indisvalid THEN 'it is valid by now: queries may use it'"
    " WHEN b.pid IS NOT NULL THEN 'pid ' || b.pid || ' builds an index there' END,"
    " " POSTGRES_INDEX_LOCK ", " POSTGRES_INDEX_INVALID POSTGRES_INDEX_FROM
    ", LATERAL (SELECT " POSTGRES_BUILDER " AS pid) b"
    " WHERE i.oid = $1::oid AND i.relfilenode::text = $3::text"
    " AND $2::text = format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, i.relname)";

static const char prove_sql[] =
    "SELECT count(*) FROM pg_class i JOIN pg_namespace n ON n.oid = i.relnamespace"
    " WHERE i.oid = $1::oid AND format('%I.%I', n.nspname, i.relname) = $2::text"
    " AND i.relfilenode::text = $3::text";

static bool judge(struct act *act, size_t victim, const struct pg_rows *rows,
                  struct postgres_totals *totals) {
  char text[FORMAT_MAX];
  const char *before = act->plan->victims[victim].pins[WORK_PIN_BEFORE];
  const char *count = rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  int64_t bytes = before ? strtoll(before, NULL, 10) : 0;
  if (!count || *count != '0')
    return false;
  outcome_set(act->outcome, victim, VICTIM_DONE, "gone, %s given back",
              before ? format_bytes(text, sizeof text, (double)bytes) : "its room");
  totals->before += bytes;
  totals->known++;
  return true;
}

static void conclude(struct outcome *outcome, const struct postgres_totals *totals) {
  char text[FORMAT_MAX];
  outcome_proof(outcome, "%zu of %zu invalid indexes gone, %s given back",
                outcome_count(outcome, VICTIM_DONE), outcome->count,
                format_bytes(text, sizeof text, (double)totals->before));
}

static const struct postgres_work work = {
    .check = check_sql,
    .check_stamp = true,
    .concurrently = true,
    .cancelled = "cancelled half-way: it is still there, still invalid",
    .prove = prove_sql,
    .judge = judge,
    .conclude = conclude,
};

POSTGRES_WORK_STEPS(work)

const struct action action_postgres_drop_invalid_index = {
    .spec = {.id = "postgres.drop-invalid-index",
             .kind = "postgres",
             .title = "drop invalid indexes",
             .what = "removes what a failed CREATE INDEX or REINDEX CONCURRENTLY has left",
             .runs = "DROP INDEX CONCURRENTLY index",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    .survey = &survey_step,
    .plan = drop_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
