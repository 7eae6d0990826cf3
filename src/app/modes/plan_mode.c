#include "app/modes/plan_mode.h"

#include "app/modes/remedy.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/quote.h"
#include "io/clock.h"
#include "operate/plan_file.h"
#include "operate/words.h"
#include "report/plan_json.h"
#include "report/plan_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HASH_SHOWN = 12, COMMAND_MAX = 1024 };

/* ---- what is printed */

/* "stacktop -c stacktop.yaml apply 0123456789ab": what the next one types. */
static void put_command(const struct options *options, const char *hash) {
  char quoted[COMMAND_MAX];
  fputs("  stacktop ", stdout);
  if (options->config)
    printf("-c %s ", quote_word(quoted, sizeof quoted, options->config));
  printf("apply %.*s\n", HASH_SHOWN, hash);
}

static bool put_plan(const struct options *options, const struct plan *plan) {
  if (options->json)
    return plan_json_write(stdout, plan);
  struct report_text_options text = print_options(options);
  char phrase[PLAN_PHRASE_MAX], line[PLAN_PHRASE_MAX + 64];
  if (!report_plan_text(stdout, plan, &text))
    return false;
  snprintf(line, sizeof line, "It asks for: %s", plan_phrase(plan, phrase));
  printf("\nPlan %s\nNothing has been done. Within an hour, once:\n", plan->hash);
  put_command(options, plan->hash);
  return report_line(stdout, line, &text);
}

static void put_candidates(const struct options *options, const struct operation *operation) {
  struct report_text_options text = print_options(options);
  FILE *out = options->json ? stderr : stdout;
  bool one = operation->action->choice == CHOICE_ONE;
  if (!report_candidates_text(out, operation->found, &text) || fflush(out) != 0)
    error_print("what was found could not be written");
  error_print("%s needs %s of these: add the first word of its line%s", operation->action->id,
              one ? "one" : "some", one ? "" : "; a parent stands for all below it");
}

/* ---- what is done */

static bool is_settled(void *arg) {
  const struct operation *operation = arg;
  return operation->phase == OPERATION_FORM || operation->phase == OPERATION_CHOICE ||
         operation->phase == OPERATION_PLAN || operation->phase == OPERATION_ENDED;
}

static int plan_keep(struct remedy *remedy, const struct options *options, struct plan *plan) {
  struct err err;
  plan->made_ms += clock_wall_offset_ms(); /* it outlives our steady clock */
  plan->data_ms += clock_wall_offset_ms();
  if (!plan_file_save(remedy->state, &plan_json, plan, clock_wall_ms(), &err)) {
    error_print("%s", err.text);
    return EXIT_FAILURE;
  }
  return print_end(put_plan(options, plan)) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int plan_make(struct remedy *remedy, const struct options *options) {
  struct err err = {0};
  remedy_collect(remedy);
  struct operation *operation =
      pipeline_begin(remedy->pipeline, options->word_count, options->words, true, &err);
  if (operation) {
    remedy_wait(remedy, is_settled, operation);
    err = operation->err;
  }
  if (operation && operation->phase == OPERATION_PLAN)
    return plan_keep(remedy, options, operation->plan);
  if (operation && operation->phase == OPERATION_CHOICE)
    put_candidates(options, operation);
  else
    error_print("%s", *err.text ? err.text : "there is no plan");
  return EXIT_FAILURE;
}

/* The target that the words name. False with why when they make no sense. */
static bool words_check(const struct config *config, const struct options *options,
                        const struct target **target, struct err *err) {
  struct model model;
  struct words words;
  model_init(&model, config);
  bool good = words_parse(&words, options->word_count, options->words, &model, err);
  if (good) {
    *target = model.slots[words.slot].target;
    words_fini(&words);
  }
  model_fini(&model);
  return good;
}

int plan_run(struct runtime *runtime, struct config *config, const struct options *options) {
  struct err err = {0};
  const struct target *target = NULL;
  int status = EXIT_USAGE_BAD;
  char *state = NULL;
  if (words_check(config, options, &target, &err)) {
    state = remedy_state(config, &err);
    status = EXIT_FAILURE;
  }
  if (!state) {
    error_print("%s", err.text);
    config_free(config);
    if (!runtime_close(runtime, NULL))
      _exit(status);
    return status;
  }
  struct remedy remedy;
  remedy_open(&remedy, runtime, config, state, target, options->read_only);
  return remedy_close(&remedy, plan_make(&remedy, options));
}
