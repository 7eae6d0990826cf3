/* ANALYZE of tables: fresh statistics for the planner. */
#include "actions/postgres/postgres_tables.h"

#include "core/format.h"

#include <stdlib.h>

static const struct plan_column columns[] = {
    {"SIZE", true}, {"ROWS", true}, {"CHANGED", true}, {"LAST ANALYZE", true}};

static void say(struct plan *plan, const struct table *table, const struct row *const *rows,
                size_t count) {
  plan_say(plan, PLAN_BLAST,
           "reads a sample of each table and writes new statistics: the planner may choose other "
           "plans from then on");
  plan_say(plan, PLAN_BLAST, "reads and writes go on; VACUUM and ALTER TABLE of the table wait");
  postgres_tables_warn_rights(plan, table, rows, count);
  plan_say(plan, PLAN_PRECONDITION,
           "the table is still the same (oid and name), and its lock is to be had within 3 s");
  plan_say(plan, PLAN_PRECONDITION,
           "we own the table or the database, or (from 17 on) have MAINTAIN on it");
}

static bool analyze_plan(const struct action_request *request, struct plan *plan, struct err *err) {
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
  plan->unit = count == 1 ? "table" : "tables";
  plan->title = count == 1 ? plan_printf(plan, "Analyze %s of %s", rows[0]->key, plan->target)
                           : plan_printf(plan, "Analyze %zu tables of %s", count, plan->target);
  bool good = true;
  for (size_t i = 0; i < count && good; i++) {
    struct plan_victim *victim =
        postgres_work_victim(plan, rows[i]->key, postgres_found_int(table, rows[i], "oid"),
                             plan_printf(plan, "ANALYZE %s", rows[i]->key), err);
    if (!(good = victim != NULL))
      break;
    struct value stamp = postgres_found(table, rows[i], "analyze_stamp");
    victim->cells[0] = postgres_shown(plan, postgres_found(table, rows[i], "bytes"), UNIT_BYTES);
    victim->cells[1] = postgres_shown(plan, postgres_found(table, rows[i], "live"), UNIT_COUNT);
    victim->cells[2] = postgres_shown(plan, postgres_found(table, rows[i], "changed"), UNIT_COUNT);
    victim->cells[3] =
        postgres_tables_since(plan, postgres_found(table, rows[i], "analyzed"), request->now_ms);
    if (stamp.type == VALUE_TEXT)
      victim->pins[WORK_PIN_STAMP] = plan_copy(plan, stamp.text);
  }
  if (good)
    say(plan, table, rows, count);
  free(rows);
  return good;
}

static const char *progress(int version) {
  return version < 130000 ? NULL
                          : "SELECT phase, sample_blks_scanned, sample_blks_total, 'blocks',"
                            " NULL::text FROM pg_stat_progress_analyze WHERE pid = $1::int";
}

static const char prove_sql[] =
    "SELECT s.at IS NOT NULL AND ($3::text IS NULL OR s.at > $3::text),"
    " pg_stat_get_live_tuples(c.oid) FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace,"
    " LATERAL (SELECT to_char(pg_stat_get_last_analyze_time(c.oid) AT TIME ZONE 'UTC',"
    "  'YYYY-MM-DD HH24:MI:SS.US') AS at) s"
    " WHERE c.oid = $1::oid AND format('%I.%I', n.nspname, c.relname) = $2::text";

static bool judge(struct act *act, size_t victim, const struct pg_rows *rows,
                  struct postgres_totals *totals) {
  char text[FORMAT_MAX];
  (void)totals;
  if (rows->rows == 0) {
    outcome_set(act->outcome, victim, VICTIM_DONE, "analyzed, and dropped or renamed since");
    return true;
  }
  const char *since = pg_cell(rows, 0, 0), *live = pg_cell(rows, 0, 1);
  if (!since || *since != 't')
    return false;
  int64_t count = live ? strtoll(live, NULL, 10) : 0;
  outcome_set(act->outcome, victim, VICTIM_DONE, "analyzed: about %s row%s",
              format_count(text, sizeof text, count), count == 1 ? "" : "s");
  return true;
}

static void conclude(struct outcome *outcome, const struct postgres_totals *totals) {
  (void)totals;
  outcome_proof(outcome, "%zu of %zu tables analyzed", outcome_count(outcome, VICTIM_DONE),
                outcome->count);
}

static const struct postgres_work work = {
    .check = postgres_analyze_check,
    .progress = progress,
    .cancelled = "cancelled half-way: its statistics are the old ones",
    .prove = prove_sql,
    .judge = judge,
    .conclude = conclude,
};

POSTGRES_WORK_STEPS(work)

const struct action action_postgres_analyze = {
    .spec = {.id = "postgres.analyze",
             .kind = "postgres",
             .title = "analyze tables",
             .what = "takes new statistics of tables for the planner",
             .runs = "ANALYZE table",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .survey = &postgres_analyze_survey,
    .plan = analyze_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
