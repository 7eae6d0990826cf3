#include "app/dashboard/dashboard_columns.h"
#include "app/dashboard/dashboard_pages.h"
#include "app/dashboard/dashboard_state.h"
#include "app/dashboard/page_line.h"
#include "app/dashboard/terminal/dashboard_pace.h"

/* A line after `:` that opens a page; false: another one. */
static bool page_line(struct dashboard *dashboard, const char *text) {
  struct page_line line;
  struct err err;
  if (!page_line_read(text, &dashboard->model, &line, &err))
    return false;
  if (err.kind == ERR_NONE && dashboard->paused)
    err_set(&err, ERR_INVALID, "Paused: press {screen-pause} to resume, then open the page");
  if (err.kind != ERR_NONE)
    view_command_wrong(dashboard->view, err.text);
  else
    dashboard_page_open(&dashboard->model, dashboard->scheduler, &line.request);
  page_line_fini(&line);
  return true;
}

/* Collects at once when it is to be more often: the next time may be far. */
static void interval_change(struct dashboard *dashboard, int by) {
  char said[160];
  dashboard->pace = pace_step(dashboard->pace, by);
  pace_set(&dashboard->model, dashboard->pace, said, sizeof said);
  view_notice(dashboard->view, said);
  if (by < 0)
    scheduler_collect_now(dashboard->scheduler);
}

void dashboard_request(struct dashboard *dashboard, struct request request) {
  switch (request.kind) {
  case REQUEST_NONE:
    break;
  case REQUEST_QUIT:
    dashboard_quit(dashboard);
    break;
  case REQUEST_SUSPEND:
    dashboard_suspend(dashboard, true);
    break;
  case REQUEST_REPAINT:
    terminal_invalidate(dashboard->terminal);
    break;
  case REQUEST_COLLECT_NOW:
    scheduler_collect_now(dashboard->scheduler);
    break;
  case REQUEST_PAUSE:
    dashboard->paused = true;
    dashboard_operations_pause(&dashboard->operations, true);
    dashboard_logs_pause(&dashboard->logs, true);
    dashboard_incident_pause(&dashboard->incident, true);
    status_beacon_pause(&dashboard->beacon, true);
    dashboard->member.paused = true;
    scheduler_pause(dashboard->scheduler);
    break;
  case REQUEST_RESUME:
    dashboard->paused = false;
    dashboard_operations_pause(&dashboard->operations, false);
    dashboard_logs_pause(&dashboard->logs, false);
    dashboard_incident_pause(&dashboard->incident, false);
    status_beacon_pause(&dashboard->beacon, false);
    dashboard->member.paused = false;
    dashboard->judge = true;
    scheduler_resume(dashboard->scheduler);
    break;
  case REQUEST_PAGE_OPEN:
    dashboard_page_open(&dashboard->model, dashboard->scheduler, &request);
    break;
  case REQUEST_PAGE_CLOSE:
    dashboard_page_close(&dashboard->model, dashboard->scheduler);
    break;
  case REQUEST_PAGE_SORT:
    dashboard_page_sort(&dashboard->model, dashboard->scheduler, &request);
    break;
  case REQUEST_PAGE_MARK:
    dashboard_page_mark(&dashboard->model, dashboard->scheduler);
    break;
  case REQUEST_SAVE:
    dashboard_save_request(&dashboard->save, &dashboard->model, &request);
    break;
  case REQUEST_COLUMNS_SAVE:
    dashboard_columns_save(&dashboard->save, request.text);
    break;
  case REQUEST_COPY:
    terminal_copy(dashboard->terminal, request.text);
    dashboard_clip(&dashboard->clip, &dashboard->runtime->io, request.text);
    break;
  case REQUEST_SLOWER:
  case REQUEST_FASTER:
    interval_change(dashboard, request.kind == REQUEST_SLOWER ? 1 : -1);
    break;
  default:
    if (request.kind == REQUEST_COMMAND && request.text)
      dashboard_history_put(&dashboard->history, &dashboard->model, request.text);
    if (request.kind == REQUEST_COMMAND && request.text && page_line(dashboard, request.text))
      break;
    if (!dashboard_events_request(&dashboard->events, &request) &&
        !dashboard_logs_request(&dashboard->logs, &request) &&
        !dashboard_alarms_request(&dashboard->alarms, &request) &&
        !dashboard_runbooks_request(&dashboard->runbooks, &request))
      dashboard_operations_request(&dashboard->operations, &request);
    break;
  }
}
