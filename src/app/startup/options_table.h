/* The tables of the command line: the words of the commands, and one row for each option. Parsing
 * (options_parse.c), the checks of what goes together (options_check.c), the manual and the
 * completions use them. A new option is one row here and its line in usage.c. */
#pragma once

#include "app/startup/options.h"

/* What an option takes, and which member of `struct options` gets it. */
enum argument_form {
  ARGUMENT_FLAG,     /* nothing: a bool becomes true */
  ARGUMENT_TEXT,     /* a const char *; of several the last one counts */
  ARGUMENT_ONCE,     /* the same; a second one is an error */
  ARGUMENT_LIST,     /* an array of const char *, and a size_t that counts them; up to `most` */
  ARGUMENT_DURATION, /* an int64_t in ms, from `least` to `most` */
  ARGUMENT_NUMBER,   /* a long, from `least` to `most` */
  ARGUMENT_LEAVE,    /* nothing: the mode becomes `leave`, and what follows is ignored */
};

struct option_row {
  const char *name; /* without dashes */
  char letter;      /* '\0': none */
  bool alias;       /* another spelling of the row before it, equal in all else */
  enum argument_form form;
  size_t member; /* offset in struct options */
  size_t count;  /* LIST: offset of its count */
  int64_t least, most;
  const char *instead; /* ONCE: what to do instead of a second one */
  enum mode leave;
  unsigned modes; /* that accept it, as bits; 0: all */
};

enum { OPTION_ROWS_MAX = 100 };
extern const struct option_row option_rows[];
extern const size_t option_row_count;

struct mode_word {
  const char *word;
  enum mode mode;
  size_t words; /* how many may follow it */
};
enum { MODE_WORDS_MAX = 40 };
extern const struct mode_word mode_words[];
extern const size_t mode_word_count;
