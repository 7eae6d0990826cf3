#include "app/dashboard/dashboard_state.h"
#include "app/dashboard/dashboard_view.h"
#include "app/startup/theme_file.h"
#include "config/config_changes.h"
#include "core/mem.h"
#include "io/clock.h"
#include "model/config/config_adopt.h"

#include <stdlib.h>
#include <string.h>

static void say(struct dashboard *dashboard, enum severity severity, const char *text) {
  char line[DASHBOARD_RELOAD_MAX + 20];
  snprintf(line, sizeof line, "Configuration: %s", text);
  view_notice(dashboard->view, line);
  events_add(&dashboard->model.events, clock_now_ms(), severity, "stacktop", "%s", line);
  dashboard->model.generation++;
  dashboard_dirty(dashboard, DIRTY_KEY);
}

/* What was opened with the old configuration. Nothing may refer to it afterwards, but for targets
 * that are still closing. */
static void parts_rebase(struct dashboard *dashboard, const struct config *old) {
  const struct config *config = dashboard->config;
  const struct options *options = dashboard->options;
  const char *theme = options->theme ? options->theme : config->theme;
  dashboard_operations_rebase(&dashboard->operations, options);
  dashboard_incident_rebase(&dashboard->incident);
  dashboard_alarms_rebase(&dashboard->alarms);
  dashboard_events_rebase(&dashboard->events);
  dashboard_runbooks_drop(&dashboard->runbooks);
  dashboard_view_rebase(dashboard->view, options, dashboard->user, config, old);
  dashboard_columns_show(&dashboard->columns, dashboard->view);
  dashboard_reload_watch(&dashboard->reload, config);
  terminal_modes(dashboard->terminal, theme_followed(theme, false) != NULL,
                 config->mouse && !options->no_mouse);
  if (!options->theme && config_option_changes(config, old, CONFIG_THEME))
    dashboard_theme_choose(&dashboard->theme, theme);
  if (!config->path != !old->path || (config->path && strcmp(config->path, old->path) != 0))
    status_beacon_rebase(&dashboard->beacon);
}

static void retire(struct dashboard *dashboard, struct config *config) {
  dashboard->retired =
      mem_resize(dashboard->retired, (dashboard->retired_count + 1) * sizeof *dashboard->retired);
  dashboard->retired[dashboard->retired_count++] = config;
}

static void retired_free(struct dashboard *dashboard) {
  size_t kept = 0;
  for (size_t i = 0; i < dashboard->retired_count; i++) {
    if (scheduler_uses(dashboard->scheduler, dashboard->retired[i]))
      dashboard->retired[kept++] = dashboard->retired[i];
    else
      config_free(dashboard->retired[i]);
  }
  dashboard->retired_count = kept;
}

static const char *waits_for(const struct dashboard *dashboard) {
  return dashboard_reload_waits(&dashboard->model, dashboard->away.state > AWAY_LISTED,
                                dashboard->incident.evidence != NULL, dashboard->paused);
}

void dashboard_rebase(struct dashboard *dashboard) {
  struct config *config = dashboard->next, *old = dashboard->config;
  char text[DASHBOARD_RELOAD_MAX];
  size_t kept = 0;
  retired_free(dashboard);
  if (!config || waits_for(dashboard))
    return;
  size_t *from = mem_new((config->target_count + 1) * sizeof *from);
  config_adopt(config, old, from);
  for (size_t i = 0; i < config->target_count; i++)
    kept += from[i] != SIZE_MAX;
  scheduler_rebase(dashboard->scheduler, config, from);
  free(from);
  dashboard->config = config;
  dashboard->next = NULL;
  parts_rebase(dashboard, old);
  dashboard_reload_text(text, config, old, dashboard->options, kept);
  retire(dashboard, old);
  dashboard->judge = true;
  say(dashboard, SEVERITY_OK, text);
}

static void on_loaded(void *arg, struct config *config, struct dashboard_columns *columns) {
  struct dashboard *dashboard = arg;
  const char *waits = waits_for(dashboard);
  char text[128];
  config_free(dashboard->next);
  dashboard_columns_fini(&dashboard->columns);
  dashboard->next = config;
  dashboard->columns = *columns;
  snprintf(text, sizeof text, "is right; it takes effect when %s", waits ? waits : "");
  if (waits)
    say(dashboard, SEVERITY_OK, text);
}

static void on_failed(void *arg, const char *why) {
  struct dashboard *dashboard = arg;
  char text[560];
  snprintf(text, sizeof text, "not reloaded, the old one stays: %s", why);
  say(arg, SEVERITY_WARN, text);
  dashboard_reload_watch(&dashboard->reload, dashboard->config); /* the next change is said, too */
}

static void on_changed(void *arg) {
  say(arg, SEVERITY_OK, "a file was changed; :reload applies it");
}

struct dashboard_reload_hooks dashboard_rebase_hooks(struct dashboard *dashboard) {
  return (struct dashboard_reload_hooks){
      .loaded = on_loaded, .failed = on_failed, .changed = on_changed, .arg = dashboard};
}

void dashboard_rebase_fini(struct dashboard *dashboard) {
  dashboard_columns_fini(&dashboard->columns);
  config_free(dashboard->next);
  config_free(dashboard->config);
  for (size_t i = 0; i < dashboard->retired_count; i++)
    config_free(dashboard->retired[i]);
  free(dashboard->retired);
}
