#include "report/status/status_brief.h"

#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "core/text/text.h"

#include <string.h>

static void text_take(char *out, size_t size, const char *text) {
  text_sanitize(out, size, text, strlen(text), false);
}

static bool severity_take(const struct json_node *node, enum severity *severity) {
  const char *name;
  if (!json_read_text(node, "severity", &name))
    return false;
  *severity = severity_parse(name);
  return strcmp(severity_name(*severity), name) == 0 ||
         json_node_fail(node, "severity: not a severity");
}

static bool worst_take(const struct json_node *node, struct status_brief *brief) {
  const struct json_node worst = json_member(node, "worst");
  const char *subject, *sentence;
  if (!worst.json)
    return true;
  if (!json_expect(&worst, json_is_object(worst.json), "an object") ||
      !severity_take(&worst, &brief->worst) || !json_read_text(&worst, "subject", &subject) ||
      !json_read_text(&worst, "sentence", &sentence) ||
      !json_read_int_or(&worst, "since_ms", 0, 0, INT64_MAX, &brief->since_ms))
    return false;
  text_take(brief->subject, sizeof brief->subject, subject);
  text_take(brief->sentence, sizeof brief->sentence, sentence);
  return true;
}

static bool counts_take(const struct json_node *node, struct status_brief *brief) {
  const struct {
    const char *key;
    int64_t *count;
  } counts[] = {{"crit", &brief->crit},       {"warn", &brief->warn}, {"unknown", &brief->unknown},
                {"waiting", &brief->waiting}, {"ok", &brief->ok},     {"targets", &brief->targets}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (!json_read_int_or(node, counts[i].key, 0, 0, INT32_MAX, counts[i].count))
      return false;
  return json_read_bool_or(node, "at_least", false, &brief->at_least);
}

/* A state that contradicts itself is not shown: nothing may look better than it is. */
static bool is_consistent(const struct status_brief *brief) {
  const bool wrong = brief->crit + brief->warn + brief->unknown + brief->waiting > 0;
  return brief->ok <= brief->targets && brief->waiting <= brief->targets &&
         (brief->severity != SEVERITY_OK || !wrong) &&
         (brief->crit == 0) == (brief->severity != SEVERITY_CRIT);
}

bool status_brief_read(const char *text, struct status_brief *brief, struct err *err) {
  static const struct json_limits limits = {.bytes = 16 << 10, .values = 64, .depth = 3};
  const char *name, *environment;
  *brief = (struct status_brief){0};
  json_t *tree = json_tree_new(text, strlen(text), &limits, err);
  if (!tree)
    return false;
  const struct json_node node = {.json = tree, .err = err};
  bool good = json_expect(&node, json_is_object(tree), "an object") &&
              severity_take(&node, &brief->severity) &&
              json_read_text_or(&node, "name", "", &name) &&
              json_read_text_or(&node, "environment", "", &environment) &&
              counts_take(&node, brief) && worst_take(&node, brief);
  if (good) {
    text_take(brief->name, sizeof brief->name, name);
    text_take(brief->environment, sizeof brief->environment, environment);
    good = is_consistent(brief) || json_node_fail(&node, "the state contradicts itself");
  }
  json_decref(tree);
  return good;
}
