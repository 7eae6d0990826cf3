/* Rows, tables and orders of a page by the names that people type. Pure. */
#pragma once

#include "core/err.h"
#include "model/page.h"
#include "model/sample.h"

enum { SHOW_LABEL_MAX = 512 };

/* The row's first column. Returns it, or out. */
const char *show_label(const struct table *table, const struct row *row, char out[SHOW_LABEL_MAX]);
/* The row by its key, its first column, or the last word of that ("8123" is "pid 8123"). name NULL,
 * or no such row: NULL with err, which lists the first ones that there are. table may be NULL. */
const struct row *show_row(const struct table *table, const char *table_id, const char *name,
                           struct err *err) MUST_CHECK;
/* Whether rows of that table may be missing from the sample: a request failed, a limit was reached,
 * or the target's own row says that its answer is incomplete. why: the reason, of the sample or
 * static. */
bool show_is_incomplete(const struct sample *sample, const char *table_id, const char **why,
                        enum severity *severity);
/* The table of that id; id NULL: the first one that is no summary. NULL with err. */
const struct table_spec *show_table(const struct page_spec *spec, const char *id,
                                    struct err *err) MUST_CHECK;
/* Sets the order: a named one of the page, or the id or title of a column of the table. */
bool show_sort(struct page_focus *focus, const struct page_spec *spec,
               const struct table_spec *table, const char *name, struct err *err) MUST_CHECK;
/* Sorts the rows in the order of the focus, if it is one of this table, and keeps the first `limit`
 * (0: all). A tree stays in the collector's order. */
void show_arrange(struct table *table, const struct page_focus *focus, int64_t limit);
