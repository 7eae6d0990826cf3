#include "clients/spark/spark.h"

#include "clients/spark/spark_contract.h"
#include "core/json/json_get.h"
#include "core/number.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *keep(struct arena *arena, const char *text) {
  const size_t length = strlen(text);
  return arena_text(arena, text, length < SPARK_TEXT_MAX ? length : SPARK_TEXT_MAX);
}

static bool not_one(struct err *err, const char *what) {
  return err_set(
      err, ERR_PROTOCOL,
      "the answer is not %s of Spark: does url lead to a driver's UI or a history server?", what);
}

/* Room for the elements of an array, of which at most `most` are kept. */
static void *room_for(const json_t *json, size_t most, size_t size, size_t *total,
                      struct arena *arena, struct err *err) {
  const size_t count = json_array_size(json);
  *total = count;
  void *items = arena_alloc(arena, (count == 0 ? 1 : count < most ? count : most) * size);
  if (!items)
    err_set(err, ERR_LIMIT, "the answer is too large");
  return items;
}

int64_t spark_time_ms(const char *text) {
  struct tm tm = {0};
  int64_t ms = 0;
  const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
  if (!rest || tm.tm_year < 70)
    return -1;
  if (*rest == '.')
    for (int digit = 100; isdigit((unsigned char)*++rest); digit /= 10)
      ms += digit * (*rest - '0');
  if (strcmp(rest, "GMT") != 0)
    return -1;
  const int64_t at = (int64_t)timegm(&tm) * 1000 + ms;
  return at >= 0 ? at : -1;
}

const char *spark_version(const json_t *json, struct err *err) {
  const char *version = json_get_text(json, "spark");
  if (*version)
    return version;
  not_one(err, "the version");
  return NULL;
}

/* ---- applications */

/* An id becomes part of a path and of a key. */
static bool is_id(const char *text) {
  static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
  const size_t length = strlen(text);
  return length > 0 && length < SPARK_KEY_MAX / 2 && *text != '.' &&
         strspn(text, allowed) == length;
}

static bool take_app(const json_t *json, unsigned port_offset, struct arena *arena,
                     struct spark_apps *apps) {
  const json_t *attempt = json_array_get(json_object_get(json, "attempts"), 0);
  const char *id = json_get_text(json, "id"), *number = json_get_text(attempt, "attemptId");
  const json_t *completed = json_object_get(attempt, "completed");
  if (!is_id(id) || !json_is_object(attempt) || (*number && !is_id(number)) ||
      !json_is_boolean(completed))
    return false;
  struct spark_app app = {.id = keep(arena, id),
                          .attempt = keep(arena, number),
                          .name = keep(arena, json_get_text(json, "name")),
                          .user = keep(arena, json_get_text(attempt, "sparkUser")),
                          .version = keep(arena, json_get_text(attempt, "appSparkVersion")),
                          .start_ms = spark_time_ms(json_get_text(attempt, "startTime")),
                          .end_ms = spark_time_ms(json_get_text(attempt, "endTime")),
                          .updated_ms = spark_time_ms(json_get_text(attempt, "lastUpdated")),
                          .duration_ms = json_get_count(attempt, "duration"),
                          .completed = json_is_true(completed),
                          .port_offset = port_offset};
  for (size_t i = 0; i < apps->count; i++) /* a server that repeats one is not believed twice */
    if (apps->items[i].port_offset == port_offset && strcmp(apps->items[i].id, app.id) == 0)
      return true;
  app.live = !app.completed && app.start_ms >= 0 && app.updated_ms == app.start_ms;
  if (apps->count < SPARK_APPS_MAX && !arena->exhausted)
    apps->items[apps->count++] = app;
  return true;
}

bool spark_apps_read(const json_t *json, unsigned port_offset, struct arena *arena,
                     struct spark_apps *apps, struct err *err) {
  const json_t *each;
  size_t i;
  if (!json_is_array(json))
    return not_one(err, "the list of applications");
  if (!apps->items)
    apps->items = arena_alloc(arena, SPARK_APPS_MAX * sizeof *apps->items);
  if (!apps->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  apps->total += json_array_size(json);
  json_array_foreach(json, i, each) {
    if (!take_app(each, port_offset, arena, apps))
      return not_one(err, "the list of applications");
  }
  return true;
}

const char *spark_app_key(const struct spark_app *app, struct arena *arena) {
  const char *slash = *app->attempt ? "/" : "";
  return app->port_offset > 0
             ? arena_printf(arena, "%s%s%s@%u", app->id, slash, app->attempt, app->port_offset)
             : arena_printf(arena, "%s%s%s", app->id, slash, app->attempt);
}

const char *spark_app_path(const char *key, const char *end, unsigned *port_offset,
                           struct arena *arena) {
  char id[SPARK_KEY_MAX];
  int64_t offset = 0;
  const size_t length = strcspn(key, "@");
  if (length >= sizeof id || (key[length] == '@' && (!number_count(key + length + 1, &offset) ||
                                                     offset >= SPARK_PORTS_MAX)))
    return NULL;
  memcpy(id, key, length);
  id[length] = '\0';
  char *attempt = strchr(id, '/');
  if (attempt)
    *attempt++ = '\0';
  if (!is_id(id) || (attempt && !is_id(attempt)))
    return NULL;
  *port_offset = (unsigned)offset;
  return arena_printf(arena, SPARK_APP_PATH "%s%s%s%s", id, attempt ? "/" : "",
                      attempt ? attempt : "", end);
}

const char *spark_url_at(const char *url, unsigned port_offset, struct arena *arena) {
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  const size_t length = strcspn(host, "/");
  const char *bracket = memchr(host, ']', length), *from = bracket ? bracket : host;
  const char *colon = memchr(from, ':', length - (size_t)(from - host));
  const char *rest = host + length;
  const int head = (int)((colon ? colon : rest) - url);
  unsigned long port = strncmp(url, "https:", 6) == 0 ? 443 : 80;
  if (colon)
    for (port = 0; isdigit((unsigned char)*++colon) && port < 65536;)
      port = port * 10 + (unsigned long)(*colon - '0');
  if (port + port_offset > 65535)
    return NULL;
  return arena_printf(arena, "%.*s:%lu%s", head, url, port + port_offset, rest);
}

/* ---- executors */

bool spark_executors_read(const json_t *json, struct arena *arena,
                          struct spark_executors *executors, struct err *err) {
  const json_t *each;
  size_t i;
  *executors = (struct spark_executors){0};
  if (!json_is_array(json))
    return not_one(err, "the list of executors");
  executors->items =
      room_for(json, SPARK_EXECUTORS_MAX, sizeof *executors->items, &executors->total, arena, err);
  if (!executors->items)
    return false;
  json_array_foreach(json, i, each) {
    const json_t *active = json_object_get(each, "isActive");
    const json_t *peak = json_object_get(each, "peakMemoryMetrics");
    if (!json_is_boolean(active) || !*json_get_text(each, "id"))
      return not_one(err, "the list of executors");
    if (executors->count >= SPARK_EXECUTORS_MAX || arena->exhausted)
      break;
    executors->items[executors->count++] =
        (struct spark_executor){.id = keep(arena, json_get_text(each, "id")),
                                .host = keep(arena, json_get_text(each, "hostPort")),
                                .reason = keep(arena, json_get_text(each, "removeReason")),
                                .active = json_is_true(active),
                                .cores = json_get_count(each, "totalCores"),
                                .active_tasks = json_get_count(each, "activeTasks"),
                                .failed_tasks = json_get_count(each, "failedTasks"),
                                .completed_tasks = json_get_count(each, "completedTasks"),
                                .task_ms = json_get_count(each, "totalDuration"),
                                .gc_ms = json_get_count(each, "totalGCTime"),
                                .memory_used = json_get_count(each, "memoryUsed"),
                                .memory_max = json_get_count(each, "maxMemory"),
                                .heap_peak = json_get_count(peak, "JVMHeapMemory"),
                                .input = json_get_count(each, "totalInputBytes"),
                                .shuffle_read = json_get_count(each, "totalShuffleRead"),
                                .shuffle_write = json_get_count(each, "totalShuffleWrite"),
                                .added_ms = spark_time_ms(json_get_text(each, "addTime")),
                                .removed_ms = spark_time_ms(json_get_text(each, "removeTime"))};
  }
  return true;
}

bool spark_executor_is_lost(const struct spark_executor *executor) {
  static const char *const wanted[] = {"killed by driver", "decommission", "idle"};
  if (executor->active)
    return false;
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (strcasestr(executor->reason, wanted[i]))
      return false;
  return true;
}
