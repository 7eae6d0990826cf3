/* Results of a survey as facts by name, in a table "facts" after the survey's own tables: written
 * by the survey, read by the plan. */
#pragma once

#include "model/model.h"

/* A table of a survey, from its columns. */
#define FOUND_TABLE(name, heading, array)                 \
  {                                                       \
    .id = (name), .title = (heading), .columns = (array), \
    .column_count = sizeof(array) / sizeof *(array)       \
  }

/* A sample with the tables of specs (at most FOUND_TABLES_MAX) and an empty table of facts. */
enum { FOUND_TABLES_MAX = 4 };
struct sample *found_new(const struct table_spec *const *specs, size_t count);
void found_set_int(struct sample *found, const char *name, int64_t number);
void found_set_text(struct sample *found, const char *name, const char *text);
/* The number, or the fallback where it is not known. */
int64_t found_int(const struct sample *found, const char *name, int64_t fallback);
const char *found_text(const struct sample *found, const char *name); /* "" if not known */
