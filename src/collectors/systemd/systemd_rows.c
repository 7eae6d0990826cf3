#include "collectors/systemd/systemd_rows.h"

#include "core/text/format.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- cells */

static struct value text_or_none(struct sample *sample, const char *text) {
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static struct value limit_value(int64_t limit) {
  if (limit < 0)
    return value_none(NULL);
  return limit == INT64_MAX ? value_none("it has none") : value_int(limit);
}

/* "always, after 100ms" */
static struct value restart_value(struct sample *sample, const struct systemd_unit *unit) {
  char after[FORMAT_MAX];
  if (!*unit->restart)
    return value_none(NULL);
  if (strcmp(unit->restart, "no") == 0 || unit->restart_us < 0 || unit->restart_us == INT64_MAX)
    return value_text(sample_copy(sample, unit->restart));
  return value_text(
      sample_printf(sample, "%s, after %s", unit->restart,
                    format_duration(after, sizeof after, (double)unit->restart_us / 1e6)));
}

static void fill_unit(struct sample *sample, struct value *cells, const struct systemd_unit *unit,
                      double now_s) {
  char word[SYSTEMD_EXIT_MAX];
  if (unit->changed_s >= 0 && now_s >= unit->changed_s)
    cells[UNIT_SINCE] = value_real(now_s - unit->changed_s);
  cells[UNIT_EXIT] =
      text_or_none(sample, systemd_exit_word(word, unit->exit_kind, unit->exit_status));
  cells[UNIT_FILE_STATE] = text_or_none(sample, unit->file_state);
  cells[UNIT_FILE] = text_or_none(sample, unit->file);
  if (unit->reload_needed == 1)
    cells[UNIT_RELOAD] = value_text("needed");
  cells[UNIT_RESULT] = text_or_none(sample, unit->result);
  cells[UNIT_TYPE] = text_or_none(sample, unit->type);
  cells[UNIT_RESTART] = restart_value(sample, unit);
  cells[UNIT_TRIGGERED_BY] = text_or_none(sample, unit->triggered_by);
  cells[UNIT_STATUS] = text_or_none(sample, unit->status_text);
  cells[UNIT_CGROUP] = text_or_none(sample, unit->cgroup);
  cells[UNIT_INVOCATION] = text_or_none(sample, unit->invocation);
  if (unit->main_pid > 0)
    cells[UNIT_PID] = value_int(unit->main_pid);
  cells[UNIT_MEMORY_MAX] = limit_value(unit->memory_max);
  cells[UNIT_TASKS_MAX] = limit_value(unit->tasks_max);
  if (*unit->cgroup && unit->memory >= 0 && unit->memory_max > 0 && unit->memory_max < INT64_MAX)
    cells[UNIT_MEMORY_RATIO] = value_real((double)unit->memory / (double)unit->memory_max);
}

static void fill_row(struct sample *sample, struct row *row, const struct systemd_reading *reading,
                     double now_s) {
  const struct systemd_unit *unit = &reading->unit;
  struct value *cells = row->cells;
  const bool known = reading->has_unit;
  cells[UNIT_NAME] = value_text(row->key);
  cells[UNIT_STATE] = text_or_none(sample, known ? unit->active : reading->entry.active);
  cells[UNIT_SUB] = text_or_none(sample, known ? unit->sub : reading->entry.sub);
  cells[UNIT_LOAD] = text_or_none(sample, known ? unit->load : reading->entry.load);
  if (known)
    fill_unit(sample, cells, unit, now_s);
  if (row->reason)
    cells[UNIT_REASON] = value_text(row->reason);
}

static bool add_row(struct sample *sample, const struct systemd_reading *reading,
                    struct pasts *pasts, double now_s) {
  const char *id = reading->has_unit ? reading->unit.id : reading->entry.name;
  struct past *past = past_of(pasts, id);
  struct counters now;
  struct rates rates;
  struct systemd_verdict verdict;
  if (reading->has_unit)
    systemd_restarts_take(&past->restarts, &reading->unit, now_s);
  systemd_judge(reading->has_unit ? &reading->unit : NULL, reading->wish, &past->restarts, now_s,
                &verdict);

  struct row *row = sample_row(sample, &sample->tables[1], id, NULL);
  if (!row)
    return false;
  counters_read(&now, &systemd_figures, reading, reading->read_us);
  snprintf(now.run, sizeof now.run, "%s", reading->has_unit ? reading->unit.invocation : "");
  rates_make(&rates, &past->counters, &now);
  if (reading->has_unit)
    past->counters = now;
  row->severity = verdict.severity;
  row->reason = *verdict.reason ? sample_copy(sample, verdict.reason) : NULL;
  if (verdict.severity != SEVERITY_OK && reading->has_unit && reading->unit.changed_s >= 0 &&
      now_s > reading->unit.changed_s)
    row->lasted_ms = (int64_t)((now_s - reading->unit.changed_s) * 1000);
  figures_fill(sample, row->cells, &systemd_figures, reading, &rates);
  fill_row(sample, row, reading, now_s);
  return true;
}

/* ---- the summary */

static struct value count_value(int64_t count) {
  return count >= 0 ? value_int(count) : value_none("systemd does not say");
}

static void judge_manager(struct sample *sample, struct row *row, const char *state) {
  if (strcmp(state, "maintenance") == 0) {
    row->severity = SEVERITY_CRIT;
    row->reason = sample_copy(sample, "the system is in maintenance (rescue or emergency mode)");
  } else if (strcmp(state, "stopping") == 0) {
    row->severity = SEVERITY_WARN;
    row->reason = sample_copy(sample, "the system is shutting down");
  }
}

static void fill_summary(struct sample *sample, const struct systemd_answers *answers) {
  struct row *row = sample_row(sample, &sample->tables[0], answers->name, NULL);
  assert(row); /* one row fits into any ceiling */
  const struct systemd_manager *manager = &answers->manager;
  const struct table *units = &sample->tables[1];
  struct value *cells = row->cells;
  int64_t active = 0;
  for (size_t i = 0; i < units->row_count; i++) {
    const struct value state = units->rows[i].cells[UNIT_STATE];
    active += state.type == VALUE_TEXT && strcmp(state.text, "active") == 0;
  }
  cells[SUMMARY_NAME] = value_text(row->key);
  cells[SUMMARY_FAILED] = count_value(manager->failed);
  cells[SUMMARY_STATE] = *manager->state ? value_text(sample_copy(sample, manager->state))
                                         : value_none("systemd does not say");
  cells[SUMMARY_SHOWN] = value_int((int64_t)answers->total);
  cells[SUMMARY_ACTIVE] = value_int(active);
  cells[SUMMARY_JOBS] = count_value(manager->jobs);
  cells[SUMMARY_KNOWN] = count_value(manager->units);
  cells[SUMMARY_LATENCY] = answers->latency_us >= 0 ? value_real((double)answers->latency_us / 1e6)
                                                    : value_none("systemd did not list its units");
  cells[SUMMARY_VERSION] = text_or_none(sample, manager->version);
  judge_manager(sample, row, manager->state);
}

static int by_harm(const void *a, const void *b) {
  const struct row *one = a, *other = b;
  if (one->severity != other->severity)
    return one->severity > other->severity ? -1 : 1;
  return strcmp(one->key, other->key);
}

/* What is configured and not there is no reason to be content. */
static void miss_patterns(struct sample *sample, const struct systemd_answers *answers) {
  for (size_t i = 0; i < answers->patterns.count; i++) {
    bool found = answers->total > answers->count;
    for (size_t k = 0; k < answers->count && !found; k++)
      found =
          fnmatch(answers->patterns.items[i], answers->readings[k].entry.name, FNM_NOESCAPE) == 0;
    if (!found)
      sample_fault(sample, systemd_units_table.id, SEVERITY_WARN, "no unit matches %.80s",
                   answers->patterns.items[i]);
  }
}

struct sample *systemd_sample(const struct systemd_answers *answers, struct pasts *pasts,
                              double now_s) {
  static const struct table_spec *const tables[] = {&systemd_summary_table, &systemd_units_table};
  struct sample *sample = sample_new(tables, 2);
  pasts_begin(pasts);
  for (size_t i = 0; i < answers->count; i++)
    if (!add_row(sample, &answers->readings[i], pasts, now_s))
      break;
  pasts_forget_the_gone(pasts);
  struct table *units = &sample->tables[1];
  if (units->row_count > 0)
    qsort(units->rows, units->row_count, sizeof *units->rows, by_harm);
  fill_summary(sample, answers);
  if (answers->total > answers->count)
    sample_fault(sample, systemd_units_table.id, SEVERITY_UNKNOWN,
                 "only %zu of %zu units are read; limit them with units", answers->count,
                 answers->total);
  if (answers->unlisted > 0)
    sample_fault(sample, systemd_units_table.id, SEVERITY_UNKNOWN,
                 "systemd says nothing of %zu of the units that were asked for by name",
                 answers->unlisted);
  if (answers->unread > 0)
    sample_fault(sample, systemd_units_table.id, SEVERITY_UNKNOWN,
                 "%zu of %zu units could not be read: %s", answers->unread, answers->count,
                 answers->unread_err.text);
  miss_patterns(sample, answers);
  if (*answers->manager.version)
    sample->server = sample_printf(sample, "systemd %.60s", answers->manager.version);
  return sample;
}
