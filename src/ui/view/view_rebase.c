#include "ui/view/view_rebase.h"

#include "ui/panes/pane_rebase.h"
#include "ui/view/keys/keymap.h"
#include "ui/view/view_columns.h"
#include "ui/view/view_pages.h"
#include "ui/view/view_state.h"
#include "ui/wall/wall.h"

/* Nothing leads back to that page any more. */
static void page_leave(struct view *view, enum view_page page) {
  enum view_page *const places[] = {&view->page,
                                    &view->page_before_help,
                                    &view->page_before_log,
                                    &view->page_before_list,
                                    &view->page_before_chart,
                                    &view->page_before_runbooks,
                                    &view->page_before_history};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (*places[i] == page)
      *places[i] = PAGE_PANES;
}

/* The page of a target that is gone is closed. */
static void page_move(struct view *view, const struct pane_moves *moves, enum view_page page,
                      size_t *target_index) {
  const size_t now = pane_moved(moves, *target_index);
  *target_index = now;
  if (now != SIZE_MAX)
    return;
  page_leave(view, page);
  *target_index = 0;
}

void view_rebase(struct view *view, const struct view_options *options, const size_t *to,
                 size_t count) {
  const struct pane_moves moves = {to, count};
  for (size_t i = 0; i < view->pane_count; i++)
    pane_rebase(view->panes[i], &moves);
  pane_rebase(view->findings, &moves);
  if (!view->detail.of_event)
    page_move(view, &moves, PAGE_DETAIL, &view->detail.target_index);
  page_move(view, &moves, PAGE_CHART, &view->chart.target_index);
  page_move(view, &moves, PAGE_LIST, &view->list.target_index);
  page_move(view, &moves, PAGE_COLUMNS, &view->columns.target_index);
  page_leave(view, PAGE_RUNBOOKS); /* which ones there are is read again */
  page_leave(view, PAGE_RUNBOOK);
  view_keys_set(view, options);
  if (view->wall.on)
    view->wall.rotate_ms = options->wall_rotate_ms > 0 ? options->wall_rotate_ms : WALL_ROTATE_MS;
}
