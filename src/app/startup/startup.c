#include "app/startup/startup.h"

#include "app/runtime/print.h"
#include "app/startup/discover.h"
#include "app/startup/runbook_schedules.h"
#include "collectors/collector.h"
#include "config/config_load.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/text.h"
#include "report/plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char system_path[] = "/etc/stacktop/stacktop.yaml";

char *startup_config_path_home(void) {
  const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  if (xdg && *xdg == '/')
    return mem_printf("%s/stacktop/stacktop.yaml", xdg);
  return home && *home == '/' ? mem_printf("%s/.config/stacktop/stacktop.yaml", home) : NULL;
}

/* A file that exists but cannot be read is used, so that the error is reported. */
static char *path_find(void) {
  char *path = startup_config_path_home();
  if (path && access(path, F_OK) == 0)
    return path;
  free(path);
  path = mem_dup(system_path);
  if (access(path, F_OK) == 0)
    return path;
  free(path);
  return NULL;
}

char *startup_config_path(const struct options *options) {
  return options->config ? mem_dup(options->config) : path_find();
}

/* Only the first error, on the one line that monitoring shows. */
static void errors_print_plugin(const struct config_errors *errors) {
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  if (out)
    config_errors_print(errors, out);
  if (out && fclose(out) == 0) {
    text[strcspn(text, "\n")] = '\0';
    (void)print_end(report_plugin_trouble(stdout, text)); /* the status is UNKNOWN either way */
  }
  free(text);
}

static struct config *config_of_file(const char *path, const struct config_schema *schema,
                                     bool plugin) {
  struct config_errors errors;
  config_errors_init(&errors, path);
  struct config *config = config_load(path, schema, &errors);
  config_errors_print(&errors, stderr);
  if (!config && plugin)
    errors_print_plugin(&errors);
  config_errors_fini(&errors);
  return config;
}

/* Fills in the defaults of the collectors. */
static void targets_settle(struct config *config) {
  for (size_t i = 0; i < config->target_count; i++) {
    struct target *target = config->targets[i];
    target_settle_interval(target, config->interval_ms);
    if (target->timeout_ms == 0)
      target->timeout_ms = collector_find(target->kind->kind)->timeout_ms;
  }
}

/* Only `stacktop watch` notifies. */
static void channels_drop(struct config *config) {
  size_t kept = 0;
  for (size_t i = 0; i < config->target_count; i++)
    if (strcmp(config->targets[i]->kind->kind, "notifier") != 0)
      config->targets[kept++] = config->targets[i];
  config->target_count = kept;
}

const char *startup_read_only_by(const struct options *options) {
  const char *environment = getenv("STACKTOP_READ_ONLY");
  if (options->read_only)
    return options->wall ? "--wall" : "--read-only";
  return environment && *environment && strcmp(environment, "0") != 0 ? "STACKTOP_READ_ONLY" : NULL;
}

static void target_error_print(const struct target *target, const char *text) {
  char place[1024], shown[512];
  snprintf(place, sizeof place, "%s:%d:%d", target->origin.file ? target->origin.file : "found",
           target->origin.line, target->origin.column);
  text_sanitize(shown, sizeof shown, text, strlen(text), false);
  text_sanitize(place, sizeof place, place, strlen(place), false);
  fprintf(stderr, "%s: %s \"%s\": %s\n", place, target->kind->key, target->name, shown);
}

/* Options whose name ends so are paths of files that are read when it connects. */
static bool files_check(const struct target *target) {
  bool good = true;
  for (size_t i = 0; i < target->kind->option_count; i++) {
    const char *name = target->kind->options[i].name, *path = target->values[i].text;
    const size_t len = strlen(name);
    char text[512];
    if (len < 5 || strcmp(name + len - 5, "_file") != 0 || !path || !*path ||
        access(path, R_OK) == 0)
      continue;
    snprintf(text, sizeof text, "%s: cannot read %.200s: %s", name, path, strerror(errno));
    target_error_print(target, text);
    good = false;
  }
  return good;
}

static void on_closed(void *arg) {
  (void)arg;
}

bool startup_targets_check(const struct config *config, struct io *io) {
  bool good = true;
  for (size_t i = 0; i < config->target_count; i++) {
    const struct target *target = config->targets[i];
    const struct collector *collector = collector_find(target->kind->kind);
    struct err err = {0};
    void *self = target->disabled ? NULL : collector->open(io, target, &err);
    if (self)
      collector->close(self, on_closed, NULL);
    else if (!target->disabled)
      target_error_print(target, err.text);
    good = files_check(target) && (self || target->disabled) && good;
  }
  return good;
}

/* "redis 127.0.0.1:6379"-like names of the targets; at most as fit. */
static void found_names(struct names *names, const struct config *config) {
  for (size_t i = 0; i < config->target_count; i++) {
    char name[128];
    snprintf(name, sizeof name, "%s %s", config->targets[i]->kind->kind, config->targets[i]->name);
    names_add(names, name);
  }
}

/* The screen has its own words, a bar only one line, and monitoring reads the first one. */
static bool says_without(const struct options *options) {
  return (options->mode != MODE_DASHBOARD || options->plain) && options->mode != MODE_STATUS &&
         !options->plugin;
}

static void without_say(const struct options *options, const struct config *config) {
  struct names names = {0};
  if (config->path || !says_without(options))
    return;
  char *home = startup_config_path_home();
  found_names(&names, config);
  fprintf(stderr, "stacktop: no configuration file (looked for %s and %s)\n",
          home ? home : "no home directory", system_path);
  if (config->discovered)
    fprintf(stderr, "          found by itself: %s\n", names_end(&names, "`stacktop config`"));
  fputs("          next: `stacktop init` writes a configuration, -c FILE names one\n", stderr);
  free(home);
}

void startup_discovered_text(char *out, size_t size, const struct config *config) {
  char *home = startup_config_path_home();
  snprintf(out, size,
           "No configuration file (looked for %s and %s): watching %zu targets found here. Next: "
           "`stacktop init`",
           home ? home : "none at home", system_path, config->target_count);
  free(home);
}

struct config *startup_config(const struct options *options, const struct app_schema *schema,
                              struct io *io) {
  char *path = startup_config_path(options);
  struct config *config =
      path ? config_of_file(path, &schema->schema, options->plugin) : discover(io);
  free(path);
  if (config && !config->discovered &&
      (options->mode == MODE_DASHBOARD || options->mode == MODE_CHECK ||
       options->mode == MODE_WATCH || options->mode == MODE_SERVE))
    runbook_schedules_watch(config);
  if (config) {
    targets_settle(config);
    config->no_writes = startup_read_only_by(options) != NULL;
  }
  if (config && options->mode != MODE_WATCH && options->mode != MODE_CONFIG)
    channels_drop(config);
  if (config)
    without_say(options, config);
  return config;
}

static char *errors_first(const struct config_errors *errors) {
  char *text = NULL, *more;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  if (!out)
    mem_failed();
  config_errors_print(errors, out);
  fclose(out);
  text[strcspn(text, "\n")] = '\0';
  if (errors->count < 2)
    return text;
  more = mem_printf("%s (and %zu more: `stacktop config --check`)", text,
                    errors->count - 1 + errors->dropped);
  free(text);
  return more;
}

struct config *startup_reload(const struct options *options, const struct app_schema *schema,
                              char **why) {
  char *path = options->config ? mem_dup(options->config) : path_find();
  struct config_errors errors;
  struct config *config = NULL;
  config_errors_init(&errors, path ? path : "");
  if (path)
    config = config_load(path, &schema->schema, &errors);
  if (config) {
    targets_settle(config);
    config->no_writes = startup_read_only_by(options) != NULL;
    channels_drop(config);
  } else {
    *why = path ? errors_first(&errors)
                : mem_dup("there is no configuration file; `stacktop init` writes one");
  }
  config_errors_fini(&errors);
  free(path);
  return config;
}

struct config *startup_config_file(const struct options *options, const struct app_schema *schema) {
  char *path = startup_config_path(options);
  struct config *config =
      path ? config_of_file(path, &schema->schema, options->plugin) : config_new();
  free(path);
  if (config)
    without_say(options, config);
  return config;
}
