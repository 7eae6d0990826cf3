/* The columns of tables that a person has chosen: which ones, in which order, and how wide. They
 * are read from and written to the user's own file, one line for each table:
 *
 *   postgres.sessions: session, state, application, query=40
 *
 * A table is named KIND.TABLE, that of a page PAGE.TABLE. The first column of a table is always
 * shown. Tables and columns that are not known are kept: they may be of another version. So are
 * comments, and lines that are wrong: what a person wrote is not lost by a key. */
#pragma once

#include "core/err.h"
#include "model/table.h"

enum {
  COLUMN_CHOICES_MAX = 200,        /* tables */
  COLUMN_CHOICE_COLUMNS_MAX = 100, /* columns of one */
  COLUMN_CHOICE_ID_MAX = 64,       /* bytes of a name */
  COLUMN_CHOICE_WIDTH_MAX = 200,   /* cells */
  COLUMN_CHOICES_BYTES_MAX = 64 << 10,
};

struct chosen_column {
  char id[COLUMN_CHOICE_ID_MAX];
  int width; /* cells; 0: as its values need */
};

struct columns_choice {
  char table[COLUMN_CHOICE_ID_MAX]; /* "postgres.sessions" */
  struct chosen_column *columns;
  size_t count;
  int line; /* in the file; 0: it was chosen on the screen */
  bool checked;
  char unknown[COLUMN_CHOICE_ID_MAX]; /* a column that the table does not have, as of the check; ""
                                       */
};

struct columns_choices {
  struct columns_choice *items;
  size_t count;
  char *kept; /* lines of the file that are no choice: comments, and what is wrong; NULL: none */
};

void columns_choices_fini(struct columns_choices *choices);
/* Adds what the text says. False with err about the first line that is wrong, with its number; the
 * lines that are right are added nevertheless. */
bool columns_choices_read(struct columns_choices *choices, const char *text, size_t len,
                          struct err *err) MUST_CHECK;
/* The file, sorted by table; the caller frees it. */
char *columns_choices_text(const struct columns_choices *choices);

/* NULL: none was made for that table. */
struct columns_choice *columns_choices_find(const struct columns_choices *choices,
                                            const char *table);
/* An empty one for that table, replacing what was chosen; NULL if there are too many. */
struct columns_choice *columns_choices_set(struct columns_choices *choices, const char *table);
void columns_choices_remove(struct columns_choices *choices, const char *table);
bool columns_choice_add(struct columns_choice *choice, const char *id, int width);
/* Once: finds a column that the table does not have. */
void columns_choice_check(struct columns_choice *choice, const struct table_spec *spec);
