/* Rules of the configuration for old files:
 *
 *   cleanup:
 *     "/var/log/ecap/[*].log.[*]": 7d        (without the brackets)
 *   compress:
 *     "/var/log/ecap/[*].log.[*]": 1d gzip
 *
 * A name is a directory and a pattern of fnmatch(3) for the names of its files; its subdirectories
 * are included if the directory ends with "/" and two stars. */
#pragma once

#include "core/err.h"
#include "model/target.h"

#include <limits.h>

enum host_format { HOST_GZIP, HOST_ZSTD };

struct host_rule {
  char *name;               /* as configured; borrowed from the target */
  char directory[PATH_MAX]; /* absolute, without "**" */
  char pattern[NAME_MAX + 1];
  bool recursive;
  int64_t older_ms;
  enum host_format format; /* compress; the default is zstd */
};

/* The number of rules in that option (HOST_CLEANUP, HOST_COMPRESS), and one of them. */
size_t host_rule_count(const struct target *target, const char *option);
void host_rule_get(const struct target *target, const char *option, size_t index,
                   struct host_rule *rule);

/* Checks of the options. */
bool host_rule_name_check(const char *name, struct err *err);
bool host_rule_cleanup_check(const char *text, struct err *err);
bool host_rule_compress_check(const char *text, struct err *err);
