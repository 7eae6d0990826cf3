/* A line after `:` that opens a page: PAGE TARGET [ROW], as in "redis.memory cache" and
 * "postgres.session ecap 1234". Pure. */
#pragma once

#include "model/action/request.h"
#include "model/model.h"

/* Zeroed at first. */
struct page_line {
  struct request request; /* its texts are in this struct, or static */
  char *key, *label;
  const char *keys[1];
};
void page_line_fini(struct page_line *line);

/* False: the line does not begin with the id of a page. Otherwise the request opens it, unless err
 * says why it cannot be opened. A row is named as in `stacktop show`: by its label, its key, or the
 * last word of its label, of the rows that the target or an open page has. */
bool page_line_read(const char *line, const struct model *model, struct page_line *read,
                    struct err *err);
