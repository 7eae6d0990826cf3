#include "actions/kafka/kafka_conn.h"
#include "clients/kafka/kafka_asking.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>

/* The client gives up this long before the step's deadline, and says why. */
enum { MARGIN_MS = 200 };

struct kafka_conn {
  struct step_part part; /* first */
  struct step *step;
  struct kafka_client *client;           /* NULL: nothing was asked yet */
  struct kafka_asking *asking;           /* NULL: no question is open */
  struct kafka_admin *question, *before; /* NULL: not that many were created */
  bool good, unsure;
};

static void on_client_closed(void *arg) {
  free(arg);
}

static void close_part(struct step_part *part) {
  struct kafka_conn *conn = (struct kafka_conn *)part;
  kafka_admin_free(conn->question);
  kafka_admin_free(conn->before);
  if (conn->client)
    kafka_client_close(conn->client, on_client_closed, conn);
  else
    free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return ((const struct kafka_conn *)part)->unsure;
}

static struct kafka_conn *conn_of(struct step *step) {
  for (struct step_part *part = step->parts; part; part = part->next)
    if (part->close == close_part)
      return (struct kafka_conn *)part;
  struct kafka_conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  step_add(step, &conn->part);
  return conn;
}

static struct kafka_client *client_new(struct step *step) {
  const struct target *target = step->call->target;
  const struct option_value *properties = target_option(target, "properties");
  const struct kafka_config config = {.bootstrap = target_text(target, "bootstrap"),
                                      .names = properties->names,
                                      .values = properties->items,
                                      .property_count = properties->item_count};
  return kafka_client_new(step->call->io, &config, &step->err);
}

struct kafka_admin *kafka_question(struct step *step, kafka_run run) {
  struct kafka_conn *conn = conn_of(step);
  kafka_admin_free(conn->before);
  conn->before = conn->question;
  conn->question = kafka_admin_new();
  conn->question->run = run;
  return conn->question;
}

static void on_answer(void *arg, struct kafka_admin *admin, const struct err *err) {
  struct kafka_conn *conn = arg;
  conn->asking = NULL;
  conn->good = !err;
  conn->unsure |= admin->unsure;
  if (err)
    conn->step->err = *err;
  step_wake(conn->step);
}

bool kafka_ask(struct step *step, struct kafka_admin *admin) {
  struct kafka_conn *conn = conn_of(step);
  int64_t deadline_ms = clock_now_ms() + KAFKA_EXECUTE_MS;
  if (step->call->deadline_ms < deadline_ms)
    deadline_ms = step->call->deadline_ms;
  if (step->dropped)
    return step_wait(step, 0);
  if (!conn->client && !(conn->client = client_new(step)))
    return false;
  conn->asking = kafka_admin_ask(conn->client, admin, deadline_ms - MARGIN_MS, on_answer, conn);
  while (conn->asking)
    if (!step_wait(step, INT64_MAX)) {
      conn->unsure |= admin->unsure = kafka_admin_cancel(conn->asking);
      conn->asking = NULL;
      return false;
    }
  return conn->good;
}
