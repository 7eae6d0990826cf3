#include "actions/service/service_step.h"

#include "clients/service/service_probe.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- its runtime */

struct service_conn {
  struct step_part part; /* first */
  struct step *step;
  struct service_runtime *runtime;
  bool waits, changes;
  service_state_cb take;
  void *arg;
  enum object_result result;
  char words[SERVICE_WORDS_MAX];
  struct err err;
};

static void close_runtime(struct step_part *part) {
  struct service_conn *conn = (struct service_conn *)part;
  if (conn->waits)
    conn->runtime->driver->cancel(conn->runtime);
  conn->runtime->driver->close(conn->runtime, NULL, NULL);
  free(conn);
}

static size_t runtime_unanswered(const struct step_part *part) {
  const struct service_conn *conn = (const struct service_conn *)part;
  return conn->waits && conn->changes && conn->runtime->sent;
}

struct service_conn *service_step_open(struct step *step, const struct service_driver *driver,
                                       const struct target *target) {
  struct service_runtime *runtime = driver->open(step->call->io, target, &step->err);
  if (!runtime)
    return NULL;
  struct service_conn *conn = mem_new(sizeof *conn);
  *conn = (struct service_conn){.part = {.close = close_runtime, .unanswered = runtime_unanswered},
                                .step = step,
                                .runtime = runtime};
  step_add(step, &conn->part);
  return conn;
}

void service_step_close(struct service_conn *conn) {
  step_remove(conn->step, &conn->part);
  close_runtime(&conn->part);
}

/* Whether the answer has come; false when the step is dropped, and the frame closes the runtime. */
static bool wait_for(struct service_conn *conn) {
  struct step *step = conn->step;
  while (conn->waits) {
    if (!step_wait(step, INT64_MAX))
      return false;
    if (!conn->waits || !step->cancelled || !conn->changes || !conn->runtime->driver->kills)
      continue;
    const char *running = conn->runtime->running;
    conn->result = conn->runtime->sent ? OBJECT_UNKNOWN : OBJECT_SKIPPED;
    snprintf(conn->words, sizeof conn->words, "cancelled while %.80s ran; it was killed",
             running ? running : "the change");
    conn->runtime->driver->cancel(conn->runtime);
    conn->waits = false;
  }
  return true;
}

static void on_looked(void *arg, const struct service_state *state, const struct err *err) {
  struct service_conn *conn = arg;
  conn->err = err ? *err : (struct err){0};
  if (state)
    conn->take(conn->arg, state);
  conn->waits = false;
  step_wake(conn->step);
}

bool service_step_survey(struct service_conn *conn, const struct service_look *look,
                         service_state_cb take, void *arg) {
  if (conn->step->dropped)
    return step_wait(conn->step, 0); /* which says why */
  conn->take = take;
  conn->arg = arg;
  conn->waits = true;
  conn->changes = false;
  conn->runtime->driver->look(conn->runtime, look, on_looked, conn);
  if (!wait_for(conn))
    return false;
  conn->step->err = conn->err;
  return conn->err.kind == ERR_NONE;
}

static void on_changed(void *arg, enum object_result result, const char *words) {
  struct service_conn *conn = arg;
  conn->result = result;
  snprintf(conn->words, sizeof conn->words, "%s", words);
  conn->waits = false;
  step_wake(conn->step);
}

static bool ask(struct service_conn *conn, const struct service_change *change, bool changes,
                struct service_answered *answer) {
  const struct service_driver *driver = conn->runtime->driver;
  if (conn->step->dropped)
    return step_wait(conn->step, 0);
  conn->waits = true;
  conn->changes = changes;
  if (changes)
    driver->change(conn->runtime, change, on_changed, conn);
  else
    driver->follow(conn->runtime, change, on_changed, conn);
  if (!wait_for(conn))
    return false;
  answer->result = conn->result;
  snprintf(answer->words, sizeof answer->words, "%s", conn->words);
  return true;
}

bool service_step_change(struct service_conn *conn, const struct service_change *change,
                         struct service_answered *answer) {
  return ask(conn, change, true, answer);
}

bool service_step_follow(struct service_conn *conn, const struct service_change *change,
                         struct service_answered *answer) {
  return ask(conn, change, false, answer);
}

/* ---- a look */

struct looking {
  struct step_part part; /* first */
  struct step *step;
  struct service_place place;
  struct service_probe *probe; /* NULL: it has ended */
  struct service_verdict verdict;
};

static void close_looking(struct step_part *part) {
  struct looking *looking = (struct looking *)part;
  if (looking->probe)
    service_probe_cancel(looking->probe);
  free(looking);
}

static void on_answer(void *arg, const struct service_answer *answer) {
  struct looking *looking = arg;
  looking->probe = NULL;
  service_judge(&answer->facts, &looking->place.rules, &looking->verdict);
  step_wake(looking->step);
}

bool service_step_look(struct step *step, const struct target *target, int64_t timeout_ms,
                       struct service_verdict *verdict) {
  if (step->dropped)
    return step_wait(step, 0);
  struct looking *looking = mem_new(sizeof *looking);
  looking->part = (struct step_part){.close = close_looking};
  looking->step = step;
  step_add(step, &looking->part);
  if (!service_place_read(target, &looking->place, &step->err))
    return false;
  looking->probe =
      service_probe_start(step->call->io, target, &looking->place, timeout_ms, on_answer, looking);
  while (looking->probe)
    if (!step_wait(step, INT64_MAX))
      return false;
  *verdict = looking->verdict;
  step_remove(step, &looking->part);
  free(looking);
  return true;
}
