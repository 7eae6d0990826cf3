/* Lines of words: sanitised, wrapped at the width, marked and coloured. */
#pragma once

#include "model/severity.h"
#include "report/text_options.h"

#include <stdio.h>

/* One text at the most, in bytes once it is sanitised. */
enum { TEXT_OUT_MAX = 1024 };

struct text_out {
  FILE *out;
  const struct report_text_options *options;
  bool no_pipes; /* '|' becomes '/' */
  int width;     /* INT_MAX: unlimited */
  int indent;    /* where a wrapped line goes on */
  int column;    /* cells written on this line */
};

void text_out_init(struct text_out *out, FILE *file, const struct report_text_options *options);

/* Ends the line, if one is begun. */
void text_out_end(struct text_out *out);
/* Begins a line at `indent`; its words are wrapped to there too, until moved by text_out_mark. */
void text_out_begin(struct text_out *out, int indent);
/* "CRIT  ": four letters and two spaces; then that is the place to wrap to. */
void text_out_mark(struct text_out *out, enum severity severity);
/* The same with a word of one's own, not coloured. */
void text_out_label(struct text_out *out, const char *word);
/* A word in the severity's colour. */
void text_out_status(struct text_out *out, const char *word, enum severity severity);
void text_out_bold(struct text_out *out, const char *text);
/* Sanitised text (see text_out_clean) as one piece that is not broken, `gap` spaces behind what
 * stands before it. */
void text_out_piece(struct text_out *out, const char *text, int gap);
/* Spaces up to the column. */
void text_out_pad(struct text_out *out, int column);
/* Any text, word by word, `gap` spaces behind what stands before it. */
void text_out_words(struct text_out *out, const char *text, int gap);
void text_out_printf(struct text_out *out, int gap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Any text made fit to print, of at most `cells` cells with an ellipsis where it was cut. */
void text_out_clean(const struct text_out *out, const char *text, int cells,
                    char clean[TEXT_OUT_MAX]);
