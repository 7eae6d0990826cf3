/* From the command line to the effective configuration. */
#pragma once

#include "app/startup/options.h"
#include "app/startup/schema.h"
#include "io/io.h"

/* sysexits.h, as every mode uses them. */
enum { EXIT_USAGE_BAD = 64, EXIT_CONFIG_BAD = 78 };

/* The file of -c, else the first default place that exists, else what was discovered; every target
 * with its interval and timeout. Without a file stderr says so: where it was looked for, what was
 * found, and what to do next; except for the dashboard, the one line of `status` and --plugin. NULL
 * with the error on stderr: exit with EXIT_CONFIG_BAD. */
struct config *startup_config(const struct options *options, const struct app_schema *schema,
                              struct io *io);
/* Loads the configuration again, on any thread. NULL with *why: the first error with its place, and
 * how many more there are. The caller frees *why. */
struct config *startup_reload(const struct options *options, const struct app_schema *schema,
                              char **why);
/* Whether every target can be opened as the dashboard would do it, and its files can be read;
 * prints each error with its place on stderr. Nothing is connected. */
bool startup_targets_check(const struct config *config, struct io *io);
/* Where the configuration of this user is: the caller frees it; NULL if no home is known. */
char *startup_config_path_home(void);
/* That there is no configuration, as one sentence for the screen. All other modes have it on
 * stderr, in several lines, by the functions that load it. */
void startup_discovered_text(char *out, size_t size, const struct config *config);
/* What makes everything read-only, beside the configuration: "--read-only"; NULL: nothing. */
const char *startup_read_only_by(const struct options *options);
/* The same as startup_config for a mode that needs no targets: nothing is discovered, and without a
 * file it is an empty configuration. */
struct config *startup_config_file(const struct options *options, const struct app_schema *schema);
/* The file that would be read; NULL: none. The caller frees it. */
char *startup_config_path(const struct options *options);
