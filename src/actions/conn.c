#include "actions/conn.h"

#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t unanswered(const struct step_part *part) {
  return ((const struct conn *)part)->unanswered;
}

void conn_add(struct conn *conn, struct step *step, void (*close)(struct step_part *part)) {
  conn->part = (struct step_part){.close = close, .unanswered = unanswered};
  conn->step = step;
  step_add(step, &conn->part);
}

static void close_line(struct step_part *part) {
  line_close(((struct conn *)part)->line, NULL, NULL);
  free(part);
}

struct conn *conn_of(struct step *step, struct line *(*open)(struct io *io, const char *address)) {
  if (step->parts)
    return (struct conn *)step->parts;
  struct conn *conn = mem_new(sizeof *conn);
  conn_add(conn, step, close_line);
  conn->line = open(step->call->io, target_text(step->call->target, "address"));
  return conn;
}

bool conn_queue(struct conn *conn) {
  conn->queued++;
  return !conn->step->dropped && conn->lost.kind == ERR_NONE;
}

static void wake(struct conn *conn) {
  conn->waits = false;
  step_wake(conn->step);
}

static int64_t limit_ms(const struct conn *conn) {
  return conn->answer_ms > 0 ? conn->answer_ms : CONN_ANSWER_MS;
}

void conn_answered(struct conn *conn, bool change, const void *answer, const struct err *err) {
  if (conn->lost.kind != ERR_NONE) /* given up */
    return;
  assert(conn->waits && "a step waits for the answers to what it has queued");
  conn->unanswered -= change;
  conn->answer = answer;
  if (err)
    conn->step->err = *err;
  conn->until_ms = clock_now_ms() + limit_ms(conn);
  if (--conn->queued == 0)
    wake(conn);
}

void conn_broken(struct conn *conn, const struct err *err) {
  if (conn->lost.kind == ERR_NONE)
    conn->lost = *err;
  if (conn->waits)
    wake(conn);
}

static void take(struct conn *conn, bool change, const void *answer, const struct err *err) {
  if (err && !line_usable(conn->line))
    conn_broken(conn, err);
  else
    conn_answered(conn, change, answer, err);
}

void conn_on_answer(void *arg, const void *answer, const struct err *err) {
  take(arg, false, answer, err);
}

void conn_on_change(void *arg, const void *answer, const struct err *err) {
  take(arg, true, answer, err);
}

bool conn_is_planned(struct conn *conn, const char *identity, const char *run) {
  const struct plan *plan = conn->step->call->plan;
  const char *planned = plan ? action_identity(plan, 0, identity) : run;
  return strcmp(run, planned) == 0 ||
         step_fail(conn->step, ERR_INVALID,
                   "another server answers at %.60s, or it was restarted: %s %.50s, in the plan "
                   "%.50s: plan again",
                   line_address(conn->line), identity, run, planned);
}

static void give_up(struct conn *conn) {
  char where[200];
  err_set(&conn->lost, ERR_TIMEOUT, "%s for %d s", line_describe(conn->line, where, sizeof where),
          (int)(limit_ms(conn) / 1000));
  conn->waits = false;
}

bool conn_wait(struct conn *conn) {
  struct step *step = conn->step;
  step->err = (struct err){0};
  conn->answer = NULL;
  conn->until_ms = clock_now_ms() + limit_ms(conn);
  conn->waits = conn->queued > 0 && conn->lost.kind == ERR_NONE;
  while (conn->waits) {
    if (!step_wait(step, conn->until_ms))
      return conn->waits = false;
    if (conn->waits && clock_now_ms() >= conn->until_ms)
      give_up(conn);
  }
  conn->queued = 0;
  if (conn->lost.kind == ERR_NONE)
    return true;
  step->err = conn->lost;
  return false;
}
