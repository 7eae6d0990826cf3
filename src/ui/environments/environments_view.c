#include "ui/environments/environments_view.h"

#include "core/text/format.h"
#include "core/text/text.h"
#include "ui/draw/widget.h"
#include "ui/environments/environments_rows.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
  WIDTH_LEAST = 30,
  HEIGHT_LEAST = 6,
  SENTENCE_HEIGHT = 10, /* lower screens have no line for the worst one */
  DETAIL_HEIGHT = 12,   /* and these none for the selected one */
  WORDS_WIDTH = 60,
};

/* ---- which one */

static enum severity severity_at(const struct environments_list *list, size_t index) {
  return environment_severity(list->items[index], list->now_ms);
}

/* The first of the worst ones. */
static size_t worst_of(const struct environments_list *list) {
  size_t worst = 0;
  for (size_t i = 1; i < list->count; i++)
    if (severity_at(list, i) > severity_at(list, worst))
      worst = i;
  return worst;
}

static size_t next_wrong(const struct environments_list *list, size_t at) {
  for (size_t i = 1; i <= list->count; i++)
    if (severity_at(list, (at + i) % list->count) != SEVERITY_OK)
      return (at + i) % list->count;
  return at;
}

/* ---- drawing */

static int put_badges(const struct environments_list *list, struct canvas *canvas, int x, int end) {
  static const enum severity severities[] = {SEVERITY_CRIT, SEVERITY_WARN, SEVERITY_UNKNOWN,
                                             SEVERITY_OK};
  const bool words = canvas->width >= WORDS_WIDTH;
  for (size_t i = 0; i < sizeof severities / sizeof *severities; i++) {
    const enum severity severity = severities[i];
    size_t count = 0;
    for (size_t n = 0; n < list->count; n++)
      count += severity_at(list, n) == severity;
    if (count == 0)
      continue;
    const unsigned style = style_of_severity(severity) | STYLE_STRONG;
    if (words || severity == SEVERITY_OK)
      x += canvas_printf(canvas, x, 0, end - x, style, " %zu %s ", count, word_of(severity)) + 1;
    else
      x += canvas_printf(canvas, x, 0, end - x, style, "%zu%.*s", count,
                         severity == SEVERITY_CRIT ? 2 : 1, mark_of(severity)) +
           1;
  }
  return x;
}

/* "14:03:27 UTC". */
static void clock_text(const struct environments_list *list, char *out, size_t size) {
  char zone[16] = "UTC", time[FORMAT_MAX];
  const int64_t ms = list->now_ms + list->wall_offset_ms;
  const time_t seconds = (time_t)(ms / 1000);
  struct tm parts;
  if (!list->utc && (!localtime_r(&seconds, &parts) || !strftime(zone, sizeof zone, "%Z", &parts)))
    *zone = '\0';
  snprintf(out, size, "%s %s", format_time(time, sizeof time, ms, list->utc, false), zone);
}

static void draw_header(const struct environments_list *list, struct canvas *canvas) {
  char clock[80];
  const bool words = canvas->width >= WORDS_WIDTH;
  clock_text(list, clock, sizeof clock);
  int end = canvas->width - 1, x = 1;
  canvas_fill(canvas, 0, 0, canvas->width, 1, STYLE_HEADER, ' ');
  if (words)
    x += canvas_text(canvas, x, 0, end - x, STYLE_HEADER | STYLE_STRONG, "stacktop") + 2;
  x += canvas_printf(canvas, x, 0, end - x, STYLE_HEADER | STYLE_STRONG,
                     words ? "%zu environments" : "%zu env", list->count) +
       1;
  x = put_badges(list, canvas, x, end);
  if (end - (int)strlen(clock) <= x)
    clock[8] = '\0';
  if (end - (int)strlen(clock) <= x)
    return;
  end -= (int)strlen(clock);
  canvas_text(canvas, end, 0, canvas->width - end, STYLE_HEADER, clock);
  if (list->user && end - 2 - text_width(list->user) > x)
    canvas_text_right(canvas, x, 0, end - 2 - x, STYLE_HEADER, list->user);
}

/* The worst one in a line: what rules the verdict of all. */
static void draw_sentence(const struct environments_list *list, struct canvas *canvas, int y) {
  const struct environment *worst = list->items[worst_of(list)];
  const enum severity severity = environment_severity(worst, list->now_ms);
  const unsigned style = style_of_severity(severity);
  char text[ENVIRONMENT_SUBJECT_MAX + ENVIRONMENT_SENTENCE_MAX + 4], since[FORMAT_MAX];
  int x = 1;
  const int end = canvas->width - 1;
  if (severity == SEVERITY_OK) {
    canvas_printf(canvas, x, y, end - x, STYLE_DIM, "%zu/%zu environments ok, no findings",
                  list->count, list->count);
    return;
  }
  environments_words(list, worst, text, sizeof text);
  environments_since(list, worst, since, sizeof since);
  x += canvas_text(canvas, x, y, end - x, style | STYLE_STRONG, mark_of(severity)) + 1;
  x += canvas_text(canvas, x, y, end - x, style | STYLE_STRONG, worst->name) + 1;
  if (worst->production)
    x += canvas_text(canvas, x, y, end - x, STYLE_HEADER_PRODUCTION | STYLE_STRONG, "PRODUCTION") +
         1;
  x += canvas_text(canvas, x, y, end - x, STYLE_TEXT, text) + 1;
  if (*since && end - x >= 14)
    canvas_printf(canvas, x, y, end - x, STYLE_DIM, "since %s", since);
}

static void draw_footer(const struct environments_view *view, struct canvas *canvas, int y) {
  static const struct {
    const char *key, *words;
  } keys[] = {{"Enter", "open"}, {"n", "next problem"}, {"r", "start again"}},
    edge[] = {{"q", "quit"}, {"?", "help"}};
  int x = 1, end = canvas->width - 1;
  if (*view->notice) {
    canvas_text(canvas, x, y, end - x, STYLE_NOTICE, view->notice);
    return;
  }
  for (size_t i = 0; i < sizeof edge / sizeof *edge; i++) {
    end -= (int)(strlen(edge[i].key) + 1 + strlen(edge[i].words));
    const int at = end + canvas_text(canvas, end, y, canvas->width - end, STYLE_KEY, edge[i].key);
    canvas_text(canvas, at + 1, y, canvas->width - at - 1, STYLE_TEXT, edge[i].words);
    end -= 2;
  }
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const int width = (int)(strlen(keys[i].key) + 1 + strlen(keys[i].words));
    if (x + width > end)
      return;
    const int at = x + canvas_text(canvas, x, y, end - x, STYLE_KEY, keys[i].key);
    canvas_text(canvas, at + 1, y, end - at - 1, STYLE_TEXT, keys[i].words);
    x += width + 2;
  }
}

static void draw_help(struct canvas *canvas, int y, int end) {
  static const struct {
    const char *keys, *what;
  } lines[] = {{"Up Down j k, Home End g G", "select an environment; PgUp and PgDn by pages"},
               {"Enter, click on the selected", "open it: its whole dashboard"},
               {"Esc or q, in an environment", "back to this list; its actions continue"},
               {"n", "next environment that is not ok"},
               {"r", "start again now what has ended or is wrong"},
               {"R", "read all configurations again (:reload)"},
               {"Ctrl-L", "repaint the screen"},
               {"Ctrl-Z", "suspend; fg resumes"},
               {"? h F1", "this help; again or Esc: close it"},
               {"q F10 Ctrl-C", "quit; Ctrl-C and :quit everywhere"}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines && y < end; i++, y++) {
    const int column = canvas->width >= 76 ? 30 : 16;
    canvas_text(canvas, 1, y, column - 2, STYLE_KEY, lines[i].keys);
    canvas_text(canvas, column, y, canvas->width - column - 1, STYLE_TEXT, lines[i].what);
  }
}

static void fit(struct environments_view *view, const struct environments_list *list, int lines) {
  const size_t room = lines > 0 ? (size_t)lines : 1;
  view->lines = (int)room;
  if (view->at >= list->count)
    view->at = list->count - 1;
  if (view->top > view->at)
    view->top = view->at;
  if (view->at >= view->top + room)
    view->top = view->at - room + 1;
  if (view->top + room > list->count)
    view->top = list->count > room ? list->count - room : 0;
}

/* "+5 more, 1 CRIT": of those that do not fit. */
static void draw_more(const struct environments_view *view, const struct environments_list *list,
                      struct canvas *canvas, int y) {
  enum severity worst = SEVERITY_OK;
  size_t hidden = 0, bad = 0;
  for (size_t i = 0; i < list->count; i++)
    if (i < view->top || i >= view->top + (size_t)view->lines) {
      const enum severity severity = severity_at(list, i);
      hidden++;
      bad = severity > worst ? 1 : bad + (severity == worst && severity != SEVERITY_OK);
      worst = severity_worse(worst, severity);
    }
  if (worst == SEVERITY_OK)
    canvas_printf(canvas, 1, y, canvas->width - 2, STYLE_DIM, "+%zu more, all ok", hidden);
  else
    canvas_printf(canvas, 1, y, canvas->width - 2, style_of_severity(worst) | STYLE_STRONG,
                  "+%zu more, %zu %s", hidden, bad, word_of(worst));
}

static void draw_list(struct environments_view *view, const struct environments_list *list,
                      struct canvas *canvas, int y, int end) {
  const int detail = canvas->height >= 2 * DETAIL_HEIGHT ? 6
                     : canvas->height >= DETAIL_HEIGHT   ? 3
                                                         : 0;
  environments_headings(list, canvas, y++);
  const int room = end - y - (detail > 0 ? detail + 1 : 0);
  const bool more = (size_t)(room > 0 ? room : 1) < list->count;
  fit(view, list, room - more);
  view->first_y = y;
  for (size_t i = view->top; i < list->count && i < view->top + (size_t)view->lines; i++, y++) {
    environments_row(list, list->items[i], canvas, y);
    if (i == view->at)
      canvas_restyle(canvas, 0, y, canvas->width, 1, STYLE_SELECTED);
  }
  if (more)
    draw_more(view, list, canvas, y++);
  if (detail == 0)
    return;
  canvas_rule(canvas, 0, end - detail - 1, canvas->width, STYLE_BORDER);
  environments_detail(list, list->items[view->at], canvas, end - detail, detail);
}

void environments_draw(struct environments_view *view, const struct environments_list *list,
                       struct canvas *canvas) {
  int y = 1;
  if (canvas->width < WIDTH_LEAST || canvas->height < HEIGHT_LEAST) {
    canvas_printf(canvas, 0, 0, canvas->width, STYLE_TEXT, "too small: %dx%d at least", WIDTH_LEAST,
                  HEIGHT_LEAST);
    return;
  }
  if (!view->touched && list->count > 0)
    view->at = worst_of(list);
  draw_header(list, canvas);
  if (canvas->height >= SENTENCE_HEIGHT)
    draw_sentence(list, canvas, y++);
  if (view->help)
    draw_help(canvas, y + 1, canvas->height - 1);
  else
    draw_list(view, list, canvas, y, canvas->height - 1);
  draw_footer(view, canvas, canvas->height - 1);
}

/* ---- keys */

static void move(struct environments_view *view, const struct environments_list *list, int64_t to) {
  const int64_t last = (int64_t)list->count - 1;
  view->at = (size_t)(to < 0 ? 0 : to > last ? last : to);
}

static enum environments_act click(struct environments_view *view,
                                   const struct environments_list *list, int y) {
  const int line = y - view->first_y;
  const size_t at = view->top + (size_t)(line > 0 ? line : 0);
  if (line < 0 || line >= view->lines || at >= list->count)
    return ENVIRONMENTS_NOTHING;
  if (at == view->at)
    return ENVIRONMENTS_OPEN;
  view->at = at;
  return ENVIRONMENTS_NOTHING;
}

static enum environments_act rune_key(struct environments_view *view,
                                      const struct environments_list *list, uint32_t rune) {
  switch (rune) {
  case 'q':
    return ENVIRONMENTS_QUIT;
  case '?':
  case 'h':
    view->help = !view->help;
    break;
  case 'j':
    move(view, list, (int64_t)view->at + 1);
    break;
  case 'k':
    move(view, list, (int64_t)view->at - 1);
    break;
  case 'g':
    move(view, list, 0);
    break;
  case 'G':
    move(view, list, INT64_MAX);
    break;
  case 'n':
    view->at = next_wrong(list, view->at);
    break;
  case 'r':
    return ENVIRONMENTS_RETRY;
  case 'R':
    return ENVIRONMENTS_RELOAD;
  default:
    break;
  }
  return ENVIRONMENTS_NOTHING;
}

static enum environments_act function_key(struct environments_view *view, uint32_t number) {
  if (number == 1)
    view->help = !view->help;
  return number == 10 ? ENVIRONMENTS_QUIT : number == 5 ? ENVIRONMENTS_RETRY : ENVIRONMENTS_NOTHING;
}

static enum environments_act control_key(uint32_t rune) {
  return rune == 'c'   ? ENVIRONMENTS_QUIT
         : rune == 'z' ? ENVIRONMENTS_SUSPEND
         : rune == 'l' ? ENVIRONMENTS_REPAINT
                       : ENVIRONMENTS_NOTHING;
}

enum environments_act environments_key(struct environments_view *view,
                                       const struct environments_list *list, struct key key) {
  const int64_t at = (int64_t)view->at;
  *view->notice = '\0';
  view->touched = true;
  switch (key.code) {
  case KEY_CODE_RUNE:
    return rune_key(view, list, key.rune);
  case KEY_CODE_ENTER:
    return view->help ? ENVIRONMENTS_NOTHING : ENVIRONMENTS_OPEN;
  case KEY_CODE_ESC:
    view->help = false;
    break;
  case KEY_CODE_UP:
  case KEY_CODE_WHEEL_UP:
    move(view, list, at - 1);
    break;
  case KEY_CODE_DOWN:
  case KEY_CODE_WHEEL_DOWN:
    move(view, list, at + 1);
    break;
  case KEY_CODE_HOME:
    move(view, list, 0);
    break;
  case KEY_CODE_END:
    move(view, list, INT64_MAX);
    break;
  case KEY_CODE_PAGE_UP:
    move(view, list, at - view->lines);
    break;
  case KEY_CODE_PAGE_DOWN:
    move(view, list, at + view->lines);
    break;
  case KEY_CODE_CLICK:
    return view->help ? ENVIRONMENTS_NOTHING : click(view, list, key.y);
  case KEY_CODE_FUNCTION:
    return function_key(view, key.rune);
  case KEY_CODE_CTRL:
    return control_key(key.rune);
  default:
    break;
  }
  return ENVIRONMENTS_NOTHING;
}
