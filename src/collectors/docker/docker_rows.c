#include "collectors/docker/docker_rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_SHOWN = 12 };

struct totals {
  int64_t gone, running, restarting, unhealthy, used, unused, memory;
  double cpu;
  bool has_cpu, has_memory;
};

/* ---- cells */

static struct value text_or_none(struct sample *sample, const char *text) {
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static void fill_memory(const struct docker_reading *reading, struct value *cells) {
  const int64_t limit = reading->has_detail ? reading->detail.memory_limit : -1;
  if (limit <= 0) {
    cells[CONTAINER_LIMIT] = limit == 0 ? value_none("it has none") : value_none(DOCKER_NO_DETAIL);
    return;
  }
  cells[CONTAINER_LIMIT] = value_int(limit);
  if (reading->has_usage && reading->usage.memory >= 0)
    cells[CONTAINER_MEMORY_RATIO] = value_real((double)reading->usage.memory / (double)limit);
}

static void fill_row(struct sample *sample, struct row *row, const struct docker_reading *reading,
                     const struct docker_verdict *verdict, double now_s) {
  const struct docker_container *container = &reading->container;
  struct value *cells = row->cells;
  cells[CONTAINER_NAME] = value_text(sample_copy(sample, container->name));
  cells[CONTAINER_STATE] = value_text(sample_copy(sample, verdict->state));
  cells[CONTAINER_ENGINE_STATE] = text_or_none(sample, docker_state(reading));
  if (verdict->since_s >= 0 && now_s >= verdict->since_s)
    cells[CONTAINER_SINCE] = value_real(now_s - verdict->since_s);
  if (reading->has_detail && reading->detail.finished_s >= 0 && reading->detail.exit_code >= 0 &&
      !docker_is_up(docker_state(reading)))
    cells[CONTAINER_EXIT] = value_int(reading->detail.exit_code);
  cells[CONTAINER_IMAGE] = text_or_none(sample, container->image);
  cells[CONTAINER_PROJECT] = text_or_none(sample, container->project);
  cells[CONTAINER_SERVICE] = text_or_none(sample, container->service);
  cells[CONTAINER_PORTS] = text_or_none(sample, container->ports);
  if (container->created_s >= 0)
    cells[CONTAINER_CREATED] = value_int(container->created_s * 1000);
  cells[CONTAINER_ID] = value_text(sample_printf(sample, "%.*s", ID_SHOWN, container->id));
  fill_memory(reading, cells);
  if (*verdict->reason)
    cells[CONTAINER_REASON] = value_text(row->reason);
}

static void add_up(struct totals *totals, const struct docker_reading *reading,
                   const struct value *cells) {
  double cpu;
  const char *state = docker_state(reading);
  totals->running += strcmp(state, "running") == 0;
  totals->restarting += strcmp(state, "restarting") == 0;
  totals->unhealthy += reading->has_detail && strcmp(reading->detail.health, "unhealthy") == 0;
  if (value_number(cells[CONTAINER_CPU], &cpu)) {
    totals->cpu += cpu;
    totals->has_cpu = true;
  }
  totals->used += reading->has_usage;
  totals->unused += docker_is_up(state) && !reading->unread && !reading->has_usage;
  if (reading->has_usage && reading->usage.memory >= 0) {
    totals->memory += reading->usage.memory;
    totals->has_memory = true;
  }
}

static bool add_row(struct sample *sample, const struct docker_reading *reading,
                    struct pasts *pasts, struct totals *totals, double now_s) {
  struct past *past = past_of(pasts, reading->container.id);
  struct counters now;
  struct rates rates;
  struct docker_verdict verdict;
  if (reading->has_detail)
    docker_restarts_take(&past->restarts, &reading->detail, now_s);
  docker_judge(reading, &past->restarts, now_s, &verdict);

  struct row *row = sample_row(sample, &sample->tables[1], reading->container.id, NULL);
  if (!row)
    return false;
  counters_read(&now, &docker_figures, reading, reading->usage_us);
  snprintf(now.run, sizeof now.run, "%.40s", reading->has_detail ? reading->detail.started : "");
  rates_make(&rates, &past->counters, &now);
  if (reading->has_usage)
    past->counters = now;
  row->severity = verdict.severity;
  row->reason = *verdict.reason ? sample_copy(sample, verdict.reason) : NULL;
  if (verdict.severity != SEVERITY_OK && verdict.since_s >= 0 && now_s > verdict.since_s)
    row->lasted_ms = (int64_t)((now_s - verdict.since_s) * 1000);
  figures_fill(sample, row->cells, &docker_figures, reading, &rates);
  fill_row(sample, row, reading, &verdict, now_s);
  add_up(totals, reading, row->cells);
  return true;
}

static void fill_summary(struct sample *sample, const struct docker_answers *answers,
                         const struct totals *totals) {
  struct row *row = sample_row(sample, &sample->tables[0], answers->name, NULL);
  assert(row); /* one row fits into any ceiling */
  struct value *cells = row->cells;
  cells[SUMMARY_NAME] = value_text(row->key);
  cells[SUMMARY_RUNNING] = value_int(totals->running);
  cells[SUMMARY_CONTAINERS] = value_int((int64_t)answers->total - totals->gone);
  cells[SUMMARY_RESTARTING] = value_int(totals->restarting);
  cells[SUMMARY_UNHEALTHY] = value_int(totals->unhealthy);
  cells[SUMMARY_CPU] = totals->has_cpu ? value_real(totals->cpu) : value_none(FIGURES_NEED_TWO);
  cells[SUMMARY_MEMORY] =
      totals->has_memory ? value_int(totals->memory) : value_none("no container runs");
  cells[SUMMARY_LATENCY] = answers->latency_us >= 0
                               ? value_real((double)answers->latency_us / 1e6)
                               : value_none("stacktop was busy while it waited");
  cells[SUMMARY_VERSION] = text_or_none(sample, answers->version);
}

static int by_harm(const void *a, const void *b) {
  const struct row *one = a, *other = b;
  if (one->severity != other->severity)
    return one->severity > other->severity ? -1 : 1;
  return strcmp(one->cells[CONTAINER_NAME].text, other->cells[CONTAINER_NAME].text);
}

/* What is configured and not there is no reason to be content. */
static void miss_projects(struct sample *sample, const struct docker_answers *answers) {
  for (size_t i = 0; i < answers->filter.count; i++) {
    size_t found = 0;
    for (size_t k = 0; k < answers->count; k++)
      found += !answers->readings[k].gone &&
               strcmp(answers->readings[k].container.project, answers->filter.projects[i]) == 0;
    if (found == 0 && answers->total == answers->count)
      sample_fault(sample, docker_containers_table.id, SEVERITY_WARN,
                   "the compose project %.60s has no container", answers->filter.projects[i]);
  }
}

static void add_notes(struct sample *sample, const struct docker_answers *answers,
                      const struct totals *totals) {
  if (answers->total > answers->count)
    sample_fault(sample, docker_containers_table.id, SEVERITY_UNKNOWN,
                 "only %zu of %zu containers are read; limit them with projects", answers->count,
                 answers->total);
  if (answers->unread > 0)
    sample_fault(sample, docker_containers_table.id, SEVERITY_UNKNOWN,
                 "%zu of %zu containers could not be read: %s", answers->unread, answers->count,
                 answers->unread_err.text);
  if (totals->unused > 0 && totals->used == 0)
    sample_note(sample, docker_containers_table.id, NULL,
                "the engine does not say what containers use");
  miss_projects(sample, answers);
}

struct sample *docker_sample(const struct docker_answers *answers, struct pasts *pasts,
                             double now_s) {
  static const struct table_spec *const tables[] = {&docker_summary_table,
                                                    &docker_containers_table};
  struct sample *sample = sample_new(tables, 2);
  struct totals totals = {0};
  pasts_begin(pasts);
  for (size_t i = 0; i < answers->count; i++) {
    totals.gone += answers->readings[i].gone;
    if (!answers->readings[i].gone &&
        !add_row(sample, &answers->readings[i], pasts, &totals, now_s))
      break;
  }
  pasts_forget_the_gone(pasts);
  struct table *containers = &sample->tables[1];
  if (containers->row_count > 0)
    qsort(containers->rows, containers->row_count, sizeof *containers->rows, by_harm);
  fill_summary(sample, answers, &totals);
  add_notes(sample, answers, &totals);
  if (*answers->version)
    sample->server = sample_copy(sample, answers->version);
  return sample;
}
