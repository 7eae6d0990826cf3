#include "model/page.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

void page_focus_init(struct page_focus *focus, const struct page_spec *spec, const char *table,
                     const char *key, const char *label) {
  *focus = (struct page_focus){.table = dup_or_null(table),
                               .key = dup_or_null(key),
                               .label = dup_or_null(label),
                               .rows = PAGE_ROWS_DEFAULT};
  if (spec->sort_count > 0)
    page_focus_sort(focus, spec->sorts[0].table, spec->sorts[0].column, false);
}

void page_focus_fini(struct page_focus *focus) {
  free(focus->table);
  free(focus->key);
  free(focus->label);
  *focus = (struct page_focus){0};
}

bool page_focus_sort(struct page_focus *focus, const char *table, const char *column,
                     bool inverted) {
  if (strcmp(focus->sort_table, table) == 0 && strcmp(focus->sort, column) == 0 &&
      focus->inverted == inverted)
    return false;
  snprintf(focus->sort_table, sizeof focus->sort_table, "%s", table);
  snprintf(focus->sort, sizeof focus->sort, "%s", column);
  focus->inverted = inverted;
  return true;
}

const char *page_order_hint(const struct page_focus *focus) {
  return focus->printed ? "--sort, --limit" : "another order shows others";
}

const struct page_spec *page_find(const struct page_spec *const *specs, const char *id) {
  for (; specs && *specs; specs++)
    if (strcmp((*specs)->id, id) == 0)
      return *specs;
  return NULL;
}

bool page_takes(const struct page_spec *spec, const char *kind, const char *table,
                const char *key) {
  if (strcmp(spec->kind, kind) != 0 || !spec->row_of != !table)
    return false;
  if (!table)
    return true;
  return (strcmp(spec->row_of, table) == 0 ||
          (spec->also_of && strcmp(spec->also_of, table) == 0)) &&
         (!spec->about || !key || spec->about(table, key));
}
