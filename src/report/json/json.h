/* The model as JSON and back: docs/json.md.
 *
 * It contains everything that a screen shows: targets, their tables with columns, cells, notes,
 * errors and ages, the thresholds in force, findings, events. Read back, it is a model that draws
 * the same screen, whatever collectors this program has; recordings and screen tests use it. It
 * contains no secret: targets are identified by kind, name and address, never by their options.
 *
 * What was written, read and written again is byte-identical (for the same moment, by the same
 * version of stacktop). Numbers are written as in the C locale: LC_NUMERIC stays "C". */
#pragma once

#include "model/model.h"

#include <stdio.h>

enum {
  REPORT_JSON_VERSION = 1,
  /* Limits of what is read: bytes, values (their tree takes up to 200 bytes each), and memory of
   * the samples. One sample at its own limit, 100,000 rows, is about 30 MB and 2 million values. */
  REPORT_JSON_MAX = 256 << 20,
  REPORT_JSON_VALUES_MAX = 8 << 20,
  REPORT_JSON_DEPTH_MAX = 32,
  REPORT_JSON_TARGETS_MAX = 4096,
  REPORT_JSON_TABLES_MAX = 64,   /* of one target */
  REPORT_JSON_COLUMNS_MAX = 256, /* of one table */
  REPORT_JSON_SAMPLES_MAX = 512 << 20,
};

/* One document and a newline: rows, columns and findings on lines of their own. True unless writing
 * failed. Read back, histories have one value, as after one collection. */
bool report_json_write(FILE *out, const struct model *model, int64_t now_ms) MUST_CHECK;
/* The same on one line, including the past values of the cells, as a recording needs them for
 * sparklines. */
bool report_json_record(FILE *out, const struct model *model, int64_t now_ms) MUST_CHECK;

/* A document that was read. The model's config, targets, kinds and table specs belong to it. */
struct report_document {
  struct model model;
  int64_t now_ms; /* time of writing: draw and judge as of then */
  struct config *config;
  struct arena arena;
};

/* False with "line 3, column 7: ..." or "targets[2].tables[0].rows[4].cells.lag: expected ...", and
 * nothing to fini. Unknown keys are ignored, a newer version is refused. The findings are those of
 * the document and are not evaluated again; the targets have no options, and the rules are the
 * thresholds of the columns. Ensures what the model promises: a parent comes before its children,
 * times are within the years 1970 to 9999. */
bool report_json_read(struct report_document *document, const char *text, size_t len,
                      struct err *err) MUST_CHECK;
void report_document_fini(struct report_document *document);
