/* The keys of an action in `actions:`. One row each; `config --default` uses them too. */
#pragma once

#include "core/option.h"

enum own_option {
  OWN_OPTION_ID,
  OWN_OPTION_TITLE,
  OWN_OPTION_HELP,
  OWN_OPTION_KEY,
  OWN_OPTION_ROWS,
  OWN_OPTION_ASK,
  OWN_OPTION_ARGV,
  OWN_OPTION_ENVIRONMENT,
  OWN_OPTION_ENVIRONMENT_FILES,
  OWN_OPTION_STDIN,
  OWN_OPTION_SQL,
  OWN_OPTION_VALUES,
  OWN_OPTION_WRITES,
  OWN_OPTION_DANGER,
  OWN_OPTION_TIMEOUT,
  OWN_OPTION_VERIFY,
  OWN_OPTION_OUTPUT,
  OWN_OPTION_COUNT
};
extern const struct option own_options[OWN_OPTION_COUNT];
extern const char config_actions_key[]; /* "actions" */
