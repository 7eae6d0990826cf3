#include "ui/wall/wall.h"

#include "ui/draw/widget.h"
#include "ui/wall/digits.h"
#include "ui/wall/wall_findings.h"
#include "ui/wall/wall_targets.h"

#include <stdio.h>
#include <string.h>

enum {
  LARGE_HEIGHT = 30, /* of the area, from which digits are twice as large */
  LARGE_WIDTH = 100,
  DIGITS_FROM = 15, /* lower areas have the counts as words */
  GAP = 6,          /* cells between two counts */
  TRACK = 12,       /* cells that the heartbeat moves in */
};

/* ---- time */

void wall_note(struct wall *wall, int64_t now_ms) {
  if (wall->drawn_ms && now_ms - wall->drawn_ms >= WALL_GAP_MS) {
    wall->gap_ms = now_ms - wall->drawn_ms;
    wall->gap_end_ms = now_ms;
  }
  wall->drawn_ms = now_ms;
}

bool wall_returns(const struct wall *wall, int64_t now_ms) {
  return wall->on && now_ms - wall->key_ms >= WALL_IDLE_MS;
}

/* ---- the counts */

struct count {
  char text[24];
  const char *word;
  unsigned style;
};

enum { COUNTS = 6 };

static size_t waiting_of(const struct frame *frame) {
  size_t count = 0;
  for (size_t i = 0; i < frame->model->target_count; i++)
    count += target_state_condition(&frame->model->targets[i], frame->now_ms) == TARGET_WAITING;
  return count;
}

bool wall_is_calm(const struct frame *frame) {
  const struct findings *findings = frame->model->findings;
  return frame->model->target_count > 0 && waiting_of(frame) == 0 &&
         (findings->count == 0 || findings->items[0].pending);
}

static size_t counts_add(struct count counts[COUNTS], size_t count, size_t number, bool at_least,
                         const char *word, unsigned style) {
  if (number == 0)
    return count;
  counts[count].word = word;
  counts[count].style = style;
  snprintf(counts[count].text, sizeof counts[count].text, "%zu%s", number, at_least ? "+" : "");
  return count + 1;
}

/* What is wrong; "OK" if nothing is; empty without targets. */
static size_t counts_make(const struct frame *frame, struct count counts[COUNTS]) {
  static const enum severity shown[] = {SEVERITY_CRIT, SEVERITY_WARN, SEVERITY_UNKNOWN};
  const struct findings *findings = frame->model->findings;
  const size_t stale = findings_count_stale(findings);
  size_t count = 0;
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
    count = counts_add(counts, count,
                       findings_count_calling(findings, shown[i]) -
                           (shown[i] == SEVERITY_UNKNOWN ? stale : 0),
                       findings_count_is_least(findings, shown[i]), word_of(shown[i]),
                       style_of_severity(shown[i]));
  count = counts_add(counts, count, stale, false, "STALE", STYLE_UNKNOWN);
  count = counts_add(counts, count, waiting_of(frame), false, "waiting", STYLE_UNKNOWN);
  count = counts_add(counts, count, findings_count_quiet(findings, FINDING_SILENCED), false,
                     "silenced", STYLE_NOTICE);
  if (count > 0 || !wall_is_calm(frame))
    return count;
  counts[0] = (struct count){.text = "OK", .word = "all ok", .style = STYLE_DIM};
  return 1;
}

static int counts_width(const struct count *counts, size_t count, int scale) {
  int width = 0;
  for (size_t i = 0; i < count; i++) {
    const int digits = digits_width(counts[i].text, scale), word = (int)strlen(counts[i].word);
    width += (digits > word ? digits : word) + (i > 0 ? GAP : 0);
  }
  return width;
}

/* On one line: " 2 CRIT  1 WARN ". */
static int counts_words(const struct frame *frame, struct rect area, const struct count *counts,
                        size_t count) {
  int x = area.x + 1;
  const int end = area.x + area.width - 1;
  for (size_t i = 0; i < count && x < end; i++)
    x += canvas_printf(frame->canvas, x, area.y, end - x, counts[i].style | STYLE_STRONG,
                       " %s%s%s ", wall_is_calm(frame) ? "" : counts[i].text,
                       wall_is_calm(frame) ? "" : " ", counts[i].word) +
         1;
  return 1;
}

/* Returns the lines that they take. */
static int counts_draw(const struct frame *frame, struct rect area) {
  struct count counts[COUNTS];
  const size_t count = counts_make(frame, counts);
  int scale = area.height >= LARGE_HEIGHT && area.width >= LARGE_WIDTH ? 2 : 1;
  if (count == 0) {
    canvas_text(frame->canvas, area.x + 2, area.y, area.width - 2, STYLE_UNKNOWN,
                "no targets: the configuration lists none");
    return 1;
  }
  while (scale > 0 && counts_width(counts, count, scale) > area.width - 4)
    scale--;
  if (scale == 0 || area.height < DIGITS_FROM)
    return counts_words(frame, area, counts, count);
  int x = area.x + (area.width - counts_width(counts, count, scale)) / 2;
  for (size_t i = 0; i < count; i++) {
    const int digits = digits_width(counts[i].text, scale), word = (int)strlen(counts[i].word);
    const int width = digits > word ? digits : word;
    const unsigned style = counts[i].style | STYLE_STRONG;
    digits_draw(frame->canvas, x + (width - digits) / 2, area.y + 1, scale, counts[i].style,
                counts[i].text);
    canvas_text(frame->canvas, x + (width - word) / 2, area.y + 2 + DIGITS_HEIGHT * scale, word,
                style, counts[i].word);
    x += width + GAP;
  }
  return DIGITS_HEIGHT * scale + 4;
}

/* ---- the heartbeat */

static size_t stale_of(const struct frame *frame) {
  size_t count = 0;
  for (size_t i = 0; i < frame->model->target_count; i++)
    count += target_state_condition(&frame->model->targets[i], frame->now_ms) == TARGET_STALE;
  return count;
}

/* Returns the cell after it. */
static int track_draw(const struct frame *frame, int x, int y, unsigned style) {
  const int64_t second = (frame->now_ms + frame->model->wall_offset_ms) / 1000;
  for (int i = 0; i < TRACK; i++) {
    if (i == (int)(second % TRACK))
      canvas_glyph(frame->canvas, x + i, y, style | STYLE_STRONG, "●", 'O');
    else
      canvas_glyph(frame->canvas, x + i, y, STYLE_DIM, "·", '.');
  }
  return x + TRACK + 1;
}

/* What is not as it should be with the picture itself; false: nothing. */
static bool picture_fault(const struct wall *wall, const struct frame *frame, char *out,
                          size_t size) {
  char lasted[AGE_MAX], until[FORMAT_MAX];
  const size_t stale = stale_of(frame);
  if (wall->gap_end_ms && frame->now_ms - wall->gap_end_ms < WALL_GAP_SHOWN_MS) {
    snprintf(out, size, " this picture stood still for %s until %s ",
             age_text(lasted, wall->gap_ms), frame_time(frame, until, wall->gap_end_ms));
    return true;
  }
  if (stale > 0)
    snprintf(out, size, " OLD DATA: %zu of %zu targets ", stale, frame->model->target_count);
  return stale > 0;
}

static void heartbeat_draw(const struct wall *wall, const struct frame *frame, struct rect area) {
  static const char *const hints[] = {
      "moves every second, else the picture is frozen; to end: type :quit and Enter",
      "frozen if it stands still; :quit ends", ":quit ends"};
  char fault[128];
  const int y = area.y + area.height - 1, end = area.x + area.width - 1;
  int x = track_draw(frame, area.x + 1, y, STYLE_TEXT);
  if (picture_fault(wall, frame, fault, sizeof fault)) {
    canvas_text(frame->canvas, x, y, end - x, STYLE_NOTICE | STYLE_STRONG, fault);
    return;
  }
  for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
    if (x + (int)strlen(hints[i]) <= end) {
      canvas_text(frame->canvas, x, y, end - x, STYLE_DIM, hints[i]);
      return;
    }
}

void wall_draw(const struct wall *wall, const struct frame *frame, struct rect area) {
  if (area.height < 2)
    return;
  int used = counts_draw(frame, area);
  struct rect below = {area.x, area.y + used, area.width, area.height - used - 1};
  if (below.height > 0) {
    used = wall_findings_draw(frame, below, wall->rotate_ms);
    below.y += used;
    below.height -= used;
  }
  if (below.height > 1)
    wall_targets_draw(frame, below);
  heartbeat_draw(wall, frame, area);
}
