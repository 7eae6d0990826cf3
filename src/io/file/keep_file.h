/* A file of what a program has to remember over a restart, and the lock that says whose it is. One
 * file for each configuration: STATE/watch/HASH.memory, beside it HASH.lock.
 *
 *   stacktop memory VERSION SAVED_MS COUNT
 *   NAME<tab>TEXT            COUNT times; TEXT is one line
 *   end
 *
 * It is replaced as a whole (a new file, on disk, renamed), so that a crash leaves the one before.
 */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
  KEEP_VERSION = 1,
  KEEP_RECORDS_MAX = 4096,
  KEEP_RECORD_BYTES_MAX = 4 << 20, /* of a text; a longer one is not kept */
  KEEP_FILE_BYTES_MAX = 32 << 20,
  KEEP_AHEAD_MS = 60000, /* a file that was saved later than this from now is from the future */
};

struct keep_record {
  char *name, *text;
};
/* Zeroed at first. */
struct keep_records {
  struct keep_record *items;
  size_t count;
  int64_t saved_ms; /* wall time */
};
void keep_records_fini(struct keep_records *records);
/* NULL: there is none of that name. */
struct keep_record *keep_records_find(const struct keep_records *records, const char *name);
/* True if that has changed something. A name or text with a tab or a line break, or beyond the
 * limits, is not kept (and *left_out, may be NULL, is true). */
bool keep_records_set(struct keep_records *records, const char *name, const char *text,
                      bool *left_out);

/* The content of the file, for the caller to free. */
char *keep_text_make(const struct keep_records *records, int64_t saved_ms);
/* False with err: it is not whole, of another version, or from the future. */
bool keep_text_read(char *text, size_t len, int64_t now_ms, struct keep_records *records,
                    struct err *err) MUST_CHECK;

/* All below blocks: for a thread. */
struct keep_file;
/* Of the configuration's file (NULL: none was read). */
struct keep_file *keep_file_new(const char *state, const char *config);
void keep_file_free(struct keep_file *file); /* it gives the lock back; NULL: nothing */

enum keep_lock { KEEP_LOCK_OURS, KEEP_LOCK_OTHERS, KEEP_LOCK_FAILED };
/* Never waits. *holder: the process that has it, 0 if not known. */
enum keep_lock keep_file_lock(struct keep_file *file, int64_t *holder, struct err *err);
/* With the lock only. A file that does not exist is an empty one. */
bool keep_file_read(const struct keep_file *file, struct keep_records *records,
                    struct err *err) MUST_CHECK;
bool keep_file_write(const struct keep_file *file, const char *text, struct err *err) MUST_CHECK;
