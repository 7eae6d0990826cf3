#include "app/modes/config_mode.h"

#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "audit/audit_record.h"
#include "config/print/config_dump.h"
#include "config/print/config_json_schema.h"
#include "core/text/format.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SHOWN = 1024 };

int config_mode_start(const struct options *options, const struct app_schema *schema) {
  if (options->default_config)
    config_print_default(stdout, &schema->schema);
  else
    config_json_schema(stdout, &schema->schema);
  return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* "FILE: ok, 9 targets". */
static void config_checked(const struct config *config) {
  char path[PATH_SHOWN], targets[FORMAT_MAX];
  const char *from = config->path ? config->path : "no configuration file";
  text_sanitize(path, sizeof path, from, strlen(from), false);
  printf(
      "%s: ok, %s\n", path,
      format_counted(targets, sizeof targets, (int64_t)config->target_count, "target", "targets"));
}

int config_mode_run(struct runtime *runtime, const struct config *config,
                    const struct options *options, const struct app_schema *schema) {
  if (options->check_config && !startup_targets_check(config, &runtime->io))
    return EXIT_CONFIG_BAD;
  if (options->check_config) {
    config_checked(config);
    return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  char *state = state_folder();
  const struct config_dump_effects effects = {.read_only_by = startup_read_only_by(options),
                                              .theme_by = options->theme ? "--theme" : NULL,
                                              .theme = options->theme,
                                              .state = state};
  config_dump_origins(stdout, config, &schema->schema, &effects);
  free(state);
  return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
}
