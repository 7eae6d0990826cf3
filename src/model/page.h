/* A page: a view of one target, or of one row, that is collected only while a person looks at it.
 *
 * This is what is public about it; its code is in src/collectors, under the same id. An open page
 * is a target_state of its own beside those of the targets (model/model.h), made of tables like
 * them: panes, sorting, filters, marks, JSON and CSV work on it unchanged. It has no findings and
 * no events: a threshold only colours its cells. */
#pragma once

#include "model/table.h"

#include <stddef.h>
#include <stdint.h>

/* An order worth a name: "slowest", "high I/O". */
struct page_sort {
  const char *name;
  const char *table, *column; /* ids; the largest number, or the first text, comes first */
};

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the order is that of the descriptors
struct page_spec {
  const char *id;     /* "postgres.statements": KIND.NAME; never renamed, because scripts name it */
  const char *kind;   /* kind of its target: "postgres" */
  const char *row_of; /* id of the table whose rows it is about, of the target or of another page;
                         NULL: the whole target */
  const char *also_of; /* id of another such table; NULL: none */
  /* Whether it is about the row of that key in that table; NULL: about each. */
  bool (*about)(const char *table, const char *key);
  bool named; /* a row is its name: `stacktop show` opens it for one that no table has */
  /* The key, to be freed, of the row of that name, which may exist without being listed: a group
   * whose broker is away, a session beyond the first rows. It returns NULL for what can be no name.
   * NULL: all are listed. */
  char *(*key_of_name)(const char *name);
  const char *title;    /* "Statements"; short */
  const char *question; /* that it answers: "Which statements take the time?"; at most 53 bytes */
  const char *cost;     /* for the server: "1 query every 5s, about 3ms"; at most 66 bytes */
  bool windows;         /* its figures count from a moment on that a mark sets (key m) */
  bool costly;          /* it is opened from the list of pages only, where its cost is read first */
  int64_t interval_ms;  /* between two collections; 0: the target's */
  int64_t timeout_ms;   /* of one collection; 0: the target's */
  const struct table_spec *const *tables; /* of its samples, in this order */
  size_t table_count;
  const struct page_sort *sorts; /* the first one is in force at first; NULL: as collected */
  size_t sort_count;
};

enum { PAGE_SORT_MAX = 48, PAGE_ROWS_DEFAULT = 200 };

/* The tables and the orders of a page's spec: two static arrays. */
#define PAGE_TABLES(array) .tables = (array), .table_count = sizeof(array) / sizeof *(array)
#define PAGE_SORTS(array) .sorts = (array), .sort_count = sizeof(array) / sizeof *(array)

/* What an open page is about. The collector reads it in each collection. */
struct page_focus {
  char *table, *key;                                   /* the row; NULL: the whole target */
  char *label;                                         /* of the row, as shown */
  char sort_table[PAGE_SORT_MAX], sort[PAGE_SORT_MAX]; /* ids of the column that the rows are sorted
                        by: a page with more rows than `rows` keeps the first ones; "": its own
                        order */
  bool inverted;
  uint32_t marks; /* how often m was pressed: an odd number begins a window of the figures, an even
                     one ends it */
  size_t rows;    /* maximum rows of a table that has far more */
  bool printed;   /* by `stacktop show`: there are options instead of keys */
};

void page_focus_init(struct page_focus *focus, const struct page_spec *spec, const char *table,
                     const char *key, const char *label);
void page_focus_fini(struct page_focus *focus);
/* Whether the rows have another order now. */
bool page_focus_sort(struct page_focus *focus, const char *table, const char *column,
                     bool inverted);

/* What changes which rows are shown, for the note of a table that has more: keys or options. */
const char *page_order_hint(const struct page_focus *focus);

/* specs: NULL-terminated, or NULL. */
const struct page_spec *page_find(const struct page_spec *const *specs, const char *id);
/* Whether it opens on the row of that key in that table, or (table NULL) on a whole target of the
 * kind. */
bool page_takes(const struct page_spec *spec, const char *kind, const char *table, const char *key);
