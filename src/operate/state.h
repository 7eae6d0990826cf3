/* Where plans, undo files and the audit log are stored. */
#pragma once

#include "model/config/config.h"

/* The state directory of the configuration, or the default one. The caller frees it; NULL with err
 * if no home directory is known. */
char *state_choose(const struct config *config, struct err *err) MUST_CHECK;
/* STATE/audit.jsonl; the caller frees it. */
char *state_audit_path(const char *state);
