#include "ui/view/keys/key_rows.h"

#include "ui/dialog/dialog.h"
#include "ui/view/keys/view_binding.h"

#include <string.h>

static const struct {
  unsigned places;
  const char *word;
} words[] = {
    {PLACE_ALL, "everywhere"},
    {PLACE_GRID, "panes"},
    {PLACE_OVERVIEW, "overview"},
    {PLACE_ZOOM, "full-screen pane"},
    {PLACE_OPENED, "pages"},
    {PLACE_FINDINGS, "findings"},
    {PLACE_DETAIL, "details"},
    {PLACE_LIST, "list of pages"},
    {PLACE_CHART, "chart"},
    {PLACE_LOG, "logs"},
    {PLACE_LOG_RECORD, "line of a log"},
    {PLACE_LOG_LIST, "lists of logs"},
    {PLACE_RUNBOOKS, "list of runbooks"},
    {PLACE_RUNBOOK, "runbook"},
    {PLACE_INCIDENT, "incident"},
    {PLACE_WALL, "wall display"},
    {PLACE_COLUMNS, "choice of columns"},
    {PLACE_EVENTS, "history of events"},
    {PLACE_HELP, "help"},
};

static void places_set(struct key_row *row, unsigned places) {
  size_t count = 0;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if ((words[i].places & places) == words[i].places && count < KEY_PLACES_MAX) {
      row->places[count++] = words[i].word;
      places &= ~words[i].places;
    }
}

static bool is_same(const struct binding *a, const struct binding *b) {
  return strcmp(a->name, b->name) == 0 && strcmp(a->help, b->help) == 0;
}

static bool is_first(size_t index) {
  for (size_t i = 0; i < index; i++)
    if (is_same(&view_bindings[i], &view_bindings[index]))
      return false;
  return true;
}

static size_t view_rows_add(const struct keymap *map, struct key_row *rows, size_t count) {
  struct keymap plain;
  keymap_init(&plain);
  for (size_t i = 0; i < view_binding_count && count < KEY_ROWS_MAX; i++) {
    const struct binding *binding = &view_bindings[i];
    unsigned places = 0;
    if (!is_first(i))
      continue;
    for (size_t j = i; j < view_binding_count; j++)
      places |= is_same(&view_bindings[j], binding) ? view_bindings[j].places : 0;
    rows[count] = (struct key_row){.name = binding->name,
                                   .keys = map->rows[i],
                                   .by_default = plain.rows[i],
                                   .help = binding->help,
                                   .fixed = binding->flags & BINDING_FIXED};
    places_set(&rows[count++], places);
  }
  keymap_fini(&plain);
  return count;
}

/* Consecutive rows with the same help are one. */
static size_t dialog_rows_add(const char *place, const struct dialog_binding *bindings,
                              size_t binding_count, struct key_row *rows, size_t count) {
  for (size_t i = 0; i < binding_count && count < KEY_ROWS_MAX;) {
    struct key_row *row = &rows[count++];
    *row = (struct key_row){.help = bindings[i].help, .fixed = true, .places = {place}};
    for (; i < binding_count && strcmp(bindings[i].help, row->help) == 0; i++)
      if (row->keys.count < KEYMAP_KEYS_MAX)
        row->keys.keys[row->keys.count++] = (struct key){bindings[i].code, bindings[i].rune};
    row->by_default = row->keys;
  }
  return count;
}

size_t key_rows(const struct keymap *map, struct key_row rows[KEY_ROWS_MAX]) {
  size_t count = view_rows_add(map, rows, 0);
  for (size_t i = 0; i < DIALOG_KINDS; i++)
    if (dialog_classes[i])
      count = dialog_rows_add(dialog_classes[i]->name, dialog_classes[i]->bindings,
                              dialog_classes[i]->binding_count, rows, count);
  return dialog_rows_add("All dialogs", dialog_scroll_bindings, dialog_scroll_binding_count, rows,
                         count);
}
