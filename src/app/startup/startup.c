#include "app/startup/startup.h"

#include "app/runtime/print.h"
#include "app/startup/discover.h"
#include "collectors/collector.h"
#include "config/config_load.h"
#include "core/mem.h"
#include "report/plugin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The caller frees it; NULL if the environment does not define it. */
static char *path_in_home(void) {
  const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  if (xdg && *xdg == '/')
    return mem_printf("%s/stacktop/stacktop.yaml", xdg);
  return home && *home == '/' ? mem_printf("%s/.config/stacktop/stacktop.yaml", home) : NULL;
}

/* A file that exists but cannot be read is used, so that the error is reported. */
static char *path_find(void) {
  char *path = path_in_home();
  if (path && access(path, F_OK) == 0)
    return path;
  free(path);
  path = mem_dup("/etc/stacktop/stacktop.yaml");
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

struct config *startup_config(const struct options *options, const struct app_schema *schema,
                              struct io *io) {
  char *path = startup_config_path(options);
  struct config *config =
      path ? config_of_file(path, &schema->schema, options->plugin) : discover(io);
  free(path);
  if (config) {
    targets_settle(config);
    config->no_writes = startup_read_only_by(options) != NULL;
  }
  if (config && options->mode != MODE_WATCH && options->mode != MODE_CONFIG)
    channels_drop(config);
  return config;
}

struct config *startup_config_file(const struct options *options, const struct app_schema *schema) {
  char *path = startup_config_path(options);
  struct config *config =
      path ? config_of_file(path, &schema->schema, options->plugin) : config_new();
  free(path);
  return config;
}
