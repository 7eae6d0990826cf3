#include "app/environments/environments.h"

#include "app/environments/environments_screen.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"

#include <sysexits.h>

/* What of the program takes one configuration only, and what to do instead; NULL: this takes
 * several. */
static const char *refusal_of(const struct options *options) {
  switch (options->mode) {
  case MODE_DASHBOARD:
    return options->plain  ? "--plain takes one configuration: run it once for each"
           : options->wall ? "--wall takes one configuration: run it once for each, for example in "
                             "panes of tmux"
                           : NULL;
  default:
    return "this command takes one configuration";
  }
}

static int refuse(const struct options *options, const char *why) {
  if (options->config_count > 1)
    error_print("%s, but -c is given %zu times. Only the dashboard takes several", why,
                options->config_count);
  else
    error_print("%s, but %.300s is a directory. Only the dashboard takes several", why,
                options->config);
  return EXIT_USAGE_BAD;
}

int environments_run(const struct options *options) {
  struct environment_files files;
  struct runtime runtime;
  struct err err;
  const char *why = refusal_of(options);
  if (why)
    return refuse(options, why);
  if (!environments_find(&files, options, &err)) {
    error_print("%s", err.text);
    return EXIT_CONFIG_BAD;
  }
  if (!runtime_init(&runtime, &err)) {
    error_print("%s", err.text);
    environment_files_fini(&files);
    return EX_OSERR;
  }
  const int status = environments_screen_run(&runtime, &files, options);
  environment_files_fini(&files);
  return status;
}
