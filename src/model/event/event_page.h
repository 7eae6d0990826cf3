/* The part of the history of events that is looked at: what the view asks for, and what app shows
 * of it.
 *
 * The view sends requests (model/action/request.h): REQUEST_EVENTS_OPEN and REQUEST_EVENTS_CHANGE
 * with an event_query, REQUEST_EVENTS_CLOSE. App reads (never on the loop's thread) and changes
 * model.event_page between two frames. Of a long history only a window is in memory. */
#pragma once

#include "model/event/event_record.h"

enum {
  EVENT_PAGE_ROWS = 200,     /* of one reading */
  EVENT_PAGE_ROWS_MAX = 600, /* in memory: those at the other end go */
};

enum event_want {
  EVENT_WANT_NEWEST, /* another filter, or the first row */
  EVENT_WANT_OLDEST, /* the last row */
  EVENT_WANT_OLDER,  /* more behind the last row */
  EVENT_WANT_NEWER,  /* more before the first row */
};

/* Borrowed for the request. */
struct event_query {
  enum event_want want;
  struct event_filter filter; /* OPEN and CHANGE with NEWEST or OLDEST; else that of before */
};

struct event_page {
  const char *off;           /* why there is no history: a sentence; NULL: there is one */
  bool loading;              /* there are no rows of this filter yet */
  bool busy;                 /* more rows are being read */
  struct err err;            /* ERR_NONE: it could be read */
  struct event_record *rows; /* the newest first; their texts are owned */
  size_t count;
  bool has_newest, has_oldest; /* the first row is the newest one, the last the oldest */
  bool counted;                /* the next three are known */
  int64_t matches, total;
  int64_t first_ms; /* of the oldest event, whatever the filter; 0: there is none */
  struct event_filter filter;
};
