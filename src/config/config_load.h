/* A configuration file to a `struct config`, or every error in it.
 *
 * Pure but for reading the file and the environment (${VAR}, see config_expand.h). A file is read
 * whole, before the screen is taken: this is the one place that may wait for a disk. */
#pragma once

#include "config/config_errors.h"
#include "config/config_options.h"

/* NULL when there is any error: `errors`, which the caller has initialised, then has at least one.
 * The targets point to the schema's kinds. A target without an interval gets the file's; one
 * without a timeout gets the file's, else 0, which stands for its collector's own. */
struct config *config_load(const char *path, const struct config_schema *schema,
                           struct config_errors *errors) MUST_CHECK;

/* The same of a text in memory; path is for the messages and for the default name. */
struct config *config_parse(const char *path, const char *text, size_t len,
                            const struct config_schema *schema,
                            struct config_errors *errors) MUST_CHECK;
