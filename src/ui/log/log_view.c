#include "ui/log/log_view.h"

void log_view_init(struct log_view *view) {
  *view = (struct log_view){.tail = true};
  log_matches_init(&view->matches);
}

/* Keeps what the user has chosen about the display. */
void log_view_fini(struct log_view *view) {
  const bool wrap = view->wrap, raw = view->raw, plain = view->plain, paused = view->paused;
  log_asked_fini(&view->asked);
  log_matches_fini(&view->matches);
  log_shown_fini(&view->shown);
  log_asked_text(&view->list.key, NULL);
  log_view_init(view);
  view->wrap = wrap;
  view->raw = raw;
  view->plain = plain;
  view->paused = paused;
}

size_t log_view_index(const struct log_view *view, const struct log *log) {
  const size_t count = log_count(log);
  if (count == 0)
    return 0;
  const size_t index = view->tail ? count - 1 : log_index(log, view->line);
  return index < count ? index : count - 1;
}

uint64_t log_view_passed(const struct logs *logs) {
  uint64_t passed = 0;
  for (size_t i = 0; i < logs->source_count; i++)
    passed += logs->sources[i].passed;
  return passed;
}

void log_view_select(struct log_view *view, const struct logs *logs, size_t index, bool tail) {
  if (view->tail && !tail)
    view->seen = log_view_passed(logs);
  view->tail = tail;
  view->centre = false;
  view->line = log_place_of(log_at(logs->log, index));
}

bool log_view_busy(const struct log_view *view) {
  return view->matches.pattern && !view->matches.done;
}
