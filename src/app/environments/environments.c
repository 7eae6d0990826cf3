#include "app/environments/environments.h"

#include "app/environments/environments_check.h"
#include "app/environments/environments_screen.h"
#include "app/runtime/print.h"
#include "app/startup/options_table.h"
#include "app/startup/startup.h"
#include "core/err.h"
#include "report/plugin.h"

#include <stdio.h>
#include <sysexits.h>

/* What takes one configuration only, and what to do instead; NULL: this takes several. */
static const char *refusal_of(const struct options *options, char *out, size_t size) {
  const char *word = NULL;
  switch (options->mode) {
  case MODE_DASHBOARD:
    return options->plain  ? "--plain takes one configuration (run it once for each)"
           : options->wall ? "--wall takes one configuration (run it once for each, such as in "
                             "panes of tmux)"
                           : NULL;
  case MODE_CHECK:
    return options->plugin        ? "--plugin takes one configuration (define a check for each)"
           : options->openmetrics ? "--openmetrics takes one configuration (write a file for each)"
                                  : NULL;
  case MODE_STATUS:
    return NULL;
  case MODE_CONFIG:
    if (options->check_config)
      return NULL;
    break;
  default:
    break;
  }
  for (size_t i = 0; i < mode_word_count; i++)
    if (mode_words[i].mode == options->mode)
      word = mode_words[i].word;
  snprintf(out, size, "`stacktop %s` takes one configuration", word ? word : "");
  return out;
}

static int trouble(const struct options *options, const struct err *err, int status) {
  error_print("%s", err->text);
  if (!options->plugin)
    return status;
  (void)print_end(report_plugin_trouble(stdout, err->text));
  return severity_exit(SEVERITY_UNKNOWN);
}

static int refuse(const struct options *options, const char *why) {
  static const char takes[] =
      "several are for the dashboard, `check`, `status` and `config --check`";
  struct err err;
  if (options->config_count > 1)
    err_set(&err, ERR_INVALID, "%s, but -c is given %zu times; %s", why, options->config_count,
            takes);
  else
    err_set(&err, ERR_INVALID, "%s, but %.200s is a directory; %s", why, options->config, takes);
  return trouble(options, &err, EXIT_USAGE_BAD);
}

static int screen_run(const struct environment_files *files, const struct options *options) {
  struct runtime runtime;
  struct err err;
  if (!runtime_init(&runtime, &err))
    return trouble(options, &err, EX_OSERR);
  return environments_screen_run(&runtime, files, options);
}

int environments_run(const struct options *options) {
  struct environment_files files;
  struct err err;
  char text[128];
  int status;
  const char *why = refusal_of(options, text, sizeof text);
  if (why)
    return refuse(options, why);
  if (!environments_find(&files, options, &err))
    return trouble(options, &err, EXIT_CONFIG_BAD);
  switch (options->mode) {
  case MODE_CHECK:
    status = environments_check(&files, options);
    break;
  case MODE_STATUS:
    status = environments_status(&files, options);
    break;
  case MODE_CONFIG:
    status = environments_config_check(&files, options);
    break;
  default:
    status = screen_run(&files, options);
    break;
  }
  environment_files_fini(&files);
  return status;
}
