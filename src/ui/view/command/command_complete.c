#include "ui/view/command/command_complete.h"

#include "core/text/quote.h"
#include "core/text/text.h"
#include "core/text/words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The line so far: the words before the one that is completed. */
struct typed {
  char **words;
  size_t count;
  const char *word; /* what is typed of the last one */
};

static size_t same_start(const char *a, const char *b) {
  size_t count = 0;
  while (a[count] && a[count] == b[count])
    count++;
  return count;
}

static void add(struct command_candidates *found, const struct typed *typed, const char *word) {
  if (strncasecmp(word, typed->word, strlen(typed->word)) != 0)
    return;
  for (size_t i = 0; i < found->count; i++)
    if (strcmp(found->words[i], word) == 0)
      return;
  if (found->count == COMMAND_CANDIDATES_MAX) {
    found->more = true;
    return;
  }
  found->common = found->count == 0 ? strlen(word) : found->common;
  if (found->count > 0) {
    const size_t same = same_start(found->words[0], word);
    found->common = same < found->common ? same : found->common;
  }
  found->words[found->count++] = word;
}

static const struct action_spec *spec_find(const struct model *model, const char *id) {
  const struct action_spec *const *spec = model->operations.specs;
  while (spec && *spec && strcmp((*spec)->id, id) != 0)
    spec++;
  return spec ? *spec : NULL;
}

static void add_first(struct command_candidates *found, const struct frame *frame,
                      const char *const *commands, const struct typed *typed) {
  const struct model *model = frame->model;
  for (size_t i = 0; commands && commands[i]; i++)
    add(found, typed, commands[i]);
  for (const struct action_spec *const *spec = model->operations.specs; spec && *spec; spec++)
    for (size_t i = 0; i < model->target_count; i++)
      if (strcmp(model->targets[i].target->kind->kind, (*spec)->kind) == 0) {
        add(found, typed, (*spec)->id);
        break;
      }
  for (const struct page_spec *const *page = model->pages; page && *page; page++)
    for (size_t i = 0; i < model->target_count; i++)
      if (strcmp(model->targets[i].target->kind->kind, (*page)->kind) == 0) {
        add(found, typed, (*page)->id);
        break;
      }
}

/* As one word of the line: what has a blank is quoted. NULL: it has a quote itself. */
static const char *as_word(const struct frame *frame, const char *text) {
  if (!*text || strpbrk(text, "\"'\\"))
    return NULL;
  return strchr(text, ' ') ? arena_printf(frame->arena, "\"%s\"", text) : text;
}

static void add_targets(struct command_candidates *found, const struct frame *frame,
                        const char *kind, const struct action_spec *spec,
                        const struct typed *typed) {
  for (size_t i = 0; i < frame->model->target_count; i++) {
    const struct target *target = frame->model->targets[i].target;
    const char *word = strcmp(target->kind->kind, kind) == 0 ? as_word(frame, target->name) : NULL;
    if (word && (!spec || action_is_for(spec, target->name)))
      add(found, typed, word);
  }
}

static size_t target_index(const struct model *model, const char *kind, const char *name) {
  for (size_t i = 0; i < model->target_count; i++)
    if (strcmp(model->targets[i].target->kind->kind, kind) == 0 &&
        strcmp(model->targets[i].target->name, name) == 0)
      return i;
  return SIZE_MAX;
}

/* Rows by their label, in any open page of the target too. */
static void add_rows(struct command_candidates *found, const struct frame *frame, size_t index,
                     const char *id, const struct typed *typed) {
  const struct table *table = id && index != SIZE_MAX ? model_table(frame->model, index, id) : NULL;
  for (size_t i = 0; table && i < table->row_count; i++) {
    char buffer[FORMAT_MAX];
    const char *label =
        frame_value(frame, buffer, table->rows[i].cells[0], &table->spec->columns[0]);
    const char *word = as_word(frame, arena_printf(frame->arena, "%s", label ? label : ""));
    if (word)
      add(found, typed, word);
  }
}

/* NAME= of the parameters, and NAME=VALUE where the values are known. */
static void add_params(struct command_candidates *found, const struct frame *frame,
                       const struct action_spec *spec, const struct typed *typed) {
  for (size_t i = 0; i < spec->param_count; i++) {
    const struct option *param = &spec->params[i];
    const size_t length = strlen(param->name);
    const char *const *choice = option_choices(param);
    if (strncmp(typed->word, param->name, length) != 0 || typed->word[length] != '=') {
      add(found, typed, arena_printf(frame->arena, "%s=", param->name));
      continue;
    }
    for (; choice && *choice; choice++)
      add(found, typed, arena_printf(frame->arena, "%s=%s", param->name, *choice));
  }
}

static void add_action(struct command_candidates *found, const struct frame *frame,
                       const struct action_spec *spec, const struct typed *typed) {
  if (typed->count == 1) {
    add_targets(found, frame, spec->kind, spec, typed);
    return;
  }
  add_rows(found, frame, target_index(frame->model, spec->kind, typed->words[1]),
           spec->table ? spec->table : spec->context, typed);
  add_params(found, frame, spec, typed);
  if (action_takes_targets(spec))
    add_targets(found, frame, spec->kind, spec, typed);
}

static void add_next(struct command_candidates *found, const struct frame *frame,
                     const struct typed *typed) {
  static const char *const incident[] = {"open",  "note", "status", "severity", "role",
                                         "close", "show", "list",   "export",   "use"};
  const struct action_spec *spec = spec_find(frame->model, typed->words[0]);
  const struct page_spec *page =
      frame->model->pages ? page_find(frame->model->pages, typed->words[0]) : NULL;
  if (spec)
    add_action(found, frame, spec, typed);
  else if (page && typed->count == 1)
    add_targets(found, frame, page->kind, NULL, typed);
  else if (page && typed->count == 2)
    add_rows(found, frame, target_index(frame->model, page->kind, typed->words[1]), page->row_of,
             typed);
  else if (strcmp(typed->words[0], "incident") == 0 && typed->count == 1)
    for (size_t i = 0; i < sizeof incident / sizeof *incident; i++)
      add(found, typed, incident[i]);
}

/* Where the last word begins: after a blank that is not within quotes. */
static size_t last_word(const char *text) {
  size_t start = 0;
  bool quoted = false;
  for (size_t i = 0; text[i]; i++) {
    if (text[i] == '"')
      quoted = !quoted;
    if (text[i] == ' ' && !quoted)
      start = i + 1;
  }
  return start;
}

void command_complete(struct command_candidates *found, const struct frame *frame,
                      const char *const *commands, const char *text) {
  struct err ignored;
  *found = (struct command_candidates){.start = last_word(text)};
  const char *before = arena_printf(frame->arena, "%.*s", (int)found->start, text);
  struct typed typed = {.word = text + found->start};
  typed.words = before ? words_split(before, &typed.count, &ignored) : NULL;
  if (!typed.words)
    return;
  if (typed.count == 0)
    add_first(found, frame, commands, &typed);
  else
    add_next(found, frame, &typed);
  free(typed.words);
}
