/* Pages (model/page.h) without a screen: `stacktop show`. */
#pragma once

#include "model/model.h"
#include "report/text/text_options.h"

#include <stdio.h>

/* All return true unless writing failed. */

/* The pages of the list, NULL-terminated: id, what it answers, what it costs. */
bool report_pages_text(FILE *out, const struct page_spec *const *specs,
                       const struct report_text_options *options) MUST_CHECK;
bool report_pages_json(FILE *out, const struct page_spec *const *specs) MUST_CHECK;

/* An open page of the model: a line with the target, the row and the server, each table whole, and
 * what is missing. */
bool report_page_text(FILE *out, const struct model *model, size_t state, int64_t now_ms,
                      const struct report_text_options *options) MUST_CHECK;
/* The same as a document: docs/json.md. */
bool report_page_json(FILE *out, const struct model *model, size_t state,
                      int64_t now_ms) MUST_CHECK;
/* A table as CSV (RFC 4180): a line with the ids of the columns, then the rows, each beginning with
 * its key. Numbers are in the units of the columns and read back exactly; what is not known is
 * empty. Control characters are replaced as on the screen, so a line is a row. */
bool report_csv(FILE *out, const struct table *table) MUST_CHECK;
/* The same as an array of rows: key, parent if it has one, and the known cells by column. */
bool report_table_json(FILE *out, const struct table *table) MUST_CHECK;
/* The events that match the filter (event_matches; "": all), the newest first: time (UTC),
 * severity, subject, text. *count: how many. */
bool report_events_csv(FILE *out, const struct model *model, const char *filter,
                       size_t *count) MUST_CHECK;
/* The same as an array, in the form of docs/json.md. */
bool report_events_json(FILE *out, const struct model *model, const char *filter,
                        size_t *count) MUST_CHECK;
