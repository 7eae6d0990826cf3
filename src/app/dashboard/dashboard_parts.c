#include "app/dashboard/dashboard_state.h"

static void on_changed(void *arg) {
  struct dashboard *dashboard = arg;
  dashboard->judge = true;
  dashboard_dirty(dashboard, DIRTY_NEWS);
}

static void on_logs(void *arg) {
  struct dashboard *dashboard = arg;
  dashboard_dirty(dashboard, DIRTY_NEWS);
}

static void on_say(void *arg, const char *text) {
  struct dashboard *dashboard = arg;
  view_notice(dashboard->view, text);
}

static void on_wrong(void *arg, const char *text) {
  struct dashboard *dashboard = arg;
  view_command_wrong(dashboard->view, text);
}

static void on_history(void *arg, const char *line) {
  struct dashboard *dashboard = arg;
  view_history_add(dashboard->view, line);
}

static void on_incident(void *arg, const char *line) {
  struct dashboard *dashboard = arg;
  dashboard_incident_line(&dashboard->incident, line);
}

static void on_incident_changed(void *arg) {
  struct dashboard *dashboard = arg;
  dashboard_dirty(dashboard, DIRTY_NEWS);
}

static void on_incident_show(void *arg) {
  struct dashboard *dashboard = arg;
  view_incident(dashboard->view);
}

static bool shows_incident(void *arg) {
  const struct dashboard *dashboard = arg;
  return view_shows_incident(dashboard->view);
}

static void on_saved(void *arg, const char *text) {
  struct dashboard *dashboard = arg;
  view_notice(dashboard->view, text);
  dashboard_dirty(dashboard, DIRTY_NEWS);
}

/* An answer comes later than the line: it is drawn by itself, and the line does not come back once
 * a person does something else. */
static void on_incident_wrong(void *arg, const char *text) {
  struct dashboard *dashboard = arg;
  if (view_command_was_last(dashboard->view))
    view_command_wrong(dashboard->view, text);
  else
    view_notice(dashboard->view, text);
  dashboard_dirty(dashboard, DIRTY_NEWS);
}

static void on_opened(void *arg) {
  struct dashboard *dashboard = arg;
  terminal_discard_input(dashboard->terminal);
}

static void on_reload(void *arg) {
  struct dashboard *dashboard = arg;
  dashboard_reload_begin(&dashboard->reload);
}

static void on_quit(void *arg) {
  dashboard_quit(arg);
}

void dashboard_parts_open(struct dashboard *dashboard, const struct dashboard_theme_start *start) {
  const struct options *options = dashboard->options;
  struct scheduler_hooks hooks = {.arg = dashboard, .changed = on_changed};
  struct dashboard_operations_hooks acting = {.changed = on_changed,
                                              .opened = on_opened,
                                              .quit = on_quit,
                                              .reload = on_reload,
                                              .incident = on_incident,
                                              .say = on_say,
                                              .wrong = on_wrong,
                                              .arg = dashboard};
  const struct dashboard_incident_hooks telling = {.changed = on_incident_changed,
                                                   .say = on_saved,
                                                   .wrong = on_incident_wrong,
                                                   .show = on_incident_show,
                                                   .shows = shows_incident,
                                                   .arg = dashboard};
  dashboard->scheduler = scheduler_new(&dashboard->runtime->io, &dashboard->model, false, hooks);
  dashboard_operations_open(&dashboard->operations, &dashboard->runtime->io, &dashboard->model,
                            dashboard->scheduler, options, &acting);
  dashboard_incident_open(&dashboard->incident, &dashboard->runtime->io, &dashboard->model,
                          dashboard->operations.audit, dashboard->operations.state, options->utc,
                          options->no_unicode, &telling);
  dashboard->events = (struct dashboard_events){.changed = on_logs, .arg = dashboard};
  dashboard_events_open(&dashboard->events, &dashboard->runtime->io, &dashboard->model,
                        dashboard->operations.state);
  dashboard->logs = (struct dashboard_logs){.io = &dashboard->runtime->io,
                                            .model = &dashboard->model,
                                            .utc = options->utc,
                                            .changed = on_logs,
                                            .arg = dashboard};
  dashboard_logs_open(&dashboard->logs);
  dashboard_history_open(&dashboard->history, &dashboard->runtime->io, dashboard->operations.state,
                         on_history, dashboard);
  const struct dashboard_reload_hooks reloads = dashboard_rebase_hooks(dashboard);
  dashboard_reload_open(&dashboard->reload, &dashboard->runtime->io, options, dashboard->config,
                        &reloads);
  dashboard_save_open(&dashboard->save, &dashboard->runtime->io, on_saved, dashboard);
  dashboard_theme_open(
      &dashboard->theme, &dashboard->runtime->io, dashboard->terminal, start,
      &(struct dashboard_theme_hooks){.changed = on_logs, .say = on_say, .arg = dashboard});
  dashboard->runbooks = (struct dashboard_runbooks){
      .io = &dashboard->runtime->io,
      .model = &dashboard->model,
      .options = options,
      .lock = &dashboard->operations.lock,
      .state = dashboard->operations.state,
      .hooks = {.changed = on_logs, .say = on_say, .start = dashboard_on_away, .arg = dashboard}};
  dashboard_runbooks_open(&dashboard->runbooks);
  dashboard_alarms_open(
      &dashboard->alarms, &dashboard->runtime->io, &dashboard->model, dashboard->operations.audit,
      dashboard->operations.state, options->wall,
      &(struct dashboard_alarms_hooks){.changed = on_changed, .say = on_saved, .arg = dashboard});
  if (dashboard->is_wall) {
    dashboard->wall = (struct dashboard_wall){.io = &dashboard->runtime->io,
                                              .model = &dashboard->model,
                                              .terminal = dashboard->terminal,
                                              .changed = on_incident_changed,
                                              .arg = dashboard};
    dashboard_wall_open(&dashboard->wall);
  }
  status_beacon_open(&dashboard->beacon, &dashboard->runtime->io, &dashboard->model);
  if (options->member) {
    const struct dashboard_member_hooks lent = dashboard_lent_hooks(dashboard);
    dashboard_member_open(&dashboard->member, &dashboard->runtime->loop, &dashboard->model, &lent);
  }
}

void dashboard_parts_close(struct dashboard *dashboard) {
  status_beacon_close(&dashboard->beacon);
  if (dashboard->options->member)
    dashboard_member_close(&dashboard->member);
  if (dashboard->is_wall)
    dashboard_wall_close(&dashboard->wall);
  dashboard_logs_close(&dashboard->logs);
  dashboard_history_close(&dashboard->history);
  dashboard_clip_close(&dashboard->clip);
  dashboard_save_close(&dashboard->save);
  dashboard_reload_close(&dashboard->reload);
  dashboard_theme_close(&dashboard->theme);
  dashboard_incident_close(&dashboard->incident);
  dashboard_events_close(&dashboard->events);
  dashboard_runbooks_close(&dashboard->runbooks);
  dashboard_alarms_close(&dashboard->alarms);
  dashboard_operations_close(&dashboard->operations);
}
