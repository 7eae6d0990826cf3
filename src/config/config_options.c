#include "config/config_options.h"

#include <string.h>
#include <strings.h>

/* Below 200 ms a dashboard would burden its targets; above a day it would watch nothing. */
enum { INTERVAL_MIN = 200, INTERVAL_MAX = 86400000, TIMEOUT_MIN = 50, TIMEOUT_MAX = 3600000 };
/* A check reads data of users: it must not be as frequent as a collection. */
enum { CHECK_INTERVAL_MIN = 1000, CHECK_NAME_MAX = 60, CHECK_UNIT_MAX = 30 };

/* Less than an hour is no history. */
enum { EVENTS_KEEP_MIN = 3600000 };
#define EVENTS_KEEP_MAX (INT64_C(3660) * 86400000)
#define EVENTS_SIZE_MIN (1024.0 * 1024)
#define EVENTS_SIZE_MAX (64.0 * 1024 * 1024 * 1024)

/* The current directory must not determine where records are stored. */
static bool check_absolute(const char *text, struct err *err) {
  return *text == '/' || err_set(err, ERR_INVALID, "\"%.80s\" is not an absolute path", text);
}

static bool check_events_size(const char *text, struct err *err) {
  double bytes;
  struct err why;
  return (quantity_parse_in(UNIT_BYTES, text, &bytes, &why) && bytes >= EVENTS_SIZE_MIN &&
          bytes <= EVENTS_SIZE_MAX) ||
         err_set(err, ERR_INVALID,
                 "\"%.40s\" is not a size from 1MB to 64GB; use one such as 256MB", text);
}

/* A boolean has no reason, and the screen shows the reason. */
static bool check_reason(const char *text, struct err *err) {
  static const char *const switches[] = {"", "true", "false", "yes", "no", "on", "off"};
  for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
    if (strcasecmp(text, switches[i]) == 0)
      return err_set(
          err, ERR_INVALID,
          "\"%s\" is not a reason; state the reason, or remove the line to watch the target", text);
  return true;
}

/* In the order of enum wall_notice. */
static const char *const wall_notices[] = {"none", "osc777", "osc9", NULL};

const struct option config_options[CONFIG_OPTION_COUNT] = {
    [CONFIG_NAME] = {.name = "name",
                     .type = OPTION_TEXT,
                     .help = "name of the platform, shown in the header; default: the file's name"},
    [CONFIG_ENVIRONMENT] =
        {.name = "environment",
         .type = OPTION_TEXT,
         .help =
             "free text; with the word production, prod or live in it, confirmations are stricter"},
    [CONFIG_INTERVAL] = {.name = "interval",
                         .type = OPTION_DURATION,
                         .min = INTERVAL_MIN,
                         .max = INTERVAL_MAX,
                         .fallback = "2s",
                         .help = "time between collections"},
    [CONFIG_TIMEOUT] = {.name = "timeout",
                        .type = OPTION_DURATION,
                        .min = TIMEOUT_MIN,
                        .max = TIMEOUT_MAX,
                        .help = "time limit of one collection; default: depends on the kind"},
    [CONFIG_THEME] = {.name = "theme",
                      .type = OPTION_TEXT,
                      .example = "dark",
                      .help = "name of a theme, a file NAME.theme; default: the built-in theme"},
    [CONFIG_READ_ONLY] = {.name = "read_only",
                          .type = OPTION_BOOL,
                          .fallback = "false",
                          .help = "refuse all actions until `:unlock`"},
    [CONFIG_STATE] = {.name = "state",
                      .type = OPTION_TEXT,
                      .check = check_absolute,
                      .example = "/var/lib/stacktop",
                      .help = "directory of the audit log, plans and undo files; default: stacktop "
                              "in $XDG_STATE_HOME or in ~/.local/state"},
    [CONFIG_AUDIT_SYSLOG] = {.name = "audit_syslog",
                             .type = OPTION_BOOL,
                             .fallback = "false",
                             .help = "also send each audit line to syslog (authpriv)"},
    [CONFIG_WALL_BELL] = {.name = "wall_bell",
                          .type = OPTION_BOOL,
                          .fallback = "false",
                          .help =
                              "--wall: ring the terminal's bell when a critical finding begins"},
    [CONFIG_WALL_NOTICE] = {.name = "wall_notice",
                            .type = OPTION_CHOICE,
                            .choices = wall_notices,
                            .fallback = "none",
                            .help = "--wall: the terminal's notification when one begins"},
    [CONFIG_WALL_RUN] = {.name = "wall_run",
                         .type = OPTION_LIST,
                         .example = "[/usr/bin/aplay, /usr/share/sounds/alarm.wav]",
                         .help =
                             "--wall: program and its arguments to run when one begins; it gets "
                             "the finding as JSON on its standard input"},
    [CONFIG_WALL_EVERY] = {.name = "wall_every",
                           .type = OPTION_DURATION,
                           .min = 1000,
                           .max = 86400000,
                           .fallback = "1m",
                           .help =
                               "--wall: at most one bell, notification and program in this time"},
    [CONFIG_WALL_ROTATE] = {.name = "wall_rotate",
                            .type = OPTION_DURATION,
                            .min = 2000,
                            .max = 3600000,
                            .fallback = "10s",
                            .help = "--wall: how long each page of findings is shown"},
    [CONFIG_MOUSE] = {.name = "mouse",
                      .type = OPTION_BOOL,
                      .fallback = "true",
                      .help = "take clicks and the wheel; with Shift the terminal selects text"},
    [CONFIG_EVENTS] = {.name = "events",
                       .type = OPTION_BOOL,
                       .fallback = "true",
                       .help = "keep a history of events on disk, in the directory `state`"},
    [CONFIG_EVENTS_KEEP] = {.name = "events_keep",
                            .type = OPTION_DURATION,
                            .min = EVENTS_KEEP_MIN,
                            .max = EVENTS_KEEP_MAX,
                            .fallback = "30d",
                            .help = "how long events are kept"},
    [CONFIG_EVENTS_SIZE] = {.name = "events_size",
                            .type = OPTION_TEXT,
                            .check = check_events_size,
                            .fallback = "256MB",
                            .help = "size of the event history; beyond it the oldest are removed"},
};

const struct option target_common_options[TARGET_COMMON_COUNT] = {
    [TARGET_NAME] = {.name = "name",
                     .type = OPTION_TEXT,
                     .required = true,
                     .help = "name shown on the screen, unique in its list"},
    [TARGET_INTERVAL] = {.name = "interval",
                         .type = OPTION_DURATION,
                         .min = INTERVAL_MIN,
                         .max = INTERVAL_MAX,
                         .help =
                             "time between collections; default: that of the file; longer where "
                             "they cost much"},
    [TARGET_TIMEOUT] =
        {.name = "timeout",
         .type = OPTION_DURATION,
         .min = TIMEOUT_MIN,
         .max = TIMEOUT_MAX,
         .help = "time limit of one collection; default: that of the file, else of the kind"},
    [TARGET_READ_ONLY] = {.name = "read_only",
                          .type = OPTION_BOOL,
                          .fallback = "false",
                          .help = "refuse all actions on this target, even when unlocked"},
    [TARGET_DISABLED] = {.name = "disabled",
                         .type = OPTION_TEXT,
                         .check = check_reason,
                         .example = "\"until the migration is done\"",
                         .help = "do not watch this target: stacktop never connects to it and "
                                 "shows it as UNKNOWN with this reason"},
    [TARGET_LOGS] = {.name = "logs",
                     .type = OPTION_LIST,
                     .check = check_absolute,
                     .example = "[/var/log/api/*.log]",
                     .help = "files with its logs, for the key l and `stacktop logs`; absolute "
                             "paths, also with * ? [ ]"},
    [TARGET_DEPENDS_ON] =
        {.name = "depends_on",
         .type = OPTION_LIST,
         .example = "[]",
         .help = "KIND:NAME or KIND:NAME/ROW, such as fleet:web/host3: while it is critical, "
                 "this target's findings are listed under its"},
};

bool target_kind_takes(const struct target_kind *kind, int common) {
  return !kind->is_rule ||
         (common != TARGET_READ_ONLY && common != TARGET_LOGS && common != TARGET_DEPENDS_ON);
}

static const char *const levels[] = {"trace", "debug", "info", "warn", "error", "fatal", NULL};

const struct option log_filter_options[LOG_FILTER_OPTION_COUNT] = {
    [LOG_FILTER_NAME] = {.name = "name",
                         .type = OPTION_TEXT,
                         .required = true,
                         .help = "name shown on the screen, unique in the list"},
    [LOG_FILTER_HELP] = {.name = "help", .type = OPTION_TEXT, .help = "what the filter shows"},
    [LOG_FILTER_GREP] = {.name = "grep",
                         .type = OPTION_TEXT,
                         .example = "\"duration: [0-9]{4,}\"",
                         .help = "regular expression (PCRE2) that lines must match; lower case "
                                 "matches both cases"},
    [LOG_FILTER_EXCLUDE] = {.name = "exclude",
                            .type = OPTION_TEXT,
                            .example = "healthz",
                            .help = "regular expression that lines must not match"},
    [LOG_FILTER_LEVEL] = {.name = "level",
                          .type = OPTION_CHOICE,
                          .choices = levels,
                          .help = "least level"},
    [LOG_FILTER_FIELDS] = {.name = "fields",
                           .type = OPTION_LIST,
                           .example = "[\"request_duration>5\", \"status!=200\"]",
                           .help =
                               "conditions on the fields of JSON lines, by = != < <= > >= ~ !~"},
    [LOG_FILTER_SOURCE] = {.name = "source",
                           .type = OPTION_TEXT,
                           .example = "api",
                           .help = "text in the name of the file or container"},
    [LOG_FILTER_SINCE] = {.name = "since",
                          .type = OPTION_DURATION,
                          .min = 1000,
                          .max = INT64_C(366) * 86400000,
                          .example = "1h",
                          .help = "how far back to read; default: the whole log"},
};

const char config_log_filters_key[] = "log_filters";
const char config_keys_key[] = "keys";

const struct option threshold_options[THRESHOLD_OPTION_COUNT] = {
    [THRESHOLD_WARN] = {.name = "warn", .type = OPTION_TEXT, .help = "warning beyond this value"},
    [THRESHOLD_CRIT] = {.name = "crit", .type = OPTION_TEXT, .help = "critical beyond this value"},
    [THRESHOLD_FOR] = {.name = "for",
                       .type = OPTION_DURATION,
                       .help =
                           "report only after the value has been beyond the limit for this long"},
    [THRESHOLD_BELOW] = {.name = "below",
                         .type = OPTION_BOOL,
                         .help = "the limits are lower bounds; default: depends on the metric"},
    [THRESHOLD_CLEAR] = {.name = "clear",
                         .type = OPTION_TEXT,
                         .help = "a finding stays until the value is not beyond this one either"},
    [THRESHOLD_CLEAR_FOR] = {.name = "clear_for",
                             .type = OPTION_DURATION,
                             .help = "and until that has lasted for this long"},
};

const char config_secrets_key[] = "secrets", config_include_key[] = "include";

const struct option secret_options[SECRET_OPTION_COUNT] = {
    [SECRET_FILE] = {.name = "file",
                     .type = OPTION_TEXT,
                     .example = "/run/secrets/redis",
                     .help = "file that contains it"},
    [SECRET_COMMAND] = {.name = "command",
                        .type = OPTION_LIST,
                        .example = "[pass, show, redis/main]",
                        .help = "program that prints it, with its arguments; no shell"},
    [SECRET_TIMEOUT] = {.name = "timeout",
                        .type = OPTION_DURATION,
                        .min = 100,
                        .max = 60000,
                        .fallback = "5s",
                        .help = "time limit of the command"},
};

const char config_thresholds_key[] = "thresholds";

/* A label of a row, which findings and events quote. */
static bool check_check_name(const char *text, struct err *err) {
  const size_t len = strlen(text);
  for (const char *at = text; *at; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7F)
      return err_set(err, ERR_INVALID, "a control character in the name");
  return (len > 0 && len <= CHECK_NAME_MAX && *text != ' ' && text[len - 1] != ' ') ||
         err_set(err, ERR_INVALID,
                 "\"%.60s\" is not a name; use 1 to %d bytes, without spaces at the ends", text,
                 CHECK_NAME_MAX);
}

static bool check_check_unit(const char *text, struct err *err) {
  return (strlen(text) <= CHECK_UNIT_MAX && !strpbrk(text, "\n\t")) ||
         err_set(err, ERR_INVALID, "longer than %d bytes", CHECK_UNIT_MAX);
}

const char config_checks_key[] = "checks";

const struct option check_options[CHECK_OPTION_COUNT] = {
    [CHECK_NAME] = {.name = "name",
                    .type = OPTION_TEXT,
                    .required = true,
                    .check = check_check_name,
                    .help = "name shown on the screen, unique in the target",
                    .example = "readings without a sensor"},
    [CHECK_SQL] = {.name = "sql",
                   .type = OPTION_TEXT,
                   .required = true,
                   .help =
                       "one statement with one row and one column; its transaction is read-only",
                   .example = "\"SELECT 100.0 * count(*) FILTER (WHERE sensor IS NULL) / "
                              "nullif(count(*), 0) FROM readings\""},
    [CHECK_INTERVAL] = {.name = "interval",
                        .type = OPTION_DURATION,
                        .min = CHECK_INTERVAL_MIN,
                        .max = 30 * INT64_C(86400000),
                        .fallback = "5m",
                        .help = "time between two runs"},
    [CHECK_TIMEOUT] = {.name = "timeout",
                       .type = OPTION_DURATION,
                       .min = TIMEOUT_MIN,
                       .max = 600000,
                       .fallback = "10s",
                       .help = "time limit of the statement, on the server"},
    [CHECK_WARN] = {.name = "warn",
                    .type = OPTION_TEXT,
                    .help = "warning beyond this value",
                    .example = "5%"},
    [CHECK_CRIT] = {.name = "crit",
                    .type = OPTION_TEXT,
                    .help = "critical beyond this value",
                    .example = "20%"},
    [CHECK_BELOW] = {.name = "below",
                     .type = OPTION_BOOL,
                     .fallback = "false",
                     .help = "the limits are lower bounds"},
    [CHECK_UNIT] = {.name = "unit",
                    .type = OPTION_TEXT,
                    .check = check_check_unit,
                    .help = "words behind the number; bytes and seconds are shown in larger units",
                    .example = "\"% null\""},
    [CHECK_PER_ROW] = {.name = "per_row",
                       .type = OPTION_BOOL,
                       .fallback = "false",
                       .help = "sql has any number of rows, each with a name and a value"},
    [CHECK_EXPECT] = {.name = "expect",
                      .type = OPTION_TEXT,
                      .help = "instead of warn and crit: any other value is a warning",
                      .example = "d41d8cd98f00b204e9800998ecf8427e"},
};

const struct column_spec *config_schema_metric(const struct config_schema *schema,
                                               const char *metric) {
  for (size_t i = 0; i < schema->metric_count; i++)
    if (strcmp(schema->metrics[i]->metric, metric) == 0)
      return schema->metrics[i];
  return NULL;
}
