/* A source: one file, read on a thread of its own.
 *
 * Reads the last lines, or from the first line that is not before `since` (found by halving the
 * file, whose lines are taken to be in order), or all. Then follows it: what is appended, a
 * rotation by rename or by copying and truncating, a file that vanishes and comes back. Links are
 * followed; anything but a regular file is refused. Of a line only the beginning is kept. */
#pragma once

#include "logs/log_claims.h"
#include "logs/log_source.h"

struct log_source *log_file_new(const char *path, const char *name, const struct log_want *want,
                                const struct log_filter *filter, struct log_claims *claims);
