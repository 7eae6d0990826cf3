/* What a runbook leads from, and when it is due. */
#include "config/runbook/config_runbook_draft.h"
#include "core/mem.h"
#include "core/quantity.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

enum { WITHIN_LEAST_MS = 60 * 1000 };
static const int64_t within_most_ms = INT64_C(14) * 86400 * 1000;

/* ---- values of parameters */

/* {target} and {row} of what is on the screen; no parameter of the runbook. */
static bool value_check(const char *text, struct err *err) {
  static const char *const names[] = {"{target}", "{row}"};
  for (const char *at = text; *at; at++) {
    if (*at != '{' && *at != '}')
      continue;
    if (at[1] == *at) {
      at++;
      continue;
    }
    size_t known = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      if (strncmp(at, names[i], strlen(names[i])) == 0)
        known = strlen(names[i]);
    if (known == 0)
      return err_set(err, ERR_INVALID,
                     "\"%.20s\": only {target} and {row} can be filled in here; %c%c is the brace "
                     "itself",
                     at, *at, *at);
    at += known - 1;
  }
  return true;
}

static bool param_is_known(const struct runbook *runbook, const char *name,
                           struct suggestion *near) {
  for (size_t i = 0; i < runbook->param_count; i++) {
    suggest_consider(near, name, runbook->params[i].name);
    if (strcmp(runbook->params[i].name, name) == 0)
      return true;
  }
  return false;
}

static void with_read(struct runbook_draft *draft, const yaml_node_t *node,
                      struct runbook_match *match) {
  const yaml_node_t *key, *value;
  if (!config_yaml_mapping(draft->yaml, node, "with"))
    return;
  for (size_t i = 0; config_yaml_pair(draft->yaml, node, i, &key, &value); i++) {
    struct suggestion near = {0};
    struct err err;
    if (!param_is_known(draft->runbook, config_yaml_key(key), &near)) {
      config_yaml_error(draft->yaml, key, "with: unknown parameter \"%.60s\"%s",
                        config_yaml_key(key), suggest_text(&near));
      continue;
    }
    char *text = config_yaml_text(draft->yaml, value, config_yaml_key(key));
    if (text && !value_check(text, &err))
      config_yaml_error(draft->yaml, value, "%s: %s", config_yaml_key(key), err.text);
    if (!text)
      continue;
    match->with = mem_resize(match->with, (match->with_count + 1) * sizeof *match->with);
    match->with[match->with_count++] =
        (struct runbook_pair){.name = mem_dup(config_yaml_key(key)), .value = text};
  }
}

/* ---- matches */

/* A text without placeholders. */
static char *plain_read(struct runbook_draft *draft, const yaml_node_t *mapping, const char *name) {
  const yaml_node_t *node = draft_member(draft, mapping, name);
  return node ? config_yaml_text(draft->yaml, node, name) : NULL;
}

static void is_check(struct runbook_draft *draft, const yaml_node_t *node, const char *is) {
  struct suggestion near = {0};
  for (size_t i = 0; is && condition_is_choices[i]; i++) {
    suggest_consider(&near, is, condition_is_choices[i]);
    if (strcmp(condition_is_choices[i], is) == 0)
      return;
  }
  if (is)
    config_yaml_error(draft->yaml, node, "is: \"%.40s\" is not unknown, warning or critical%s", is,
                      suggest_text(&near));
}

static void match_read(struct runbook_draft *draft, const yaml_node_t *node,
                       struct runbook_match *match) {
  static const char *const keys[] = {"metric", "kind", "alert", "is",
                                     "target", "row",  "with",  NULL};
  if (!draft_keys(draft, node, "matches", keys))
    return;
  const yaml_node_t *with = draft_member(draft, node, "with");
  match->metric = plain_read(draft, node, "metric");
  match->kind = plain_read(draft, node, "kind");
  match->alert = plain_read(draft, node, "alert");
  match->is = plain_read(draft, node, "is");
  match->target = plain_read(draft, node, "target");
  match->row = plain_read(draft, node, "row");
  if (!!match->metric + !!match->kind + !!match->alert != 1)
    config_yaml_error(draft->yaml, node, "matches needs exactly one of metric, kind and alert");
  draft_name_check(draft, draft_member(draft, node, "metric"), match->metric, RUNBOOK_NAMES_METRIC);
  draft_name_check(draft, draft_member(draft, node, "kind"), match->kind, RUNBOOK_NAMES_KIND);
  is_check(draft, draft_member(draft, node, "is"), match->is);
  if (with)
    with_read(draft, with, match);
}

void draft_matches(struct runbook_draft *draft, const yaml_node_t *list) {
  struct runbook *runbook = draft->runbook;
  const yaml_node_t *item;
  if (!config_yaml_list(draft->yaml, list, "matches"))
    return;
  for (size_t i = 0; (item = config_yaml_item(draft->yaml, list, i)); i++) {
    if (i == RUNBOOK_MATCHES_MAX) {
      config_yaml_error(draft->yaml, item, "more than %d matches", RUNBOOK_MATCHES_MAX);
      return;
    }
    runbook->matches = mem_resize(runbook->matches, (i + 1) * sizeof *runbook->matches);
    runbook->matches[i] = (struct runbook_match){0};
    runbook->match_count = i + 1;
    match_read(draft, item, &runbook->matches[i]);
  }
}

/* ---- the schedule */

void draft_schedule(struct runbook_draft *draft, const yaml_node_t *schedule,
                    const yaml_node_t *within) {
  struct runbook *runbook = draft->runbook;
  struct err err;
  char *text = schedule ? config_yaml_text(draft->yaml, schedule, "schedule") : NULL;
  if (text && !schedule_parse(&runbook->schedule, text, &err))
    config_yaml_error(draft->yaml, schedule, "schedule: %s", err.text);
  else if (text)
    runbook->scheduled =
        !*runbook->schedule.zone ||
        draft_name_check(draft, schedule, runbook->schedule.zone, RUNBOOK_NAMES_ZONE);
  free(text);
  if (runbook->scheduled)
    runbook->within_ms = schedule_within_ms(&runbook->schedule);
  if (within && !schedule)
    config_yaml_error(draft->yaml, within, "\"within\" is only for a runbook with a schedule");
  text = within ? config_yaml_text(draft->yaml, within, "within") : NULL;
  if (text &&
      !duration_parse_within(text, WITHIN_LEAST_MS, within_most_ms, &runbook->within_ms, &err))
    config_yaml_error(draft->yaml, within, "within: %s", err.text);
  free(text);
}
