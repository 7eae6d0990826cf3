/* The options that do not belong to a kind: of the file as a whole, of every target, and of a
 * threshold. One row each; the manual and `config --default` come from them too. */
#pragma once

#include "model/config.h"

enum config_option {
  CONFIG_NAME,
  CONFIG_ENVIRONMENT,
  CONFIG_INTERVAL,
  CONFIG_TIMEOUT,
  CONFIG_THEME,
  CONFIG_READ_ONLY,
  CONFIG_STATE,
  CONFIG_AUDIT_SYSLOG,
  CONFIG_OPTION_COUNT
};
extern const struct option config_options[CONFIG_OPTION_COUNT];

enum target_common {
  TARGET_NAME,
  TARGET_INTERVAL,
  TARGET_TIMEOUT,
  TARGET_READ_ONLY,
  TARGET_DISABLED,
  TARGET_COMMON_COUNT
};
extern const struct option target_common_options[TARGET_COMMON_COUNT];

enum threshold_option {
  THRESHOLD_WARN,
  THRESHOLD_CRIT,
  THRESHOLD_FOR,
  THRESHOLD_BELOW,
  THRESHOLD_OPTION_COUNT
};
extern const struct option threshold_options[THRESHOLD_OPTION_COUNT];

extern const char config_thresholds_key[]; /* "thresholds": of the file and of each target */

/* What a configuration can speak of; app gives it, from the collectors. All is borrowed. */
struct config_schema {
  const struct target_kind *const *kinds;
  size_t kind_count;
  const struct column_spec *const *metrics; /* columns that have a metric name; one a name */
  size_t metric_count;
  const struct target_kind *const *metric_kinds; /* the kind of each of them */
  /* Whether `theme` names one that can be loaded. NULL: it is not looked at, as where nothing is
   * drawn: a bad theme must not stop `check`. */
  bool (*theme_check)(const char *name, struct err *err);
};

/* NULL if there is none. */
const struct column_spec *config_schema_metric(const struct config_schema *schema,
                                               const char *metric);
