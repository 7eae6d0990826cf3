#include "ui/view/keys/view_mouse.h"

#include "ui/view/keys/key_words.h"
#include "ui/view/screens/view_events.h"
#include "ui/view/screens/view_log.h"
#include "ui/view/view_move.h"
#include "ui/view/view_place.h"

#include <stdio.h>
#include <string.h>

enum { WHEEL_ROWS = 3 };

static const struct request nothing = {.kind = REQUEST_NONE};

static bool is_over(const struct pane *pane, struct key key) {
  const struct rect *area = &pane->area;
  return key.x >= area->x && key.x < area->x + area->width && key.y >= area->y &&
         key.y < area->y + area->height;
}

/* The pane under the mouse gets the focus; NULL: there is none. */
static struct pane *pane_under(struct keys *keys) {
  struct view *view = keys->view;
  struct pane *focused = view_focused(view);
  if (view->page != PAGE_PANES || !focused)
    return NULL;
  if (is_over(focused, keys->key))
    return focused;
  for (size_t i = 0; i < view->pane_count && view->opened_count == 0 && !view->listing; i++) {
    if (!is_over(view->panes[i], keys->key))
      continue;
    view->focus = i;
    pane_pin(view->panes[i]);
    view_build_focused(view, keys->frame);
    return view->panes[i];
  }
  return NULL;
}

/* What the key of that name does here, whichever it is. */
static struct request run_name(struct keys *keys, const char *name) {
  const enum key_place place = view_place(keys->view);
  for (size_t i = 0; i < view_binding_count; i++)
    if (strcmp(view_bindings[i].name, name) == 0 && view_bindings[i].places & place)
      return view_bindings[i].run(keys, view_bindings[i].argument);
  return nothing;
}

/* The row that was drawn there, wherever it is now. */
static struct request click(struct keys *keys) {
  struct pane *const before = view_focused(keys->view), *pane = pane_under(keys);
  if (!pane || keys->key.y == pane->area.y)
    return nothing;
  const size_t at = (size_t)(keys->key.y - pane->area.y - 1);
  const uint64_t identity = at < pane->drawn_count ? pane->drawn[at] : 0;
  if (identity == 0)
    return nothing;
  if (pane == before && !keys->moved && pane_selection_identity(pane) == identity)
    return run_name(keys, "row-open");
  for (size_t i = 0; i < pane->lines.count; i++)
    if (pane_line_identity(&pane->lines.items[i]) == identity) {
      pane_select(pane, i, true);
      return nothing;
    }
  snprintf(keys->view->notice, sizeof keys->view->notice, "That row is gone");
  return nothing;
}

/* An item of a list that is no pane. *again: it was selected already. False: it is gone. */
static bool select_item(struct keys *keys, const struct hit *hit, bool *again) {
  struct view *view = keys->view;
  size_t *at = view->page == PAGE_LIST       ? &view->list.at
               : view->page == PAGE_RUNBOOKS ? &view->runbook_at
               : view->page == PAGE_COLUMNS  ? &view->columns.at
                                             : NULL;
  *again = false;
  if (view->page == PAGE_EVENTS)
    return history_click(keys, hit, again);
  if (view->page == PAGE_LOG)
    return log_view_click(&view->log, keys->frame, hit, again);
  if (!at)
    return true;
  *again = *at == hit->id;
  *at = hit->id;
  return true;
}

/* As in a pane: the first click selects, a further one does what Enter does; in the columns, which
 * Enter closes, what Space does. */
static struct request click_item(struct keys *keys) {
  struct view *view = keys->view;
  const struct hit *hit =
      keys->key.y >= 0 && keys->key.y < CANVAS_SIDE_MAX ? &view->hits.lines[keys->key.y] : NULL;
  bool again;
  if (!hit || !hit->there)
    return nothing;
  if (!select_item(keys, hit, &again))
    view_say(view, "That row is gone");
  else if (again)
    return run_name(keys, view->page == PAGE_COLUMNS ? "columns-toggle" : "row-open");
  return nothing;
}

static struct request wheel(struct keys *keys, int direction) {
  if (keys->view->page == PAGE_PANES) {
    struct pane *pane = pane_under(keys);
    if (pane)
      pane_move(pane, direction * WHEEL_ROWS);
    return nothing;
  }
  return run_move(keys, direction * WHEEL_ROWS);
}

/* The wheel moves in a dialog as the arrows do; what confirms is typed. */
static struct request dialog_wheel(struct keys *keys) {
  struct frame frame = *keys->frame;
  bool handled;
  const struct key key = {keys->key.code == KEY_CODE_WHEEL_UP ? KEY_CODE_UP : KEY_CODE_DOWN, 0};
  frame.now_ms = frame.clock_ms;
  return dialog_key(&keys->view->dialog, &frame, key, &handled);
}

struct request view_mouse(struct keys *keys) {
  struct view *view = keys->view;
  const bool clicked = keys->key.code == KEY_CODE_CLICK;
  if (dialog_is_open(&view->dialog) && !clicked)
    return dialog_wheel(keys);
  if (dialog_is_open(&view->dialog)) {
    if (keys->key.y >= 0 && keys->key.y < CANVAS_SIDE_MAX)
      dialog_click(&view->dialog, &view->hits.lines[keys->key.y]);
    return nothing;
  }
  if (view->alarm.open || view->saving || view->commanding ||
      (view->page == PAGE_LOG && view->log.typing))
    return nothing;
  view->typing = false; /* a filter is kept as it is typed */
  if (clicked)
    return view->page == PAGE_PANES ? click(keys) : click_item(keys);
  return wheel(keys, keys->key.code == KEY_CODE_WHEEL_UP ? -1 : 1);
}
