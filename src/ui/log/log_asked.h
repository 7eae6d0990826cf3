/* What the viewer asks for: the row, since when, and the filter. */
#pragma once

#include "model/action/request.h"
#include "ui/draw/frame.h"

/* What was asked for last; texts are owned. */
struct log_asked {
  size_t target_index;
  char *table, *key;
  size_t span;       /* index in log_spans */
  int64_t around_ms; /* not 0: only lines about this time, to show an old match */
  char *grep, *exclude, *source;
  enum log_level level;
  char *conditions[LOG_CONDITIONS_MAX];
  size_t condition_count;
  char *saved; /* name of the filter of the configuration; NULL */
};

/* How far back lines are read. */
struct log_span {
  int64_t ms; /* 0: the default of the sources; INT64_MAX: everything */
  const char *words;
};
extern const struct log_span log_spans[];
extern const size_t log_span_count;

void log_asked_fini(struct log_asked *asked);
/* The row's logs, unfiltered. */
void log_asked_set(struct log_asked *asked, const struct subject *subject);
void log_asked_unfilter(struct log_asked *asked);
bool log_asked_is_filtered(const struct log_asked *asked);
/* The filter of the configuration instead of all others; its time too, if it has one. */
void log_asked_save(struct log_asked *asked, const struct log_saved *saved);
/* Copies of these replace the conditions on fields. */
void log_asked_conditions(struct log_asked *asked, const char *const *conditions, size_t count);
/* text replaces *field; "" is none. */
void log_asked_text(char **field, const char *text);
/* Fills the query, which borrows from it and from the frame's arena. */
void log_asked_query(const struct log_asked *asked, const struct frame *frame,
                     struct logs_query *query);
