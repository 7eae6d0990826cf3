#include "actions/kubernetes/kubernetes_conn.h"

#include "clients/kubernetes/kubernetes_target.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 30000 };

struct conn {
  struct step_part part; /* first */
  struct step *step;
  struct kubernetes_proxy *proxy;
  struct kubernetes_wait wait;
  bool waits;
  struct kubernetes_request *request; /* NULL: none is under way */
  bool change;                        /* it changes something */
  size_t unanswered;
  int status;
  int64_t date_s;
  json_t *json;                     /* the last answer; NULL: none */
  struct kubernetes_object *object; /* read from it */
  struct err err;
};

static void forget_answer(struct conn *conn) {
  json_decref(conn->json);
  kubernetes_object_free(conn->object);
  conn->json = NULL;
  conn->object = NULL;
}

static void close_part(struct step_part *part) {
  struct conn *conn = (struct conn *)part;
  if (conn->waits)
    kubernetes_proxy_cancel(conn->proxy, &conn->wait);
  if (conn->request)
    kubernetes_cancel(conn->request);
  forget_answer(conn);
  kubernetes_proxy_release(conn->proxy, NULL, NULL);
  free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return ((const struct conn *)part)->unanswered;
}

/* A step has no other part. */
static struct conn *conn_of_step(struct step *step) {
  if (step->parts)
    return (struct conn *)step->parts;
  const struct kubernetes_login login = kubernetes_target_login(step->call->target);
  struct conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  conn->date_s = -1;
  conn->proxy = kubernetes_proxy_take(step->call->io, &login);
  step_add(step, &conn->part);
  return conn;
}

static void on_ready(void *arg, const struct err *err) {
  struct conn *conn = arg;
  conn->waits = false;
  conn->err = err ? *err : (struct err){0};
  step_wake(conn->step);
}

static bool wait_ready(struct conn *conn) {
  conn->waits = true;
  conn->wait = (struct kubernetes_wait){.done = on_ready, .arg = conn};
  kubernetes_proxy_wait(conn->proxy, &conn->wait);
  while (conn->waits)
    if (!step_wait(conn->step, INT64_MAX))
      return false;
  conn->step->err = conn->err;
  return conn->err.kind == ERR_NONE;
}

/* 500 without a Status object is kubectl's: it did not reach the server, or lost it midway. */
static bool is_answered(const struct conn *conn) {
  return conn->status > 0 && conn->err.kind != ERR_UNREACHABLE;
}

static void on_answer(void *arg, const struct kubernetes_answer *answer) {
  struct conn *conn = arg;
  conn->request = NULL;
  conn->status = answer->status;
  conn->date_s = answer->date_s;
  conn->json = json_incref(answer->json);
  conn->err = answer->err ? *answer->err : (struct err){0};
  if (conn->change &&
      (is_answered(conn) || (conn->status == 0 && kubernetes_was_not_sent(&conn->err))))
    conn->unanswered--;
  step_wake(conn->step);
}

/* When the step is dropped meanwhile, its end cancels the request. */
static bool ask(struct conn *conn, const struct kubernetes_query *query) {
  struct step *step = conn->step;
  conn->status = 0;
  forget_answer(conn);
  if (step->dropped)
    return step_wait(step, 0); /* which says why */
  if (!wait_ready(conn))
    return false;
  conn->err = (struct err){0};
  conn->change = query->method != NULL;
  conn->unanswered += conn->change;
  conn->request = kubernetes_ask(step->call->io, conn->proxy, query, on_answer, conn);
  while (conn->request)
    if (!step_wait(step, INT64_MAX))
      return false;
  step->err = conn->err;
  return conn->err.kind == ERR_NONE;
}

const json_t *kubernetes_step_get(struct step *step, const char *path, bool exact, int *status) {
  struct conn *conn = conn_of_step(step);
  const bool good =
      ask(conn, &(struct kubernetes_query){.path = path, .timeout_ms = ANSWER_MS, .exact = exact});
  if (status)
    *status = conn->status;
  if (good && !conn->json)
    step_fail(step, ERR_PROTOCOL, "the answer is empty");
  return good ? conn->json : NULL;
}

const struct kubernetes_object *kubernetes_step_read(struct step *step, enum kubernetes_kind kind,
                                                     const char *namespace, const char *name,
                                                     const char *uid, bool *gone) {
  char path[KUBERNETES_PATH_MAX];
  int status;
  *gone = false;
  if (!kubernetes_object_path(path, kind, namespace, name, "")) {
    step_fail(step, ERR_INVALID, "not the name of an object");
    return NULL;
  }
  const json_t *json = kubernetes_step_get(step, path, false, &status);
  *gone = status == 404;
  if (!json)
    return NULL;
  struct conn *conn = conn_of_step(step);
  conn->object = kubernetes_object_new(kind, json);
  if (!conn->object) {
    step_fail(step, ERR_PROTOCOL, "the answer is not an object of the kind");
    return NULL;
  }
  *gone = strcmp(conn->object->uid, uid) != 0;
  if (*gone)
    step_fail(step, ERR_INVALID, "it was deleted, and another one has its name");
  return *gone ? NULL : conn->object;
}

int64_t kubernetes_step_clock(const struct step *step) {
  return step->parts ? ((const struct conn *)step->parts)->date_s : -1;
}

enum effect kubernetes_step_change(struct step *step, const struct kubernetes_change *change) {
  struct conn *conn = conn_of_step(step);
  const size_t before = conn->unanswered;
  const bool good = ask(conn, &(struct kubernetes_query){.method = change->method,
                                                         .path = change->path,
                                                         .json = change->json,
                                                         .type = change->type,
                                                         .timeout_ms = ANSWER_MS});
  return effect_of(good, conn->status, conn->unanswered > before);
}

bool kubernetes_step_settle(struct step *step, size_t object, enum effect effect) {
  if (effect == EFFECT_ACCEPTED)
    outcome_set(step->call->outcome, object, OBJECT_SENT, "accepted by the API server");
  return effect_settle(step, object, effect, "it no longer exists");
}
