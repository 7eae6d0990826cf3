#include "actions/docker/docker_conn.h"

#include "clients/docker/docker.h"
#include "clients/docker/docker_target.h"
#include "core/mem.h"

#include <stdlib.h>

enum { ANSWER_MS = 30000 };

struct docker_conn {
  struct step_part part; /* first */
  struct step *step;
  struct docker_endpoint endpoint;
  struct docker_request *request; /* NULL: none is under way */
  bool change;                    /* it changes something */
  size_t unanswered;
  int status;
  struct docker_detail *detail; /* of the question under way; NULL: it is none for it */
  struct arena *arena;          /* for its texts */
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

/* The step waits here, so the detail on its stack is still there. */
static void on_answer(void *arg, int status, json_t *json, const struct err *err) {
  struct docker_conn *conn = arg;
  conn->request = NULL;
  conn->status = status;
  conn->err = err ? *err : (struct err){0};
  if (!err && conn->detail && !docker_detail_read(json, conn->arena, conn->detail))
    err_set(&conn->err, ERR_PROTOCOL, "the answer has no state of a container");
  else if (conn->detail && conn->arena->exhausted) /* a text that is missing would mislead */
    err_set(&conn->err, ERR_LIMIT, "no memory is left for what the engine says");
  if (conn->change && (status > 0 || docker_was_not_sent(&conn->err)))
    conn->unanswered--;
  step_wake(conn->step);
}

/* When the step is dropped meanwhile, its end cancels the request. */
static bool ask(struct docker_conn *conn, const struct docker_query *query) {
  struct step *step = conn->step;
  conn->status = 0;
  conn->err = (struct err){0};
  if (step->dropped)
    return step_wait(step, 0); /* which says why */
  conn->change = query->method != NULL;
  conn->unanswered += conn->change;
  conn->request = docker_ask(step->call->io, &conn->endpoint, query, on_answer, conn);
  while (conn->request)
    if (!step_wait(step, INT64_MAX))
      return false;
  step->err = conn->err;
  return conn->err.kind == ERR_NONE;
}

bool docker_step_inspect(struct step *step, struct arena *arena, const char *id,
                         struct docker_detail *detail, bool *gone) {
  char path[DOCKER_PATH_MAX];
  struct docker_conn *conn = conn_of(step);
  const struct docker_query query = {.path = path, .timeout_ms = ANSWER_MS};
  *gone = false;
  if (!conn)
    return false;
  if (!*id || !docker_path(path, "/containers/", id, "/json"))
    return step_fail(step, ERR_INVALID, "not the id of a container");
  conn->detail = detail;
  conn->arena = arena;
  const bool good = ask(conn, &query);
  conn->detail = NULL;
  *gone = conn->status == 404;
  return good;
}

bool docker_step_change(struct step *step, const char *id, const char *after, int64_t timeout_ms,
                        int *status, bool *unsent) {
  char path[DOCKER_PATH_MAX];
  struct docker_conn *conn = conn_of(step);
  const struct docker_query query = {.method = "POST", .path = path, .timeout_ms = timeout_ms};
  *status = 0;
  *unsent = true;
  if (!conn)
    return false;
  if (!*id || !docker_path(path, "/containers/", id, after))
    return step_fail(step, ERR_INVALID, "not the id of a container");
  const size_t before = conn->unanswered;
  const bool good = ask(conn, &query);
  *status = conn->status;
  *unsent = conn->status == 0 && conn->unanswered == before;
  return good;
}
