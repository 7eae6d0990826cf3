#include "config/config_options.h"

#include <string.h>
#include <strings.h>

/* Below 200 ms a dashboard would hurt what it watches; above a day it would watch nothing. */
enum { INTERVAL_MIN = 200, INTERVAL_MAX = 86400000, TIMEOUT_MIN = 50, TIMEOUT_MAX = 3600000 };

/* Where one stands when one starts it must not decide where records are. */
static bool check_absolute(const char *text, struct err *err) {
  return *text == '/' || err_set(err, ERR_INVALID, "\"%.80s\" is no absolute path", text);
}

/* A switch would not say why, and the screen is there to say it. */
static bool check_reason(const char *text, struct err *err) {
  static const char *const switches[] = {"", "true", "false", "yes", "no", "on", "off"};
  for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
    if (strcasecmp(text, switches[i]) == 0)
      return err_set(err, ERR_INVALID,
                     "\"%s\" is not a reason; say why, or remove the line to watch the target",
                     text);
  return true;
}

const struct option config_options[CONFIG_OPTION_COUNT] = {
    [CONFIG_NAME] = {.name = "name",
                     .type = OPTION_TEXT,
                     .help = "the platform's name, in the header; else the file's own"},
    [CONFIG_ENVIRONMENT] = {.name = "environment",
                            .type = OPTION_TEXT,
                            .help = "free text; with the word production, prod or live in it, "
                                    "confirmations are stronger"},
    [CONFIG_INTERVAL] = {.name = "interval",
                         .type = OPTION_DURATION,
                         .min = INTERVAL_MIN,
                         .max = INTERVAL_MAX,
                         .fallback = "2s",
                         .help = "from one collection to the next"},
    [CONFIG_TIMEOUT] = {.name = "timeout",
                        .type = OPTION_DURATION,
                        .min = TIMEOUT_MIN,
                        .max = TIMEOUT_MAX,
                        .help = "of one collection; else each kind has its own"},
    [CONFIG_THEME] = {.name = "theme",
                      .type = OPTION_TEXT,
                      .example = "dark",
                      .help = "the name of a theme: a file NAME.theme; else the built-in one"},
    [CONFIG_READ_ONLY] = {.name = "read_only",
                          .type = OPTION_BOOL,
                          .fallback = "false",
                          .help = "nothing can be changed until `:unlock`"},
    [CONFIG_STATE] = {.name = "state",
                      .type = OPTION_TEXT,
                      .check = check_absolute,
                      .example = "/var/lib/stacktop",
                      .help = "the folder of the audit, plans and undo files; else stacktop in "
                              "$XDG_STATE_HOME or in ~/.local/state"},
    [CONFIG_AUDIT_SYSLOG] = {.name = "audit_syslog",
                             .type = OPTION_BOOL,
                             .fallback = "false",
                             .help = "a line to syslog (authpriv) for each that the audit gets"},
};

const struct option target_common_options[TARGET_COMMON_COUNT] = {
    [TARGET_NAME] = {.name = "name",
                     .type = OPTION_TEXT,
                     .required = true,
                     .help = "what the screen calls it; unique in its list"},
    [TARGET_INTERVAL] = {.name = "interval",
                         .type = OPTION_DURATION,
                         .min = INTERVAL_MIN,
                         .max = INTERVAL_MAX,
                         .help = "from one collection to the next; else the file's"},
    [TARGET_TIMEOUT] = {.name = "timeout",
                        .type = OPTION_DURATION,
                        .min = TIMEOUT_MIN,
                        .max = TIMEOUT_MAX,
                        .help = "of one collection; else the file's, else the kind's"},
    [TARGET_READ_ONLY] = {.name = "read_only",
                          .type = OPTION_BOOL,
                          .fallback = "false",
                          .help = "nothing is ever changed there, unlocked or not"},
    [TARGET_DISABLED] = {.name = "disabled",
                         .type = OPTION_TEXT,
                         .check = check_reason,
                         .example = "\"until the move is done\"",
                         .help = "why the target is not watched: it is never connected to, is "
                                 "UNKNOWN, and shows this reason"},
};

const struct option threshold_options[THRESHOLD_OPTION_COUNT] = {
    [THRESHOLD_WARN] = {.name = "warn", .type = OPTION_TEXT, .help = "a warning beyond it"},
    [THRESHOLD_CRIT] = {.name = "crit", .type = OPTION_TEXT, .help = "critical beyond it"},
    [THRESHOLD_FOR] = {.name = "for",
                       .type = OPTION_DURATION,
                       .help = "counts only after it has held for so long"},
    [THRESHOLD_BELOW] = {.name = "below",
                         .type = OPTION_BOOL,
                         .help = "worry under the limits, not above; else as is usual for it"},
};

const char config_thresholds_key[] = "thresholds";

const struct column_spec *config_schema_metric(const struct config_schema *schema,
                                               const char *metric) {
  for (size_t i = 0; i < schema->metric_count; i++)
    if (strcmp(schema->metrics[i]->metric, metric) == 0)
      return schema->metrics[i];
  return NULL;
}
