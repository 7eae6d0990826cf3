#include "ui/view/view_move.h"

#include "ui/view/screens/view_events.h"
#include "ui/view/screens/view_log.h"
#include "ui/view/screens/view_runbooks.h"
#include "ui/view/view_columns.h"
#include "ui/view/view_pages.h"

static const struct request nothing = {.kind = REQUEST_NONE};

struct request run_focus_number(struct keys *keys, int argument) {
  (void)argument;
  size_t index = keys->key.rune - '1';
  if (index < keys->view->pane_count)
    keys->view->focus = index;
  keys->view->listing = false;
  return nothing;
}

struct request run_focus_step(struct keys *keys, int step) {
  struct view *view = keys->view;
  if (view->pane_count)
    view->focus = (view->focus + view->pane_count + (size_t)step) % view->pane_count;
  return nothing;
}

static void scroll_page(struct view *view, int lines) {
  int most = view->page_lines - view->page_height;
  view->scroll += lines;
  if (view->scroll > most)
    view->scroll = most;
  if (view->scroll < 0)
    view->scroll = 0;
}

struct request run_move(struct keys *keys, int lines) {
  if (keys->view->page == PAGE_EVENTS)
    return history_move(keys, lines);
  if (keys->view->page == PAGE_LOG)
    log_view_move(&keys->view->log, keys->frame, lines);
  else if (keys->view->page == PAGE_LIST)
    page_list_move(keys->view, keys->frame, lines);
  else if (keys->view->page == PAGE_RUNBOOKS)
    runbook_list_move(keys->view, keys->frame, lines);
  else if (keys->view->page == PAGE_COLUMNS)
    columns_move(keys->view, lines);
  else if (keys->view->page != PAGE_PANES)
    scroll_page(keys->view, lines);
  else if (keys->pane)
    pane_move(keys->pane, lines);
  return nothing;
}

static int page_of(const struct keys *keys) {
  if (keys->view->page == PAGE_LOG)
    return log_view_page(&keys->view->log);
  if (keys->view->page == PAGE_EVENTS)
    return keys->view->history.page;
  if (keys->view->page != PAGE_PANES)
    return keys->view->page_height;
  return keys->pane ? keys->pane->page : 0;
}

struct request run_page(struct keys *keys, int direction) {
  const int page = page_of(keys);
  return run_move(keys, direction * (page > 2 ? page - 1 : 1));
}

struct request run_half_page(struct keys *keys, int direction) {
  const int page = page_of(keys);
  return run_move(keys, direction * (page > 3 ? page / 2 : 1));
}

struct request run_zoom(struct keys *keys, int argument) {
  (void)argument;
  keys->view->zoomed = true;
  return nothing;
}

struct request run_back(struct keys *keys, int argument) {
  (void)argument;
  struct view *view = keys->view;
  if (view->page == PAGE_LOG)
    return view_log_back(keys);
  if (view->page == PAGE_EVENTS)
    return history_back(keys);
  if (view->page == PAGE_RUNBOOKS || view->page == PAGE_RUNBOOK)
    return view_runbooks_back(view);
  if (view->page == PAGE_HELP && *view->help_filter)
    *view->help_filter = '\0';
  else if (view->page == PAGE_HELP)
    view->page = view->page_before_help;
  else if (view->page == PAGE_DETAIL || view->page == PAGE_INCIDENT || view->page == PAGE_COLUMNS)
    view->page = PAGE_PANES;
  else if (view->page == PAGE_CHART)
    view->page = view->page_before_chart;
  else if (view->page == PAGE_LIST)
    view->page = view->page_before_list;
  else if (keys->pane && *keys->pane->filter)
    *keys->pane->filter = '\0';
  else if (keys->pane && keys->pane->marks.count > 0)
    marks_clear(&keys->pane->marks);
  else if (view->opened_count > 0)
    return (struct request){REQUEST_PAGE_CLOSE};
  else if (view->listing)
    view->listing = false;
  else if (view->wall.on && !view->zoomed)
    view->page = PAGE_WALL;
  else if (keys->frame->model->of_several && !view->zoomed)
    return (struct request){REQUEST_QUIT};
  else
    view->zoomed = false;
  view->scroll = 0;
  return nothing;
}

struct request run_help(struct keys *keys, int argument) {
  (void)argument;
  struct view *view = keys->view;
  view->help_typing = false;
  *view->help_filter = '\0';
  if (view->page == PAGE_HELP)
    return run_back(keys, 0);
  view->page_before_help = view->page;
  view->page = PAGE_HELP;
  view->scroll = 0;
  return nothing;
}
