#include "logs/log_containers.h"

#include "clients/docker/docker_read.h"
#include "clients/docker/docker_target.h"
#include "core/mem.h"
#include "logs/log_container.h"
#include "logs/log_note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MS = 10000, LISTED_MAX = 5000, ARENA_MAX = 8 << 20 };

struct log_containers {
  struct io *io;
  struct log_reader *reader;
  struct docker_endpoint endpoint;
  const struct target *engine; /* whose options the endpoint borrows; NULL: the usual place */
  struct docker_request *request;
  char *key;     /* id or name; NULL: all */
  char *service; /* compose: "SERVICE" or "PROJECT/SERVICE"; NULL: not by that */
  const char *const *projects;
  size_t project_count;
  struct log_want want;
  struct log_filter *filter;
};

static bool is_engine(const struct target *target) {
  return strcmp(target->kind->kind, "docker") == 0;
}

static const struct option_value *option_of(const struct target *target, const char *name) {
  for (size_t i = 0; i < target->kind->option_count; i++)
    if (strcmp(target->kind->options[i].name, name) == 0)
      return &target->values[i];
  return NULL;
}

/* A text of a service's runtime; NULL: it has none of that name. */
static const char *runtime_of(const struct target *target, const char *name) {
  const struct option_value *runtime = option_of(target, "runtime");
  for (size_t i = 0; runtime && i < runtime->item_count; i++)
    if (strcmp(runtime->names[i], name) == 0)
      return runtime->items[i];
  return NULL;
}

bool log_containers_has(const struct target *target) {
  return is_engine(target) || runtime_of(target, "compose") || runtime_of(target, "docker");
}

/* ---- what the list says */

static void note(struct log_containers *containers, const char *name, const struct err *err) {
  (void)log_reader_add(containers->reader, log_note_new(name, name, err));
}

static bool is_named(const struct docker_container *container, const char *key) {
  const size_t len = strlen(key);
  return strcmp(container->name, key) == 0 || (len >= 6 && strncmp(container->id, key, len) == 0);
}

static bool is_of_service(const struct docker_container *container, const char *service) {
  const char *slash = strchr(service, '/');
  if (!slash)
    return strcmp(container->service, service) == 0;
  return strcmp(container->service, slash + 1) == 0 &&
         strlen(container->project) == (size_t)(slash - service) &&
         strncmp(container->project, service, (size_t)(slash - service)) == 0;
}

static bool is_wanted(const struct log_containers *containers,
                      const struct docker_container *container) {
  if (containers->service)
    return is_of_service(container, containers->service);
  return !containers->key || is_named(container, containers->key);
}

/* "api" of two projects is not one service: which is meant has to be said. */
static bool is_one_project(const struct log_containers *containers,
                           const struct docker_container *found, size_t count, struct err *err) {
  const struct docker_container *first = NULL;
  for (size_t i = 0; containers->service && i < count; i++) {
    if (!is_wanted(containers, &found[i]))
      continue;
    if (first && strcmp(first->project, found[i].project) != 0)
      return err_set(err, ERR_INVALID,
                     "the compose projects %.60s and %.60s both have a service %.60s; name the "
                     "project in its runtime, such as compose: %.60s/%.60s",
                     first->project, found[i].project, containers->service, first->project,
                     containers->service);
    first = &found[i];
  }
  return true;
}

static void sources_add(struct log_containers *containers, const struct docker_container *found,
                        size_t count) {
  struct err err;
  size_t added = 0, left_out = 0;
  if (!is_one_project(containers, found, count, &err)) {
    note(containers, containers->service, &err);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    if (!is_wanted(containers, &found[i]) ||
        !log_filter_wants_source(containers->filter, found[i].name))
      continue;
    struct log_source *source =
        log_container_new(containers->io, &containers->endpoint, found[i].id, found[i].name,
                          &containers->want, containers->filter);
    if (added < LOG_SOURCES_MAX - 1 && log_reader_add(containers->reader, source))
      added++;
    else if (added >= LOG_SOURCES_MAX - 1) {
      log_source_release(source);
      left_out++;
    }
  }
  if (left_out > 0) {
    err_set(&err, ERR_LIMIT, "%zu more containers are not read (limit: %d)", left_out,
            LOG_SOURCES_MAX - 1);
    note(containers, "containers", &err);
  }
  if (added > 0)
    return;
  const char *sought = containers->service ? containers->service : containers->key;
  if (sought)
    err_set(&err, ERR_INVALID, "the engine has no container \"%.100s\"", sought);
  else
    err_set(&err, ERR_INVALID, "the engine has no containers");
  note(containers, sought ? sought : "containers", &err);
}

static void on_list(void *arg, int status, json_t *json, const struct err *err) {
  struct log_containers *containers = arg;
  struct docker_container *found;
  struct arena arena;
  size_t count, total;
  (void)status;
  containers->request = NULL;
  if (err) {
    note(containers, "engine", err);
    return;
  }
  arena_init(&arena, ARENA_MAX);
  found = mem_new(LISTED_MAX * sizeof *found);
  const struct docker_filter filter = {.projects = containers->projects,
                                       .count = containers->project_count};
  struct err wrong;
  if (docker_containers_read(json, &filter, &arena, found, LISTED_MAX, &count, &total) &&
      !arena.exhausted) {
    sources_add(containers, found, count);
  } else {
    err_set(&wrong, ERR_PROTOCOL, "the engine's answer is not a list of containers");
    note(containers, "engine", &wrong);
  }
  free(found);
  arena_fini(&arena);
}

/* ---- which engine */

static const struct target *engine_of(const struct config *config, const struct target *target) {
  if (is_engine(target))
    return target;
  for (size_t i = 0; i < config->target_count; i++)
    if (is_engine(config->targets[i]) && !config->targets[i]->disabled)
      return config->targets[i];
  return NULL;
}

static bool endpoint_find(struct log_containers *containers, struct err *err) {
  char usual[DOCKER_URL_MAX];
  if (containers->engine)
    return docker_target_endpoint(containers->engine, &containers->endpoint, err);
  return docker_endpoint_parse(docker_endpoint_usual(usual), false, &containers->endpoint, err);
}

static void sought_set(struct log_containers *containers, const struct target *target,
                       const char *key) {
  const char *compose = runtime_of(target, "compose"), *docker = runtime_of(target, "docker");
  const struct option_value *projects =
      containers->engine ? option_of(containers->engine, "projects") : NULL;
  if (projects) {
    containers->projects = (const char *const *)projects->items;
    containers->project_count = projects->item_count;
  }
  if (is_engine(target))
    containers->key = key ? mem_dup(key) : NULL;
  else if (compose)
    containers->service = mem_dup(compose);
  else
    containers->key = mem_dup(docker);
}

struct log_containers *log_containers_new(struct io *io, struct log_reader *reader,
                                          const struct config *config, size_t target_index,
                                          const char *key, const struct log_want *want,
                                          const struct log_filter *filter) {
  const struct target *target = config->targets[target_index];
  struct log_containers *containers = mem_new(sizeof *containers);
  *containers = (struct log_containers){.io = io,
                                        .reader = reader,
                                        .engine = engine_of(config, target),
                                        .want = *want,
                                        .filter = log_filter_dup(filter)};
  struct err err;
  sought_set(containers, target, key);
  if (!endpoint_find(containers, &err)) {
    note(containers, "engine", &err);
    return containers;
  }
  const struct docker_query query = {.path = "/containers/json?all=1", .timeout_ms = LIST_MS};
  containers->request = docker_ask(io, &containers->endpoint, &query, on_list, containers);
  return containers;
}

bool log_containers_is_looking(const struct log_containers *containers) {
  return containers && containers->request;
}

void log_containers_close(struct log_containers *containers) {
  if (!containers)
    return;
  if (containers->request)
    docker_cancel(containers->request);
  log_filter_free(containers->filter);
  free(containers->key);
  free(containers->service);
  free(containers);
}
