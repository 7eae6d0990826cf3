/* All findings in whole sentences with their onset, the worst first; then those that are pending.
 */
#include "ui/panes/pane.h"
#include "ui/panes/pane_kind.h"

#include "core/text.h"
#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>

enum { AGE_CELLS = 4, TEXT_MAX = 1024 };

/* "!! 14:03:13   5m ": the onset, and its age. */
static int draw_onset(const struct frame *frame, const struct finding *finding, int x, int y,
                      int width) {
  char since[FORMAT_MAX], age[AGE_MAX];
  const unsigned style = finding->pending ? STYLE_NOTICE : style_of_severity(finding->severity);
  int at = MARK_CELLS + 1;
  canvas_text(frame->canvas, x, y, width, style | STYLE_STRONG,
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

static bool finding_matches(const struct finding *finding, const char *filter) {
  return !*filter || text_contains(finding->subject, filter) ||
         text_contains(finding->sentence, filter) ||
         text_contains(word_of(finding->severity), filter);
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
  text_sanitize(clean, sizeof clean, finding->sentence, strnlen(finding->sentence, TEXT_MAX),
                frame->canvas && frame->canvas->ascii);
  const char *at = clean;
  for (int part = 0; part == 0 || *at; part++) {
    size_t end = text_break(at, room > 0 ? room : 1);
    if (end == 0)
      end = strlen(at);
    add_line(pane, frame, finding, part, arena_text(frame->arena, at, end));
    at += end + strspn(at + end, " ");
    room = width - indent;
  }
}

static void findings_build(struct pane *pane, const struct frame *frame, int width,
                           enum pane_room room) {
  const struct findings *findings = frame->model->findings;
  (void)room;
  for (int pending = 0; pending < 2; pending++)
    for (size_t i = 0; i < findings->count; i++) {
      const struct finding *finding = &findings->items[i];
      if ((int)finding->pending != pending)
        continue;
      pane->filter_total++;
      if (!finding_matches(finding, pane->filter))
        continue;
      pane->filter_matches++;
      add_finding(pane, frame, finding, width);
    }
  if (pane->lines.count == 0)
    pane_line(pane, LINE_EMPTY);
}

static void findings_verdict(const struct pane *pane, const struct frame *frame,
                             struct pane_verdict *verdict) {
  const struct findings *findings = frame->model->findings;
  size_t pending = 0;
  (void)pane;
  *verdict = (struct pane_verdict){0};
  for (size_t i = 0; i < findings->count; i++) {
    pending += findings->items[i].pending;
    if (!findings->items[i].pending)
      verdict->severity = severity_worse(verdict->severity, findings->items[i].severity);
  }
  const int used = snprintf(verdict->text, sizeof verdict->text, "%zu", findings->count - pending);
  if (pending > 0)
    snprintf(verdict->text + used, sizeof verdict->text - (size_t)used, ", %zu pending", pending);
}

static void findings_draw_line(struct pane *pane, const struct frame *frame,
                               const struct line *line, int x, int y, int width) {
  struct canvas *canvas = frame->canvas;
  const struct finding *finding = line->finding;
  if (!finding) {
    canvas_text(canvas, x + 1, y, width - 1, STYLE_DIM,
                *pane->filter ? "no matching findings" : "no findings");
    return;
  }
  int at = line->part > 0 ? onset_width(frame, finding) : draw_onset(frame, finding, x, y, width);
  if (line->part == 0)
    at += canvas_printf(canvas, x + at, y, width - at,
                        style_of_severity(finding->severity) | STYLE_STRONG, "%s%s",
                        pane_kind_word(frame, finding->target_index), finding->subject) +
          1;
  canvas_text(canvas, x + at, y, width - at, STYLE_TEXT, line->text);
}

const struct pane_class pane_findings = {
    .id = "findings",
    .build = findings_build,
    .verdict = findings_verdict,
    .draw_line = findings_draw_line,
};
