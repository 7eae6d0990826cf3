/* ANALYZE of tables: fresh statistics for the planner. */
#include "actions/postgres/postgres_tables.h"

#include "core/format.h"

#include <stdlib.h>

static const struct plan_column columns[] = {
    {"SIZE", true}, {"ROWS", true}, {"CHANGED", true}, {"LAST ANALYZE", true}};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  plan_say(plan, PLAN_BLAST,
           "reads a sample of each table and writes new statistics; the planner may choose other "
           "plans from then on");
  plan_say(plan, PLAN_BLAST, "reads and writes continue; VACUUM and ALTER TABLE of the table wait");
  postgres_tables_warn_rights(plan, &request->found->tables[0], rows, count);
  plan_say(plan, PLAN_PRECONDITION,
           "the table is still the same (oid and name), and its lock is available within 3 s");
  plan_say(plan, PLAN_PRECONDITION,
           "the role owns the table or the database, or (from PostgreSQL 17) has MAINTAIN on it");
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

static bool judge(struct act *act, size_t object, const struct pg_rows *rows,
                  struct postgres_totals *totals) {
  char text[FORMAT_MAX];
  (void)totals;
  if (rows->rows == 0) {
    outcome_set(act->outcome, object, OBJECT_DONE, "analyzed, but dropped or renamed since then");
    return true;
  }
  const char *since = pg_cell(rows, 0, 0), *live = pg_cell(rows, 0, 1);
  if (!since || *since != 't')
    return false;
  int64_t count = live ? strtoll(live, NULL, 10) : 0;
  outcome_set(act->outcome, object, OBJECT_DONE, "analyzed: about %s row%s",
              format_count(text, sizeof text, count), count == 1 ? "" : "s");
  return true;
}

static void conclude(struct outcome *outcome, const struct postgres_totals *totals) {
  (void)totals;
  outcome_proof(outcome, "%zu of %zu tables analyzed", outcome_count(outcome, OBJECT_DONE),
                outcome->count);
}

static const char *const cells[] = {"bytes", "live", "changed", "analyzed"};

static const struct postgres_work work = {
    .title_one = "Analyze",
    .title_many = "Analyze",
    .objects = "tables",
    .unit_one = "table",
    .unit_many = "tables",
    .stamp = "analyze_stamp",
    .columns = columns,
    .cells = cells,
    .column_count = sizeof columns / sizeof *columns,
    .say = say,
    .check = postgres_analyze_check,
    .progress = progress,
    .cancelled = "cancelled: its statistics are unchanged",
    .prove = prove_sql,
    .judge = judge,
    .conclude = conclude,
};

STEP(postgres_survey_analyze, POSTGRES_STEP_MS)
POSTGRES_WORK_STEPS(work, "ANALYZE")

const struct action action_postgres_analyze = {
    .spec = {.id = "postgres.analyze",
             .kind = "postgres",
             .title = "analyze tables",
             .past = "analyzed",
             .what = "collects new planner statistics for tables",
             .runs = "ANALYZE table",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .survey = &postgres_survey_analyze_step,
    .plan = make_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
