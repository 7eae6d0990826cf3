/* Lines of words: sanitised, wrapped at the width, marked and coloured. */
#pragma once

#include "model/judge/severity.h"
#include "report/text/text_options.h"

#include <stdio.h>

/* Maximum bytes of one sanitised text. */
enum { TEXT_OUT_MAX = 1024 };

struct text_out {
  FILE *out;
  const struct report_text_options *options;
  bool no_pipes; /* '|' becomes '/' */
  int width;     /* INT_MAX: unlimited */
  int indent;    /* indent of wrapped lines */
  int column;    /* cells written on this line */
};

void text_out_init(struct text_out *out, FILE *file, const struct report_text_options *options);

/* Ends the line, if one was begun. */
void text_out_end(struct text_out *out);
/* Begins a line at `indent`; wrapped words start there too, until text_out_mark changes it. */
void text_out_begin(struct text_out *out, int indent);
/* "CRIT  ": four letters and two spaces; wrapped words then start after it. */
void text_out_mark(struct text_out *out, enum severity severity);
/* The same with any word, without colour. */
void text_out_label(struct text_out *out, const char *word);
/* A word in the severity's colour. */
void text_out_status(struct text_out *out, const char *word, enum severity severity);
void text_out_bold(struct text_out *out, const char *text);
/* Sanitised text (see text_out_clean) as one unbreakable piece, `gap` spaces after the previous
 * one. */
void text_out_piece(struct text_out *out, const char *text, int gap);
/* Spaces up to the column. */
void text_out_pad(struct text_out *out, int column);
/* Any text, word by word, `gap` spaces after the previous one. */
void text_out_words(struct text_out *out, const char *text, int gap);
void text_out_printf(struct text_out *out, int gap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Any text sanitised for printing, of at most `cells` cells, with an ellipsis where it was
 * truncated. */
void text_out_clean(const struct text_out *out, const char *text, int cells,
                    char clean[TEXT_OUT_MAX]);
