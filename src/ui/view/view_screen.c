#include "ui/view/view_screen.h"

#include "ui/view/view.h"
#include "ui/view/view_keys.h"

#include <stdio.h>

static const struct request nothing = {.kind = REQUEST_NONE};

struct request run_request(struct keys *keys, int kind) {
  (void)keys;
  return (struct request){(enum request_kind)kind};
}

struct request run_pause(struct keys *keys, int argument) {
  (void)argument;
  struct view *view = keys->view;
  if (view->wall.on) {
    view_notice(view, "A wall display is never paused: a frozen picture would look like calm");
    return nothing;
  }
  view->paused = !view->paused;
  view->paused_ms = keys->frame->now_ms;
  return (struct request){view->paused ? REQUEST_PAUSE : REQUEST_RESUME};
}

struct request run_collect(struct keys *keys, int argument) {
  (void)argument;
  if (!keys->view->paused)
    return (struct request){REQUEST_COLLECT_NOW};
  char key[KEY_TEXT_MAX];
  snprintf(keys->view->notice, sizeof keys->view->notice, "Paused: press %s to resume",
           view_key_name(keys->view, "screen-pause", key));
  return nothing;
}
