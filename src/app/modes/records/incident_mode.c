#include "app/modes/records/incident_mode.h"

#include "app/incident/incident_clerk.h"
#include "app/incident/incident_evidence.h"
#include "app/incident/incident_secrets.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "model/judge/model_evaluate.h"
#include "operate/incident/incident_seen.h"
#include "operate/state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct incident_mode {
  struct runtime *runtime;
  const struct config *config;
  const struct options *options;
  char *state;
  struct audit *audit;
  struct incident_clerk *clerk;
  bool answered;
  int status;
  /* After `open`: one collection, for the findings and the evidence of this moment. */
  char opened[INCIDENT_ID_MAX]; /* "": not opened */
  struct model model;
  struct scheduler *scheduler; /* NULL: the model is not used */
  struct incident_evidence *evidence;
  bool collected;
};

static void put_said(const struct incident_mode *mode, const char *said) {
  char shown[INCIDENT_SAID_MAX];
  text_sanitize(shown, sizeof shown, said, strlen(said), mode->options->no_unicode);
  printf("%s\n", shown);
}

static void on_answered(void *arg, const struct incident_answer *answer) {
  struct incident_mode *mode = arg;
  mode->answered = true;
  if (answer->err) {
    error_print("%s", answer->err->text);
    mode->status = EXIT_FAILURE;
  } else if (answer->text) {
    fputs(answer->text, stdout); /* sanitised line by line */
  } else if (answer->said) {
    put_said(mode, answer->said);
  }
  if (!answer->err && answer->act->verb == INCIDENT_DO_OPEN)
    memcpy(mode->opened, answer->act->id, sizeof mode->opened);
  uv_stop(&mode->runtime->loop);
}

static void on_audit_closed(void *arg) {
  struct incident_mode *mode = arg;
  mode->audit = NULL;
  uv_stop(&mode->runtime->loop);
}

static void mode_open(struct incident_mode *mode) {
  char *path = state_audit_path(mode->state);
  const struct audit_options audit = {.path = path, .to_syslog = mode->config->audit_syslog};
  mode->audit = audit_new(&mode->runtime->io, &audit);
  free(path);
  mode->clerk =
      incident_clerk_new(&(struct incident_clerk_options){.io = &mode->runtime->io,
                                                          .audit = mode->audit,
                                                          .config = mode->config,
                                                          .state = mode->state,
                                                          .utc = mode->options->utc,
                                                          .ascii = mode->options->no_unicode,
                                                          .json = mode->options->json});
}

static void mode_close(struct incident_mode *mode) {
  incident_clerk_close(mode->clerk);
  if (!mode->audit)
    return;
  audit_close(mode->audit, on_audit_closed, mode);
  while (mode->audit)
    uv_run(&mode->runtime->loop, UV_RUN_DEFAULT);
}

/* The pool of the clerk does not keep the loop alive; a turn of it is waited for. */
static void mode_go(struct incident_mode *mode) {
  struct incident_secrets secrets;
  struct incident_act act;
  struct err err = {0};
  incident_secrets_init(&secrets, mode->config);
  const bool good = incident_act_parse(&act, mode->options->word_count, mode->options->words,
                                       &secrets.mask, &err);
  incident_secrets_fini(&secrets);
  if (!good || act.verb == INCIDENT_DO_USE) {
    error_print("%s", good ? "use is a command of the dashboard; here, name the incident by its id"
                           : err.text);
    mode->status = EXIT_USAGE_BAD;
    return;
  }
  mode->state = state_choose(mode->config, &err);
  if (!mode->state) {
    error_print("%s", err.text);
    mode->status = EXIT_FAILURE;
    return;
  }
  if (act.verb != INCIDENT_DO_OPEN && act.verb != INCIDENT_DO_LIST &&
      !incident_act_find(&act, mode->state, "", &err)) { /* the audit log names it */
    error_print("%s", err.text);
    mode->status = EXIT_FAILURE;
    return;
  }
  mode_open(mode);
  incident_clerk_ask(mode->clerk, &act, "", on_answered, mode);
  incident_clerk_hold(mode->clerk);
  while (!mode->answered)
    uv_run(&mode->runtime->loop, UV_RUN_DEFAULT);
}

/* ---- the moment of the opening */

static void on_collected(void *arg) {
  struct incident_mode *mode = arg;
  mode->collected = true;
  uv_stop(&mode->runtime->loop);
}

static void on_collecting(void *arg) {
  (void)arg;
}

static void on_evidence(void *arg, const char *said) {
  struct incident_mode *mode = arg;
  put_said(mode, said);
  incident_evidence_close(mode->evidence);
  mode->evidence = NULL;
  uv_stop(&mode->runtime->loop);
}

/* What a dashboard would have recorded; one that runs records nothing of it again. */
static void findings_record(struct incident_mode *mode, int64_t now_ms) {
  struct incident_who self;
  struct incident_seen seen;
  struct err err;
  incident_who_self(&self);
  incident_seen_make(&seen, &mode->model, &self, 0, false, now_ms);
  for (size_t i = 0; i < seen.findings.count; i++)
    seen.findings.items[i].word = mem_dup("begins");
  struct incident_book *book = incident_book_open(mode->state, mode->opened, &err);
  if (!book || !incident_book_append(book, seen.findings.items, seen.findings.count, NULL, &err))
    error_print("%s", err.text);
  incident_book_close(book);
  incident_seen_fini(&seen);
}

/* The id is printed already, and the incident is on disk: a program that is ended here loses
 * the evidence only. */
static void moment_take(struct incident_mode *mode) {
  const struct scheduler_hooks hooks = {
      .arg = mode, .changed = on_collecting, .finished = on_collected};
  fflush(stdout);
  model_init(&mode->model, mode->config);
  model_ask_once(&mode->model);
  mode->scheduler = scheduler_new(&mode->runtime->io, &mode->model, true, hooks);
  scheduler_start(mode->scheduler);
  while (!mode->collected)
    uv_run(&mode->runtime->loop, UV_RUN_DEFAULT);
  const int64_t now_ms = clock_now_ms();
  mode->model.wall_offset_ms = clock_wall_offset_ms();
  model_evaluate(&mode->model, now_ms, false); /* one collection proves no `for` */
  findings_record(mode, now_ms);
  mode->evidence =
      incident_evidence_take(&(struct incident_evidence_options){.io = &mode->runtime->io,
                                                                 .model = &mode->model,
                                                                 .state = mode->state,
                                                                 .id = mode->opened,
                                                                 .utc = mode->options->utc,
                                                                 .done = on_evidence,
                                                                 .arg = mode});
  while (mode->evidence)
    uv_run(&mode->runtime->loop, UV_RUN_DEFAULT);
}

int incident_mode_run(struct runtime *runtime, struct config *config,
                      const struct options *options) {
  struct incident_mode mode = {.runtime = runtime, .config = config, .options = options};
  mode_go(&mode);
  if (*mode.opened)
    moment_take(&mode);
  if (!print_end(true) && mode.status == EXIT_SUCCESS)
    mode.status = EXIT_FAILURE;
  mode_close(&mode);
  free(mode.state);
  if (!runtime_close(runtime, mode.scheduler)) {
    fflush(NULL);
    _exit(mode.status);
  }
  if (*mode.opened)
    model_fini(&mode.model);
  config_free(config);
  return mode.status;
}
