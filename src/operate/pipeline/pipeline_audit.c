/* Records that belong to no operation: acknowledged outcomes, and leaving or entering read-only
 * mode. */
#include "core/mem.h"
#include "io/clock.h"
#include "operate/pipeline/pipeline.h"
#include "operate/pipeline/pipeline_run.h"

#include <stdlib.h>

/* A record that is being written. */
struct notice {
  struct pipeline *pipeline;
  char *done; /* the event to add once it is on disk; NULL: none */
};

static void on_written(void *arg, const struct err *err) {
  struct notice *notice = arg;
  struct pipeline *pipeline = notice->pipeline;
  if (!pipeline->closed && err)
    pipeline_warn(pipeline, "stacktop", err->text);
  else if (!pipeline->closed && notice->done) {
    events_add(&pipeline->options.model->events, pipeline_now(), SEVERITY_OK, "stacktop", "%s",
               notice->done);
    events_mark_action(&pipeline->options.model->events);
  }
  if (!pipeline->closed)
    pipeline_changed(pipeline);
  free(notice->done);
  free(notice);
  pipeline->runs--;
  pipeline_finish(pipeline);
}

static struct notice *notice_new(struct pipeline *pipeline, char *done) {
  struct notice *notice = mem_new(sizeof *notice);
  *notice = (struct notice){.pipeline = pipeline, .done = done};
  pipeline->runs++;
  return notice;
}

void pipeline_acknowledge(struct pipeline *pipeline, const char *id, const char *reason) {
  struct notice *notice = notice_new(pipeline, mem_printf("acknowledged: %s: %s", id, reason));
  audit_acknowledge(pipeline->options.audit, id, reason, on_written, notice);
}

void pipeline_record_lock(struct pipeline *pipeline, bool locked) {
  const struct config *config = pipeline->options.model->config;
  const char *environment = config->environment && *config->environment ? config->environment
                            : config->name                              ? config->name
                                                                        : "";
  char id[64], title[96];
  const int64_t at_ms = clock_wall_ms();
  audit_id(id, at_ms, pipeline->self.pid, ++pipeline->serial);
  snprintf(title, sizeof title, locked ? "Lock: read-only" : "Unlock until idle for %d minutes",
           LOCK_IDLE_MS / 60000);
  const struct audit_record record = {
      .event = locked ? AUDIT_LOCKED : AUDIT_UNLOCKED,
      .id = id,
      .at_ms = at_ms,
      .who = pipeline->self,
      .platform = config->name,
      .environment = config->environment,
      .kind = "stacktop",
      .target = environment,
      .action = locked ? "stacktop.lock" : "stacktop.unlock",
      .title = title,
  };
  audit_append(pipeline->options.audit, &record, on_written, notice_new(pipeline, NULL));
}
