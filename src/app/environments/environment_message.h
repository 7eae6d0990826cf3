/* What the process of an environment reports to the list of environments: one line of JSON, the
 * object of `stacktop status --json` and a few figures more. */
#pragma once

#include "core/err.h"
#include "model/environment.h"
#include "model/model.h"

enum { ENVIRONMENT_MESSAGE_MAX = 8 << 10 };

/* The caller frees it. */
char *environment_message_make(const struct model *model, int64_t now_ms, bool paused);
/* Fills all but path, known, heard_ms and trouble. False with err if it is not such a line; the
 * environment is unchanged then. (app/environments/environment_message_read.c) */
bool environment_message_read(const char *text, struct environment *environment,
                              struct err *err) MUST_CHECK;
