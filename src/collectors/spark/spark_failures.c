/* The table of failures: stages, jobs and executors, the newest first. */
#include "clients/spark/spark_contract.h"
#include "collectors/spark/spark_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum failure_column {
#define COLUMN(name, ...) name,
#include "spark_failures.def"
#undef COLUMN
  FAILURE_COLUMN_COUNT
};
static const struct column_spec columns[FAILURE_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "spark_failures.def"
#undef COLUMN
};
const struct table_spec spark_failures_table = {.id = SPARK_FAILURES_TABLE,
                                                .title = "Failures",
                                                .columns = columns,
                                                .column_count = FAILURE_COLUMN_COUNT};

enum { FAILURES_MAX = 200 }; /* rows of an application */

struct failure {
  const char *what, *name, *reason;
  int64_t at_ms, tasks; /* -1: not known */
};
struct failures {
  struct failure *items;
  size_t count, capacity;
};

static void add(struct failures *failures, const struct failure *failure) {
  if (failures->count < failures->capacity)
    failures->items[failures->count++] = *failure;
}

static const char *first_line(const char *text, struct arena *arena) {
  return arena_text(arena, text, strcspn(text, "\r\n"));
}

static bool has_stage(const struct spark_job *job, int64_t id) {
  for (size_t i = 0; i < job->stage_count; i++)
    if (job->stages[i] == id)
      return true;
  return false;
}

/* The job that a stage made fail; NULL: none, since another attempt may have succeeded. */
static const struct spark_job *job_of(const struct spark_jobs *jobs, int64_t stage) {
  for (size_t i = 0; i < jobs->count; i++)
    if (has_stage(&jobs->items[i], stage))
      return &jobs->items[i];
  return NULL;
}

static bool is_explained(const struct spark_job *job, const struct spark_stages *stages) {
  for (size_t i = 0; i < stages->count; i++)
    if (has_stage(job, stages->items[i].id))
      return true;
  return false;
}

static void take_stages(const struct spark_said *said, struct failures *failures,
                        struct arena *arena) {
  for (size_t i = 0; i < said->stages.count; i++) {
    const struct spark_stage *stage = &said->stages.items[i];
    const struct spark_job *job = job_of(&said->jobs, stage->id);
    const char *what =
        job ? arena_printf(arena, "stage %" PRId64 ".%" PRId64 " of job %" PRId64, stage->id,
                           stage->attempt, job->id)
            : arena_printf(arena, "stage %" PRId64 ".%" PRId64, stage->id, stage->attempt);
    add(failures, &(struct failure){.what = what,
                                    .name = stage->name,
                                    .reason = *stage->reason ? stage->reason : "no reason is given",
                                    .at_ms = stage->completed_ms,
                                    .tasks = stage->failed});
  }
}

static void take_jobs(const struct spark_said *said, struct failures *failures,
                      struct arena *arena) {
  for (size_t i = 0; said->jobs.items && i < said->jobs.count; i++) {
    const struct spark_job *job = &said->jobs.items[i];
    if (!is_explained(job, &said->stages))
      add(failures,
          &(struct failure){.what = arena_printf(arena, "job %" PRId64, job->id),
                            .name = job->name,
                            .reason = "no failed stage of it is listed: it was cancelled, "
                                      "or the driver has dropped the stage",
                            .at_ms = job->completed_ms,
                            .tasks = -1});
  }
}

static void take_executors(const struct spark_said *said, struct failures *failures,
                           struct arena *arena) {
  for (size_t i = 0; i < said->executors.count; i++) {
    const struct spark_executor *executor = &said->executors.items[i];
    if (spark_executor_is_lost(executor))
      add(failures,
          &(struct failure){.what = arena_printf(arena, "executor %s", executor->id),
                            .name = executor->host,
                            .reason = *executor->reason ? first_line(executor->reason, arena)
                                                        : "lost, no reason is given",
                            .at_ms = executor->removed_ms,
                            .tasks = -1});
  }
}

static int by_age(const void *a, const void *b) {
  const struct failure *left = a, *right = b;
  return (left->at_ms < right->at_ms) - (left->at_ms > right->at_ms);
}

/* One whose time is not known is a finding: it is not known to be old. False if the sample is full.
 */
static bool add_row(struct spark_reading *reading, struct table *table,
                    const struct spark_said *said, const struct failure *failure) {
  struct sample *sample = reading->sample;
  const char *key = sample_printf(sample, "%s %s", said->details->key, failure->what);
  const int64_t age_ms = reading->answers->now_ms - failure->at_ms;
  struct row *row = table_find(table, key) ? NULL : sample_row(sample, table, key, NULL);
  if (!row)
    return !table->truncated;
  struct value *cells = row->cells;
  cells[FAILURE_WHAT] = value_text(sample_copy(sample, failure->what));
  cells[FAILURE_APP] = value_text(sample_copy(sample, said->details->app->name));
  cells[FAILURE_AGE] = failure->at_ms < 0 ? value_none("its time is not known")
                                          : spark_time_cell(age_ms > 0 ? age_ms : 0, NULL);
  cells[FAILURE_NAME] = spark_text_cell(sample, failure->name);
  cells[FAILURE_TASKS] = spark_count_cell(failure->tasks, NULL);
  cells[FAILURE_REASON] = value_text(sample_copy(sample, failure->reason));
  if (failure->at_ms >= 0 && age_ms > reading->answers->recent_ms)
    return true;
  reading->failures++;
  row->severity = SEVERITY_WARN;
  row->lasted_ms = failure->at_ms < 0 ? 0 : age_ms > 0 ? age_ms : 0;
  row->reason =
      sample_printf(sample, "failed in %s: %s", said->details->app->name, failure->reason);
  return true;
}

void spark_failures_fill(struct spark_reading *reading, struct table *table,
                         const struct spark_said *said) {
  const size_t most = said->stages.count + said->jobs.count + said->executors.count;
  struct failures failures = {.capacity = most};
  bool room = true;
  failures.items = arena_alloc(&reading->arena, (most ? most : 1) * sizeof *failures.items);
  if (!failures.items)
    return; /* the sample says that the arena is exhausted */
  take_stages(said, &failures, &reading->arena);
  take_jobs(said, &failures, &reading->arena);
  take_executors(said, &failures, &reading->arena);
  if (failures.count > 1)
    qsort(failures.items, failures.count, sizeof *failures.items, by_age);
  for (size_t i = 0; room && i < failures.count && i < FAILURES_MAX; i++)
    room = add_row(reading, table, said, &failures.items[i]);
  if (failures.count > FAILURES_MAX)
    sample_note(reading->sample, SPARK_FAILURES_TABLE, NULL, "%s: the newest %d of %zu are shown",
                said->details->app->name, FAILURES_MAX, failures.count);
}
