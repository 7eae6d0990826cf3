#include "app/dashboard/dashboard_columns.h"
#include "app/dashboard/dashboard_state.h"
#include "app/dashboard/dashboard_view.h"
#include "core/mem.h"
#include "io/clock.h"
#include "model/config/config_adopt.h"

#include <stdlib.h>

static void say(struct dashboard *dashboard, enum severity severity, const char *text) {
  char line[640];
  snprintf(line, sizeof line, "Configuration: %s", text);
  view_notice(dashboard->view, line);
  events_add(&dashboard->model.events, clock_now_ms(), severity, "stacktop", "%s", line);
  dashboard->model.generation++;
  dashboard_dirty(dashboard, DIRTY_KEY);
}

void dashboard_rebase(struct dashboard *dashboard) {
  struct config *config = dashboard->next, *old = dashboard->config;
  size_t *from, kept = 0;
  char text[200];
  if (!config || dashboard_reload_waits(&dashboard->model, dashboard->away.state != AWAY_NOT,
                                        dashboard->incident.evidence != NULL, dashboard->paused))
    return;
  from = mem_new((config->target_count + 1) * sizeof *from);
  config_adopt(config, old, from);
  for (size_t i = 0; i < config->target_count; i++)
    kept += from[i] != SIZE_MAX;
  scheduler_rebase(dashboard->scheduler, config, from);
  free(from);
  dashboard->config = config;
  dashboard->next = NULL;
  dashboard_operations_rebase(&dashboard->operations, dashboard->options);
  dashboard_incident_rebase(&dashboard->incident);
  dashboard_runbooks_drop(&dashboard->runbooks);
  view_free(dashboard->view);
  dashboard->view = dashboard_view_new(dashboard->options, dashboard->user, config);
  dashboard_columns_load(dashboard->view);
  dashboard_reload_watch(&dashboard->reload, config);
  dashboard_reload_text(text, sizeof text, config, old, kept);
  dashboard->retired =
      mem_resize(dashboard->retired, (dashboard->retired_count + 1) * sizeof *dashboard->retired);
  dashboard->retired[dashboard->retired_count++] = old;
  dashboard->judge = true;
  say(dashboard, SEVERITY_OK, text);
}

static void on_loaded(void *arg, struct config *config) {
  struct dashboard *dashboard = arg;
  const char *waits =
      dashboard_reload_waits(&dashboard->model, dashboard->away.state != AWAY_NOT,
                             dashboard->incident.evidence != NULL, dashboard->paused);
  char text[128];
  config_free(dashboard->next);
  dashboard->next = config;
  snprintf(text, sizeof text, "is right; it takes effect when %s", waits ? waits : "");
  if (waits)
    say(dashboard, SEVERITY_OK, text);
}

static void on_failed(void *arg, const char *why) {
  char text[560];
  snprintf(text, sizeof text, "not reloaded, the old one stays: %s", why);
  say(arg, SEVERITY_WARN, text);
}

static void on_changed(void *arg) {
  say(arg, SEVERITY_OK, "a file was changed; :reload applies it");
}

struct dashboard_reload_hooks dashboard_rebase_hooks(struct dashboard *dashboard) {
  return (struct dashboard_reload_hooks){
      .loaded = on_loaded, .failed = on_failed, .changed = on_changed, .arg = dashboard};
}

void dashboard_rebase_fini(struct dashboard *dashboard) {
  config_free(dashboard->next);
  config_free(dashboard->config);
  for (size_t i = 0; i < dashboard->retired_count; i++)
    config_free(dashboard->retired[i]);
  free(dashboard->retired);
}
