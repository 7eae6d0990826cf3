#include "app/modes/config_mode.h"

#include "app/dashboard/dashboard_columns.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "audit/audit_record.h"
#include "config/print/config_dump.h"
#include "config/print/config_json_schema.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/names.h"
#include "core/text/text.h"
#include "ui/table/columns_choice.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SHOWN = 1024, OTHERS_MAX = 40, OTHER_BYTES = 640 };

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

/* ---- what has an effect beside the configuration */

struct others {
  const char *lines[OTHERS_MAX + 1]; /* owned; ended with NULL */
  size_t count;
};

static void other_add(struct others *others, char *line) {
  char shown[OTHER_BYTES];
  text_sanitize(shown, sizeof shown, line, strlen(line), false);
  if (others->count < OTHERS_MAX)
    others->lines[others->count++] = mem_dup(shown);
  free(line);
}

static void others_fini(struct others *others) {
  for (size_t i = 0; i < others->count; i++)
    free((char *)others->lines[i]);
}

/* "columns of postgres.sessions: pid, query=40, by ~/.config/stacktop/columns:3". */
static void columns_add(struct others *others) {
  struct dashboard_columns columns;
  struct columns_choices choices = {0};
  struct err err = {0};
  dashboard_columns_read(&columns);
  const bool good = !columns.file.text ||
                    columns_choices_read(&choices, columns.file.text, columns.file.len, &err);
  for (size_t i = 0; i < choices.count; i++) {
    const struct columns_choice *choice = &choices.items[i];
    struct names names = {0};
    for (size_t c = 0; c < choice->count; c++) {
      char name[COLUMN_CHOICE_ID_MAX + 16];
      snprintf(name, sizeof name, choice->columns[c].width > 0 ? "%s=%d" : "%s",
               choice->columns[c].id, choice->columns[c].width);
      names_add(&names, name);
    }
    other_add(others, mem_printf("columns of %s: %s, by %s:%d", choice->table,
                                 names_end(&names, "that file"), columns.path, choice->line));
  }
  if (!good)
    other_add(others, mem_printf("columns: %s: %s", columns.path, err.text));
  columns_choices_fini(&choices);
  dashboard_columns_fini(&columns);
}

static void others_find(struct others *others, const struct options *options) {
  const char *no_color = getenv("NO_COLOR");
  if (options->no_color)
    other_add(others, mem_printf("no colors, by %s", no_color && *no_color ? "NO_COLOR" : "-C"));
  if (options->no_mouse)
    other_add(others, mem_dup("mouse: false, by -M"));
  if (options->no_unicode)
    other_add(others, mem_dup("ASCII alone, by -U or the locale"));
  if (options->utc)
    other_add(others, mem_dup("times in UTC, by --utc"));
  columns_add(others);
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
  struct others others = {0};
  others_find(&others, options);
  const struct config_dump_effects effects = {.read_only_by = startup_read_only_by(options),
                                              .theme_by = options->theme ? "--theme" : NULL,
                                              .theme = options->theme,
                                              .state = state,
                                              .others = others.lines};
  config_dump_origins(stdout, config, &schema->schema, &effects);
  others_fini(&others);
  free(state);
  return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
}
