#include "logs/log_containers.h"

#include "clients/docker/docker_read.h"
#include "clients/docker/docker_target.h"
#include "clients/service/service_docker.h"
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
  struct docker_request *request;
  const struct target *target;
  char *key;                         /* id or name; NULL: all, or by the place */
  struct service_docker_place place; /* of a service; its service is NULL for others */
  bool optional; /* only guessed, and there are files: without a container nothing is missing */
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

/* Where no runtime is named, as the actions on services find their containers. */
static bool guesses(const struct target *target, struct service_docker_place *place) {
  const struct option_value *runtime = option_of(target, "runtime");
  return runtime && runtime->item_count == 0 && option_of(target, "engine") &&
         service_docker_guess(place, target);
}

bool log_containers_has(const struct target *target) {
  struct service_docker_place place;
  return is_engine(target) || runtime_of(target, "compose") || runtime_of(target, "docker") ||
         guesses(target, &place);
}

/* ---- what the list says */

static void note(struct log_containers *containers, const char *name, const struct err *err) {
  (void)log_reader_add(containers->reader, log_note_new(name, name, err));
}

enum { PREFIX_MIN = 6, SHOWN_MAX = 20 };

/* "api-1, web-1 and 3 more" */
static void names_list(char *out, size_t size, const struct docker_container *const *listed,
                       size_t count) {
  size_t used = 0, i = 0;
  *out = '\0';
  for (; i < count && i < SHOWN_MAX && used + 100 < size; i++)
    used +=
        (size_t)snprintf(out + used, size - used, "%s%.64s", i > 0 ? ", " : "", listed[i]->name);
  if (i < count)
    snprintf(out + used, size - used, " and %zu more", count - i);
}

/* A name first: it may look like the id of another. */
static bool pick_key(const char *key, struct docker_container *found, size_t *count,
                     struct err *err) {
  const size_t len = strlen(key), all = *count;
  const struct docker_container **same = mem_new((all + 1) * sizeof *same);
  char names[160];
  size_t kept = 0;
  for (size_t i = 0; i < all && kept == 0; i++)
    if (strcmp(found[i].name, key) == 0 || strcmp(found[i].id, key) == 0)
      same[kept++] = &found[i];
  if (kept == 0 && len >= PREFIX_MIN)
    for (size_t i = 0; i < all; i++)
      if (strncmp(found[i].id, key, len) == 0)
        same[kept++] = &found[i];
  if (kept == 1)
    found[0] = *same[0];
  if (kept > 1) {
    names_list(names, sizeof names, same, kept);
    err_set(err, ERR_INVALID, "the id %.64s begins those of %zu containers: %s", key, kept, names);
  }
  if (kept == 0 && all > 0) {
    for (size_t i = 0; i < all; i++)
      same[i] = &found[i];
    names_list(names, sizeof names, same, all);
    err_set(err, ERR_INVALID, "the engine has no container \"%.64s\"; it has: %s", key, names);
  }
  free(same);
  *count = kept;
  return kept == 1 || all == 0;
}

/* Keeps those that are wanted. False with the reason where it is not clear which those are. */
static bool pick(const struct log_containers *containers, struct docker_container *found,
                 size_t *count, struct err *err) {
  if (containers->place.service)
    return service_docker_pick(&containers->place, found, count, err);
  return !containers->key || pick_key(containers->key, found, count, err);
}

static void note_none(struct log_containers *containers) {
  const struct service_docker_place *place = &containers->place;
  struct err err;
  if (containers->optional)
    return;
  if (place->service && place->port)
    err_set(&err, ERR_INVALID,
            "no container of a compose service %.60s has port %d; name the files of %.60s in the "
            "configuration, such as logs: [/var/log/%.60s/*.log]",
            place->service, (int)place->port, containers->target->name, containers->target->name);
  else if (place->service)
    err_set(&err, ERR_INVALID, "the engine has no container of a compose service %.100s",
            place->service);
  else if (containers->key)
    err_set(&err, ERR_INVALID, "the engine has no container \"%.100s\"", containers->key);
  else
    err_set(&err, ERR_INVALID, "the engine has no containers");
  note(containers, "containers", &err);
}

static void sources_add(struct log_containers *containers, struct docker_container *found,
                        size_t count) {
  struct err err;
  size_t left_out = 0;
  if (!pick(containers, found, &count, &err)) {
    note(containers, "containers", &err);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    if (!log_reader_wants(containers->reader, containers->filter, found[i].name))
      continue;
    if (log_reader_count(containers->reader) >= LOG_SOURCES_MAX - 1) {
      left_out++;
      continue;
    }
    (void)log_reader_add(containers->reader,
                         log_container_new(containers->io, &containers->endpoint, found[i].id,
                                           found[i].name, &containers->want, containers->filter));
  }
  if (left_out > 0) {
    err_set(&err, ERR_LIMIT, "%zu more containers are not read (limit: %d)", left_out,
            LOG_SOURCES_MAX - 1);
    note(containers, "containers", &err);
  }
  if (count == 0)
    note_none(containers);
}

/* The words of a connection do not say whose it is. */
static void note_engine(struct log_containers *containers, const struct err *err) {
  const struct docker_endpoint *endpoint = &containers->endpoint;
  const char *place = *endpoint->socket ? endpoint->socket : endpoint->url;
  struct err named = *err;
  if (!strstr(err->text, place))
    err_set(&named, err->kind, "the engine at %.80s: %.150s", place, err->text);
  note(containers, "engine", &named);
}

static void on_list(void *arg, int status, json_t *json, const struct err *err) {
  struct log_containers *containers = arg;
  struct docker_container *found;
  struct arena arena;
  size_t count, total;
  (void)status;
  containers->request = NULL;
  log_reader_wake(containers->reader); /* there may be no source at all */
  if (err) {
    if (!containers->optional)
      note_engine(containers, err);
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

/* ---- which engine, and which containers */

static void sought_set(struct log_containers *containers, const char *key) {
  const struct target *target = containers->target;
  const char *compose = runtime_of(target, "compose"), *docker = runtime_of(target, "docker");
  if (is_engine(target)) {
    const struct option_value *projects = option_of(target, "projects");
    containers->projects = projects ? (const char *const *)projects->items : NULL;
    containers->project_count = projects ? projects->item_count : 0;
    containers->key = key ? mem_dup(key) : NULL;
  } else if (compose) {
    service_docker_place_read(&containers->place, "compose", compose);
  } else if (docker) {
    containers->key = mem_dup(docker);
  } else {
    containers->optional = guesses(target, &containers->place) && target->log_count > 0;
  }
}

struct log_containers *log_containers_new(struct io *io, struct log_reader *reader,
                                          const struct config *config, size_t target_index,
                                          const char *key, const struct log_want *want,
                                          const struct log_filter *filter) {
  const struct target *target = config->targets[target_index];
  struct log_containers *containers = mem_new(sizeof *containers);
  *containers = (struct log_containers){.io = io,
                                        .reader = reader,
                                        .target = target,
                                        .want = *want,
                                        .filter = log_filter_dup(filter)};
  struct err err;
  sought_set(containers, key);
  if (!docker_target_endpoint(target, &containers->endpoint, &err)) {
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
  free(containers);
}
