#include "ui/view/view_wall.h"

#include "ui/view/draw/header.h"

#include <stdio.h>

static const struct request nothing = {.kind = REQUEST_NONE};

static void notice(struct view *view, const char *text) {
  snprintf(view->notice, sizeof view->notice, "%s", text);
}

void view_wall_init(struct view *view, int64_t rotate_ms) {
  view->wall = (struct wall){.on = true, .rotate_ms = rotate_ms > 0 ? rotate_ms : WALL_ROTATE_MS};
  view->page = PAGE_WALL;
}

void view_wall_sync(struct view *view, int64_t now_ms) {
  if (!view->wall.on)
    return;
  wall_note(&view->wall, now_ms);
  if (!wall_returns(&view->wall, now_ms))
    return;
  if (view->page != PAGE_WALL || view->commanding)
    *view->notice = '\0';
  view->page = PAGE_WALL;
  view->zoomed = view->listing = view->typing = view->saving = view->commanding = false;
  view->touched = false;
}

/* Calm is quiet: nothing draws the eye. What production is called stays as it is. */
static void dim(const struct frame *frame) {
  struct canvas *canvas = frame->canvas;
  if (config_is_production(frame->model->config))
    return;
  for (int x = 0; x < canvas->width; x++)
    canvas->cells[x].style = STYLE_DIM;
}

void view_wall_draw(struct view *view, const struct frame *frame) {
  const struct rect area = {0, 2, frame->canvas->width, frame->canvas->height - 3};
  header_draw_first(view, frame);
  if (wall_is_calm(frame))
    dim(frame);
  wall_draw(&view->wall, frame, area);
}

struct request run_wall_leave(struct keys *keys, int argument) {
  (void)argument;
  keys->view->page = PAGE_PANES;
  keys->view->touched = false;
  return nothing;
}

void view_wall_hint(struct view *view) {
  notice(view, "Wall display: type :quit and Enter to end it; Enter alone shows the panes");
}

struct request view_wall_guard(struct view *view, struct key key, struct request request) {
  const bool interrupts = key.code == KEY_CODE_CTRL && key.rune == 'c';
  if (!view->wall.on || interrupts ||
      (request.kind != REQUEST_QUIT && request.kind != REQUEST_SUSPEND))
    return request;
  notice(view, "Wall display: type :quit and Enter to end it; Esc leads back to the wall");
  return nothing;
}
