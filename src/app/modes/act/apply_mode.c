#include "app/modes/act/apply_mode.h"

#include "app/modes/act/ask.h"
#include "app/modes/act/progress_line.h"
#include "app/modes/headless_mode.h"
#include "app/runtime/print.h"
#include "core/mem.h"
#include "core/text/quote.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "operate/headless/headless_apply.h"
#include "operate/plan_file.h"
#include "operate/state.h"
#include "report/plan/outcome_text.h"
#include "report/plan/plan_json.h"
#include "report/plan/plan_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_MAX = 1024 };

struct apply {
  struct headless_mode mode;
  const struct options *options;
  struct headless_apply run;
  struct progress_line line;
};

/* Whether the target is still the server of the plan. */
static bool server_fits(struct apply *apply, const struct plan *plan, struct err *err) {
  struct err unknown;
  const bool fits = headless_apply_at(&apply->mode.headless, plan, &unknown, err);
  if (unknown.kind != ERR_NONE)
    error_print("cannot check that %s is still at %s, because it does not answer: %s", plan->target,
                plan->address ? plan->address : plan->server, unknown.text);
  return fits;
}

/* ---- the agreement */

/* The typed line, or --confirm, into line. */
static bool phrase_get(const struct options *options, const char *wanted,
                       char line[PLAN_PHRASE_MAX], struct err *err) {
  int terminal = ask_open(!options->confirm);
  if (terminal < 0 && options->confirm) {
    snprintf(line, PLAN_PHRASE_MAX, "%s", options->confirm);
    return strlen(options->confirm) < PLAN_PHRASE_MAX;
  }
  if (terminal < 0)
    return err_set(err, ERR_INVALID, "no terminal to ask for confirmation; use --confirm PHRASE");
  char shown[PLAN_PHRASE_MAX * 2], prompt[PLAN_PHRASE_MAX * 2 + 64];
  text_sanitize(shown, sizeof shown, wanted, strlen(wanted), options->no_unicode);
  snprintf(prompt, sizeof prompt,
           "\nType `%s` to apply the plan, anything else to cancel: ", shown);
  bool good = ask_line(terminal, prompt, line, PLAN_PHRASE_MAX);
  ask_close(terminal);
  return good || err_set(err, ERR_INVALID, "nothing was typed");
}

static bool agreed(const struct options *options, const struct plan *plan,
                   char line[PLAN_PHRASE_MAX], struct err *err) {
  char wanted[PLAN_PHRASE_MAX];
  return phrase_get(options, plan_phrase(plan, wanted), line, err) &&
         headless_apply_agreed(plan, line, err);
}

/* ---- under way */

static void on_progress(void *arg, const struct operation *operation) {
  struct apply *apply = arg;
  progress_line_show(&apply->line, operation, clock_now_ms());
}

static void on_stopping(void *arg) {
  struct apply *apply = arg;
  progress_line_clear(&apply->line);
  error_print("stopping at the next safe point; press Ctrl-C again to exit at once");
}

/* ---- what became of it */

static void put_undo(const struct options *options, const char *undo) {
  char quoted[COMMAND_MAX];
  if (!undo)
    return;
  fputs("Undo: stacktop ", stdout);
  if (options->config)
    printf("-c %s ", quote_word(quoted, sizeof quoted, options->config));
  const size_t size = 3 * strlen(undo) + 1; /* quoting turns a byte into three at most */
  char *clean = mem_new(size);
  text_sanitize(clean, size, undo, strlen(undo), options->no_unicode);
  printf("plan %s\n", clean);
  free(clean);
}

static int status_of(const struct operation *operation) {
  const char *word = outcome_word(&operation->outcome);
  if (strcmp(word, "unknown") == 0)
    return EXIT_OUTCOME_UNKNOWN;
  if (strcmp(word, "partial") == 0)
    return EXIT_OUTCOME_PARTLY;
  bool done = strcmp(word, "done") == 0 || strcmp(word, "gone") == 0;
  return done && operation->err.kind == ERR_NONE && operation->unrecorded.kind == ERR_NONE
             ? EXIT_SUCCESS
             : EXIT_FAILURE;
}

static int apply_report(const struct apply *apply) {
  const struct operation *operation = apply->run.operation;
  struct report_text_options text = print_options(apply->options);
  putchar('\n');
  bool written = report_outcome_text(stdout, operation->plan, &operation->outcome, &text);
  put_undo(apply->options, operation->outcome.undo);
  written = report_output_text(stdout, &operation->outcome, &text) && written;
  const int status =
      status_of(operation); /* the status of the action, whether or not its report can be written */
  if (!print_end(written))
    error_print("outcome of the action: %s (see `stacktop audit`)",
                outcome_word(&operation->outcome));
  if (operation->err.kind != ERR_NONE)
    error_print("%s", operation->err.text);
  if (operation->unrecorded.kind != ERR_NONE)
    error_print("%s", operation->unrecorded.text);
  return status;
}

/* From here the operation owns the plan. */
static int apply_begin(struct apply *apply, struct plan *plan, const char *typed) {
  struct err err = {0};
  apply->run = (struct headless_apply){
      .headless = &apply->mode.headless,
      .hooks = {.progress = on_progress, .stopping = on_stopping, .arg = apply}};
  const enum headless_end end = headless_apply_run(&apply->run, plan, typed, &err);
  progress_line_clear(&apply->line);
  switch (end) {
  case HEADLESS_OVER:
    return apply_report(apply);
  case HEADLESS_LEFT:
    error_print("interrupted while %s; the outcome is not known (see `stacktop audit --unknown`)",
                operation_phase_text(apply->run.operation->phase));
    return EXIT_OUTCOME_UNKNOWN;
  case HEADLESS_NOT_BEGUN:
    error_print("%s: nothing was done", err.text);
    return EXIT_FAILURE;
  default:
    error_print("%s", err.text);
    return EXIT_FAILURE;
  }
}

static int apply_plan(struct apply *apply, struct plan *plan) {
  struct err err = {0};
  char typed[PLAN_PHRASE_MAX];
  struct report_text_options text = print_options(apply->options);
  bool good = headless_apply_may(&apply->mode.headless, &err) && server_fits(apply, plan, &err);
  if (good && !print_end(report_plan_text(stdout, plan, &text)))
    good = err_set(&err, ERR_IO, "the plan could not be shown, so it was not applied");
  good = good && agreed(apply->options, plan, typed, &err);
  if (good)
    return apply_begin(apply, plan, typed);
  error_print("%s", err.text);
  plan_free(plan);
  return EXIT_FAILURE;
}

int apply_run(struct runtime *runtime, struct config *config, const struct options *options) {
  struct err err = {0};
  const struct target *target = NULL;
  char *state = state_choose(config, &err);
  struct action_list list;
  action_list_init(&list, config);
  struct plan *plan = state ? plan_file_load(state, &plan_json, list.actions, options->words[0],
                                             clock_wall_ms(), &err)
                            : NULL;
  if (!plan || !headless_apply_fits(plan, config, &target, &err)) {
    error_print("%s", err.text);
    plan_free(plan);
    free(state);
    action_list_fini(&list);
    config_free(config);
    if (!runtime_close(runtime, NULL))
      _exit(EXIT_FAILURE);
    return EXIT_FAILURE;
  }
  struct apply apply = {.options = options};
  headless_mode_open(&apply.mode, runtime, config, state, target, &list, options->read_only);
  const int status = headless_mode_close(&apply.mode, apply_plan(&apply, plan));
  action_list_fini(&list);
  return status;
}
