#include "clients/service/service_docker_state.h"

#include "clients/docker/docker_change.h"
#include "core/count.h"
#include "core/text/format.h"
#include "io/net/tcp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 100 };

bool service_docker_name_check(const char *text, size_t length, struct err *err) {
  for (size_t i = 0; i < length; i++)
    if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
      return err_set(err, ERR_INVALID, "expected letters, digits, '.', '_' and '-'");
  if (length == 0 || length >= NAME_BYTES_MAX)
    return err_set(err, ERR_INVALID, "expected 1 to %d bytes", NAME_BYTES_MAX - 1);
  return true;
}

void service_docker_place_read(struct service_docker_place *place, const char *runtime,
                               const char *text) {
  const char *slash = strchr(text, '/');
  *place = (struct service_docker_place){0};
  if (strcmp(runtime, "compose") != 0) {
    place->container = text;
    return;
  }
  place->service = slash ? slash + 1 : text;
  if (slash)
    snprintf(place->project, sizeof place->project, "%.*s", (int)(slash - text), text);
}

bool service_docker_place_guess(struct service_docker_place *place, const struct target *target) {
  char host[HOST_MAX];
  struct err err;
  int port;
  *place = (struct service_docker_place){.service = target->name};
  if (!service_docker_name_check(target->name, strlen(target->name), &err) ||
      !tcp_address_split(target_text(target, "address"), host, &port, &err))
    return false;
  place->port = port;
  return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
         strcmp(host, "::1") == 0;
}

static bool has_port(const struct docker_container *container, int64_t port) {
  for (size_t i = 0; i < DOCKER_PUBLIC_MAX && container->public_ports[i]; i++)
    if (container->public_ports[i] == port)
      return true;
  return port == 0 || container->host_network;
}

static bool is_wanted(const struct service_docker_place *place,
                      const struct docker_container *container) {
  return !container->one_off && has_port(container, place->port) &&
         strcmp(container->service, place->service) == 0 &&
         (!*place->project || strcmp(container->project, place->project) == 0);
}

static int by_number(const void *a, const void *b) {
  const struct docker_container *one = a, *other = b;
  if (strcmp(one->project, other->project) != 0)
    return strcmp(one->project, other->project);
  const long left = strtol(one->number, NULL, 10), right = strtol(other->number, NULL, 10);
  return left != right ? (left > right) - (left < right) : strcmp(one->name, other->name);
}

bool service_docker_pick(const struct service_docker_place *place,
                         struct docker_container *containers, size_t *count, struct err *err) {
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++)
    if (is_wanted(place, &containers[i]))
      containers[kept++] = containers[i];
  *count = kept;
  if (kept > 0)
    qsort(containers, kept, sizeof *containers, by_number);
  for (size_t i = 1; i < kept; i++)
    if (strcmp(containers[i].project, containers[0].project) != 0)
      return err_set(
          err, ERR_INVALID,
          "the compose service %.60s is in more than one project: %.60s, %.60s; name one: "
          "runtime: {compose: %.60s/%.60s}",
          place->service, containers[0].project, containers[i].project, containers[0].project,
          place->service);
  if (kept > SERVICE_OBJECTS_MAX)
    return err_set(err, ERR_LIMIT, "%zu containers; at most %d of one service are read", kept,
                   SERVICE_OBJECTS_MAX);
  return true;
}

/* ---- the state */

static bool is_ready(const struct docker_detail *detail) {
  return strcmp(detail->status, "running") == 0 &&
         (!*detail->health || strcmp(detail->health, "healthy") == 0);
}

/* "exited 137", "OOM-killed", "restarting", "running". */
static void state_text(const struct docker_detail *detail, const struct docker_verdict *verdict,
                       char out[SERVICE_STATE_MAX]) {
  if (strcmp(detail->status, "exited") == 0 && detail->oom_killed)
    snprintf(out, SERVICE_STATE_MAX, "OOM-killed");
  else if (strcmp(detail->status, "exited") == 0 && detail->exit_code >= 0)
    snprintf(out, SERVICE_STATE_MAX, "exited %lld", (long long)detail->exit_code);
  else if (strcmp(verdict->state, "healthy") == 0)
    snprintf(out, SERVICE_STATE_MAX, "running");
  else
    snprintf(out, SERVICE_STATE_MAX, "%s", verdict->state);
}

static void add(int64_t *sum, int64_t value) {
  if (value >= 0)
    *sum = *sum < 0 ? value : count_add(*sum, value);
}

static void add_usage(struct service_state *state, const struct docker_reading *reading,
                      struct arena *arena, bool *unlimited) {
  const int64_t limit = reading->detail.memory_limit;
  const struct docker_usage *usage = &reading->usage;
  if (limit > 0)
    add(&state->memory_limit, limit);
  else
    *unlimited = true;
  if (!docker_is_up(reading->detail.status))
    return;
  if (!reading->has_usage) {
    state->unused_why = "the engine has not said what it uses";
    return;
  }
  add(&state->memory, usage->memory);
  if (limit > 0 && usage->memory >= 0 &&
      (double)usage->memory / (double)limit > state->memory_share)
    state->memory_share = (double)usage->memory / (double)limit;
  if (usage->cpu_ns >= 0) {
    state->cpu_s = (state->cpu_s < 0 ? 0 : state->cpu_s) + (double)usage->cpu_ns / 1e9;
    state->cpu_run = arena_printf(arena, "%s %s", state->cpu_run, reading->detail.started);
    if (reading->usage_us > state->cpu_us)
      state->cpu_us = reading->usage_us;
  }
}

static void object_of(const struct docker_reading *reading, const char *place, struct arena *arena,
                      struct service_object *object) {
  const struct docker_detail *detail = &reading->detail;
  char words[DOCKER_WORDS_MAX];
  size_t undone = 0;
  *object = (struct service_object){
      .identity = {.place = place,
                   .id = reading->container.id,
                   .run = detail->started,
                   .state = detail->status,
                   .restarts = arena_printf(arena, "%lld", (long long)detail->restarts)},
      .name = detail->name,
      .group = detail->project,
      .image = detail->image};
  if (docker_undone_by_engine(detail))
    object->undone_by[undone++] = docker_undone_by_engine(detail);
  if (docker_undone_by_compose(words, detail))
    object->undone_by[undone] = arena_printf(arena, "%s", words);
}

/* A variable is set where all of the containers have it: the worst of them counts. */
static void add_variables(struct service_state *state, const struct service_container *container,
                          size_t count) {
  for (size_t i = 0; i < count && i < SERVICE_VARIABLES_MAX; i++)
    if (container->variables[i] > state->variables[i])
      state->variables[i] = container->variables[i];
}

static void say_worst(struct service_state *state, const struct service_container *container,
                      const struct docker_verdict *verdict, size_t count, double now_s) {
  const struct docker_detail *detail = &container->reading.detail;
  state_text(detail, verdict, state->state);
  state->severity = verdict->severity;
  if (count > 1 && *verdict->reason)
    snprintf(state->reason, sizeof state->reason, "%.60s: %.400s", detail->name, verdict->reason);
  else
    snprintf(state->reason, sizeof state->reason, "%s", verdict->reason);
  state->since_s =
      verdict->since_s >= 0 && now_s >= verdict->since_s ? now_s - verdict->since_s : -1;
  state->exit_code = docker_is_up(detail->status) ? -1 : detail->exit_code;
}

/* One of several that does not run is worse than those that do, even where it was stopped by a
 * person. */
static int harm(const struct docker_detail *detail, const struct docker_verdict *verdict) {
  return (int)verdict->severity * 2 + !is_ready(detail);
}

void service_docker_state(const struct service_container *containers, size_t count,
                          size_t variable_count, const char *place, double now_s,
                          struct arena *arena, struct service_state *state) {
  struct service_object *objects = arena_alloc(arena, (count + 1) * sizeof *objects);
  bool unlimited = false;
  int worst = -1;
  *state = service_state_unknown;
  snprintf(state->state, sizeof state->state, "absent");
  state->ready = 0;
  state->wanted = (int64_t)count;
  if (!objects)
    return;
  for (size_t i = 0; i < count; i++) {
    const struct docker_reading *reading = &containers[i].reading;
    struct docker_verdict verdict;
    docker_judge(reading, containers[i].restarts, now_s, &verdict);
    if (harm(&reading->detail, &verdict) > worst) {
      worst = harm(&reading->detail, &verdict);
      say_worst(state, &containers[i], &verdict, count, now_s);
    }
    object_of(reading, place, arena, &objects[i]);
    state->ready += is_ready(&reading->detail);
    add(&state->restarts, reading->detail.restarts);
    add_usage(state, reading, arena, &unlimited);
    add_variables(state, &containers[i], variable_count);
  }
  if (unlimited) /* a sum of some of them would look like all */
    state->memory_limit = 0;
  if (state->unused_why) /* the same */
    state->cpu_s = state->memory = -1;
  state->objects = objects;
  state->object_count = count;
  if (count > 0)
    state->image = objects[0].image;
}
