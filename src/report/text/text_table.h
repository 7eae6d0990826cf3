/* A table as text: a summary as pairs, any other table as its worst rows in columns. */
#pragma once

#include "model/model.h"
#include "report/text/text_out.h"

enum { TEXT_TABLE_KEYS_MAX = 500 };

/* Which table of which target_index. */
struct text_table {
  const struct model *model;
  size_t target_index;
  const struct table *table;
  bool old;  /* of a target that does not answer: no row is marked, least of all as OK */
  bool keys; /* candidates: the first TEXT_TABLE_KEYS_MAX rows in their order, each beginning with
                its quoted key; model is not used, and no row is marked */
  bool look; /* with `keys`: there is nothing to pick; the keys are omitted, and rows are indented
                below their parents */
};

/* Whether its content fits into "TITLE value" pairs: a summary, or a single row with the name of
 * its target. */
bool text_table_is_figures(const struct text_table *table);
/* Whether there is any pair. */
bool text_table_has_figures(const struct text_table *table);
/* Its pairs, first the headline's and the lowest priorities. Omits what does not apply, what is not
 * known, and what repeats the name or the reason. room: maximum cells of the line, further pairs
 * are omitted; 0: it is wrapped. */
void text_table_figures(struct text_out *out, const struct text_table *table, int room);
/* A heading with the titles of the columns, and below it the worst rows: those with findings, then
 * the first roots. Drops columns, the highest priorities first, until it fits. */
void text_table_rows(struct text_out *out, const struct text_table *table);
