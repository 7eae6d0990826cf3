#include "ui/view/view_screen.h"

#include "ui/view/view.h"

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

/* While the screen is paused nothing is collected, however often. */
static bool is_paused(struct view *view) {
  if (view->paused)
    view_notice(view, "Paused: press {screen-pause} to resume");
  return view->paused;
}

struct request run_collect(struct keys *keys, int argument) {
  (void)argument;
  return is_paused(keys->view) ? nothing : (struct request){REQUEST_COLLECT_NOW};
}

struct request run_pace(struct keys *keys, int kind) {
  return is_paused(keys->view) ? nothing : (struct request){(enum request_kind)kind};
}
