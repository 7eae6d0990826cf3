#include "ui/table/columns.h"

#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

enum {
  LABEL_LEAST = 10,
  FLEX_LEAST = 10,
  FLEX_TELLS = 20, /* the first words of the reason */
  FLEX_GOOD = 32,  /* comes before columns of a lower rank */
  GAUGE_LEAST = 4,
  GAUGE_MOST = 10,
  SPARK_LEAST = 6,
  SPARK_MOST = 12,
  SPARK_MOST_WIDE = 24,
  ROWS_MANY = 8,
  ROWS_EACH = 4,
  FLEX_NAMES = 8,    /* the first words of who it is, on a narrow screen */
  PRIORITY_STEP = 2, /* between priorities, so that a column can be between two of them */
  PRIORITY_NAMES = 1,
  VACANT_PRIORITY = 1000,
  UNTITLED_PRIORITY = 1 * PRIORITY_STEP, /* later columns need their heading to be understood */
  WIDE = 60,                             /* from here columns are two cells apart */
};

static int least(int a, int b) {
  return a < b ? a : b;
}

static int most(int a, int b) {
  return a > b ? a : b;
}

static size_t column_count(const struct table_spec *spec) {
  return spec->column_count < COLUMNS_MAX ? spec->column_count : COLUMNS_MAX;
}

void columns_measure_begin(struct columns_memory *memory) {
  memset(memory->seen, 0, sizeof memory->seen);
  memset(memory->filled, 0, sizeof memory->filled);
  memset(memory->wanted, 0, sizeof memory->wanted);
  memory->rows = 0;
}

/* A number that explains something only if it is not 0. */
static bool is_nothing(const struct column_spec *column, struct value value) {
  double number;
  return (column->flags & COLUMN_TELLS) && value_number(value, &number) && number == 0;
}

/* Whether the cell explains what is wrong with the row. */
static bool tells(const struct column_spec *column, const struct row *row, struct value value) {
  return (column->flags & COLUMN_TELLS) && row->severity != SEVERITY_OK &&
         !is_nothing(column, value);
}

static bool names(const struct column_spec *column, enum severity severity, struct value value) {
  return (column->flags & COLUMN_NAMES) && severity != SEVERITY_OK && value.type != VALUE_NONE;
}

/* Whether the values of a column are worth its place: a long text is, of many rows, only in a row
 * that is not OK, or in at least one of four. */
static bool is_filled(const struct columns_memory *memory, const struct table_spec *spec,
                      size_t column) {
  if (memory->filled[column] == 0 || memory->wanted[column] || memory->rows < ROWS_MANY)
    return memory->filled[column] > 0;
  return !(spec->columns[column].flags & COLUMN_FLEX) ||
         memory->filled[column] * ROWS_EACH >= memory->rows;
}

void columns_measure_row(struct columns_memory *memory, const struct frame *frame,
                         const struct table_spec *spec, const struct row *row,
                         enum severity severity, int indent) {
  severity = severity_worse(severity, row->severity);
  memory->rows++;
  for (size_t i = 0; i < column_count(spec); i++) {
    struct value value = row->cells[i];
    char buffer[FORMAT_MAX];
    if (value_is_absent(value))
      continue;
    int cells;
    text_fit(frame_value(frame, buffer, value, &spec->columns[i]), COLUMNS_CELL_MAX, &cells);
    if (cells == 0 && i > 0)
      continue; /* an empty text is no value either */
    cells += i == 0 ? indent : 0;
    if (memory->seen[i] == 0) /* an empty column keeps its side */
      memory->text[i] = false;
    memory->seen[i] = most(memory->seen[i], most(cells, 1));
    memory->text[i] = memory->text[i] || value.type == VALUE_TEXT;
    if (!is_nothing(&spec->columns[i], value) && value.type != VALUE_NONE) {
      memory->filled[i]++;
      memory->wanted[i] = memory->wanted[i] || severity != SEVERITY_OK;
    }
    if (tells(&spec->columns[i], row, value))
      memory->tells_ms[i] = frame->now_ms + COLUMNS_HOLD_MS;
    if (names(&spec->columns[i], severity, value))
      memory->names_ms[i] = frame->now_ms + COLUMNS_HOLD_MS;
  }
}

void columns_measure_end(struct columns_memory *memory, const struct table_spec *spec,
                         int64_t now_ms) {
  for (size_t i = 0; i < COLUMNS_MAX; i++) {
    if (memory->tells_ms[i] < now_ms)
      memory->tells_ms[i] = 0;
    if (memory->names_ms[i] < now_ms)
      memory->names_ms[i] = 0;
    if (i < column_count(spec) && is_filled(memory, spec, i))
      memory->filled_ms[i] = now_ms;
    memory->vacant[i] = now_ms - memory->filled_ms[i] >= COLUMNS_HOLD_MS &&
                        memory->tells_ms[i] == 0 && memory->names_ms[i] == 0;
    if (memory->seen[i] < memory->held[i] && now_ms < memory->until_ms[i])
      continue;
    /* A shorter value restarts the wait, so that a value that swings keeps its wider place. */
    memory->held[i] = memory->seen[i];
    memory->until_ms[i] = now_ms + COLUMNS_HOLD_MS;
  }
}

struct fit {
  const struct columns_memory *memory;
  const struct table_spec *spec;
  int width, gap;
  bool headings;
  int widths[COLUMNS_MAX]; /* 0: not shown */
  int extras[COLUMNS_MAX];
  int used;
  int ranks[COLUMNS_MAX]; /* by a person's choice: from 1; 0: not chosen */
};

/* The chosen width of a column; 0: none. */
static int chosen_width(const struct fit *fit, size_t column) {
  return fit->ranks[column] > 0 ? fit->memory->order.widths[fit->ranks[column] - 1] : 0;
}

static bool is_chosen(const struct fit *fit) {
  return fit->memory->order.count > 0;
}

static int title_width(const struct fit *fit, size_t column) {
  return fit->headings ? text_width(fit->spec->columns[column].title) : 0;
}

static int wanted_width(const struct fit *fit, size_t column) {
  if (chosen_width(fit, column) > 0)
    return chosen_width(fit, column);
  return most(most(fit->memory->held[column], fit->spec->columns[column].width),
              title_width(fit, column));
}

/* The minimum useful width. */
static int entry_width(const struct fit *fit, size_t column) {
  int wanted = wanted_width(fit, column);
  if (chosen_width(fit, column) > 0)
    return wanted;
  const bool is_narrow = fit->memory->names_ms[column] > 0 && fit->width < WIDE;
  if (fit->spec->columns[column].flags & COLUMN_FLEX)
    return most(least(wanted, is_narrow ? FLEX_NAMES : FLEX_LEAST),
                fit->spec->columns[column].width);
  if (column == 0)
    return least(wanted, most(LABEL_LEAST, fit->width * 2 / 5));
  return wanted;
}

/* Columns that explain what is wrong, and whose fault it is, are dropped last, those without any
 * value first. */
static int priority_of(const struct fit *fit, size_t column) {
  if (is_chosen(fit))
    return fit->ranks[column] > 0 && column > 0 ? fit->ranks[column] * PRIORITY_STEP : 0;
  if (fit->memory->vacant[column] && column > 0)
    return VACANT_PRIORITY + fit->spec->columns[column].priority;
  if (fit->memory->tells_ms[column])
    return 0;
  return fit->memory->names_ms[column] ? PRIORITY_NAMES
                                       : fit->spec->columns[column].priority * PRIORITY_STEP;
}

static bool is_shown(const struct fit *fit, size_t column) {
  if (is_chosen(fit))
    return column == 0 || fit->ranks[column] > 0 ||
           (fit->memory->tells_ms[column] > 0 && fit->memory->held[column] > 0 && fit->headings);
  if (fit->spec->columns[column].flags & COLUMN_DETAIL)
    return false;
  if (!fit->headings && priority_of(fit, column) > UNTITLED_PRIORITY &&
      !(fit->spec->columns[column].flags & COLUMN_FLEX)) /* a sentence needs none */
    return false;
  return column == 0 || fit->memory->held[column] > 0;
}

/* By priority, then in the table's order. */
static size_t next_by_priority(const struct fit *fit, int *priority, size_t after) {
  size_t count = column_count(fit->spec);
  for (;;) {
    int next = 0;
    bool more = false;
    for (size_t i = 0; i < count; i++) {
      int own = priority_of(fit, i);
      if (own == *priority && (after == SIZE_MAX || i > after))
        return i;
      if (own > *priority && (!more || own < next)) {
        next = own;
        more = true;
      }
    }
    if (!more)
      return SIZE_MAX;
    *priority = next;
    after = SIZE_MAX;
  }
}

static void widen(struct fit *fit, size_t column, int limit) {
  if (chosen_width(fit, column) > 0)
    return;
  int more = least(limit - fit->widths[column], fit->width - fit->used);
  if (fit->widths[column] > 0 && more > 0) {
    fit->widths[column] += more;
    fit->used += more;
  }
}

static void add_extra(struct fit *fit, size_t column) {
  unsigned flags = fit->spec->columns[column].flags;
  bool gauge = flags & COLUMN_GAUGE;
  if (fit->widths[column] == 0 || fit->extras[column] || !(flags & (COLUMN_GAUGE | COLUMN_SPARK)))
    return;
  int wanted = gauge ? GAUGE_LEAST : SPARK_LEAST;
  if (fit->width - fit->used - 1 < wanted)
    return;
  fit->extras[column] = wanted;
  fit->used += 1 + wanted;
}

static void widen_extra(struct fit *fit, size_t column, int spark_limit) {
  bool gauge = fit->spec->columns[column].flags & COLUMN_GAUGE;
  int more =
      least((gauge ? GAUGE_MOST : spark_limit) - fit->extras[column], fit->width - fit->used);
  if (fit->extras[column] > 0 && more > 0) {
    fit->extras[column] += more;
    fit->used += more;
  }
}

/* Space reserved for more important columns: the label's whole text, up to a limit; room for texts
 * of a higher priority; bars and sparklines of those two priorities higher. */
static void settle(struct fit *fit, int priority) {
  for (size_t i = 0; i < column_count(fit->spec); i++) /* the reason in words precedes numbers */
    if (priority > 0 && fit->memory->tells_ms[i] && (fit->spec->columns[i].flags & COLUMN_FLEX))
      widen(fit, i, least(wanted_width(fit, i), FLEX_TELLS));
  if (priority < 2 * PRIORITY_STEP || is_chosen(fit))
    return;
  widen(fit, 0, least(wanted_width(fit, 0), most(fit->width * 3 / 5, LABEL_LEAST)));
  for (size_t i = 0; i < column_count(fit->spec); i++)
    if ((fit->spec->columns[i].flags & COLUMN_FLEX) && priority_of(fit, i) < priority)
      widen(fit, i, least(wanted_width(fit, i), FLEX_GOOD));
  for (size_t i = 0; i < column_count(fit->spec); i++)
    if (priority_of(fit, i) + PRIORITY_STEP < priority)
      add_extra(fit, i);
}

static void choose(struct fit *fit) {
  int priority = -1, settled = -1;
  fit->widths[0] = entry_width(fit, 0);
  fit->used = fit->widths[0];
  for (size_t at = SIZE_MAX; (at = next_by_priority(fit, &priority, at)) != SIZE_MAX;) {
    if (priority != settled)
      settle(fit, priority);
    settled = priority;
    if (at == 0 || !is_shown(fit, at))
      continue;
    int width = entry_width(fit, at);
    if (fit->used + fit->gap + width > fit->width && priority > 0)
      continue;
    fit->widths[at] = width;
    fit->used += fit->gap + width;
  }
}

/* Columns that are never dropped may need the label's space. */
static void squeeze(struct fit *fit) {
  int over = fit->used - fit->width;
  if (over <= 0)
    return;
  int give = least(over, most(fit->widths[0] - LABEL_LEAST / 2, 0));
  fit->widths[0] -= give;
  fit->used -= give;
}

static void widen_flex(struct fit *fit, int limit) {
  for (size_t i = 0; i < column_count(fit->spec); i++)
    if (fit->spec->columns[i].flags & COLUMN_FLEX)
      widen(fit, i, least(wanted_width(fit, i), limit));
}

static void spread(struct fit *fit) {
  widen(fit, 0, wanted_width(fit, 0));
  widen_flex(fit, FLEX_GOOD);
  int priority = -1;
  for (size_t at = SIZE_MAX; (at = next_by_priority(fit, &priority, at)) != SIZE_MAX;) {
    add_extra(fit, at);
    widen_extra(fit, at, SPARK_MOST);
  }
  widen_flex(fit, COLUMNS_CELL_MAX);
  /* The space that no text needs. */
  for (size_t i = 0; i < column_count(fit->spec); i++)
    widen_extra(fit, i, SPARK_MOST_WIDE);
}

/* The label, what was chosen, then the others. */
static void sequence_make(const struct fit *fit, size_t sequence[COLUMNS_MAX]) {
  const struct columns_order *order = &fit->memory->order;
  size_t count = 0;
  sequence[count++] = 0;
  for (size_t i = 0; i < order->count; i++)
    if (order->columns[i] != 0 && order->columns[i] < column_count(fit->spec))
      sequence[count++] = order->columns[i];
  for (size_t i = 1; i < column_count(fit->spec); i++)
    if (fit->ranks[i] == 0)
      sequence[count++] = i;
}

void columns_fit(const struct columns_memory *memory, const struct table_spec *spec, int width,
                 bool headings, struct columns *columns) {
  struct fit fit = {.memory = memory,
                    .spec = spec,
                    .width = most(width, 1),
                    .gap = width < WIDE ? 1 : 2,
                    .headings = headings};
  for (size_t i = 0; i < memory->order.count; i++)
    if (memory->order.columns[i] < column_count(spec))
      fit.ranks[memory->order.columns[i]] = (int)i + 1;
  choose(&fit);
  squeeze(&fit);
  spread(&fit);
  *columns = (struct columns){0};
  int x = 0;
  size_t sequence[COLUMNS_MAX] = {0};
  sequence_make(&fit, sequence);
  for (size_t at = 0; at < column_count(spec); at++) {
    const size_t i = sequence[at];
    if (fit.widths[i] == 0)
      continue;
    columns->places[columns->count++] = (struct column_place){
        .column = i,
        .x = x,
        .width = fit.widths[i],
        .extra = fit.extras[i],
        .right = i > 0 && (spec->columns[i].unit != UNIT_NONE || !memory->text[i])};
    columns->flex = columns->flex || (spec->columns[i].flags & COLUMN_FLEX);
    x += fit.widths[i] + (fit.extras[i] ? 1 + fit.extras[i] : 0) + fit.gap;
  }
  columns->rest_x = x;
  columns->rest_width = most(fit.width - x, 0);
}
