/* The model as JSON and back: docs/json.md.
 *
 * What is written is all that a screen shows: targets, their tables with columns, cells, notes,
 * errors and ages, thresholds as they were in force, findings. Read back, it is a model that draws
 * the same screen, whatever collectors this program knows; recordings and screen tests feed on it.
 * No secret is in it: targets are named by kind, name and address, never by their options. */
#pragma once

#include "core/model.h"

#include <stdio.h>

enum { REPORT_JSON_VERSION = 1, REPORT_JSON_MAX = 256 << 20 /* bytes that are read */ };

/* One document and a newline. True unless writing failed. */
bool report_json_write(FILE *out, const struct model *model, int64_t now_ms) MUST_CHECK;

/* What was read. The model's config, targets, kinds and table specs belong to it. */
struct report_document {
  struct model model;
  int64_t now_ms; /* when it was written: draw and judge as of then */
  struct config *config;
  struct arena arena;
};

/* False with "line 3, column 7: ..." or "targets[2].tables[0]: ..., expected ..." */
bool report_json_read(struct report_document *document, const char *text, size_t len,
                      struct err *err) MUST_CHECK;
void report_document_fini(struct report_document *document);
