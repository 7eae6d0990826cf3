/* The command line after `:`, while it is typed. */
#include "ui/draw/text_field.h"
#include "ui/view/view_state.h"

struct request command_key(struct view *view, struct key key) {
  bool was_empty = !*view->command;
  if (text_field_key(view->command, sizeof view->command, key, true)) {
    if (was_empty && (key.code == KEY_CODE_BACKSPACE || key.code == KEY_CODE_DELETE))
      view->commanding = false;
    return (struct request){.kind = REQUEST_NONE};
  }
  bool leaves = key.code == KEY_CODE_ESC || (key.code == KEY_CODE_CTRL && key.rune == 'c');
  if (leaves || key.code == KEY_CODE_ENTER)
    view->commanding = false;
  if (key.code != KEY_CODE_ENTER || was_empty)
    return (struct request){.kind = REQUEST_NONE};
  return (struct request){.kind = REQUEST_COMMAND, .text = view->command};
}
