#include "actions/postgres/postgres_conn.h"

#include "actions/postgres/postgres_link.h"
#include "actions/postgres/postgres_utf8.h"
#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdio.h>
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
  struct pg_rows rows;                  /* its copies, in the arena */
  struct postgres_utf8 utf8;            /* the same as UTF-8: of a survey */
  char encoding[POSTGRES_ENCODING_MAX]; /* of texts that come as they are; "": they are UTF-8 */
};

static void close_part(struct step_part *part) {
  struct postgres_conn *conn = (struct postgres_conn *)part;
  postgres_link_close(conn->link);
  postgres_utf8_fini(&conn->utf8);
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
  postgres_utf8_fini(&conn->utf8);
  conn->utf8 = (struct postgres_utf8){0};
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

/* ---- reading */

const char *const postgres_no_values[] = {NULL};

static bool is_survey(const struct postgres_conn *conn) {
  return conn->step->found != NULL;
}

/* What was typed is UTF-8: it can be asked for again. */
static bool convert_again(struct postgres_conn *conn) {
  if (!*conn->encoding)
    return true;
  conn->encoding[0] = '\0';
  return postgres_ask(conn, "SET client_encoding = 'UTF8'", 0, NULL) != NULL;
}

static bool convert_no_more(struct postgres_conn *conn) {
  const struct pg_rows *rows = postgres_ask(
      conn, "SET client_encoding = 'SQL_ASCII'; SELECT getdatabaseencoding()", 0, NULL);
  const char *encoding = rows && rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  if (encoding)
    snprintf(conn->encoding, sizeof conn->encoding, "%s", encoding);
  return encoding ||
         (rows && step_fail(conn->step, ERR_PROTOCOL, "the encoding of the database is not known"));
}

/* Without a conversion a value would be read as the database's own encoding, and mean another name.
 */
static bool values_can_be_sent(struct postgres_conn *conn, size_t count,
                               const char *const *values) {
  const bool same = strcmp(conn->encoding, "UTF8") == 0 || strcmp(conn->encoding, "SQL_ASCII") == 0;
  for (size_t i = 0; !same && i < count; i++)
    for (const char *at = values[i]; at && *at; at++)
      if ((unsigned char)*at >= 0x80)
        return step_fail(conn->step, ERR_INVALID,
                         "names there have no place in UTF-8, and \"%.100s\" can be looked for in "
                         "UTF-8 only",
                         values[i]);
  return true;
}

/* Asks again without any conversion where the server cannot send the answer as UTF-8. */
static const struct pg_rows *ask_as_utf8(struct postgres_conn *conn, const char *sql, size_t count,
                                         const char *const *values) {
  if (!convert_again(conn))
    return NULL;
  const struct pg_rows *rows = postgres_ask(conn, sql, count, values);
  if (!rows && postgres_utf8_failed(postgres_sqlstate(conn))) {
    if (!convert_no_more(conn) || !values_can_be_sent(conn, count, values))
      return NULL;
    rows = postgres_ask(conn, sql, count, values);
  }
  if (!rows)
    return NULL;
  if (postgres_utf8_init(&conn->utf8, rows, conn->encoding))
    return &conn->utf8.rows;
  step_fail(conn->step, ERR_LIMIT, "the answer is too large");
  return NULL;
}

const struct pg_rows *postgres_read_names(struct postgres_conn *conn, size_t columns,
                                          const char *sql, size_t count,
                                          const char *const *values) {
  const struct pg_rows *rows = is_survey(conn) && values ? ask_as_utf8(conn, sql, count, values)
                                                         : postgres_ask(conn, sql, count, values);
  if (!rows || rows->rows == 0 || rows->columns == columns)
    return rows;
  step_fail(conn->step, ERR_PROTOCOL, "the server's answer has %zu columns instead of %zu",
            rows->columns, columns);
  return NULL;
}

const struct pg_rows *postgres_read(struct postgres_conn *conn, size_t columns, const char *sql,
                                    size_t count, const char *const *values) {
  const struct pg_rows *rows = postgres_read_names(conn, columns, sql, count, values);
  for (size_t i = 0; rows && i < rows->rows * rows->columns; i++)
    if (postgres_is_broken(conn, i / rows->columns, i % rows->columns)) {
      step_fail(conn->step, ERR_INVALID, "\"%.100s\" is not valid UTF-8: it cannot be used",
                rows->cells[i]);
      return NULL;
    }
  return rows;
}

bool postgres_is_broken(const struct postgres_conn *conn, size_t row, size_t column) {
  const struct postgres_utf8 *utf8 = &conn->utf8;
  return utf8->broken && utf8->broken[row * utf8->rows.columns + column];
}

bool postgres_must_name(struct postgres_conn *conn, const struct pg_rows *rows, size_t column) {
  return !postgres_is_broken(conn, 0, column) ||
         step_fail(conn->step, ERR_INVALID, "%.150s cannot be acted on: %s",
                   pg_cell(rows, 0, column), postgres_no_name);
}

const char *postgres_key(struct postgres_conn *conn, const struct pg_rows *rows, size_t row,
                         size_t name, size_t oid) {
  const char *text = pg_cell(rows, row, name);
  return postgres_is_broken(conn, row, name)
             ? arena_printf(&conn->step->arena, "%s (oid %s)", text, pg_cell(rows, row, oid))
             : text;
}

const struct pg_rows *postgres_change(struct postgres_conn *conn, const char *sql, size_t count,
                                      const char *const *values) {
  conn->changing = !conn->step->dropped;
  return postgres_ask(conn, sql, count, values);
}

bool postgres_refused(struct postgres_conn *conn) {
  const bool lock = strcmp(postgres_sqlstate(conn), POSTGRES_LOCK_TIMEOUT) == 0;
  if (postgres_is_up(conn))
    outcome_set(conn->step->act->outcome, 0, VICTIM_REFUSED, "%s%s",
                lock ? "another session holds its lock: " : "", conn->step->err.text);
  return postgres_is_up(conn);
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
