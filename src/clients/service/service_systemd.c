/* Services that are units of systemd: of the system's manager, or of the user's.
 *
 * The connection to the bus is kept between looks. A change waits for the end of its job, so that
 * what follows looks at what the job has left. */
#include "clients/service/service_driver.h"
#include "clients/service/service_systemd_variables.h"
#include "clients/systemd/systemd.h"
#include "clients/systemd/systemd_change.h"
#include "clients/systemd/systemd_contract.h"
#include "clients/systemd/systemd_judge.h"
#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct service_driver service_driver_systemd;

#define OF_USER "user/"

enum { ARENA_MAX = 512 << 10, JOB_MAX = 64, ENDED_MAX = 8, STAYS_MS = 1000, RUN_MAX = 64 };

enum phase {
  PHASE_NONE,
  PHASE_LOOK,
  PHASE_FILES, /* of the look: its environment files */
  PHASE_BEFORE,
  PHASE_EFFECT,
  PHASE_JOB,
  PHASE_AFTER,
  PHASE_FOLLOW
};

struct ended {
  char job[JOB_MAX], result[24];
};

struct unit_runtime {
  struct service_runtime runtime; /* first */
  char unit[SYSTEMD_NAME_MAX];
  char address[SYSTEMD_ADDRESS_MAX], place[SYSTEMD_ADDRESS_MAX];
  struct restarts restarts;

  struct systemd_bus *bus; /* NULL: none yet, or it broke */
  struct systemd_call *call;
  uv_timer_t timer; /* the end of what is under way */
  size_t open;      /* handles that have to close */
  void (*closed)(void *arg);
  void *closed_arg;

  /* What is under way. */
  enum phase phase;
  struct service_look look;
  service_look_cb looked;
  const struct service_change *change;
  service_change_cb changed;
  void *arg;
  struct ended ended[ENDED_MAX]; /* jobs of the unit: one may end before the answer that names it */
  size_t ended_count;
  char job[JOB_MAX];    /* that is waited for */
  char result[24];      /* of it; "": it has not ended */
  char before[RUN_MAX]; /* state and run before the effect */

  /* Its environment files: read on a thread, while the unit waits in the arena. */
  struct worker_pool *pool; /* NULL: none was needed yet */
  uint32_t serial;          /* of the last reading; an earlier one is forgotten */
  struct arena arena;
  struct systemd_unit unit_kept;

  /* What is followed: the same run has to stay active. */
  char followed[RUN_MAX];
  int64_t since_ms;
};

/* ---- options */

static const char *name_of(const char *text) {
  return strncmp(text, OF_USER, strlen(OF_USER)) == 0 ? text + strlen(OF_USER) : text;
}

static bool check(const char *name, const char *text, struct err *err) {
  (void)name;
  const char *unit = name_of(text);
  const size_t length = strlen(unit);
  if (length == 0 || length > SYSTEMD_NAME_MAX - 9 ||
      strspn(unit, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\@-") !=
          length)
    return err_set(
        err, ERR_INVALID,
        "expected the name of a unit, such as ecap-api.service or user/ecap-api.service");
  return true;
}

static bool can(const struct target *target, enum service_verb verb, struct err *why) {
  (void)target;
  return verb != SERVICE_SCALE || err_set(why, ERR_UNSUPPORTED, "systemd runs a unit once");
}

/* The bus, and the unit with its type. */
static bool read_option(const char *text, char unit[SYSTEMD_NAME_MAX],
                        char address[SYSTEMD_ADDRESS_MAX], struct err *err) {
  const char *name = name_of(text);
  snprintf(unit, SYSTEMD_NAME_MAX, "%s%s", name, strchr(name, '.') ? "" : ".service");
  return systemd_address(name != text ? "user" : "system", address, err);
}

static const char *text_of(const struct target *target) {
  const struct option_value *runtime = target_option(target, "runtime");
  for (size_t i = 0; i < runtime->item_count; i++)
    if (strcmp(runtime->names[i], "systemd") == 0)
      return runtime->items[i];
  return NULL;
}

static struct service_runtime *open_runtime(struct io *io, const struct target *target,
                                            struct err *err) {
  const char *text = text_of(target);
  if (!text) {
    err_set(err, ERR_INVALID, "no unit is configured");
    return NULL;
  }
  struct unit_runtime *self = mem_new(sizeof *self);
  self->runtime = (struct service_runtime){&service_driver_systemd, io, target};
  self->restarts.known = -1;
  if (!read_option(text, self->unit, self->address, err)) {
    free(self);
    return NULL;
  }
  systemd_address_shown(self->address, self->place);
  uv_timer_init(io->loop, &self->timer);
  self->timer.data = self;
  self->open = 1;
  return &self->runtime;
}

/* ---- the connection */

static void finish_close(struct unit_runtime *self) {
  if (--self->open > 0)
    return;
  if (self->closed)
    self->closed(self->closed_arg);
  free(self);
}

static void on_bus_closed(void *arg) {
  finish_close(arg);
}

static void on_timer_closed(uv_handle_t *handle) {
  finish_close(handle->data);
}

static void bus_drop(struct unit_runtime *self) {
  if (self->bus)
    systemd_close(self->bus, on_bus_closed, self);
  self->bus = NULL;
  self->call = NULL; /* which the close has cancelled */
}

static void on_job(void *arg, const char *job, const char *unit, const char *result);

static void bus_use(struct unit_runtime *self, bool jobs) {
  if (self->bus && (!systemd_usable(self->bus) || jobs))
    bus_drop(self);
  if (self->bus)
    return;
  self->open++;
  self->bus = systemd_open(self->runtime.io, self->address);
  if (jobs)
    systemd_watch_jobs(self->bus, on_job, self);
}

static void on_answer(void *arg, struct sd_bus_message *reply, const struct err *err);

static void ask(struct unit_runtime *self, enum phase phase, const char *method,
                int64_t timeout_ms) {
  char path[SYSTEMD_PATH_MAX] = "/";
  const bool effect = phase == PHASE_EFFECT;
  const struct systemd_question question = {
      .path = effect ? NULL : path,
      .interface = effect ? NULL : SYSTEMD_PROPERTIES,
      .method = method,
      .texts = {effect ? self->unit : "", effect ? "replace" : NULL},
      .timeout_ms = timeout_ms};
  if (!effect && !systemd_unit_path(self->unit, path))
    snprintf(path, sizeof path, "/"); /* check() has limited it */
  self->phase = phase;
  self->call = systemd_ask(self->bus, &question, on_answer, self);
}

static void on_late(uv_timer_t *timer);

static void begin(struct unit_runtime *self, int64_t timeout_ms) {
  uv_update_time(self->runtime.io->loop);
  uv_timer_start(&self->timer, on_late, timeout_ms > 1 ? (uint64_t)timeout_ms : 1, 0);
}

static void rest(struct unit_runtime *self) {
  self->phase = PHASE_NONE;
  self->call = NULL;
  uv_timer_stop(&self->timer);
  if (self->bus && !systemd_usable(self->bus))
    bus_drop(self);
}

/* ---- a look */

static void look_failed(struct unit_runtime *self, const struct err *err) {
  const struct err copy = *err;
  rest(self);
  self->looked(self->arg, NULL, &copy);
}

static void say_usage(struct service_state *state, const struct systemd_unit *unit) {
  if (!*unit->cgroup) /* nothing runs */
    return;
  state->unused_why = "systemd does not account for this unit";
  state->memory = unit->memory;
  state->memory_limit = unit->memory_max == INT64_MAX ? 0 : unit->memory_max;
  if (unit->cpu_ns < 0)
    return;
  state->cpu_s = (double)unit->cpu_ns / 1e9;
  state->cpu_us = clock_now_us();
  state->cpu_run = unit->invocation;
}

static const char *run_text(struct arena *arena, const struct systemd_unit *unit) {
  return arena_printf(arena, "%s %lld", unit->invocation,
                      (long long)(unit->main_pid > 0 ? unit->main_pid : 0));
}

static void say_object(struct unit_runtime *self, struct arena *arena,
                       const struct systemd_unit *unit, struct service_object *object) {
  size_t count = 0;
  *object = (struct service_object){
      .identity = {.place = self->place,
                   .id = unit->id,
                   .run = run_text(arena, unit),
                   .state = unit->active,
                   .restarts = arena_printf(arena, "%lld", (long long)unit->restarts)},
      .name = unit->id,
      .group = "",
      .image = ""};
  if (*unit->triggered_by)
    object->undone_by[count++] =
        arena_printf(arena, "%.200s may start it again: stop that first", unit->triggered_by);
  if (strncmp(unit->file_state, "enabled", 7) == 0)
    object->undone_by[count++] = "it is enabled: it starts again at the next boot";
}

static void say_state(struct unit_runtime *self, struct arena *arena,
                      const struct systemd_unit *unit, struct service_object *object,
                      struct service_state *state) {
  const double now_s = (double)clock_wall_ms() / 1000;
  struct systemd_verdict verdict;
  const bool up = systemd_is_up(unit->active);
  *state = service_state_unknown;
  state->address = self->place;
  systemd_restarts_take(&self->restarts, unit, now_s);
  systemd_judge(unit, SYSTEMD_BY_NAME, &self->restarts, now_s, &verdict);
  state->severity = verdict.severity;
  snprintf(state->reason, sizeof state->reason, "%s", verdict.reason);
  if (strcmp(unit->load, "not-found") == 0 && !up) {
    snprintf(state->state, sizeof state->state, "absent");
    return;
  }
  snprintf(state->state, sizeof state->state, "%.30s",
           strcmp(unit->active, "active") == 0 || strncmp(unit->sub, "auto-restart", 12) == 0
               ? unit->sub
               : unit->active);
  say_object(self, arena, unit, object);
  state->objects = object;
  state->object_count = 1;
  if (unit->changed_s >= 0 && now_s >= unit->changed_s)
    state->since_s = now_s - unit->changed_s;
  if (!up && unit->exit_kind == 1)
    state->exit_code = unit->exit_status;
  state->restarts = unit->restarts;
  say_usage(state, unit);
}

/* files NULL: it has none, or they were not read, `why`. */
static void take_look(struct unit_runtime *self, struct arena *arena,
                      const struct systemd_unit *unit, const struct unit_files *files,
                      const char *why) {
  struct service_object object;
  struct service_state state;
  say_state(self, arena, unit, &object, &state);
  state.variables_why = why;
  if (state.object_count > 0)
    unit_variables(unit, files,
                   name_of(text_of(self->runtime.target)) != text_of(self->runtime.target),
                   self->look.variables, self->look.variable_count, state.variables);
  if (files && files->unread)
    state.note = files->why;
  rest(self);
  self->looked(self->arg, &state, NULL);
}

static void on_files(struct worker_task *task) {
  struct unit_runtime *self = task->owner;
  struct unit_files *files = (struct unit_files *)task;
  if (self->phase == PHASE_FILES && files->serial == self->serial) {
    struct arena arena = self->arena; /* the callback may begin the next look */
    const struct systemd_unit unit = self->unit_kept;
    self->arena = (struct arena){0};
    take_look(self, &arena, &unit, files, NULL);
    arena_fini(&arena);
  }
  unit_files_free(task);
}

/* Takes the arena where it has to wait for files. */
static void look_at_files(struct unit_runtime *self, struct arena *arena,
                          const struct systemd_unit *unit) {
  struct err err;
  if (self->look.variable_count == 0 || !*unit->variable_files) {
    take_look(self, arena, unit, NULL, NULL);
    return;
  }
  if (strncmp(self->address, "unix:", 5) != 0) {
    take_look(self, arena, unit, NULL, "its environment files are on another host");
    return;
  }
  struct unit_files *files = unit_files_new(unit, self->look.variables, self->look.variable_count);
  files->task.done = on_files;
  files->task.owner = self;
  files->serial = ++self->serial;
  if (!self->pool) {
    self->pool = worker_pool_new(self->runtime.io, 1);
    self->open++;
  }
  if (!worker_start(self->pool, &files->task, &err)) {
    unit_files_free(&files->task);
    take_look(self, arena, unit, NULL, "its environment files were not read in time");
    return;
  }
  self->phase = PHASE_FILES;
  self->unit_kept = *unit;
  self->arena = *arena;
  *arena = (struct arena){0};
}

/* The files are not there in time, or are not wanted any more. */
static void files_forget(struct unit_runtime *self, bool tell) {
  struct arena arena = self->arena;
  const struct systemd_unit unit = self->unit_kept;
  self->serial++;
  self->arena = (struct arena){0};
  if (tell)
    take_look(self, &arena, &unit, NULL, "its environment files were not read in time");
  arena_fini(&arena);
}

static void look(struct service_runtime *runtime, const struct service_look *query,
                 service_look_cb done, void *arg) {
  struct unit_runtime *self = (struct unit_runtime *)runtime;
  self->look = *query;
  self->looked = done;
  self->arg = arg;
  bus_use(self, false);
  begin(self, query->timeout_ms);
  ask(self, PHASE_LOOK, "GetAll", query->timeout_ms);
}

/* ---- a change */

static const struct systemd_verb *verb_of(enum service_verb verb) {
  switch (verb) {
  case SERVICE_START:
    return systemd_verb_of("systemd.start");
  case SERVICE_STOP:
    return systemd_verb_of("systemd.stop");
  default:
    return systemd_verb_of("systemd.restart");
  }
}

static void end(struct unit_runtime *self, enum object_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void end(struct unit_runtime *self, enum object_result result, const char *format, ...) {
  char words[SYSTEMD_WORDS_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  rest(self);
  self->changed(self->arg, result, words);
}

static void mark_text(const struct systemd_unit *unit, char out[RUN_MAX]) {
  snprintf(out, RUN_MAX, "%.20s %.40s", unit->active, unit->invocation);
}

static void take_before(struct unit_runtime *self, const struct systemd_unit *unit) {
  const struct service_identity *identity = &self->change->identity;
  char words[SYSTEMD_WORDS_MAX], run[RUN_MAX];
  bool gone;
  const size_t length = strcspn(identity->run, " ");
  snprintf(run, sizeof run, "%.*s", length < sizeof run ? (int)length : 0, identity->run);
  const struct systemd_planned planned = {.id = identity->id,
                                          .run = run,
                                          .state = identity->state,
                                          .pid = strtoll(identity->run + length, NULL, 10),
                                          .restarts = strtoll(identity->restarts, NULL, 10)};
  if (strcmp(identity->place, self->place) != 0) {
    end(self, OBJECT_REFUSED, "the configuration now names another bus");
  } else if (!systemd_is_as_planned(verb_of(self->change->verb), &planned, unit, words, &gone)) {
    end(self, gone ? OBJECT_GONE : OBJECT_REFUSED, "%s", words);
  } else {
    mark_text(unit, self->before);
    self->runtime.sent = true;
    ask(self, PHASE_EFFECT, verb_of(self->change->verb)->method, self->change->timeout_ms);
  }
}

/* The job has ended: what it has left. */
static void take_after(struct unit_runtime *self, const struct systemd_unit *unit) {
  char state[SYSTEMD_CAUSE_MAX], mark[RUN_MAX];
  mark_text(unit, mark);
  systemd_state_text(state, unit);
  if (strcmp(self->result, "done") == 0)
    end(self, OBJECT_SENT, "systemd did it");
  else if (strcmp(mark, self->before) == 0)
    end(self, OBJECT_REFUSED, "nothing was changed: the job ended as %.20s", self->result);
  else if (strcmp(self->result, "dependency") == 0)
    end(self, OBJECT_PARTLY, "a unit that it requires did not start: %s", state);
  else
    end(self, OBJECT_PARTLY, "the job ended as %.20s: %s", self->result, state);
}

static void take_job(struct unit_runtime *self) {
  for (size_t i = 0; i < self->ended_count; i++)
    if (strcmp(self->ended[i].job, self->job) == 0)
      snprintf(self->result, sizeof self->result, "%s", self->ended[i].result);
  if (*self->result)
    ask(self, PHASE_AFTER, "GetAll", self->change->timeout_ms);
  else
    self->phase = PHASE_JOB;
}

static void on_job(void *arg, const char *job, const char *unit, const char *result) {
  struct unit_runtime *self = arg;
  if ((self->phase != PHASE_EFFECT && self->phase != PHASE_JOB) ||
      strcmp(unit, self->change->identity.id) != 0)
    return;
  if (self->ended_count == ENDED_MAX)
    memmove(self->ended, self->ended + 1, --self->ended_count * sizeof *self->ended);
  struct ended *ended = &self->ended[self->ended_count++];
  snprintf(ended->job, sizeof ended->job, "%s", job);
  snprintf(ended->result, sizeof ended->result, "%s", result);
  if (self->phase == PHASE_JOB)
    take_job(self);
}

static void take_effect(struct unit_runtime *self, struct sd_bus_message *reply,
                        const struct err *err) {
  struct arena arena;
  struct err foreign;
  const char *job = "";
  if (err && systemd_was_not_done(err)) {
    const bool denied = err->kind == ERR_DENIED;
    end(self, OBJECT_REFUSED, "%.250s%s", err->text,
        denied ? " (by polkit, or the policy of the bus)" : "");
    return;
  }
  arena_init(&arena, ARENA_MAX);
  if (!err && !systemd_job_read(reply, &arena, &job, &foreign))
    err = &foreign;
  snprintf(self->job, sizeof self->job, "%s", job);
  arena_fini(&arena);
  if (err)
    end(self, OBJECT_UNKNOWN, "sent, but no answer: %.250s", err->text);
  else
    take_job(self);
}

static void change(struct service_runtime *runtime, const struct service_change *change,
                   service_change_cb done, void *arg) {
  struct unit_runtime *self = (struct unit_runtime *)runtime;
  self->change = change;
  self->changed = done;
  self->arg = arg;
  self->ended_count = 0;
  *self->result = *self->followed = '\0';
  runtime->sent = false;
  bus_use(self, true);
  begin(self, change->timeout_ms);
  ask(self, PHASE_BEFORE, "GetAll", change->timeout_ms);
}

/* ---- what became of it */

static void follow_up(struct unit_runtime *self, const struct systemd_unit *unit) {
  char state[SYSTEMD_CAUSE_MAX];
  const bool active = strcmp(unit->active, "active") == 0 || strcmp(unit->active, "reloading") == 0;
  systemd_state_text(state, unit);
  if (active && *self->followed && strcmp(self->followed, unit->invocation) != 0)
    end(self, OBJECT_PARTLY, "started, but it ended, and was started again");
  else if (active && *self->followed && clock_now_ms() - self->since_ms >= STAYS_MS)
    end(self, OBJECT_DONE, "%.30s", unit->sub);
  else if (active) {
    if (!*self->followed)
      self->since_ms = clock_now_ms();
    snprintf(self->followed, sizeof self->followed, "%s", unit->invocation);
    end(self, OBJECT_PENDING, "%.30s", unit->sub);
  } else if (systemd_ended_well(unit) && strcmp(unit->type, "oneshot") == 0)
    end(self, OBJECT_DONE, "ran to its end");
  else if (strcmp(unit->active, "activating") == 0 && strncmp(unit->sub, "auto-restart", 12) != 0)
    end(self, OBJECT_PENDING, "still activating (%.30s)", unit->sub);
  else if (strcmp(unit->active, "deactivating") == 0)
    end(self, OBJECT_PENDING, "still deactivating (%.30s)", unit->sub);
  else
    end(self, OBJECT_PARTLY, "started, but it ended again: %s", state);
}

static void take_follow(struct unit_runtime *self, const struct systemd_unit *unit) {
  if (self->change->verb != SERVICE_STOP)
    follow_up(self, unit);
  else if (!systemd_is_up(unit->active))
    end(self, OBJECT_DONE, "%.20s", unit->active);
  else if (strcmp(unit->active, "deactivating") == 0)
    end(self, OBJECT_PENDING, "still deactivating (%.30s)", unit->sub);
  else
    end(self, OBJECT_PARTLY, "stopped, but it is %.20s (%.30s) again", unit->active, unit->sub);
}

static void follow(struct service_runtime *runtime, const struct service_change *change,
                   service_change_cb done, void *arg) {
  struct unit_runtime *self = (struct unit_runtime *)runtime;
  self->change = change;
  self->changed = done;
  self->arg = arg;
  bus_use(self, false);
  begin(self, change->timeout_ms);
  ask(self, PHASE_FOLLOW, "GetAll", change->timeout_ms);
}

/* ---- answers */

/* The question for the unit was not answered. */
static void take_failure(struct unit_runtime *self, const struct err *err) {
  if (self->phase == PHASE_LOOK)
    look_failed(self, err);
  else if (self->phase == PHASE_BEFORE)
    end(self, OBJECT_SKIPPED, "%.250s", err->text);
  else if (self->phase == PHASE_AFTER && strcmp(self->result, "done") == 0)
    end(self, OBJECT_SENT, "systemd did it");
  else
    end(self, OBJECT_UNKNOWN, "%.250s", err->text);
}

static void take_unit(struct unit_runtime *self, struct arena *arena,
                      const struct systemd_unit *unit) {
  switch (self->phase) {
  case PHASE_LOOK:
    look_at_files(self, arena, unit);
    return;
  case PHASE_BEFORE:
    take_before(self, unit);
    return;
  case PHASE_AFTER:
    take_after(self, unit);
    return;
  case PHASE_FOLLOW:
    take_follow(self, unit);
    return;
  default:
    assert(!"no unit was asked for");
  }
}

static void on_answer(void *arg, struct sd_bus_message *reply, const struct err *err) {
  struct unit_runtime *self = arg;
  struct systemd_unit unit;
  struct arena arena;
  struct err foreign;
  self->call = NULL;
  if (self->phase == PHASE_EFFECT) {
    take_effect(self, reply, err);
    return;
  }
  arena_init(&arena, ARENA_MAX);
  if (!err && !systemd_unit_read(reply, &arena, &unit, &foreign))
    err = &foreign;
  if (err)
    take_failure(self, err);
  else
    take_unit(self, &arena, &unit);
  arena_fini(&arena);
}

/* sd-bus counts the time of a call only once it is logged in, and not that of a job. */
static void on_late(uv_timer_t *timer) {
  struct unit_runtime *self = timer->data;
  struct err err;
  char where[200];
  if (self->phase == PHASE_FILES) {
    files_forget(self, true);
    return;
  }
  err_set(&err, ERR_TIMEOUT, "%s", systemd_describe(self->bus, where, sizeof where));
  const enum phase phase = self->phase;
  bus_drop(self); /* a late answer would be that of another question */
  if (phase == PHASE_JOB || phase == PHASE_AFTER)
    end(self, OBJECT_SENT, "the job continues");
  else if (phase == PHASE_EFFECT)
    end(self, OBJECT_UNKNOWN, "sent, but no answer: %s", err.text);
  else
    take_failure(self, &err);
}

static void cancel(struct service_runtime *runtime) {
  struct unit_runtime *self = (struct unit_runtime *)runtime;
  if (self->phase == PHASE_FILES)
    files_forget(self, false);
  else if (self->phase != PHASE_NONE)
    bus_drop(self);
  rest(self);
}

static void close_runtime(struct service_runtime *runtime, void (*closed)(void *arg), void *arg) {
  struct unit_runtime *self = (struct unit_runtime *)runtime;
  self->closed = closed;
  self->closed_arg = arg;
  bus_drop(self);
  if (self->pool)
    worker_pool_close(self->pool, on_bus_closed, self);
  self->pool = NULL;
  uv_close((uv_handle_t *)&self->timer, on_timer_closed);
}

/* ---- the descriptor */

static bool fits(enum service_verb verb, const char *state) {
  return systemd_state_fits(verb_of(verb), state);
}

static const char *command(struct arena *arena, const struct target *target,
                           const struct service_change *change) {
  const char *text = text_of(target), *id = change->identity.id;
  return arena_printf(arena, "systemctl %s%s %s%s", text && name_of(text) != text ? "--user " : "",
                      verb_of(change->verb)->command, *id == '-' ? "-- " : "", id);
}

static const char *impact(enum service_verb verb) {
  return verb_of(verb)->blast;
}

static const char *const runtimes[] = {"systemd", NULL};

const struct service_driver service_driver_systemd = {.name = "systemd",
                                                      .runtimes = runtimes,
                                                      .noun = "unit",
                                                      .nouns = "units",
                                                      .looks = true,
                                                      .check = check,
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
