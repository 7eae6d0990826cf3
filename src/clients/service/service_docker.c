/* Services in containers of a Docker engine, or of Podman: by the labels of compose, or by name.
 *
 * A look lists the containers of the service, then asks for each of them, one after the other. What
 * they use is asked for beside that, because an engine answers it once a second only: a look takes
 * what is there. */
#include "clients/service/service_docker.h"
#include "clients/docker/docker_change.h"
#include "clients/docker/docker_target.h"
#include "clients/service/service_docker_change.h"
#include "clients/service/service_docker_state.h"
#include "core/mem.h"
#include "io/clock.h"
#include "model/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_MAX = 500, ARENA_MAX = 4 << 20, CLOCKS_DIFFER_S = 2 };
enum { USAGE_MS = 10000, USAGE_AGAIN_US = 900000 };

/* What is remembered of a container between two looks. */
struct past {
  struct docker_runtime *owner;
  char *id;
  struct restarts restarts;
  struct docker_usage usage;
  int64_t usage_us, asked_us;
  bool has_usage;
  struct docker_request *request; /* for its usage; NULL: none is under way */
  uint64_t seen;                  /* the last look that saw it */
};

struct docker_runtime {
  struct service_runtime runtime; /* first */
  struct docker_endpoint endpoint;
  struct service_docker_place place;
  bool guesses; /* no runtime is configured */
  struct past **pasts;
  size_t past_count;
  uint64_t looks;

  struct docker_change *change; /* NULL: none is under way */
  service_change_cb changed;
  struct docker_wait wait; /* of what is followed */
  char followed[80];       /* its id; "": nothing yet */

  /* The look under way. */
  bool looking;
  struct service_look look;
  service_look_cb done;
  void *arg;
  int64_t end_ms;
  struct docker_request *request; /* the list, or a container; NULL: none is under way */
  struct arena arena;
  struct docker_container *listing; /* LISTED_MAX */
  struct service_container *containers;
  size_t count, next;
  int64_t engine_s;
  double ahead_s;
  uv_timer_t *timer; /* until when the usage is waited for; NULL: not */
};

/* ---- options */

static bool check(const char *runtime, const char *text, struct err *err) {
  const char *slash = strcmp(runtime, "compose") == 0 ? strchr(text, '/') : NULL;
  return (!slash || service_docker_name_check(text, (size_t)(slash - text), err)) &&
         service_docker_name_check(slash ? slash + 1 : text, strlen(slash ? slash + 1 : text), err);
}

static bool can(const struct target *target, enum service_verb verb, struct err *why) {
  (void)target;
  return verb != SERVICE_SCALE ||
         err_set(why, ERR_UNSUPPORTED,
                 "an engine has no scale: the number of containers is compose's (docker compose up "
                 "--scale)");
}

bool service_docker_engine_check(const char *text, struct err *err) {
  struct docker_endpoint endpoint;
  return !strstr(text, "://") || docker_endpoint_parse(text, false, &endpoint, err);
}

static bool runtime_of(const struct target *target, const char **name, const char **text) {
  const struct option_value *runtime = target_option(target, "runtime");
  for (size_t i = 0; i < runtime->item_count; i++)
    if (service_driver_named(runtime->names[i]) == &service_driver_docker) {
      *name = runtime->names[i];
      *text = runtime->items[i];
      return true;
    }
  return false;
}

static bool present(const struct target *target) {
  return target_text(target, "engine") || docker_endpoint_exists();
}

bool service_docker_guess(struct service_docker_place *place, const struct target *target) {
  struct docker_endpoint endpoint;
  struct err err;
  return present(target) && service_docker_place_guess(place, target) &&
         (!docker_target_endpoint(target, &endpoint, &err) || docker_endpoint_is_local(&endpoint));
}

static bool finds(const struct target *target) {
  struct service_docker_place place;
  return service_docker_guess(&place, target);
}

static struct service_runtime *open_runtime(struct io *io, const struct target *target,
                                            struct err *err) {
  struct docker_runtime *runtime = mem_new(sizeof *runtime);
  const char *name, *text;
  runtime->runtime =
      (struct service_runtime){.driver = &service_driver_docker, .io = io, .target = target};
  if (!docker_target_endpoint(target, &runtime->endpoint, err)) {
    free(runtime);
    return NULL;
  }
  if (runtime_of(target, &name, &text))
    service_docker_place_read(&runtime->place, name, text);
  else
    runtime->guesses = service_docker_place_guess(&runtime->place, target);
  runtime->listing = mem_new(LISTED_MAX * sizeof *runtime->listing);
  runtime->containers = mem_new(SERVICE_OBJECTS_MAX * sizeof *runtime->containers);
  return &runtime->runtime;
}

/* ---- what is remembered */

static void past_free(struct past *past) {
  if (past->request)
    docker_cancel(past->request);
  free(past->id);
  free(past);
}

static struct past *past_of(struct docker_runtime *runtime, const char *id) {
  for (size_t i = 0; i < runtime->past_count; i++)
    if (strcmp(runtime->pasts[i]->id, id) == 0)
      return runtime->pasts[i];
  struct past *past = mem_new(sizeof *past);
  *past = (struct past){.owner = runtime, .id = mem_dup(id), .restarts = {.known = -1}};
  runtime->pasts = mem_resize(runtime->pasts, (runtime->past_count + 1) * sizeof *runtime->pasts);
  runtime->pasts[runtime->past_count++] = past;
  return past;
}

/* Forgets those that the last look did not see. */
static void forget_the_gone(struct docker_runtime *runtime) {
  size_t kept = 0;
  for (size_t i = 0; i < runtime->past_count; i++) {
    if (runtime->pasts[i]->seen == runtime->looks)
      runtime->pasts[kept++] = runtime->pasts[i];
    else
      past_free(runtime->pasts[i]);
  }
  runtime->past_count = kept;
}

/* ---- the end of a look */

static void on_timer_closed(uv_handle_t *handle) {
  free(handle);
}

static void look_rest(struct docker_runtime *runtime) {
  if (runtime->request)
    docker_cancel(runtime->request);
  if (runtime->timer)
    uv_close((uv_handle_t *)runtime->timer, on_timer_closed);
  runtime->request = NULL;
  runtime->timer = NULL;
  runtime->looking = false;
}

/* Where no engine is named and there is no sign of one, that is no failure of one. */
static void look_failed(struct docker_runtime *runtime, const struct err *err) {
  struct err copy = *err;
  if (docker_was_not_sent(err) && err->kind != ERR_DENIED && !docker_endpoint_exists() &&
      !target_text(runtime->runtime.target, "engine"))
    err_set(&copy, ERR_UNSUPPORTED, "there is no engine on this host; set engine or DOCKER_HOST");
  look_rest(runtime);
  arena_fini(&runtime->arena);
  runtime->done(runtime->arg, NULL, &copy);
}

static void say_absent(const struct docker_runtime *runtime, struct service_state *state) {
  const struct service_docker_place *place = &runtime->place;
  state->severity = SEVERITY_WARN;
  if (place->container)
    snprintf(state->reason, sizeof state->reason, "no container is named %.100s", place->container);
  else
    snprintf(state->reason, sizeof state->reason, "no container of the compose service %s%s%.100s",
             place->project, *place->project ? "/" : "", place->service);
}

/* The callback may look again, so that nothing of this look may be touched after it. */
static void look_done(struct docker_runtime *runtime) {
  struct service_state state;
  struct arena arena = runtime->arena;
  for (size_t i = 0; i < runtime->count; i++) {
    struct docker_reading *reading = &runtime->containers[i].reading;
    const struct past *past = past_of(runtime, reading->container.id);
    reading->has_usage = past->has_usage;
    reading->usage = past->usage;
    reading->usage_us = past->usage_us;
    runtime->containers[i].restarts = &past->restarts;
  }
  const char *place = arena_printf(&arena, "%s", docker_endpoint_place(&runtime->endpoint));
  service_docker_state(runtime->containers, runtime->count, runtime->look.variable_count, place,
                       (double)clock_wall_ms() / 1000 + runtime->ahead_s, &arena, &state);
  if (runtime->count == 0)
    say_absent(runtime, &state);
  if (runtime->guesses && runtime->count > 0)
    state.found_by = arena_printf(&arena, "by its label com.docker.compose.service and port %d",
                                  (int)runtime->place.port);
  state.address = place;
  forget_the_gone(runtime);
  look_rest(runtime);
  if (arena.exhausted) {
    struct err err;
    err_set(&err, ERR_LIMIT, "no memory is left for what the engine says");
    runtime->done(runtime->arg, NULL, &err);
  } else {
    runtime->done(runtime->arg, &state, NULL);
  }
  arena_fini(&arena);
}

/* ---- what the containers use */

static bool is_usage_wanted(struct docker_runtime *runtime) {
  for (size_t i = 0; runtime->look.complete && i < runtime->count; i++) {
    const struct docker_reading *reading = &runtime->containers[i].reading;
    const struct past *past = past_of(runtime, reading->container.id);
    if (docker_is_up(reading->detail.status) && past->request && !past->has_usage)
      return true;
  }
  return false;
}

static void on_late(uv_timer_t *timer) {
  look_done(timer->data);
}

static void look_done_if_known(struct docker_runtime *runtime) {
  if (!runtime->looking || runtime->request || runtime->next < runtime->count)
    return;
  if (!is_usage_wanted(runtime)) {
    look_done(runtime);
  } else if (!runtime->timer) {
    const int64_t left_ms = runtime->end_ms - clock_now_ms();
    runtime->timer = mem_new(sizeof *runtime->timer);
    uv_update_time(runtime->runtime.io->loop);
    uv_timer_init(runtime->runtime.io->loop, runtime->timer);
    runtime->timer->data = runtime;
    uv_timer_start(runtime->timer, on_late, left_ms > 0 ? (uint64_t)left_ms : 0, 0);
  }
}

static void on_usage(void *arg, int status, json_t *json, const struct err *err) {
  struct past *past = arg;
  (void)status;
  past->request = NULL;
  past->has_usage = false;
  if (!err) {
    docker_usage_read(json, &past->usage);
    past->usage_us = clock_now_us();
    past->has_usage = past->usage.cpu_ns >= 0;
  }
  look_done_if_known(past->owner);
}

/* A container that does not run uses nothing, and what it used is not what its next run uses. */
static void usage_ask(struct docker_runtime *runtime, struct past *past, const char *status) {
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {.path = path, .timeout_ms = USAGE_MS};
  if (!docker_is_up(status))
    past->has_usage = false;
  else if (!past->request && clock_now_us() - past->asked_us >= USAGE_AGAIN_US &&
           docker_path(path, "/containers/", past->id, "/stats?stream=false&one-shot=true")) {
    past->asked_us = clock_now_us();
    past->request = docker_ask(runtime->runtime.io, &runtime->endpoint, &query, on_usage, past);
  }
}

/* ---- the containers */

static int64_t left_ms(const struct docker_runtime *runtime) {
  const int64_t left = runtime->end_ms - clock_now_ms();
  return left > 1 ? left : 1;
}

static void ask_next(struct docker_runtime *runtime);

static enum service_variable variable_of(const json_t *json, const char *name) {
  switch (docker_variable(json, name)) {
  case DOCKER_VARIABLE_SET:
    return VARIABLE_SET;
  case DOCKER_VARIABLE_EMPTY:
    return VARIABLE_EMPTY;
  case DOCKER_VARIABLE_MISSING:
    return VARIABLE_MISSING;
  }
  return VARIABLE_UNKNOWN;
}

/* A remote engine's clock may be another one: what it says of times is compared with its own. */
static void take_clock(struct docker_runtime *runtime) {
  const double ahead_s = (double)runtime->engine_s - (double)clock_wall_ms() / 1000;
  const bool differ = ahead_s > CLOCKS_DIFFER_S || ahead_s < -CLOCKS_DIFFER_S;
  runtime->ahead_s = runtime->engine_s >= 0 && differ ? ahead_s : 0;
}

static bool take_detail(struct docker_runtime *runtime, json_t *json, struct err *err) {
  struct service_container *container = &runtime->containers[runtime->next];
  struct docker_detail *detail = &container->reading.detail;
  const char *id = json_string_value(json_object_get(json, "Id"));
  if (!docker_detail_read(json, &runtime->arena, detail) || !id)
    return err_set(err, ERR_PROTOCOL, "the answer has no state of a container");
  if (runtime->arena.exhausted)
    return err_set(err, ERR_LIMIT, "no memory is left for what the engine says");
  if (runtime->place.container) {
    container->reading.container.id = arena_printf(&runtime->arena, "%.100s", id);
    if (strcmp(detail->name, runtime->place.container) != 0) { /* the beginning of an id */
      runtime->count = 0;
      return true;
    }
    take_clock(runtime);
  }
  container->reading.has_detail = true;
  for (size_t i = 0; i < runtime->look.variable_count; i++)
    container->variables[i] = variable_of(json, runtime->look.variables[i]);
  struct past *past = past_of(runtime, container->reading.container.id);
  past->seen = runtime->looks;
  docker_restarts_take(&past->restarts, detail, (double)clock_wall_ms() / 1000 + runtime->ahead_s);
  usage_ask(runtime, past, detail->status);
  runtime->next++;
  return true;
}

/* It was removed between the list and the question for it. */
static void drop_next(struct docker_runtime *runtime) {
  runtime->count--;
  memmove(&runtime->containers[runtime->next], &runtime->containers[runtime->next + 1],
          (runtime->count - runtime->next) * sizeof *runtime->containers);
}

static void on_detail(void *arg, int status, json_t *json, const struct err *err) {
  struct docker_runtime *runtime = arg;
  struct err foreign;
  runtime->request = NULL;
  if (status == 404) {
    drop_next(runtime);
  } else if (!err && !take_detail(runtime, json, &foreign)) {
    err = &foreign;
  }
  if (err && status != 404)
    look_failed(runtime, err);
  else
    ask_next(runtime);
}

static void ask_next(struct docker_runtime *runtime) {
  char path[DOCKER_PATH_MAX];
  const char *name = runtime->place.container;
  struct err err;
  if (runtime->next >= runtime->count) {
    look_done_if_known(runtime);
    return;
  }
  if (!name)
    name = runtime->containers[runtime->next].reading.container.id;
  const struct docker_query query = {.path = path,
                                     .timeout_ms = left_ms(runtime),
                                     .engine_s =
                                         runtime->place.container ? &runtime->engine_s : NULL};
  if (*name && docker_path(path, "/containers/", name, "/json")) {
    runtime->request =
        docker_ask(runtime->runtime.io, &runtime->endpoint, &query, on_detail, runtime);
  } else {
    err_set(&err, ERR_PROTOCOL, "the engine reported an invalid id");
    look_failed(runtime, &err);
  }
}

static bool take_list(struct docker_runtime *runtime, json_t *json, struct err *err) {
  const struct docker_filter all = {0};
  size_t total;
  if (!docker_containers_read(json, &all, &runtime->arena, runtime->listing, LISTED_MAX,
                              &runtime->count, &total))
    return err_set(err, ERR_PROTOCOL,
                   "the answer is not a list of containers; not a Docker engine?");
  if (total > runtime->count)
    return err_set(err, ERR_LIMIT, "the engine listed %zu containers for one service", total);
  if (!service_docker_pick(&runtime->place, runtime->listing, &runtime->count, err)) {
    runtime->count = 0;
    return false;
  }
  for (size_t i = 0; i < runtime->count; i++)
    runtime->containers[i] =
        (struct service_container){.reading = {.container = runtime->listing[i]}};
  take_clock(runtime);
  return true;
}

static void on_list(void *arg, int status, json_t *json, const struct err *err) {
  struct docker_runtime *runtime = arg;
  struct err foreign;
  (void)status;
  runtime->request = NULL;
  if (!err && !take_list(runtime, json, &foreign))
    err = &foreign;
  if (err)
    look_failed(runtime, err);
  else
    ask_next(runtime);
}

static void look(struct service_runtime *self, const struct service_look *query,
                 service_look_cb done, void *arg) {
  struct docker_runtime *runtime = (struct docker_runtime *)self;
  char path[DOCKER_PATH_MAX], filter[DOCKER_PATH_MAX];
  const struct docker_query list = {
      .path = path, .timeout_ms = query->timeout_ms, .engine_s = &runtime->engine_s};
  runtime->look = *query;
  if (runtime->look.variable_count > SERVICE_VARIABLES_MAX)
    runtime->look.variable_count = SERVICE_VARIABLES_MAX;
  runtime->done = done;
  runtime->arg = arg;
  runtime->end_ms = clock_now_ms() + query->timeout_ms;
  runtime->looking = true;
  runtime->looks++;
  runtime->next = runtime->count = 0;
  arena_init(&runtime->arena, ARENA_MAX);
  if (runtime->place.container) {
    runtime->count = 1;
    runtime->containers[0] = (struct service_container){0};
    ask_next(runtime);
    return;
  }
  snprintf(filter, sizeof filter, "{\"label\":[\"com.docker.compose.service=%s\"]}",
           runtime->place.service); /* which check() has limited */
  if (!docker_path(path, "/containers/json?all=true&filters=", filter, ""))
    snprintf(path, sizeof path, "/containers/json?all=true");
  runtime->request = docker_ask(runtime->runtime.io, &runtime->endpoint, &list, on_list, runtime);
}

/* ---- changes */

static const struct docker_verb *verb_of(enum service_verb verb) {
  return docker_verb_named(service_verb_name(verb));
}

static void on_changed(void *arg, enum object_result result, const char *words) {
  struct docker_runtime *runtime = arg;
  const service_change_cb done = runtime->changed;
  runtime->change = NULL;
  done(runtime->arg, result, words);
}

static void change(struct service_runtime *self, const struct service_change *change,
                   service_change_cb done, void *arg) {
  struct docker_runtime *runtime = (struct docker_runtime *)self;
  runtime->changed = done;
  runtime->arg = arg;
  runtime->change =
      docker_change_start(self->io, &runtime->endpoint, verb_of(change->verb), &change->identity,
                          change->timeout_ms, &self->sent, on_changed, runtime);
}

static void follow(struct service_runtime *self, const struct service_change *change,
                   service_change_cb done, void *arg) {
  struct docker_runtime *runtime = (struct docker_runtime *)self;
  if (strncmp(runtime->followed, change->identity.id, sizeof runtime->followed - 1) != 0) {
    snprintf(runtime->followed, sizeof runtime->followed, "%s", change->identity.id);
    runtime->wait = (struct docker_wait){.verb = verb_of(change->verb), .began_ms = clock_now_ms()};
  }
  runtime->changed = done;
  runtime->arg = arg;
  runtime->change =
      docker_follow_start(self->io, &runtime->endpoint, &runtime->wait, change->identity.id,
                          change->timeout_ms, on_changed, runtime);
}

static void cancel(struct service_runtime *self) {
  struct docker_runtime *runtime = (struct docker_runtime *)self;
  if (runtime->change)
    docker_change_cancel(runtime->change);
  runtime->change = NULL;
  if (!runtime->looking)
    return;
  look_rest(runtime);
  arena_fini(&runtime->arena);
}

static void close_runtime(struct service_runtime *self, void (*closed)(void *arg), void *arg) {
  struct docker_runtime *runtime = (struct docker_runtime *)self;
  for (size_t i = 0; i < runtime->past_count; i++)
    past_free(runtime->pasts[i]);
  free(runtime->pasts);
  free(runtime->listing);
  free(runtime->containers);
  free(runtime);
  if (closed)
    closed(arg);
}

static bool fits(enum service_verb verb, const char *state) {
  return docker_state_fits(verb_of(verb), state);
}

static const char *command(struct arena *arena, const struct target *target,
                           const struct service_change *change) {
  (void)target;
  return arena_printf(arena, "docker %s %.*s", verb_of(change->verb)->command, DOCKER_ID_SHOWN,
                      change->identity.id);
}

static const char *impact(enum service_verb verb) {
  return verb_of(verb)->blast;
}

static const char *const runtimes[] = {"compose", "docker", NULL};

const struct service_driver service_driver_docker = {.name = "docker",
                                                     .runtimes = runtimes,
                                                     .noun = "container",
                                                     .nouns = "containers",
                                                     .looks = true,
                                                     .check = check,
                                                     .present = present,
                                                     .finds = finds,
                                                     .can = can,
                                                     .open = open_runtime,
                                                     .look = look,
                                                     .change = change,
                                                     .follow = follow,
                                                     .cancel = cancel,
                                                     .close = close_runtime,
                                                     .fits = fits,
                                                     .command = command,
                                                     .impact = impact};
