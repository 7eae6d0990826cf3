/* The help: the table of keys, and what the signs mean. */
#include "ui/view/keymap.h"
#include "ui/view/view_binding.h"

#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_WIDTH = 17, NAMES_MAX = 64 };

static void put(struct view *view, const struct frame *frame, struct rect inside, unsigned style,
                const char *names, const char *text) {
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

static bool is_of_logs(const struct binding *binding) {
  return !(binding->places & ~(unsigned)PLACE_LOGS);
}

/* The keys that work only in the logs, or all others. */
static void put_keys(struct view *view, const struct frame *frame, struct rect inside, bool logs) {
  for (size_t i = 0; i < view_binding_count;) {
    const char *help = view_bindings[i].help;
    char names[NAMES_MAX] = "";
    if (is_of_logs(&view_bindings[i]) != logs) {
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
  put(view, frame, inside, STYLE_LABEL, "", "");
  int y = inside.y + view->page_lines++ - view->scroll;
  if (y >= inside.y && y < inside.y + inside.height)
    canvas_text(frame->canvas, inside.x, y, inside.width, STYLE_LABEL | STYLE_STRONG, text);
}

/* The actions of a kind of target that have keys. */
static void put_actions_of(struct view *view, const struct frame *frame, struct rect inside,
                           const struct target_kind *kind) {
  bool any = false;
  for (const struct action_spec *const *spec = frame->model->operations.specs; *spec; spec++) {
    char key[2] = {(char)(*spec)->key, '\0'};
    if (strcmp((*spec)->kind, kind->kind) != 0)
      continue;
    if (!any)
      put_heading(view, frame, inside, kind->title);
    any = true;
    put(view, frame, inside, STYLE_KEY, *key ? key : "a (menu)",
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

static void put_logs(struct view *view, const struct frame *frame, struct rect inside) {
  put_heading(view, frame, inside, "Logs");
  put_keys(view, frame, inside, true);
}

static void put_signs(struct view *view, const struct frame *frame, struct rect inside) {
  static const enum severity severities[] = {SEVERITY_CRIT, SEVERITY_WARN, SEVERITY_UNKNOWN};
  static const char *const texts[] = {"critical", "warning",
                                      "unknown: no answer, missing privilege, or stale data"};
  put(view, frame, inside, STYLE_LABEL, "", "");
  for (size_t i = 0; i < sizeof severities / sizeof *severities; i++)
    put(view, frame, inside, style_of_severity(severities[i]) | STYLE_STRONG,
        mark_of(severities[i]), texts[i]);
  put(view, frame, inside, STYLE_INFO, MARK_CHANGE, "an event: a change, neither good nor bad");
  put(view, frame, inside, STYLE_NOTICE, ":",
      "pending: beyond a threshold, but not yet for its duration");
  put(view, frame, inside, STYLE_UNKNOWN, "?", "in a cell: unknown; the details give the reason");
  put(view, frame, inside, STYLE_DIM, "-", "in a cell: not applicable");
}

void help_draw(struct view *view, const struct frame *frame, struct rect area) {
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  canvas_text(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_TITLE | STYLE_STRONG,
              "[Help]");
  struct rect inside = {area.x + 2, area.y + 1, area.width - 4, area.height - 2};
  view->page_height = inside.height;
  view->page_lines = 0;
  const bool logs = view->page_before_help == PAGE_LOG; /* their keys come first there */
  if (logs) {
    put_keys(view, frame, inside, true);
    put(view, frame, inside, STYLE_LABEL, "", "");
  }
  put_keys(view, frame, inside, false);
  if (!logs)
    put_logs(view, frame, inside);
  put_signs(view, frame, inside);
  put_actions(view, frame, inside);
  put_dialogs(view, frame, inside);
  if (view->page_lines > view->page_height)
    canvas_printf(frame->canvas, area.x + 8, area.y, area.width - 10, STYLE_DIM, " %d-%d/%d ",
                  view->scroll + 1,
                  view->scroll + (view->page_height < view->page_lines - view->scroll
                                      ? view->page_height
                                      : view->page_lines - view->scroll),
                  view->page_lines);
}
