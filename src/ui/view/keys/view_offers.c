#include "ui/view/keys/view_offers.h"

#include "ui/view/view_place.h"
#include "ui/view/view_rows.h"

static const struct line *selected_row(const struct view *view) {
  const struct pane *pane = view_focused(view);
  const struct line *line = pane ? pane_selected(pane) : NULL;
  return line && line->kind == LINE_ROW ? line : NULL;
}

bool offers_open(const struct view *view) {
  const struct line *line = selected_row(view);
  return is_tree_row(line) && !line->row.open;
}

bool offers_close(const struct view *view) {
  const struct line *line = selected_row(view);
  return is_tree_row(line) && line->row.open;
}

/* Marks are for actions. */
bool offers_mark(const struct view *view) {
  return view->acts && selected_row(view);
}

bool offers_acts(const struct view *view) {
  return view->acts;
}

bool offers_logs(const struct view *view) {
  return view->has_logs;
}

bool offers_follow(const struct view *view) {
  return !view->log.tail;
}

bool offers_log_search(const struct view *view) {
  return view->log.matches.pattern != NULL;
}

bool offers_match(const struct view *view) {
  const struct pane *pane = view_focused(view);
  return pane && *pane->filter;
}

bool offers_finding(const struct view *view) {
  return view->has_findings && !offers_match(view);
}

bool offers_findings(const struct view *view) {
  return view->has_findings || view->has_silenced;
}

bool offers_folded(const struct view *view) {
  const struct line *line = pane_selected(view->findings);
  return line && line->finding && line->finding->folded > 0;
}

bool offers_unfold(const struct view *view) {
  const struct line *line = pane_selected(view->findings);
  return line && line->finding && line->finding->under > 0;
}

bool offers_unmark(const struct view *view) {
  const struct line *line = pane_selected(view->findings);
  return line && line->finding && line->finding->quiet != FINDING_LOUD;
}

bool offers_sort(const struct view *view) {
  return selected_row(view) != NULL;
}

bool offers_back(const struct view *view) {
  const struct pane *pane = view_focused(view);
  return view_place(view) != PLACE_OVERVIEW || offers_match(view) || view->listed ||
         (pane && pane->marks.count > 0);
}

bool offers_page(const struct view *view) {
  return view->page_lines > view->page_height;
}

bool offers_row(const struct view *view) {
  const struct pane *pane = view_focused(view);
  return pane && pane_selected(pane);
}

bool offers_abandon(const struct view *view) {
  return view->runbook_run;
}
