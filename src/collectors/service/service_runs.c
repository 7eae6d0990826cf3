#include "collectors/service/service_runs.h"

#include "collectors/figures.h"
#include "collectors/service/service_table.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 256 << 10, VARIABLES_SHOWN = 8 };

void service_runs_init(struct service_runs *runs, struct io *io, const struct target *target,
                       void (*answered)(void *arg), void *arg) {
  const struct service_driver *driver = service_driver_of(target);
  *runs = (struct service_runs){
      .target = target, .answered = answered, .arg = arg, .cpu = -1, .cpu_s = -1};
  runs->explains = driver && !driver->looks && driver->explains && driver->explains(target);
  if (!driver || (!driver->looks && !runs->explains))
    return;
  runs->configured = true;
  runs->guesses = target_option(target, "runtime")->item_count == 0;
  runs->runtime = driver->open(io, target, &runs->err);
  if (runs->runtime)
    err_set(&runs->err, ERR_TIMEOUT, "no answer yet");
}

void service_runs_close(struct service_runs *runs, void (*closed)(void *arg), void *arg) {
  struct service_runtime *runtime = runs->runtime;
  runs->runtime = NULL;
  if (!runtime) {
    closed(arg);
    return;
  }
  runtime->driver->cancel(runtime);
  runtime->driver->close(runtime, closed, arg);
}

void service_runs_fini(struct service_runs *runs) {
  arena_fini(&runs->arena);
  free(runs->cpu_run);
}

/* ---- an answer */

static const char *keep(struct service_runs *runs, const char *text) {
  return text ? arena_printf(&runs->arena, "%s", text) : NULL;
}

/* The rate between two readings of the same runs; a reading that was there before has the same. */
static void take_cpu(struct service_runs *runs, const struct service_state *state) {
  const bool same = runs->cpu_run && strcmp(runs->cpu_run, state->cpu_run) == 0;
  if (state->cpu >= 0 || state->cpu_s < 0) {
    runs->cpu = state->cpu;
    runs->cpu_s = -1;
    return;
  }
  if (same && runs->cpu_s >= 0 && state->cpu_us == runs->cpu_us)
    return;
  runs->cpu = -1;
  if (same && runs->cpu_s >= 0 && state->cpu_us > runs->cpu_us && state->cpu_s >= runs->cpu_s)
    runs->cpu = (state->cpu_s - runs->cpu_s) / ((double)(state->cpu_us - runs->cpu_us) / 1e6);
  runs->cpu_s = state->cpu_s;
  runs->cpu_us = state->cpu_us;
  free(runs->cpu_run);
  runs->cpu_run = mem_dup(state->cpu_run);
}

static void take_state(struct service_runs *runs, const struct service_state *state) {
  const char *names = "";
  arena_fini(&runs->arena);
  arena_init(&runs->arena, ARENA_MAX);
  take_cpu(runs, state);
  for (size_t i = 0; i < state->object_count; i++)
    names =
        arena_printf(&runs->arena, "%s%s%.100s", names, i > 0 ? ", " : "", state->objects[i].name);
  runs->names = names;
  runs->state = *state;
  runs->state.objects = NULL;
  runs->state.found_by = keep(runs, state->found_by);
  runs->state.image = keep(runs, state->image);
  runs->state.address = keep(runs, state->address);
  runs->state.unused_why = keep(runs, state->unused_why);
  runs->state.variables_why = keep(runs, state->variables_why);
  runs->state.note = keep(runs, state->note);
  runs->known = true;
  runs->taken_ms = clock_now_ms();
  runs->err = (struct err){0};
}

static void on_looked(void *arg, const struct service_state *state, const struct err *err) {
  struct service_runs *runs = arg;
  runs->looking = false;
  runs->slow = clock_now_ms() - runs->began_ms > SERVICE_RUNS_PATIENCE_MS;
  if (state) {
    take_state(runs, state);
  } else {
    runs->known = false;
    runs->err = *err;
  }
  runs->answered(runs->arg);
}

void service_runs_look(struct service_runs *runs, bool complete) {
  const struct option_value *variables = target_option(runs->target, "environment");
  const struct service_look look = {.complete = complete,
                                    .variables = variables->items,
                                    .variable_count = variables->item_count,
                                    .timeout_ms = SERVICE_RUNS_LOOK_MS};
  if (!runs->runtime || runs->looking || (runs->explains && !runs->wanted))
    return;
  runs->looking = true;
  runs->began_ms = clock_now_ms();
  runs->runtime->driver->look(runs->runtime, &look, on_looked, runs);
}

void service_runs_take_health(struct service_runs *runs, bool well) {
  if (!runs->explains)
    return;
  runs->wanted = !well;
  if (!well) {
    service_runs_look(runs, true);
    return;
  }
  if (runs->looking)
    runs->runtime->driver->cancel(runs->runtime);
  runs->looking = runs->known = false;
}

static bool is_current(const struct service_runs *runs) {
  return runs->known && clock_now_ms() - runs->taken_ms <= SERVICE_RUNS_KEPT_MS;
}

/* One that has answered before, and so long ago that there is nothing to show without it, is waited
 * for: a slow engine and a long interval would never meet otherwise. */
bool service_runs_is_awaited(const struct service_runs *runs, bool complete, int64_t *wait_ms) {
  const bool needed = complete || (runs->known && !is_current(runs));
  const int64_t most_ms = needed ? SERVICE_RUNS_LOOK_MS + 100 : SERVICE_RUNS_PATIENCE_MS;
  if (!runs->looking || (runs->slow && !needed))
    return false;
  *wait_ms = runs->began_ms + most_ms - clock_now_ms();
  return *wait_ms > 0;
}

/* ---- the cells */

/* What is not known has a reason; a right or an engine that is missing is a note, anything else is
 * a fault. It is not one of the table of services, whose health is known. */
static void fill_unknown(const struct service_runs *runs, struct sample *sample, struct row *row) {
  static const enum service_column columns[] = {
      SERVICE_RUN,    SERVICE_READY,        SERVICE_RESTARTS,     SERVICE_RUN_FOR, SERVICE_CPU,
      SERVICE_MEMORY, SERVICE_MEMORY_RATIO, SERVICE_MEMORY_LIMIT, SERVICE_IMAGE,   SERVICE_RUNS_IN};
  const char *driver = service_driver_of(runs->target)->name;
  const char *why = runs->err.kind != ERR_NONE
                        ? sample_printf(sample, "%s: %s", driver, runs->err.text)
                        : sample_printf(sample, "%s: no answer", driver);
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    row->cells[columns[i]] = value_none(why);
  if (target_option(runs->target, "environment")->item_count > 0)
    row->cells[SERVICE_ENVIRONMENT] = value_none(why);
  if (runs->err.kind == ERR_DENIED || runs->err.kind == ERR_UNSUPPORTED)
    sample_note(sample, service_table.id, service_table.columns[SERVICE_RUN].id, "%s", why);
  else if (runs->err.kind != ERR_TIMEOUT || runs->slow)
    sample_fault(sample, SERVICE_RUNTIME_PART, SEVERITY_UNKNOWN, "%s", why);
}

static void fill_usage(const struct service_runs *runs, struct value *cells) {
  const struct service_state *state = &runs->state;
  if (state->unused_why)
    cells[SERVICE_CPU] = cells[SERVICE_MEMORY] = value_none(state->unused_why);
  if (runs->cpu >= 0)
    cells[SERVICE_CPU] = value_real(runs->cpu);
  else if (state->cpu_s >= 0)
    cells[SERVICE_CPU] = value_none(FIGURES_NEED_TWO);
  if (state->memory >= 0)
    cells[SERVICE_MEMORY] = value_int(state->memory);
  if (state->memory_share >= 0)
    cells[SERVICE_MEMORY_RATIO] = value_real(state->memory_share);
  if (state->memory_limit > 0)
    cells[SERVICE_MEMORY_LIMIT] = value_int(state->memory_limit);
}

/* "DATABASE_URL missing, SECRET_KEY empty"; names only. */
static const char *variables_text(const struct service_runs *runs, struct sample *sample, bool all,
                                  size_t *wrong) {
  static const char *const words[] = {[VARIABLE_UNKNOWN] = "unknown",
                                      [VARIABLE_SET] = "set",
                                      [VARIABLE_EMPTY] = "empty",
                                      [VARIABLE_MISSING] = "missing"};
  const struct option_value *variables = target_option(runs->target, "environment");
  const char *text = "";
  size_t shown = 0;
  *wrong = 0;
  for (size_t i = 0; i < variables->item_count && i < SERVICE_VARIABLES_MAX; i++) {
    const enum service_variable is = runs->state.variables[i];
    *wrong += is >= VARIABLE_EMPTY;
    if (!all && (is < VARIABLE_EMPTY || ++shown > VARIABLES_SHOWN))
      continue;
    text = sample_printf(sample, "%s%s%.80s %s", text, *text ? ", " : "", variables->items[i],
                         words[is]);
  }
  return text;
}

static void worsen(struct sample *sample, struct row *row, enum severity severity,
                   const char *reason, int64_t lasted_ms) {
  row->severity = severity_worse(row->severity, severity);
  if (row->reason)
    row->reason = sample_printf(sample, "%s; %s", row->reason, reason);
  else
    row->reason = sample_copy(sample, reason);
  if (row->lasted_ms == 0)
    row->lasted_ms = lasted_ms;
  row->cells[SERVICE_ERROR] = value_text(row->reason);
}

/* What its runtime says is the cause of what the check says, and comes first. */
static void explain(struct sample *sample, struct row *row, enum severity severity,
                    const char *cause, int64_t lasted_ms) {
  const char *symptom = row->reason;
  row->reason = NULL;
  worsen(sample, row, severity, cause, lasted_ms);
  if (symptom)
    worsen(sample, row, severity, symptom, lasted_ms);
}

static void fill_variables(const struct service_runs *runs, struct sample *sample,
                           struct row *row) {
  size_t wrong;
  if (target_option(runs->target, "environment")->item_count == 0 || runs->state.wanted == 0 ||
      runs->explains)
    return;
  if (runs->state.variables_why) {
    row->cells[SERVICE_ENVIRONMENT] = value_none(sample_copy(sample, runs->state.variables_why));
    return;
  }
  const char *all = variables_text(runs, sample, true, &wrong);
  row->cells[SERVICE_ENVIRONMENT] = value_text(all);
  if (wrong > 0)
    worsen(sample, row, SEVERITY_WARN,
           sample_printf(sample, "environment: %s", variables_text(runs, sample, false, &wrong)),
           0);
}

static void fill_state(const struct service_runs *runs, struct sample *sample, struct row *row) {
  const struct service_state *state = &runs->state;
  struct value *cells = row->cells;
  if (*state->state)
    cells[SERVICE_RUN] = value_text(sample_copy(sample, state->state));
  if (state->wanted > 0)
    cells[SERVICE_READY] = value_text(
        sample_printf(sample, "%lld/%lld", (long long)state->ready, (long long)state->wanted));
  if (state->restarts >= 0)
    cells[SERVICE_RESTARTS] = value_int(state->restarts);
  if (state->since_s >= 0)
    cells[SERVICE_RUN_FOR] = value_real(state->since_s);
  if (*state->image)
    cells[SERVICE_IMAGE] = value_text(sample_copy(sample, state->image));
  if (*state->found_by)
    cells[SERVICE_RUNTIME] = value_text(sample_printf(sample, "found %s", state->found_by));
  if (*runs->names && !runs->explains)
    cells[SERVICE_RUNS_IN] =
        value_text(*state->address ? sample_printf(sample, "%s on %s", runs->names, state->address)
                                   : sample_copy(sample, runs->names));
  fill_usage(runs, cells);
  if (state->note && !(runs->explains && *state->state)) /* which says the same */
    sample_note(sample, service_table.id, service_table.columns[SERVICE_RUN].id, "%s", state->note);
}

void service_runs_fill(const struct service_runs *runs, struct sample *sample, struct row *row) {
  if (target_option(runs->target, "environment")->item_count > 0 &&
      (!runs->configured || runs->explains))
    row->cells[SERVICE_ENVIRONMENT] = value_none("only its own programs know what they set");
  if (!runs->configured || (runs->explains && !runs->wanted) ||
      (runs->guesses && (!is_current(runs) || runs->state.wanted == 0)))
    return;
  if (!is_current(runs)) {
    fill_unknown(runs, sample, row);
    return;
  }
  const struct service_state *state = &runs->state;
  fill_state(runs, sample, row);
  if (state->severity != SEVERITY_OK && *state->reason)
    explain(sample, row, state->severity, state->reason,
            state->since_s > 0 ? (int64_t)(state->since_s * 1000) : 0);
  fill_variables(runs, sample, row);
}
