/* One step of a runbook from YAML. */
#include "config/runbook/config_runbook_draft.h"
#include "core/mem.h"
#include "core/quantity.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

enum {
  WAIT_MS = 10 * 60 * 1000,
  RUN_MS = 60 * 1000,
  LIMIT_LEAST_MS = 100,
  LIMIT_MOST_MS = 86400000
};

/* ---- where it leads */

static int place_read(struct runbook_draft *draft, const yaml_node_t *node, const char *what) {
  struct suggestion near = {0};
  int place = RUNBOOK_STOP;
  char *name = config_yaml_text(draft->yaml, node, what);
  if (!name)
    return place;
  for (int each = RUNBOOK_NEXT; each >= RUNBOOK_STOP; each--) {
    suggest_consider(&near, name, runbook_place_name(each));
    if (strcmp(name, runbook_place_name(each)) == 0) {
      free(name);
      return each;
    }
  }
  place = runbook_step_find(draft->runbook, name);
  for (size_t i = 0; i < draft->runbook->step_count; i++)
    if (draft->runbook->steps[i].name)
      suggest_consider(&near, name, draft->runbook->steps[i].name);
  if (place < 0)
    config_yaml_error(draft->yaml, node, "%s: no step is named \"%.60s\"%s%s", what, name,
                      suggest_text(&near),
                      near.best ? "" : "; use next, end, stop or the name of a step");
  free(name);
  return place < 0 ? RUNBOOK_STOP : place;
}

/* ---- words */

static void word_add(struct runbook_step *step, char *word) {
  step->words = mem_resize(step->words, (step->word_count + 1) * sizeof *step->words);
  step->words[step->word_count++] = word;
}

static void words_read(struct runbook_draft *draft, const yaml_node_t *list, const char *what,
                       struct runbook_step *step) {
  const yaml_node_t *item;
  if (!config_yaml_list(draft->yaml, list, what))
    return;
  for (size_t i = 0; (item = config_yaml_item(draft->yaml, list, i)); i++) {
    if (step->word_count == RUNBOOK_WORDS_MAX) {
      config_yaml_error(draft->yaml, item, "%s: more than %d words", what, RUNBOOK_WORDS_MAX);
      return;
    }
    char *word = draft_text(draft, item, what);
    if (word)
      word_add(step, word);
  }
}

bool draft_name_check(struct runbook_draft *draft, const yaml_node_t *node, const char *name,
                      enum runbook_naming what) {
  struct err err;
  const bool filled = name && runbook_text_is_filled(name);
  if (!name || (!filled && (!draft->schema->names ||
                            draft->schema->names(draft->schema->arg, what, name, &err))))
    return true;
  config_yaml_error(draft->yaml, node, "%s",
                    filled ? "a parameter cannot choose this: write its name" : err.text);
  return false;
}

/* ---- the kinds */

static void show_read(struct runbook_draft *draft, const yaml_node_t *node,
                      struct runbook_step *step) {
  static const char *const keys[] = {"page", "target", "row", NULL};
  if (!draft_keys(draft, node, "show", keys))
    return;
  const yaml_node_t *page = draft_member(draft, node, "page");
  step->subject = draft_member_text(draft, node, "page", true);
  char *target = draft_member_text(draft, node, "target", true);
  char *row = draft_member_text(draft, node, "row", false);
  if (page)
    draft_name_check(draft, page, step->subject, RUNBOOK_NAMES_PAGE);
  if (target)
    word_add(step, target);
  if (row)
    word_add(step, row);
}

static void pairs_read(struct runbook_draft *draft, const yaml_node_t *node,
                       struct runbook_step *step) {
  const yaml_node_t *key, *value;
  if (!config_yaml_mapping(draft->yaml, node, "parameters"))
    return;
  for (size_t i = 0; config_yaml_pair(draft->yaml, node, i, &key, &value); i++) {
    char *text = draft_text(draft, value, config_yaml_key(key));
    if (!text)
      continue;
    step->pairs = mem_resize(step->pairs, (step->pair_count + 1) * sizeof *step->pairs);
    step->pairs[step->pair_count++] =
        (struct runbook_pair){.name = mem_dup(config_yaml_key(key)), .value = text};
  }
}

static void act_read(struct runbook_draft *draft, const yaml_node_t *node,
                     struct runbook_step *step) {
  static const char *const keys[] = {"action", "target", "rows", "parameters", NULL};
  if (!draft_keys(draft, node, "act", keys))
    return;
  const yaml_node_t *action = draft_member(draft, node, "action");
  const yaml_node_t *rows = draft_member(draft, node, "rows");
  const yaml_node_t *params = draft_member(draft, node, "parameters");
  step->subject = draft_member_text(draft, node, "action", true);
  char *target = draft_member_text(draft, node, "target", true);
  if (action)
    draft_name_check(draft, action, step->subject, RUNBOOK_NAMES_ACTION);
  if (target)
    word_add(step, target);
  if (rows)
    words_read(draft, rows, "rows", step);
  if (params)
    pairs_read(draft, params, step);
}

static void ask_read(struct runbook_draft *draft, const yaml_node_t *node,
                     const yaml_node_t *choices, struct runbook_step *step) {
  const yaml_node_t *key, *value;
  step->subject = draft_text(draft, node, "ask");
  if (!choices) {
    config_yaml_error(draft->yaml, node, "missing key \"choices\": {text: step}");
    return;
  }
  if (!config_yaml_mapping(draft->yaml, choices, "choices"))
    return;
  for (size_t i = 0; config_yaml_pair(draft->yaml, choices, i, &key, &value); i++) {
    if (step->choice_count == RUNBOOK_CHOICES_MAX) {
      config_yaml_error(draft->yaml, key, "more than %d choices", RUNBOOK_CHOICES_MAX);
      return;
    }
    char *text = draft_text(draft, key, "a choice");
    const int place = place_read(draft, value, "choices");
    if (!text)
      continue;
    step->choices = mem_resize(step->choices, (step->choice_count + 1) * sizeof *step->choices);
    step->choices[step->choice_count++] = (struct runbook_choice){.text = text, .place = place};
  }
  if (step->choice_count < 2)
    config_yaml_error(draft->yaml, choices, "a person needs at least two choices");
}

static bool is_interpreter(const char *word) {
  static const char *const names[] = {"sh",   "bash", "dash",   "ash",     "zsh",  "ksh",  "fish",
                                      "ssh",  "su",   "python", "perl",    "ruby", "node", "psql",
                                      "eval", "env",  "sudo",   "busybox", NULL};
  const char *slash = strrchr(word, '/');
  const char *base = slash ? slash + 1 : word;
  for (size_t i = 0; names[i]; i++) {
    const size_t length = strlen(names[i]);
    if (strncmp(base, names[i], length) == 0 &&
        (!base[length] || strspn(base + length, "0123456789.") == strlen(base + length)))
      return true;
  }
  return false;
}

/* No shell reads it, and no value becomes a part of a script. */
static void run_read(struct runbook_draft *draft, const yaml_node_t *node,
                     struct runbook_step *step) {
  bool interpreted = false;
  if (node->type != YAML_SEQUENCE_NODE) {
    config_yaml_error(draft->yaml, node,
                      "run must be a list of words, [program, argument]: no shell reads it");
    return;
  }
  words_read(draft, node, "run", step);
  if (step->word_count == 0 || runbook_text_is_filled(step->words[0])) {
    config_yaml_error(draft->yaml, node,
                      "run must begin with the name of a program, which no value can change");
    return;
  }
  for (size_t i = 0; i < step->word_count; i++) {
    if (interpreted && runbook_text_is_filled(step->words[i]))
      config_yaml_error(draft->yaml, node,
                        "a value in the arguments of an interpreter or of ssh could become a part "
                        "of a command; put the command into a program of its own");
    interpreted = interpreted || is_interpreter(step->words[i]);
  }
}

/* ---- the step */

static void limit_read(struct runbook_draft *draft, const yaml_node_t *node, const char *what,
                       int64_t *ms) {
  struct err err;
  char *text = config_yaml_text(draft->yaml, node, what);
  if (text && !duration_parse_within(text, LIMIT_LEAST_MS, LIMIT_MOST_MS, ms, &err))
    config_yaml_error(draft->yaml, node, "%s: %s", what, err.text);
  free(text);
}

static void kind_read(struct runbook_draft *draft, const yaml_node_t *step_node,
                      const yaml_node_t *node, struct runbook_step *step) {
  switch (step->kind) {
  case RUNBOOK_CHECK:
  case RUNBOOK_WAIT:
    draft_condition(draft, node, &step->condition);
    break;
  case RUNBOOK_SHOW:
    show_read(draft, node, step);
    break;
  case RUNBOOK_ACT:
    act_read(draft, node, step);
    break;
  case RUNBOOK_ASK:
    ask_read(draft, node, draft_member(draft, step_node, "choices"), step);
    break;
  default:
    run_read(draft, node, step);
    break;
  }
}

/* A key that only another kind of step has. */
static void key_check(struct runbook_draft *draft, const yaml_node_t *node, const char *name,
                      bool fits, const char *needed) {
  const yaml_node_t *found = draft_member(draft, node, name);
  if (found && !fits)
    config_yaml_error(draft->yaml, found, "\"%s\" is only for a step with %s", name, needed);
}

static void places_read(struct runbook_draft *draft, const yaml_node_t *node,
                        struct runbook_step *step) {
  const yaml_node_t *then = draft_member(draft, node, "then");
  const yaml_node_t *otherwise = draft_member(draft, node, "otherwise");
  step->otherwise = step->kind == RUNBOOK_SHOW ? RUNBOOK_NEXT : RUNBOOK_STOP;
  key_check(draft, node, "then", step->kind != RUNBOOK_ASK, "no choices");
  key_check(draft, node, "otherwise", step->kind != RUNBOOK_ASK, "no choices");
  key_check(draft, node, "choices", step->kind == RUNBOOK_ASK, "ask");
  key_check(draft, node, "deadline", step->kind == RUNBOOK_WAIT, "wait");
  key_check(draft, node, "timeout", step->kind == RUNBOOK_RUN, "run");
  if (then)
    step->then = place_read(draft, then, "then");
  if (otherwise)
    step->otherwise = place_read(draft, otherwise, "otherwise");
}

void draft_step(struct runbook_draft *draft, const yaml_node_t *node, struct runbook_step *step) {
  static const char *const keys[] = {"name",      "help",     "check",   "show",    "act",
                                     "wait",      "ask",      "run",     "choices", "then",
                                     "otherwise", "deadline", "timeout", NULL};
  if (!draft_keys(draft, node, "a step", keys))
    return;
  const yaml_node_t *body = NULL;
  size_t kinds = 0;
  step->line = (int)node->start_mark.line + 1;
  step->column = (int)node->start_mark.column + 1;
  if (!draft_member(draft, node, "name"))
    config_yaml_error(draft->yaml, node, "missing key \"name\" in a step");
  for (enum runbook_step_kind kind = 0; kind < RUNBOOK_KINDS; kind++) {
    const yaml_node_t *found = draft_member(draft, node, runbook_kind_name(kind));
    if (!found)
      continue;
    kinds++;
    step->kind = kind;
    body = found;
  }
  if (kinds != 1) {
    config_yaml_error(draft->yaml, node,
                      "a step has exactly one of check, show, act, wait, ask and run");
    return;
  }
  const yaml_node_t *deadline = draft_member(draft, node, "deadline");
  const yaml_node_t *timeout = draft_member(draft, node, "timeout");
  step->limit_ms = step->kind == RUNBOOK_WAIT ? WAIT_MS : RUN_MS;
  step->help = draft_member_text(draft, node, "help", false);
  kind_read(draft, node, body, step);
  places_read(draft, node, step);
  if (deadline)
    limit_read(draft, deadline, "deadline", &step->limit_ms);
  if (timeout)
    limit_read(draft, timeout, "timeout", &step->limit_ms);
}
