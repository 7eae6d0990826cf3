#include "clients/connect/connect.h"

#include "clients/web/web.h"
#include "core/json/json_get.h"
#include "core/number.h"
#include "core/secret.h"
#include "core/text/mask.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool not_one(struct err *err) {
  return err_set(err, ERR_PROTOCOL,
                 "the answer is not one of Kafka Connect: does url lead to a worker's REST API?");
}

static const char *keep(struct arena *arena, const char *text, size_t most) {
  return arena_text(arena, text, strnlen(text, most));
}

/* ---- keys and paths */

static const char connector_word[] = "connector/";

const char *connect_key(char *out, size_t size, const char *name, int64_t task) {
  if (task < 0)
    snprintf(out, size, "%s%s", connector_word, name);
  else
    snprintf(out, size, "task %" PRId64 "/%s", task, name);
  return out;
}

const char *connect_key_read(const char *key, int64_t *task) {
  char digits[16];
  const size_t word = sizeof connector_word - 1;
  *task = -1;
  if (strncmp(key, connector_word, word) == 0)
    return key[word] ? key + word : NULL;
  const char *slash = strchr(key, '/');
  if (strncmp(key, "task ", 5) != 0 || !slash || !slash[1] ||
      (size_t)(slash - key - 5) >= sizeof digits)
    return NULL;
  memcpy(digits, key + 5, (size_t)(slash - key - 5));
  digits[slash - key - 5] = '\0';
  return number_count(digits, task) ? slash + 1 : NULL;
}

bool connect_path(char path[CONNECT_PATH_MAX], const char *name, const char *end) {
  snprintf(path, CONNECT_PATH_MAX, "%s", CONNECT_CONNECTOR_PATH);
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
      !web_path_add(path, CONNECT_PATH_MAX, name))
    return false;
  const size_t length = strlen(path);
  return (size_t)snprintf(path + length, CONNECT_PATH_MAX - length, "%s", end) <
         CONNECT_PATH_MAX - length;
}

/* ---- answers */

const char *connect_version(const json_t *json, const char **cluster, struct arena *arena,
                            struct err *err) {
  const char *version = json_get_text(json, "version");
  if (!*version || !*json_get_text(json, "commit")) {
    not_one(err);
    return NULL;
  }
  *cluster = keep(arena, json_get_text(json, "kafka_cluster_id"), 128);
  return keep(arena, version, 64);
}

static const char *caused_by(const char *trace) {
  static const char word[] = "\nCaused by: ";
  const char *found = NULL;
  for (const char *at = trace; (at = strstr(at, word)); at += sizeof word - 1)
    found = at + sizeof word - 1;
  return found;
}

const char *connect_reason(const char *trace, struct arena *arena) {
  enum { PART_MAX = 400 };
  const char *cause = caused_by(trace);
  const int first =
      (int)strnlen(trace, strcspn(trace, "\r\n") < PART_MAX ? strcspn(trace, "\r\n") : PART_MAX);
  if (!cause)
    return arena_text(arena, trace, (size_t)first);
  const size_t length = strcspn(cause, "\r\n");
  const int end = first > 0 && trace[first - 1] == '.' ? first - 1 : first;
  return arena_printf(arena, "%.*s; caused by %.*s", end, trace,
                      (int)(length < PART_MAX ? length : PART_MAX), cause);
}

static enum connect_state state_of(const char *word) {
  static const char *const words[CONNECT_OTHER] = {
      [CONNECT_RUNNING] = "RUNNING",       [CONNECT_FAILED] = "FAILED",
      [CONNECT_PAUSED] = "PAUSED",         [CONNECT_STOPPED] = "STOPPED",
      [CONNECT_UNASSIGNED] = "UNASSIGNED", [CONNECT_RESTARTING] = "RESTARTING"};
  for (enum connect_state i = 0; i < CONNECT_OTHER; i++)
    if (strcmp(words[i], word) == 0)
      return i;
  return CONNECT_OTHER;
}

static bool part_read(const json_t *json, struct arena *arena, struct connect_part *part) {
  const char *state = json_get_text(json, "state"), *trace = json_get_text(json, "trace");
  char word[24] = "";
  if (!*state)
    return false;
  for (size_t i = 0; state[i] && i < sizeof word - 1; i++)
    word[i] = (char)tolower((unsigned char)state[i]);
  *part = (struct connect_part){.state = state_of(state),
                                .word = keep(arena, word, sizeof word),
                                .worker = keep(arena, json_get_text(json, "worker_id"), 256),
                                .reason = connect_reason(trace, arena),
                                .trace = keep(arena, trace, CONNECT_TRACE_MAX)};
  return true;
}

static bool tasks_read(const json_t *tasks, size_t *room, struct arena *arena,
                       struct connect_connector *connector) {
  const json_t *each;
  size_t i, count = json_array_size(tasks);
  count = count < *room ? count : *room;
  connector->tasks = arena_alloc(arena, (count ? count : 1) * sizeof *connector->tasks);
  if (!json_is_array(tasks) || !connector->tasks)
    return false;
  json_array_foreach(tasks, i, each) {
    struct connect_task task = {.id = json_get_count(each, "id")};
    if (task.id < 0 || !part_read(each, arena, &task.part))
      return false;
    if (connector->task_count < count)
      connector->tasks[connector->task_count++] = task;
  }
  *room -= connector->task_count;
  return true;
}

static bool connector_read(const json_t *status, size_t *room, struct arena *arena,
                           struct connect_connector *connector) {
  const char *name = json_get_text(status, "name");
  *connector = (struct connect_connector){.name = keep(arena, name, CONNECT_NAME_MAX),
                                          .type = keep(arena, json_get_text(status, "type"), 16),
                                          .class = ""};
  return *name && strlen(name) < CONNECT_NAME_MAX &&
         part_read(json_object_get(status, "connector"), arena, &connector->part) &&
         tasks_read(json_object_get(status, "tasks"), room, arena, connector);
}

bool connect_status_read(const json_t *json, struct arena *arena,
                         struct connect_connector *connector, struct err *err) {
  size_t room = CONNECT_TASKS_MAX;
  return connector_read(json, &room, arena, connector) || not_one(err);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const struct connect_connector *)a)->name,
                ((const struct connect_connector *)b)->name);
}

/* One that was created a moment ago has no status yet: it is left out of the answer. */
bool connect_list_read(const json_t *json, struct arena *arena, struct connect_list *list,
                       struct err *err) {
  const char *name;
  json_t *each;
  size_t room = CONNECT_TASKS_MAX;
  *list = (struct connect_list){.total = json_object_size(json)};
  if (json_is_array(json))
    return err_set(err, ERR_UNSUPPORTED,
                   "it does not report the status of all connectors at once: Kafka Connect before "
                   "2.3");
  if (!json_is_object(json))
    return not_one(err);
  const size_t most = list->total < CONNECT_CONNECTORS_MAX ? list->total : CONNECT_CONNECTORS_MAX;
  list->items = arena_alloc(arena, (most ? most : 1) * sizeof *list->items);
  if (!list->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  json_object_foreach((json_t *)json, name, each) {
    struct connect_connector connector;
    const json_t *config = json_object_get(json_object_get(each, "info"), "config");
    if (!connector_read(json_object_get(each, "status"), &room, arena, &connector))
      return not_one(err);
    connector.class = keep(arena, json_get_text(config, "connector.class"), 256);
    if (list->count < most && !arena->exhausted)
      list->items[list->count++] = connector;
  }
  list->tasks_cut = room == 0;
  if (list->count > 1)
    qsort(list->items, list->count, sizeof *list->items, by_name);
  return true;
}

/* ---- the configuration */

/* "${file:/run/secrets/db:password}" names a place and is not the secret. */
static bool is_reference(const char *value) {
  const size_t length = strlen(value);
  return strncmp(value, "${", 2) == 0 && strchr(value, ':') && value[length - 1] == '}' &&
         !strchr(value + 2, '$');
}

/* "key.converter" is the class that reads keys; below it (key.converter.basic.auth.user.info) are
 * secrets as elsewhere. */
static bool is_secret(const char *name) {
  static const char converter[] = "key.converter";
  static const char *const words[] = {"credential", "user.info", "passphrase", "private"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasestr(name, words[i]))
      return true;
  return name_is_secret(
      strncmp(name, converter, sizeof converter - 1) == 0 ? name + sizeof converter - 1 : name);
}

static const char *value_of(const char *name, const char *value, struct arena *arena) {
  if (is_reference(value))
    return keep(arena, value, CONNECT_TEXT_MAX);
  if (*value && is_secret(name))
    return "***";
  size_t length = strlen(value);
  char *masked = mask_likely(value, &length);
  const char *kept =
      arena_text(arena, masked, length < CONNECT_TEXT_MAX ? length : CONNECT_TEXT_MAX);
  free(masked);
  return kept;
}

static int by_config(const void *a, const void *b) {
  return strcmp(((const struct connect_config *)a)->name, ((const struct connect_config *)b)->name);
}

int connect_config_read(const json_t *json, struct arena *arena, struct connect_config **configs,
                        struct err *err) {
  const char *name;
  json_t *value;
  int count = 0;
  *configs = arena_alloc(arena, CONNECT_CONFIGS_MAX * sizeof **configs);
  if (!json_is_object(json) || !*configs) {
    not_one(err);
    return -1;
  }
  json_object_foreach((json_t *)json, name, value) {
    const char *text = json_string_value(value);
    if (!text) {
      not_one(err);
      return -1;
    }
    if (count < CONNECT_CONFIGS_MAX)
      (*configs)[count++] = (struct connect_config){.name = keep(arena, name, 256),
                                                    .value = value_of(name, text, arena)};
  }
  qsort(*configs, (size_t)count, sizeof **configs, by_config);
  return count;
}
