/* What the view keeps of the history of events between two frames. */
#pragma once

#include "model/event/event_page.h"

enum { HISTORY_TYPED_MAX = 240, HISTORY_SPANS = 6 };

struct history {
  struct event_query query; /* the filter that was asked for */
  size_t span;              /* how far back: an index; 0: everything */
  int64_t at_ms, id;        /* the selected event; id 0: the newest */
  bool to_last;             /* it is the last row, once that is there */
  size_t index, top; /* of the selected row and of the first one on the screen, as last drawn */
  int page;          /* rows on the screen, as last drawn */
  bool has_row;      /* a row is selected, as last drawn */
  bool whole;        /* the selected event is shown as long as it is */
  bool typing;
  char typed[HISTORY_TYPED_MAX];
  struct err wrong; /* of what is typed */
};
