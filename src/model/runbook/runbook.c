#include "model/runbook/runbook.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

const char *runbook_kind_name(enum runbook_step_kind kind) {
  static const char *const names[RUNBOOK_KINDS] = {
      [RUNBOOK_CHECK] = "check", [RUNBOOK_SHOW] = "show", [RUNBOOK_ACT] = "act",
      [RUNBOOK_WAIT] = "wait",   [RUNBOOK_ASK] = "ask",   [RUNBOOK_RUN] = "run",
  };
  return names[kind];
}

const char *runbook_place_name(int place) {
  return place == RUNBOOK_NEXT   ? "next"
         : place == RUNBOOK_END  ? "end"
         : place == RUNBOOK_STOP ? "stop"
                                 : NULL;
}

struct runbook *runbook_new(void) {
  return mem_new(sizeof(struct runbook));
}

static void condition_fini(struct runbook_condition *condition) {
  free(condition->metric);
  free(condition->is);
  free(condition->target);
  free(condition->row);
  free(condition->above);
  free(condition->below);
}

static void step_fini(struct runbook_step *step) {
  free(step->name);
  free(step->help);
  free(step->subject);
  condition_fini(&step->condition);
  for (size_t i = 0; i < step->word_count; i++)
    free(step->words[i]);
  for (size_t i = 0; i < step->pair_count; i++) {
    free(step->pairs[i].name);
    free(step->pairs[i].value);
  }
  for (size_t i = 0; i < step->choice_count; i++)
    free(step->choices[i].text);
  free(step->words);
  free(step->pairs);
  free(step->choices);
}

static void match_fini(struct runbook_match *match) {
  free(match->metric);
  free(match->kind);
  free(match->alert);
  free(match->is);
  free(match->target);
  free(match->row);
  for (size_t i = 0; i < match->with_count; i++) {
    free(match->with[i].name);
    free(match->with[i].value);
  }
  free(match->with);
}

void runbook_free(struct runbook *runbook) {
  if (!runbook)
    return;
  for (size_t i = 0; i < runbook->param_count; i++) {
    free(runbook->params[i].name);
    free(runbook->params[i].help);
    free(runbook->params[i].fallback);
    free(runbook->params[i].kind);
  }
  for (size_t i = 0; i < runbook->step_count; i++)
    step_fini(&runbook->steps[i]);
  for (size_t i = 0; i < runbook->verify_count; i++)
    condition_fini(&runbook->verify[i]);
  for (size_t i = 0; i < runbook->match_count; i++)
    match_fini(&runbook->matches[i]);
  free(runbook->matches);
  free(runbook->params);
  free(runbook->steps);
  free(runbook->verify);
  free(runbook->name);
  free(runbook->path);
  free(runbook->source);
  free(runbook->title);
  free(runbook->help);
  free(runbook);
}

int runbook_step_find(const struct runbook *runbook, const char *name) {
  for (size_t i = 0; i < runbook->step_count; i++)
    if (runbook->steps[i].name && strcmp(runbook->steps[i].name, name) == 0)
      return (int)i;
  return -1;
}
