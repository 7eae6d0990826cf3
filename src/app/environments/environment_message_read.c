#include "app/environments/environment_message.h"

#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "report/status/status_brief.h"

#include <string.h>

_Static_assert((int)ENVIRONMENT_NAME_MAX == (int)STATUS_NAME_MAX &&
                   (int)ENVIRONMENT_SUBJECT_MAX == (int)STATUS_SUBJECT_MAX &&
                   (int)ENVIRONMENT_SENTENCE_MAX == (int)STATUS_SENTENCE_MAX,
               "the texts of a brief fit");

static bool lock_read(const struct json_node *node, enum environment_lock *lock) {
  const char *name;
  if (!json_read_text(node, "lock", &name))
    return false;
  for (int i = ENVIRONMENT_OPEN; i <= ENVIRONMENT_UNLOCKED; i++)
    if (strcmp(name, environment_lock_name((enum environment_lock)i)) == 0) {
      *lock = (enum environment_lock)i;
      return true;
    }
  return json_node_fail(node, "lock: not a state of the lock");
}

static void brief_take(struct environment *environment, const struct status_brief *brief) {
  memcpy(environment->name, brief->name, sizeof environment->name);
  memcpy(environment->text, brief->environment, sizeof environment->text);
  memcpy(environment->subject, brief->subject, sizeof environment->subject);
  memcpy(environment->sentence, brief->sentence, sizeof environment->sentence);
  environment->severity = brief->severity;
  environment->crit = brief->crit;
  environment->warn = brief->warn;
  environment->unknown = brief->unknown;
  environment->at_least = brief->at_least;
  environment->waiting = brief->waiting;
  environment->ok = brief->ok;
  environment->targets = brief->targets;
  environment->worst = brief->worst;
  environment->since_ms = brief->since_ms;
}

bool environment_message_read(const char *text, struct environment *environment, struct err *err) {
  static const struct json_limits limits = {
      .bytes = ENVIRONMENT_MESSAGE_MAX, .values = 64, .depth = 3};
  struct status_brief brief;
  struct environment read = *environment;
  if (!status_brief_read(text, &brief, err))
    return false;
  json_t *tree = json_tree_new(text, strlen(text), &limits, err);
  if (!tree)
    return false;
  const struct json_node node = {.json = tree, .err = err};
  const bool good = lock_read(&node, &read.lock) &&
                    json_read_bool_or(&node, "production", false, &read.production) &&
                    json_read_bool_or(&node, "paused", false, &read.paused) &&
                    json_read_int_or(&node, "stale", 0, 0, INT32_MAX, &read.stale) &&
                    json_read_int_or(&node, "running", 0, 0, INT32_MAX, &read.running) &&
                    json_read_int_or(&node, "newest_ms", -1, -1, INT64_MAX, &read.age_ms);
  json_decref(tree);
  if (!good)
    return false;
  brief_take(&read, &brief);
  *environment = read;
  return true;
}
