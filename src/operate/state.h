/* Where plans, undo files and the audit lie. */
#pragma once

#include "model/config.h"

/* The folder: the configuration's, else the usual one. For the caller to free; NULL with err when
 * no home is known. */
char *state_choose(const struct config *config, struct err *err) MUST_CHECK;
/* STATE/audit.jsonl, for the caller to free. */
char *state_audit_path(const char *state);
