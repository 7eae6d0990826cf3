/* Exercises the readers of PostgreSQL's answers, the judgement of its sessions, and a connection
 * string. The input's lines are cells; "\N" is SQL's NULL. Holds: numbers are not negative; the
 * order of the sessions is a permutation with parents first and without a cycle; a severity has its
 * reason; the sample is complete. */
#include "fuzz.h"

#include "collectors/postgres/postgres_judge.h"
#include "collectors/postgres/postgres_queries.h"
#include "collectors/postgres/postgres_table.h"

enum { CELLS_MAX = 8 * SESSIONS_COLUMN_COUNT };

static void check_order(const struct postgres_sessions *sessions) {
  bool seen[POSTGRES_SESSIONS_MAX + POSTGRES_STRANGERS_MAX] = {false};
  for (size_t i = 0; i < sessions->count; i++) {
    const size_t at = sessions->order[i];
    assert(at < sessions->count && !seen[at]);
    const struct postgres_session *session = &sessions->items[at];
    assert(session->parent == -1 || seen[session->parent]);
    assert((session->severity == SEVERITY_OK) == (*session->reason == '\0'));
    assert(session->direct <= session->all && session->all < sessions->count);
    assert(session->blocks_for >= 0 && isfinite(session->blocks_for));
    seen[at] = true;
  }
}

static void check_read(const struct postgres_activity *activity,
                       const struct postgres_statistics *statistics) {
  if (activity)
    assert(activity->max_connections >= -1 && activity->used >= -1 && activity->idle >= -1 &&
           activity->longest_query >= -1 && isfinite(activity->longest_query) &&
           activity->uptime >= -1 && activity->started_us >= -1);
  if (statistics)
    assert(statistics->commits >= -1 && isfinite(statistics->clock) && statistics->xmin_age >= -1);
}

static void check_rates(const struct postgres_statistics *before,
                        const struct postgres_statistics *now, struct rates *rates) {
  static const int columns[] = {SUMMARY_COMMITS, SUMMARY_TEMP_BYTES, SUMMARY_HIT_RATIO};
  struct counters first, second;
  struct postgres_findings found = {.statistics = now};
  const struct postgres_summary_answer answer = {.found = &found};
  postgres_counters_read(&first, before);
  postgres_counters_read(&second, now);
  rates_make(rates, &first, &second);
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
    double rate = 0;
    if (value_number(figure_value(&postgres_summary_figures, (size_t)columns[i], &answer, rates),
                     &rate))
      assert(isfinite(rate) && rate >= 0 && (columns[i] != SUMMARY_HIT_RATIO || rate <= 1));
  }
}

static struct pg_rows rows_of(const char **cells, size_t count, size_t columns) {
  return (struct pg_rows){count / columns, columns, cells};
}

/* Twice, so that remembered state matters. */
static void check_replication(const char **cells, size_t count, struct postgres_memory *memory,
                              struct postgres_standby *standby,
                              struct postgres_standby_verdict *verdict,
                              struct postgres_replicas *replicas,
                              struct postgres_replica_rows *replica_rows,
                              struct postgres_findings *findings) {
  struct err err = {0};
  *memory = (struct postgres_memory){0};
  struct pg_rows rows = rows_of(cells, count, STANDBY_COLUMN_COUNT);
  for (size_t i = 0; i < 2 && i < rows.rows; i++) {
    struct pg_rows one = {1, rows.columns, rows.cells + i * rows.columns};
    if (!postgres_standby_read(&one, standby, &err))
      continue;
    postgres_standby_judge(standby, findings->activity->uptime * (double)i, 100, memory, verdict);
    assert((verdict->severity == SEVERITY_OK) == (*verdict->reason == '\0'));
    assert(isfinite(verdict->lag_seconds) && isfinite(verdict->contact_age));
    findings->standby = verdict;
    findings->timeline = standby->timeline;
  }
  rows = rows_of(cells, count, REPLICAS_COLUMN_COUNT);
  for (int round = 0; round<2; round++, rows.rows -= rows.rows> 0) {
    if (!postgres_replicas_read(&rows, replicas, &err))
      return;
    postgres_replicas_judge(replicas, round, 100, memory, replica_rows);
    assert(replica_rows->count <= replicas->count + memory->count);
    findings->replicas = replica_rows;
  }
}

static void check_answers(const char **cells, size_t count) {
  static const struct table_spec *const specs[] = {&postgres_summary_table, &postgres_session_table,
                                                   &postgres_replica_table};
  static struct postgres_sessions sessions;
  static struct postgres_replicas replicas;
  static struct postgres_replica_rows replica_rows;
  static struct postgres_memory memory;
  struct postgres_standby standby;
  struct postgres_standby_verdict verdict;
  static const struct postgres_rules rules = {60, 60, 10, 60};
  struct postgres_activity activity;
  struct postgres_statistics first, second;
  struct rates rates = {.unknown = FIGURES_NEED_TWO};
  struct err err = {0}, none = {ERR_PROTOCOL, "?"};
  struct pg_rows rows = rows_of(cells, count, ACTIVITY_COLUMN_COUNT);
  rows.rows = rows.rows ? 1 : 0;
  const bool has_activity = postgres_activity_read(&rows, &activity, &err);
  rows = rows_of(cells, count, STATISTICS_COLUMN_COUNT);
  const bool two = rows.rows > 1;
  rows.rows = rows.rows ? 1 : 0;
  const bool has_first = postgres_statistics_read(&rows, &first, &err);
  rows.cells += STATISTICS_COLUMN_COUNT;
  const bool has_second = two && postgres_statistics_read(&rows, &second, &err);
  rows = rows_of(cells, count, SESSIONS_COLUMN_COUNT);
  const bool has_sessions = postgres_sessions_read(&rows, &sessions, &err);
  assert((has_activity && has_first && has_sessions) || (err.kind == ERR_PROTOCOL && *err.text));
  check_read(has_activity ? &activity : NULL, has_first ? &first : NULL);
  if (!has_activity)
    return;
  struct postgres_findings findings = {.version = "15.18",
                                       .version_number = 150018,
                                       .activity = &activity,
                                       .statistics = has_first ? &first : NULL,
                                       .no_statistics = has_first ? NULL : &none,
                                       .rates = &rates,
                                       .no_sessions = &none};
  if (has_second) {
    check_rates(&first, &second, &rates);
    findings.statistics = &second;
  }
  if (has_sessions) {
    postgres_judge(&sessions, &rules);
    check_order(&sessions);
    findings.sessions = &sessions;
    findings.no_sessions = NULL;
  }
  check_replication(cells, count, &memory, &standby, &verdict, &replicas, &replica_rows, &findings);
  struct sample *sample = sample_new(specs, 3);
  postgres_fill(sample, &findings);
  fuzz_check_sample(sample);
  sample_free(sample);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  char *texts[CELLS_MAX];
  const char *cells[CELLS_MAX];
  size_t count = 0;
  struct err err = {0};
  while (input.size > 0 && count < CELLS_MAX) {
    texts[count] = fuzz_text(&input, '\n');
    cells[count] = strcmp(texts[count], "\\N") == 0 ? NULL : texts[count];
    count++;
  }
  if (count > 0)
    assert(pg_dsn_check(texts[0], &err) || err.kind == ERR_INVALID);
  check_answers(cells, count);
  while (count > 0)
    free(texts[--count]);
  return 0;
}
