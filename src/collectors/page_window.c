#include "collectors/page_window.h"

static bool is_between(uint32_t marks) {
  return marks > 0 && marks % 2 == 0;
}

void page_window_start(struct page_window *window, const struct page_focus *focus, bool first,
                       int64_t now_us, int64_t wall_ms) {
  const bool marked = focus->marks != window->marks;
  window->wanted = focus->marks;
  window->at_us = now_us;
  window->at_ms = wall_ms;
  window->begins = first || !window->opened || (marked && !is_between(focus->marks));
  window->moves = window->begins || marked || !is_between(focus->marks);
}

void page_window_keep(struct page_window *window) {
  if (window->begins) {
    window->from_us = window->at_us;
    window->from_ms = window->at_ms;
  }
  if (window->moves) {
    window->to_us = window->at_us;
    window->to_ms = window->at_ms;
  }
  window->marks = window->wanted;
  window->opened = true;
}

double page_window_seconds(const struct page_window *window) {
  const int64_t from = window->begins ? window->at_us : window->from_us;
  return (double)((window->moves ? window->at_us : window->to_us) - from) / 1e6;
}

struct value page_window_from(const struct page_window *window) {
  return value_int(window->begins ? window->at_ms : window->from_ms);
}

struct value page_window_to(const struct page_window *window) {
  return value_int(window->moves ? window->at_ms : window->to_ms);
}

const char *page_window_kind(const struct page_window *window) {
  return window->wanted == 0          ? "since opened"
         : is_between(window->wanted) ? "between marks"
                                      : "since the mark";
}
