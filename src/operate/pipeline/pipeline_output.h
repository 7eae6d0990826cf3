/* An operation's output as it is recorded. */
#pragma once

#include "model/action/outcome.h"

/* Copies without what looks like a secret (core/text/mask.h), and no longer than a record keeps;
 * NULL for none. */
struct output *record_outputs(const struct outcome *outcome, size_t *count);
void record_outputs_free(struct output *outputs, size_t count);
