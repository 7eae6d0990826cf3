/* Which lines of a log are wanted. */
#pragma once

#include "core/err.h"
#include "core/origin.h"
#include "core/pattern.h"
#include "model/log/log.h"

enum { LOG_CONDITIONS_MAX = 8 };

/* As typed or configured; all borrowed. Zeroed: every line. */
struct log_filter_spec {
  const char *grep;              /* a regular expression; NULL or "": none */
  const char *exclude;           /* lines that match it are not wanted; NULL or "": none */
  enum log_level level;          /* this or worse; LOG_LEVEL_NONE: any, also without a level */
  const char *const *conditions; /* on fields of JSON lines, all must hold: "status=500",
                                    "user!=root", "request_duration>5", "path~^/api" (=, !=, <, <=,
                                    >, >=, ~, !~); numbers are compared as numbers */
  size_t condition_count;
  const char *source; /* lines of sources whose name contains it; NULL or "": all */
  bool source_exact;  /* whose name is it */
};

struct log_filter;

/* NULL with what is wrong: "grep: at character 5: missing closing parenthesis". */
struct log_filter *log_filter_new(const struct log_filter_spec *spec, struct err *err) MUST_CHECK;
void log_filter_free(struct log_filter *filter);                    /* NULL is allowed */
struct log_filter *log_filter_dup(const struct log_filter *filter); /* for another thread */
/* The spec it was made of; its texts live as long as the filter. */
const struct log_filter_spec *log_filter_spec(const struct log_filter *filter);
/* Whether every line passes. NULL passes all. */
bool log_filter_is_empty(const struct log_filter *filter);
bool log_filter_passes(const struct log_filter *filter, const struct log_record *record);
/* For how many records log_filter_passes gave up a pattern: what it says of those is not known. */
uint64_t log_filter_given_up(const struct log_filter *filter); /* NULL: 0 */
/* Its grep, to highlight; NULL: none. */
const struct pattern *log_filter_grep(const struct log_filter *filter);
/* What every line that passes contains, to find candidates fast: grep, or a field's name; NULL:
 * nothing is known. */
const struct pattern *log_filter_needle(const struct log_filter *filter);
bool log_filter_wants_source(const struct log_filter *filter, const char *name);
/* "level warn or worse, /timeout/, status>=500"; "" for an empty one. Returns out. */
enum { LOG_FILTER_TEXT_MAX = 256 };
const char *log_filter_text(const struct log_filter *filter, char out[LOG_FILTER_TEXT_MAX]);

/* A filter of the configuration (log_filters:), owned by it. */
struct log_saved {
  char *name; /* "slow requests" */
  char *help; /* what it shows; NULL */
  struct log_filter *filter;
  int64_t since_ms;       /* how far back to read: a duration; 0: not said */
  struct origin *origins; /* by enum log_filter_option; NULL: not known */
};
