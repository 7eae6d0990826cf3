/* Draws the history of events: a line for each, the newest first, with a heading for each day, and
 * below it the selected event with its whole sentence. */
#include "core/text/text.h"
#include "ui/draw/widget.h"
#include "ui/view/view_state.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
  LASTED_CELLS = 7,
  WIDE = 70,      /* from this width on the end and the length of an event have columns */
  TALL = 14,      /* from this height on the selected event is shown below */
  FOOT_LINES = 3, /* of it */
  DAY_MAX = 48,
};

static void day_text(char out[DAY_MAX], int64_t ms, bool utc) {
  const time_t at_s = (time_t)(ms / 1000);
  struct tm parts;
  if (!(utc ? gmtime_r(&at_s, &parts) : localtime_r(&at_s, &parts)) ||
      strftime(out, DAY_MAX, "%A %d %B %Y", &parts) == 0)
    snprintf(out, DAY_MAX, "?");
}

/* ---- one event */

static unsigned style_of(const struct event_record *record) {
  const bool mild = record->severity == SEVERITY_OK;
  return record->kind == EVENT_KIND_CHANGE || (mild && record->kind != EVENT_KIND_FINDING)
             ? STYLE_INFO
             : style_of_severity(record->severity);
}

/* Never by colour alone. */
static const char *sign_of(const struct event_record *record) {
  switch (record->kind) {
  case EVENT_KIND_CHANGE:
    return MARK_CHANGE;
  case EVENT_KIND_ACTION:
    return record->severity == SEVERITY_OK ? "> " : mark_of(record->severity);
  case EVENT_KIND_INCIDENT:
    return "# ";
  default:
    return record->severity == SEVERITY_OK ? "i " : mark_of(record->severity);
  }
}

static void draw_row(const struct frame *frame, const struct event_record *record, struct rect at,
                     bool chosen) {
  struct canvas *canvas = frame->canvas;
  char span[EVENT_SPAN_MAX], lasted[EVENT_LENGTH_MAX], about[EVENT_ABOUT_MAX],
      words[EVENT_WORDS_MAX];
  const int64_t now_ms = frame->now_ms + frame->model->wall_offset_ms;
  const unsigned style = style_of(record), open = record->state == EVENT_STATE_OPEN;
  int x = at.x, end = at.x + at.width;
  event_span_text(span, record, frame->utc);
  event_lasted_text(lasted, record, now_ms);
  if (at.width >= WIDE) {
    canvas_text(canvas, x, at.y, EVENT_SPAN_CELLS, open ? STYLE_TEXT : STYLE_DIM, span);
    canvas_text_right(canvas, x + EVENT_SPAN_CELLS, at.y, LASTED_CELLS + 1,
                      open ? STYLE_TEXT : STYLE_DIM, lasted);
    x += EVENT_SPAN_CELLS + 1 + LASTED_CELLS + 1;
  } else {
    span[8] = '\0';
    x += canvas_text(canvas, x, at.y, end - x, STYLE_DIM, span) + 1;
    if (*lasted)
      x += canvas_text(canvas, x, at.y, end - x, STYLE_DIM, lasted) + 1;
  }
  canvas_text(canvas, x, at.y, end - x, style | STYLE_STRONG, sign_of(record));
  x += MARK_CELLS + 1;
  x += canvas_text(canvas, x, at.y, end - x, style | STYLE_STRONG, event_about_text(about, record));
  x += canvas_text(canvas, x, at.y, end - x, STYLE_TEXT, ": ");
  canvas_text(canvas, x, at.y, end - x, STYLE_TEXT, event_words_text(words, record));
  if (chosen)
    canvas_restyle(canvas, at.x, at.y, at.width, 1, STYLE_SELECTED);
}

/* ---- the selected event, below */

static int draw_wrapped(const struct frame *frame, struct rect area, unsigned style,
                        const char *text) {
  char clean[EVENT_WORDS_MAX * 3];
  text_sanitize(clean, sizeof clean, text, strlen(text), frame->canvas->ascii);
  const char *at = clean;
  int y = 0;
  for (; *at && y < area.height && area.width > 0; y++) {
    const size_t len =
        y + 1 < area.height ? text_break(at, area.width) : strlen(at); /* the last one is cut */
    canvas_printf(frame->canvas, area.x, area.y + y, area.width, style, "%.*s", (int)len, at);
    at += len;
    at += strspn(at, " ");
  }
  return y;
}

static void draw_foot(const struct frame *frame, const struct event_record *record,
                      struct rect area) {
  char head[512], at[FORMAT_MAX], end[FORMAT_MAX], seen[FORMAT_MAX], lasted[EVENT_LENGTH_MAX],
      words[EVENT_WORDS_MAX], about[EVENT_ABOUT_MAX];
  const int64_t now_ms = frame->now_ms + frame->model->wall_offset_ms;
  format_time(at, sizeof at, record->at_ms, frame->utc, true);
  event_lasted_text(lasted, record, now_ms);
  if (record->state == EVENT_STATE_MOMENT)
    snprintf(head, sizeof head, "%s, at %s", event_kind_name(record->kind), at);
  else if (record->state == EVENT_STATE_OPEN && record->seen_ms)
    snprintf(head, sizeof head, "%s, since %s, last seen at %s: not watched since",
             event_kind_name(record->kind), at,
             format_time(seen, sizeof seen, record->seen_ms, frame->utc, true));
  else if (record->state == EVENT_STATE_OPEN)
    snprintf(head, sizeof head, "%s, since %s, for %s so far", event_kind_name(record->kind), at,
             lasted);
  else
    snprintf(head, sizeof head, "%s, from %s to %s, %s%s", event_kind_name(record->kind), at,
             format_time(end, sizeof end, record->end_ms, frame->utc, true),
             record->state == EVENT_STATE_UNSEEN ? "last seen then: at least " : "", lasted);
  canvas_rule(frame->canvas, area.x, area.y, area.width, STYLE_BORDER);
  canvas_printf(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_DIM, " %s ", head);
  snprintf(head, sizeof head, "%.200s", event_about_text(about, record));
  char *all = words;
  char text[EVENT_WORDS_MAX + 512];
  snprintf(text, sizeof text, "%s: %s", head, event_words_text(all, record));
  draw_wrapped(frame, (struct rect){area.x, area.y + 1, area.width, area.height - 1}, STYLE_TEXT,
               text);
}

/* ---- the list */

/* The selected row: by its id, since rows move; one that is gone leaves its place to the next. */
static void selection_find(struct history *history, const struct event_page *page) {
  if (page->count == 0) {
    history->index = history->top = 0;
    return;
  }
  if (history->to_last && !page->loading && page->has_oldest) {
    history->index = page->count - 1;
    history->at_ms = page->rows[history->index].at_ms;
    history->id = page->rows[history->index].id;
    history->to_last = false;
    return;
  }
  const size_t before = history->index;
  if (history->id == 0) {
    history->index = 0;
    return;
  }
  for (size_t i = 0; i < page->count; i++)
    if (page->rows[i].id == history->id) {
      history->index = i;
      /* Rows before it came or went: the picture stays where it is. */
      history->top = history->top + i > before ? history->top + i - before : 0;
      return;
    }
  history->index = before < page->count ? before : page->count - 1;
}

/* Lines that the rows from..to take, with the headings of days. */
static int lines_of(const struct event_page *page, size_t from, size_t to, bool utc) {
  char day[DAY_MAX], last[DAY_MAX] = "";
  int lines = 0;
  for (size_t i = from; i <= to && i < page->count; i++) {
    day_text(day, page->rows[i].at_ms, utc);
    lines += 1 + (strcmp(day, last) != 0);
    memcpy(last, day, sizeof last);
  }
  return lines;
}

static void draw_list(struct view *view, const struct frame *frame, const struct event_page *page,
                      struct rect area) {
  struct history *history = &view->history;
  char day[DAY_MAX], last[DAY_MAX] = "";
  if (history->top > history->index || history->id == 0)
    history->top = history->id == 0 ? 0 : history->index;
  while (history->top < history->index &&
         lines_of(page, history->top, history->index, frame->utc) > area.height)
    history->top++;
  history->page = area.height > 2 ? area.height - 1 : 1;
  int y = 0;
  for (size_t i = history->top; i < page->count && y < area.height; i++) {
    day_text(day, page->rows[i].at_ms, frame->utc);
    if (strcmp(day, last) != 0)
      canvas_text(frame->canvas, area.x, area.y + y++, area.width, STYLE_LABEL, day);
    memcpy(last, day, sizeof last);
    if (y >= area.height)
      break;
    hit_add(frame, area.y + y, 1, page->rows[i].at_ms, (uint64_t)page->rows[i].id);
    draw_row(frame, &page->rows[i], (struct rect){area.x, area.y + y++, area.width, 1},
             i == history->index);
  }
  if (y < area.height && page->has_oldest && page->counted && page->first_ms) {
    char first[FORMAT_MAX];
    canvas_printf(frame->canvas, area.x, area.y + y, area.width, STYLE_DIM,
                  "the history begins at %s%s",
                  format_time(first, sizeof first, page->first_ms, frame->utc, true),
                  frame->utc ? " UTC" : "");
  }
}

/* ---- the whole */

static void times_text(char *out, size_t size, const struct event_filter *filter, bool utc) {
  char since[FORMAT_MAX], until[FORMAT_MAX];
  format_time(since, sizeof since, filter->since_ms, utc, true);
  format_time(until, sizeof until, filter->until_ms, utc, true);
  if (filter->since_ms && filter->until_ms)
    snprintf(out, size, "%s to %s", since, until);
  else if (filter->since_ms)
    snprintf(out, size, "since %s", since);
  else if (filter->until_ms)
    snprintf(out, size, "until %s", until);
  else
    *out = '\0';
}

/* "[Events]", what is filtered, and how many there are. */
static void draw_border(const struct view *view, const struct frame *frame,
                        const struct event_page *page, struct rect area) {
  struct canvas *canvas = frame->canvas;
  const struct event_filter *filter = &view->history.query.filter;
  char words[EVENT_FILTER_WORDS_MAX], times[128], count[128] = "", a[FORMAT_MAX], b[FORMAT_MAX];
  canvas_box(canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  int x = area.x + 1, end = area.x + area.width - 1;
  x += canvas_text(canvas, x, area.y, end - x, STYLE_TITLE | STYLE_STRONG, "[Events]") + 1;
  const bool filtered = !event_filter_is_empty(filter);
  if (page && page->loading)
    snprintf(count, sizeof count, " reading ");
  else if (page && page->counted && filtered)
    snprintf(count, sizeof count, " %s of %s ", format_count(a, sizeof a, page->matches),
             format_count(b, sizeof b, page->total));
  else if (page && page->counted)
    snprintf(count, sizeof count, " %s ",
             format_counted(a, sizeof a, page->total, "event", "events"));
  if (*count && x + (int)strlen(count) < end) {
    end -= (int)strlen(count);
    canvas_text(canvas, end, area.y, (int)strlen(count), page->loading ? STYLE_NOTICE : STYLE_DIM,
                count);
  }
  if (!filtered)
    return;
  event_filter_words(filter, words);
  times_text(times, sizeof times, filter, frame->utc);
  canvas_printf(canvas, x, area.y, end - x - 1, STYLE_NOTICE | STYLE_STRONG, " only %s%s%s ", words,
                *words && *times ? ", " : "", times);
}

static void draw_empty(const struct frame *frame, const struct event_page *page, bool filtered,
                       struct rect area) {
  const char *text = !page || page->loading       ? "reading the history of events"
                     : page->off                  ? page->off
                     : page->err.kind != ERR_NONE ? page->err.text
                     : filtered                   ? "no matching events: Esc clears the filter"
                                : "no events so far: findings, changes and actions are kept here";
  const bool bad = page && !page->loading && (page->off || page->err.kind != ERR_NONE);
  const int used = draw_wrapped(frame, area, bad ? STYLE_NOTICE : STYLE_DIM, text);
  if (bad && used < area.height)
    draw_wrapped(frame, (struct rect){area.x, area.y + used, area.width, area.height - used},
                 STYLE_DIM, "The pane Events has the newest events of this dashboard.");
}

void history_draw(struct view *view, const struct frame *frame, struct rect area) {
  const struct event_page *page = frame->model->event_page;
  struct history *history = &view->history;
  struct rect inside = {area.x + 1, area.y + 1, area.width - 2, area.height - 2};
  draw_border(view, frame, page, area);
  if (page)
    selection_find(history, page);
  history->has_row = page && page->count > 0 && !page->off;
  if (!history->has_row) {
    history->page = 1;
    draw_empty(frame, page, !event_filter_is_empty(&history->query.filter), inside);
    return;
  }
  if (inside.height >= TALL || history->whole) {
    const int most = history->whole ? inside.height * 2 / 3 : FOOT_LINES;
    const int foot = most + 1 < inside.height ? most + 1 : inside.height - 1;
    draw_foot(frame, &page->rows[history->index],
              (struct rect){inside.x, inside.y + inside.height - foot, inside.width, foot});
    inside.height -= foot;
  }
  if (page->err.kind != ERR_NONE) { /* the rows are of before */
    canvas_text(frame->canvas, inside.x, inside.y, inside.width, STYLE_WARN, page->err.text);
    inside.y++;
    inside.height--;
  }
  draw_list(view, frame, page, inside);
}

void history_typing_draw(const struct view *view, const struct frame *frame, int y) {
  struct canvas *canvas = frame->canvas;
  const struct history *history = &view->history;
  const char *text = history->typed;
  int cells, x = 1;
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_KEY, "/");
  while (text_width(text) > canvas->width - 6 && *text)
    text += text_next(text, &cells);
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE | STYLE_STRONG, text);
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE | STYLE_STRONG, "_") + 2;
  canvas_text(canvas, x, y, canvas->width - x - 1,
              history->wrong.kind != ERR_NONE ? STYLE_WARN : STYLE_DIM,
              history->wrong.kind != ERR_NONE
                  ? history->wrong.text
                  : "a text; target:NAME kind:KIND by:OPERATOR severity:crit since:2h until:14:03");
}
