/* A table as text: a summary as pairs, any other as its worst rows in columns. */
#pragma once

#include "model/model.h"
#include "report/text_out.h"

enum { TEXT_TABLE_KEYS_MAX = 500 };

/* Which table of which target_index. */
struct text_table {
  const struct model *model;
  size_t target_index;
  const struct table *table;
  bool old;  /* of a target that no longer answers: nothing in it is marked, least of all as OK */
  bool keys; /* to pick from: the first rows in their order, TEXT_TABLE_KEYS_MAX at the most, each
                begins with its key, quoted; model is not needed, and nothing is marked */
};

/* Whether all that it says fits into "TITLE value" pairs: a summary, or a single row that bears its
 * target's name. */
bool text_table_is_figures(const struct text_table *table);
/* Its pairs, the headline's and the lowest priorities first. Leaves out what does not apply, what
 * is not known, and what says the name or the reason again. room: cells up to which this line may
 * be filled, what goes beyond is left out; 0: it is wrapped. */
void text_table_figures(struct text_out *out, const struct text_table *table, int room);
/* A heading with the columns' titles, and below it the worst rows: those with findings, then the
 * first roots. Drops columns, the highest priorities first, until it fits. */
void text_table_rows(struct text_out *out, const struct text_table *table);
