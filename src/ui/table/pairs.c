#include "ui/table/pairs.h"

#include "core/text/text.h"

enum { GAP = 2, EXTRA_GAUGE = 10, EXTRA_SPARK = 10 };

static bool is_chosen(const struct columns_memory *memory, const struct table_spec *spec, size_t i,
                      enum pairs_choice choice) {
  unsigned flags = spec->columns[i].flags;
  if ((flags & COLUMN_DETAIL) || memory->held[i] == 0)
    return false;
  return ((flags & COLUMN_HEADLINE) != 0) == (choice == PAIRS_HEADLINE);
}

static int extra_of(const struct column_spec *column) {
  if (column->flags & COLUMN_GAUGE)
    return EXTRA_GAUGE;
  return column->flags & COLUMN_SPARK ? EXTRA_SPARK : 0;
}

/* In the border a bar after a value belongs to that value. */
static int title_of(const struct column_spec *column, const struct pairs *pairs) {
  bool follows = pairs->choice == PAIRS_HEADLINE && pairs->count > 0;
  return follows && (column->flags & COLUMN_GAUGE) ? 0 : text_width(column->title);
}

static int pair_width(const struct pair *pair) {
  return (pair->title_width ? pair->title_width + 1 : 0) + pair->value_width +
         (pair->extra ? 1 + pair->extra : 0);
}

/* Lays the pairs out; false when they need more than `lines` lines. */
static bool flow(struct pairs *pairs, int width, int lines) {
  int x = 0, line = 0;
  pairs->width = 0;
  for (size_t i = 0; i < pairs->count; i++) {
    struct pair *pair = &pairs->items[i];
    int own = pair_width(pair);
    if (x > 0 && x + own > width) {
      x = 0;
      line++;
    }
    if (own > width)
      return false;
    pair->x = x;
    pair->line = line;
    if (x + own > pairs->width)
      pairs->width = x + own;
    x += own + GAP;
  }
  pairs->lines = pairs->count ? line + 1 : 0;
  return pairs->lines <= lines;
}

/* The last of those with the lowest priority; extra: among those with a bar or sparkline. SIZE_MAX:
 * there is none. */
static size_t least_of(const struct pairs *pairs, const struct table_spec *spec, bool extra) {
  size_t least = SIZE_MAX;
  for (size_t i = 0; i < pairs->count; i++) {
    if (extra && pairs->items[i].extra == 0)
      continue;
    if (least == SIZE_MAX || spec->columns[pairs->items[i].column].priority >=
                                 spec->columns[pairs->items[least].column].priority)
      least = i;
  }
  return least;
}

static void drop_least(struct pairs *pairs, const struct table_spec *spec) {
  size_t least = least_of(pairs, spec, true);
  if (least != SIZE_MAX) {
    pairs->items[least].extra = 0;
    return;
  }
  least = least_of(pairs, spec, false);
  for (size_t i = least + 1; i < pairs->count; i++)
    pairs->items[i - 1] = pairs->items[i];
  pairs->count--;
}

void pairs_fit(const struct columns_memory *memory, const struct table_spec *spec,
               enum pairs_choice choice, int width, int lines, struct pairs *pairs) {
  *pairs = (struct pairs){.choice = choice};
  for (size_t i = 0; i < spec->column_count && i < COLUMNS_MAX; i++)
    if (is_chosen(memory, spec, i, choice))
      pairs->items[pairs->count++] =
          (struct pair){.column = i,
                        .title_width = title_of(&spec->columns[i], pairs),
                        .value_width = memory->held[i],
                        .extra = extra_of(&spec->columns[i])};
  while (!flow(pairs, width, lines))
    drop_least(pairs, spec);
}
