#include "actions/prometheus/prometheus_conn.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>

enum { ANSWER_MS = 15000 };

struct conn {
  struct step_part part; /* first */
  struct step *step;
  struct web_request *request; /* NULL: none is under way */
  bool change;                 /* it changes something */
  size_t unanswered;
  int status;
  int64_t date_s;
  json_t *json; /* the last answer; NULL: none */
  struct err err;
};

static void close_part(struct step_part *part) {
  struct conn *conn = (struct conn *)part;
  if (conn->request)
    web_cancel(conn->request);
  json_decref(conn->json);
  free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return ((const struct conn *)part)->unanswered;
}

/* A step has no other part. */
static struct conn *conn_of_step(struct step *step) {
  if (step->parts)
    return (struct conn *)step->parts;
  struct conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  conn->date_s = -1;
  step_add(step, &conn->part);
  return conn;
}

static void on_answer(void *arg, const struct web_answer *answer) {
  struct conn *conn = arg;
  conn->request = NULL;
  conn->status = answer->status;
  conn->date_s = answer->date_s;
  conn->json = json_incref(answer->json);
  conn->err = answer->err ? *answer->err : (struct err){0};
  if (conn->change && (conn->status > 0 || web_was_not_sent(&conn->err)))
    conn->unanswered--;
  step_wake(conn->step);
}

/* When the step is dropped meanwhile, its end cancels the request. */
static bool ask(struct conn *conn, const struct web_query *query) {
  struct step *step = conn->step;
  conn->status = 0;
  json_decref(conn->json);
  conn->json = NULL;
  if (step->dropped)
    return step_wait(step, 0); /* which says why */
  conn->err = (struct err){0};
  conn->change = query->method != NULL;
  conn->unanswered += conn->change;
  conn->request = web_ask(step->call->io, step->call->target, query, on_answer, conn);
  while (conn->request)
    if (!step_wait(step, INT64_MAX))
      return false;
  step->err = conn->err;
  return conn->err.kind == ERR_NONE;
}

const json_t *prometheus_step_get(struct step *step, enum prometheus_side side, const char *path,
                                  int *status) {
  struct conn *conn = conn_of_step(step);
  const char *manager = target_text(step->call->target, "alertmanager");
  const bool good =
      ask(conn, &(struct web_query){.path = path,
                                    .url = side == PROMETHEUS_ALERTMANAGER ? manager : NULL,
                                    .timeout_ms = ANSWER_MS});
  if (status)
    *status = conn->status;
  if (!good && side == PROMETHEUS_ALERTMANAGER && !step->dropped) {
    const struct err why = step->err;
    step_fail(step, why.kind, "Alertmanager: %.200s", why.text);
  }
  if (good && !conn->json)
    step_fail(step, ERR_PROTOCOL, "the answer is empty");
  return good ? conn->json : NULL;
}

int64_t prometheus_step_clock_ms(const struct step *step) {
  const int64_t date_s = step->parts ? ((const struct conn *)step->parts)->date_s : -1;
  return date_s > 0 ? date_s * 1000 : clock_wall_ms();
}

enum effect prometheus_step_change(struct step *step, const char *method, const char *path,
                                   const char *json, const json_t **answer) {
  struct conn *conn = conn_of_step(step);
  const size_t before = conn->unanswered;
  const bool good =
      ask(conn, &(struct web_query){.method = method,
                                    .path = path,
                                    .url = target_text(step->call->target, "alertmanager"),
                                    .json = json,
                                    .timeout_ms = ANSWER_MS});
  if (answer)
    *answer = conn->json;
  /* An accepted change whose answer is not JSON was made all the same. */
  return effect_of(good || (conn->status >= 200 && conn->status <= 299), conn->status,
                   conn->unanswered > before);
}

bool prometheus_step_settle(struct step *step, size_t object, enum effect effect) {
  return effect_settle(step, object, effect, "the Alertmanager does not know it");
}

bool prometheus_has_alertmanager(const struct action_request *request, struct err *why) {
  return target_text(request->target, "alertmanager") ||
         err_set(why, ERR_UNSUPPORTED, "no alertmanager is configured for %.80s: set its URL",
                 request->target->name);
}
