#include "clients/docker/docker_exec.h"

#include <stdlib.h>
#include <string.h>

const char docker_exec_start_body[] = "{\"Detach\":false,\"Tty\":false}";

char *docker_exec_body(char *const *argv, struct err *err) {
  json_t *words = json_array();
  for (size_t i = 0; argv[i]; i++)
    if (json_array_append_new(words, json_string(argv[i])) != 0) {
      json_decref(words);
      err_set(err, ERR_INVALID, "word %zu of the command is not UTF-8", i + 1);
      return NULL;
    }
  json_t *body = json_pack("{s:b,s:b,s:o}", "AttachStdout", 1, "AttachStderr", 1, "Cmd", words);
  char *text = json_dumps(body, JSON_COMPACT);
  json_decref(body);
  if (!text)
    err_set(err, ERR_LIMIT, "no memory for the command");
  return text;
}

bool docker_exec_id_read(json_t *json, struct arena *arena, void *out) {
  const json_t *id = json_object_get(json, "Id");
  const char **text = out;
  if (json_string_length(id) == 0 || json_string_length(id) > DOCKER_TEXT_MAX)
    return false;
  *text = arena_text(arena, json_string_value(id), json_string_length(id));
  return true;
}

bool docker_exec_read(json_t *json, struct arena *arena, void *out) {
  const json_t *running = json_object_get(json, "Running");
  struct docker_exec *exec = out;
  (void)arena;
  if (!json_is_boolean(running))
    return false;
  *exec = (struct docker_exec){.running = json_is_true(running),
                               .exit_code = docker_int(json, "ExitCode"),
                               .pid = docker_int(json, "Pid")};
  return true;
}
