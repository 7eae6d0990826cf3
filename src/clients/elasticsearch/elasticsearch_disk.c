#include "clients/elasticsearch/elasticsearch_disk.h"

#include "core/number.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const names[MARK_COUNT] = {"low", "high", "flood_stage"};

/* "500mb" in bytes: powers of 1024, as Elasticsearch has them. */
static bool bytes_parse(const char *text, double *bytes) {
  static const char *const units[] = {"b", "kb", "mb", "gb", "tb", "pb"};
  char number[32];
  const size_t digits = strspn(text, "0123456789.");
  if (digits == 0 || digits >= sizeof number)
    return false;
  snprintf(number, sizeof number, "%.*s", (int)digits, text);
  if (!number_real(number, bytes))
    return false;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (strcasecmp(text + digits, units[i]) == 0)
      return true;
    *bytes *= 1024;
  }
  return false;
}

bool elasticsearch_limit_parse(const char *text, struct elasticsearch_limit *limit) {
  const size_t length = strlen(text);
  char number[32];
  double share;
  if (length == 0 || length >= sizeof number)
    return false;
  snprintf(number, sizeof number, "%s", text);
  const bool percent = number[length - 1] == '%';
  if (percent)
    number[length - 1] = '\0';
  if (number_real(number, &share)) {
    limit->used = percent ? share / 100 : share;
    limit->known = limit->used > 0 && limit->used <= 1;
    return limit->known;
  }
  limit->known = !percent && bytes_parse(text, &limit->free);
  return limit->known;
}

/* "a.b.c" in objects in objects, or in names with points. */
static const json_t *at_path(const json_t *json, const char *path) {
  while (json) {
    char name[128];
    const json_t *whole = json_object_get(json, path);
    const char *dot = strchr(path, '.');
    if (whole)
      return whole;
    if (!dot || (size_t)(dot - path) >= sizeof name)
      return NULL;
    snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
    json = json_object_get(json, name);
    path = dot + 1;
  }
  return NULL;
}

static const char *setting(const json_t *settings, const char *name) {
  static const char *const levels[] = {"transient", "persistent", "defaults"};
  char path[160];
  snprintf(path, sizeof path, "cluster.routing.allocation.disk.%s", name);
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
    const char *text = json_string_value(at_path(json_object_get(settings, levels[i]), path));
    if (text)
      return text;
  }
  return NULL;
}

void elasticsearch_disk_read(const json_t *settings, struct elasticsearch_disk *disk) {
  const char *enabled = setting(settings, "threshold_enabled");
  *disk = (struct elasticsearch_disk){.known = enabled,
                                      .enabled = enabled && strcmp(enabled, "true") == 0};
  for (size_t i = 0; i < MARK_COUNT; i++) {
    struct elasticsearch_limit headroom = {0};
    char name[64];
    snprintf(name, sizeof name, "watermark.%s", names[i]);
    const char *text = setting(settings, name);
    if (!text || !elasticsearch_limit_parse(text, &disk->marks[i]))
      continue;
    snprintf(name, sizeof name, "watermark.%s.max_headroom", names[i]);
    text = setting(settings, name);
    if (text && elasticsearch_limit_parse(text, &headroom)) /* -1: there is none */
      disk->marks[i].headroom = headroom.free;
  }
}

static bool is_beyond(const struct elasticsearch_limit *limit, double total, double available) {
  double least = limit->used > 0 ? total * (1 - limit->used) : limit->free;
  if (limit->used > 0 && limit->headroom > 0 && limit->headroom < least)
    least = limit->headroom;
  return limit->known && available < least;
}

int elasticsearch_disk_beyond(const struct elasticsearch_disk *disk, double total,
                              double available) {
  for (int i = MARK_COUNT - 1; disk->known && disk->enabled && total > 0 && i >= 0; i--)
    if (is_beyond(&disk->marks[i], total, available))
      return i;
  return -1;
}
