/* Parameters of a runbook, and the texts that they fill. */
#include "core/mem.h"
#include "core/text/suggest.h"
#include "model/runbook/runbook.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void runbook_values_init(struct runbook_values *values, const struct runbook *runbook) {
  *values = (struct runbook_values){.runbook = runbook};
  for (size_t i = 0; i < runbook->param_count; i++)
    values->texts[i] = runbook->params[i].fallback;
}

/* The index of the parameter; -1: none. */
static int param_find(const struct runbook *runbook, const char *name, size_t length) {
  for (size_t i = 0; i < runbook->param_count; i++)
    if (strlen(runbook->params[i].name) == length &&
        strncmp(runbook->params[i].name, name, length) == 0)
      return (int)i;
  return -1;
}

static bool param_unknown(const struct runbook *runbook, const char *name, size_t length,
                          struct err *err) {
  struct suggestion near = {0};
  char wrong[RUNBOOK_NAME_MAX + 1];
  snprintf(wrong, sizeof wrong, "%.*s",
           (int)(length < RUNBOOK_NAME_MAX ? length : RUNBOOK_NAME_MAX), name);
  for (size_t i = 0; i < runbook->param_count; i++)
    suggest_consider(&near, wrong, runbook->params[i].name);
  return err_set(err, ERR_INVALID, "unknown parameter \"%s\"%s%s", wrong, suggest_text(&near),
                 near.best || runbook->param_count > 0 ? "" : "; the runbook has none");
}

bool runbook_values_take(struct runbook_values *values, const char *word, struct err *err) {
  const char *equals = strchr(word, '=');
  if (!equals)
    return err_set(err, ERR_INVALID, "\"%.60s\" is not NAME=VALUE", word);
  const int param = param_find(values->runbook, word, (size_t)(equals - word));
  if (param < 0)
    return param_unknown(values->runbook, word, (size_t)(equals - word), err);
  const char *name = values->runbook->params[param].name;
  for (const char *at = equals + 1; *at; at++)
    if (iscntrl((unsigned char)*at))
      return err_set(err, ERR_INVALID, "%s: control characters are not allowed", name);
  if (!equals[1])
    return err_set(err, ERR_INVALID, "%s: the value is empty", name);
  if (strlen(equals + 1) > RUNBOOK_VALUE_MAX)
    return err_set(err, ERR_INVALID, "%s: longer than %d bytes", name, RUNBOOK_VALUE_MAX);
  values->texts[param] = equals + 1;
  return true;
}

bool runbook_values_check(const struct runbook_values *values, struct err *err) {
  for (size_t i = 0; i < values->runbook->param_count; i++) {
    const struct runbook_param *param = &values->runbook->params[i];
    if (!values->texts[i])
      return err_set(err, ERR_INVALID, "%s requires a value for %s=: %.150s", values->runbook->name,
                     param->name, param->help ? param->help : "");
  }
  return true;
}

/* ---- placeholders: {name}; {{ and }} are the braces */

static size_t name_length(const char *at) {
  size_t length = 0;
  while (isalnum((unsigned char)at[length]) || at[length] == '_' || at[length] == '-')
    length++;
  return length;
}

bool runbook_text_is_filled(const char *text) {
  for (const char *at = text; (at = strchr(at, '{')); at += 2)
    if (at[1] != '{')
      return true;
  return false;
}

bool runbook_text_check(const struct runbook *runbook, const char *text, struct err *err) {
  for (const char *at = text; *at; at++) {
    if (*at != '{' && *at != '}')
      continue;
    if (at[1] == *at) {
      at++;
      continue;
    }
    const size_t length = name_length(at + 1);
    if (*at == '}' || length == 0 || at[1 + length] != '}')
      return err_set(err, ERR_INVALID,
                     "a single %c at \"%.20s\"; write {NAME} for a parameter, and %c%c for the "
                     "brace itself",
                     *at, at, *at, *at);
    if (param_find(runbook, at + 1, length) < 0)
      return param_unknown(runbook, at + 1, length, err);
    at += length + 1;
  }
  return true;
}

const struct runbook_param *runbook_text_absent(const struct runbook_values *values,
                                                const char *text) {
  for (const char *at = text; at && *at; at++) {
    const bool is_double = *at == '{' && at[1] == '{';
    const size_t length = *at == '{' && !is_double ? name_length(at + 1) : 0;
    const int param = length > 0 ? param_find(values->runbook, at + 1, length) : -1;
    if (param >= 0 && values->texts[param] && !*values->texts[param])
      return &values->runbook->params[param];
    at += is_double;
  }
  return NULL;
}

char *runbook_fill(const struct runbook_values *values, const char *text) {
  char *filled = NULL;
  size_t size = 0;
  if (!text)
    return NULL;
  FILE *out = open_memstream(&filled, &size);
  if (!out)
    mem_failed();
  for (const char *at = text; *at; at++) {
    const bool brace = *at == '{' || *at == '}';
    const size_t length = *at == '{' && at[1] != '{' ? name_length(at + 1) : 0;
    const int param = length > 0 ? param_find(values->runbook, at + 1, length) : -1;
    if (param >= 0) {
      fputs(values->texts[param] ? values->texts[param] : "", out);
      at += length + 1;
    } else {
      fputc(*at, out);
      at += brace && at[1] == *at;
    }
  }
  if (fclose(out) != 0)
    mem_failed();
  return filled;
}

bool runbook_judge_init(struct runbook_judge *judge, const struct runbook_condition *condition,
                        const struct runbook_values *values, const struct condition_lookup *lookup,
                        struct err *err) {
  const char *const sources[] = {condition->metric, condition->is,    condition->target,
                                 condition->row,    condition->above, condition->below};
  for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
    judge->texts[i] = runbook_fill(values, sources[i]);
  const struct condition_words words = {.metric = judge->texts[0],
                                        .is = judge->texts[1],
                                        .target = judge->texts[2],
                                        .row = judge->texts[3],
                                        .above = judge->texts[4],
                                        .below = judge->texts[5]};
  return condition_read(&judge->condition, &words, lookup, err);
}

void runbook_judge_fini(struct runbook_judge *judge) {
  for (size_t i = 0; i < sizeof judge->texts / sizeof *judge->texts; i++)
    free(judge->texts[i]);
}
