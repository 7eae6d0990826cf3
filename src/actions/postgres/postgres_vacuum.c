/* VACUUM of tables: room of dead rows becomes room for new ones. */
#include "actions/postgres/postgres_tables.h"

#include "core/format.h"

#include <stdio.h>
#include <stdlib.h>

static const struct option params[] = {
    {.name = "analyze",
     .type = OPTION_BOOL,
     .fallback = "true",
     .help = "also collect planner statistics"},
};

/* ---- plan */

static const struct plan_column columns[] = {
    {"SIZE", true}, {"DEAD", true}, {"SHARE", true}, {"LAST VACUUM", true}};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  int64_t bytes = 0, dead = 0;
  for (size_t i = 0; i < count; i++) {
    bytes += postgres_found_int(table, rows[i], "bytes");
    dead += postgres_found_int(table, rows[i], "dead");
  }
  plan_say(plan, PLAN_BLAST, "scans %s of tables and indexes; makes the space of %s reusable",
           postgres_bytes(plan, bytes), postgres_counted(plan, dead, "dead row", "dead rows"));
  plan_say(
      plan, PLAN_BLAST,
      "reads and writes continue; ALTER TABLE, CREATE INDEX and other VACUUMs of the table wait");
  plan_say(plan, PLAN_BLAST,
           "the files hardly shrink: only empty pages at their end are returned to the system");
  postgres_tables_warn_rights(plan, table, rows, count);
  if (dead == 0)
    plan_say(plan, PLAN_WARNING, "the statistics show no dead rows there: little to do");
  postgres_tables_warn_holders(plan, request, rows, count);
  plan_say(plan, PLAN_PRECONDITION,
           "the table is still the same (oid and name), and its lock is available within 3 s");
  plan_say(plan, PLAN_PRECONDITION,
           "the role owns the table or the database, or (from PostgreSQL 17) has MAINTAIN on it");
}

/* ---- execute */

/* pg_stat_progress_vacuum: 17 counts indexes, too; pg_stat_progress_analyze came with 13. */
#define VACUUM_PROGRESS                                                    \
  "SELECT phase, CASE phase WHEN 'vacuuming heap' THEN heap_blks_vacuumed" \
  "  ELSE heap_blks_scanned END, heap_blks_total, 'blocks', NULL::text"    \
  " FROM pg_stat_progress_vacuum WHERE pid = $1::int"
#define VACUUM_PROGRESS_17                                                              \
  "SELECT phase, CASE WHEN phase IN ('vacuuming indexes', 'cleaning up indexes')"       \
  "  THEN indexes_processed WHEN phase = 'vacuuming heap' THEN heap_blks_vacuumed"      \
  "  ELSE heap_blks_scanned END,"                                                       \
  " CASE WHEN phase IN ('vacuuming indexes', 'cleaning up indexes') THEN indexes_total" \
  "  ELSE heap_blks_total END,"                                                         \
  " CASE WHEN phase IN ('vacuuming indexes', 'cleaning up indexes') THEN 'indexes'"     \
  "  ELSE 'blocks' END, NULL::text FROM pg_stat_progress_vacuum WHERE pid = $1::int"
#define ANALYZE_PROGRESS                                                                      \
  " UNION ALL SELECT 'analyze, ' || phase, sample_blks_scanned, sample_blks_total, 'blocks'," \
  " NULL::text FROM pg_stat_progress_analyze WHERE pid = $1::int"

static const char *progress(int version) {
  if (version >= 170000)
    return VACUUM_PROGRESS_17 ANALYZE_PROGRESS;
  return version >= 130000 ? VACUUM_PROGRESS ANALYZE_PROGRESS : VACUUM_PROGRESS;
}

/* ---- verify */

static const char prove_sql[] =
    "SELECT s.at IS NOT NULL AND ($3::text IS NULL OR s.at > $3::text),"
    " pg_stat_get_dead_tuples(c.oid) FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace,"
    " LATERAL (SELECT to_char(pg_stat_get_last_vacuum_time(c.oid) AT TIME ZONE 'UTC',"
    "  'YYYY-MM-DD HH24:MI:SS.US') AS at) s"
    " WHERE c.oid = $1::oid AND format('%I.%I', n.nspname, c.relname) = $2::text";

static void words(char *out, size_t size, int64_t before, int64_t now) {
  char gone[FORMAT_MAX], remain[FORMAT_MAX];
  int64_t less = before > now ? before - now : 0;
  format_count(gone, sizeof gone, less);
  format_count(remain, sizeof remain, now);
  if (less == 0 && now > 0)
    snprintf(out, size, "no dead rows removed, %s remain", remain);
  else
    snprintf(out, size, "%s dead row%s removed, %s remain%s", gone, less == 1 ? "" : "s", remain,
             now == 1 ? "s" : "");
}

static bool judge(struct act *act, size_t object, const struct pg_rows *rows,
                  struct postgres_totals *totals) {
  const char *before = act->plan->objects[object].identities[WORK_IDENTITY_BEFORE];
  if (rows->rows == 0) {
    outcome_set(act->outcome, object, OBJECT_DONE, "vacuumed, but dropped or renamed since then");
    return true;
  }
  const char *since = pg_cell(rows, 0, 0), *dead = pg_cell(rows, 0, 1);
  if (!since || *since != 't')
    return false;
  int64_t now = dead ? strtoll(dead, NULL, 10) : 0;
  int64_t old = before ? strtoll(before, NULL, 10) : now;
  char text[128];
  words(text, sizeof text, old, now);
  outcome_set(act->outcome, object, OBJECT_DONE, "%s", text);
  totals->before += old;
  totals->now += now;
  totals->known++;
  return true;
}

static void conclude(struct outcome *outcome, const struct postgres_totals *totals) {
  char text[128];
  words(text, sizeof text, totals->before, totals->now);
  outcome_proof(outcome, "%zu of %zu tables vacuumed: %s", outcome_count(outcome, OBJECT_DONE),
                outcome->count, text);
}

static const char *const cells[] = {"bytes", "dead", "share", "vacuumed"};

static const struct postgres_work work = {
    .title_one = "Vacuum",
    .title_many = "Vacuum",
    .objects = "tables",
    .unit_one = "table",
    .unit_many = "tables",
    .before = "dead",
    .stamp = "vacuum_stamp",
    .columns = columns,
    .cells = cells,
    .column_count = sizeof columns / sizeof *columns,
    .say = say,
    .check = postgres_vacuum_check,
    .progress = progress,
    .cancelled = "cancelled: space already reclaimed stays reclaimed",
    .stays = true,
    .prove = prove_sql,
    .judge = judge,
    .conclude = conclude,
};

STEP(postgres_survey_vacuum, POSTGRES_STEP_MS)
POSTGRES_WORK_STEPS(work, request->params[0].number ? "VACUUM (ANALYZE)" : "VACUUM")

const struct action action_postgres_vacuum = {
    .spec = {.id = "postgres.vacuum",
             .kind = "postgres",
             .key = 'V',
             .title = "vacuum tables",
             .past = "vacuumed",
             .what = "makes the space of dead rows reusable, table by table, without blocking "
                     "reads or writes",
             .runs = "VACUUM (ANALYZE) table",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    .survey = &postgres_survey_vacuum_step,
    .plan = make_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
