#include "actions/docker/docker_conn.h"

#include "clients/docker/docker.h"
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
  size_t unanswered;
  struct docker_reply reply;
  struct err err;
};

static void close_part(struct step_part *part) {
  struct docker_conn *conn = (struct docker_conn *)part;
  if (conn->request)
    docker_cancel(conn->request);
  json_decref(conn->reply.json);
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

static void on_answer(void *arg, int status, json_t *json, const struct err *err) {
  struct docker_conn *conn = arg;
  conn->request = NULL;
  conn->reply = (struct docker_reply){.status = status, .json = json_incref(json)};
  conn->err = err ? *err : (struct err){0};
  if (status > 0 && conn->change)
    conn->unanswered--;
  step_wake(conn->step);
}

bool docker_step_ask(struct step *step, bool change, const char *method, const char *path,
                     int64_t timeout_ms, struct docker_reply *reply) {
  struct docker_conn *conn = conn_of(step);
  const struct docker_query query = {.method = method, .path = path, .timeout_ms = timeout_ms};
  *reply = (struct docker_reply){0};
  if (!conn)
    return false;
  if (step->dropped)
    return step_wait(step, 0); /* which says why */
  json_decref(conn->reply.json);
  conn->reply = (struct docker_reply){0};
  conn->change = change;
  conn->unanswered += change;
  conn->request = docker_ask(step->call->io, &conn->endpoint, &query, on_answer, conn);
  while (conn->request)
    if (!step_wait(step, INT64_MAX))
      return false;
  *reply = conn->reply;
  step->err = conn->err;
  return conn->err.kind == ERR_NONE;
}

bool docker_step_inspect(struct step *step, const char *id, struct docker_detail *detail,
                         bool *gone) {
  char path[DOCKER_PATH_MAX];
  struct docker_reply reply;
  *gone = false;
  if (!docker_path(path, "/containers/", id, "/json"))
    return step_fail(step, ERR_INVALID, "not the id of a container");
  if (!docker_step_ask(step, false, NULL, path, DOCKER_ANSWER_MS, &reply)) {
    *gone = reply.status == 404;
    return false;
  }
  docker_detail_read(reply.json, &step->arena, detail);
  return true;
}
