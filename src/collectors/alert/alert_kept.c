#include "collectors/alert/alert_kept.h"

#include "core/json/json_get.h"
#include "core/json/json_tree.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <stdlib.h>
#include <string.h>

static const char *const parts[] = {"metric", "above",      "below",  "is",
                                    "expr",   "prometheus", "target", "row"};

/* A rule that was edited is another one, whatever its name. */
static char *condition_all(const struct alert_rule *rule) {
  char *text = mem_dup("");
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const char *value = target_text(rule->target, parts[i]);
    char *longer = mem_printf("%s%s|", text, value ? value : "");
    free(text);
    text = longer;
  }
  return text;
}

static char *target_id(const struct target *target) {
  return mem_printf("%s/%s", target->kind->kind, target->name);
}

/* NULL: its name is no text, so that it could not be found again. */
static json_t *instance_make(const struct alert_rule *rule, const struct alert_instance *item,
                             const struct model *model, int64_t wall_offset_ms) {
  char *of = rule->expr ? NULL : target_id(model->targets[item->target_index].target);
  const json_int_t since_ms = item->since_ms + wall_offset_ms;
  json_t *made =
      json_pack("{s:s, s:I, s:s}", "key", item->key, "since_ms", since_ms, "of", of ? of : "");
  free(of);
  return made;
}

char *alert_kept_make(const struct alert_rule *rule, const struct alert_memory *memory,
                      const struct model *model, int64_t wall_offset_ms) {
  char *condition = condition_all(rule);
  json_t *tree = json_object(), *holds = json_array();
  json_object_set_new(tree, "condition", json_string(condition));
  for (size_t i = 0; i < memory->count; i++)
    json_array_append_new(holds, instance_make(rule, &memory->items[i], model, wall_offset_ms));
  json_object_set_new(tree, "holds", holds);
  char *text = json_dumps(tree, JSON_COMPACT);
  json_decref(tree);
  free(condition);
  return text ? text : mem_dup("{}");
}

/* Whose collections can say whether it still holds. False: it is gone, or disabled. */
static bool target_find(const struct model *model, const char *id, size_t *index) {
  bool found = false;
  for (size_t i = 0; i < model->target_count && !found; i++) {
    char *own = target_id(model->targets[i].target);
    found = strcmp(own, id) == 0 && !model->targets[i].target->disabled;
    *index = i;
    free(own);
  }
  return found;
}

static void take(const struct alert_rule *rule, struct alert_memory *memory,
                 const struct model *model, const json_t *held, int64_t wall_offset_ms) {
  const char *key = json_get_text(held, "key");
  const int64_t since_ms = json_get_count(held, "since_ms") - wall_offset_ms;
  size_t index = 0;
  if (!*key || since_ms <= 0 ||
      (!rule->expr && !target_find(model, json_get_text(held, "of"), &index)))
    return;
  const bool is_new = !map_find(&memory->by_key, key);
  struct alert_instance *instance = alert_memory_of(memory, key, since_ms);
  if (!instance)
    return;
  if (since_ms < instance->since_ms)
    instance->since_ms = since_ms;
  if (!is_new)
    return;
  instance->target_index = index;
  instance->restored = true;
}

bool alert_kept_take(const struct alert_rule *rule, struct alert_memory *memory,
                     const struct model *model, const char *text, int64_t paused_ms,
                     int64_t wall_offset_ms, struct err *err) {
  static const struct json_limits limits = {
      .bytes = 4 << 20, .values = 8 * ALERT_INSTANCES_MAX, .depth = 4};
  char lasted[FORMAT_MAX];
  json_t *tree = json_tree_new(text, strlen(text), &limits, err);
  if (!tree)
    return false;
  const json_t *holds = json_object_get(tree, "holds");
  if (json_array_size(holds) == 0) { /* nothing starts again */
    json_decref(tree);
    return true;
  }
  char *condition = condition_all(rule);
  const bool same = strcmp(condition, json_get_text(tree, "condition")) == 0;
  free(condition);
  bool good = true;
  if (!same)
    good = err_set(err, ERR_INVALID, "its condition has been changed");
  else if (paused_ms > ALERT_PAUSE_MAX_MS)
    good = err_set(err, ERR_INVALID, "nothing was watched for %s",
                   format_duration(lasted, sizeof lasted, (double)paused_ms / 1000));
  for (size_t i = 0; good && i < json_array_size(holds); i++)
    take(rule, memory, model, json_array_get(holds, i), wall_offset_ms);
  json_decref(tree);
  return good;
}
