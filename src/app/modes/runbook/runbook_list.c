#include "app/modes/runbook/runbook_list.h"

#include "app/modes/runbook/runbook_session.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/text/format.h"
#include "core/text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 512 };

int runbook_list(const struct config *config, const struct options *options,
                 const struct runbook_schema *schema) {
  struct runbook_places places;
  size_t count;
  bool all_good = true;
  runbook_places_init(&places, config);
  char **names = runbook_names(&places, &count);
  for (size_t i = 0; i < count; i++) {
    struct runbook *runbook = runbook_load(&places, names[i], schema, NULL);
    if (runbook)
      runbook_printf(options, "", "%-20s  %s", names[i], runbook->title);
    all_good = all_good && runbook;
    runbook_free(runbook);
    free(names[i]);
  }
  if (count == 0)
    fputs("no runbooks\n", stderr);
  free(names);
  runbook_places_fini(&places);
  return !print_end(true) ? EXIT_FAILURE : all_good ? EXIT_SUCCESS : EXIT_CONFIG_BAD;
}

/* ---- one runbook */

static void put_places(const struct options *options, const struct runbook *runbook, size_t index) {
  const struct runbook_step *step = &runbook->steps[index];
  for (size_t i = 0; i < step->choice_count; i++)
    runbook_printf(
        options, "      ", "%s -> %s", step->choices[i].text,
        runbook_place_text(runbook, runbook_run_place(runbook, index, RUNBOOK_CHOICE, i)));
  if (step->kind != RUNBOOK_ASK)
    runbook_printf(
        options, "      ", "then %s, otherwise %s",
        runbook_place_text(runbook, runbook_run_place(runbook, index, RUNBOOK_THEN, 0)),
        runbook_place_text(runbook, runbook_run_place(runbook, index, RUNBOOK_OTHERWISE, 0)));
}

static void put_param(const struct options *options, const struct runbook_param *param) {
  char of[80] = "";
  if (param->kind)
    snprintf(of, sizeof of, "%.40s target%s, ", param->kind, param->optional ? ", optional" : "");
  runbook_printf(options, "  ", "%s: %s (%s%s%s)", param->name, param->help ? param->help : "", of,
                 param->fallback ? "default "
                 : param->kind   ? "default the only one"
                                 : "required",
                 param->fallback ? param->fallback : "");
}

static void put_runbook(const struct options *options, const struct runbook *runbook) {
  char text[RUNBOOK_SAID_MAX];
  runbook_printf(options, "", "%s: %s", runbook->name, runbook->title);
  if (runbook->help)
    runbook_put(options, "  ", runbook->help);
  runbook_printf(options, "  ", "%s", runbook->path);
  if (runbook->param_count > 0)
    printf("\nParameters\n");
  for (size_t i = 0; i < runbook->param_count; i++)
    put_param(options, &runbook->params[i]);
  printf("\nSteps\n");
  for (size_t i = 0; i < runbook->step_count; i++) {
    runbook_printf(options, "  ", "%zu  %s", i + 1, runbook->steps[i].name);
    runbook_put(options, "      ", runbook_step_text(text, &runbook->steps[i], NULL));
    put_places(options, runbook, i);
  }
  printf("\nVerify\n");
  for (size_t i = 0; i < runbook->verify_count; i++) {
    const struct runbook_step as_step = {.kind = RUNBOOK_CHECK, .condition = runbook->verify[i]};
    runbook_put(options, "  ", runbook_step_text(text, &as_step, NULL) + strlen("check "));
  }
}

int runbook_show(const struct config *config, const struct options *options,
                 const struct runbook_schema *schema) {
  struct runbook_places places;
  bool invalid = false;
  runbook_places_init(&places, config);
  struct runbook *runbook = runbook_load(&places, options->words[0], schema, &invalid);
  runbook_places_fini(&places);
  if (!runbook)
    return invalid ? EXIT_CONFIG_BAD : EXIT_USAGE_BAD;
  put_runbook(options, runbook);
  runbook_free(runbook);
  return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- runs */

struct last {
  bool any, over, effect;
  enum runbook_over how;
  enum runbook_event_kind kind;
  char step[RUNBOOK_NAME_MAX + 1];
  int64_t at_ms;
};

static void on_event(void *arg, const struct runbook_event *event) {
  struct last *last = arg;
  last->any = true;
  last->kind = event->kind;
  last->at_ms = event->at_ms;
  last->effect = event->kind == RUNBOOK_EVENT_EFFECT;
  if (event->kind == RUNBOOK_EVENT_OVER) {
    last->over = true;
    last->how = event->over;
  }
  if (event->step)
    snprintf(last->step, sizeof last->step, "%s", event->step);
}

const char *runbook_list_over(const struct runbook_file *file) {
  struct last last = {0};
  struct err err;
  return runbook_file_each(file, on_event, &last, &err) && last.over ? runbook_over_name(last.how)
                                                                     : NULL;
}

bool runbook_list_state(const struct runbook_file *file, char *out, size_t size) {
  struct last last = {0};
  struct err err;
  if (!runbook_file_each(file, on_event, &last, &err))
    snprintf(out, size, "damaged: %s", err.text);
  else if (last.over)
    snprintf(out, size, "%s", runbook_over_name(last.how));
  else
    snprintf(out, size, "%s%s%s",
             runbook_file_is_held(file) ? "running"
             : last.effect              ? "interrupted, outcome unknown"
                                        : "waits",
             last.kind == RUNBOOK_EVENT_RESULT ? ", after " : ", at ",
             last.any ? last.step : "its beginning");
  return !last.over;
}

static void put_run(const struct options *options, const struct runbook_file *file) {
  const struct runbook_head *head = runbook_file_head(file);
  char time[FORMAT_MAX], state[SHOWN_MAX];
  runbook_list_state(file, state, sizeof state);
  runbook_printf(options, "", "%-44s  %s%s  %-12s  %s", head->id,
                 format_time(time, sizeof time, head->at_ms, options->utc, true),
                 options->utc ? " UTC" : "", head->user, state);
}

int runbook_runs(const char *state, const struct options *options) {
  struct err err = {0};
  size_t count;
  bool good = true;
  char **ids = runbook_file_list(state, &count, &err);
  if (!ids) {
    error_print("%s", err.text);
    return EXIT_FAILURE;
  }
  for (size_t i = 0; i < count; i++) {
    struct runbook_file *file = runbook_file_open(state, ids[i], true, &err);
    if (file)
      put_run(options, file);
    else
      error_print("%s", err.text);
    good = good && file;
    runbook_file_close(file);
    free(ids[i]);
  }
  free(ids);
  if (count == 0)
    printf("no runs\n");
  return print_end(true) && good ? EXIT_SUCCESS : EXIT_FAILURE;
}
