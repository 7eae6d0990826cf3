/* Exercises what is read of the answers of Kafka Connect. The first byte says which answer the rest
 * is: the list (l), a status (s), a configuration (c), or the key of a row (k). Holds: what is not
 * the answer is an error with words; texts are never NULL, and bounded; a key leads back to its
 * name; a path has none of its characters unescaped. */
#include "fuzz.h"

#include "clients/connect/connect.h"
#include "core/json/json_tree.h"

#include <string.h>

static void check_part(const struct connect_part *part) {
  assert(part->word && part->worker && strlen(part->trace) <= CONNECT_TRACE_MAX);
  assert(!strpbrk(part->reason, "\r\n"));
}

static void check_name(const char *name) {
  char key[CONNECT_NAME_MAX + 32], path[CONNECT_PATH_MAX];
  for (int64_t task = -1; task < 2; task++) {
    int64_t again;
    const char *read = connect_key_read(connect_key(key, sizeof key, name, task), &again);
    assert(read && strcmp(read, name) == 0 && again == task);
  }
  if (connect_path(path, name, "/status"))
    assert(strcspn(path + strlen(CONNECT_CONNECTOR_PATH), "?# \\/") ==
           strlen(path) - strlen(CONNECT_CONNECTOR_PATH) - strlen("/status"));
}

static void check_connector(const struct connect_connector *connector) {
  assert(strlen(connector->name) < CONNECT_NAME_MAX && *connector->name);
  check_name(connector->name);
  check_part(&connector->part);
  for (size_t i = 0; i < connector->task_count; i++) {
    assert(connector->tasks[i].id >= 0);
    check_part(&connector->tasks[i].part);
  }
}

static void check_json(char which, const json_t *json, struct arena *arena) {
  struct connect_connector connector;
  struct connect_config *configs;
  struct connect_list list;
  struct err err = {0};
  if (which == 's') {
    if (connect_status_read(json, arena, &connector, &err))
      check_connector(&connector);
  } else if (which == 'c') {
    const int count = connect_config_read(json, arena, &configs, &err);
    assert(count >= 0 || *err.text);
    for (int i = 0; i < count; i++)
      assert(configs[i].name && strlen(configs[i].value) <= CONNECT_TEXT_MAX);
  } else if (connect_list_read(json, arena, &list, &err)) {
    assert(list.count <= CONNECT_CONNECTORS_MAX && list.count <= list.total);
    for (size_t i = 0; i < list.count && !arena->exhausted; i++)
      check_connector(&list.items[i]);
  } else {
    assert(err.kind != ERR_NONE && *err.text);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 100000, .depth = 64, .as_reals = true, .without_nul = true};
  struct arena arena;
  struct err err;
  if (size == 0)
    return 0;
  char *text = malloc(size);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  arena_init(&arena, 4 << 20);
  if (*data == 'k') {
    int64_t task;
    const char *name = connect_key_read(text, &task);
    assert(!name || (*name && task >= -1));
  } else {
    json_t *json = json_tree_new(text, size - 1, &limits, &err);
    if (json)
      check_json((char)*data, json, &arena);
    json_decref(json);
  }
  arena_fini(&arena);
  free(text);
  return 0;
}
