/* The lines of a pane of targets: their selection, order and column widths. */
#include "ui/panes/pane_kind.h"

#include "core/text/text.h"
#include "ui/table/table_view.h"

#include <stdlib.h>
#include <string.h>

enum {
  ROOTS_OPEN_MAX = 32, /* a row with more children is closed at first */
  FAMILY_MAX = 400,    /* rows that are searched for the cause of a root's state */
  ERROR_LINES_MAX = 3,
  MEASURED_MAX = 400, /* number of rows that are measured for widths */
  SUMMARY_LINES = 2,
  SUMMARY_LINES_WIDE = 6,
};

static bool is_named_after(const struct row *row, const struct target *target) {
  return row->cells[0].type == VALUE_TEXT && strcmp(row->cells[0].text, target->name) == 0;
}

/* The only row of the only table that is not a summary, if it is named after the target and comes
 * before any summary; otherwise NULL. */
static const struct row *only_row(const struct sample *sample, const struct target *target) {
  const struct table *first = sample->table_count > 0 ? &sample->tables[0] : NULL;
  if (!first || (first->spec->flags & TABLE_SUMMARY) || first->row_count != 1 ||
      !is_named_after(&first->rows[0], target))
    return NULL;
  for (size_t i = 1; i < sample->table_count; i++)
    if (!(sample->tables[i].spec->flags & TABLE_SUMMARY))
      return NULL;
  return &first->rows[0];
}

/* Targets that are one row each need no heads. */
static bool is_flat(const struct pane *pane, const struct model *model) {
  for (size_t i = 0; i < model_state_count(model); i++) {
    const struct target_state *state = &model->targets[i];
    if (pane_kind_has(pane, model, i) && state->sample && !only_row(state->sample, state->target))
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
  const struct target_state *state;
  size_t index;
  const char *table; /* the target whose rows are being sorted */
  const struct table *sorted;
  bool unfolded; /* that table */
  size_t limit;  /* rows of one target, when several have to share a pane */
  size_t rows;   /* of this target so far */
  size_t left_out;
  bool heads_only;
};

/* The text by which the row says what is wrong with it; NULL: none. */
static const char *told(const struct table *table, const struct row *row) {
  for (size_t i = 1; i < table->spec->column_count; i++)
    if ((table->spec->columns[i].flags & COLUMN_TELLS) && row->cells[i].type == VALUE_TEXT)
      return row->cells[i].text;
  return NULL;
}

/* Whether the row has what its root is blamed for: a partition that is stuck. */
static bool is_culprit(const struct table *table, const struct row *root, const struct row *row) {
  const char *blamed = row != root && root->severity != SEVERITY_OK ? told(table, root) : NULL;
  const char *own = blamed ? told(table, row) : NULL;
  return own && strcmp(own, blamed) == 0;
}

static bool comes_first(const void *context, const struct row *root, const struct row *row) {
  return is_culprit(context, root, row);
}

bool pane_kind_blames(const struct line *line) {
  return line->kind == LINE_ROW && is_culprit(line->table, line->row.root, line->row.row);
}

/* Whether one of its children is to blame: the topic with partitions that are stuck. Children
 * follow their parent. */
static bool has_culprit(const struct table *table, const struct row *row) {
  const struct row *root = row, *end = table->rows + table->row_count;
  for (int i = 0; root > table->rows && root->parent && i < FAMILY_MAX; i++)
    root--;
  const struct row *child = row + 1;
  for (int i = 0; root->severity != SEVERITY_OK && child < end && child->parent && i < FAMILY_MAX;
       i++, child++)
    if (strcmp(child->parent, row->key) == 0 && is_culprit(table, root, child))
      return true;
  return false;
}

static bool open_by_default(const void *context, const struct row *row, int depth,
                            size_t children) {
  const struct build *build = context;
  return pane_row_is_open(build->pane, build->index, build->table, row->key,
                          (children <= ROOTS_OPEN_MAX && (depth == 0 || build->unfolded)) ||
                              has_culprit(build->sorted, row));
}

/* A single target has room for the whole sentence: wraps the text of the last line at blanks. */
static void add_rest_of_error(struct build *build) {
  struct pane *pane = build->pane;
  const struct frame *frame = build->frame;
  char clean[sizeof build->state->err.text * 3];
  text_sanitize(clean, sizeof clean, build->state->err.text,
                strnlen(build->state->err.text, sizeof build->state->err.text), false);
  const char *at = clean;
  for (int i = 0; i < ERROR_LINES_MAX; i++) {
    size_t end = text_break(at, build->width - ROW_MARK_CELLS);
    if (i + 1 == ERROR_LINES_MAX || end == 0)
      end = strlen(at);
    pane->lines.items[pane->lines.count - 1].text = arena_text(frame->arena, at, end);
    at += end + strspn(at + end, " ");
    if (!*at)
      return;
    pane_line(pane, LINE_TARGET)->part = i + 1;
    pane->lines.items[pane->lines.count - 1].target_index = build->index;
  }
}

static void add_target(struct build *build) {
  struct line *line = pane_line(build->pane, LINE_TARGET);
  line->selectable = true;
  line->target_index = build->index;
  line->named = build->several;
  if (build->state->err.kind == ERR_NONE)
    return;
  line->text = build->state->err.text;
  if (!build->several)
    add_rest_of_error(build);
}

static struct line *add_table_line(struct build *build, enum line_kind kind,
                                   const struct table *table) {
  struct line *line = pane_line(build->pane, kind);
  line->target_index = build->index;
  line->table = table;
  line->table_id = table->spec->id;
  return line;
}

static void add_summary(struct build *build, const struct table *table) {
  const struct pane_table *memory = pane_table_of(build->pane, build->index, table->spec);
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
                             .open = {open_by_default, build},
                             .first = {comes_first, table}};
  struct ordered_row *rows;
  build->table = table->spec->id;
  build->sorted = table;
  build->unfolded = table->spec->flags & TABLE_UNFOLDED;
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
    line->is_target = build->index < build->frame->model->target_count &&
                      rows[i].row == only_row(build->state->sample, build->state->target);
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
  struct pane_table *memory = pane_table_of(build->pane, build->index, table->spec);
  if (!memory)
    return;
  build->pane->filter_total += table->row_count;
  if (table->row_count == 0) {
    if (normal_tables(build->state->sample) == 0 || build->room == PANE_WIDE)
      add_table_line(build, LINE_EMPTY, table);
    return;
  }
  if (build->room != PANE_TIGHT && normal_tables(build->state->sample) > 1)
    add_table_line(build, LINE_TITLE, table);
  add_rows(build, table, memory);
}

static void add_tables(struct build *build) {
  const struct sample *sample = build->state->sample;
  for (size_t i = 0; i < sample->table_count; i++) {
    const struct table *table = &sample->tables[i];
    if (table->spec->flags & TABLE_SUMMARY)
      add_summary(build, table);
    else
      add_table(build, table);
    build->pane->feet += table->truncated;
  }
}

static void add_target_state(struct build *build) {
  const struct target_state *state = build->state;
  enum target_condition condition = target_state_condition(state, build->frame->now_ms);
  bool down = condition == TARGET_DOWN || !state->sample;
  bool head = down || (build->several && !build->flat);
  size_t at = build->pane->lines.count;
  build->rows = build->left_out = 0;
  if (head)
    add_target(build);
  if (state->sample && !(down && build->flat && build->several) && !build->heads_only)
    add_tables(build);
  if (head)
    build->pane->lines.items[at].left_out = build->left_out;
  if (state->sample)
    build->pane->feet += (int)state->sample->note_count;
}

/* Summaries have the same widths for all targets, so that they line up. */
static void fit_summary(struct build *build, size_t index, const struct table_spec *spec,
                        int lines) {
  const struct model *model = build->frame->model;
  struct pane_table *memory = pane_table_of(build->pane, index, spec);
  if (!memory)
    return;
  bool named = false;
  columns_measure_begin(&memory->memory);
  for (size_t i = 0; i < model_state_count(model); i++) {
    const struct target_state *state = &model->targets[i];
    if (!pane_kind_has(build->pane, model, i) || !state->sample ||
        ((spec->flags & TABLE_OWN) && i != index))
      continue;
    const struct table *table = sample_table_view(state->sample, spec->id);
    if (!table || table->row_count == 0)
      continue;
    columns_measure_row(&memory->memory, build->frame, table->spec, &table->rows[0], SEVERITY_OK,
                        0);
    named = named || is_named_after(&table->rows[0], state->target);
  }
  if (named)
    memory->memory.seen[0] = 0; /* the head or the border has the name already */
  columns_measure_end(&memory->memory, spec, build->frame->now_ms);
  pairs_fit(&memory->memory, spec, PAIRS_REST, build->width - 1 - summary_indent(spec), lines,
            &memory->pairs);
}

/* Before the lines are built, since it determines how many a summary takes. */
static void fit_summaries(struct build *build) {
  const struct model *model = build->frame->model;
  int lines = build->room == PANE_WIDE     ? SUMMARY_LINES_WIDE
              : build->room == PANE_NORMAL ? SUMMARY_LINES
                                           : 1;
  for (size_t i = 0; i < model_state_count(model); i++) {
    const struct sample *sample = model->targets[i].sample;
    if (!pane_kind_has(build->pane, model, i) || !sample)
      continue;
    for (size_t t = 0; t < sample->table_count; t++)
      if ((sample->tables[t].spec->flags & TABLE_SUMMARY) && sample->tables[t].row_count > 0)
        fit_summary(build, i, sample->tables[t].spec, lines);
  }
}

/* The user's choice of columns for that table; names that it does not have are skipped. */
static void take_choice(const struct build *build, size_t target_index,
                        const struct table_spec *spec, struct columns_order *order) {
  char name[COLUMN_CHOICE_ID_MAX];
  *order = (struct columns_order){0};
  if (!build->pane->choices || (spec->flags & TABLE_OWN))
    return;
  struct columns_choice *choice = columns_choices_find(
      build->pane->choices, pane_kind_table_name(build->frame, target_index, spec, name));
  for (size_t i = 0; choice && i < choice->count && order->count < COLUMNS_MAX; i++) {
    const int column = table_column(spec, choice->columns[i].id);
    if (column < 0 || column >= COLUMNS_MAX || columns_order_has(order, (size_t)column))
      continue;
    order->columns[order->count] = (size_t)column;
    order->widths[order->count++] = choice->columns[i].width;
  }
  if (choice)
    columns_choice_check(choice, spec);
}

/* Widths of the tables: from the visible rows. */
static void fit_tables(struct build *build) {
  struct pane *pane = build->pane;
  for (size_t t = 0; t < pane->table_count; t++) {
    struct pane_table *memory = pane->tables[t];
    const struct table_spec *spec = NULL;
    size_t measured = 0, target_index = 0;
    for (size_t i = 0; i < pane->lines.count && measured < MEASURED_MAX; i++) {
      const struct line *line = &pane->lines.items[i];
      if (line->kind != LINE_ROW ||
          pane_table_of(pane, line->target_index, line->table->spec) != memory)
        continue;
      if (!spec)
        columns_measure_begin(&memory->memory);
      spec = line->table->spec;
      target_index = line->target_index;
      columns_measure_row(
          &memory->memory, build->frame, spec, line->row.row,
          findings_row(build->frame->model->findings, line->target_index, spec->id, line->key),
          table_indent(memory->tree, line->row.depth));
      measured++;
    }
    if (!spec)
      continue;
    columns_measure_end(&memory->memory, spec, build->frame->now_ms);
    take_choice(build, target_index, spec, &memory->memory.order);
    columns_fit(&memory->memory, spec, build->width - ROW_MARK_CELLS, build->room != PANE_TIGHT,
                &memory->columns);
  }
}

/* The summary and the first heading stay visible where one target has one table, and the heading
 * of targets that are one row each. */
static size_t lines_to_pin(const struct pane *pane) {
  size_t count = 0;
  while (count < pane->lines.count && pane->lines.items[count].kind != LINE_ROW)
    count++;
  for (size_t i = count; i < pane->lines.count; i++)
    if (pane->lines.items[i].kind != LINE_ROW && pane->lines.items[i].kind != LINE_SUMMARY)
      return 0;
  return count < pane->lines.count ? count : 0;
}

static void add_targets(struct build *build) {
  const struct model *model = build->frame->model;
  build->pane->lines.count = 0;
  build->pane->feet = 0;
  build->pane->filter_matches = build->pane->filter_total = 0;
  /* The most severe target first, so that it is visible; otherwise as configured. */
  for (int severity = SEVERITY_CRIT; severity >= SEVERITY_OK; severity--) {
    for (size_t i = 0; i < model_state_count(model); i++) {
      build->state = &model->targets[i];
      build->index = i;
      if (pane_kind_has(build->pane, model, i) &&
          (int)model_target_severity(model, i, build->frame->now_ms) == severity)
        add_target_state(build);
    }
  }
}

/* Builds the lines again so that each of several targets is visible: some rows of each, or only the
 * heads. */
static void compact(struct build *build) {
  const struct pane *pane = build->pane;
  size_t others = pane->feet > 0 ? 1 : 0, targets = pane_kind_targets(pane, build->frame->model);
  for (size_t i = 0; i < pane->lines.count; i++)
    others += pane->lines.items[i].kind != LINE_ROW;
  size_t room = (size_t)pane->body > others ? (size_t)pane->body - others : 0;
  build->limit = room / targets;
  build->heads_only = build->limit == 0;
  add_targets(build);
}

void pane_kind_build(struct pane *pane, const struct frame *frame, int width, enum pane_room room) {
  struct build build = {.pane = pane, .frame = frame, .width = width, .room = room};
  build.several = pane_kind_targets(pane, frame->model) > 1;
  build.flat = is_flat(pane, frame->model);
  for (size_t i = 0; i < pane->table_count; i++)
    pane->tables[i]->tree = false;
  fit_summaries(&build);
  build.limit = SIZE_MAX;
  add_targets(&build);
  if (build.several && !build.flat && pane->body > 0 && pane->lines.count > (size_t)pane->body)
    compact(&build);
  fit_tables(&build);
  pane->pinned = lines_to_pin(pane);
}
