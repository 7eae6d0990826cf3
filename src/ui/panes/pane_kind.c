/* A pane for each kind of target: its targets' summaries and tables. */
#include "ui/panes/pane_kind.h"
#include "ui/panes/pane_list.h"

#include "core/text/text.h"
#include "ui/draw/widget.h"
#include "ui/table/table_view.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLAMED_URGENT = 3 };

bool pane_kind_has(const struct pane *pane, const struct model *model, size_t state) {
  if (pane->opened > 0)
    return state == model->target_count + pane->opened - 1;
  return state < model->target_count &&
         strcmp(model->targets[state].target->kind->kind, pane->id) == 0;
}

static void kind_list(const struct model *model, struct pane_list *list) {
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target_kind *kind = model->targets[i].target->kind;
    bool seen = false;
    for (size_t j = 0; j < i && !seen; j++)
      seen = strcmp(model->targets[j].target->kind->kind, kind->kind) == 0;
    if (!seen)
      pane_wanted(list, kind->kind, kind->title);
  }
}

size_t pane_kind_targets(const struct pane *pane, const struct model *model) {
  size_t count = 0;
  for (size_t i = 0; i < model_state_count(model); i++)
    count += pane_kind_has(pane, model, i);
  return count;
}

static void kind_verdict(const struct pane *pane, const struct frame *frame,
                         struct pane_verdict *verdict) {
  size_t total = 0, good = 0, last = 0;
  for (size_t i = 0; i < model_state_count(frame->model); i++) {
    const struct target_state *state = &frame->model->targets[i];
    if (!pane_kind_has(pane, frame->model, i))
      continue;
    enum severity severity = model_target_severity(frame->model, i, frame->now_ms);
    enum target_condition condition = target_state_condition(state, frame->now_ms);
    verdict->severity = severity_worse(verdict->severity, severity);
    verdict->stale = verdict->stale || condition != TARGET_LIVE;
    good += condition == TARGET_LIVE && severity == SEVERITY_OK;
    total++;
    last = i;
  }
  if (total > 1)
    snprintf(verdict->text, sizeof verdict->text, "%zu/%zu ok", good, total);
  else if (total == 1)
    pane_kind_state(frame, last, verdict->text, sizeof verdict->text);
}

/* Whether it consists of a row with its own name. */
static bool is_own_row(const struct target_state *state) {
  const struct table *first =
      state->sample && state->sample->table_count > 0 ? &state->sample->tables[0] : NULL;
  return first && !(first->spec->flags & TABLE_SUMMARY) && first->row_count == 1 &&
         first->rows[0].cells[0].type == VALUE_TEXT &&
         strcmp(first->rows[0].cells[0].text, state->target->name) == 0;
}

const char *pane_kind_word(const struct frame *frame, size_t state) {
  const struct target_state *of = &frame->model->targets[state];
  const char *kind = of->target->kind->kind;
  if (is_own_row(of) || text_contains(of->target->name, kind))
    return "";
  return arena_printf(frame->arena, "%s ", kind);
}

const char *pane_kind_table_name(const struct frame *frame, size_t state,
                                 const struct table_spec *spec, char out[COLUMN_CHOICE_ID_MAX]) {
  const struct target_state *of = &frame->model->targets[state];
  snprintf(out, COLUMN_CHOICE_ID_MAX, "%s.%s", of->page ? of->page->id : of->target->kind->kind,
           spec->id);
  return out;
}

const char *pane_kind_state(const struct frame *frame, size_t index, char *out, size_t size) {
  const struct target_state *state = &frame->model->targets[index];
  char age[AGE_MAX];
  *out = '\0';
  switch (target_state_condition(state, frame->now_ms)) {
  case TARGET_WAITING:
    snprintf(out, size, "waiting");
    break;
  case TARGET_DOWN:
    if (state->err.kind == ERR_DISABLED)
      snprintf(out, size, "disabled");
    else
      snprintf(out, size, "%s %s", state->page ? "not available" : "down",
               age_text(age, frame->now_ms - state->failing_ms));
    break;
  case TARGET_STALE:
    snprintf(out, size, "stale %s", age_text(age, target_state_age(state, frame->now_ms)));
    break;
  case TARGET_LIVE:
    if (!state->page && model_target_severity(frame->model, index, frame->now_ms) == SEVERITY_OK)
      snprintf(out, size, "ok"); /* a page has no verdict */
    break;
  }
  return out;
}

static struct table_row row_of(const struct frame *frame, const struct pane *pane,
                               const struct line *line) {
  const struct target_state *state = &frame->model->targets[line->target_index];
  const struct pane_table *memory =
      pane_table_of((struct pane *)pane, line->target_index, line->table->spec);
  return (struct table_row){.target_index = line->target_index,
                            .table = (size_t)(line->table - state->sample->tables),
                            .spec = line->table->spec,
                            .row = &line->row,
                            .stale = target_state_condition(state, frame->now_ms) != TARGET_LIVE,
                            .tree = memory && memory->tree,
                            .marked = pane_is_marked(pane, frame->model, line)};
}

/* Unused cells at the end of the last value's place, now that it is shorter. */
static int headline_slack(const struct frame *frame, const struct pairs *pairs,
                          const struct table *table) {
  const struct pair *last = &pairs->items[pairs->count - 1];
  char buffer[FORMAT_MAX];
  const char *value = frame_value(frame, buffer, table->rows[0].cells[last->column],
                                  &table->spec->columns[last->column]);
  int slack = last->value_width - text_width(value);
  return slack > 0 ? slack : 0;
}

/* The headline values of a target, starting at x or (right) ending before it; returns the cells
 * used. */
static int draw_headline(struct pane *pane, const struct frame *frame, size_t index, int x, int y,
                         int width, bool right) {
  const struct target_state *state = &frame->model->targets[index];
  for (size_t t = 0; state->sample && t < state->sample->table_count; t++) {
    const struct table *table = &state->sample->tables[t];
    const struct pane_table *memory = pane_table_of(pane, index, table->spec);
    if (!memory || !(table->spec->flags & TABLE_SUMMARY) || table->row_count == 0)
      continue;
    struct pairs pairs;
    pairs_fit(&memory->memory, table->spec, PAIRS_HEADLINE, width - 2, 1, &pairs);
    if (pairs.count == 0)
      return 0;
    struct line line = {.target_index = index, .table = table, .table_id = table->spec->id};
    line.row = (struct ordered_row){.row = &table->rows[0], .root = &table->rows[0]};
    struct table_row row = row_of(frame, pane, &line);
    int left = right ? x - pairs.width - 2 : x;
    int slack = right ? headline_slack(frame, &pairs, table) : 0; /* the border continues there */
    canvas_fill(frame->canvas, left, y, pairs.width + 2 - slack, 1, STYLE_TEXT, ' ');
    table_draw_pairs(frame, &row, &pairs, 0, left + 1, y);
    return pairs.width + 2;
  }
  return 0;
}

/* "2s ago, every 5s": a page says how often it is collected. */
static int draw_pace(const struct frame *frame, size_t index, int right, int y, int width) {
  const struct target_state *state = &frame->model->targets[index];
  char age[AGE_MAX], every[FORMAT_MAX], text[FORMAT_MAX + AGE_MAX + 16] = " ";
  if (state->sample)
    snprintf(text, sizeof text, " %s ago, ", age_text(age, target_state_age(state, frame->now_ms)));
  const size_t used = strlen(text);
  snprintf(text + used, sizeof text - used, "every %s ",
           format_duration(every, sizeof every, (double)target_state_interval(state) / 1000));
  const int cells = (int)strlen(text);
  if (cells > width)
    return 0;
  canvas_text(frame->canvas, right - cells, y, cells,
              target_state_condition(state, frame->now_ms) == TARGET_LIVE ? STYLE_DIM : STYLE_STALE,
              text);
  return cells;
}

static int kind_headline(struct pane *pane, const struct frame *frame, int right, int y,
                         int width) {
  int pace = 0;
  if (pane->opened > 0)
    pace = draw_pace(frame, frame->model->target_count + pane->opened - 1, right, y, width);
  if (pane_kind_targets(pane, frame->model) != 1)
    return 0;
  for (size_t i = 0; i < model_state_count(frame->model); i++)
    if (pane_kind_has(pane, frame->model, i))
      return pace + draw_headline(pane, frame, i, right - pace, y, width - pace, true);
  return pace;
}

static void draw_left_out(const struct frame *frame, const struct line *line, int x, int y,
                          int width) {
  char text[48];
  snprintf(text, sizeof text, "+%zu rows ", line->left_out);
  if (line->left_out > 0 && (int)strlen(text) < width)
    canvas_text_right(frame->canvas, x, y, width, STYLE_DIM, text);
}

static void draw_target(struct pane *pane, const struct frame *frame, const struct line *line,
                        int x, int y, int width) {
  const struct target_state *state = &frame->model->targets[line->target_index];
  enum severity severity = model_target_severity(frame->model, line->target_index, frame->now_ms);
  enum target_condition condition = target_state_condition(state, frame->now_ms);
  unsigned style = style_of_severity(severity) | STYLE_STRONG;
  char text[64];
  if (line->part > 0) {
    canvas_text(frame->canvas, x + ROW_MARK_CELLS, y, width - ROW_MARK_CELLS,
                style_of_severity(severity), line->text);
    return;
  }
  canvas_text(frame->canvas, x, y, width, style,
              severity == SEVERITY_OK ? "ok" : mark_of(severity));
  int at = ROW_MARK_CELLS;
  if (line->named)
    at += canvas_text(frame->canvas, x + at, y, width - at,
                      severity == SEVERITY_OK ? STYLE_TITLE | STYLE_STRONG : style,
                      state->target->name) +
          2;
  if (condition == TARGET_LIVE) {
    at += draw_headline(pane, frame, line->target_index, x + at - 1, y, width - at, false);
    draw_left_out(frame, line, x + at, y, width - at);
    return;
  }
  /* A single target's state is in the border. */
  pane_kind_state(frame, line->target_index, text, sizeof text);
  if (line->named || condition != TARGET_DOWN)
    at += canvas_text(frame->canvas, x + at, y, width - at, style, text) + 1;
  if (line->text)
    canvas_text(frame->canvas, x + at, y, width - at, style_of_severity(severity), line->text);
}

static void draw_table_title(const struct frame *frame, const struct line *line, int x, int y,
                             int width) {
  int used = canvas_text(frame->canvas, x + ROW_MARK_CELLS, y, width - ROW_MARK_CELLS,
                         STYLE_LABEL | STYLE_STRONG, line->table->spec->title);
  int at = ROW_MARK_CELLS + used + 1;
  canvas_rule(frame->canvas, x + at, y, width - at - 1, STYLE_BORDER);
}

/* An empty table is "no sessions" only if it could be read. */
static void draw_empty(const struct frame *frame, const struct line *line, int x, int y,
                       int width) {
  char title[64];
  const struct sample *sample = frame->model->targets[line->target_index].sample;
  if (sample && sample_is_faulted(sample, line->table->spec->id)) {
    snprintf(title, sizeof title, "%s: unknown", line->table->spec->title);
    canvas_text(frame->canvas, x + ROW_MARK_CELLS, y, width - ROW_MARK_CELLS, STYLE_UNKNOWN, title);
    return;
  }
  snprintf(title, sizeof title, "no %s", line->table->spec->title);
  title[3] = (char)tolower((unsigned char)title[3]);
  canvas_text(frame->canvas, x + ROW_MARK_CELLS, y, width - ROW_MARK_CELLS, STYLE_DIM, title);
}

static void kind_draw_line(struct pane *pane, const struct frame *frame, const struct line *line,
                           int x, int y, int width) {
  if (line->kind == LINE_TARGET)
    draw_target(pane, frame, line, x, y, width);
  struct pane_table *memory =
      line->table ? pane_table_of(pane, line->target_index, line->table->spec) : NULL;
  if (!memory)
    return;
  struct table_row row;
  switch (line->kind) {
  case LINE_SUMMARY:
    row = row_of(frame, pane, line);
    table_draw_pairs(frame, &row, &memory->pairs, line->part, x + summary_indent(row.spec), y);
    break;
  case LINE_TITLE:
    draw_table_title(frame, line, x, y, width);
    break;
  case LINE_HEADING:
    table_draw_heading(frame, line->table->spec, &memory->columns, memory->sort_column, x, y,
                       width);
    break;
  case LINE_ROW:
    row = row_of(frame, pane, line);
    table_draw_row(frame, &row, &memory->columns, x, y, width);
    break;
  case LINE_EMPTY:
    draw_empty(frame, line, x, y, width);
    break;
  case LINE_TARGET:
  case LINE_EVENT:
  case LINE_FINDING:
    break;
  }
}

/* One line: "? needs pg_monitor to see ...", "! sessions could not be read: ...". */
static void draw_note(const struct frame *frame, const char *target, const struct note *note,
                      const char *suffix, int x, int y, int width) {
  bool fault = note->severity != SEVERITY_OK;
  unsigned style = fault ? style_of_severity(note->severity) : STYLE_DIM;
  canvas_text(frame->canvas, x, y, width, fault ? style | STYLE_STRONG : STYLE_UNKNOWN,
              fault ? mark_of(note->severity) : "? ");
  canvas_printf(frame->canvas, x + ROW_MARK_CELLS, y, width - ROW_MARK_CELLS, style, "%s%s%s%s",
                target, *target ? ": " : "", note->text, suffix);
}

/* Gaps in the data, and exceeded limits. */
static int kind_foot(struct pane *pane, const struct frame *frame, int x, int y, int width,
                     int lines) {
  const struct model *model = frame->model;
  bool several = pane_kind_targets(pane, model) > 1;
  int used = 0, left = pane->feet;
  int shown = lines < left ? lines : left;
  for (size_t i = 0; i < model_state_count(model) && used < shown; i++) {
    const struct target_state *state = &model->targets[i];
    if (!pane_kind_has(pane, model, i) || !state->sample)
      continue;
    for (size_t n = 0; n < state->sample->note_count && used < shown; n++, used++) {
      int at = y - shown + used, more = left - shown;
      char suffix[32] = "";
      if (used == shown - 1 && more > 0)
        snprintf(suffix, sizeof suffix, " (+%d)", more);
      draw_note(frame, several ? state->target->name : "", &state->sample->notes[n], suffix, x, at,
                width);
    }
    for (size_t t = 0; t < state->sample->table_count && used < shown; t++) {
      if (!state->sample->tables[t].truncated)
        continue;
      canvas_text(frame->canvas, x, y - shown + used, width, STYLE_UNKNOWN, "? ");
      canvas_printf(frame->canvas, x + ROW_MARK_CELLS, y - shown + used, width - ROW_MARK_CELLS,
                    STYLE_DIM, "%s: truncated, too many rows",
                    state->sample->tables[t].spec->title);
      used++;
    }
  }
  return shown;
}

static bool is_urgent(const struct frame *frame, const struct line *line) {
  if (line->kind == LINE_TARGET)
    return model_target_severity(frame->model, line->target_index, frame->now_ms) != SEVERITY_OK;
  return line->kind == LINE_ROW && findings_row(frame->model->findings, line->target_index,
                                                line->table_id, line->key) != SEVERITY_OK;
}

/* As far as the last row that is not OK, and a few of those that it is because of. */
static int kind_urgent(const struct pane *pane, const struct frame *frame) {
  size_t last = 0;
  int blamed = 0;
  for (size_t i = 0; i < pane->lines.count; i++) {
    const struct line *line = &pane->lines.items[i];
    if (is_urgent(frame, line) || (pane_kind_blames(line) && ++blamed <= BLAMED_URGENT))
      last = i + 1;
  }
  return last < CANVAS_SIDE_MAX ? (int)last : CANVAS_SIDE_MAX;
}

const struct pane_class pane_kind = {
    .id = "kind",
    .list = kind_list,
    .build = pane_kind_build,
    .verdict = kind_verdict,
    .headline = kind_headline,
    .draw_line = kind_draw_line,
    .foot = kind_foot,
    .urgent = kind_urgent,
    .fill = pane_kind_charts,
    .fill_need = pane_kind_charts_need,
};
