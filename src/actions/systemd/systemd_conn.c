#include "actions/systemd/systemd_conn.h"

#include "clients/systemd/systemd.h"
#include "clients/systemd/systemd_contract.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* systemd answers a change before its job has run. ENDED: jobs that are remembered, because the end
 * of a job may come before the answer that names it. */
/* BROKEN: how long it takes at most to notice that the bus is gone. */
enum { ANSWER_MS = 30000, BROKEN_MS = 500, ENDED_MAX = 8, JOB_MAX = 64 };

struct ended {
  char job[JOB_MAX];
  char result[24];
};

struct systemd_conn {
  struct step_part part; /* first */
  struct step *step;
  struct systemd_bus *bus;
  struct systemd_call *call; /* NULL: none is under way */
  bool change, watches;
  bool sent, refused; /* the last call */
  size_t unanswered;
  struct err err;
  char unit[SYSTEMD_NAME_MAX]; /* whose jobs are remembered; "": none */
  struct ended ended[ENDED_MAX];
  size_t ended_count;
  /* What the answer is read into; the step waits, so it is still there. */
  struct arena *arena;
  struct systemd_unit *read_unit;
  struct systemd_entry *entries;
  size_t entry_max, entry_count;
  const char *job; /* of the change under way */
};

static void close_part(struct step_part *part) {
  struct systemd_conn *conn = (struct systemd_conn *)part;
  systemd_close(conn->bus, NULL, NULL);
  free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return ((const struct systemd_conn *)part)->unanswered;
}

/* A step has no other part. NULL with step->err. */
static struct systemd_conn *conn_of(struct step *step) {
  char address[SYSTEMD_ADDRESS_MAX];
  if (step->parts)
    return (struct systemd_conn *)step->parts;
  if (!systemd_address(target_text(step->call->target, "bus"), address, &step->err))
    return NULL;
  struct systemd_conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  conn->bus = systemd_open(step->call->io, address);
  step_add(step, &conn->part);
  return conn;
}

/* ---- one question */

static void read_answer(struct systemd_conn *conn, struct sd_bus_message *reply) {
  struct err *err = &conn->err;
  size_t total;
  bool good = true;
  if (conn->read_unit)
    good = systemd_unit_read(reply, conn->arena, conn->read_unit, err);
  else if (conn->entries)
    good = systemd_entries_read(reply, conn->arena, conn->entries, conn->entry_max,
                                &conn->entry_count, &total, err);
  else if (conn->change && conn->arena)
    good = systemd_job_read(reply, conn->arena, &conn->job, err);
  if (good)
    *err = (struct err){0};
}

static void on_answer(void *arg, struct sd_bus_message *reply, const struct err *err) {
  struct systemd_conn *conn = arg;
  conn->call = NULL;
  if (err)
    conn->err = *err;
  else
    read_answer(conn, reply);
  conn->refused = err && conn->sent && systemd_was_not_done(err);
  /* An answer that is no job's leaves open what was done. */
  if (conn->change && (!conn->sent || conn->refused || conn->err.kind == ERR_NONE))
    conn->unanswered--;
  step_wake(conn->step);
}

/* When the step is dropped meanwhile, its end closes the bus. */
static bool ask(struct systemd_conn *conn, struct systemd_question *question) {
  struct step *step = conn->step;
  conn->err = (struct err){0};
  if (step->dropped)
    return step_wait(step, 0); /* which says why */
  question->timeout_ms = ANSWER_MS;
  conn->unanswered += conn->change;
  const int64_t until_ms = clock_now_ms() + ANSWER_MS;
  conn->call = systemd_ask(conn->bus, question, on_answer, conn);
  conn->sent = systemd_was_sent(conn->call);
  while (conn->call) {
    char where[200];
    if (!step_wait(step, until_ms))
      return false;
    if (conn->call && clock_now_ms() >= until_ms) { /* sd-bus counts only once it is logged in */
      err_set(&conn->err, ERR_TIMEOUT, "%s for %d s",
              systemd_describe(conn->bus, where, sizeof where), ANSWER_MS / 1000);
      systemd_cancel(conn->call);
      conn->call = NULL;
    }
  }
  step->err = conn->err;
  return conn->err.kind == ERR_NONE;
}

bool systemd_step_unit(struct step *step, struct arena *arena, const char *name,
                       struct systemd_unit *unit) {
  char path[SYSTEMD_PATH_MAX];
  struct systemd_conn *conn = conn_of(step);
  struct systemd_question question = {
      .path = path, .interface = SYSTEMD_PROPERTIES, .method = "GetAll", .texts = {""}};
  if (!conn)
    return false;
  if (!*name || !systemd_unit_path(name, path))
    return step_fail(step, ERR_INVALID, "not the name of a unit");
  conn->arena = arena;
  conn->read_unit = unit;
  const bool good = ask(conn, &question);
  conn->read_unit = NULL;
  conn->arena = NULL;
  return good;
}

bool systemd_step_entries(struct step *step, struct arena *arena, const char *const *names,
                          size_t count, struct systemd_entry *entries, size_t max, size_t *found) {
  struct systemd_conn *conn = conn_of(step);
  struct systemd_question question = {
      .method = "ListUnitsByNames", .lists = {{names, count}}, .list_count = 1};
  if (!conn)
    return false;
  conn->arena = arena;
  conn->entries = entries;
  conn->entry_max = max;
  conn->entry_count = 0;
  const bool good = ask(conn, &question);
  *found = conn->entry_count;
  conn->entries = NULL;
  conn->arena = NULL;
  return good;
}

/* ---- a change and its job */

static void on_job(void *arg, const char *job, const char *unit, const char *result) {
  struct systemd_conn *conn = arg;
  if (strcmp(unit, conn->unit) != 0)
    return;
  if (conn->ended_count == ENDED_MAX)
    memmove(conn->ended, conn->ended + 1, --conn->ended_count * sizeof *conn->ended);
  struct ended *ended = &conn->ended[conn->ended_count++];
  snprintf(ended->job, sizeof ended->job, "%s", job);
  snprintf(ended->result, sizeof ended->result, "%s", result);
  step_wake(conn->step);
}

static const char *result_of(const struct systemd_conn *conn, const char *job) {
  for (size_t i = 0; i < conn->ended_count; i++)
    if (strncmp(conn->ended[i].job, job, JOB_MAX - 1) == 0)
      return conn->ended[i].result;
  return NULL;
}

/* Until its job has ended, the time has passed, or a person does not wait for it. */
static bool wait_for_job(struct systemd_conn *conn, const char *path, int64_t until_ms,
                         struct systemd_job *job) {
  struct step *step = conn->step;
  const char *result;
  while (!(result = result_of(conn, path)) && systemd_usable(conn->bus) && !step->cancelled &&
         clock_now_ms() < until_ms)
    if (!step_wait(step,
                   clock_now_ms() + BROKEN_MS < until_ms ? clock_now_ms() + BROKEN_MS : until_ms))
      return false;
  job->ended = result != NULL;
  if (result)
    snprintf(job->result, sizeof job->result, "%s", result);
  return true;
}

bool systemd_step_change(struct step *step, enum systemd_job_kind kind, const char *method,
                         const char *unit, int64_t until_ms, struct systemd_job *job) {
  struct systemd_conn *conn = conn_of(step);
  struct systemd_question question = {.method = method,
                                      .texts = {unit, kind == SYSTEMD_JOB ? "replace" : NULL}};
  *job = (struct systemd_job){0};
  if (!conn)
    return false;
  snprintf(conn->unit, sizeof conn->unit, "%s", unit);
  if (kind == SYSTEMD_JOB && !conn->watches) { /* before the call: the job may end at once */
    systemd_watch_jobs(conn->bus, on_job, conn);
    conn->watches = true;
  }
  conn->change = true;
  conn->arena = kind == SYSTEMD_JOB ? &step->arena : NULL;
  conn->refused = false;
  const bool good = ask(conn, &question);
  conn->change = false;
  conn->arena = NULL;
  job->refused = !good && conn->refused;
  if (!good)
    return false;
  return kind != SYSTEMD_JOB || wait_for_job(conn, conn->job, until_ms, job);
}
