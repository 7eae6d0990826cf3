#include "app/modes/status_mode.h"

#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "audit/audit.h"
#include "io/file/beacon_file.h"
#include "report/status/status_line.h"

#include <stdlib.h>

static struct status_line_options form_of(const struct options *options) {
  return (struct status_line_options){.form = options->tmux   ? STATUS_TMUX
                                              : options->json ? STATUS_JSON
                                                              : STATUS_PLAIN,
                                      .ascii = options->no_unicode,
                                      .width = (int)options->width};
}

static bool running_read(const struct options *options, struct status_brief *brief,
                         struct status_origin *origin, struct err *err) {
  struct beacon_seen seen;
  char *config = startup_config_path(options), *fallback = state_folder();
  bool good = beacon_file_read(fallback, config, &seen, err);
  if (good) {
    *origin = (struct status_origin){.pid = seen.pid, .age_ms = seen.age_ms};
    good = status_brief_read(seen.text, brief, err);
    free(seen.text);
  }
  free(config);
  free(fallback);
  return good;
}

bool status_of_running(const struct options *options, int *status) {
  struct status_brief brief;
  struct status_origin origin;
  struct err err;
  const struct status_line_options form = form_of(options);
  const bool found = running_read(options, &brief, &origin, &err);
  if (!found && !options->no_check)
    return false;
  const bool written = print_end(found ? status_line_write(stdout, &brief, &origin, &form)
                                       : status_line_trouble(stdout, err.text, &form));
  const enum severity severity = found ? brief.severity : SEVERITY_UNKNOWN;
  *status = severity_exit(written ? severity : severity_worse(severity, SEVERITY_UNKNOWN));
  return true;
}

bool status_print(const struct model *model, int64_t now_ms, const struct options *options) {
  struct status_brief brief;
  const struct status_line_options form = form_of(options);
  status_brief_make(model, now_ms, &brief);
  return status_line_write(stdout, &brief, &(struct status_origin){0}, &form);
}

bool status_print_trouble(const char *text, const struct options *options) {
  const struct status_line_options form = form_of(options);
  return status_line_trouble(stdout, text, &form);
}
