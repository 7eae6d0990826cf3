/* Which rows of a page's table are kept, by the order that a person has chosen. */
#include "collectors/redis/pages/redis_page.h"
#include "core/text/format.h"

#include <stdlib.h>
#include <string.h>

struct order {
  int column;
  bool inverted;
};

/* The largest number or the first text first; what is not known last. */
static int compare(const void *a, const void *b, void *context) {
  const struct order *order = context;
  const struct row *left = a, *right = b;
  const struct value x = left->cells[order->column], y = right->cells[order->column];
  int found = (x.type == VALUE_NONE) - (y.type == VALUE_NONE);
  if (found == 0)
    found = value_compare(x, y) * (x.type == VALUE_TEXT ? 1 : -1) * (order->inverted ? -1 : 1);
  return found ? found : strcmp(left->key, right->key);
}

void redis_page_sort(const struct redis_page_call *call, const char *id, int fallback) {
  const struct page_focus *focus = call->focus;
  struct table *table = sample_table(call->sample, id);
  const bool asked = strcmp(focus->sort_table, id) == 0;
  const int column = asked ? table_column(table->spec, focus->sort) : -1;
  struct order order = {column >= 0 ? column : fallback, column >= 0 && focus->inverted};
  const size_t limit = focus->rows ? focus->rows : PAGE_ROWS_DEFAULT;
  char shown[FORMAT_MAX], count[FORMAT_MAX];
  if (table->row_count > 1)
    qsort_r(table->rows, table->row_count, sizeof *table->rows, compare, &order);
  if (table->row_count <= limit)
    return;
  sample_note(call->sample, id, NULL,
              "%s of %s%s shown: the first ones by the order of the rows (%s)",
              format_count(shown, sizeof shown, (int64_t)limit),
              format_count(count, sizeof count, (int64_t)table->row_count),
              table->truncated ? "+" : "", page_order_hint(focus));
  table->row_count = limit;
}
