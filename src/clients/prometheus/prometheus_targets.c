#include "clients/prometheus/prometheus_targets.h"

#include "core/map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *json, const char *name) {
  const char *text = json_string_value(json_object_get(json, name));
  return text ? text : "";
}

static const char *keep(struct arena *arena, const char *text) {
  const size_t length = strlen(text);
  return arena_text(arena, text, length < PROMETHEUS_TEXT_MAX ? length : PROMETHEUS_TEXT_MAX);
}

static bool take(const json_t *json, struct arena *arena, struct prometheus_scraped *scraped) {
  const double duration_s = json_number_value(json_object_get(json, "lastScrapeDuration"));
  const char *health = text_of(json, "health");
  *scraped = (struct prometheus_scraped){
      .health = keep(arena, *health ? health : "unknown"),
      .error = keep(arena, text_of(json, "lastError")),
      .address = keep(arena, text_of(json, "scrapeUrl")),
      .last_ms = prometheus_time_ms(text_of(json, "lastScrape")),
      .duration_s = json_is_number(json_object_get(json, "lastScrapeDuration")) && duration_s >= 0
                        ? duration_s
                        : -1};
  if (!prometheus_labels_read(json_object_get(json, "labels"), arena, &scraped->labels))
    return false;
  char labels[PROMETHEUS_KEY_MAX];
  prometheus_labels_key(&scraped->labels, labels);
  const uint64_t hash = map_hash_text(map_hash_text(MAP_HASH, labels), scraped->address);
  snprintf(scraped->key, sizeof scraped->key, "%016" PRIx64, hash);
  return true;
}

static int rank_of(const struct prometheus_scraped *scraped) {
  return strcmp(scraped->health, "down") == 0 ? 0 : strcmp(scraped->health, "up") == 0 ? 2 : 1;
}

static const char *label_or_none(const struct prometheus_scraped *scraped, const char *name) {
  const char *value = prometheus_label(&scraped->labels, name);
  return value ? value : "";
}

static int by_harm(const void *a, const void *b) {
  const struct prometheus_scraped *left = a, *right = b;
  const int ranks = rank_of(left) - rank_of(right);
  const int jobs = ranks ? ranks : strcmp(label_or_none(left, "job"), label_or_none(right, "job"));
  return jobs ? jobs : strcmp(label_or_none(left, "instance"), label_or_none(right, "instance"));
}

bool prometheus_targets_read(const json_t *json, struct arena *arena,
                             struct prometheus_targets *targets, struct err *err) {
  const json_t *data = prometheus_data(json, err), *active, *each;
  size_t i;
  *targets = (struct prometheus_targets){0};
  if (!data)
    return false;
  active = json_object_get(data, "activeTargets");
  if (!json_is_array(active))
    return err_set(err, ERR_PROTOCOL, "the answer has no targets");
  targets->total = json_array_size(active);
  const size_t most =
      targets->total < PROMETHEUS_TARGETS_MAX ? targets->total : PROMETHEUS_TARGETS_MAX;
  targets->items = arena_alloc(arena, (most ? most : 1) * sizeof *targets->items);
  if (!targets->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  json_array_foreach(active, i, each) {
    if (targets->count == most || arena->exhausted)
      break;
    if (!take(each, arena, &targets->items[targets->count]))
      return err_set(err, ERR_PROTOCOL, "the answer has a target without labels");
    targets->count++;
  }
  qsort(targets->items, targets->count, sizeof *targets->items, by_harm);
  return true;
}
