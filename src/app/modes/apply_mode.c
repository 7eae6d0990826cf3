#include "app/modes/apply_mode.h"

#include "app/modes/ask.h"
#include "app/modes/progress_line.h"
#include "app/modes/remedy.h"
#include "app/runtime/print.h"
#include "core/mem.h"
#include "core/quote.h"
#include "core/text.h"
#include "io/clock.h"
#include "operate/plan_file.h"
#include "report/outcome_text.h"
#include "report/plan_json.h"
#include "report/plan_text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  APPLY_SIGNALS = 3,
  COMMAND_MAX = 1024,
  UNRECORDED_MS = 2500, /* how long an outcome that is not on disk is waited for */
};

struct apply {
  struct remedy remedy;
  const struct options *options;
  struct operation *operation;
  struct progress_line line;
  uv_signal_t signals[APPLY_SIGNALS];
  int interrupts;
};

/* ---- whether the plan still fits the configuration */

static const struct target *target_find(const struct config *config, const struct plan *plan) {
  for (size_t i = 0; i < config->target_count; i++) {
    const struct target *target = config->targets[i];
    if (strcmp(target->kind->kind, plan->kind) == 0 && strcmp(target->name, plan->target) == 0)
      return target;
  }
  return NULL;
}

static bool same(const char *a, const char *b) {
  return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool plan_fits(const struct plan *plan, const struct config *config,
                      const struct target **target, struct err *err) {
  *target = target_find(config, plan);
  if (!*target)
    return err_set(err, ERR_INVALID, "the configuration has no %s \"%.64s\": the plan is for it",
                   plan->kind, plan->target);
  if (!same(plan->environment, config->environment))
    return err_set(err, ERR_INVALID,
                   "the plan is for the environment \"%.64s\", and the configuration is \"%.64s\"",
                   plan->environment ? plan->environment : "",
                   config->environment ? config->environment : "");
  if (plan->production != config_is_production(config))
    return err_set(err, ERR_INVALID,
                   "the environment %.64s is no longer judged as it was: make "
                   "the plan again",
                   config->environment ? config->environment : "");
  return true;
}

/* Which server the target is now. One that does not answer cannot tell: then the effect will see.
 */
static bool server_fits(struct apply *apply, const struct plan *plan, struct err *err) {
  if (!plan->address && !plan->server)
    return true;
  remedy_collect(&apply->remedy);
  const struct slot *slot = &apply->remedy.model.slots[0];
  if (!slot->sample)
    error_print("%s does not answer, so whether it is still at %s is not known: %s", plan->target,
                plan->address ? plan->address : plan->server, slot->err.text);
  return plan_is_at(plan, slot->sample, err);
}

/* ---- the agreement */

/* What was typed, or --confirm, into line. */
static bool phrase_get(const struct options *options, const char *wanted,
                       char line[PLAN_PHRASE_MAX], struct err *err) {
  int terminal = ask_open(!options->confirm);
  if (terminal < 0 && options->confirm) {
    snprintf(line, PLAN_PHRASE_MAX, "%s", options->confirm);
    return strlen(options->confirm) < PLAN_PHRASE_MAX;
  }
  if (terminal < 0)
    return err_set(err, ERR_INVALID,
                   "there is no terminal to agree on: --confirm takes what would be typed");
  char shown[PLAN_PHRASE_MAX * 2], prompt[PLAN_PHRASE_MAX * 2 + 64];
  text_sanitize(shown, sizeof shown, wanted, strlen(wanted), options->no_unicode);
  snprintf(prompt, sizeof prompt, "\nType `%s` to do it, anything else not to: ", shown);
  bool good = ask_line(terminal, prompt, line, PLAN_PHRASE_MAX);
  ask_close(terminal);
  return good || err_set(err, ERR_INVALID, "nothing was typed");
}

static bool agreed(const struct options *options, const struct plan *plan,
                   char line[PLAN_PHRASE_MAX], struct err *err) {
  char wanted[PLAN_PHRASE_MAX];
  plan_phrase(plan, wanted);
  if (!phrase_get(options, wanted, line, err))
    return false;
  if (!plan_agreed(plan, line))
    return err_set(err, ERR_INVALID, "that is not `%.100s`: nothing was done", wanted);
  if (clock_wall_ms() - plan->made_ms > PLAN_FILE_LIFETIME_MS)
    return err_set(err, ERR_INVALID, "the plan has become older than an hour: make it again");
  return true;
}

/* ---- under way */

static void on_news(void *arg) {
  struct apply *apply = arg;
  progress_line_show(&apply->line, apply->operation, clock_now_ms());
}

static void on_signal(uv_signal_t *handle, int number) {
  struct apply *apply = handle->data;
  (void)number;
  progress_line_clear(&apply->line);
  if (++apply->interrupts == 1) {
    error_print("it stops at the next safe point; once more, and it is left at once");
    pipeline_request(apply->remedy.pipeline, &(struct request){.kind = REQUEST_CANCEL});
  }
  uv_stop(handle->loop);
}

static void signals_watch(struct apply *apply) {
  static const int numbers[APPLY_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < APPLY_SIGNALS; i++) {
    uv_signal_init(&apply->remedy.runtime->loop, &apply->signals[i]);
    apply->signals[i].data = apply;
    uv_signal_start(&apply->signals[i], on_signal, numbers[i]);
  }
}

static void signals_unwatch(struct apply *apply) {
  for (size_t i = 0; i < APPLY_SIGNALS; i++)
    uv_close((uv_handle_t *)&apply->signals[i], NULL);
}

/* Also while its outcome is not on disk, for a while. */
static bool is_over(void *arg) {
  const struct apply *apply = arg;
  const struct operation *operation = apply->operation;
  if (apply->interrupts > 1)
    return true;
  return operation->phase == OPERATION_ENDED &&
         (operation->unrecorded.kind == ERR_NONE || apply->interrupts > 0 ||
          clock_now_ms() - operation->phase_ms > UNRECORDED_MS);
}

/* ---- what became of it */

static void put_undo(const struct options *options, const char *undo) {
  char quoted[COMMAND_MAX];
  if (!undo)
    return;
  fputs("Undo: stacktop ", stdout);
  if (options->config)
    printf("-c %s ", quote_word(quoted, sizeof quoted, options->config));
  const size_t size = 3 * strlen(undo) + 1; /* a byte becomes three at the most */
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
  const struct operation *operation = apply->operation;
  struct report_text_options text = print_options(apply->options);
  putchar('\n');
  bool written = report_outcome_text(stdout, operation->plan, &operation->outcome, &text);
  put_undo(apply->options, operation->outcome.undo);
  const int status = status_of(operation); /* of the action, whatever becomes of its report */
  if (!print_end(written))
    error_print("the action's outcome: %s (`stacktop audit`)", outcome_word(&operation->outcome));
  if (operation->err.kind != ERR_NONE)
    error_print("%s", operation->err.text);
  if (operation->unrecorded.kind != ERR_NONE)
    error_print("%s", operation->unrecorded.text);
  return status;
}

static int apply_wait(struct apply *apply, const char *hash) {
  remedy_wait(&apply->remedy, is_over, apply);
  progress_line_clear(&apply->line);
  const struct operation *operation = apply->operation;
  if (operation->phase == OPERATION_ENDED && operation->began)
    return apply_report(apply);
  if (operation->phase == OPERATION_ENDED) {
    error_print("%s: nothing was done", operation->err.text);
    plan_file_release(apply->remedy.state, hash);
    return EXIT_FAILURE;
  }
  error_print("left while it was %s: what became of it is not known (`stacktop audit --unknown`)",
              operation_phase_text(operation->phase));
  return EXIT_OUTCOME_UNKNOWN;
}

/* The plan's owner is the operation from here. */
static int apply_begin(struct apply *apply, struct plan *plan, const char *typed) {
  struct err err = {0};
  struct remedy *remedy = &apply->remedy;
  char *hash = mem_dup(plan->hash);
  int status = EXIT_FAILURE;
  apply->operation = pipeline_adopt(remedy->pipeline, plan, 0);
  remedy->news = on_news;
  remedy->arg = apply;
  if (!apply->operation) {
    error_print("the plan cannot be taken up");
  } else if (!plan_file_claim(remedy->state, hash, &err)) {
    error_print("%s", err.text);
  } else {
    signals_watch(apply);
    if (pipeline_agree(remedy->pipeline, apply->operation, typed, &err)) {
      status = apply_wait(apply, hash);
    } else {
      plan_file_release(remedy->state, hash);
      error_print("%s: nothing was done", err.text);
    }
    signals_unwatch(apply);
  }
  remedy->news = NULL;
  free(hash);
  return status;
}

/* Asked again by the pipeline; here so that nobody is asked for what cannot be. */
static bool may_change(const struct remedy *remedy, struct err *err) {
  const struct target *target = remedy->config->targets[0];
  bool allowed = lock_allows(&remedy->lock, target, clock_now_ms(), err);
  if (!allowed && remedy->lock.why) /* there is no :unlock here */
    err_set(err, ERR_DENIED, "read-only (%s): nothing was done", remedy->lock.why);
  return allowed;
}

static int apply_plan(struct apply *apply, struct plan *plan) {
  struct err err = {0};
  char typed[PLAN_PHRASE_MAX];
  struct remedy *remedy = &apply->remedy;
  struct report_text_options text = print_options(apply->options);
  bool good = may_change(remedy, &err) && server_fits(apply, plan, &err);
  if (good && !print_end(report_plan_text(stdout, plan, &text)))
    good = err_set(&err, ERR_IO, "a plan that cannot be read is not applied");
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
  char *state = remedy_state(config, &err);
  struct plan *plan =
      state ? plan_file_load(state, &plan_json, options->words[0], clock_wall_ms(), &err) : NULL;
  if (!plan || !plan_fits(plan, config, &target, &err)) {
    error_print("%s", err.text);
    plan_free(plan);
    free(state);
    config_free(config);
    if (!runtime_close(runtime, NULL))
      _exit(EXIT_FAILURE);
    return EXIT_FAILURE;
  }
  struct apply apply = {.options = options};
  remedy_open(&apply.remedy, runtime, config, state, target, options->read_only);
  return remedy_close(&apply.remedy, apply_plan(&apply, plan));
}
