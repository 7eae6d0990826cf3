#include "ui/view/screens/alarm_form.h"

#include "core/quantity.h"
#include "core/text/text.h"
#include "ui/draw/text_field.h"
#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>

enum { HEIGHT = 9, LABEL_CELLS = 8, DURATION_LEAST_MS = 60000 };
#define DURATION_MOST_MS (30LL * 86400000)

static const struct request nothing = {.kind = REQUEST_NONE};

void alarm_form_open(struct alarm_form *form, enum alarm_form_verb verb,
                     const struct finding *finding, const char *key) {
  *form = (struct alarm_form){.open = true, .verb = verb, .severity = finding->severity};
  snprintf(form->key, sizeof form->key, "%s", key);
  snprintf(form->title, sizeof form->title, "%.150s: %.230s", finding->subject, finding->sentence);
  snprintf(form->duration, sizeof form->duration, "4h");
}

/* ---- drawing */

static const char *heading_of(enum alarm_form_verb verb) {
  static const char *const headings[] = {"Acknowledge", "Silence", "Remove the mark"};
  return headings[verb];
}

/* The end of a long text: that is where the typing happens. */
static const char *tail_of(const char *text, int room) {
  int cells;
  while (text_width(text) > room && *text)
    text += text_next(text, &cells);
  return text;
}

static void draw_field(const struct frame *frame, int x, int y, int width, const char *label,
                       const char *text, bool focused) {
  const unsigned style = focused ? STYLE_NOTICE | STYLE_STRONG : STYLE_TEXT;
  canvas_text(frame->canvas, x, y, 1, style, focused ? ">" : " ");
  canvas_text(frame->canvas, x + 2, y, LABEL_CELLS, style, label);
  const int at = x + 2 + LABEL_CELLS, room = width - 2 - LABEL_CELLS;
  const int used = canvas_text(frame->canvas, at, y, room, style, tail_of(text, room - 2));
  if (focused)
    canvas_text(frame->canvas, at + used, y, 1, style, "_");
}

static void draw_foot(const struct alarm_form *form, const struct frame *frame, int x, int y,
                      int width) {
  const bool removes = form->verb == ALARM_FORM_REMOVE;
  int at = x;
  static const char *const does[] = {"acknowledge", "silence", "remove"};
  const char *const keys[] = {"Enter", does[form->verb], "Tab", "next field", "Esc", "cancel"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i += 2) {
    if (removes && i == 2)
      continue;
    at += canvas_text(frame->canvas, at, y, x + width - at, STYLE_KEY, keys[i]) + 1;
    at += canvas_text(frame->canvas, at, y, x + width - at, STYLE_TEXT, keys[i + 1]) + 2;
  }
}

void alarm_form_draw(const struct alarm_form *form, const struct frame *frame) {
  static const char *const explains[] = {
      "Not notified again until then, unless it becomes worse.",
      "Dimmed, counted, not notified; it calls again if it becomes worse.",
      "It calls again, wherever the state directory is shared."};
  struct canvas *canvas = frame->canvas;
  const int width = canvas->width < 100 ? canvas->width : 100;
  const int x = (canvas->width - width) / 2;
  const int height = canvas->height < HEIGHT + 2 ? canvas->height : HEIGHT;
  const int y = canvas->height - 1 - height < 0 ? 0 : canvas->height - 1 - height;
  const int in = x + 2, room = width - 4;
  canvas_fill(canvas, x, y, width, height, STYLE_TEXT, ' ');
  canvas_box(canvas, x, y, width, height, STYLE_TITLE);
  canvas_printf(canvas, x + 2, y, room, STYLE_TITLE | STYLE_STRONG, "[%s]", heading_of(form->verb));
  canvas_text(canvas, in, y + 1, MARK_CELLS, style_of_severity(form->severity) | STYLE_STRONG,
              mark_of(form->severity));
  canvas_text(canvas, in + MARK_CELLS + 1, y + 1, room - MARK_CELLS - 1, STYLE_TEXT, form->title);
  canvas_text(canvas, in, y + 2, room, STYLE_DIM, explains[form->verb]);
  if (form->verb != ALARM_FORM_REMOVE) {
    draw_field(frame, in, y + 4, room, "Reason", form->reason, !form->at_duration);
    draw_field(frame, in, y + 5, room, "For", form->duration, form->at_duration);
  }
  if (*form->wrong)
    canvas_text(canvas, in, y + 6, room, STYLE_CRIT | STYLE_STRONG, form->wrong);
  draw_foot(form, frame, in, y + height - 2, room);
}

/* ---- keys */

static bool is_complete(struct alarm_form *form) {
  int64_t ms;
  struct err err;
  *form->wrong = '\0';
  if (form->verb == ALARM_FORM_REMOVE)
    return true;
  if (!form->reason[strspn(form->reason, " ")]) {
    snprintf(form->wrong, sizeof form->wrong,
             "Type the reason: what is done about it, or why it is known");
    form->at_duration = false;
    return false;
  }
  if (duration_parse_within(form->duration, DURATION_LEAST_MS, DURATION_MOST_MS, &ms, &err))
    return true;
  snprintf(form->wrong, sizeof form->wrong, "For: %.140s", err.text);
  form->at_duration = true;
  return false;
}

static struct request accept(struct alarm_form *form, struct arena *arena) {
  const char **texts = arena_alloc(arena, 3 * sizeof *texts);
  if (!texts || !is_complete(form))
    return nothing;
  texts[0] = form->reason;
  texts[1] = form->duration;
  texts[2] = severity_name(form->severity);
  form->open = false;
  return (struct request){.kind = REQUEST_ALARM,
                          .operation = (uint32_t)form->verb,
                          .text = form->key,
                          .texts = texts,
                          .text_count = 3};
}

struct request alarm_form_key(struct alarm_form *form, struct arena *arena, struct key key) {
  switch (key.code) {
  case KEY_CODE_ENTER:
    return accept(form, arena);
  case KEY_CODE_ESC:
    form->open = false;
    return nothing;
  case KEY_CODE_TAB:
  case KEY_CODE_BACKTAB:
  case KEY_CODE_UP:
  case KEY_CODE_DOWN:
    form->at_duration = !form->at_duration;
    return nothing;
  case KEY_CODE_CTRL:
    if (key.rune == 'c') {
      form->open = false;
      return nothing;
    }
    break;
  default:
    break;
  }
  if (form->verb == ALARM_FORM_REMOVE)
    return nothing;
  *form->wrong = '\0';
  if (form->at_duration)
    text_field_key(form->duration, sizeof form->duration, key, true);
  else
    text_field_key(form->reason, sizeof form->reason, key, true);
  return nothing;
}
