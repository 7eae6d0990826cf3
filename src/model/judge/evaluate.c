#include "model/judge/evaluate.h"

#include "core/mem.h"
#include "core/text/format.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* See finding.h. */
enum { HARM_AMBIENT = 0, HARM_THRESHOLD = 1, HARM_ROW = 2, HARM_DOWN = 3 };

/* A finding of a row before its sentence is made: only those that are kept get one. */
struct candidate {
  size_t target_index;
  const struct table *table;
  const struct row *row;
  const struct column_spec *column; /* NULL: its collector marked the row */
  enum severity severity;
  double harm;
  int64_t since_ms;
  bool pending;
  bool kept;       /* the value is within its limits again, but `clear` or `clear_for` is not met */
  int64_t calm_ms; /* see struct finding */
};

struct evaluation {
  const struct model *model;
  const struct findings *before, *held;
  struct findings *findings;
  int64_t now_ms;
  bool one_pass;
  struct candidate *candidates; /* as many as there are findings of rows and cells */
  size_t candidate_count, candidate_capacity;
};

static const struct finding *find_old(const struct evaluation *e, size_t target_index,
                                      const char *table, const char *row, const char *column) {
  const struct finding *old = findings_find(e->before, target_index, table, row, column);
  return old ? old : findings_find(e->held, target_index, table, row, column);
}

/* From the same earlier finding, or from the one held during an outage of its target. */
static int64_t since_of(const struct evaluation *e, size_t target_index, const char *table,
                        const char *row, const char *column) {
  const struct finding *old = find_old(e, target_index, table, row, column);
  return old ? old->since_ms : e->now_ms;
}

static struct finding *finding_add(struct evaluation *e, size_t target_index, const char *table,
                                   const char *row, const char *column) {
  struct finding *finding = findings_add(e->findings, target_index, table, row, column);
  finding->since_ms = since_of(e, target_index, table, row, column);
  return finding;
}

static struct candidate *candidate_add(struct evaluation *e, size_t target_index,
                                       const struct table *table, const struct row *row,
                                       const struct column_spec *column) {
  if (e->candidate_count == e->candidate_capacity) {
    e->candidate_capacity = e->candidate_capacity ? e->candidate_capacity * 2 : 64;
    e->candidates = mem_resize(e->candidates, e->candidate_capacity * sizeof *e->candidates);
  }
  struct candidate *candidate = &e->candidates[e->candidate_count++];
  *candidate = (struct candidate){
      .target_index = target_index, .table = table, .row = row, .column = column};
  candidate->since_ms =
      since_of(e, target_index, table->spec->id, row->key, column ? column->id : NULL);
  return candidate;
}

static void evaluate_target_down(struct evaluation *e, size_t index) {
  const struct target_state *state = &e->model->targets[index];
  struct finding *finding = finding_add(e, index, NULL, NULL, NULL);
  finding->severity = model_err_is_outage(&state->err) ? SEVERITY_CRIT : SEVERITY_UNKNOWN;
  finding->subject = state->target->name;
  finding->harm = HARM_DOWN;
  finding->sentence = arena_printf(&e->findings->arena, "%s", state->err.text);
  finding->since_ms = state->failing_ms ? state->failing_ms : e->now_ms;
}

static void evaluate_target_stale(struct evaluation *e, size_t index) {
  struct finding *finding = finding_add(e, index, NULL, NULL, "age");
  char age[FORMAT_MAX];
  const struct target_state *state = &e->model->targets[index];
  double seconds = (double)target_state_age(state, e->now_ms) / 1000;
  finding->severity = SEVERITY_UNKNOWN;
  finding->subject = state->target->name;
  finding->sentence = arena_printf(&e->findings->arena, "no fresh data for %s",
                                   format_duration(age, sizeof age, seconds));
}

/* "cache" for the target's own figures or a row with its name, otherwise "main ecap-group". */
static const char *subject_of(struct evaluation *e, const struct target_state *state,
                              const struct table *table, const struct row *row) {
  const char *label = row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key;
  const char *name = state->target->name;
  if ((table->spec->flags & TABLE_SUMMARY) || strcmp(label, name) == 0)
    return name;
  return arena_printf(&e->findings->arena, "%s %s", name, label);
}

/* " (conns 44 of 47)": the cells beside it, if known. */
static const char *beside_text(struct evaluation *e, const struct table_spec *spec,
                               const struct row *row, const struct column_spec *column) {
  char title[FORMAT_MAX], shown[FORMAT_MAX];
  const char *text = "";
  for (size_t i = 0; i < sizeof column->beside / sizeof *column->beside; i++) {
    int other = column->beside[i] ? table_column(spec, column->beside[i]) : -1;
    if (other < 0 || row->cells[other].type == VALUE_NONE)
      continue;
    const struct column_spec *beside = &spec->columns[other];
    format_title(title, sizeof title, beside->title);
    format_value(shown, sizeof shown, row->cells[other], beside->unit,
                 (beside->flags & COLUMN_PLUS) != 0);
    const bool words = *title && row->cells[other].type == VALUE_TEXT;
    text = arena_printf(&e->findings->arena, "%s%s%s%s%s", text,
                        !*text  ? " ("
                        : words ? ", "
                                : " ",
                        title, *title ? " " : "", shown);
  }
  return *text ? arena_printf(&e->findings->arena, "%s)", text) : text;
}

/* Whether there is time to wait for the rule's `for`; otherwise the value counts at once. */
static bool is_waited_for(const struct evaluation *e, const struct threshold *threshold) {
  const int64_t watch_ms = e->model->watch_ms;
  return !e->one_pass && (watch_ms == 0 || threshold->for_ms <= watch_ms);
}

/* "67/s" with the noun "keys" is "67 keys/s", "3" is "3 keys". */
static void noun_add(char out[FORMAT_MAX], const char *noun) {
  char number[FORMAT_MAX];
  snprintf(number, sizeof number, "%s", out);
  const size_t end = strcspn(number, "/");
  snprintf(out, FORMAT_MAX, "%.*s %s%s", (int)end, number, noun, number + end);
}

static const char *threshold_sentence(struct evaluation *e, const struct column_spec *column,
                                      const struct threshold *threshold, struct value value,
                                      enum severity severity, const char *beside) {
  char title[FORMAT_MAX], shown[FORMAT_MAX], limit_text[FORMAT_MAX], wait[FORMAT_MAX];
  double limit = severity == SEVERITY_CRIT ? threshold->crit : threshold->warn;
  const char *least = value.at_least ? "at least " : "", *from = "";
  if (value.from_s > 0)
    from = arena_printf(&e->findings->arena, " (from %s)",
                        format_window(wait, sizeof wait, value.from_s));
  value.at_least = false; /* in words here, both */
  value.from_s = 0;
  format_value(shown, sizeof shown, value, column->unit, false);
  format_limit(limit_text, sizeof limit_text, limit, column->unit);
  if (column->noun)
    noun_add(shown, column->noun);
  const char *sentence =
      arena_printf(&e->findings->arena, "%s %s%s%s, %s %s%s",
                   column->said ? column->said : format_title(title, sizeof title, column->title),
                   least, shown, from, threshold->below ? "below" : "above", limit_text, beside);
  if (is_waited_for(e, threshold) || threshold->for_ms == 0)
    return sentence;
  format_duration(wait, sizeof wait, (double)threshold->for_ms / 1000);
  if (e->one_pass)
    return arena_printf(&e->findings->arena, "%s (seen once; the threshold requires %s)", sentence,
                        wait);
  format_duration(shown, sizeof shown, (double)e->model->watch_ms / 1000);
  return arena_printf(&e->findings->arena, "%s (watched for %s; the threshold requires %s)",
                      sentence, shown, wait);
}

/* How far beyond its limit, from 0 to 1. */
static double excess(const struct threshold *threshold, enum severity severity,
                     struct value value) {
  double limit = severity == SEVERITY_CRIT ? threshold->crit : threshold->warn, number = 0;
  if (!value_number(value, &number))
    return 0;
  double times = threshold->below ? limit / number : number / limit;
  return times > 1 && isfinite(times) ? 1 - 1 / times : 0;
}

/* Since when it may have lasted: not known for findings that were not kept. */
static int64_t waits_since(const struct evaluation *e, const struct candidate *candidate) {
  static const char *const cuts[] = {"cut:warn", "cut:crit", "cut:warn:pending",
                                     "cut:crit:pending"};
  int64_t since_ms = candidate->since_ms;
  for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
    const struct finding *cut =
        find_old(e, candidate->target_index, candidate->table->spec->id, NULL, cuts[i]);
    if (cut && cut->since_ms < since_ms)
      since_ms = cut->since_ms;
  }
  return since_ms;
}

/* Hysteresis: an earlier finding stays although the value is within its limits again. NULL: it does
 * not. *calm_ms: since when the value is beyond `clear` no longer; 0: it still is. */
static const struct finding *kept_by(const struct evaluation *e, size_t index,
                                     const struct table *table, const struct row *row,
                                     const struct column_spec *column,
                                     const struct threshold *threshold, struct value value,
                                     int64_t *calm_ms) {
  double number;
  if (!threshold || (!threshold->has_clear && threshold->clear_for_ms == 0) ||
      !value_number(value, &number))
    return NULL;
  const struct finding *old = find_old(e, index, table->spec->id, row->key, column->id);
  if (!old || old->pending)
    return NULL;
  *calm_ms = 0;
  if (threshold->has_clear &&
      (threshold->below ? number < threshold->clear : number > threshold->clear))
    return old;
  *calm_ms = old->calm_ms ? old->calm_ms : e->now_ms;
  return e->now_ms - *calm_ms < threshold->clear_for_ms ? old : NULL;
}

/* Such a finding is a warning, if it can be one. */
static void candidate_stay(struct candidate *candidate, const struct finding *old,
                           const struct threshold *threshold, int64_t calm_ms) {
  candidate->severity = threshold->has_warn ? SEVERITY_WARN : old->severity;
  candidate->harm =
      candidate->column->flags & COLUMN_AMBIENT ? (double)HARM_AMBIENT : (double)HARM_THRESHOLD;
  candidate->kept = true;
  candidate->calm_ms = calm_ms;
}

static void evaluate_cell(struct evaluation *e, size_t index, const struct table *table,
                          const struct row *row, size_t column_index) {
  const struct column_spec *column = &table->spec->columns[column_index];
  const struct threshold *threshold = model_threshold(e->model, index, column);
  struct value value = row->cells[column_index];
  enum severity severity = threshold_judge(threshold, value);
  int64_t calm_ms = 0;
  const struct finding *old =
      severity == SEVERITY_OK ? kept_by(e, index, table, row, column, threshold, value, &calm_ms)
                              : NULL;
  if (severity == SEVERITY_OK && !old)
    return;
  struct candidate *candidate = candidate_add(e, index, table, row, column);
  if (old) {
    candidate_stay(candidate, old, threshold, calm_ms);
    return;
  }
  candidate->severity = severity;
  candidate->harm = (column->flags & COLUMN_AMBIENT ? HARM_AMBIENT : HARM_THRESHOLD) +
                    excess(threshold, severity, value);
  candidate->pending = is_waited_for(e, threshold) && threshold->for_ms > 0 &&
                       e->now_ms - waits_since(e, candidate) < threshold->for_ms;
}

/* The rows with a cell that applies but is not known; first gets its reason. A CRIT row is not
 * counted, because it already has a finding. */
static size_t cells_missing(const struct table *table, size_t column, size_t *roots,
                            const char **first) {
  size_t missing = 0;
  *roots = 0;
  for (size_t r = 0; r < table->row_count; r++) {
    const struct row *row = &table->rows[r];
    const struct value value = row->cells[column];
    if (row->parent || row->severity == SEVERITY_CRIT)
      continue;
    ++*roots;
    if (value.type == VALUE_NONE && value.text && missing++ == 0)
      *first = value.text;
  }
  return missing;
}

/* Thresholds that are configured but judge nothing here. */
static void evaluate_unjudged(struct evaluation *e, size_t index, const struct table *table) {
  for (size_t c = 0; c < table->spec->column_count; c++) {
    const struct column_spec *column = &table->spec->columns[c];
    size_t roots = 0;
    const char *why = "";
    const size_t missing =
        rules_asked(&e->model->targets[index].target->rules, &e->model->config->rules, column)
            ? cells_missing(table, c, &roots, &why)
            : 0;
    if (missing == 0)
      continue;
    struct finding *finding = finding_add(e, index, table->spec->id, NULL, column->id);
    finding->severity = SEVERITY_UNKNOWN;
    finding->subject = e->model->targets[index].target->name;
    finding->sentence =
        roots == 1 ? arena_printf(&e->findings->arena, "%s not evaluated: %s", column->metric, why)
                   : arena_printf(&e->findings->arena, "%s not evaluated for %zu of %zu rows: %s",
                                  column->metric, missing, roots, why);
  }
}

/* Findings judged by the collector; its rows are in its order of harm. */
static void evaluate_reason(struct evaluation *e, size_t index, const struct table *table,
                            const struct row *row) {
  struct candidate *candidate = candidate_add(e, index, table, row, NULL);
  candidate->severity = row->severity;
  candidate->harm = HARM_ROW + 1 / (double)(row - table->rows + 2);
  int64_t onset_ms = e->model->targets[index].sample->taken_ms - row->lasted_ms;
  if (row->lasted_ms > 0 && onset_ms < candidate->since_ms)
    candidate->since_ms = onset_ms;
}

static void evaluate_row(struct evaluation *e, size_t index, const struct table *table,
                         const struct row *row) {
  if (row->severity != SEVERITY_OK)
    evaluate_reason(e, index, table, row);
  if (row->parent)
    return;
  for (size_t i = 0; i < table->spec->column_count; i++)
    evaluate_cell(e, index, table, row, i);
}

/* FNV-1a over all but digits: "12 of 18 partitions" is the same finding as "9 of 18". */
static uint32_t fault_hash(const char *text) {
  uint32_t hash = 2166136261U;
  for (; *text; text++)
    if (!isdigit((unsigned char)*text))
      hash = (hash ^ (unsigned char)*text) * 16777619U;
  return hash;
}

static void evaluate_faults(struct evaluation *e, size_t index) {
  const struct target_state *state = &e->model->targets[index];
  for (size_t i = 0; i < state->sample->note_count; i++) {
    const struct note *note = &state->sample->notes[i];
    if (note->severity == SEVERITY_OK)
      continue;
    char id[24];
    snprintf(id, sizeof id, "fault:%08x", (unsigned)fault_hash(note->text));
    struct finding *finding = finding_add(e, index, note->table, NULL, id);
    finding->severity = note->severity;
    finding->subject = state->target->name;
    finding->sentence = arena_printf(&e->findings->arena, "%s", note->text);
  }
}

static void evaluate_tables(struct evaluation *e, size_t index) {
  const struct sample *sample = e->model->targets[index].sample;
  for (size_t t = 0; t < sample->table_count; t++) {
    const struct table *table = &sample->tables[t];
    for (size_t r = 0; r < table->row_count; r++)
      evaluate_row(e, index, table, &table->rows[r]);
    if (e->model->wants_all_judged)
      evaluate_unjudged(e, index, table);
  }
}

/* Adds the findings of the target and its tables, and the candidates of its rows. */
static void evaluate_target(struct evaluation *e, size_t index) {
  switch (target_state_condition(&e->model->targets[index], e->now_ms)) {
  case TARGET_WAITING:
    return;
  case TARGET_DOWN:
    evaluate_target_down(e, index);
    return;
  case TARGET_STALE:
    evaluate_target_stale(e, index);
    return;
  case TARGET_LIVE:
    evaluate_faults(e, index);
    evaluate_tables(e, index);
    return;
  }
}

static struct finding_rank rank_of(const struct candidate *candidate) {
  return (struct finding_rank){candidate->pending, candidate->severity, candidate->harm,
                               candidate->since_ms, candidate->target_index};
}

/* In the order of the findings, then in that of the rows. */
static int candidate_compare(const void *a, const void *b) {
  const struct candidate *x = a, *y = b;
  const struct finding_rank first = rank_of(x), second = rank_of(y);
  const int order = finding_rank_compare(&first, &second);
  if (order != 0)
    return order;
  if (x->table != y->table)
    return x->table < y->table ? -1 : 1;
  return x->row == y->row ? 0 : x->row < y->row ? -1 : 1;
}

/* Groups of findings that are represented by one if they are not kept. */
static int cut_compare(const void *a, const void *b) {
  const struct candidate *x = a, *y = b;
  if (x->target_index != y->target_index)
    return x->target_index < y->target_index ? -1 : 1;
  if (x->table != y->table)
    return x->table < y->table ? -1 : 1;
  if (x->severity != y->severity)
    return (int)y->severity - (int)x->severity;
  return x->pending - y->pending;
}

/* "lag 90, was above 100: ends at 80" */
static const char *kept_sentence(struct evaluation *e, const struct column_spec *column,
                                 const struct threshold *threshold, struct value value,
                                 const struct candidate *candidate) {
  char title[FORMAT_MAX], shown[FORMAT_MAX], limit[FORMAT_MAX], ends[FORMAT_MAX];
  const double was = threshold->has_warn ? threshold->warn : threshold->crit;
  const char *said = column->said ? column->said : format_title(title, sizeof title, column->title);
  format_value(shown, sizeof shown, value, column->unit, false);
  format_limit(limit, sizeof limit, was, column->unit);
  if (candidate->calm_ms)
    format_duration(ends, sizeof ends, (double)threshold->clear_for_ms / 1000);
  else
    format_limit(ends, sizeof ends, threshold->clear, column->unit);
  return arena_printf(&e->findings->arena, "%s %s, was %s %s: ends %s %s", said, shown,
                      threshold->below ? "below" : "above", limit,
                      candidate->calm_ms ? "after" : "at", ends);
}

static void candidate_keep(struct evaluation *e, const struct candidate *candidate) {
  const struct table *table = candidate->table;
  const struct row *row = candidate->row;
  const struct column_spec *column = candidate->column;
  struct finding *finding = findings_add(e->findings, candidate->target_index, table->spec->id,
                                         row->key, column ? column->id : NULL);
  finding->severity = candidate->severity;
  finding->harm = candidate->harm;
  finding->since_ms = candidate->since_ms;
  finding->pending = candidate->pending;
  finding->subject = subject_of(e, &e->model->targets[candidate->target_index], table, row);
  finding->calm_ms = candidate->calm_ms;
  if (column && candidate->kept)
    finding->sentence =
        kept_sentence(e, column, model_threshold(e->model, candidate->target_index, column),
                      row->cells[column - table->spec->columns], candidate);
  else if (!column)
    finding->sentence =
        arena_printf(&e->findings->arena, "%s", row->reason ? row->reason : "no reason given");
  else
    finding->sentence =
        threshold_sentence(e, column, model_threshold(e->model, candidate->target_index, column),
                           row->cells[column - table->spec->columns], candidate->severity,
                           beside_text(e, table->spec, row, column));
}

/* One finding for that many of a table, so that the target does not look better than it is. */
static void cut_add(struct evaluation *e, const struct candidate *of, size_t count) {
  const struct table_spec *spec = of->table->spec;
  char id[32], shown[FORMAT_MAX];
  snprintf(id, sizeof id, "cut:%s%s", severity_name(of->severity), of->pending ? ":pending" : "");
  struct finding *finding = finding_add(e, of->target_index, spec->id, NULL, id);
  finding->severity = of->severity;
  finding->pending = of->pending;
  finding->subject = e->model->targets[of->target_index].target->name;
  format_counted(shown, sizeof shown, (int64_t)count, "more finding", "more findings");
  finding->sentence = arena_printf(&e->findings->arena, "%s in %s %s not listed: too many to keep",
                                   shown, spec->title, count == 1 ? "is" : "are");
}

/* Keeps the most harmful of all targets, as far as there is room. */
static void evaluate_candidates(struct evaluation *e) {
  struct candidate *all = e->candidates;
  size_t kept = 0, count = e->candidate_count;
  if (count > 1)
    qsort(all, count, sizeof *all, candidate_compare);
  while (kept < count && !findings_are_full(e->findings))
    candidate_keep(e, &all[kept++]);
  if (count - kept > 1)
    qsort(all + kept, count - kept, sizeof *all, cut_compare);
  for (size_t i = kept, next; i < count; i = next) {
    for (next = i + 1; next < count && cut_compare(&all[i], &all[next]) == 0;)
      next++;
    cut_add(e, &all[i], next - i);
  }
}

struct findings *evaluate(const struct model *model, int64_t now_ms, bool one_pass) {
  struct evaluation e = {.model = model,
                         .before = model->findings,
                         .held = model->held,
                         .findings = findings_new(model->findings_bytes_max),
                         .now_ms = now_ms,
                         .one_pass = one_pass};
  for (size_t i = 0; i < model->target_count; i++)
    evaluate_target(&e, i);
  evaluate_candidates(&e);
  free(e.candidates);
  findings_order(e.findings);
  return e.findings;
}

bool evaluate_sees(const struct model *model, const struct findings *after,
                   const struct finding *finding, int64_t now_ms) {
  const struct target_state *state = &model->targets[finding->target_index];
  if (target_state_condition(state, now_ms) != TARGET_LIVE)
    return false;
  return finding_is_fault(finding) || finding_is_cut(finding) ||
         (!sample_is_faulted(state->sample, finding->table) &&
          !findings_table_is_cut(after, finding->target_index, finding->table));
}

static bool is_in(const struct findings *findings, const struct finding *finding) {
  return findings_find(findings, finding->target_index, finding->table, finding->row,
                       finding->column);
}

/* A finding in one of the two is kept there. */
static void hold(const struct model *model, const struct findings *from,
                 const struct findings *after, const struct findings *before, int64_t now_ms,
                 struct findings *held) {
  for (size_t i = 0; i < from->count; i++) {
    const struct finding *old = &from->items[i];
    if (finding_is_outage(old) || evaluate_sees(model, after, old, now_ms) || is_in(after, old) ||
        (before && is_in(before, old)))
      continue;
    if (old->row && findings_are_full(held))
      continue;
    struct finding *copy = findings_add(held, old->target_index, old->table, old->row, old->column);
    copy->severity = old->severity;
    copy->subject = arena_text(&held->arena, old->subject, strlen(old->subject));
    copy->sentence = arena_text(&held->arena, old->sentence, strlen(old->sentence));
    copy->harm = old->harm;
    copy->since_ms = old->since_ms;
    copy->seen_ms = old->seen_ms;
    copy->alarm_ms = old->alarm_ms;
    copy->pending = old->pending;
    copy->unsaid = old->unsaid;
    copy->explained_ms = old->explained_ms;
  }
}

struct findings *evaluate_held(const struct model *model, const struct findings *after,
                               int64_t now_ms) {
  struct findings *held = findings_new(model->findings_bytes_max);
  hold(model, model->findings, after, NULL, now_ms, held);
  hold(model, model->held, after, model->findings, now_ms, held);
  findings_index(held);
  return held;
}
