#include "app/modes/act/plan_mode.h"

#include "app/modes/headless_mode.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/text/quote.h"
#include "operate/headless/headless_plan.h"
#include "operate/state.h"
#include "report/json/found_json.h"
#include "report/plan/plan_json.h"
#include "report/plan/plan_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HASH_SHOWN = 12, COMMAND_MAX = 1024 };

/* ---- what is printed */

/* "stacktop -c stacktop.yaml apply 0123456789ab": the next command to type. */
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
  snprintf(line, sizeof line, "Confirmation phrase: %s", plan_phrase(plan, phrase));
  printf("\nPlan %s\nNothing has been done. To apply it, once and within an hour:\n", plan->hash);
  put_command(options, plan->hash);
  return report_line(stdout, line, &text);
}

/* What an action that only reads has found. */
static int put_found(const struct options *options, const struct operation *operation) {
  struct report_text_options text = print_options(options);
  bool good = options->json ? found_json_write(stdout, operation)
                            : report_found_text(stdout, operation->found, &text);
  for (size_t i = 0; good && !options->json && i < operation->found->note_count; i++)
    good = report_line(stdout, operation->found->notes[i].text, &text);
  return print_end(good) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void put_candidates(const struct options *options, const struct operation *operation) {
  struct report_text_options text = print_options(options);
  FILE *out = options->json ? stderr : stdout;
  bool one = operation->action->choice == CHOICE_ONE;
  if (!report_candidates_text(out, operation->found, &text) || fflush(out) != 0)
    error_print("cannot write the candidates");
  error_print("%s requires %s of these; add the first word of its line to the command%s",
              operation->action->id, one ? "one" : "one or more",
              one ? "" : "; a parent selects all rows below it");
}

/* ---- what is done */

static int plan_keep(struct headless *headless, const struct options *options, struct plan *plan) {
  struct err err;
  if (!headless_plan_keep(headless, plan, &plan_json, &err)) {
    error_print("%s", err.text);
    return EXIT_FAILURE;
  }
  return print_end(put_plan(options, plan)) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int plan_make(struct headless *headless, const struct options *options) {
  struct err err = {0};
  struct operation *operation = headless_plan(headless, options->word_count, options->words, &err);
  if (operation && operation->phase == OPERATION_PLAN)
    return plan_keep(headless, options, operation->plan);
  if (operation && operation->action->danger == DANGER_NONE)
    return put_found(options, operation);
  if (operation)
    put_candidates(options, operation);
  else
    error_print("%s", err.text);
  return EXIT_FAILURE;
}

int plan_run(struct runtime *runtime, struct config *config, const struct options *options) {
  struct err err = {0};
  int status = EXIT_USAGE_BAD;
  char *state = NULL;
  struct action_list list;
  action_list_init(&list, config);
  const struct target *target =
      headless_plan_target(config, list.actions, options->word_count, options->words, &err);
  if (target) {
    state = state_choose(config, &err);
    status = EXIT_FAILURE;
  }
  if (!state) {
    error_print("%s", err.text);
    action_list_fini(&list);
    config_free(config);
    if (!runtime_close(runtime, NULL))
      _exit(status);
    return status;
  }
  struct headless_mode mode;
  headless_mode_open(&mode, runtime, config, state, target, &list, options->read_only);
  const struct action *action = action_find_in(list.actions, options->words[0]);
  mode.page = action ? headless_mode_page(&action->spec) : NULL;
  status = headless_mode_close(&mode, plan_make(&mode.headless, options));
  action_list_fini(&list);
  return status;
}
