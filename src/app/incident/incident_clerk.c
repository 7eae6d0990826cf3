#include "app/incident/incident_clerk.h"

#include "app/incident/incident_read.h"
#include "audit/audit_change.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 4 };

struct incident_clerk {
  struct incident_clerk_options options;
  struct incident_who self;
  struct worker_pool *pool;
  uint32_t serial;
  size_t recording; /* records that are being written */
  bool closing, pool_closed;
};

struct job {
  struct worker_task task;
  struct incident_clerk *clerk;
  char *state;
  struct incident_who self;
  struct incident_read_options reading;
  struct incident_act act;
  char current[INCIDENT_ID_MAX];
  int64_t now_ms;
  incident_answered answered;
  void *arg;
  bool good;
  char said[INCIDENT_SAID_MAX];
  char *text; /* NULL */
  struct err err;
};

static void job_free(struct job *job) {
  free(job->state);
  free(job->text);
  free(job);
}

static void clerk_free(struct incident_clerk *clerk) {
  if (clerk->closing && clerk->pool_closed && clerk->recording == 0)
    free(clerk);
}

static void job_answer(struct job *job) {
  const bool reads = !incident_verb_changes(job->act.verb);
  const struct incident_answer answer = {.act = &job->act,
                                         .said = job->good && *job->said ? job->said : NULL,
                                         .text = reads ? job->text : NULL,
                                         .err = job->good ? NULL : &job->err};
  if (!job->clerk->closing)
    job->answered(job->arg, &answer);
  job_free(job);
}

/* ---- the audit log */

static void record(struct job *job, const char *result, audit_done done) {
  struct incident_clerk *clerk = job->clerk;
  const struct config *config = clerk->options.config;
  char title[INCIDENT_SAID_MAX],
      *action = mem_printf("incident.%s", incident_verbs[job->act.verb].name);
  const char *const lines[] = {incident_act_text(title, &job->act)};
  const struct audit_change change = {.id = job->act.audit_id,
                                      .who = &clerk->self.who,
                                      .platform = config->name,
                                      .environment = config->environment,
                                      .kind = INCIDENT_AUDIT_KIND,
                                      .target = *job->act.id                        ? job->act.id
                                                : job->act.verb == INCIDENT_DO_OPEN ? job->act.name
                                                                                    : job->current,
                                      .action = action,
                                      .title = title,
                                      .plan = lines,
                                      .plan_count = 1};
  struct audit_record written = audit_change_record(&change, result, clock_wall_ms());
  if (result && job->good)
    written.proof = job->act.id;
  else if (result)
    written.error = job->err.text;
  clerk->recording++;
  audit_append(clerk->options.audit, &written, done, job);
  free(action);
}

/* The entry is on disk in any case: what is missing is said. */
static void on_outcome(void *arg, const struct err *err) {
  struct job *job = arg;
  struct incident_clerk *clerk = job->clerk;
  clerk->recording--;
  if (err && job->good) {
    const size_t used = strlen(job->said);
    snprintf(job->said + used, sizeof job->said - used, "; not recorded: %.120s", err->text);
  }
  job_answer(job);
  clerk_free(clerk);
}

/* ---- the thread */

static void job_work(struct worker_task *task) {
  struct job *job = (struct job *)task;
  job->good = incident_verb_changes(job->act.verb)
                  ? incident_act_run(&job->act, job->state, job->current, &job->self, job->now_ms,
                                     job->said, &job->err)
                  : incident_read(&job->act, job->state, job->current, &job->reading, &job->text,
                                  job->said, &job->err);
  if (job->good && job->act.verb == INCIDENT_DO_CLOSE)
    incident_read_closed(&job->act, job->state, job->now_ms, job->said);
}

static void job_drop(struct worker_task *task) {
  job_free((struct job *)task);
}

static void job_done(struct worker_task *task) {
  struct job *job = (struct job *)task;
  if (incident_verb_changes(job->act.verb))
    record(job, job->good ? "done" : "refused", on_outcome);
  else
    job_answer(job);
}

static void job_start(struct job *job) {
  if (worker_start(job->clerk->pool, &job->task, &job->err))
    return;
  job->good = false;
  job_done(&job->task);
}

static void on_intent(void *arg, const struct err *err) {
  struct job *job = arg;
  struct incident_clerk *clerk = job->clerk;
  clerk->recording--;
  if (clerk->closing) {
    job_free(job);
    clerk_free(clerk);
  } else if (err) {
    job->good = false;
    job->err = *err;
    job_answer(job);
  } else {
    job_start(job);
  }
}

/* ---- the whole */

struct incident_clerk *incident_clerk_new(const struct incident_clerk_options *options) {
  struct incident_clerk *clerk = mem_new(sizeof *clerk);
  clerk->options = *options;
  incident_who_self(&clerk->self);
  clerk->pool = worker_pool_new(options->io, AT_ONCE);
  worker_pool_keep_loop(clerk->pool, false);
  return clerk;
}

void incident_clerk_ask(struct incident_clerk *clerk, const struct incident_act *act,
                        const char *current, incident_answered answered, void *arg) {
  struct job *job = mem_new(sizeof *job);
  *job = (struct job){.task = {.work = job_work, .done = job_done, .drop = job_drop},
                      .clerk = clerk,
                      .state = mem_dup(clerk->options.state),
                      .reading = {.now_ms = clock_wall_ms(),
                                  .utc = clerk->options.utc,
                                  .ascii = clerk->options.ascii,
                                  .screen = clerk->options.screen,
                                  .json = clerk->options.json},
                      .act = *act,
                      .now_ms = clock_wall_ms(),
                      .answered = answered,
                      .arg = arg};
  snprintf(job->current, sizeof job->current, "%s", current);
  incident_who_self(&job->self);
  if (!incident_verb_changes(act->verb)) {
    job_start(job);
    return;
  }
  audit_id(job->act.audit_id, job->now_ms, clerk->self.who.pid, ++clerk->serial);
  /* Ids of this program's other actions count by themselves. */
  snprintf(job->act.audit_id + strlen(job->act.audit_id),
           sizeof job->act.audit_id - strlen(job->act.audit_id), "i");
  record(job, NULL, on_intent);
}

static void on_pool_closed(void *arg) {
  struct incident_clerk *clerk = arg;
  clerk->pool_closed = true;
  clerk_free(clerk);
}

void incident_clerk_rebase(struct incident_clerk *clerk, const struct config *config) {
  clerk->options.config = config;
}

void incident_clerk_hold(struct incident_clerk *clerk) {
  worker_pool_keep_loop(clerk->pool, true);
}

void incident_clerk_close(struct incident_clerk *clerk) {
  if (!clerk)
    return;
  clerk->closing = true;
  worker_pool_close(clerk->pool, on_pool_closed, clerk);
}
