#include "clients/prometheus/prometheus_labels.h"

#include "core/map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b) {
  const struct prometheus_label *left = a, *right = b;
  return strcmp(left->name, right->name);
}

static const char *keep(struct arena *arena, const char *text, size_t most, bool *cut) {
  const size_t length = strlen(text);
  *cut = *cut || length > most;
  return arena_text(arena, text, length < most ? length : most);
}

bool prometheus_labels_read(const json_t *json, struct arena *arena,
                            struct prometheus_labels *labels) {
  const size_t all = json_object_size(json);
  const size_t most = all < PROMETHEUS_LABELS_MAX ? all : PROMETHEUS_LABELS_MAX;
  const char *name;
  json_t *value;
  *labels = (struct prometheus_labels){.cut = all > most};
  if (!json_is_object(json))
    return false;
  struct prometheus_label *items = arena_alloc(arena, (most ? most : 1) * sizeof *items);
  if (!items) {
    labels->cut = true;
    return true;
  }
  json_object_foreach((json_t *)json, name, value) {
    if (!json_is_string(value))
      return false;
    if (labels->count < most)
      items[labels->count++] = (struct prometheus_label){
          keep(arena, name, PROMETHEUS_LABEL_NAME_MAX, &labels->cut),
          keep(arena, json_string_value(value), PROMETHEUS_LABEL_VALUE_MAX, &labels->cut)};
  }
  qsort(items, labels->count, sizeof *items, by_name);
  labels->items = items;
  labels->cut = labels->cut || arena->exhausted;
  return true;
}

const char *prometheus_label(const struct prometheus_labels *labels, const char *name) {
  for (size_t i = 0; i < labels->count; i++)
    if (strcmp(labels->items[i].name, name) == 0)
      return labels->items[i].value;
  return NULL;
}

bool prometheus_labels_within(const struct prometheus_labels *labels,
                              const struct prometheus_labels *others) {
  for (size_t i = 0; i < labels->count; i++) {
    const char *value = prometheus_label(others, labels->items[i].name);
    if (!value || strcmp(value, labels->items[i].value) != 0)
      return false;
  }
  return true;
}

const char *prometheus_labels_text(const struct prometheus_labels *labels, struct arena *arena,
                                   const char *without, const char *nor) {
  const char *text = "";
  for (size_t i = 0; i < labels->count; i++) {
    const struct prometheus_label *label = &labels->items[i];
    if ((without && strcmp(label->name, without) == 0) || (nor && strcmp(label->name, nor) == 0))
      continue;
    text = arena_printf(arena, "%s%s%s=%s", text, *text ? ", " : "", label->name, label->value);
  }
  return text;
}

void prometheus_labels_key(const struct prometheus_labels *labels, char key[PROMETHEUS_KEY_MAX]) {
  uint64_t hash = MAP_HASH;
  for (size_t i = 0; i < labels->count; i++)
    hash = map_hash_text(map_hash_text(hash, labels->items[i].name), labels->items[i].value);
  snprintf(key, PROMETHEUS_KEY_MAX, "%016" PRIx64, hash);
}
