/* The matches of a pattern in the lines of a log that is still being read.
 *
 * A frame has no time to look at all lines, so each looks at a part of those that are new, in the
 * order in which they were read. */
#pragma once

#include "core/pattern.h"
#include "model/log/log.h"

struct log_matches {
  struct pattern *pattern;  /* NULL: no search */
  struct log_place *places; /* in the order of the log */
  size_t count, capacity;
  uint64_t scanned;    /* all lines up to this seq were looked at */
  uint64_t generation; /* of the log, when everything was */
  size_t window;       /* lines that the next step looks at */
  size_t left;         /* lines that remain */
  uint64_t given_up;   /* lines of which it is not known whether they match */
  bool done;
};

void log_matches_init(struct log_matches *matches);
void log_matches_fini(struct log_matches *matches);
/* Begins; takes the pattern (NULL ends the search). */
void log_matches_set(struct log_matches *matches, struct pattern *pattern);
/* The log is read again from its start. */
void log_matches_restart(struct log_matches *matches);
/* Looks at more lines; log NULL: none. */
void log_matches_step(struct log_matches *matches, const struct log *log);
/* Matches before the place: its rank. *at: whether it is one itself. */
size_t log_matches_rank(const struct log_matches *matches, struct log_place place, bool *at);
