/* All findings in whole sentences with their onset, in the order of the pane; then those that are
 * silenced, and those that are pending. */
#include "ui/panes/pane.h"
#include "ui/panes/pane_kind.h"

#include "core/text/text.h"
#include "model/judge/finding_times.h"
#include "ui/draw/widget.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGE_CELLS = 4, TEXT_MAX = 1024 };

/* Silenced ones are dimmed as a whole. */
static unsigned style_of(const struct finding *finding, unsigned style) {
  return finding->quiet == FINDING_SILENCED ? (unsigned)STYLE_DIM : style;
}

/* "!! 14:03:13   5m ": the onset, and its age. */
static int draw_onset(const struct frame *frame, const struct finding *finding, int x, int y,
                      int width) {
  char since[FORMAT_MAX], age[AGE_MAX];
  const unsigned style =
      finding->pending ? STYLE_NOTICE : style_of(finding, style_of_severity(finding->severity));
  int at = MARK_CELLS + 1;
  canvas_text(frame->canvas, x, y, width, finding->quiet ? style : style | STYLE_STRONG,
              finding->pending ? ":" : mark_of(finding->severity));
  at += canvas_text(frame->canvas, x + at, y, width - at, STYLE_DIM,
                    frame_time(frame, since, finding->since_ms)) +
        1;
  canvas_text_right(frame->canvas, x + at, y, AGE_CELLS, STYLE_DIM,
                    age_text(age, frame->now_ms - finding->since_ms));
  return at + AGE_CELLS + 2;
}

/* Cells of `draw_onset`. */
static int onset_width(const struct frame *frame, const struct finding *finding) {
  char since[FORMAT_MAX];
  return MARK_CELLS + 1 + text_width(frame_time(frame, since, finding->since_ms)) + 1 + AGE_CELLS +
         2;
}

static const char *quiet_word(const struct finding *finding) {
  return finding->quiet == FINDING_ACKNOWLEDGED ? "acknowledged" : "silenced";
}

/* The sentence, its other times, and what an operator has said of it. */
static const char *text_of(const struct frame *frame, const struct finding *finding) {
  char until[FORMAT_MAX], times[FINDING_TIMES_MAX];
  finding_times_text(times, finding, frame->model, frame->now_ms, frame->utc);
  const char *more = finding->folded > 0
                         ? arena_printf(frame->arena, " (and %zu more under it)", finding->folded)
                         : "";
  if (finding->quiet == FINDING_LOUD)
    return arena_printf(frame->arena, "%s%s%s", finding->sentence, times, more);
  frame_time(frame, until, finding->quiet_until_ms - frame->model->wall_offset_ms);
  return arena_printf(frame->arena, "%s%s%s (%s by %s until %s: %s)", finding->sentence, times,
                      more, quiet_word(finding), finding->quiet_who, until, finding->quiet_reason);
}

static bool finding_matches(const struct finding *finding, const char *filter) {
  return !*filter || text_contains(finding->subject, filter) ||
         text_contains(finding->sentence, filter) ||
         text_contains(word_of(finding->severity), filter) ||
         (finding->quiet && (text_contains(quiet_word(finding), filter) ||
                             text_contains(finding->quiet_who, filter) ||
                             text_contains(finding->quiet_reason, filter)));
}

/* The row that it is about, if that is still in the sample. */
static void line_set_row(struct line *line, const struct model *model) {
  const struct finding *finding = line->finding;
  const struct sample *sample = model->targets[finding->target_index].sample;
  const struct table *table =
      sample && finding->table ? sample_table_view(sample, finding->table) : NULL;
  const struct row *row = table && finding->row ? table_find(table, finding->row) : NULL;
  line->table_id = finding->table;
  line->key = finding->row;
  if (!row)
    return;
  line->table = table;
  line->row = (struct ordered_row){.row = row, .root = row};
}

/* "   SINCE      FOR": what the times at the left are. */
static void draw_heading(const struct frame *frame, int x, int y, int width) {
  canvas_text(frame->canvas, x + MARK_CELLS + 1, y, width, STYLE_LABEL, "SINCE");
  canvas_text(frame->canvas, x + MARK_CELLS + 1 + 8 + 1, y, width, STYLE_LABEL, " FOR");
}

static void add_line(struct pane *pane, const struct frame *frame, const struct finding *finding,
                     int part, const char *text) {
  struct line *line = pane_line(pane, LINE_FINDING);
  line->finding = finding;
  line->target_index = finding->target_index;
  line->part = part;
  line->text = text;
  line->selectable = part == 0;
  line_set_row(line, frame->model);
  line->id = arena_printf(frame->arena, "%s %s", finding->row ? finding->row : "",
                          finding->column ? finding->column : "");
}

/* Its sentence, over as many lines as that takes. */
static void add_finding(struct pane *pane, const struct frame *frame, const struct finding *finding,
                        int width) {
  char clean[TEXT_MAX * 3];
  const int indent = onset_width(frame, finding);
  int room = width - indent - text_width(pane_kind_word(frame, finding->target_index)) -
             text_width(finding->subject) - 1;
  const char *text = text_of(frame, finding);
  text_sanitize(clean, sizeof clean, text, strnlen(text, TEXT_MAX),
                frame->canvas && frame->canvas->ascii);
  const char *at = clean;
  for (int part = 0; part == 0 || *at; part++) {
    size_t end = text_break(at, room > 0 ? room : 1);
    if (part == 0 && end < strcspn(at, " "))
      end = 0; /* its first word is whole on the next line */
    else if (end == 0)
      end = strlen(at);
    add_line(pane, frame, finding, part, arena_text(frame->arena, at, end));
    at += end + strspn(at + end, " ");
    room = width - indent;
  }
}

/* ---- their order */

/* Groups: those that call, acknowledged ones, silenced ones, pending ones. */
static int group_of(const struct finding *finding) {
  return finding->pending ? 3 : finding->quiet == FINDING_SILENCED ? 2 : (int)finding->quiet;
}

static int compare_places(const struct finding *a, const struct finding *b) {
  return a < b ? -1 : a > b; /* the findings are in the order of harm */
}

static int compare_harm(const void *a, const void *b) {
  const struct finding *x = *(const struct finding *const *)a;
  const struct finding *y = *(const struct finding *const *)b;
  const int groups = group_of(x) - group_of(y);
  return groups ? groups : compare_places(x, y);
}

/* In the other orders, acknowledged findings are among the others. */
static int compare_late(const struct finding *x, const struct finding *y) {
  const int late_x = group_of(x) > 1 ? group_of(x) : 0, late_y = group_of(y) > 1 ? group_of(y) : 0;
  return late_x - late_y;
}

static int compare_age(const void *a, const void *b) {
  const struct finding *x = *(const struct finding *const *)a;
  const struct finding *y = *(const struct finding *const *)b;
  const int late = compare_late(x, y);
  if (late || x->since_ms == y->since_ms)
    return late ? late : compare_places(x, y);
  return x->since_ms > y->since_ms ? -1 : 1;
}

static int compare_target(const void *a, const void *b) {
  const struct finding *x = *(const struct finding *const *)a;
  const struct finding *y = *(const struct finding *const *)b;
  const int late = compare_late(x, y);
  if (late || x->target_index == y->target_index)
    return late ? late : compare_places(x, y);
  return x->target_index < y->target_index ? -1 : 1;
}

/* A filter finds them wherever they are. */
static bool is_unfolded(const struct pane *pane, const struct model *model,
                        const struct finding *finding) {
  if (finding->under == 0 || *pane->filter)
    return true;
  const struct finding *above = &model->findings->items[finding->under - 1];
  return pane_row_is_open(pane, above->target_index, above->table ? above->table : "",
                          above->row ? above->row : "", false);
}

static void findings_build(struct pane *pane, const struct frame *frame, int width,
                           enum pane_room room) {
  static int (*const compares[])(const void *, const void *) = {compare_harm, compare_age,
                                                                compare_target};
  const struct findings *findings = frame->model->findings;
  const struct finding **all = mem_new((findings->count + 1) * sizeof *all);
  (void)room;
  if (findings->count > 0) {
    pane_line(pane, LINE_HEADING);
    pane->pinned = 1;
  }
  for (size_t i = 0; i < findings->count; i++)
    all[i] = &findings->items[i];
  qsort(all, findings->count, sizeof *all, compares[pane->order % FINDINGS_ORDERS]);
  for (size_t i = 0; i < findings->count; i++) {
    pane->filter_total++;
    if (!finding_matches(all[i], pane->filter) || !is_unfolded(pane, frame->model, all[i]))
      continue;
    pane->filter_matches++;
    add_finding(pane, frame, all[i], width);
  }
  free(all);
  if (pane->lines.count == pane->pinned)
    pane_line(pane, LINE_EMPTY);
}

static size_t verdict_add(struct pane_verdict *verdict, size_t used, size_t count,
                          const char *word) {
  if (count > 0 && used < sizeof verdict->text)
    used += (size_t)snprintf(verdict->text + used, sizeof verdict->text - used, ", %zu %s", count,
                             word);
  return used;
}

static void findings_verdict(const struct pane *pane, const struct frame *frame,
                             struct pane_verdict *verdict) {
  const struct findings *findings = frame->model->findings;
  size_t pending = 0;
  (void)pane;
  *verdict = (struct pane_verdict){0};
  for (size_t i = 0; i < findings->count; i++) {
    pending += findings->items[i].pending;
    if (finding_calls(&findings->items[i]))
      verdict->severity = severity_worse(verdict->severity, findings->items[i].severity);
  }
  size_t used =
      (size_t)snprintf(verdict->text, sizeof verdict->text, "%zu", findings->count - pending);
  used = verdict_add(verdict, used, findings_count_quiet(findings, FINDING_ACKNOWLEDGED),
                     "acknowledged");
  used = verdict_add(verdict, used, findings_count_quiet(findings, FINDING_SILENCED), "silenced");
  verdict_add(verdict, used, pending, "pending");
}

static void findings_draw_line(struct pane *pane, const struct frame *frame,
                               const struct line *line, int x, int y, int width) {
  struct canvas *canvas = frame->canvas;
  const struct finding *finding = line->finding;
  if (line->kind == LINE_HEADING) {
    draw_heading(frame, x, y, width);
    return;
  }
  if (!finding) {
    canvas_text(canvas, x + 1, y, width - 1, STYLE_DIM,
                *pane->filter ? "no matching findings" : "no findings");
    return;
  }
  int at = line->part > 0 ? onset_width(frame, finding) : draw_onset(frame, finding, x, y, width);
  if (line->part == 0)
    at += canvas_printf(canvas, x + at, y, width - at,
                        finding->quiet ? style_of(finding, style_of_severity(finding->severity))
                                       : style_of_severity(finding->severity) | STYLE_STRONG,
                        "%s%s", pane_kind_word(frame, finding->target_index), finding->subject) +
          1;
  canvas_text(canvas, x + at, y, width - at, style_of(finding, STYLE_TEXT), line->text);
}

const struct pane_class pane_findings = {
    .id = "findings",
    .build = findings_build,
    .verdict = findings_verdict,
    .draw_line = findings_draw_line,
};
