/* The options that do not belong to a kind: of the file, of every target, and of a threshold. One
 * row each; the manual and `config --default` use them too. */
#pragma once

#include "model/config/config.h"
#include "model/target.h"

enum config_option {
  CONFIG_NAME,
  CONFIG_ENVIRONMENT,
  CONFIG_INTERVAL,
  CONFIG_TIMEOUT,
  CONFIG_THEME,
  CONFIG_READ_ONLY,
  CONFIG_STATE,
  CONFIG_AUDIT_SYSLOG,
  CONFIG_WALL_BELL,
  CONFIG_WALL_NOTICE,
  CONFIG_WALL_RUN,
  CONFIG_WALL_EVERY,
  CONFIG_WALL_ROTATE,
  CONFIG_MOUSE,
  CONFIG_EVENTS,
  CONFIG_EVENTS_KEEP,
  CONFIG_EVENTS_SIZE,
  CONFIG_OPTION_COUNT
};
extern const struct option config_options[CONFIG_OPTION_COUNT];

enum target_common {
  TARGET_NAME,
  TARGET_INTERVAL,
  TARGET_TIMEOUT,
  TARGET_READ_ONLY,
  TARGET_DISABLED,
  TARGET_LOGS,
  TARGET_DEPENDS_ON,
  TARGET_COMMON_COUNT
};
extern const struct option target_common_options[TARGET_COMMON_COUNT];
/* Whether targets of that kind have it: a rule has no actions and no logs. */
bool target_kind_takes(const struct target_kind *kind, int common);

enum log_filter_option {
  LOG_FILTER_NAME,
  LOG_FILTER_HELP,
  LOG_FILTER_GREP,
  LOG_FILTER_EXCLUDE,
  LOG_FILTER_LEVEL,
  LOG_FILTER_FIELDS,
  LOG_FILTER_SOURCE,
  LOG_FILTER_SINCE,
  LOG_FILTER_OPTION_COUNT
};
extern const struct option log_filter_options[LOG_FILTER_OPTION_COUNT];
extern const char config_log_filters_key[]; /* "log_filters" */
extern const char config_keys_key[];        /* "keys" */

enum check_option {
  CHECK_NAME,
  CHECK_SQL,
  CHECK_INTERVAL,
  CHECK_TIMEOUT,
  CHECK_WARN,
  CHECK_CRIT,
  CHECK_BELOW,
  CHECK_UNIT,
  CHECK_PER_ROW,
  CHECK_EXPECT,
  CHECK_OPTION_COUNT
};
extern const struct option check_options[CHECK_OPTION_COUNT];
extern const char config_checks_key[]; /* "checks": of a target whose kind has them */

enum threshold_option {
  THRESHOLD_WARN,
  THRESHOLD_CRIT,
  THRESHOLD_FOR,
  THRESHOLD_BELOW,
  THRESHOLD_CLEAR,
  THRESHOLD_CLEAR_FOR,
  THRESHOLD_OPTION_COUNT
};
extern const struct option threshold_options[THRESHOLD_OPTION_COUNT];

/* One entry of `secrets:`. */
enum secret_option { SECRET_FILE, SECRET_COMMAND, SECRET_TIMEOUT, SECRET_OPTION_COUNT };
extern const struct option secret_options[SECRET_OPTION_COUNT];
extern const char config_secrets_key[]; /* "secrets" */
extern const char config_include_key[]; /* "include" */

extern const char config_thresholds_key[]; /* "thresholds": of the file and of each target */

/* What a configuration can contain; app provides it from the collectors. All is borrowed. */
struct config_schema {
  const struct target_kind *const *kinds;
  size_t kind_count;
  const struct column_spec *const *metrics; /* columns with a metric name; one per name */
  size_t metric_count;
  const struct target_kind *const *metric_kinds; /* the kind of each of them */
  /* For actions of the configuration: the tables of each kind, as long as kinds and each ended with
   * NULL, the built-in actions (ended with NULL), and whether a key is free for one. Each may be
   * NULL. */
  const struct table_spec *const *const *tables;
  const struct action_spec *const *actions;
  bool (*key_check)(const struct config *config, uint32_t key, struct err *err);
  /* Whether the entry `index` of config->keys is right; NULL: not checked. */
  bool (*keys_check)(const struct config *config, size_t index, struct err *err);
  /* Whether `theme` names a theme that can be loaded. NULL: not checked, if nothing is drawn,
   * because a bad theme must not stop `check`. */
  bool (*theme_check)(const char *name, struct err *err);
  /* Runs the command of a secret and waits for it; argv is ended with NULL. The caller frees what
   * it printed, which has no NUL byte. NULL with err: it failed, did not end in time, or printed
   * more than `most` bytes; err never quotes its output. NULL: no command is run. */
  char *(*command_run)(const char *const *argv, int64_t timeout_ms, size_t most, struct err *err);
};

/* NULL if there is none. */
const struct column_spec *config_schema_metric(const struct config_schema *schema,
                                               const char *metric);
