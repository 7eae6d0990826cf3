/* Options: one row defines an option; parsing, errors with file:line:column, `stacktop config
 * --default`, `stacktop actions` and the forms of actions use it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/origin.h"
#include "core/quantity.h"

enum option_type {
  OPTION_TEXT,
  OPTION_SECRET,   /* a text that may contain a password: never shown, logged or dumped unmasked */
  OPTION_INT,      /* min..max */
  OPTION_BOOL,     /* true, false */
  OPTION_DURATION, /* "2s", "5m", "1h", "3d", "300ms"; kept in milliseconds; min..max too */
  OPTION_CHOICE,   /* one of `choices` */
  OPTION_LIST,     /* of texts */
  OPTION_MAP,      /* texts by text; `choices` limits the names if it is set */
};

struct option {
  const char *name;
  enum option_type type;
  bool required;
  bool hidden;                /* never shown, not even in part */
  int64_t min, max;           /* INT and DURATION (ms); both 0: no limit */
  const char *const *choices; /* NULL-terminated, or NULL */
  const char *fallback;       /* the default, as one would write it; NULL: unset */
  const char *help;
  const char *example; /* without a default: a value as in YAML; may be NULL */
  /* TEXT, SECRET, and each text of a LIST or a MAP: checks that it is a URL, an address, ..., so
   * that the error has its line. May be NULL. Must not block. */
  bool (*check)(const char *text, struct err *err);
  bool (*check_name)(const char *name, struct err *err); /* each name of a MAP; the same */
  /* Each text of a MAP by its name, where its names have different kinds of texts; the same. */
  bool (*check_item)(const char *name, const char *text, struct err *err);
};

/* A parsed value. Unset options are absent: count 0, text NULL. */
struct option_value {
  bool set;
  int64_t number; /* INT, BOOL (0/1), DURATION (ms) */
  char *text;     /* TEXT, SECRET, CHOICE */
  char **names;   /* MAP: names[i] belongs to items[i] */
  char **items;   /* LIST, MAP */
  size_t item_count;
  struct origin origin;
};

enum { OPTION_ALLOWED_MAX = 256 };
/* The allowed values: "200ms to 1d", "1 to 65535", "true | false", "btree | hash"; for a MAP with
 * choices, its names. "" if the type says it all. Returns out. */
const char *option_allowed(const struct option *option, char out[OPTION_ALLOWED_MAX]);
/* Its choices, "true" and "false" for a BOOL; NULL where it has none. */
const char *const *option_choices(const struct option *option);

/* Parses one scalar for `option`. On false, err->text has what was expected: `70000 is out of
 * range: 1 to 65535`. */
bool option_parse(const struct option *option, const char *text, struct option_value *value,
                  struct err *err) MUST_CHECK;
void option_value_fini(struct option_value *value);
/* Whether they say the same, wherever they are from. */
bool option_value_same(const struct option_value *a, const struct option_value *b);
