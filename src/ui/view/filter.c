/* The filter of a pane, while it is typed. */
#include "ui/draw/text_field.h"
#include "ui/view/view_state.h"

bool filter_key(struct view *view, struct pane *pane, struct key key) {
  bool was_empty = !*pane->filter;
  if (text_field_key(pane->filter, sizeof pane->filter, key, true)) {
    if (was_empty && (key.code == KEY_CODE_BACKSPACE || key.code == KEY_CODE_DELETE))
      view->typing = false;
    return true;
  }
  switch (key.code) {
  case KEY_CODE_ESC:
    *pane->filter = '\0';
    view->typing = false;
    return true;
  case KEY_CODE_ENTER:
    view->typing = false;
    return true;
  case KEY_CODE_TAB:
  case KEY_CODE_BACKTAB:
    view->typing = false;
    return false;
  default:
    return false;
  }
}
