/* The verdict: what is wrong, and why, in two lines. */
#include "ui/panes/pane_kind.h"
#include "ui/view/view_state.h"

#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
  SENTENCE_HEIGHT = 10, /* lower screens have no line for it */
  LINES_HEIGHT = 30,    /* from this height each finding has a line of its own */
  LINES_SHARE = 8,      /* of the height that they may take, one part in so many */
  LINES_HOLD_MS = 60000,
  MORE_WIDTH = 8,   /* "+12 more" */
  WORDS_WIDTH = 60, /* narrower ones use marks instead of words */
};

static unsigned header_style(const struct frame *frame) {
  return config_is_production(frame->model->config) ? STYLE_HEADER_PRODUCTION : STYLE_HEADER;
}

static size_t count_waiting(const struct frame *frame) {
  size_t count = 0;
  for (size_t i = 0; i < frame->model->target_count; i++)
    count += target_state_condition(&frame->model->targets[i], frame->now_ms) == TARGET_WAITING;
  return count;
}

/* "14:03:27 UTC". */
static void clock_text(const struct view *view, int64_t now_ms, char *out, size_t size) {
  char zone[16] = "UTC", time[FORMAT_MAX];
  time_t seconds = (time_t)(now_ms / 1000);
  struct tm parts;
  if (!view->utc && (!localtime_r(&seconds, &parts) || !strftime(zone, sizeof zone, "%Z", &parts)))
    *zone = '\0';
  snprintf(out, size, "%s %s", format_time(time, sizeof time, now_ms, view->utc, false), zone);
}

static size_t count_pending(const struct frame *frame, bool *at_least) {
  size_t count = 0;
  *at_least = false;
  for (size_t i = 0; i < frame->model->findings->count; i++) {
    const struct finding *finding = &frame->model->findings->items[i];
    count += finding->pending;
    *at_least = *at_least || (finding->pending && finding_is_cut(finding));
  }
  return count;
}

struct badge {
  char text[32];
  unsigned style;
};

enum { BADGES_MAX = 7 };

static size_t add_badge(struct badge *badges, size_t count, unsigned style, size_t number,
                        bool at_least, const char *word, const char *sign) {
  const char *plus = at_least ? "+" : "";
  if (number == 0)
    return count;
  struct badge *badge = &badges[count];
  badge->style = style | STYLE_STRONG;
  if (word)
    snprintf(badge->text, sizeof badge->text, " %zu%s %s ", number, plus, word);
  else
    snprintf(badge->text, sizeof badge->text, "%zu%s%.*s", number, plus,
             MARK_CELLS - (sign[1] == ' '), sign);
  return count + 1;
}

/* The counts of the first line; in words, or with the signs that stand for them. */
static size_t list_badges(const struct frame *frame, bool words, bool pending,
                          struct badge badges[BADGES_MAX]) {
  static const enum severity severities[] = {SEVERITY_CRIT, SEVERITY_WARN, SEVERITY_UNKNOWN};
  const struct findings *findings = frame->model->findings;
  bool at_least;
  size_t count = 0, pending_count = count_pending(frame, &at_least);
  for (size_t i = 0; i < sizeof severities / sizeof *severities; i++)
    count = add_badge(badges, count, style_of_severity(severities[i]),
                      findings_count_calling(findings, severities[i]),
                      findings_count_is_least(findings, severities[i]),
                      words ? word_of(severities[i]) : NULL, mark_of(severities[i]));
  count = add_badge(badges, count, STYLE_UNKNOWN, count_waiting(frame), false,
                    words ? "waiting" : NULL, "..");
  count = add_badge(badges, count, STYLE_NOTICE, findings_count_quiet(findings, FINDING_SILENCED),
                    false, words ? "silenced" : NULL, "- ");
  if (count == 0 && frame->model->target_count > 0) {
    snprintf(badges[0].text, sizeof badges[0].text, words ? " all ok " : "ok");
    badges[0].style = STYLE_OK | STYLE_STRONG;
    count = 1;
  }
  return add_badge(badges, count, STYLE_NOTICE, pending ? pending_count : 0, at_least,
                   words ? "pending" : NULL, ":");
}

/* The counts, in words where there is room for all of them: a partial count would mislead. Returns
 * the cell after them. */
static int draw_counts(const struct frame *frame, int x, int end) {
  struct badge badges[BADGES_MAX];
  size_t count = 0;
  for (int way = frame->canvas->width >= WORDS_WIDTH ? 0 : 2; way < 3; way++) {
    int width = 0;
    count = list_badges(frame, way < 2, way != 1, badges); /* pending ones are dropped first */
    for (size_t i = 0; i < count; i++)
      width += (int)strlen(badges[i].text) + (i > 0);
    if (x + width <= end)
      break;
  }
  for (size_t i = 0; i < count && x < end; i++)
    x += canvas_text(frame->canvas, x, 0, end - x, badges[i].style, badges[i].text) + 1;
  return x;
}

/* Whether changes are allowed: "READ-ONLY", " UNLOCKED 5m ". Returns the cell after it. */
static int draw_lock(const struct frame *frame, int x, int end, unsigned style) {
  const struct operations *operations = &frame->model->operations;
  bool words = frame->canvas->width >= WORDS_WIDTH;
  if (operations->lock == LOCK_READ_ONLY)
    return x + canvas_text(frame->canvas, x, 0, end - x, style, words ? "READ-ONLY" : "RO") + 1;
  if (operations->lock != LOCK_UNLOCKED)
    return x;
  char left[AGE_MAX], text[AGE_MAX + 16];
  int64_t ms = operations->lock_ms - frame->clock_ms;
  age_text(left, ms < 0 ? 0 : ms >= 60000 ? ms + 59999 : ms); /* a started minute counts */
  snprintf(text, sizeof text, words ? " UNLOCKED %s " : " UNL %s ", left);
  return x + canvas_text(frame->canvas, x, 0, end - x, STYLE_WARN | STYLE_STRONG, text) + 1;
}

/* Outcomes that are not on disk: " 1 NOT RECORDED ". Returns the cell after it. */
static int draw_unrecorded(const struct frame *frame, int x, int end) {
  char text[64];
  const size_t count = frame->model->operations.unrecorded;
  if (count == 0)
    return x;
  snprintf(text, sizeof text,
           frame->canvas->width >= WORDS_WIDTH ? " %zu NOT RECORDED " : " %zu UNREC ", count);
  return x + canvas_text(frame->canvas, x, 0, end - x, STYLE_CRIT | STYLE_STRONG, text) + 1;
}

/* The open incident: " P1 INC-20261128-031500 12m, response overdue by 3m ", shorter where the
 * counts need the room. Returns the cell after it. */
static int draw_incident(const struct frame *frame, int x, int end) {
  enum { COUNTS = 10 };
  const struct incident_brief *brief = &frame->model->incident;
  const int64_t wall_ms = frame->clock_ms + frame->model->wall_offset_ms;
  char age[AGE_MAX], due[INCIDENT_DUE_MAX], others[24] = "", texts[4][160];
  if (!*brief->id)
    return x;
  const bool over = incident_is_overdue(brief, wall_ms);
  age_text(age, wall_ms > brief->opened_ms ? wall_ms - brief->opened_ms : 0);
  incident_due_text(due, brief, wall_ms);
  if (brief->others > 0)
    snprintf(others, sizeof others, " +%zu", brief->others);
  snprintf(texts[0], sizeof texts[0], " P%d %s %s%s%s%s%s ", brief->level, brief->id, age, others,
           brief->lost ? " NOT RECORDED" : "", over ? ", " : "", over ? due : "");
  snprintf(texts[1], sizeof texts[1], " P%d %s %s%s%s%s ", brief->level, brief->id, age, others,
           brief->lost ? " LOST" : "", over ? " OVERDUE" : "");
  snprintf(texts[2], sizeof texts[2], " P%d %s %s%s%s ", brief->level, brief->id, age,
           brief->lost ? "?" : "", over ? "!" : "");
  snprintf(texts[3], sizeof texts[3], " P%d %s%s%s ", brief->level, age, brief->lost ? "?" : "",
           over ? "!" : "");
  size_t way = 0;
  while (way < 3 && x + (int)strlen(texts[way]) + COUNTS > end)
    way++;
  const unsigned style = over || brief->lost || brief->level == 1 ? STYLE_CRIT
                         : brief->level == 2                      ? STYLE_WARN
                                                                  : STYLE_NOTICE;
  return x + canvas_text(frame->canvas, x, 0, end - x, style | STYLE_STRONG, texts[way]) + 1;
}

static void draw_right(const struct view *view, const struct frame *frame, int x, unsigned style) {
  struct canvas *canvas = frame->canvas;
  char clock[80];
  clock_text(view, frame->now_ms + frame->model->wall_offset_ms, clock, sizeof clock);
  const char *state = view->paused ? " PAUSED " : "LIVE";
  int clock_width = (int)strlen(clock), state_width = (int)strlen(state);
  int user_width = view->user ? (int)strlen(view->user) : 0;
  int end = canvas->width - 1;
  if (end - clock_width <= x) { /* without the zone */
    clock_width = 8;
    clock[8] = '\0';
  }
  if (end - clock_width <= x)
    return;
  end -= clock_width;
  canvas_text(canvas, end, 0, clock_width, style, clock);
  if (user_width > 0 && end - 2 - user_width - 2 - state_width > x) {
    end -= user_width + 2;
    canvas_text(canvas, end, 0, user_width, style, view->user);
  }
  if (end - 2 - state_width >= x)
    canvas_text(canvas, end - 2 - state_width, 0, state_width,
                view->paused ? STYLE_NOTICE | STYLE_STRONG : style, state);
}

/* One finding as "!! dashboard refused since 14:03:13"; returns the cells. */
static int draw_finding(const struct frame *frame, const struct finding *finding, int x, int y,
                        int max) {
  char since[FORMAT_MAX];
  struct canvas *canvas = frame->canvas;
  unsigned style = style_of_severity(finding->severity);
  int at = x, end = x + max;
  at += canvas_text(canvas, at, y, end - at, style | STYLE_STRONG, mark_of(finding->severity)) + 1;
  at += canvas_printf(canvas, at, y, end - at, style | STYLE_STRONG, "%s%s",
                      pane_kind_word(frame, finding->target_index), finding->subject) +
        1;
  at += canvas_text(canvas, at, y, end - at, STYLE_TEXT, finding->sentence) + 1;
  if (end - at >= 14)
    at += canvas_printf(canvas, at, y, end - at, STYLE_DIM, "since %s",
                        frame_time(frame, since, finding->since_ms)) +
          1;
  return at - x;
}

/* "+12 more", "+20011+ more": of those that count, and are not shown. Returns the width to reserve
 * for it. */
static int more_text(const struct findings *findings, size_t more, char *out, size_t size) {
  bool at_least = false;
  for (size_t i = 0; i < findings->count; i++)
    at_least = at_least || (!findings->items[i].pending && finding_is_cut(&findings->items[i]));
  int width = snprintf(out, size, "+%zu%s more", more, at_least ? "+" : "");
  return width > MORE_WIDTH ? width : MORE_WIDTH;
}

static size_t count_findings(const struct findings *findings) {
  size_t total = 0;
  for (size_t i = 0; i < findings->count; i++)
    total += finding_calls(&findings->items[i]);
  return total;
}

/* How many of them the header shows, each on a line. A line that is no longer needed stays for a
 * while, so that the panes do not jump. */
static size_t head_lines(struct view *view, const struct frame *frame) {
  const int height = frame->canvas->height;
  const bool listed = view->listing && view->page == PAGE_PANES; /* below, each with its line */
  const size_t most = height < LINES_HEIGHT || listed ? 1 : (size_t)(height / LINES_SHARE);
  size_t wanted = count_findings(frame->model->findings);
  wanted = wanted > most ? most : wanted > 0 ? wanted : 1;
  if (wanted >= view->head_lines || frame->now_ms - view->head_ms >= LINES_HOLD_MS) {
    view->head_lines = wanted;
    view->head_ms = frame->now_ms;
  }
  return view->head_lines < most ? view->head_lines : most;
}

/* As many as there are lines, or, on one line, as fit without being cut after the name. */
static void draw_findings(const struct frame *frame, int y, size_t lines) {
  const struct findings *findings = frame->model->findings;
  char more[40];
  int x = 1, end = frame->canvas->width - 1;
  size_t shown = 0, total = count_findings(findings);
  int width = more_text(findings, total, more, sizeof more);
  for (size_t i = 0; i < findings->count && (lines == 1 || shown < lines); i++) {
    if (!finding_calls(&findings->items[i]))
      continue;
    /* Room for "+12 more". */
    const bool is_last = lines == 1 || shown + 1 == lines;
    const int room = end - x - (is_last && shown + 1 < total ? width + 1 : 0);
    if (lines == 1 && shown > 0 && room < 40)
      break;
    const int cells = draw_finding(frame, &findings->items[i], x, y, room);
    shown++;
    if (lines == 1)
      x += cells + 2;
    else if (shown < lines)
      y++;
  }
  if (shown < total) {
    width = more_text(findings, total - shown, more, sizeof more);
    canvas_text(frame->canvas, end - width, y, width, STYLE_DIM, more);
  }
}

/* If a right is missing, "nothing is beyond its threshold" is not the whole truth. */
static void draw_unseen(const struct frame *frame, int x, int y, int max) {
  for (size_t i = 0; i < frame->model->target_count; i++) {
    const struct target_state *state = &frame->model->targets[i];
    if (!state->sample || state->sample->note_count == 0)
      continue;
    canvas_printf(frame->canvas, x, y, max, STYLE_UNKNOWN, "; incomplete: %s %s",
                  state->target->name, state->sample->notes[0].text);
    return;
  }
}

/* No finding counts, or those that do are silenced; names one of these, or one that is pending. */
static void draw_calm(const struct frame *frame, int y, int width) {
  const struct findings *findings = frame->model->findings;
  size_t targets = frame->model->target_count;
  if (findings->count == 0) {
    int x = 1 + canvas_printf(frame->canvas, 1, y, width, STYLE_DIM,
                              "%zu/%zu targets up, no findings", targets, targets);
    draw_unseen(frame, x, y, width - x);
    return;
  }
  const struct finding *first = &findings->items[0];
  int x = 1;
  if (first->pending) /* a target that is down may be silenced */
    x += canvas_printf(frame->canvas, 1, y, width, STYLE_DIM, "%zu/%zu targets up; ", targets,
                       targets);
  x += canvas_text(frame->canvas, x, y, width - x, STYLE_NOTICE,
                   first->pending ? "pending: " : "silenced: ");
  canvas_printf(frame->canvas, x, y, width - x, STYLE_TEXT, "%s %s", first->subject,
                first->sentence);
}

static void draw_sentence(const struct frame *frame, int y, size_t lines) {
  struct canvas *canvas = frame->canvas;
  size_t targets = frame->model->target_count, waiting = count_waiting(frame);
  int width = canvas->width - 2;
  for (size_t i = 0; i < frame->model->findings->count; i++) {
    if (finding_calls(&frame->model->findings->items[i])) {
      draw_findings(frame, y, lines);
      return;
    }
  }
  if (targets == 0)
    canvas_text(canvas, 1, y, width, STYLE_DIM, "no targets: the configuration lists none");
  else if (waiting > 0)
    canvas_printf(canvas, 1, y, width, STYLE_DIM,
                  "waiting for the first answer from %zu of %zu targets", waiting, targets);
  else
    draw_calm(frame, y, width);
}

void header_draw_first(const struct view *view, const struct frame *frame) {
  struct canvas *canvas = frame->canvas;
  const struct config *config = frame->model->config;
  unsigned style = header_style(frame);
  canvas_fill(canvas, 0, 0, canvas->width, 1, style, ' ');
  int x = 1, end = canvas->width - 10;
  if (canvas->width >= WORDS_WIDTH)
    x += canvas_text(canvas, x, 0, end - x, style | STYLE_STRONG, "stacktop") + 2;
  x += canvas_text(canvas, x, 0, end - x, style | STYLE_STRONG, config->name ? config->name : "") +
       1;
  if (config->environment)
    x += canvas_text(canvas, x, 0, end - x, style, config->environment) + 1;
  x = draw_lock(frame, x, end, style);
  x = draw_unrecorded(frame, x, end);
  x = draw_incident(frame, x, end);
  x = draw_counts(frame, x + 1, end);
  draw_right(view, frame, x, style);
}

int header_draw(struct view *view, const struct frame *frame) {
  header_draw_first(view, frame);
  if (frame->canvas->height < SENTENCE_HEIGHT)
    return 1;
  const size_t lines = head_lines(view, frame);
  draw_sentence(frame, 1, lines);
  return 1 + (int)lines;
}

static int tab_width(const struct pane *pane, bool titles) {
  return 1 + 1 + MARK_CELLS + (titles ? (int)strlen(pane->title) + 1 : 0);
}

void header_draw_tabs(const struct view *view, const struct frame *frame, int y) {
  struct canvas *canvas = frame->canvas;
  int total = 1;
  for (size_t i = 0; i < view->pane_count; i++)
    total += tab_width(view->panes[i], true) + 1;
  bool titles = total <= canvas->width;
  int x = 0;
  for (size_t i = 0; i < view->pane_count; i++) {
    const struct pane *pane = view->panes[i];
    struct pane_verdict verdict = {0};
    pane->class->verdict(pane, frame, &verdict);
    bool focused = i == view->focus;
    unsigned style = focused ? STYLE_TITLE | STYLE_STRONG : STYLE_DIM;
    canvas_text(canvas, x, y, 1, style, focused ? "[" : " ");
    int at = x + 1;
    at += canvas_printf(canvas, at, y, canvas->width - at, style, "%d", pane->number);
    if (titles)
      at += 1 + canvas_text(canvas, at + 1, y, canvas->width - at - 1, style, pane->title);
    at +=
        canvas_text(canvas, at, y, canvas->width - at,
                    style_of_severity(verdict.severity) | STYLE_STRONG, mark_of(verdict.severity));
    canvas_text(canvas, at, y, 1, style, focused ? "]" : " ");
    x = at + 1;
  }
}
