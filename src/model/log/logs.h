/* The logs that are open: what the view asks for, and what app shows of it.
 *
 * The view sends requests (model/action/request.h): REQUEST_LOGS_OPEN and REQUEST_LOGS_CHANGE with
 * a logs_query, REQUEST_LOGS_SEARCH with a text, REQUEST_LOGS_SEARCH_STOP, REQUEST_LOGS_CLOSE. App
 * reads (never on the loop's thread) and changes model.logs between two frames. Nothing is read
 * unless logs are open, and no more than one is open. */
#pragma once

#include "core/err.h"
#include "model/log/log.h"
#include "model/log/log_counts.h"
#include "model/log/log_filter.h"

enum { LOGS_TAIL = 5000 }; /* lines of each source that are loaded where no time is given */

/* What to read. Borrowed for the request. REQUEST_LOGS_CHANGE needs the whole query again; target,
 * table and key are not looked at then. A change of anything but `follow` reads everything again:
 * the log is cleared, `logs->reading` increases, and places of before are worth nothing. */
struct logs_query {
  size_t target_index;
  const char *table, *key;    /* of the row; NULL: the target itself */
  int64_t since_ms, until_ms; /* wall time; 0: no limit. Without since: without a filter the last
                                 LOGS_TAIL lines of each source, with one all that it has */
  bool follow;                /* continues with lines as they are written; not with until_ms */
  struct log_filter_spec filter;
};

enum log_source_state {
  LOG_SOURCE_OPENING,
  LOG_SOURCE_READING,   /* what there is */
  LOG_SOURCE_FOLLOWING, /* all that there was has been read */
  LOG_SOURCE_ENDED,     /* all read; it does not follow, or there will be no more (err: ERR_NONE) */
  LOG_SOURCE_FAILED,    /* err; lines that it had delivered stay */
};

struct log_source_status {
  char *name;  /* short and unique in these logs: "api-1", "access.log"; clean */
  char *place; /* "file /var/log/ecap/api.log", "container 3f2a..."; clean */
  enum log_source_state state;
  struct err err;  /* FAILED: why; else what is missing ("api.log.2.gz is compressed and not read"),
                      or ERR_NONE. Sanitise for display */
  uint64_t lines;  /* read, before the filter */
  uint64_t passed; /* of these, those that passed it */
  uint64_t given_up;           /* of these, those of which the filter gave up a pattern */
  uint64_t bytes, bytes_total; /* read so far, and of what there is to read; total 0: not known */
  uint64_t rotations;          /* how often it continued in a new file */
};

/* A search through everything that the sources have (also what the log does not hold). */
struct logs_search {
  bool there; /* there is one */
  bool running;
  char *pattern;  /* as typed */
  struct err err; /* the pattern is invalid, or a source could not be read to its end */
  uint64_t bytes, bytes_total;
  uint64_t matches;
  uint64_t given_up;      /* lines of which it is not known whether they match */
  const struct log *hits; /* matching lines, the newest LOGS_HITS_MAX; their seq is their own: find
                             a hit in the log by its time */
};
enum { LOGS_HITS_MAX = 10000 };

struct logs {
  char *title;      /* "services / api"; clean */
  uint32_t reading; /* increases when everything is read again */
  struct err err;   /* nothing can be read at all ("this row has no logs: ..."), or an invalid
                       filter: then the earlier query still holds */
  bool loading;     /* at least one source is not yet FOLLOWING, ENDED or FAILED */
  bool follow;
  int64_t since_ms, until_ms;      /* in force */
  const struct log_filter *filter; /* in force; NULL: none */
  const struct log_source_status *sources;
  size_t source_count;
  const struct log *log;
  const struct log_rates *rates; /* of what passed the filter */
  struct log_messages *messages; /* the same; the view only reads the top */
  struct logs_search search;
};
