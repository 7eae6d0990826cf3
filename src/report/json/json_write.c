#include "core/json/json_writer.h"
#include "report/json/json.h"
#include "report/json/json_flags.h"

#include "core/text/format.h"
#include "model/alarm/alarm_mark.h"
#include "report/cell.h"
#include "report/page.h"

#include <string.h>

/* Shared by all parts. */
struct document {
  struct json_writer writer;
  const struct model *model;
  int64_t now_ms;
  bool history;
};

/* For a time of the model. */
static int64_t wall_ms(const struct document *document, int64_t ms) {
  return ms + document->model->wall_offset_ms;
}

static const char *state_name(enum target_condition condition) {
  static const char *const names[] = {[TARGET_WAITING] = "waiting",
                                      [TARGET_LIVE] = "live",
                                      [TARGET_STALE] = "stale",
                                      [TARGET_DOWN] = "down"};
  return names[condition];
}

static void write_time(struct json_writer *writer, const char *key, int64_t ms) {
  char time[FORMAT_MAX], iso[FORMAT_MAX + 8];
  int64_t part = ms % 1000 < 0 ? ms % 1000 + 1000 : ms % 1000;
  format_time(time, sizeof time, ms - part, true, true);
  snprintf(iso, sizeof iso, "%.10sT%.8s.%03dZ", time, strlen(time) > 11 ? time + 11 : "",
           (int)part);
  json_text(writer, key, iso);
}

static void write_configuration(struct document *document) {
  struct json_writer *writer = &document->writer;
  const struct config *config = document->model->config;
  json_line(writer);
  json_open(writer, "configuration", '{');
  json_text_if(writer, "name", config->name);
  json_text_if(writer, "environment", config->environment);
  json_text_if(writer, "path", config->path);
  json_int(writer, "interval_ms", config->interval_ms);
  json_bool(writer, "discovered", config->discovered);
  json_close(writer, '}');
}

/* The counts that are lower bounds: absent if there is none. */
static void write_lower_bounds(struct json_writer *writer, const struct findings *findings) {
  bool any = false;
  for (int severity = SEVERITY_CRIT; severity > SEVERITY_OK; severity--) {
    if (!findings_count_is_least(findings, (enum severity)severity))
      continue;
    if (!any)
      json_open(writer, "at_least", '[');
    any = true;
    json_text(writer, NULL, severity_name((enum severity)severity));
  }
  if (any)
    json_close(writer, ']');
}

static void write_verdict(struct document *document) {
  struct json_writer *writer = &document->writer;
  const struct model *model = document->model;
  enum severity worst = model_severity(model, document->now_ms);
  json_line(writer);
  json_open(writer, "verdict", '{');
  json_text(writer, "severity", severity_name(worst));
  json_int(writer, "exit_status", severity_exit(worst));
  for (int severity = SEVERITY_CRIT; severity > SEVERITY_OK; severity--)
    json_int(writer, severity_name((enum severity)severity),
             (int64_t)findings_count(model->findings, (enum severity)severity));
  write_lower_bounds(writer, model->findings);
  json_close(writer, '}');
}

static void write_threshold(struct json_writer *writer, const struct threshold *threshold) {
  if (!threshold)
    return;
  json_open(writer, "threshold", '{');
  if (threshold->has_warn)
    json_real(writer, "warn", threshold->warn);
  if (threshold->has_crit)
    json_real(writer, "crit", threshold->crit);
  json_bool(writer, "below", threshold->below);
  json_int(writer, "for_ms", threshold->for_ms);
  if (threshold->has_clear)
    json_real(writer, "clear", threshold->clear);
  if (threshold->clear_for_ms > 0)
    json_int(writer, "clear_for_ms", threshold->clear_for_ms);
  json_close(writer, '}');
}

static void write_column(struct document *document, const struct target_state *state,
                         const struct column_spec *column) {
  struct json_writer *writer = &document->writer;
  json_line(writer);
  json_open(writer, NULL, '{');
  json_text(writer, "id", column->id);
  json_text(writer, "title", column->title);
  json_text(writer, "unit", unit_name(column->unit));
  json_int(writer, "priority", column->priority);
  json_int(writer, "width", column->width);
  json_open(writer, "flags", '[');
  for (const struct json_flag *flag = json_column_flags; flag->name; flag++)
    if (column->flags & flag->flag)
      json_text(writer, NULL, flag->name);
  json_close(writer, ']');
  json_text_if(writer, "metric", column->metric);
  write_threshold(writer,
                  rules_find(&state->target->rules, &document->model->config->rules, column));
  json_text_if(writer, "help", column->help);
  json_close(writer, '}');
}

static void write_cell(struct json_writer *writer, const char *key, struct value value) {
  switch (value.type) {
  case VALUE_INT:
    json_int(writer, key, value.integer);
    break;
  case VALUE_REAL:
    json_real(writer, key, value.real);
    break;
  case VALUE_TEXT:
    json_text_if(writer, key, value.text);
    break;
  case VALUE_NONE:
    if (!value.text)
      break;
    json_open(writer, key, '{');
    json_text(writer, "unknown", value.text);
    json_close(writer, '}');
    break;
  }
}

static void write_ring(struct json_writer *writer, const char *key,
                       const struct history_ring *ring) {
  json_open(writer, key, '[');
  for (size_t age = ring->count; age > 0; age--)
    json_float(writer, NULL, history_value(ring, age - 1));
  json_close(writer, ']');
}

static void write_past(struct json_writer *writer, const struct target_state *state,
                       size_t table_index, const struct row *row) {
  const struct table_spec *spec = state->sample->tables[table_index].spec;
  bool open = false;
  for (size_t i = 0; i < spec->column_count; i++) {
    if (!(spec->columns[i].flags & COLUMN_HISTORY))
      continue;
    const struct history_ring *ring = history_find(state->history, table_index, row->key, i);
    if (!ring)
      continue;
    if (!open)
      json_open(writer, "past", '{');
    open = true;
    write_ring(writer, spec->columns[i].id, ring);
  }
  if (open)
    json_close(writer, '}');
}

/* The columns whose numbers are lower bounds. */
static void write_at_least(struct json_writer *writer, const struct table_spec *spec,
                           const struct row *row) {
  bool open = false;
  for (size_t i = 0; i < spec->column_count; i++) {
    if (!row->cells[i].at_least)
      continue;
    if (!open)
      json_open(writer, "at_least", '[');
    open = true;
    json_text(writer, NULL, spec->columns[i].id);
  }
  if (open)
    json_close(writer, ']');
}

/* The forecasts that reach far beyond the seconds that they rest on. */
static void write_from(struct json_writer *writer, const struct table_spec *spec,
                       const struct row *row) {
  bool open = false;
  for (size_t i = 0; i < spec->column_count; i++) {
    if (!row->cells[i].from_s)
      continue;
    if (!open)
      json_open(writer, "from_s", '{');
    open = true;
    json_int(writer, spec->columns[i].id, row->cells[i].from_s);
  }
  if (open)
    json_close(writer, '}');
}

static void write_row(struct document *document, const struct target_state *state,
                      size_t table_index, const struct row *row) {
  struct json_writer *writer = &document->writer;
  const struct table_spec *spec = state->sample->tables[table_index].spec;
  json_line(writer);
  json_open(writer, NULL, '{');
  json_text(writer, "key", row->key);
  json_text_if(writer, "parent", row->parent);
  json_text(writer, "severity", severity_name(row->severity));
  json_text_if(writer, "reason", row->reason);
  if (row->lasted_ms)
    json_int(writer, "lasted_ms", row->lasted_ms);
  json_open(writer, "cells", '{');
  for (size_t i = 0; i < spec->column_count; i++)
    write_cell(writer, spec->columns[i].id, cell_value(row, i));
  json_close(writer, '}');
  write_at_least(writer, spec, row);
  write_from(writer, spec, row);
  if (document->history)
    write_past(writer, state, table_index, row);
  json_close(writer, '}');
}

static void write_table(struct document *document, const struct target_state *state, size_t index) {
  struct json_writer *writer = &document->writer;
  const struct table *table = &state->sample->tables[index];
  json_line(writer);
  json_open(writer, NULL, '{');
  json_text(writer, "id", table->spec->id);
  json_text(writer, "title", table->spec->title);
  json_bool(writer, "summary", table->spec->flags & TABLE_SUMMARY);
  if (table->spec->flags & TABLE_OWN)
    json_bool(writer, "own", true);
  if (table->spec->flags & TABLE_UNFOLDED)
    json_bool(writer, "unfolded", true);
  json_bool(writer, "truncated", table->truncated);
  json_open(writer, "columns", '[');
  for (size_t i = 0; i < table->spec->column_count; i++)
    write_column(document, state, &table->spec->columns[i]);
  json_close(writer, ']');
  json_line(writer);
  json_open(writer, "rows", '[');
  for (size_t i = 0; i < table->row_count; i++)
    write_row(document, state, index, &table->rows[i]);
  json_close(writer, ']');
  json_close(writer, '}');
}

static void write_facts(struct json_writer *writer, const struct sample *sample) {
  bool any = false;
  for (size_t i = 0; i < FACT_COUNT; i++)
    any = any || sample->facts[i];
  if (!any)
    return;
  json_open(writer, "facts", '{');
  for (size_t i = 0; i < FACT_COUNT; i++)
    json_text_if(writer, fact_name((enum fact_kind)i), sample->facts[i]);
  json_close(writer, '}');
}

static void write_sample(struct document *document, const struct target_state *state) {
  struct json_writer *writer = &document->writer;
  const struct sample *sample = state->sample;
  json_int(writer, "taken_ms", wall_ms(document, sample->taken_ms));
  json_int(writer, "age_ms", target_state_age(state, document->now_ms));
  json_int(writer, "cost_us", sample->cost_us);
  json_int(writer, "requests", sample->requests);
  json_text_if(writer, "server", sample->server);
  json_text_if(writer, "address", sample->address);
  write_facts(writer, sample);
}

static void write_notes(struct json_writer *writer, const struct sample *sample) {
  json_open(writer, "notes", '[');
  for (size_t i = 0; sample && i < sample->note_count; i++) {
    const struct note *note = &sample->notes[i];
    json_line(writer);
    json_open(writer, NULL, '{');
    json_text_if(writer, "table", note->table);
    json_text_if(writer, "column", note->column);
    json_text(writer, "text", note->text);
    if (note->severity != SEVERITY_OK)
      json_text(writer, "severity", severity_name(note->severity));
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

static void write_attempts(struct document *document, const struct target_state *state) {
  struct json_writer *writer = &document->writer;
  json_int(writer, "samples", state->samples);
  json_int(writer, "failures", state->failures);
  if (state->attempted_ms)
    json_int(writer, "attempted_ms", wall_ms(document, state->attempted_ms));
  if (state->started_ms)
    json_int(writer, "started_ms", wall_ms(document, state->started_ms));
  if (state->next_ms)
    json_int(writer, "next_ms", wall_ms(document, state->next_ms));
  if (state->once)
    json_bool(writer, "once", true);
  if (state->failing_ms)
    json_int(writer, "failing_since_ms", wall_ms(document, state->failing_ms));
  if (state->err.kind == ERR_NONE)
    return;
  json_open(writer, "error", '{');
  json_text(writer, "kind", err_kind_name(state->err.kind));
  json_text_cut(writer, "text", state->err.text, sizeof state->err.text - 1);
  json_close(writer, '}');
}

static void write_target(struct document *document, const char *key, size_t index) {
  struct json_writer *writer = &document->writer;
  const struct target_state *state = &document->model->targets[index];
  const struct target *target = state->target;
  json_line(writer);
  json_open(writer, key, '{');
  json_text(writer, "kind", target->kind->kind);
  json_text(writer, "name", target->name);
  json_text(writer, "title", target->kind->title);
  json_text(writer, "state", state_name(target_state_condition(state, document->now_ms)));
  json_text(writer, "severity",
            severity_name(model_target_severity(document->model, index, document->now_ms)));
  json_int(writer, "interval_ms", target_state_interval(state));
  json_int(writer, "timeout_ms", target_state_timeout(state));
  write_attempts(document, state);
  if (state->sample)
    write_sample(document, state);
  write_notes(writer, state->sample);
  json_open(writer, "tables", '[');
  for (size_t i = 0; state->sample && i < state->sample->table_count; i++)
    write_table(document, state, i);
  json_close(writer, ']');
  json_close(writer, '}');
}

static void write_finding(struct document *document, const struct finding *finding) {
  struct json_writer *writer = &document->writer;
  const struct target *target = document->model->targets[finding->target_index].target;
  json_line(writer);
  json_open(writer, NULL, '{');
  json_text(writer, "severity", severity_name(finding->severity));
  json_text(writer, "subject", finding->subject);
  json_text(writer, "sentence", finding->sentence);
  json_int(writer, "since_ms", wall_ms(document, finding->since_ms));
  if (finding->seen_ms)
    json_int(writer, "seen_ms", wall_ms(document, finding->seen_ms));
  if (finding->alarm_ms)
    json_int(writer, "alarm_ms", wall_ms(document, finding->alarm_ms));
  json_bool(writer, "pending", finding->pending);
  json_text(writer, "kind", target->kind->kind);
  json_text(writer, "name", target->name);
  json_int(writer, "target", (int64_t)finding->target_index);
  json_text_if(writer, "table", finding->table);
  json_text_if(writer, "row", finding->row);
  json_text_if(writer, "column", finding->column);
  char key[ALARM_KEY_MAX];
  json_text(writer, "key", alarm_key(key, target, finding));
  if (finding->changes > 0)
    json_int(writer, "flapping", (int64_t)finding->changes);
  if (finding->under > 0) {
    const struct finding *above = &document->model->findings->items[finding->under - 1];
    json_text(writer, "under",
              alarm_key(key, document->model->targets[above->target_index].target, above));
  }
  if (finding->quiet) {
    json_open(writer, finding->quiet == FINDING_ACKNOWLEDGED ? "acknowledged" : "silenced", '{');
    json_text(writer, "who", finding->quiet_who);
    json_text(writer, "reason", finding->quiet_reason);
    json_int(writer, "until_ms", finding->quiet_until_ms);
    json_close(writer, '}');
  }
  json_close(writer, '}');
}

static void write_event(struct json_writer *writer, const struct model *model,
                        const struct event *event) {
  json_line(writer);
  json_open(writer, NULL, '{');
  json_int(writer, "at_ms", event->at_ms + model->wall_offset_ms);
  if (event->topic == EVENT_BEGINS || event->topic == EVENT_ENDS) {
    json_text(writer, "finding", event->topic == EVENT_BEGINS ? "begins" : "ends");
    json_int(writer, "since_ms", event->since_ms + model->wall_offset_ms);
    json_text_if(writer, "kind", event->kind);
    json_text_if(writer, "name", event->target);
    json_text_if(writer, "table", event->place.table);
    json_text_if(writer, "row", event->place.row);
    json_text_if(writer, "column", event->place.column);
  }
  json_text(writer, "severity", event_severity_name(event));
  json_text(writer, "subject", event->subject);
  json_text_cut(writer, "text", event->text, EVENT_TEXT_MAX - 1);
  json_close(writer, '}');
}

static void write_lists(struct document *document) {
  struct json_writer *writer = &document->writer;
  const struct model *model = document->model;
  json_line(writer);
  json_open(writer, "targets", '[');
  for (size_t i = 0; i < model->target_count; i++)
    write_target(document, NULL, i);
  json_close(writer, ']');
  json_line(writer);
  json_open(writer, "findings", '[');
  for (size_t i = 0; i < model->findings->count; i++)
    write_finding(document, &model->findings->items[i]);
  json_close(writer, ']');
  json_line(writer);
  json_open(writer, "events", '[');
  for (size_t age = model->events.count; age > 0; age--)
    write_event(writer, model, events_get(&model->events, age - 1));
  json_close(writer, ']');
}

bool report_events_json(FILE *out, const struct model *model, const char *filter, size_t *count) {
  struct json_writer writer = {.out = out, .lines = true};
  const struct event *event;
  *count = 0;
  json_open(&writer, NULL, '[');
  for (size_t age = 0; (event = events_get(&model->events, age)); age++) {
    if (*filter && !event_matches(event, filter))
      continue;
    write_event(&writer, model, event);
    ++*count;
  }
  json_line(&writer);
  json_close(&writer, ']');
  putc('\n', out);
  return fflush(out) == 0 && !ferror(out);
}

static void write_begin(struct document *document) {
  struct json_writer *writer = &document->writer;
  json_open(writer, NULL, '{');
  json_int(writer, "version", REPORT_JSON_VERSION);
  json_text(writer, "stacktop", STACKTOP_VERSION);
  json_int(writer, "written_ms", wall_ms(document, document->now_ms));
  write_time(writer, "written", wall_ms(document, document->now_ms));
}

static bool write_end(struct document *document) {
  json_close(&document->writer, '}');
  putc('\n', document->writer.out);
  return fflush(document->writer.out) == 0 && !ferror(document->writer.out);
}

static bool write_document(struct document *document) {
  struct json_writer *writer = &document->writer;
  write_begin(document);
  json_bool(writer, "history", document->history);
  write_configuration(document);
  write_verdict(document);
  write_lists(document);
  return write_end(document);
}

/* ---- pages */

static void write_page(struct json_writer *writer, const char *key, const struct page_spec *spec) {
  json_line(writer);
  json_open(writer, key, '{');
  json_text(writer, "id", spec->id);
  json_text(writer, "kind", spec->kind);
  json_text_if(writer, "row_of", spec->row_of);
  json_text(writer, "title", spec->title);
  json_text(writer, "question", spec->question);
  json_text(writer, "cost", spec->cost);
  json_bool(writer, "costly", spec->costly);
  json_open(writer, "orders", '[');
  for (size_t i = 0; i < spec->sort_count; i++) {
    json_open(writer, NULL, '{');
    json_text(writer, "name", spec->sorts[i].name);
    json_text(writer, "table", spec->sorts[i].table);
    json_text(writer, "column", spec->sorts[i].column);
    json_close(writer, '}');
  }
  json_close(writer, ']');
  json_close(writer, '}');
}

bool report_pages_json(FILE *out, const struct page_spec *const *specs) {
  struct json_writer writer = {.out = out, .lines = true};
  json_open(&writer, NULL, '{');
  json_int(&writer, "version", REPORT_JSON_VERSION);
  json_open(&writer, "pages", '[');
  for (; *specs; specs++)
    write_page(&writer, NULL, *specs);
  json_close(&writer, ']');
  json_close(&writer, '}');
  putc('\n', out);
  return fflush(out) == 0 && !ferror(out);
}

bool report_page_json(FILE *out, const struct model *model, size_t state, int64_t now_ms) {
  struct document document = {{.out = out, .lines = true}, model, now_ms, .history = false};
  struct json_writer *writer = &document.writer;
  const struct page_focus *focus = &model->targets[state].focus;
  write_begin(&document);
  write_page(writer, "page", model->targets[state].page);
  if (focus->key) {
    json_line(writer);
    json_open(writer, "row", '{');
    json_text(writer, "table", focus->table);
    json_text(writer, "key", focus->key);
    json_text_if(writer, "label", focus->label);
    json_close(writer, '}');
  }
  write_target(&document, "target", state);
  return write_end(&document);
}

bool report_json_write(FILE *out, const struct model *model, int64_t now_ms) {
  struct document document = {{.out = out, .lines = true}, model, now_ms, .history = false};
  return write_document(&document);
}

bool report_json_record(FILE *out, const struct model *model, int64_t now_ms) {
  struct document document = {{.out = out}, model, now_ms, .history = true};
  return write_document(&document);
}
