#include "actions/docker/docker_conn.h"

#include "clients/docker/docker_target.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>

struct docker_conn {
  struct step_part part; /* first */
  struct step *step;
  struct docker_endpoint endpoint;
  struct docker_request *request; /* NULL: none is under way */
  bool change;                    /* it changes something */
  bool gives_up;                  /* when a person cancels */
  size_t unanswered;
  int status;
  docker_reader read; /* of the question under way; NULL: its answer is not wanted */
  struct arena *arena;
  void *out;
  void (*take)(void *arg, const char *bytes, size_t len); /* of the stream under way */
  void *taker;
  struct err err;
};

static void close_part(struct step_part *part) {
  struct docker_conn *conn = (struct docker_conn *)part;
  if (conn->request)
    docker_cancel(conn->request);
  free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return ((const struct docker_conn *)part)->unanswered;
}

/* A step has no other part. NULL with step->err. */
static struct docker_conn *conn_of(struct step *step) {
  if (step->parts)
    return (struct docker_conn *)step->parts;
  struct docker_conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  if (!docker_target_endpoint(step->call->target, &conn->endpoint, &step->err)) {
    free(conn);
    return NULL;
  }
  step_add(step, &conn->part);
  return conn;
}

/* The step waits here, so what is on its stack is still there. */
static void on_answer(void *arg, int status, json_t *json, const struct err *err) {
  struct docker_conn *conn = arg;
  conn->request = NULL;
  conn->status = status;
  conn->err = err ? *err : (struct err){0};
  if (!err && conn->read && !conn->read(json, conn->arena, conn->out))
    err_set(&conn->err, ERR_PROTOCOL, "the answer is not what a Docker engine says");
  else if (conn->read && conn->arena->exhausted) /* a text that is missing would mislead */
    err_set(&conn->err, ERR_LIMIT, "no memory is left for what the engine says");
  if (conn->change && (status > 0 || docker_was_not_sent(&conn->err)))
    conn->unanswered--;
  step_wake(conn->step);
}

static bool on_piece(void *arg, const char *bytes, size_t len) {
  const struct docker_conn *conn = arg;
  conn->take(conn->taker, bytes, len);
  return true;
}

/* False with step->err where nothing may be sent any more. When the step is dropped meanwhile, its
 * end cancels the request. */
static bool begin(struct docker_conn *conn, const struct docker_query *query) {
  struct step *step = conn->step;
  conn->status = 0;
  conn->err = (struct err){0};
  if (step->dropped)
    return step_wait(step, 0); /* which says why */
  conn->change = query->method != NULL;
  conn->unanswered += conn->change;
  conn->request =
      conn->take ? docker_stream(step->call->io, &conn->endpoint, query, on_piece, on_answer, conn)
                 : docker_ask(step->call->io, &conn->endpoint, query, on_answer, conn);
  return true;
}

static bool finish(struct docker_conn *conn) {
  conn->step->err = conn->err;
  return conn->err.kind == ERR_NONE;
}

static bool ask(struct docker_conn *conn, const struct docker_query *query) {
  if (!begin(conn, query))
    return false;
  while (conn->request) {
    if (!step_wait(conn->step, INT64_MAX))
      return false;
    if (!conn->request || !conn->gives_up || !conn->step->cancelled)
      continue;
    docker_cancel(conn->request);
    conn->request = NULL;
    return step_fail(conn->step, ERR_NONE, "it was not awaited");
  }
  return finish(conn);
}

static bool ask_in(struct step *step, struct arena *arena, const struct docker_query *query,
                   docker_reader read, void *out, struct docker_reply *reply) {
  struct docker_conn *conn = conn_of(step);
  *reply = (struct docker_reply){.unsent = true};
  if (!conn)
    return false;
  const size_t before = conn->unanswered;
  conn->read = read;
  conn->arena = arena;
  conn->out = out;
  const bool good = ask(conn, query);
  conn->read = NULL;
  reply->status = conn->status;
  reply->unsent = conn->status == 0 && conn->unanswered == before;
  return good;
}

bool docker_step_ask_patiently(struct step *step, const struct docker_query *query,
                               docker_reader read, void *out, struct docker_reply *reply) {
  struct docker_conn *conn = conn_of(step);
  if (!conn)
    return false;
  conn->gives_up = true;
  const bool good = ask_in(step, &step->arena, query, read, out, reply);
  conn->gives_up = false;
  return good;
}

bool docker_step_ask(struct step *step, const struct docker_query *query, docker_reader read,
                     void *out, struct docker_reply *reply) {
  return ask_in(step, &step->arena, query, read, out, reply);
}

static bool wait_stream(struct docker_conn *conn, int64_t until_ms, bool *late) {
  struct step *step = conn->step;
  while (conn->request) {
    step_wait(step, until_ms);
    if (!conn->request || (!step->dropped && !step->cancelled && clock_now_ms() < until_ms))
      continue;
    docker_cancel(conn->request); /* what it gives to is on the step's stack */
    conn->request = NULL;
    *late = !step->dropped;
    return *late ? step_fail(step, ERR_TIMEOUT, step->cancelled ? "cancelled" : "not ended in time")
                 : step_wait(step, 0);
  }
  return finish(conn);
}

bool docker_step_stream(struct step *step, const struct docker_query *query, int64_t until_ms,
                        void (*take)(void *arg, const char *bytes, size_t len), void *arg,
                        struct docker_reply *reply) {
  struct docker_conn *conn = conn_of(step);
  *reply = (struct docker_reply){.unsent = true};
  if (!conn)
    return false;
  const size_t before = conn->unanswered;
  conn->take = take;
  conn->taker = arg;
  const bool good = begin(conn, query) && wait_stream(conn, until_ms, &reply->late);
  conn->take = NULL;
  reply->status = conn->status;
  reply->unsent = conn->status == 0 && conn->unanswered == before;
  return good;
}

static bool read_detail(json_t *json, struct arena *arena, void *out) {
  return docker_detail_read(json, arena, out);
}

bool docker_step_inspect(struct step *step, struct arena *arena, const char *id,
                         struct docker_detail *detail, bool *gone) {
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {.path = path, .timeout_ms = DOCKER_ANSWER_MS};
  struct docker_reply reply;
  *gone = false;
  if (!*id || !docker_path(path, "/containers/", id, "/json"))
    return step_fail(step, ERR_INVALID, "not the id of a container");
  const bool good = ask_in(step, arena, &query, read_detail, detail, &reply);
  *gone = reply.status == 404;
  if (!good && reply.status == 200 && step->err.kind == ERR_PROTOCOL)
    step_fail(step, ERR_PROTOCOL, "the answer has no state of a container");
  return good;
}

bool docker_step_change(struct step *step, const char *id, const char *after, int64_t timeout_ms,
                        int *status, bool *unsent) {
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {.method = "POST", .path = path, .timeout_ms = timeout_ms};
  struct docker_reply reply;
  *status = 0;
  *unsent = true;
  if (!*id || !docker_path(path, "/containers/", id, after))
    return step_fail(step, ERR_INVALID, "not the id of a container");
  const bool good = docker_step_ask(step, &query, NULL, NULL, &reply);
  *status = reply.status;
  *unsent = reply.unsent;
  return good;
}
