#include "ui/panes/pane.h"

#include "core/map.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_HOLD_MS = 20000 }; /* at least so long a pane keeps its share of the height */

#define PANE(name) extern const struct pane_class pane_##name;
#include "ui/panes/panes.def"
#undef PANE

#define PANE(name) &pane_##name,
const struct pane_class *const pane_classes[] = {
#include "ui/panes/panes.def"
};
#undef PANE
const size_t pane_class_count = sizeof pane_classes / sizeof *pane_classes;

void pane_init(struct pane *pane, const struct pane_class *class, const char *id,
               const char *title) {
  *pane = (struct pane){.class = class};
  snprintf(pane->id, sizeof pane->id, "%s", id);
  snprintf(pane->title, sizeof pane->title, "%s", title);
}

void pane_fini(struct pane *pane) {
  free(pane->lines.items);
  free(pane->drawn);
  free(pane->selection.table);
  free(pane->selection.key);
  marks_fini(&pane->marks);
  for (size_t i = 0; i < pane->table_count; i++)
    free(pane->tables[i]);
}

struct line *pane_line(struct pane *pane, enum line_kind kind) {
  struct lines *lines = &pane->lines;
  if (lines->count == lines->capacity) {
    lines->capacity = lines->capacity ? lines->capacity * 2 : 64;
    lines->items = mem_resize(lines->items, lines->capacity * sizeof *lines->items);
  }
  struct line *line = &lines->items[lines->count++];
  *line = (struct line){.kind = kind};
  return line;
}

void pane_release(struct pane *pane) {
  /* A pane that once had very many lines releases their memory. */
  if (pane->lines.capacity > 4096 && pane->lines.count < 1024) {
    free(pane->lines.items);
    pane->lines = (struct lines){0};
  }
  pane->lines.count = 0;
  pane->worst = NULL;
}

struct pane_table *pane_table(struct pane *pane, const char *id) {
  for (size_t i = 0; i < pane->table_count; i++)
    if (strncmp(pane->tables[i]->memory.table, id, COLUMNS_TABLE_ID_MAX - 1) == 0)
      return pane->tables[i];
  if (pane->table_count == PANE_TABLES_MAX)
    return NULL;
  struct pane_table *table = mem_new(sizeof *table);
  pane->tables[pane->table_count++] = table;
  table->sort_column = -1;
  snprintf(table->memory.table, sizeof table->memory.table, "%s", id);
  return table;
}

struct pane_table *pane_table_of(struct pane *pane, size_t target_index,
                                 const struct table_spec *spec) {
  char id[COLUMNS_TABLE_ID_MAX];
  if (!(spec->flags & TABLE_OWN))
    return pane_table(pane, spec->id);
  snprintf(id, sizeof id, "%zu/%.24s", target_index, spec->id); /* no id has a slash */
  return pane_table(pane, id);
}

static uint64_t identity(size_t target_index, const char *table, const char *key) {
  return map_hash_text(map_hash_text(map_hash_number(MAP_HASH, target_index), table), key);
}

static const struct pane_toggle *toggle_find(const struct pane *pane, uint64_t row) {
  for (size_t i = 0; i < pane->toggle_count; i++)
    if (pane->toggles[i].row == row)
      return &pane->toggles[i];
  return NULL;
}

bool pane_row_is_open(const struct pane *pane, size_t target_index, const char *table,
                      const char *key, bool by_default) {
  if (pane->toggle_count == 0)
    return by_default;
  const struct pane_toggle *toggle = toggle_find(pane, identity(target_index, table, key));
  return toggle ? toggle->open : by_default;
}

void pane_row_toggle(struct pane *pane, size_t target_index, const char *table, const char *key,
                     bool open) {
  uint64_t row = identity(target_index, table, key);
  struct pane_toggle *toggle = (struct pane_toggle *)toggle_find(pane, row);
  if (!toggle) {
    toggle = &pane->toggles[pane->toggle_next];
    pane->toggle_next = (pane->toggle_next + 1) % PANE_TOGGLES_MAX;
    if (pane->toggle_count < PANE_TOGGLES_MAX)
      pane->toggle_count++;
  }
  *toggle = (struct pane_toggle){row, open};
}

/* Selection. */

static bool same(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *line_id(const struct line *line) {
  return line->id ? line->id : line->key;
}

static bool is_selected(const struct pane *pane, const struct line *line) {
  const struct selection *selection = &pane->selection;
  return line->selectable && line->target_index == selection->target_index &&
         same(line->table_id, selection->table) && same(line_id(line), selection->key);
}

bool pane_is_selected(const struct pane *pane, size_t target_index, const char *table,
                      const char *key) {
  const struct selection *selection = &pane->selection;
  return selection->picked && selection->target_index == target_index &&
         same(selection->key, key) && same(selection->table, table);
}

static size_t find_selected(const struct pane *pane) {
  /* Usually its position is unchanged. */
  size_t hint = pane->selection.index;
  if (hint < pane->lines.count && is_selected(pane, &pane->lines.items[hint]))
    return hint;
  for (size_t i = 0; i < pane->lines.count; i++)
    if (is_selected(pane, &pane->lines.items[i]))
      return i;
  return SIZE_MAX;
}

/* The line of a row or of a summary; of the target itself if there is no table. */
static size_t find_row(const struct pane *pane, size_t target_index, const char *table,
                       const char *key) {
  for (size_t i = 0; i < pane->lines.count; i++) {
    const struct line *line = &pane->lines.items[i];
    if (line->selectable && line->target_index == target_index &&
        (!table || same(line->table_id, table)) && (!key || same(line->key, key)))
      return i;
  }
  return SIZE_MAX;
}

bool pane_select_row(struct pane *pane, size_t target_index, const char *table, const char *key) {
  const size_t at = find_row(pane, target_index, table, key);
  if (at == SIZE_MAX)
    return false;
  pane_select(pane, at, true);
  return true;
}

/* What is worst, else the first line. */
static size_t first_choice(const struct pane *pane) {
  const struct finding *worst = pane->worst;
  size_t first = worst ? find_row(pane, worst->target_index, worst->table, worst->row) : SIZE_MAX;
  if (first != SIZE_MAX)
    return first;
  for (size_t i = 0; i < pane->lines.count; i++) {
    const struct line *line = &pane->lines.items[i];
    if (!line->selectable)
      continue;
    if (line->kind != LINE_SUMMARY)
      return i;
    if (first == SIZE_MAX)
      first = i;
  }
  return first;
}

/* The nearest selectable line: at or after `index`, otherwise before it. */
static size_t nearest(const struct pane *pane, size_t index) {
  for (size_t i = index; i < pane->lines.count; i++)
    if (pane->lines.items[i].selectable)
      return i;
  for (size_t i = index < pane->lines.count ? index : pane->lines.count; i-- > 0;)
    if (pane->lines.items[i].selectable)
      return i;
  return SIZE_MAX;
}

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

void pane_select(struct pane *pane, size_t index, bool picked) {
  const struct line *line = &pane->lines.items[index];
  struct selection *selection = &pane->selection;
  selection->index = index;
  selection->picked = picked;
  if (is_selected(pane, line))
    return;
  free(selection->table);
  free(selection->key);
  selection->target_index = line->target_index;
  selection->table = dup_or_null(line->table_id);
  selection->key = dup_or_null(line_id(line));
}

void pane_pin(struct pane *pane) {
  pane->selection.picked = pane->selection.seen;
  pane->selection.wanted = true;
}

static void selection_follow(struct pane *pane, bool *gone) {
  struct selection *selection = &pane->selection;
  bool filtered = *pane->filter != '\0', picked = selection->picked;
  size_t at = picked ? find_selected(pane) : first_choice(pane);
  if (at == SIZE_MAX && picked && filtered) { /* hidden: the best match, until the next key */
    at = first_choice(pane);
    picked = false;
  } else if (at == SIZE_MAX && picked) {
    at = nearest(pane, selection->index);
    if (gone)
      *gone = true;
  }
  if (at == SIZE_MAX)
    return;
  pane_select(pane, at, picked || (selection->wanted && !filtered));
  selection->seen = true;
}

bool pane_is_marked(const struct pane *pane, const struct model *model, const struct line *line) {
  const struct marks *marks = &pane->marks;
  if (line->kind != LINE_ROW)
    return false;
  return marks_has(marks, line->target_index, line->table_id, line->key) ||
         (line->is_target &&
          marks_has(marks, 0, MARKS_TARGETS, model->targets[line->target_index].target->name));
}

const struct line *pane_selected(const struct pane *pane) {
  size_t index = pane->selection.index;
  if (index >= pane->lines.count || !pane->lines.items[index].selectable)
    return NULL;
  return &pane->lines.items[index];
}

uint64_t pane_selection_identity(const struct pane *pane) {
  const struct selection *selection = &pane->selection;
  return identity(selection->target_index, selection->table, selection->key);
}

uint64_t pane_line_identity(const struct line *line) {
  return line->selectable ? identity(line->target_index, line->table_id, line_id(line)) : 0;
}

void pane_move(struct pane *pane, int count) {
  size_t at = pane->selection.index, last = at;
  if (!pane_selected(pane))
    return;
  int step = count < 0 ? -1 : 1;
  while (count != 0) {
    at += (size_t)step;
    if (at >= pane->lines.count)
      break;
    if (!pane->lines.items[at].selectable || pane->lines.items[at].part > 0)
      continue;
    last = at;
    count -= step;
  }
  pane_select(pane, last, true);
}

size_t pane_position(const struct pane *pane, size_t *total) {
  size_t position = 0;
  *total = 0;
  for (size_t i = 0; i < pane->lines.count; i++) {
    const struct line *line = &pane->lines.items[i];
    if (!line->selectable || line->kind == LINE_SUMMARY)
      continue;
    (*total)++;
    if (i <= pane->selection.index)
      position = *total;
  }
  return position;
}

void pane_build(struct pane *pane, const struct frame *frame, int width, enum pane_room room,
                bool *gone) {
  pane->lines.count = 0;
  pane->pinned = 0;
  pane->feet = 0;
  pane->filter_matches = pane->filter_total = 0;
  marks_follow(&pane->marks, frame->model);
  pane->class->build(pane, frame, width, room);
  selection_follow(pane, gone);
}

/* The greatest of the last one to two intervals. */
static int held_update(struct held *held, int value, int64_t now_ms) {
  const int64_t age = now_ms - held->since_ms;
  if (age >= SIZE_HOLD_MS || age < 0) {
    held->before = age >= 0 && age < 2 * SIZE_HOLD_MS ? held->now : value;
    held->now = value;
    held->since_ms = now_ms;
  }
  held->now = value > held->now ? value : held->now;
  return held->before > held->now ? held->before : held->now;
}

struct pane_need pane_need(struct pane *pane, const struct frame *frame, int width) {
  const struct pane_class *class = pane->class;
  struct pane_verdict verdict = {0};
  int lines = (int)(pane->lines.count < CANVAS_SIDE_MAX ? pane->lines.count : CANVAS_SIDE_MAX);
  lines += pane->feet > 0;
  if (class->need_most > 0 && lines > class->need_most)
    lines = class->need_most;
  class->verdict(pane, frame, &verdict);
  const int urgent = class->urgent ? class->urgent(pane, frame) : 0;
  struct pane_need need = {
      .lines = held_update(&pane->need, lines, frame->now_ms),
      .severity = (enum severity)held_update(&pane->weight, (int)verdict.severity, frame->now_ms),
      .urgent = held_update(&pane->urgent, urgent, frame->now_ms),
      .takes_rest = class->spreads};
  if (class->fill_need)
    need.chart_least = class->fill_need(pane, frame, width, &need.chart_most);
  return need;
}
