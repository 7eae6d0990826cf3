/* From a configuration file to a `struct config`, or every error in it.
 *
 * Pure except for reading the file and the environment (${VAR}, see config_expand.h). The file is
 * read as a whole before the screen is opened: this is the only code that may wait for a disk. */
#pragma once

#include "config/config_errors.h"
#include "config/config_options.h"

/* NULL if there is any error: `errors`, initialised by the caller, then has at least one. The
 * targets point to the schema's kinds. A target without an interval gets that of the file; one
 * without a timeout gets that of the file, else 0, which means the collector's default. */
struct config *config_load(const char *path, const struct config_schema *schema,
                           struct config_errors *errors) MUST_CHECK;

/* The same for a text in memory, which includes no other; path is for messages and for the default
 * name. */
struct config *config_parse(const char *path, const char *text, size_t len,
                            const struct config_schema *schema,
                            struct config_errors *errors) MUST_CHECK;

/* The name of a configuration that does not say another: "/etc/stacktop/ecap.yaml" is "ecap". The
 * caller frees it. */
char *config_name_of_path(const char *path);
