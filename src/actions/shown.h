/* Numbers and words as people read them in a plan or an outcome, kept in its arena. */
#pragma once

#include "core/arena.h"
#include "core/value.h"

const char *shown_count(struct arena *arena, int64_t count); /* "12,430" */
/* "1 key", "12,430 keys" */
const char *shown_counted(struct arena *arena, int64_t count, const char *one, const char *many);
const char *shown_bytes(struct arena *arena, int64_t bytes);   /* "1.4 GB" */
const char *shown_duration(struct arena *arena, int64_t ms);   /* "14m 05s" */
const char *shown_number(struct arena *arena, int64_t number); /* exact: "12430" */
const char *shown_value(struct arena *arena, struct value value, enum unit unit);
/* A word as a shell and `stacktop plan` take it, quoted where necessary (core/text/quote.h). */
const char *shown_word(struct arena *arena, const char *word);
