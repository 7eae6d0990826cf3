#include "clients/service/service_selector.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_name_char(char c, bool first) {
  return isalpha((unsigned char)c) || c == '_' || (!first && isdigit((unsigned char)c));
}

static void skip_spaces(const char **at) {
  *at += strspn(*at, " \t");
}

static bool take(const char **at, const char *what) {
  const size_t len = strlen(what);
  if (strncmp(*at, what, len) != 0)
    return false;
  *at += len;
  return true;
}

static char *take_name(const char **at, bool colons, struct err *err) {
  const char *start = *at;
  while (is_name_char(**at, *at == start) || (colons && **at == ':'))
    ++*at;
  const size_t len = (size_t)(*at - start);
  if (len > 0 && len <= SELECTOR_NAME_MAX)
    return mem_printf("%.*s", (int)len, start);
  err_set(err, ERR_INVALID, "expected the name of a %s at \"%.40s\"", colons ? "metric" : "label",
          start);
  return NULL;
}

/* '...' or "..."; \\, \", \' and \n are escapes, as in Prometheus. */
static char *take_string(const char **at, struct err *err) {
  const char quote = **at, *start = *at;
  if (quote != '"' && quote != '\'') {
    err_set(err, ERR_INVALID, "expected a value in quotes at \"%.40s\"", start);
    return NULL;
  }
  char value[SELECTOR_VALUE_MAX + 1];
  size_t len = 0;
  for (++*at; **at && **at != quote && len < SELECTOR_VALUE_MAX; ++*at) {
    const bool escape = **at == '\\';
    *at += escape;
    if (escape && (!**at || !strchr("\\\"'n", **at))) {
      err_set(err, ERR_INVALID, "unknown escape at \"%.40s\"; write \\\\ for a backslash", *at - 1);
      return NULL;
    }
    value[len++] = escape && **at == 'n' ? '\n' : **at;
  }
  if (!take(at, (char[]){quote, '\0'})) {
    err_set(err, ERR_INVALID,
            **at ? "the value at \"%.40s\" is longer than 256 bytes"
                 : "the value at \"%.40s\" has no closing quote",
            start);
    return NULL;
  }
  value[len] = '\0';
  return mem_dup(value);
}

/* POSIX reads \d as "d" and (?i) as an error of its own: what Prometheus would read otherwise is
 * refused, because it would match nothing, which looks like 0. */
static bool regex_check(const char *pattern, struct err *err) {
  bool in_set = false;
  for (const char *at = pattern; *at; at++) {
    if (!in_set && at[0] == '(' && at[1] == '?')
      return err_set(err, ERR_INVALID, "(? is not supported in a regular expression");
    if (*at == '\\' && (in_set || isalnum((unsigned char)at[1]) || !at[1]))
      return err_set(err, ERR_INVALID,
                     "\"%.2s\" is not supported in a regular expression; write [0-9] for a digit",
                     at);
    if (*at == '\\')
      at++;
    else if (*at == '[' && !in_set)
      in_set = true;
    else if (*at == ']')
      in_set = false;
  }
  return true;
}

static bool matcher_compile(struct service_matcher *matcher, struct err *err) {
  if (!regex_check(matcher->value, err))
    return false;
  char *anchored = mem_printf("^(%s)$", matcher->value), why[96];
  const int code = regcomp(&matcher->regex, anchored, REG_EXTENDED | REG_NOSUB);
  free(anchored);
  if (code == 0)
    return true;
  regerror(code, &matcher->regex, why, sizeof why);
  return err_set(err, ERR_INVALID, "\"%.60s\" is not a regular expression: %s", matcher->value,
                 why);
}

static bool matcher_parse(const char **at, struct service_matcher *matcher, struct err *err) {
  bool regex = false;
  *matcher = (struct service_matcher){.label = take_name(at, false, err)};
  if (!matcher->label)
    return false;
  skip_spaces(at);
  if (take(at, "=~") || take(at, "!~")) {
    regex = true;
    matcher->negated = (*at)[-2] == '!';
  } else if (take(at, "!=")) {
    matcher->negated = true;
  } else if (!take(at, "=")) {
    return err_set(err, ERR_INVALID, "expected =, !=, =~ or !~ after %.40s", matcher->label);
  }
  skip_spaces(at);
  matcher->value = take_string(at, err);
  if (!matcher->value || (regex && !matcher_compile(matcher, err)))
    return false;
  matcher->has_regex = regex;
  return true;
}

static bool matchers_parse(const char **at, struct service_selector *selector, struct err *err) {
  skip_spaces(at);
  while (!take(at, "}")) {
    if (selector->matcher_count == SELECTOR_MATCHERS_MAX)
      return err_set(err, ERR_INVALID, "more than %d labels for %.60s", SELECTOR_MATCHERS_MAX,
                     selector->name);
    if (!matcher_parse(at, &selector->matchers[selector->matcher_count++], err))
      return false;
    skip_spaces(at);
    if (!take(at, ",") && **at != '}')
      return err_set(err, ERR_INVALID, "expected , or } at \"%.40s\"", *at);
    skip_spaces(at);
  }
  return true;
}

bool service_selector_parse(const char **at, struct service_selector *selector, struct err *err) {
  *selector = (struct service_selector){.name = take_name(at, true, err)};
  if (!selector->name)
    return false;
  skip_spaces(at);
  if (!take(at, "{") || matchers_parse(at, selector, err))
    return true;
  service_selector_fini(selector);
  return false;
}

void service_selector_fini(struct service_selector *selector) {
  for (size_t i = 0; i < selector->matcher_count; i++) {
    struct service_matcher *matcher = &selector->matchers[i];
    free(matcher->label);
    free(matcher->value);
    if (matcher->has_regex)
      regfree(&matcher->regex);
  }
  free(selector->name);
  *selector = (struct service_selector){0};
}

static const struct page_label *label_of(const struct page_sample *sample, const char *name) {
  for (size_t i = 0; i < sample->label_count; i++)
    if (page_text_is(sample->labels[i].name, name))
      return &sample->labels[i];
  return NULL;
}

static bool matches(const struct service_matcher *matcher, struct page_text value) {
  bool same;
  if (matcher->has_regex) {
    regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)value.len};
    same = regexec(&matcher->regex, value.text, 1, &range, REG_STARTEND) == 0;
  } else {
    same = page_text_is(value, matcher->value);
  }
  return same != matcher->negated;
}

static const struct page_text nothing = {"", 0};

bool service_selector_matches(const struct service_selector *selector,
                              const struct page_sample *sample) {
  for (size_t i = 0; i < selector->matcher_count; i++) {
    const struct page_label *label = label_of(sample, selector->matchers[i].label);
    if (!matches(&selector->matchers[i], label ? label->value : nothing))
      return false;
  }
  return true;
}

unsigned service_selector_labels(const struct service_selector *selector,
                                 const struct page_sample *sample) {
  unsigned labels = 0;
  for (size_t i = 0; i < selector->matcher_count; i++)
    if (matches(&selector->matchers[i], nothing) || label_of(sample, selector->matchers[i].label))
      labels |= 1U << i;
  return labels;
}

const char *service_selector_lacks(const struct service_selector *selector, unsigned labels) {
  for (size_t i = 0; i < selector->matcher_count; i++)
    if (!(labels & 1U << i))
      return selector->matchers[i].label;
  return NULL;
}
