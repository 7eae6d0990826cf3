#include "ui/log/log_typing.h"

#include "ui/draw/text_field.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};

struct request log_typing_search_end(struct log_view *view) {
  log_matches_set(&view->matches, NULL);
  view->seeking = false;
  return (struct request){.kind = REQUEST_LOGS_SEARCH, .text = ""};
}

static struct request search_begin(struct log_view *view) {
  struct err err;
  struct pattern *pattern = pattern_new(view->typed, PATTERN_CASE_SMART, &err);
  if (!pattern)
    return nothing;
  log_matches_set(&view->matches, pattern);
  view->seeking = true;
  return (struct request){.kind = REQUEST_LOGS_SEARCH, .text = pattern_source(pattern)};
}

/* Whether it begins like a field: ".status>=500", as jq writes it. */
static bool is_fields(const char *text) {
  size_t end = 1;
  if (*text != '.' || !(isalpha((unsigned char)text[1]) || text[1] == '_'))
    return false;
  while (isalnum((unsigned char)text[end]) || (text[end] && strchr("_.-", text[end])))
    end++;
  return text[end] && strchr("=!<>~", text[end]);
}

/* ".status>=500 .user=ann" to conditions, which lie in copy. */
static size_t split_fields(char *copy, const char *conditions[LOG_CONDITIONS_MAX]) {
  size_t count = 0;
  for (char *at = copy; at && *at && count < LOG_CONDITIONS_MAX;) {
    char *next = at;
    while ((next = strchr(next + 1, ' ')) && !is_fields(next + 1))
      continue;
    if (next)
      *next++ = '\0';
    conditions[count++] = at + 1;
    at = next;
  }
  return count;
}

static bool check_fields(const char *text, struct err *err) {
  const char *conditions[LOG_CONDITIONS_MAX];
  char copy[LOG_TYPED_MAX];
  snprintf(copy, sizeof copy, "%s", text);
  const struct log_filter_spec spec = {.conditions = conditions,
                                       .condition_count = split_fields(copy, conditions)};
  struct log_filter *filter = log_filter_new(&spec, err);
  log_filter_free(filter);
  return filter != NULL;
}

static void take_fields(struct log_asked *asked, const char *text) {
  const char *conditions[LOG_CONDITIONS_MAX];
  char copy[LOG_TYPED_MAX];
  snprintf(copy, sizeof copy, "%s", text);
  log_asked_conditions(asked, conditions, split_fields(copy, conditions));
}

void log_typing_begin(struct log_view *view, enum log_typing what, const char *text) {
  view->typing = what;
  view->wrong = (struct err){0};
  snprintf(view->typed, sizeof view->typed, "%s", text ? text : "");
}

/* The regular expression of what is typed: a ! before it excludes lines. */
static const char *typed_expression(const struct log_view *view) {
  const bool not = view->typing == LOG_TYPING_FILTER && *view->typed == '!';
  return view->typed + not ;
}

static void check_typed(struct log_view *view) {
  const char *text = typed_expression(view);
  view->wrong = (struct err){0};
  if (view->typing == LOG_TYPING_FILTER && is_fields(text))
    check_fields(text, &view->wrong);
  else if (*text)
    pattern_free(pattern_new(text, PATTERN_CASE_SMART, &view->wrong));
}

static struct request typed_enter(struct log_view *view, const struct frame *frame) {
  const enum log_typing what = view->typing;
  if (view->wrong.kind != ERR_NONE)
    return nothing;
  const char *text = typed_expression(view);
  view->typing = LOG_TYPING_NOT;
  if (what == LOG_TYPING_SEARCH)
    return *text ? search_begin(view) : log_typing_search_end(view);
  struct log_asked *asked = &view->asked;
  if (is_fields(text)) {
    take_fields(asked, text);
  } else if (text > view->typed) {
    log_asked_text(&asked->exclude, text);
  } else {
    log_asked_text(&asked->grep, text);
    if (!*text) {
      log_asked_text(&asked->exclude, NULL);
      log_asked_conditions(asked, NULL, 0);
    }
  }
  log_asked_text(&asked->saved, NULL);
  log_asked_query(&view->asked, frame, &view->query);
  return (struct request){.kind = REQUEST_LOGS_CHANGE, .logs = &view->query};
}

struct request log_typing_key(struct log_view *view, const struct frame *frame, struct key key,
                              bool *taken) {
  const bool was_empty = !*view->typed;
  *taken = true;
  if (text_field_key(view->typed, sizeof view->typed, key, true)) {
    if (was_empty && (key.code == KEY_CODE_BACKSPACE || key.code == KEY_CODE_DELETE))
      view->typing = LOG_TYPING_NOT;
    check_typed(view);
    return nothing;
  }
  if (key.code == KEY_CODE_ESC || (key.code == KEY_CODE_CTRL && key.rune == 'c')) {
    view->typing = LOG_TYPING_NOT;
    return nothing;
  }
  if (key.code == KEY_CODE_ENTER)
    return typed_enter(view, frame);
  *taken = false;
  return nothing;
}
