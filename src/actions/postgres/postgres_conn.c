#include "actions/postgres/postgres_conn.h"

#include "actions/postgres/postgres_link.h"
#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct postgres_conn {
  struct step_part part; /* first */
  struct step *step;
  struct postgres_link *link;
  bool asking;
  bool changing;  /* what was asked last changes something, and has no answer */
  struct err err; /* of the last answer; ERR_NONE: rows */
  struct arena arena;
  struct pg_rows rows; /* its copies, in the arena */
};

static void close_part(struct step_part *part) {
  struct postgres_conn *conn = (struct postgres_conn *)part;
  postgres_link_close(conn->link);
  arena_fini(&conn->arena);
  free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return ((const struct postgres_conn *)part)->changing;
}

/* ---- answers: kept, since one may come while the step waits for something else */

static void keep_rows(struct postgres_conn *conn, const struct pg_rows *rows) {
  const size_t count = rows->rows * rows->columns;
  const char **cells = arena_alloc(&conn->arena, (count + 1) * sizeof *cells);
  for (size_t i = 0; cells && i < count; i++)
    cells[i] =
        rows->cells[i] ? arena_text(&conn->arena, rows->cells[i], strlen(rows->cells[i])) : NULL;
  conn->rows = (struct pg_rows){rows->rows, rows->columns, cells};
  if (conn->arena.exhausted)
    err_set(&conn->err, ERR_LIMIT, "the answer is larger than %d MiB", PG_BYTES_MAX >> 20);
}

static void on_answer(void *self, const struct pg_rows *rows, const struct err *err) {
  struct postgres_conn *conn = self;
  conn->asking = false;
  conn->err = err ? *err : (struct err){0};
  conn->changing = conn->changing && err && !postgres_link_stands(conn->link);
  if (rows)
    keep_rows(conn, rows);
  step_wake(conn->step);
}

static void begin(struct postgres_conn *conn) {
  assert(!conn->asking);
  arena_fini(&conn->arena);
  arena_init(&conn->arena, 2 * (size_t)PG_BYTES_MAX);
  conn->rows = (struct pg_rows){0};
  conn->asking = true;
}

const struct pg_rows *postgres_take(struct postgres_conn *conn) {
  while (conn->asking)
    if (!step_wait(conn->step, INT64_MAX))
      return NULL;
  if (conn->err.kind == ERR_NONE)
    return &conn->rows;
  conn->step->err = conn->err;
  return NULL;
}

bool postgres_wait(struct postgres_conn *conn, int64_t ms) {
  const int64_t until_ms = clock_now_ms() + ms;
  const bool was_cancelled = conn->step->cancelled;
  while (conn->asking && clock_now_ms() < until_ms && conn->step->cancelled == was_cancelled)
    if (!step_wait(conn->step, until_ms))
      return true; /* given up: taking the answer fails */
  return !conn->asking;
}

bool postgres_is_answered(const struct postgres_conn *conn) {
  return !conn->asking;
}

void postgres_begin(struct postgres_conn *conn, const char *sql, size_t count,
                    const char *const *values) {
  begin(conn);
  if (!conn->step->dropped)
    postgres_link_ask(conn->link, sql, count, values, on_answer);
}

const struct pg_rows *postgres_ask(struct postgres_conn *conn, const char *sql, size_t count,
                                   const char *const *values) {
  postgres_begin(conn, sql, count, values);
  return postgres_take(conn);
}

const struct pg_rows *postgres_read(struct postgres_conn *conn, size_t columns, const char *sql,
                                    size_t count, const char *const *values) {
  const struct pg_rows *rows = postgres_ask(conn, sql, count, values);
  if (!rows || rows->rows == 0 || rows->columns == columns)
    return rows;
  step_fail(conn->step, ERR_PROTOCOL, "the server's answer has %zu columns instead of %zu",
            rows->columns, columns);
  return NULL;
}

const struct pg_rows *postgres_change(struct postgres_conn *conn, const char *sql, size_t count,
                                      const char *const *values) {
  conn->changing = !conn->step->dropped;
  return postgres_ask(conn, sql, count, values);
}

/* ---- opening */

static struct postgres_conn *conn_begin(struct step *step, bool urgent) {
  struct postgres_conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  step_add(step, &conn->part);
  begin(conn);
  conn->link = urgent ? postgres_link_open_urgent(step->act, on_answer, conn)
                      : postgres_link_open(step->act, on_answer, conn);
  return conn;
}

struct postgres_conn *postgres_conn_begin(struct step *step) {
  return conn_begin(step, false);
}

static struct postgres_conn *opened(struct postgres_conn *conn) {
  return postgres_take(conn) ? conn : NULL;
}

struct postgres_conn *postgres_conn_open(struct step *step) {
  return opened(conn_begin(step, false));
}

struct postgres_conn *postgres_conn_open_urgent(struct step *step) {
  return opened(conn_begin(step, true));
}

static struct postgres_conn *survey_open(struct step *step, const struct table_spec *const *tables,
                                         size_t count, bool urgent) {
  struct postgres_conn *conn = opened(conn_begin(step, urgent));
  if (!conn)
    return NULL;
  step->found = sample_new(tables, count);
  postgres_identity_keep(step->found, postgres_conn_identity(conn));
  return conn;
}

struct postgres_conn *postgres_survey_open(struct step *step,
                                           const struct table_spec *const *tables, size_t count) {
  return survey_open(step, tables, count, false);
}

struct postgres_conn *postgres_survey_open_urgent(struct step *step,
                                                  const struct table_spec *const *tables,
                                                  size_t count) {
  return survey_open(step, tables, count, true);
}

void postgres_conn_close(struct postgres_conn *conn) {
  if (!conn)
    return;
  step_remove(conn->step, &conn->part);
  close_part(&conn->part);
}

/* ---- what is known of it */

bool postgres_is_up(const struct postgres_conn *conn) {
  return postgres_link_stands(conn->link);
}

const char *postgres_sqlstate(const struct postgres_conn *conn) {
  return postgres_link_sqlstate(conn->link);
}

int postgres_pid(const struct postgres_conn *conn) {
  return postgres_link_pid(conn->link);
}

int postgres_version(const struct postgres_conn *conn) {
  return postgres_link_version(conn->link);
}

const struct postgres_identity *postgres_conn_identity(const struct postgres_conn *conn) {
  return postgres_link_identity(conn->link);
}
