#include "app/modes/runbook/runbook_mode.h"

#include "app/modes/act/ask.h"
#include "app/modes/runbook/runbook_due.h"
#include "app/modes/runbook/runbook_list.h"
#include "app/modes/runbook/runbook_session.h"
#include "app/runtime/print.h"
#include "app/startup/runbook_files.h"
#include "app/startup/startup.h"
#include "collectors/lookup.h"
#include "core/mem.h"
#include "io/clock.h"
#include "operate/state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_PATH_MAX = 4096, DRY_MS = 15000 };

/* ---- the session */

/* Absolute, so that a resume elsewhere finds the same file. The caller frees it. */
static char *config_path(const struct config *config) {
  char folder[CONFIG_PATH_MAX];
  if (!config->path)
    return mem_dup("");
  if (*config->path == '/' || !getcwd(folder, sizeof folder))
    return mem_dup(config->path);
  return mem_printf("%s/%s", folder, config->path);
}

static bool session_open(struct runbook_session *session, struct config *config, struct err *err) {
  if (!runbook_values_check(&session->values, err) ||
      !runbook_figures_select(config, &session->values, err))
    return false;
  char *path = state_audit_path(session->state);
  const struct audit_options audit = {.path = path, .to_syslog = config->audit_syslog};
  session->audit = audit_new(&session->runtime->io, &audit);
  free(path);
  audit_who_self(&session->who, session->who_texts, sizeof session->who_texts);
  lock_init(&session->lock, config, session->options->read_only, session->options->wall);
  session->terminal = ask_open(false);
  runbook_figures_open(&session->figures, session->runtime, config);
  return true;
}

static void on_audit_closed(void *arg) {
  struct runbook_session *session = arg;
  session->audit = NULL;
  uv_stop(&session->runtime->loop);
}

static void session_close(struct runbook_session *session) {
  if (!session->audit)
    return;
  audit_close(session->audit, on_audit_closed, session);
  while (session->audit)
    uv_run(&session->runtime->loop, UV_RUN_DEFAULT);
  ask_close(session->terminal);
}

/* ---- running it */

static int over_status(const struct runbook_session *session) {
  const struct runbook_head *head = runbook_file_head(session->file);
  runbook_printf(session->options, "", "\nRun %s: %s", head->id,
                 runbook_over_name(session->run.over));
  return session->run.over == RUNBOOK_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int waiting_status(const struct runbook_session *session, enum runbook_go went,
                          const struct err *err) {
  if (went == RUNBOOK_GO_BROKEN)
    error_print("%s", err->text);
  printf("\nThe run is not over. Resume it with\n");
  runbook_put_resume(session);
  return went == RUNBOOK_GO_BROKEN    ? EXIT_FAILURE
         : went == RUNBOOK_GO_UNKNOWN ? EXIT_RUNBOOK_UNKNOWN
                                      : EXIT_RUNBOOK_WAITS;
}

static int session_run(struct runbook_session *session) {
  enum runbook_go went = RUNBOOK_GO_ON;
  struct err err = {0};
  runbook_printf(session->options, "", "%s", session->runbook->title);
  runbook_printf(session->options, "", "Run %s", runbook_file_head(session->file)->id);
  while (went == RUNBOOK_GO_ON && session->run.phase != RUNBOOK_ENDED) {
    went = session->run.phase == RUNBOOK_OPEN    ? runbook_step_recover(session, &err)
           : session->run.phase == RUNBOOK_READY ? runbook_step_go(session, &err)
                                                 : runbook_verify(session, &err);
    fflush(stdout);
  }
  const int status = session->run.phase == RUNBOOK_ENDED ? over_status(session)
                                                         : waiting_status(session, went, &err);
  return print_end(true) ? status : EXIT_FAILURE;
}

/* ---- what would happen */

static void dry_condition(struct runbook_session *session, const struct runbook_condition *words,
                          bool every, struct condition_result *result) {
  struct runbook_judge judge;
  struct err err;
  *result = (struct condition_result){.answer = CONDITION_NOT_KNOWN};
  if (runbook_judge_init(&judge, words, &session->values, &collector_lookup, &err))
    runbook_figures_judge(&session->figures, &judge.condition, every, false, DRY_MS, NULL, NULL,
                          result);
  runbook_judge_fini(&judge);
  runbook_printf(session->options, "     ", "now: %s: %s",
                 result->answer == CONDITION_YES  ? "holds"
                 : result->answer == CONDITION_NO ? "does not hold"
                                                  : "cannot be checked",
                 result->words);
}

static void dry_step(struct runbook_session *session, size_t index) {
  const struct runbook *runbook = session->runbook;
  const struct runbook_step *step = &runbook->steps[index];
  char text[RUNBOOK_SAID_MAX], why[RUNBOOK_SKIPPED_MAX];
  struct condition_result result;
  runbook_printf(session->options, "", "%2zu  %s", index + 1, step->name);
  runbook_put(session->options, "     ", runbook_step_text(text, step, &session->values));
  const char *skipped =
      runbook_step_skipped(why, step, &session->values, session->config, &collector_lookup);
  if (skipped)
    runbook_put(session->options, "     ", skipped);
  for (size_t i = 0; i < step->choice_count; i++) {
    char *choice = runbook_fill(&session->values, step->choices[i].text);
    runbook_printf(
        session->options, "     ", "%s -> %s", choice,
        runbook_place_text(runbook, runbook_run_place(runbook, index, RUNBOOK_CHOICE, i)));
    free(choice);
  }
  if (step->kind == RUNBOOK_ASK)
    return;
  const int then = runbook_run_place(runbook, index, RUNBOOK_THEN, 0);
  const int otherwise = runbook_run_place(runbook, index, RUNBOOK_OTHERWISE, 0);
  if (!skipped && (step->kind == RUNBOOK_CHECK || step->kind == RUNBOOK_WAIT))
    dry_condition(session, &step->condition, step->kind == RUNBOOK_WAIT, &result);
  if (then == otherwise)
    runbook_printf(session->options, "     ", "then %s", runbook_place_text(runbook, then));
  else
    runbook_printf(session->options, "     ", "then %s, otherwise %s",
                   runbook_place_text(runbook, then), runbook_place_text(runbook, otherwise));
}

static int session_dry(struct runbook_session *session) {
  const struct runbook *runbook = session->runbook;
  struct condition_result result;
  runbook_printf(session->options, "", "%s\nNothing is done: this is what would happen.\n",
                 runbook->title);
  for (size_t i = 0; i < runbook->step_count && session->figures.interrupts == 0; i++)
    dry_step(session, i);
  for (size_t i = 0; i < runbook->verify_count && session->figures.interrupts == 0; i++) {
    if (i == 0)
      printf("Verify\n");
    struct runbook_judge judge;
    struct err err;
    char text[CONDITION_TEXT_MAX], why[RUNBOOK_SKIPPED_MAX];
    if (runbook_condition_skipped(why, &runbook->verify[i], &session->values, session->config,
                                  &collector_lookup)) {
      runbook_printf(session->options, "     ", "%s: %s",
                     runbook->verify[i].metric ? runbook->verify[i].metric : "state", why);
      continue;
    }
    if (runbook_judge_init(&judge, &runbook->verify[i], &session->values, &collector_lookup, &err))
      runbook_put(session->options, "     ", condition_text(text, &judge.condition));
    runbook_judge_fini(&judge);
    dry_condition(session, &runbook->verify[i], true, &result);
  }
  return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- begin, resume, abandon */

static bool values_take(struct runbook_session *session, struct err *err) {
  for (size_t i = 1; i < session->options->word_count; i++)
    if (!runbook_values_take(&session->values, session->options->words[i], err))
      return false;
  return runbook_values_targets(&session->values, session->config, err) &&
         runbook_values_check(&session->values, err);
}

static bool run_new(struct runbook_session *session, struct err *err) {
  const struct runbook *runbook = session->runbook;
  char id[RUNBOOK_ID_MAX];
  char *config = config_path(session->config);
  const int64_t now_ms = clock_wall_ms();
  runbook_file_id(id, runbook->name, now_ms, session->who.pid);
  struct runbook_head head = {.id = id,
                              .runbook = runbook->name,
                              .path = runbook->path,
                              .source = runbook->source,
                              .config = config,
                              .user = session->who.user,
                              .host = session->who.host,
                              .at_ms = now_ms};
  for (size_t i = 0; i < runbook->param_count; i++) {
    head.names[head.value_count] = runbook->params[i].name;
    head.values[head.value_count++] = session->values.texts[i];
  }
  session->file = runbook_file_new(session->state, &head, err);
  free(config);
  runbook_run_init(&session->run, runbook);
  return session->file;
}

/* Exit status of `run NAME`. */
static int run_begin(struct runbook_session *session, struct config *config,
                     const struct runbook_schema *schema) {
  const struct options *options = session->options;
  struct runbook_places places;
  struct err err = {0};
  bool invalid = false;
  runbook_places_init(&places, config);
  session->runbook = runbook_load(&places, options->words[0], schema, &invalid);
  runbook_places_fini(&places);
  if (!session->runbook)
    return invalid ? EXIT_CONFIG_BAD : EXIT_USAGE_BAD;
  runbook_values_init(&session->values, session->runbook);
  if (!values_take(session, &err) || !session_open(session, config, &err)) {
    error_print("%s", err.text);
    return EXIT_USAGE_BAD;
  }
  if (options->dry_run)
    return session_dry(session);
  if (run_new(session, &err))
    return session_run(session);
  error_print("%s", err.text);
  return EXIT_FAILURE;
}

/* The runbook as it was when the run began, and where the run is. */
static bool run_load(struct runbook_session *session, const struct runbook_schema *schema,
                     struct err *err) {
  struct config_errors errors;
  const struct runbook_head *head = runbook_file_head(session->file);
  config_errors_init(&errors, head->path);
  session->runbook =
      runbook_parse(head->runbook, head->path, head->source, strlen(head->source), schema, &errors);
  config_errors_print(&errors, stderr);
  config_errors_fini(&errors);
  if (!session->runbook)
    return err_set(err, ERR_INVALID, "the runbook of the run %s no longer fits", head->id);
  runbook_values_init(&session->values, session->runbook);
  for (size_t i = 0; i < head->value_count; i++)
    for (size_t p = 0; p < session->runbook->param_count; p++)
      if (strcmp(session->runbook->params[p].name, head->names[i]) == 0)
        session->values.texts[p] = head->values[i];
  runbook_run_init(&session->run, session->runbook);
  if (!runbook_file_replay(session->file, &session->run, err))
    return false;
  return session->run.phase != RUNBOOK_ENDED ||
         err_set(err, ERR_INVALID, "the run %s is over: %s", head->id,
                 runbook_over_name(session->run.over));
}

static bool config_fits(const struct runbook_session *session, struct err *err) {
  char *config = config_path(session->config);
  const char *wanted = runbook_file_head(session->file)->config;
  const bool fits =
      strcmp(config, wanted) == 0 ||
      err_set(err, ERR_INVALID, "the run was begun with the configuration %.150s: use -c %.60s",
              *wanted ? wanted : "(none)", wanted);
  free(config);
  return fits;
}

static int run_resume(struct runbook_session *session, struct config *config,
                      const struct runbook_schema *schema) {
  struct err err = {0};
  session->file = runbook_file_open(session->state, session->options->words[0], false, &err);
  if (session->file && config_fits(session, &err) && run_load(session, schema, &err) &&
      session_open(session, config, &err))
    return session_run(session);
  error_print("%s", err.text);
  return EXIT_FAILURE;
}

/* Needs neither the runbook nor the targets: a run that no longer fits can be abandoned as well. */
static int run_abandon(struct runbook_session *session) {
  struct err err = {0};
  const char *over;
  session->file = runbook_file_open(session->state, session->options->words[0], false, &err);
  if (session->file && (over = runbook_list_over(session->file)))
    err_set(&err, ERR_INVALID, "the run %s is over: %s", runbook_file_head(session->file)->id,
            over);
  if (!session->file || err.kind != ERR_NONE ||
      !runbook_file_append(session->file,
                           &(struct runbook_event){.kind = RUNBOOK_EVENT_OVER,
                                                   .at_ms = clock_wall_ms(),
                                                   .over = RUNBOOK_ABANDONED},
                           &err)) {
    error_print("%s", err.text);
    return EXIT_FAILURE;
  }
  printf("Run %s: abandoned\n", runbook_file_head(session->file)->id);
  return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- which of them */

static int command_run(struct runbook_session *session, struct config *config,
                       const struct runbook_schema *schema) {
  const char *command = session->options->command;
  if (strcmp(command, "list") == 0)
    return runbook_list(config, session->options, schema);
  if (strcmp(command, "show") == 0)
    return runbook_show(config, session->options, schema);
  if (strcmp(command, "runs") == 0)
    return runbook_runs(session->state, session->options);
  if (strcmp(command, "due") == 0)
    return runbook_due(config, session->state, session->options, schema);
  if (strcmp(command, "run") == 0)
    return run_begin(session, config, schema);
  if (strcmp(command, "resume") == 0)
    return run_resume(session, config, schema);
  return run_abandon(session);
}

int runbook_mode_run(struct runtime *runtime, struct config *config,
                     const struct options *options) {
  struct err err = {0};
  struct action_list list;
  char *state = state_choose(config, &err);
  action_list_init(&list, config);
  const struct runbook_schema schema = runbook_schema_of(&list);
  struct runbook_session session = {.runtime = runtime,
                                    .config = config,
                                    .options = options,
                                    .list = &list,
                                    .state = state,
                                    .terminal = -1};
  int status = EXIT_FAILURE;
  if (state)
    status = command_run(&session, config, &schema);
  else
    error_print("%s", err.text);
  const bool opened = session.figures.runtime;
  session_close(&session);
  runbook_file_close(session.file);
  if (!runtime_close(runtime, session.figures.scheduler)) {
    fflush(NULL);
    _exit(status); /* threads that still hang may use the model's targets, so these are not freed */
  }
  if (opened)
    model_fini(&session.figures.model);
  runbook_free(session.runbook);
  action_list_fini(&list);
  free(state);
  config_free(config);
  return status;
}
