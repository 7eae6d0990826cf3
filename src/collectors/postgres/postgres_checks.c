#include "collectors/postgres/postgres_checks.h"

#include "clients/postgres/pg.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/mask.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* stacktop's own limit ends later than the server's, whose error says more. A check that could not
 * be asked is asked again soon, as the server may have a slot again. */
enum { GRACE_MS = 2000, RETRY_MS = 30000, KEY_MAX = DATA_CHECK_TEXT_MAX + 80 };

enum {
#define COLUMN(name, ...) name,
#include "postgres_checks.def"
#undef COLUMN
  CHECK_COLUMN_COUNT
};
static const struct column_spec check_columns[CHECK_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "postgres_checks.def"
#undef COLUMN
};
const struct table_spec postgres_check_table = {.id = "checks",
                                                .title = "Data checks",
                                                .columns = check_columns,
                                                .column_count = CHECK_COLUMN_COUNT};

/* One row of a result. */
struct result {
  char name[DATA_CHECK_TEXT_MAX]; /* of the row; "": of the whole check */
  struct data_verdict verdict;
};

struct check_state {
  int64_t due_ms;  /* on the steady clock; 0: at once */
  int64_t done_ms; /* of the last result; 0: none yet */
  int64_t took_ms;
  struct result *results; /* of the last run */
  size_t result_count;
};

enum step { STEP_REST, STEP_CONNECT, STEP_BEGIN, STEP_ASK, STEP_END };

struct postgres_checks {
  const struct target *target;
  struct pg *pg;
  struct check_state *states; /* one per check of the target */
  enum step step;
  size_t current;     /* the check that is running */
  int64_t started_ms; /* it, or the connection */
  uint32_t requests;
  void (*finished)(void *arg);
  void *finished_arg;
};

static const struct data_check *check_of(const struct postgres_checks *checks, size_t index) {
  return &checks->target->checks[index];
}

struct postgres_checks *postgres_checks_new(struct io *io, const struct target *target,
                                            void (*finished)(void *arg), void *arg) {
  if (target->check_count == 0)
    return NULL;
  struct postgres_checks *checks = mem_new(sizeof *checks);
  checks->target = target;
  checks->pg = pg_new(io, target_text(target, "dsn"));
  checks->states = mem_new(target->check_count * sizeof *checks->states);
  checks->finished = finished;
  checks->finished_arg = arg;
  return checks;
}

/* ---- results */

/* The texts in quotes of a statement, without their quotes: what the server quotes of it. */
static char **literals_of(const char *sql, size_t *count) {
  char **all = NULL;
  *count = 0;
  for (const char *at = sql; (at = strchr(at, '\''));) {
    const char *end = at + 1;
    while (*end && (*end != '\'' || end[1] == '\''))
      end += *end == '\'' ? 2 : 1;
    all = mem_resize(all, (*count + 1) * sizeof *all);
    all[(*count)++] = mem_printf("%.*s", (int)(end - at - 1), at + 1);
    at = *end ? end + 1 : end;
  }
  return all;
}

/* The server quotes literals of the statement in its errors. */
static void words_mask(const struct data_check *check, char *out, size_t size, const char *words) {
  size_t count, len = strlen(words);
  char **literals = literals_of(check->sql, &count);
  const struct mask mask = {(const char *const *)literals, count};
  char *known = mask_known(words, &len, &mask, false, true);
  char *masked = mask_likely(known, &len);
  snprintf(out, size, "%s", masked);
  free(masked);
  free(known);
  for (size_t i = 0; i < count; i++)
    free(literals[i]);
  free(literals);
}

static struct check_state *results_begin(struct postgres_checks *checks, size_t index,
                                         int64_t next_ms) {
  struct check_state *state = &checks->states[index];
  free(state->results);
  state->results = NULL;
  state->result_count = 0;
  state->done_ms = clock_now_ms();
  state->took_ms = state->done_ms - checks->started_ms;
  state->due_ms = checks->started_ms + next_ms;
  return state;
}

static struct result *result_add(struct check_state *state, const char *name) {
  state->results = mem_resize(state->results, (state->result_count + 1) * sizeof *state->results);
  struct result *result = &state->results[state->result_count++];
  *result = (struct result){.verdict.number = value_none(NULL)};
  snprintf(result->name, sizeof result->name, "%s", name);
  return result;
}

static void unknown_add(struct postgres_checks *checks, size_t index, struct check_state *state,
                        const char *words) {
  struct result *result = result_add(state, "");
  result->verdict.severity = SEVERITY_UNKNOWN;
  words_mask(check_of(checks, index), result->verdict.reason, sizeof result->verdict.reason, words);
}

static void failed(struct postgres_checks *checks, size_t index, const char *words,
                   int64_t next_ms) {
  unknown_add(checks, index, results_begin(checks, index, next_ms), words);
}

/* A name of a row that is there already would be the same finding. */
static void name_make(const struct check_state *state, const char *cell,
                      char out[DATA_CHECK_TEXT_MAX]) {
  size_t same = 0;
  snprintf(out, DATA_CHECK_TEXT_MAX, "%.*s", DATA_CHECK_TEXT_MAX - 20, cell ? cell : "NULL");
  const size_t len = strlen(out);
  for (size_t i = 0; i < state->result_count; i++)
    same += strncmp(state->results[i].name, out, len) == 0 &&
            (!state->results[i].name[len] || strncmp(state->results[i].name + len, " #", 2) == 0);
  if (same > 0)
    snprintf(out + len, DATA_CHECK_TEXT_MAX - len, " #%zu", same + 1);
}

static void value_judge(const struct data_check *check, const char *cell, struct result *result) {
  char *masked = NULL;
  size_t len = cell ? strlen(cell) : 0;
  if (cell && !check->expect) /* a result may be a text of the database */
    masked = mask_likely(cell, &len);
  data_check_judge(check, masked ? masked : cell, &result->verdict);
  free(masked);
}

static void rows_take(struct postgres_checks *checks, size_t index, const struct pg_rows *rows) {
  const struct data_check *check = check_of(checks, index);
  const size_t columns = check->per_row ? 2 : 1;
  struct check_state *state = results_begin(checks, index, check->interval_ms);
  char words[160], name[DATA_CHECK_TEXT_MAX];
  if (rows->columns != columns) {
    snprintf(words, sizeof words, "the result has %zu columns, expected %s", rows->columns,
             check->per_row ? "2: a name and a value" : "1: the value");
    unknown_add(checks, index, state, words);
    return;
  }
  if (!check->per_row && rows->rows != 1) {
    snprintf(words, sizeof words, "the result has %zu rows, expected 1%s", rows->rows,
             rows->rows ? "; add per_row: true for several" : "");
    unknown_add(checks, index, state, words);
    return;
  }
  for (size_t i = 0; i < rows->rows && i < DATA_CHECK_ROWS_MAX; i++) {
    if (check->per_row)
      name_make(state, pg_cell(rows, i, 0), name);
    value_judge(check, pg_cell(rows, i, columns - 1),
                result_add(state, check->per_row ? name : ""));
  }
  if (rows->rows > DATA_CHECK_ROWS_MAX) {
    snprintf(words, sizeof words, "the result has %zu rows, and only the first %d are judged",
             rows->rows, DATA_CHECK_ROWS_MAX);
    unknown_add(checks, index, state, words);
  }
}

/* ---- one after another */

static void next(struct postgres_checks *checks);

static void rest(struct postgres_checks *checks) {
  checks->step = STEP_REST;
  pg_drop(checks->pg);
  if (checks->finished)
    checks->finished(checks->finished_arg);
}

/* No connection: that is so for all that are due. */
static void fail_due(struct postgres_checks *checks, const char *words) {
  const int64_t now_ms = clock_now_ms();
  for (size_t i = 0; i < checks->target->check_count; i++) {
    const int64_t interval_ms = check_of(checks, i)->interval_ms;
    if (checks->states[i].due_ms <= now_ms)
      failed(checks, i, words, interval_ms < RETRY_MS ? interval_ms : RETRY_MS);
  }
  rest(checks);
}

static void on_end(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_checks *checks = arg;
  (void)rows;
  if (err)
    pg_drop(checks->pg);
  next(checks);
}

static void on_answer(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_checks *checks = arg;
  if (err)
    failed(checks, checks->current, err->text, check_of(checks, checks->current)->interval_ms);
  else
    rows_take(checks, checks->current, rows);
  if (pg_phase(checks->pg) != PG_IDLE) {
    next(checks);
    return;
  }
  checks->step = STEP_END;
  checks->requests++;
  pg_query(checks->pg, "ROLLBACK", on_end, checks);
}

static void on_begun(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_checks *checks = arg;
  (void)rows;
  if (err) {
    failed(checks, checks->current, err->text, check_of(checks, checks->current)->interval_ms);
    pg_drop(checks->pg);
    next(checks);
    return;
  }
  checks->step = STEP_ASK;
  checks->requests++;
  pg_query_params(checks->pg, check_of(checks, checks->current)->sql, 0, NULL, on_answer, checks);
}

static void on_connected(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_checks *checks = arg;
  (void)rows;
  if (err)
    fail_due(checks, err->text);
  else
    next(checks);
}

/* The one that has waited longest. */
static bool find_due(struct postgres_checks *checks) {
  const int64_t now_ms = clock_now_ms();
  bool found = false;
  for (size_t i = 0; i < checks->target->check_count; i++) {
    if (checks->states[i].due_ms > now_ms ||
        (found && checks->states[i].due_ms >= checks->states[checks->current].due_ms))
      continue;
    checks->current = i;
    found = true;
  }
  return found;
}

static void next(struct postgres_checks *checks) {
  if (!find_due(checks)) {
    rest(checks);
    return;
  }
  checks->started_ms = clock_now_ms();
  checks->requests++;
  if (pg_phase(checks->pg) != PG_IDLE) {
    checks->step = STEP_CONNECT;
    pg_connect(checks->pg, on_connected, checks);
    return;
  }
  const struct data_check *check = check_of(checks, checks->current);
  char *sql = mem_printf("BEGIN READ ONLY; SET LOCAL statement_timeout = %lld;"
                         " SET LOCAL lock_timeout = %lld;"
                         " SET LOCAL idle_in_transaction_session_timeout = %lld",
                         (long long)check->timeout_ms, (long long)(check->timeout_ms + 1) / 2,
                         (long long)check->timeout_ms + GRACE_MS);
  checks->step = STEP_BEGIN;
  pg_query(checks->pg, sql, on_begun, checks);
  free(sql);
}

static void words_make(char *out, size_t size, int64_t within_ms) {
  char limit[FORMAT_MAX];
  snprintf(out, size, "no answer within %s",
           format_duration(limit, sizeof limit, (double)within_ms / 1000));
}

/* The server does not even end the statement: it hangs, or the network does. */
static void cut(struct postgres_checks *checks, int64_t within_ms) {
  char words[100];
  words_make(words, sizeof words, within_ms);
  pg_drop(checks->pg);
  if (checks->step == STEP_CONNECT) {
    fail_due(checks, words);
    return;
  }
  if (checks->step != STEP_END) /* it has its result */
    failed(checks, checks->current, words, check_of(checks, checks->current)->interval_ms);
  next(checks);
}

void postgres_checks_stop(struct postgres_checks *checks, int64_t within_ms) {
  char words[100];
  if (checks->step == STEP_REST)
    return;
  words_make(words, sizeof words, within_ms);
  fail_due(checks, words);
}

void postgres_checks_start(struct postgres_checks *checks, int64_t now_ms) {
  const int64_t limit_ms = check_of(checks, checks->current)->timeout_ms + GRACE_MS;
  if (checks->step == STEP_REST) {
    if (find_due(checks))
      next(checks);
  } else if (now_ms - checks->started_ms > limit_ms) {
    cut(checks, limit_ms);
  }
}

bool postgres_checks_run(const struct postgres_checks *checks) {
  return checks->step != STEP_REST;
}

uint32_t postgres_checks_requests(struct postgres_checks *checks) {
  const uint32_t requests = checks->requests;
  checks->requests = 0;
  return requests;
}

/* ---- rows */

/* One word: the sentence is the row's reason. */
static const char *state_word(const struct data_check *check, enum severity severity) {
  if (severity == SEVERITY_OK)
    return "ok";
  if (severity == SEVERITY_UNKNOWN)
    return "not known";
  return check->expect ? "changed" : check->threshold.below ? "below" : "above";
}

static void row_fill(const struct postgres_checks *checks, size_t index,
                     const struct result *result, struct sample *sample, int64_t now_ms) {
  const struct data_check *check = check_of(checks, index);
  const struct check_state *state = &checks->states[index];
  const char *name = result && *result->name ? result->name : NULL;
  const char *label =
      name ? sample_printf(sample, "%s: %s", check->name, name) : sample_copy(sample, check->name);
  struct row *row = sample_row(sample, sample_table(sample, postgres_check_table.id), label, NULL);
  char limits[DATA_CHECK_TEXT_MAX];
  if (!row)
    return;
  data_check_limits(check, limits, sizeof limits);
  row->cells[CHECK_COLUMN_NAME] = value_text(label);
  row->cells[CHECK_COLUMN_LIMIT] =
      *limits ? value_text(sample_copy(sample, limits)) : value_none(NULL);
  row->cells[CHECK_COLUMN_INTERVAL] = value_real((double)check->interval_ms / 1000);
  if (state->done_ms == 0) {
    row->cells[CHECK_COLUMN_STATE] = value_text("not run yet");
    row->cells[CHECK_COLUMN_VALUE] = value_none("not run yet");
    return;
  }
  row->cells[CHECK_COLUMN_AGE] = value_real((double)(now_ms - state->done_ms) / 1000);
  row->cells[CHECK_COLUMN_TOOK] = value_real((double)state->took_ms / 1000);
  if (!result) {
    row->cells[CHECK_COLUMN_STATE] = value_text("ok: no rows");
    return;
  }
  const struct data_verdict *verdict = &result->verdict;
  row->cells[CHECK_COLUMN_VALUE] = *verdict->shown
                                       ? value_text(sample_copy(sample, verdict->shown))
                                       : value_none(sample_copy(sample, verdict->reason));
  row->cells[CHECK_COLUMN_NUMBER] = verdict->number;
  row->severity = verdict->severity;
  row->reason = verdict->severity == SEVERITY_OK ? NULL : sample_copy(sample, verdict->reason);
  row->cells[CHECK_COLUMN_STATE] = value_text(state_word(check, verdict->severity));
}

void postgres_checks_fill(const struct postgres_checks *checks, struct sample *sample,
                          int64_t now_ms) {
  static const enum severity order[] = {SEVERITY_CRIT, SEVERITY_WARN, SEVERITY_UNKNOWN,
                                        SEVERITY_OK};
  for (size_t o = 0; o < sizeof order / sizeof *order; o++)
    for (size_t i = 0; i < checks->target->check_count; i++) {
      const struct check_state *state = &checks->states[i];
      for (size_t r = 0; r < state->result_count; r++)
        if (state->results[r].verdict.severity == order[o])
          row_fill(checks, i, &state->results[r], sample, now_ms);
      if (state->result_count == 0 && order[o] == SEVERITY_OK)
        row_fill(checks, i, NULL, sample, now_ms);
    }
}

/* ---- the end */

void postgres_checks_close(struct postgres_checks *checks, void (*closed)(void *arg), void *arg) {
  checks->finished = NULL;
  pg_free(checks->pg, closed, arg);
  checks->pg = NULL;
}

void postgres_checks_free(struct postgres_checks *checks) {
  if (!checks)
    return;
  for (size_t i = 0; i < checks->target->check_count; i++)
    free(checks->states[i].results);
  free(checks->states);
  free(checks);
}
