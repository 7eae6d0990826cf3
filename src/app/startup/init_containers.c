#include "app/startup/init_containers.h"

#include "clients/docker/docker.h"
#include "clients/docker/docker_read.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 4 << 20, PORT_MAX = 65535, NAME_BYTES_MAX = 128 };

struct asking {
  struct init_engines *engines;
  struct init_engine *engine;
  size_t *open;
};

bool init_port_read(const char *ports, int *host, int *container) {
  for (const char *arrow = ports; (arrow = strstr(arrow, "->")); arrow += 2) {
    const char *from = arrow;
    char *end;
    while (from > ports && from[-1] >= '0' && from[-1] <= '9')
      from--;
    const long public = strtol(from, NULL, 10), own = strtol(arrow + 2, &end, 10);
    if (strncmp(end, "/tcp", 4) != 0 || public < 1 || public > PORT_MAX || own < 1 ||
        own > PORT_MAX)
      continue;
    *host = (int)public;
    *container = (int)own;
    return true;
  }
  return false;
}

/* As Docker has them. Any other would not be the name of a target, nor one on a command line. */
static bool is_name(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const size_t len = strlen(name);
  return len > 0 && len <= NAME_BYTES_MAX && strspn(name, letters) == len && !strchr("_.-", *name);
}

static void containers_take(struct init_engines *engines, struct init_engine *engine,
                            json_t *json) {
  const struct docker_filter all = {0};
  struct docker_container *found = mem_new(INIT_CONTAINERS_MAX * sizeof *found);
  size_t count = 0, total = 0;
  if (!docker_containers_read(json, &all, &engines->arena, found, INIT_CONTAINERS_MAX, &count,
                              &total))
    err_set(&engine->err, ERR_PROTOCOL, "the answer is not a list of containers");
  for (size_t i = 0; i < count; i++) {
    struct init_container *container = &engine->containers[engine->count];
    if (*found[i].project || strcmp(found[i].state, "running") != 0)
      continue;
    if (!is_name(found[i].name)) {
      engine->left_out++;
      continue;
    }
    *container = (struct init_container){.name = found[i].name};
    (void)init_port_read(found[i].ports, &container->host, &container->container);
    engine->count++;
  }
  engine->left_out += total - count;
  free(found);
}

static void on_answer(void *arg, int status, json_t *json, const struct err *err) {
  struct asking *asking = arg;
  (void)status;
  if (err)
    asking->engine->err = *err;
  else
    containers_take(asking->engines, asking->engine, json);
  --*asking->open;
}

/* The one of the docker command, then the other usual sockets. */
static void engines_list(struct init_engines *engines) {
  char socket[DOCKER_SOCKET_MAX];
  if (!docker_endpoint_exists())
    return;
  struct init_engine *usual = &engines->items[engines->count++];
  usual->usual = true;
  if (!docker_endpoint_find(&(struct docker_named){0}, &usual->endpoint, &usual->err))
    usual->endpoint = (struct docker_endpoint){0};
  for (size_t i = 0; docker_endpoint_usual(i, socket); i++) {
    struct init_engine *engine = &engines->items[engines->count];
    char url[DOCKER_SOCKET_MAX + sizeof "unix://"];
    if (!*socket || strcmp(socket, usual->endpoint.socket) == 0 ||
        engines->count == INIT_ENGINES_MAX)
      continue;
    snprintf(url, sizeof url, "unix://%s", socket);
    engines->count += docker_endpoint_parse(url, false, &engine->endpoint, &engine->err);
  }
}

void init_engines_find(struct init_engines *engines, struct io *io) {
  static const char path[] = "/containers/json";
  struct asking asking[INIT_ENGINES_MAX];
  size_t open = 0;
  arena_init(&engines->arena, ARENA_MAX);
  engines_list(engines);
  for (size_t i = 0; i < engines->count; i++) {
    struct init_engine *engine = &engines->items[i];
    if (engine->err.kind == ERR_NONE && !docker_endpoint_is_local(&engine->endpoint))
      err_set(&engine->err, ERR_UNSUPPORTED, "it is on another host, and not asked");
    if (engine->err.kind != ERR_NONE)
      continue;
    asking[i] = (struct asking){engines, engine, &open};
    open++;
    docker_ask(io, &engine->endpoint,
               &(struct docker_query){.path = path, .timeout_ms = INIT_ENGINE_MS}, on_answer,
               &asking[i]);
  }
  while (open > 0)
    uv_run(io->loop, UV_RUN_ONCE);
}

void init_engines_fini(struct init_engines *engines) {
  arena_fini(&engines->arena);
}
