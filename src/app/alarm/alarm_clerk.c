#include "app/alarm/alarm_clerk.h"

#include "audit/audit_change.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "operate/incident/incident_who.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 4 };

struct alarm_clerk {
  struct alarm_clerk_options options;
  struct incident_who self;
  char *path;
  struct worker_pool *pool;
  uint32_t serial;
  size_t recording; /* records that are being written */
  bool closing, pool_closed;
};

struct job {
  struct worker_task task;
  struct alarm_clerk *clerk;
  char *path;
  struct alarm_act act;
  int64_t now_ms;
  alarm_answered answered;
  void *arg;
  bool good;
  char said[ALARM_SAID_MAX];
  struct err err;
};

static void job_free(struct job *job) {
  free(job->path);
  free(job);
}

static void clerk_free(struct alarm_clerk *clerk) {
  if (!clerk->closing || !clerk->pool_closed || clerk->recording > 0)
    return;
  free(clerk->path);
  free(clerk);
}

static void job_answer(struct job *job) {
  if (!job->clerk->closing)
    job->answered(job->arg, job->good ? job->said : NULL, job->good ? NULL : &job->err);
  job_free(job);
}

/* ---- the audit log */

static const char *until_text(char out[64], const struct alarm_mark *mark) {
  char at[FORMAT_MAX];
  snprintf(out, 64, "until %s UTC, up to %s",
           format_time(at, sizeof at, mark->until_ms, true, true),
           mark->most == SEVERITY_CRIT   ? "critical"
           : mark->most == SEVERITY_WARN ? "warning"
                                         : "unknown");
  return out;
}

static void record(struct job *job, const char *result, audit_done done) {
  struct alarm_clerk *clerk = job->clerk;
  const struct config *config = clerk->options.config;
  char title[ALARM_SAID_MAX], until[64],
      *action = mem_printf("alarm.%s", alarm_verb_name(job->act.verb));
  const bool ends = job->act.verb != ALARM_DO_REMOVE;
  const char *const lines[] = {alarm_act_text(title, &job->act),
                               ends ? until_text(until, &job->act.mark) : NULL};
  const struct audit_change change = {.id = job->act.mark.id,
                                      .who = &clerk->self.who,
                                      .platform = config->name,
                                      .environment = config->environment,
                                      .kind = ALARM_AUDIT_KIND,
                                      .target = job->act.mark.key,
                                      .action = action,
                                      .title = title,
                                      .plan = lines,
                                      .plan_count = ends ? 2 : 1};
  struct audit_record written = audit_change_record(&change, result, clock_wall_ms());
  if (result && job->good)
    written.proof = job->said;
  else if (result)
    written.error = job->err.text;
  clerk->recording++;
  audit_append(clerk->options.audit, &written, done, job);
  free(action);
}

/* The change is on disk in any case: what is missing is said. */
static void on_outcome(void *arg, const struct err *err) {
  struct job *job = arg;
  struct alarm_clerk *clerk = job->clerk;
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
  job->good = alarm_act_run(&job->act, job->path, job->now_ms, job->said, &job->err);
}

static void job_drop(struct worker_task *task) {
  job_free((struct job *)task);
}

static void job_done(struct worker_task *task) {
  struct job *job = (struct job *)task;
  record(job, job->good ? "done" : "refused", on_outcome);
}

static void on_intent(void *arg, const struct err *err) {
  struct job *job = arg;
  struct alarm_clerk *clerk = job->clerk;
  clerk->recording--;
  if (clerk->closing) {
    job_free(job);
    clerk_free(clerk);
  } else if (err) {
    job->good = false;
    job->err = *err;
    job_answer(job);
  } else if (!worker_start(clerk->pool, &job->task, &job->err)) {
    job->good = false;
    job_done(&job->task);
  }
}

/* ---- the whole */

struct alarm_clerk *alarm_clerk_new(const struct alarm_clerk_options *options) {
  struct alarm_clerk *clerk = mem_new(sizeof *clerk);
  clerk->options = *options;
  clerk->options.state = NULL;
  clerk->path = alarm_file_path(options->state);
  incident_who_self(&clerk->self);
  clerk->pool = worker_pool_new(options->io, AT_ONCE);
  worker_pool_keep_loop(clerk->pool, false);
  return clerk;
}

static void text_set(char *out, size_t size, const char *text) {
  snprintf(out, size, "%s", text ? text : "");
}

void alarm_clerk_ask(struct alarm_clerk *clerk, const struct alarm_act *act,
                     alarm_answered answered, void *arg) {
  const struct config *config = clerk->options.config;
  struct job *job = mem_new(sizeof *job);
  *job = (struct job){.task = {.work = job_work, .done = job_done, .drop = job_drop},
                      .clerk = clerk,
                      .path = mem_dup(clerk->path),
                      .act = *act,
                      .now_ms = clock_wall_ms(),
                      .answered = answered,
                      .arg = arg};
  struct alarm_mark *mark = &job->act.mark;
  text_set(mark->who, sizeof mark->who, clerk->self.text);
  text_set(mark->platform, sizeof mark->platform, config->name);
  text_set(mark->environment, sizeof mark->environment, config->environment);
  audit_id(mark->id, job->now_ms, clerk->self.who.pid, ++clerk->serial);
  /* Ids of this program's other actions count by themselves. */
  snprintf(mark->id + strlen(mark->id), sizeof mark->id - strlen(mark->id), "f");
  record(job, NULL, on_intent);
}

static void on_pool_closed(void *arg) {
  struct alarm_clerk *clerk = arg;
  clerk->pool_closed = true;
  clerk_free(clerk);
}

void alarm_clerk_rebase(struct alarm_clerk *clerk, const struct config *config) {
  clerk->options.config = config;
}

void alarm_clerk_hold(struct alarm_clerk *clerk) {
  worker_pool_keep_loop(clerk->pool, true);
}

void alarm_clerk_close(struct alarm_clerk *clerk) {
  if (!clerk)
    return;
  clerk->closing = true;
  worker_pool_close(clerk->pool, on_pool_closed, clerk);
}
