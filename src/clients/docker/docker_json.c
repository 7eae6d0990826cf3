#include "clients/docker/docker_json.h"

const char *docker_text(struct arena *arena, const json_t *object, const char *name) {
  const json_t *value = json_object_get(object, name);
  const size_t length = json_string_length(value);
  if (!json_is_string(value))
    return "";
  return arena_text(arena, json_string_value(value),
                    length < DOCKER_TEXT_MAX ? length : DOCKER_TEXT_MAX);
}

/* A count beyond 2^62 is no count. */
int64_t docker_int(const json_t *object, const char *name) {
  static const double most = (double)(INT64_C(1) << 62);
  const json_t *value = json_object_get(object, name);
  const double number = json_number_value(value);
  return json_is_number(value) && number >= 0 && number <= most ? (int64_t)number : -1;
}
