/* From the command line to the effective configuration. */
#pragma once

#include "app/startup/options.h"
#include "app/startup/schema.h"
#include "io/io.h"

/* sysexits.h, as every mode uses them. */
enum { EXIT_USAGE_BAD = 64, EXIT_CONFIG_BAD = 78 };

/* The file of -c, else the first default place that exists, else what was discovered; every target
 * with its interval and timeout. NULL with the error on stderr: exit with EXIT_CONFIG_BAD. */
struct config *startup_config(const struct options *options, const struct app_schema *schema,
                              struct io *io);
/* What makes everything read-only, beside the configuration: "--read-only"; NULL: nothing. */
const char *startup_read_only_by(const struct options *options);
/* The same as startup_config for a mode that needs no targets: nothing is discovered, and without a
 * file it is an empty configuration. */
struct config *startup_config_file(const struct options *options, const struct app_schema *schema);
/* The file that would be read; NULL: none. The caller frees it. */
char *startup_config_path(const struct options *options);
