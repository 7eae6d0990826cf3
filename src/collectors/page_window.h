/* The window of a page whose figures count from a moment on: since the page was opened, since the
 * first mark (key m), between two marks. Pure.
 *
 * A page keeps for each counter its value at the beginning of the window (`base`) and at its end
 * (`end`): in a collection that `begins`, the base is what it reads; in one that `moves`, the end
 * is. The figure is end - base. A page that does this sets `windows` in its spec. */
#pragma once

#include "core/value.h"
#include "model/page.h"

struct page_window {
  uint32_t marks; /* of the focus, as of the last collection that succeeded */
  bool opened;    /* there was one */
  /* Of the collection that runs: */
  bool begins; /* the figures count from now on */
  bool moves;  /* the window is open, or ends now */
  uint32_t wanted;
  int64_t at_us, at_ms;
  /* The window: on the steady clock, and in wall time. */
  int64_t from_us, to_us, from_ms, to_ms;
};

/* A collection starts. first: it cannot be compared with the counters of the ones before. */
void page_window_start(struct page_window *window, const struct page_focus *focus, bool first,
                       int64_t now_us, int64_t wall_ms);
/* It has succeeded: a mark that a failed one would have set is set by the next. */
void page_window_keep(struct page_window *window);

/* Of the window as it will be kept. */
double page_window_seconds(const struct page_window *window);
struct value page_window_from(const struct page_window *window);
struct value page_window_to(const struct page_window *window);
/* "since opened", "since the mark", "between marks". */
const char *page_window_kind(const struct page_window *window);

/* Columns of a summary for it: "from 02:13:10 to 02:14:40 watched 90s". */
#define PAGE_WINDOW_COLUMNS(prefix, what)                                                \
  COLUMN(prefix##_WATCHED, .id = "watched", .title = "WATCHED", .unit = UNIT_SECONDS,    \
         .help = "length of the window, which " what " cover")                           \
  COLUMN(prefix##_FROM, .id = "from", .title = "FROM", .unit = UNIT_TIME, .priority = 1, \
         .help = "beginning of the window: the page was opened, or m was pressed")       \
  COLUMN(prefix##_TO, .id = "to", .title = "TO", .unit = UNIT_TIME, .priority = 1,       \
         .help = "end of the window: the last collection, or m was pressed again")       \
  COLUMN(prefix##_WINDOW, .id = "window", .title = "WINDOW", .priority = 1,              \
         .help = "since the mark that a key sets; then between two marks; then since a new one")
#define PAGE_WINDOW_FILL(cells, prefix, window)                          \
  do {                                                                   \
    (cells)[prefix##_WATCHED] = value_real(page_window_seconds(window)); \
    (cells)[prefix##_FROM] = page_window_from(window);                   \
    (cells)[prefix##_TO] = page_window_to(window);                       \
    (cells)[prefix##_WINDOW] = value_text(page_window_kind(window));     \
  } while (0)
