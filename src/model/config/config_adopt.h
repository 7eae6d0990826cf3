/* A configuration that follows another one, at a reload. */
#pragma once

#include "model/config/config.h"

/* Moves the targets that are the same in both from `old` into `config`, so that who watches them
 * can go on with the same object; `old` gets theirs. from: one per target of `config`: the index
 * that it had in `old`, or SIZE_MAX for one that is new or has other options, or may
 * name a target that is another one. Thresholds, logs and
 * read_only are those of the new configuration in any case. */
void config_adopt(struct config *config, struct config *old, size_t *from);
