/* A pane for each kind of target: its targets' summaries and tables. */
#include "ui/pane_kind.h"

#include "core/text.h"
#include "ui/table_view.h"
#include "ui/widget.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  ROOTS_OPEN_MAX = 32, /* a root with more children than that is closed at first */
  ERROR_LINES_MAX = 3,
  MEASURED_MAX = 400, /* rows that widths are measured on */
  SUMMARY_LINES = 2,
  SUMMARY_LINES_WIDE = 6,
};

static bool is_of_pane(const struct pane *pane, const struct slot *slot) {
  return strcmp(slot->target->kind->kind, pane->id) == 0;
}

static void kind_list(const struct model *model, struct pane_list *list) {
  for (size_t i = 0; i < model->slot_count; i++) {
    const struct target_kind *kind = model->slots[i].target->kind;
    bool seen = false;
    for (size_t j = 0; j < i && !seen; j++)
      seen = strcmp(model->slots[j].target->kind->kind, kind->kind) == 0;
    if (!seen)
      pane_wanted(list, kind->kind, kind->title);
  }
}

size_t pane_kind_slots(const struct pane *pane, const struct model *model) {
  size_t count = 0;
  for (size_t i = 0; i < model->slot_count; i++)
    count += is_of_pane(pane, &model->slots[i]);
  return count;
}

/* Targets that are a row each and nothing else: they need no heads. */
static bool is_flat(const struct pane *pane, const struct model *model) {
  for (size_t i = 0; i < model->slot_count; i++) {
    const struct slot *slot = &model->slots[i];
    if (!is_of_pane(pane, slot) || !slot->sample)
      continue;
    const struct sample *sample = slot->sample;
    if (sample->table_count != 1 || (sample->tables[0].spec->flags & TABLE_SUMMARY) ||
        sample->tables[0].row_count != 1)
      return false;
    struct value label = sample->tables[0].rows[0].cells[0];
    if (label.type != VALUE_TEXT || strcmp(label.text, slot->target->name) != 0)
      return false;
  }
  return true;
}

struct build {
  struct pane *pane;
  const struct frame *frame;
  int width;
  enum pane_room room;
  bool several, flat;
  const struct slot *slot;
  size_t index;
  const char *table; /* whose rows are being ordered */
  size_t limit;      /* rows of one target, when several have to share a pane */
  size_t rows;       /* of this target so far */
  size_t left_out;
  bool heads_only;
};

static bool open_by_default(const void *context, const struct row *row, int depth,
                            size_t children) {
  const struct build *build = context;
  return pane_row_is_open(build->pane, build->index, build->table, row->key,
                          depth == 0 && children <= ROOTS_OPEN_MAX);
}

/* A single target has room for the whole sentence: breaks what the last line has at blanks. */
static void add_rest_of_error(struct build *build) {
  struct pane *pane = build->pane;
  const struct frame *frame = build->frame;
  char clean[sizeof build->slot->err.text * 3];
  text_sanitize(clean, sizeof clean, build->slot->err.text,
                strnlen(build->slot->err.text, sizeof build->slot->err.text), false);
  const char *at = clean;
  for (int i = 0; i < ERROR_LINES_MAX; i++) {
    size_t fit = text_fit(at, build->width - ROW_MARK_CELLS, NULL), end = fit;
    while (at[fit] && end > 0 && at[end] != ' ')
      end--;
    if (i + 1 == ERROR_LINES_MAX || !at[fit] || end == 0)
      end = strlen(at);
    pane->lines.items[pane->lines.count - 1].text = arena_text(frame->arena, at, end);
    at += end + strspn(at + end, " ");
    if (!*at)
      return;
    pane_line(pane, LINE_TARGET)->part = i + 1;
    pane->lines.items[pane->lines.count - 1].slot = build->index;
  }
}

static void add_target(struct build *build) {
  struct line *line = pane_line(build->pane, LINE_TARGET);
  line->selectable = true;
  line->slot = build->index;
  line->named = build->several;
  if (build->slot->err.kind == ERR_NONE)
    return;
  line->text = build->slot->err.text;
  if (!build->several)
    add_rest_of_error(build);
}

static struct line *add_table_line(struct build *build, enum line_kind kind,
                                   const struct table *table) {
  struct line *line = pane_line(build->pane, kind);
  line->slot = build->index;
  line->table = table;
  line->table_id = table->spec->id;
  return line;
}

static void add_summary(struct build *build, const struct table *table) {
  const struct pane_table *memory = pane_table(build->pane, table->spec->id);
  if (!memory || table->row_count == 0)
    return;
  for (int part = 0; part < memory->pairs.lines; part++) {
    struct line *line = add_table_line(build, LINE_SUMMARY, table);
    line->selectable = true;
    line->part = part;
    line->key = table->rows[0].key;
    line->row = (struct ordered_row){.row = &table->rows[0], .root = &table->rows[0]};
  }
}

static bool has_heading(const struct pane *pane, const char *table) {
  for (size_t i = 0; i < pane->lines.count; i++)
    if (pane->lines.items[i].kind == LINE_HEADING &&
        strcmp(pane->lines.items[i].table_id, table) == 0)
      return true;
  return false;
}

static void add_rows(struct build *build, const struct table *table, struct pane_table *memory) {
  struct pane *pane = build->pane;
  struct rows_query query = {.sort_column = memory->sort_column,
                             .inverted = memory->inverted,
                             .filter = pane->filter,
                             .open = {open_by_default, build}};
  struct ordered_row *rows;
  build->table = table->spec->id;
  size_t count = rows_order(table, &query, &rows);
  if (count > 0 && build->limit > 0 && build->room != PANE_TIGHT &&
      !has_heading(pane, table->spec->id))
    add_table_line(build, LINE_HEADING, table);
  for (size_t i = 0; i < count; i++) {
    pane->filter_matches += rows[i].match;
    if (build->rows >= build->limit &&
        !pane_is_selected(pane, build->index, build->table, rows[i].row->key)) {
      build->left_out++;
      continue;
    }
    build->rows++;
    struct line *line = add_table_line(build, LINE_ROW, table);
    line->selectable = true;
    line->row = rows[i];
    line->key = rows[i].row->key;
    memory->tree = memory->tree || rows[i].children > 0;
  }
  free(rows);
}

static size_t normal_tables(const struct sample *sample) {
  size_t count = 0;
  for (size_t i = 0; i < sample->table_count; i++)
    count += !(sample->tables[i].spec->flags & TABLE_SUMMARY) && sample->tables[i].row_count > 0;
  return count;
}

static void add_table(struct build *build, const struct table *table) {
  struct pane_table *memory = pane_table(build->pane, table->spec->id);
  if (!memory)
    return;
  build->pane->filter_total += table->row_count;
  if (table->row_count == 0) {
    if (normal_tables(build->slot->sample) == 0 || build->room == PANE_WIDE)
      add_table_line(build, LINE_EMPTY, table);
    return;
  }
  if (build->room != PANE_TIGHT && normal_tables(build->slot->sample) > 1)
    add_table_line(build, LINE_TITLE, table);
  add_rows(build, table, memory);
}

static void add_tables(struct build *build) {
  const struct sample *sample = build->slot->sample;
  for (size_t i = 0; i < sample->table_count; i++) {
    const struct table *table = &sample->tables[i];
    if (table->spec->flags & TABLE_SUMMARY)
      add_summary(build, table);
    else
      add_table(build, table);
    build->pane->feet += table->truncated;
  }
}

static void add_slot(struct build *build) {
  const struct slot *slot = build->slot;
  enum slot_state state = slot_state(slot, build->frame->now_ms);
  bool down = state == SLOT_DOWN || !slot->sample;
  bool head = down || (build->several && !build->flat);
  size_t at = build->pane->lines.count;
  build->rows = build->left_out = 0;
  if (head)
    add_target(build);
  if (slot->sample && !(down && build->flat && build->several) && !build->heads_only)
    add_tables(build);
  if (head)
    build->pane->lines.items[at].left_out = build->left_out;
  if (slot->sample)
    build->pane->feet += (int)slot->sample->note_count;
}

/* Widths of the summaries: before the lines are made, since they tell how many it takes. */
static void fit_summaries(struct build *build) {
  const struct model *model = build->frame->model;
  struct pane *pane = build->pane;
  int most = build->room == PANE_WIDE     ? SUMMARY_LINES_WIDE
             : build->room != PANE_NORMAL ? 1
                                          : SUMMARY_LINES;
  for (size_t i = 0; i < model->slot_count; i++) {
    const struct slot *slot = &model->slots[i];
    if (!is_of_pane(pane, slot) || !slot->sample)
      continue;
    for (size_t t = 0; t < slot->sample->table_count; t++) {
      const struct table *table = &slot->sample->tables[t];
      struct pane_table *memory = pane_table(pane, table->spec->id);
      if (!memory || !(table->spec->flags & TABLE_SUMMARY) || table->row_count == 0)
        continue;
      columns_measure_begin(&memory->memory);
      for (size_t s = 0; s < model->slot_count; s++) {
        const struct table *other = model->slots[s].sample && is_of_pane(pane, &model->slots[s])
                                        ? sample_table_view(model->slots[s].sample, table->spec->id)
                                        : NULL;
        if (other && other->row_count > 0)
          columns_measure_row(&memory->memory, build->frame, other->spec, &other->rows[0], 0);
      }
      columns_measure_end(&memory->memory, build->frame->now_ms);
      pairs_fit(&memory->memory, table->spec, PAIRS_REST, build->width - 2, most, &memory->pairs);
    }
  }
}

/* Widths of the tables: of the rows that are to be seen. */
static void fit_tables(struct build *build) {
  struct pane *pane = build->pane;
  for (size_t t = 0; t < pane->table_count; t++) {
    struct pane_table *memory = pane->tables[t];
    const struct table_spec *spec = NULL;
    size_t measured = 0;
    for (size_t i = 0; i < pane->lines.count && measured < MEASURED_MAX; i++) {
      const struct line *line = &pane->lines.items[i];
      if (line->kind != LINE_ROW || pane_table(pane, line->table_id) != memory)
        continue;
      if (!spec)
        columns_measure_begin(&memory->memory);
      spec = line->table->spec;
      columns_measure_row(&memory->memory, build->frame, spec, line->row.row,
                          table_indent(memory->tree, line->row.depth));
      measured++;
    }
    if (!spec)
      continue;
    columns_measure_end(&memory->memory, build->frame->now_ms);
    columns_fit(&memory->memory, spec, build->width - ROW_MARK_CELLS, build->room != PANE_TIGHT,
                &memory->columns);
  }
}

/* The summary and the first heading stay in sight where one target's one table follows. */
static size_t lines_to_pin(const struct pane *pane) {
  size_t count = 0;
  while (count < pane->lines.count && pane->lines.items[count].kind != LINE_ROW)
    count++;
  for (size_t i = count; i < pane->lines.count; i++)
    if (pane->lines.items[i].kind != LINE_ROW)
      return 0;
  return count < pane->lines.count ? count : 0;
}

static void add_slots(struct build *build) {
  const struct model *model = build->frame->model;
  build->pane->lines.count = 0;
  build->pane->feet = 0;
  build->pane->filter_matches = build->pane->filter_total = 0;
  /* The worst target first, so that it is in sight; else as configured. */
  for (int severity = SEVERITY_CRIT; severity >= SEVERITY_OK; severity--) {
    for (size_t i = 0; i < model->slot_count; i++) {
      build->slot = &model->slots[i];
      build->index = i;
      if (is_of_pane(build->pane, build->slot) &&
          (int)model_slot_severity(model, i, build->frame->now_ms) == severity)
        add_slot(build);
    }
  }
}

/* Makes the lines anew so that each of several targets is in sight: some rows of each, or the heads
 * alone. */
static void compact(struct build *build) {
  const struct pane *pane = build->pane;
  size_t others = pane->feet > 0 ? 1 : 0, targets = pane_kind_slots(pane, build->frame->model);
  for (size_t i = 0; i < pane->lines.count; i++)
    others += pane->lines.items[i].kind != LINE_ROW;
  size_t room = (size_t)pane->body > others ? (size_t)pane->body - others : 0;
  build->limit = room / targets;
  build->heads_only = build->limit == 0;
  add_slots(build);
}

static void kind_build(struct pane *pane, const struct frame *frame, int width,
                       enum pane_room room) {
  struct build build = {.pane = pane, .frame = frame, .width = width, .room = room};
  build.several = pane_kind_slots(pane, frame->model) > 1;
  build.flat = is_flat(pane, frame->model);
  for (size_t i = 0; i < pane->table_count; i++)
    pane->tables[i]->tree = false;
  fit_summaries(&build);
  build.limit = SIZE_MAX;
  add_slots(&build);
  if (build.several && !build.flat && pane->body > 0 && pane->lines.count > (size_t)pane->body)
    compact(&build);
  fit_tables(&build);
  pane->pinned = lines_to_pin(pane);
}

static void kind_verdict(const struct pane *pane, const struct frame *frame,
                         struct pane_verdict *verdict) {
  size_t total = 0, good = 0, last = 0;
  for (size_t i = 0; i < frame->model->slot_count; i++) {
    const struct slot *slot = &frame->model->slots[i];
    if (!is_of_pane(pane, slot))
      continue;
    enum severity severity = model_slot_severity(frame->model, i, frame->now_ms);
    enum slot_state state = slot_state(slot, frame->now_ms);
    verdict->severity = severity_worse(verdict->severity, severity);
    verdict->stale = verdict->stale || state != SLOT_LIVE;
    good += state == SLOT_LIVE && severity == SEVERITY_OK;
    total++;
    last = i;
  }
  if (total > 1)
    snprintf(verdict->text, sizeof verdict->text, "%zu/%zu ok", good, total);
  else if (total == 1)
    pane_kind_state(frame, last, verdict->text, sizeof verdict->text);
}

const char *pane_kind_state(const struct frame *frame, size_t index, char *out, size_t size) {
  const struct slot *slot = &frame->model->slots[index];
  char age[AGE_MAX];
  *out = '\0';
  switch (slot_state(slot, frame->now_ms)) {
  case SLOT_WAITING:
    snprintf(out, size, "waiting");
    break;
  case SLOT_DOWN:
    snprintf(out, size, "down %s", age_text(age, frame->now_ms - slot->failing_ms));
    break;
  case SLOT_STALE:
    snprintf(out, size, "stale %s", age_text(age, slot_age(slot, frame->now_ms)));
    break;
  case SLOT_LIVE:
    if (model_slot_severity(frame->model, index, frame->now_ms) == SEVERITY_OK)
      snprintf(out, size, "ok");
    break;
  }
  return out;
}

static struct table_row row_of(const struct frame *frame, const struct pane *pane,
                               const struct line *line) {
  const struct slot *slot = &frame->model->slots[line->slot];
  const struct pane_table *memory = pane_table((struct pane *)pane, line->table_id);
  return (struct table_row){.slot = line->slot,
                            .table = (size_t)(line->table - slot->sample->tables),
                            .spec = line->table->spec,
                            .row = &line->row,
                            .stale = slot_state(slot, frame->now_ms) != SLOT_LIVE,
                            .tree = memory && memory->tree};
}

/* The headline figures of a target, at the left of x or (right) so that they end before it; returns
 * the cells used. */
static int draw_headline(struct pane *pane, const struct frame *frame, size_t index, int x, int y,
                         int width, bool right) {
  const struct slot *slot = &frame->model->slots[index];
  for (size_t t = 0; slot->sample && t < slot->sample->table_count; t++) {
    const struct table *table = &slot->sample->tables[t];
    const struct pane_table *memory = pane_table(pane, table->spec->id);
    if (!memory || !(table->spec->flags & TABLE_SUMMARY) || table->row_count == 0)
      continue;
    struct pairs pairs;
    pairs_fit(&memory->memory, table->spec, PAIRS_HEADLINE, width - 2, 1, &pairs);
    if (pairs.count == 0)
      return 0;
    struct line line = {.slot = index, .table = table, .table_id = table->spec->id};
    line.row = (struct ordered_row){.row = &table->rows[0], .root = &table->rows[0]};
    struct table_row row = row_of(frame, pane, &line);
    int left = right ? x - pairs.width - 2 : x;
    canvas_fill(frame->canvas, left, y, pairs.width + 2, 1, STYLE_TEXT, ' ');
    table_draw_pairs(frame, &row, &pairs, 0, left + 1, y);
    return pairs.width + 2;
  }
  return 0;
}

static int kind_headline(struct pane *pane, const struct frame *frame, int right, int y,
                         int width) {
  if (pane_kind_slots(pane, frame->model) != 1)
    return 0;
  for (size_t i = 0; i < frame->model->slot_count; i++)
    if (is_of_pane(pane, &frame->model->slots[i]))
      return draw_headline(pane, frame, i, right, y, width, true);
  return 0;
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
  const struct slot *slot = &frame->model->slots[line->slot];
  enum severity severity = model_slot_severity(frame->model, line->slot, frame->now_ms);
  enum slot_state state = slot_state(slot, frame->now_ms);
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
                      slot->target->name) +
          2;
  if (state == SLOT_LIVE) {
    at += draw_headline(pane, frame, line->slot, x + at - 1, y, width - at, false);
    draw_left_out(frame, line, x + at, y, width - at);
    return;
  }
  /* A single target's state stands in the border. */
  pane_kind_state(frame, line->slot, text, sizeof text);
  if (line->named || state != SLOT_DOWN)
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

static void draw_empty(const struct frame *frame, const struct line *line, int x, int y,
                       int width) {
  char title[64];
  snprintf(title, sizeof title, "no %s", line->table->spec->title);
  title[3] = (char)tolower((unsigned char)title[3]);
  canvas_text(frame->canvas, x + ROW_MARK_CELLS, y, width - ROW_MARK_CELLS, STYLE_DIM, title);
}

static void kind_draw_line(struct pane *pane, const struct frame *frame, const struct line *line,
                           int x, int y, int width) {
  struct pane_table *memory = line->table ? pane_table(pane, line->table_id) : NULL;
  struct table_row row;
  switch (line->kind) {
  case LINE_TARGET:
    draw_target(pane, frame, line, x, y, width);
    break;
  case LINE_SUMMARY:
    row = row_of(frame, pane, line);
    table_draw_pairs(frame, &row, &memory->pairs, line->part, x + 1, y);
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
  case LINE_EVENT:
    break;
  }
}

/* What could not be known, or was too much. */
static int kind_foot(struct pane *pane, const struct frame *frame, int x, int y, int width,
                     int lines) {
  const struct model *model = frame->model;
  bool several = pane_kind_slots(pane, model) > 1;
  int used = 0, left = pane->feet;
  int shown = lines < left ? lines : left;
  for (size_t i = 0; i < model->slot_count && used < shown; i++) {
    const struct slot *slot = &model->slots[i];
    if (!is_of_pane(pane, slot) || !slot->sample)
      continue;
    for (size_t n = 0; n < slot->sample->note_count && used < shown; n++, used++) {
      int at = y - shown + used, more = left - shown;
      char suffix[32] = "";
      if (used == shown - 1 && more > 0)
        snprintf(suffix, sizeof suffix, " (+%d)", more);
      canvas_text(frame->canvas, x, at, width, STYLE_UNKNOWN, "? ");
      canvas_printf(frame->canvas, x + ROW_MARK_CELLS, at, width - ROW_MARK_CELLS, STYLE_DIM,
                    "%s%s%s%s", several ? slot->target->name : "", several ? ": " : "",
                    slot->sample->notes[n].text, suffix);
    }
    for (size_t t = 0; t < slot->sample->table_count && used < shown; t++) {
      if (!slot->sample->tables[t].truncated)
        continue;
      canvas_text(frame->canvas, x, y - shown + used, width, STYLE_UNKNOWN, "? ");
      canvas_printf(frame->canvas, x + ROW_MARK_CELLS, y - shown + used, width - ROW_MARK_CELLS,
                    STYLE_DIM, "%s: there were more than could be kept",
                    slot->sample->tables[t].spec->title);
      used++;
    }
  }
  return shown;
}

const struct pane_class pane_kind = {
    .id = "kind",
    .list = kind_list,
    .build = kind_build,
    .verdict = kind_verdict,
    .headline = kind_headline,
    .draw_line = kind_draw_line,
    .foot = kind_foot,
};
