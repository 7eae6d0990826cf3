/* VACUUM of tables: makes the space of dead rows reusable. ANALYZE of tables: fresh statistics for
 * the planner. */
#include "actions/postgres/maintenance/postgres_holders.h"
#include "actions/postgres/maintenance/postgres_tables.h"
#include "actions/postgres/maintenance/postgres_work.h"
#include "actions/postgres/postgres_sql.h"

#include "clients/postgres/postgres_contract.h"
#include "core/text/format.h"

#include <stdio.h>

static const struct option params[] = {
    {.name = "analyze",
     .type = OPTION_BOOL,
     .fallback = "true",
     .help = "also collect planner statistics"},
};

/* ---- plan */

static const struct postgres_column vacuum_columns[] = {
    {"SIZE", "bytes"}, {"DEAD", "dead"}, {"SHARE", "share"}, {"LAST VACUUM", "vacuumed"}, {0}};
static const struct postgres_column analyze_columns[] = {
    {"SIZE", "bytes"}, {"ROWS", "live"}, {"CHANGED", "changed"}, {"LAST ANALYZE", "analyzed"}, {0}};

static void say_preconditions(struct plan *plan) {
  plan_say(plan, PLAN_PRECONDITION, "the table is still the same (oid and name)");
  plan_say(plan, PLAN_PRECONDITION,
           "the role owns the table or the database, or (from PostgreSQL 17) has MAINTAIN on it");
}

static void say_vacuum(const struct action_request *request, struct plan *plan,
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
  if (dead == 0)
    plan_say(plan, PLAN_WARNING, "the statistics show no dead rows there: little to do");
  postgres_holders_warn_rows(plan, request, rows, count);
  say_preconditions(plan);
}

static void say_analyze(const struct action_request *request, struct plan *plan,
                        const struct row *const *rows, size_t count) {
  (void)request, (void)rows, (void)count;
  plan_say(plan, PLAN_BLAST,
           "reads a sample of each table and writes new statistics; the planner may choose other "
           "plans from then on");
  plan_say(plan, PLAN_BLAST, "reads and writes continue; VACUUM and ALTER TABLE of the table wait");
  say_preconditions(plan);
}

/* ---- execute */

/* Without the right they skip a table with a mere warning. The plan names the owner: here a name
 * that is not UTF-8 would fail the whole answer. */
#define CHECK(first, second)                                                                   \
  "SELECT CASE WHEN NOT " POSTGRES_MAY_MAINTAIN                                                \
  "  THEN 'permission denied: the rights of the table''s or the database''s owner are needed'" \
  " END, NULL, NULL FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"             \
  " JOIN pg_database d ON d.datname = current_database()"                                      \
  " WHERE c.oid = $1::oid AND $2::text IN (format('" first " %I.%I', n.nspname, c.relname),"   \
  " format('" second " %I.%I', n.nspname, c.relname))"

/* pg_stat_progress_vacuum: 17 counts indexes, too; pg_stat_progress_analyze exists since 13. */
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
#define ANALYZE_PROGRESS(before)                                                    \
  "SELECT '" before "' || phase, sample_blks_scanned, sample_blks_total, 'blocks'," \
  " NULL::text FROM pg_stat_progress_analyze WHERE pid = $1::int"
#define VACUUM_AND_ANALYZE(vacuum) vacuum " UNION ALL " ANALYZE_PROGRESS("analyze, ")

static const char *vacuum_progress(int version) {
  if (version >= 170000)
    return VACUUM_AND_ANALYZE(VACUUM_PROGRESS_17);
  return version >= 130000 ? VACUUM_AND_ANALYZE(VACUUM_PROGRESS) : VACUUM_PROGRESS;
}

static const char *analyze_progress(int version) {
  return version < 130000 ? NULL : ANALYZE_PROGRESS("");
}

/* ---- verify */

/* When it was last done: the recorded time is shortly before. */
#define PROVE(last, says, now)                                                              \
  "SELECT s.at IS NOT NULL AND ($3::text IS NULL OR s.at > $3::text), NULL, " says ", " now \
  ", NULL FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,"                   \
  " LATERAL (SELECT " POSTGRES_MOMENT(                                                      \
      last                                                                                  \
      "(c.oid)") " AS at) s"                                                                \
                 " WHERE c.oid = $1::oid AND format('%I.%I', n.nspname, c.relname) = $2::text"

static void dead_rows(char out[POSTGRES_FIGURES_MAX], int64_t before, int64_t now) {
  char gone[2 * FORMAT_MAX] = "no dead rows", remain[2 * FORMAT_MAX];
  if (before > now || now == 0)
    format_counted(gone, sizeof gone, before > now ? before - now : 0, "dead row", "dead rows");
  snprintf(out, POSTGRES_FIGURES_MAX, "%s removed, %s", gone,
           format_counted(remain, sizeof remain, now, "remains", "remain"));
}

static void live_rows(char out[POSTGRES_FIGURES_MAX], int64_t before, int64_t now) {
  char rows[2 * FORMAT_MAX];
  (void)before;
  snprintf(out, POSTGRES_FIGURES_MAX, "about %s",
           format_counted(rows, sizeof rows, now, "row", "rows"));
}

/* ---- the actions */

static const struct postgres_work vacuum = {
    .title = "Vacuum",
    .one = "table",
    .many = "tables",
    .before = "dead",
    .columns = vacuum_columns,
    .say = say_vacuum,
    .check = CHECK("VACUUM", "VACUUM (ANALYZE)"),
    .progress = vacuum_progress,
    .cancelled = "cancelled: space already reclaimed stays reclaimed",
    .stays = true,
    .prove = PROVE("pg_stat_get_last_vacuum_time", "NULL", "pg_stat_get_dead_tuples(c.oid)"),
    .missing = OBJECT_DONE,
    .missing_words = "vacuumed, but dropped or renamed since then",
    .figures = dead_rows,
    .together = "tables vacuumed: ",
};

static const struct postgres_work analyze = {
    .title = "Analyze",
    .one = "table",
    .many = "tables",
    .columns = analyze_columns,
    .say = say_analyze,
    .check = CHECK("ANALYZE", "ANALYZE"),
    .progress = analyze_progress,
    .cancelled = "cancelled: its statistics are unchanged",
    .prove =
        PROVE("pg_stat_get_last_analyze_time", "'analyzed: '", "pg_stat_get_live_tuples(c.oid)"),
    .missing = OBJECT_DONE,
    .missing_words = "analyzed, but dropped or renamed since then",
    .figures = live_rows,
    .together = "tables analyzed: ",
};

STEP(postgres_survey_vacuum, POSTGRES_STEP_MS)
STEP(postgres_survey_analyze, POSTGRES_STEP_MS)
POSTGRES_WORK_STEPS(vacuum, request->params[0].number ? "VACUUM (ANALYZE)" : "VACUUM")
POSTGRES_WORK_STEPS(analyze, "ANALYZE")

static bool vacuum_preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == sizeof params / sizeof *params && postgres_tables_preset(row, out, size);
}

static bool analyze_preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == 0 && postgres_tables_preset(row, out, size);
}

const struct action action_postgres_vacuum = {
    .spec = {.id = "postgres.vacuum",
             .kind = "postgres",
             .context = POSTGRES_TABLES_TABLE,
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
    .preset = vacuum_preset,
    .survey = &postgres_survey_vacuum_step,
    POSTGRES_WORK(vacuum),
};

const struct action action_postgres_analyze = {
    .spec = {.id = "postgres.analyze",
             .kind = "postgres",
             .context = POSTGRES_TABLES_TABLE,
             .title = "analyze tables",
             .past = "analyzed",
             .what = "collects new planner statistics for tables",
             .runs = "ANALYZE table",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .preset = analyze_preset,
    .survey = &postgres_survey_analyze_step,
    POSTGRES_WORK(analyze),
};
