/* Which files a pattern names. Blocks: for a worker thread. */
#pragma once

#include "core/err.h"
#include "logs/log_claims.h"

enum { LOG_GLOB_FILES = 64 }; /* the latest are taken */

struct log_glob {
  char *paths[LOG_GLOB_FILES];
  size_t count;
  size_t older;          /* further files, which were written before those */
  size_t compressed;     /* not read */
  char *compressed_path; /* one of these; NULL: none */
  size_t denied;         /* directories of the pattern that may not be searched */
  char *denied_path;     /* one of these; NULL: none */
};

/* A literal path is a pattern that names itself, if it exists. Of files that log_claims_has none is
 * named (claims may be NULL). */
void log_glob_find(struct log_glob *glob, const char *pattern, struct log_claims *claims);
void log_glob_fini(struct log_glob *glob);
