#include "ui/view/view_place.h"

enum key_place view_place_on(const struct view *view, enum view_page page) {
  if (page == PAGE_WALL)
    return PLACE_WALL;
  if (page == PAGE_HELP)
    return PLACE_HELP;
  if (page == PAGE_DETAIL)
    return PLACE_DETAIL;
  if (page == PAGE_INCIDENT)
    return PLACE_INCIDENT;
  if (page == PAGE_CHART)
    return PLACE_CHART;
  if (page == PAGE_LOG)
    return view->log.page == LOG_PAGE_LINES    ? PLACE_LOG
           : view->log.page == LOG_PAGE_RECORD ? PLACE_LOG_RECORD
                                               : PLACE_LOG_LIST;
  if (page == PAGE_LIST)
    return PLACE_LIST;
  if (page == PAGE_RUNBOOKS)
    return PLACE_RUNBOOKS;
  if (page == PAGE_COLUMNS)
    return PLACE_COLUMNS;
  if (page == PAGE_EVENTS)
    return PLACE_EVENTS;
  if (page == PAGE_RUNBOOK)
    return PLACE_RUNBOOK;
  if (view->opened_count > 0)
    return PLACE_OPENED;
  if (view->listing)
    return PLACE_FINDINGS;
  return view->zoomed ? PLACE_ZOOM : PLACE_OVERVIEW;
}

enum key_place view_place(const struct view *view) {
  return view_place_on(view, view->page);
}
