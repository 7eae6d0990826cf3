/* The verdict: what is wrong, why, and since when. Its first line is in header_line.c. */
#include "ui/view/draw/header.h"

#include "core/text/text.h"
#include "ui/draw/widget.h"
#include "ui/panes/pane_kind.h"

#include <stdio.h>
#include <string.h>

enum {
  SENTENCE_HEIGHT = 10, /* lower screens have no line for it */
  LINES_HEIGHT = 30,    /* from this height each finding has a line of its own */
  LINES_SHARE = 8,      /* of the height that they may take, one part in so many */
  LINES_HOLD_MS = 60000,
  MORE_WIDTH = 8,   /* "+12 more" */
  MORE_FROM = 60,   /* narrower screens have no room for it: the counts are above */
  NEXT_LEAST = 40,  /* cells of a further finding on the same line */
  WORDS_LEAST = 12, /* cells of a sentence that say something */
  SINCE_MAX = FORMAT_MAX + 8,
  SENTENCE_MAX = 2048,
};

static size_t count_waiting(const struct frame *frame) {
  size_t count = 0;
  for (size_t i = 0; i < frame->model->target_count; i++)
    count += target_state_condition(&frame->model->targets[i], frame->now_ms) == TARGET_WAITING;
  return count;
}

/* " since 14:03:13"; without the seconds it is shorter. */
static void since_text(char out[SINCE_MAX], const struct frame *frame, int64_t ms, bool seconds) {
  char time[FORMAT_MAX];
  frame_time(frame, time, ms);
  const size_t length = strlen(time);
  snprintf(out, SINCE_MAX, " since %.*s", (int)(seconds || length < 8 ? length : length - 3), time);
}

/* As many words as there is room for; a shortened text ends in "…". Returns the cells. */
static int draw_words(const struct frame *frame, int x, int y, int max, unsigned style,
                      const char *text) {
  char clean[SENTENCE_MAX];
  struct canvas *canvas = frame->canvas;
  text_sanitize(clean, sizeof clean, text, strnlen(text, SENTENCE_MAX / 3), canvas->ascii);
  if (max < 1 || text_width(clean) <= max)
    return max < 1 ? 0 : canvas_text(canvas, x, y, max, style, clean);
  size_t end = text_break(clean, max - 1);
  if (clean[end] != ' ') /* not even one word */
    end = 0;
  while (end > 0 && strchr(" ,;:(", clean[end - 1]))
    end--;
  const int used =
      end > 0 ? canvas_printf(canvas, x, y, max - 1, style, "%.*s", (int)end, clean) : 0;
  canvas_glyph(canvas, x + used, y, style, "\xE2\x80\xA6", '~');
  return used + 1;
}

/* Cells of a finding with nothing dropped. */
static int finding_width(const struct frame *frame, const struct finding *finding) {
  char since[SINCE_MAX];
  since_text(since, frame, finding->since_ms, true);
  return MARK_CELLS + 1 + text_width(pane_kind_word(frame, finding->target_index)) +
         text_width(finding->subject) + 1 + text_width(finding->sentence) + text_width(since);
}

/* One finding as "!! dashboard refused since 14:03:13"; returns the cells. The onset always stays:
 * the onset loses its seconds, then the subject its kind, then the sentence its last words. */
static int draw_finding(const struct frame *frame, const struct finding *finding, int x, int y,
                        int max) {
  struct canvas *canvas = frame->canvas;
  const unsigned style = style_of_severity(finding->severity) | STYLE_STRONG;
  const char *kind = pane_kind_word(frame, finding->target_index);
  const int sentence = text_width(finding->sentence);
  const int words = sentence < WORDS_LEAST ? sentence : WORDS_LEAST;
  const int room = max - MARK_CELLS - 1 - text_width(finding->subject) - 1;
  char since[SINCE_MAX];
  since_text(since, frame, finding->since_ms, true);
  if (room - text_width(kind) - text_width(since) < words)
    since_text(since, frame, finding->since_ms, false);
  if (room - text_width(kind) - text_width(since) < words)
    kind = "";
  const int end = x + max - text_width(since); /* of all that may be shorter */
  int at = x;
  at += canvas_text(canvas, at, y, max, style, mark_of(finding->severity)) + 1;
  at += canvas_printf(canvas, at, y, end - at, style, "%s%s", kind, finding->subject) + 1;
  at += draw_words(frame, at, y, end - at, STYLE_TEXT, finding->sentence);
  at = at > end ? end : at;
  return at + canvas_text(canvas, at, y, x + max - at, STYLE_DIM, since) - x;
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

/* The counts above say how many there are: "+12 more" gives way to a whole sentence. */
static bool has_more(const struct frame *frame, const struct finding *last, int room, int more) {
  return frame->canvas->width >= MORE_FROM && finding_width(frame, last) <= room - more;
}

/* As many as there are lines, or, on one line, as fit without being cut after the name. */
static void draw_findings(const struct frame *frame, int y, size_t lines) {
  const struct findings *findings = frame->model->findings;
  char more[40];
  int x = 1, end = frame->canvas->width - 1;
  size_t shown = 0, total = count_findings(findings);
  int width = more_text(findings, total, more, sizeof more) + 1;
  bool says_more = true;
  for (size_t i = 0; i < findings->count && (lines == 1 || shown < lines); i++) {
    const struct finding *finding = &findings->items[i];
    if (!finding_calls(finding))
      continue;
    int room = end - x;
    if (lines == 1 && shown > 0 && (!says_more || room - width < NEXT_LEAST))
      break;
    if ((lines == 1 || shown + 1 == lines) && shown + 1 < total) { /* it may be the last one */
      says_more = has_more(frame, finding, room, width);
      room -= says_more ? width : 0;
    }
    const int cells = draw_finding(frame, finding, x, y, room);
    shown++;
    if (lines == 1)
      x += cells + 2;
    else if (shown < lines)
      y++;
  }
  if (shown < total && says_more) {
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
    draw_words(frame, x, y, max, STYLE_UNKNOWN,
               arena_printf(frame->arena, "; incomplete: %s %s", state->target->name,
                            state->sample->notes[0].text));
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
  draw_words(frame, x, y, width - x, STYLE_TEXT,
             arena_printf(frame->arena, "%s %s", first->subject, first->sentence));
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
