#include "collectors/notify/notify_kept.h"

#include "core/json/json_get.h"
#include "core/json/json_tree.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
  HOUR_MS = 3600000,
  MEMBERS = 16, /* values of a finding, at most */
};

static bool target_find(const struct model *model, const json_t *item, size_t *index) {
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target *target = model->targets[i].target;
    *index = i;
    if (strcmp(target->kind->kind, json_get_text(item, "kind")) == 0 &&
        strcmp(target->name, json_get_text(item, "target")) == 0)
      return !target->disabled;
  }
  return false;
}

static int64_t time_read(const json_t *object, const char *name, int64_t now_ms,
                         int64_t wall_offset_ms) {
  const int64_t at_ms = json_get_count(object, name) - wall_offset_ms;
  return at_ms < now_ms ? at_ms : now_ms;
}

static bool take(struct notify_memory *memory, const struct model *model, const json_t *item,
                 int64_t now_ms, int64_t wall_offset_ms) {
  const int64_t told = json_get_count(item, "told");
  size_t index = 0;
  if (!*json_get_text(item, "id") || told <= SEVERITY_OK || told > SEVERITY_CRIT ||
      !target_find(model, item, &index))
    return false;
  return notify_restore(
      memory, model,
      (struct notify_item){.id = mem_dup(json_get_text(item, "id")),
                           .kind = mem_dup(json_get_text(item, "kind")),
                           .target = mem_dup(json_get_text(item, "target")),
                           .subject = mem_dup(json_get_text(item, "subject")),
                           .sentence = mem_dup(json_get_text(item, "sentence")),
                           .table = mem_dup(json_get_text(item, "table")),
                           .row = mem_dup(json_get_text(item, "row")),
                           .runbook = mem_dup(json_get_text(item, "runbook")),
                           .labels = mem_dup(json_get_text(item, "labels")),
                           .by = mem_dup(json_get_text(item, "by")),
                           .quiet = *json_get_text(item, "by") != '\0',
                           .target_index = index,
                           .severity = (enum severity)told,
                           .told = (enum severity)told,
                           .told_ms = time_read(item, "told_ms", now_ms, wall_offset_ms),
                           .since_ms = time_read(item, "since_ms", now_ms, wall_offset_ms)});
}

static void take_sent(struct notify_memory *memory, const json_t *sent, int64_t now_ms,
                      int64_t wall_offset_ms) {
  for (size_t i = 0; i < json_array_size(sent) && memory->sent < NOTIFY_HOUR_MAX; i++) {
    const json_t *at = json_array_get(sent, i);
    const int64_t at_ms = json_integer_value(at) - wall_offset_ms;
    if (!json_is_integer(at) || now_ms - at_ms >= HOUR_MS)
      continue;
    memory->sent_ms[memory->sent++] = at_ms < now_ms ? at_ms : now_ms;
    memory->sent_before++;
  }
}

bool notify_kept_take(struct notify_memory *memory, const struct model *model, const char *text,
                      int64_t now_ms, int64_t wall_offset_ms, size_t *gone, struct err *err) {
  static const struct json_limits limits = {.bytes = 8 << 20,
                                            .values = (size_t)MEMBERS * NOTIFY_ITEMS_MAX +
                                                      NOTIFY_HOUR_MAX + MEMBERS,
                                            .depth = 4};
  json_t *tree = json_tree_new(text, strlen(text), &limits, err);
  *gone = 0;
  if (!tree)
    return false;
  const json_t *items = json_object_get(tree, "findings");
  for (size_t i = 0; i < json_array_size(items); i++)
    *gone += !take(memory, model, json_array_get(items, i), now_ms, wall_offset_ms);
  if (memory->sent == 0)
    take_sent(memory, json_object_get(tree, "sent_ms"), now_ms, wall_offset_ms);
  json_decref(tree);
  return true;
}
