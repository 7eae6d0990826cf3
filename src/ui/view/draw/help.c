/* The help: what applies here, all other keys, and what the signs mean. */
#include "ui/view/draw/help.h"

#include "core/text/text.h"
#include "ui/draw/text_field.h"
#include "ui/draw/widget.h"
#include "ui/view/keys/key_words.h"
#include "ui/view/keys/keymap.h"
#include "ui/view/view_place.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_WIDTH = 17, NAMES_MAX = 64 };

static void put(struct view *view, const struct frame *frame, struct rect inside, unsigned style,
                const char *names, const char *text) {
  if (*view->help_filter && !view->help_part && !text_contains(names, view->help_filter) &&
      !text_contains(text, view->help_filter))
    return;
  int y = inside.y + view->page_lines++ - view->scroll;
  if (y < inside.y || y >= inside.y + inside.height)
    return;
  canvas_text(frame->canvas, inside.x, y, NAMES_WIDTH, style, names);
  canvas_text(frame->canvas, inside.x + NAMES_WIDTH + 1, y, inside.width - NAMES_WIDTH - 1,
              STYLE_TEXT, text);
}

static bool is_repeated(const char *names, const char *name) {
  size_t length = strlen(name);
  for (const char *at = names; (at = strstr(at, name)); at += length)
    if ((at == names || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
      return true;
  return false;
}

static void names_add(char names[NAMES_MAX], const char *name) {
  size_t length = strlen(names);
  if (!is_repeated(names, name))
    snprintf(names + length, NAMES_MAX - length, "%s%s", length ? " " : "", name);
}

static void keys_add(char names[NAMES_MAX], const struct keymap_keys *keys) {
  char text[KEYMAP_NAMES_MAX];
  if (keys->count == KEYMAP_KEYS_MAX)
    names_add(names, keymap_names(keys, text));
  for (size_t i = 0; i < keys->count && keys->count < KEYMAP_KEYS_MAX; i++)
    names_add(names, key_text(keys->keys[i], text));
}

/* Whether a row with that help works in the place that the help was opened in. */
static bool is_here(const char *help, enum key_place place) {
  for (size_t i = 0; i < view_binding_count; i++)
    if (view_bindings[i].places & place && strcmp(view_bindings[i].help, help) == 0)
      return true;
  return false;
}

/* The keys that work there, or all others. */
static void put_keys(struct view *view, const struct frame *frame, struct rect inside,
                     enum key_place place, bool here) {
  for (size_t i = 0; i < view_binding_count;) {
    const char *help = view_bindings[i].help;
    char names[NAMES_MAX] = "";
    if (is_here(help, place) != here) {
      i++;
      continue;
    }
    for (; i < view_binding_count && strcmp(view_bindings[i].help, help) == 0; i++)
      keys_add(names, &view->keymap->rows[i]);
    if (!*names)
      continue; /* unbound */
    put(view, frame, inside, STYLE_KEY, names, help);
  }
}

static void put_heading(struct view *view, const struct frame *frame, struct rect inside,
                        const char *text) {
  view->help_part = *view->help_filter && text_contains(text, view->help_filter);
  if (*view->help_filter && !view->help_part)
    return;
  put(view, frame, inside, STYLE_LABEL, "", "");
  int y = inside.y + view->page_lines++ - view->scroll;
  if (y >= inside.y && y < inside.y + inside.height)
    canvas_text(frame->canvas, inside.x, y, inside.width, STYLE_LABEL | STYLE_STRONG, text);
}

/* The actions of a kind of target that have keys. */
static void put_actions_of(struct view *view, const struct frame *frame, struct rect inside,
                           const struct target_kind *kind) {
  char menu[KEY_TEXT_MAX + 8], name[KEY_TEXT_MAX];
  bool any = false;
  snprintf(menu, sizeof menu, "%s (menu)", view_key_name(view, "row-actions", name));
  for (const struct action_spec *const *spec = frame->model->operations.specs; *spec; spec++) {
    char key[2] = {(char)(*spec)->key, '\0'};
    if (strcmp((*spec)->kind, kind->kind) != 0)
      continue;
    if (!any)
      put_heading(view, frame, inside, kind->title);
    any = true;
    put(view, frame, inside, STYLE_KEY, *key ? key : menu,
        arena_printf(frame->arena, "%s: %s", (*spec)->title, (*spec)->what));
  }
}

static void put_actions(struct view *view, const struct frame *frame, struct rect inside) {
  const struct model *model = frame->model;
  for (size_t i = 0; model->operations.specs && i < model->target_count; i++) {
    const struct target_kind *kind = model->targets[i].target->kind;
    bool seen = false;
    for (size_t j = 0; j < i && !seen; j++)
      seen = model->targets[j].target->kind == kind;
    if (!seen)
      put_actions_of(view, frame, inside, kind);
  }
}

static void put_dialog_keys(struct view *view, const struct frame *frame, struct rect inside,
                            const struct dialog_binding *bindings, size_t count) {
  for (size_t i = 0; i < count;) {
    const char *help = bindings[i].help;
    char names[NAMES_MAX] = "";
    for (; i < count && strcmp(bindings[i].help, help) == 0; i++)
      names_add(names, bindings[i].name);
    put(view, frame, inside, STYLE_KEY, names, help);
  }
}

static void put_dialogs(struct view *view, const struct frame *frame, struct rect inside) {
  if (!frame->model->operations.specs)
    return;
  for (size_t i = 0; i < DIALOG_KINDS; i++) {
    const struct dialog_class *class = dialog_classes[i];
    if (!class)
      continue;
    put_heading(view, frame, inside, class->name);
    put_dialog_keys(view, frame, inside, class->bindings, class->binding_count);
  }
  put_heading(view, frame, inside, "All dialogs");
  put_dialog_keys(view, frame, inside, dialog_scroll_bindings, dialog_scroll_binding_count);
}

static void put_mouse(struct view *view, const struct frame *frame, struct rect inside) {
  put_heading(view, frame, inside, "Mouse (off with -M)");
  put(view, frame, inside, STYLE_KEY, "click", "select the row; the selected one: as Enter");
  put(view, frame, inside, STYLE_KEY, "click a title", "go to the pane");
  put(view, frame, inside, STYLE_KEY, "wheel", "move the selection, or scroll");
  put(view, frame, inside, STYLE_KEY, "Shift and drag", "select text, as without stacktop");
}

static void put_signs(struct view *view, const struct frame *frame, struct rect inside) {
  static const enum severity severities[] = {SEVERITY_CRIT, SEVERITY_WARN, SEVERITY_UNKNOWN};
  static const char *const texts[] = {"critical", "warning",
                                      "unknown: no answer, missing privilege, or stale data"};
  put_heading(view, frame, inside, "Signs");
  for (size_t i = 0; i < sizeof severities / sizeof *severities; i++)
    put(view, frame, inside, style_of_severity(severities[i]) | STYLE_STRONG,
        mark_of(severities[i]), texts[i]);
  put(view, frame, inside, STYLE_INFO, MARK_CHANGE, "an event: a change, neither good nor bad");
  put(view, frame, inside, STYLE_NOTICE, ":",
      "pending: beyond a threshold, but not yet for its duration");
  put(view, frame, inside, STYLE_UNKNOWN, "?", "in a cell: unknown; the details give the reason");
  put(view, frame, inside, STYLE_DIM, "-", "in a cell: not applicable");
}

/* "/mark 3 lines": what is searched for. */
static void draw_filter(const struct view *view, const struct frame *frame, struct rect area) {
  if (*view->help_filter)
    canvas_printf(frame->canvas, area.x + 8, area.y, area.width - 10, STYLE_NOTICE,
                  " /%s: %d lines ", view->help_filter, view->page_lines);
  else if (view->page_lines > view->page_height)
    canvas_printf(frame->canvas, area.x + 8, area.y, area.width - 10, STYLE_DIM, " %d-%d/%d ",
                  view->scroll + 1,
                  view->scroll + (view->page_height < view->page_lines - view->scroll
                                      ? view->page_height
                                      : view->page_lines - view->scroll),
                  view->page_lines);
}

void help_draw(struct view *view, const struct frame *frame, struct rect area) {
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  canvas_text(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_TITLE | STYLE_STRONG,
              "[Help]");
  struct rect inside = {area.x + 2, area.y + 1, area.width - 4, area.height - 2};
  const enum key_place place = view_place_on(view, view->page_before_help);
  view->page_height = inside.height;
  view->page_lines = 0;
  view->help_part = false;
  put_keys(view, frame, inside, place, true);
  put_signs(view, frame, inside);
  put_mouse(view, frame, inside);
  put_actions(view, frame, inside);
  put_heading(view, frame, inside, "Elsewhere");
  put_keys(view, frame, inside, place, false);
  put_dialogs(view, frame, inside);
  draw_filter(view, frame, area);
}

struct request run_help_search(struct keys *keys, int argument) {
  (void)argument;
  keys->view->help_typing = true;
  return (struct request){.kind = REQUEST_NONE};
}

bool help_key(struct view *view, struct key key) {
  const bool was_empty = !*view->help_filter;
  if (text_field_key(view->help_filter, sizeof view->help_filter, key, true)) {
    view->scroll = 0;
    if (was_empty && (key.code == KEY_CODE_BACKSPACE || key.code == KEY_CODE_DELETE))
      view->help_typing = false;
    return true;
  }
  if (key.code == KEY_CODE_ESC)
    *view->help_filter = '\0';
  if (key.code == KEY_CODE_ESC || key.code == KEY_CODE_ENTER)
    view->help_typing = false;
  return key.code == KEY_CODE_ESC || key.code == KEY_CODE_ENTER;
}

void help_draw_typing(const struct view *view, const struct frame *frame, int y) {
  static const char hint[] = "Enter keeps the search, Esc clears it";
  struct canvas *canvas = frame->canvas;
  int x = 1;
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_KEY, "/");
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE | STYLE_STRONG, view->help_filter);
  canvas_cursor(canvas, x, y);
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE | STYLE_STRONG, "_") + 2;
  if (x + (int)sizeof hint < canvas->width)
    canvas_text_right(canvas, x, y, canvas->width - x - 1, STYLE_DIM, hint);
}
