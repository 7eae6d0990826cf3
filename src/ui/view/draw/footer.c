/* The bottom line. */
#include "core/text/text.h"
#include "ui/log/log_page.h"
#include "ui/view/command/command_line.h"
#include "ui/view/draw/help.h"
#include "ui/view/keys/key_words.h"
#include "ui/view/keys/keymap.h"
#include "ui/view/view_act.h"
#include "ui/view/view_copy.h"
#include "ui/view/view_place.h"
#include "ui/view/view_step.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_MOST = 24, GAP = 2 };

enum { NAMES_MAX = 2 * KEY_TEXT_MAX };

static const char *first_key(const struct view *view, const struct binding *binding,
                             char out[KEY_TEXT_MAX]) {
  const struct keymap_keys *keys = &view->keymap->rows[binding - view_bindings];
  return keys->count > 0 ? key_text(keys->keys[0], out) : "";
}

/* "< >" where the previous key does the same in the other direction, otherwise the key's name. */
static const char *names_of(const struct view *view, const struct binding *binding,
                            char out[NAMES_MAX]) {
  const struct binding *other = binding - 1;
  char name[KEY_TEXT_MAX], before[KEY_TEXT_MAX] = "";
  first_key(view, binding, name);
  if (binding > view_bindings && !other->words && strcmp(other->help, binding->help) == 0)
    first_key(view, other, before);
  bool pair = strlen(before) == 1 && strlen(name) == 1;
  snprintf(out, NAMES_MAX, "%s%s%s", pair ? before : "", pair ? " " : "", name);
  return out;
}

/* What q does where there is a list to go back to. */
static const char *words_of(const struct view *view, const struct binding *binding) {
  return view->listed && strcmp(binding->name, "app-quit") == 0 ? "list" : binding->words;
}

static int binding_width(const struct view *view, const struct binding *binding) {
  char names[NAMES_MAX];
  return (int)(strlen(names_of(view, binding, names)) + 1 + strlen(words_of(view, binding)));
}

static int draw_binding(const struct view *view, const struct frame *frame,
                        const struct binding *binding, int x, int y) {
  struct canvas *canvas = frame->canvas;
  char names[NAMES_MAX];
  int at = x +
           canvas_text(canvas, x, y, canvas->width - x, STYLE_KEY, names_of(view, binding, names)) +
           1;
  at += canvas_text(canvas, at, y, canvas->width - at, STYLE_TEXT, words_of(view, binding));
  return at - x;
}

static bool is_offered(const struct view *view, const struct binding *binding) {
  return binding->words && (binding->places & view_place(view)) &&
         view->keymap->rows[binding - view_bindings].count > 0 &&
         (!binding->offered || binding->offered(view));
}

static int draw_edge(const struct view *view, const struct frame *frame, int y) {
  int end = frame->canvas->width - 1;
  for (size_t i = view_binding_count; i-- > 0;) {
    const struct binding *binding = &view_bindings[i];
    if (!(binding->flags & BINDING_EDGE) || !is_offered(view, binding))
      continue;
    end -= binding_width(view, binding);
    draw_binding(view, frame, binding, end, y);
    end -= GAP;
  }
  return end;
}

/* The subject of the keys: "dashboard:", "3 marked:". */
static int draw_subject(const struct view *view, const struct frame *frame, int y, int end) {
  const struct pane *pane = view_focused(view);
  const struct line *line = pane && view->page == PAGE_PANES ? pane_selected(pane) : NULL;
  char buffer[FORMAT_MAX];
  const char *label = NULL;
  if (!line || end < 50)
    return 1;
  if (line->kind == LINE_ROW && (marks_are_of(&pane->marks, line->target_index, line->table_id) ||
                                 (line->is_target && marks_are_targets(&pane->marks)))) {
    snprintf(buffer, sizeof buffer, "%zu marked", pane->marks.count);
    label = buffer;
  } else if (line->kind == LINE_ROW)
    label = frame_value(frame, buffer, line->row.row->cells[0], &line->table->spec->columns[0]);
  else if (line->finding)
    label = line->finding->subject;
  else if (line->kind != LINE_EVENT)
    label = frame->model->targets[line->target_index].target->name;
  if (!label)
    return 1;
  int used = canvas_text(frame->canvas, 1, y, LABEL_MOST, STYLE_TITLE | STYLE_STRONG, label);
  return 1 + used + canvas_text(frame->canvas, 1 + used, y, 2, STYLE_TITLE, ":") + 1;
}

/* "1 running: b shows it", at the right. */
static int draw_behind(const struct view *view, const struct frame *frame, int y, int end) {
  const struct operations *operations = &frame->model->operations;
  size_t over = 0;
  char text[64 + KEY_TEXT_MAX], key[KEY_TEXT_MAX];
  view_key_name(view, "operation-show", key);
  if (operations->count == 0 || !(view_place(view) & PLACE_PANES))
    return end;
  for (size_t i = 0; i < operations->count; i++)
    over += operations->items[i]->phase == OPERATION_ENDED;
  if (over < operations->count)
    snprintf(text, sizeof text, "%zu running: %s shows it", operations->count - over, key);
  else
    snprintf(text, sizeof text, "%zu finished: %s shows it", over, key);
  int x = end - (int)strlen(text);
  if (x < 1)
    return end;
  canvas_text(frame->canvas, x, y, end - x, STYLE_NOTICE | STYLE_STRONG, text);
  return x - GAP;
}

/* Whether there are actions for rows of that table. Otherwise a row stands for its target: a
 * service is one. */
static bool has_row_actions(const struct frame *frame, const struct subject *subject) {
  const struct action_spec *const *specs = frame->model->operations.specs;
  for (; *specs; specs++)
    if (view_acts_on(*specs, frame->model, subject) && action_takes_rows(*specs, subject->table))
      return true;
  return false;
}

/* As the menu says; where that is not known, by its kind only. */
static bool is_available(const struct frame *frame, const struct action_spec *spec,
                         const struct subject *subject) {
  const struct operations *operations = &frame->model->operations;
  return !operations->may || operations->may(operations->may_arg, spec, subject);
}

/* What the actions in the bottom line are for. */
struct offered {
  struct subject subject;
  bool of_rows; /* the row, and not its target */
};

static bool is_shown(const struct frame *frame, const struct action_spec *spec,
                     const struct offered *offered) {
  const struct subject *subject = &offered->subject;
  const bool reads_only = frame->model->operations.lock == LOCK_READ_ONLY;
  return !(reads_only && spec->danger != DANGER_NONE) &&
         view_acts_on(spec, frame->model, subject) &&
         action_is_for(spec, frame->model->targets[subject->target_index].target->name) &&
         (offered->of_rows ? action_takes_rows(spec, subject->table)
                           : subject->key_count <= 1 || action_takes_targets(spec)) &&
         is_available(frame, spec, subject);
}

/* The binding of that name that works here; NULL: none, or it has no key. */
static const struct binding *binding_of(const struct view *view, const char *name) {
  for (size_t i = 0; i < view_binding_count; i++)
    if (strcmp(view_bindings[i].name, name) == 0 && view_bindings[i].places & view_place(view) &&
        view->keymap->rows[i].count > 0)
      return &view_bindings[i];
  return NULL;
}

/* The step, as "T terminate", "p open Group", "l logs": the key of its own, if it has one. */
static bool step_words(const struct view *view, const struct view_step *step,
                       char key[KEY_TEXT_MAX], const char **verb, const char **words) {
  static const struct {
    const char *name, *words;
  } own[] = {[VIEW_STEP_LOGS] = {"logs-show", "logs"},
             [VIEW_STEP_RUNBOOKS] = {"runbooks-show", "runbooks"},
             [VIEW_STEP_DETAILS] = {"row-details", "details"}};
  const struct binding *binding = binding_of(view, "finding-step");
  *verb = "";
  if (step->kind == VIEW_STEP_NONE)
    return false;
  if (step->kind == VIEW_STEP_PAGE) {
    *verb = "open ";
    *words = step->page->title;
  } else if (step->kind == VIEW_STEP_ACTION) {
    *words = step->action->title;
  } else {
    *words = own[step->kind].words;
    binding = binding_of(view, own[step->kind].name);
  }
  if (step->kind == VIEW_STEP_ACTION && step->action->key)
    snprintf(key, KEY_TEXT_MAX, "%c", (char)step->action->key);
  else if (binding)
    first_key(view, binding, key);
  return *key;
}

/* What to do about the finding of the selection comes first. */
static int draw_step(const struct view *view, const struct frame *frame,
                     const struct view_step *step, int x, int y, int end) {
  struct canvas *canvas = frame->canvas;
  char key[KEY_TEXT_MAX] = "";
  const char *verb, *words;
  if (!step_words(view, step, key, &verb, &words) ||
      x + (int)strlen(key) + 1 + text_width(verb) + text_width(words) > end)
    return x;
  x += canvas_text(canvas, x, y, end - x, STYLE_KEY | STYLE_STRONG, key) + 1;
  return x + canvas_printf(canvas, x, y, end - x, STYLE_TEXT | STYLE_STRONG, "%s%s", verb, words) +
         GAP;
}

/* The actions that have a key and are available for this target, of the table of the selected row;
 * of the target if there is no row, none for its table, or the row is the target: a service. Where
 * stacktop is read-only, those that only read. Those that were made for this target come first. */
static int draw_actions(const struct view *view, const struct frame *frame,
                        const struct view_step *step, int x, int y, int end) {
  const struct action_spec *const *specs = frame->model->operations.specs;
  struct canvas *canvas = frame->canvas;
  struct offered offered;
  if (!view->acts || !view_subject(view, frame, &offered.subject))
    return x;
  const struct line *line = pane_selected(view_focused(view));
  offered.of_rows = offered.subject.table && !(line && line->is_target) &&
                    has_row_actions(frame, &offered.subject);
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; specs[i]; i++) {
      const struct action_spec *spec = specs[i];
      if (spec == step->action || (spec->target_count > 0) != (pass == 0) ||
          !is_shown(frame, spec, &offered))
        continue;
      if (x + 2 + text_width(spec->title) > end)
        return x;
      x += canvas_printf(canvas, x, y, end - x, STYLE_KEY, "%c", (char)spec->key) + 1;
      x += canvas_text(canvas, x, y, end - x, STYLE_TEXT, spec->title) + GAP;
    }
  return x;
}

/* Pages are offered beside the actions, however many of these there are: "Enter open  Esc back",
 * where there are some. */
static int pages_width(const struct view *view) {
  int width = 0;
  if (view->row_pages == 0 && view->opened_count == 0)
    return 0;
  for (size_t i = 0; i < view_binding_count; i++) {
    const struct binding *binding = &view_bindings[i];
    if (is_offered(view, binding) &&
        (strcmp(binding->name, "row-open") == 0 || strcmp(binding->name, "view-back") == 0))
      width += binding_width(view, binding) + GAP;
  }
  return width;
}

/* It is there already, as the step. */
static bool is_step(const struct binding *binding, const struct view_step *step) {
  return (step->kind == VIEW_STEP_LOGS && strcmp(binding->name, "logs-show") == 0) ||
         (step->kind == VIEW_STEP_DETAILS && strcmp(binding->name, "row-details") == 0);
}

/* The logs of a row with a finding come before its further actions: they say why. NULL: none. */
static const struct binding *logs_beside(const struct view *view, const struct view_step *step) {
  const struct binding *logs = binding_of(view, "logs-show");
  const bool wanted = step->kind != VIEW_STEP_NONE && step->kind != VIEW_STEP_LOGS;
  return wanted && logs && is_offered(view, logs) ? logs : NULL;
}

/* So are all actions. */
static int all_width(const struct view *view) {
  const struct binding *all = binding_of(view, "row-actions");
  return all ? binding_width(view, all) : 0;
}

static void draw_keys(const struct view *view, const struct frame *frame, int y) {
  int x = 1;
  if (text_width(view->notice) > frame->canvas->width / 2) { /* it needs the space of the keys */
    canvas_text(frame->canvas, x, y, frame->canvas->width - x - 1, STYLE_NOTICE, view->notice);
    return;
  }
  int end = draw_edge(view, frame, y);
  end = draw_behind(view, frame, y, end);
  if (*view->notice) {
    canvas_text(frame->canvas, x, y, end - x, STYLE_NOTICE, view->notice);
    return;
  }
  struct view_step step;
  view_step_find(view, frame, &step);
  x = draw_subject(view, frame, y, end);
  x = draw_step(view, frame, &step, x, y, end);
  const struct binding *logs = logs_beside(view, &step);
  if (logs && x + binding_width(view, logs) <= end)
    x += draw_binding(view, frame, logs, x, y) + GAP;
  x = draw_actions(view, frame, &step, x, y, end - all_width(view) - pages_width(view));
  for (size_t i = 0; i < view_binding_count; i++) {
    const struct binding *binding = &view_bindings[i];
    if (binding->flags & BINDING_EDGE || binding == logs || !is_offered(view, binding) ||
        is_step(binding, &step))
      continue;
    if (x + binding_width(view, binding) > end)
      break;
    x += draw_binding(view, frame, binding, x, y) + GAP;
  }
}

static void draw_typing(const struct view *view, const struct frame *frame, int y) {
  static const char hint[] = "Enter keeps the filter, Esc clears it";
  const struct pane *pane = view_focused(view);
  struct canvas *canvas = frame->canvas;
  int width = canvas->width, x = 1;
  x += canvas_text(canvas, x, y, width - x, STYLE_KEY, "/");
  /* The end of a long filter: that is where the typing happens. */
  const char *text = pane->filter;
  int cells;
  while (text_width(text) > width - 6 && *text)
    text += text_next(text, &cells);
  x += canvas_text(canvas, x, y, width - x, STYLE_NOTICE | STYLE_STRONG, text);
  canvas_cursor(canvas, x, y);
  canvas_text(canvas, x, y, width - x, STYLE_NOTICE | STYLE_STRONG, "_");
  x += 3;
  char count[64];
  snprintf(count, sizeof count, "%zu of %zu", pane->filter_matches, pane->filter_total);
  if (x + (int)strlen(count) < width) {
    canvas_text(canvas, x, y, width - x, STYLE_DIM, count);
    x += (int)strlen(count) + 2;
  }
  if (x + (int)strlen(hint) < width)
    canvas_text_right(canvas, x, y, width - x - 1, STYLE_DIM, hint);
}

void footer_draw(const struct view *view, const struct frame *frame, int y) {
  if (view->saving)
    save_draw(view, frame, y);
  else if (view->commanding)
    command_line_draw(view, frame, y);
  else if (view->page == PAGE_LOG && view->log.typing)
    log_view_typing_draw(&view->log, frame, y);
  else if (view->page == PAGE_HELP && view->help_typing)
    help_draw_typing(view, frame, y);
  else if (view->page == PAGE_EVENTS && view->history.typing)
    history_typing_draw(view, frame, y);
  else if (view->typing && view_focused(view))
    draw_typing(view, frame, y);
  else
    draw_keys(view, frame, y);
}
