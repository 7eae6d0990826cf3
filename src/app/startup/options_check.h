/* What of the command line goes together. */
#pragma once

#include "app/startup/options_table.h"

/* Whether the mode takes each of these options; seen: as it was typed, by its row; NULL: it was
 * not. */
bool options_check_modes(enum mode mode, const char *const seen[OPTION_ROWS_MAX],
                         struct err *err) MUST_CHECK;
/* Whether the options fit to each other and to the words, and no required word is missing. Of
 * `runbook`, the first word becomes the command. */
bool options_check(struct options *options, struct err *err) MUST_CHECK;
