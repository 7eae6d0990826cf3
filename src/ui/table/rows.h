/* The rows of a table in display order: as a tree, sorted, filtered. */
#pragma once

#include "model/table.h"

/* Whether the children of a row are shown. */
struct rows_open {
  bool (*is_open)(const void *context, const struct row *row, int depth, size_t children);
  const void *context;
};

/* Whether a row comes before its siblings, together with those that it is below. */
struct rows_first {
  bool (*is_first)(const void *context, const struct row *root, const struct row *row);
  const void *context;
};

struct rows_query {
  int sort_column;    /* -1: the collector's order */
  bool inverted;      /* of the column's natural order: numbers the largest first, texts from a */
  const char *filter; /* "" or NULL: all. A row stays when its texts, or numbers without a unit,
                         contain it, or when a descendant stays */
  struct rows_open open;
  struct rows_first first; /* only in the collector's order */
};

struct ordered_row {
  const struct row *row;
  const struct row *root;
  int depth;
  size_t children;               /* direct children that match the filter */
  size_t hidden;                 /* descendants of a closed row that are not shown */
  enum severity hidden_severity; /* the collector's worst of these */
  bool open;
  bool match; /* matches the filter by itself */
};

/* Fills *out, which the caller frees; returns the count. A row whose parent does not precede it is
 * a root. Only siblings are sorted. */
size_t rows_order(const struct table *table, const struct rows_query *query,
                  struct ordered_row **out);

/* Whether the row itself contains the filter. */
bool row_matches(const struct table_spec *spec, const struct row *row, const char *filter);
