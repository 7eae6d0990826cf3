/* The lines of the list of environments, one for each, in columns. */
#pragma once

#include "ui/environments/environments_list.h"

/* The headings, at y. */
void environments_headings(const struct environments_list *list, struct canvas *canvas, int y);
void environments_row(const struct environments_list *list, const struct environment *environment,
                      struct canvas *canvas, int y);
/* The whole of the selected one: name, counts in words, its finding and file. */
void environments_detail(const struct environments_list *list,
                         const struct environment *environment, struct canvas *canvas, int y,
                         int height);
/* What is wrong with it, or why that is not known, without its onset; "": nothing. */
const char *environments_words(const struct environments_list *list,
                               const struct environment *environment, char *out, size_t size);
/* "14:01:02", or "3d" if that is not from the last 24 hours; "": nothing is wrong. */
const char *environments_since(const struct environments_list *list,
                               const struct environment *environment, char *out, size_t size);
