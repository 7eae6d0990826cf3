/* The file as those see it who wait for the disk: on a thread. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { AUDIT_LOCK_MS = 2000 }; /* how long the lock of another program is waited for */

/* Appends the line, which has no newline, and waits until it is on disk; or it is not there
 * afterwards. Makes the file (0600) and its folders (0700). err says why, in words that stand in
 * parentheses. */
bool audit_file_append(const char *path, const char *line, size_t len, struct err *err) MUST_CHECK;
/* The same, if check says so once the file is locked: fd as it is then, of that size. */
typedef bool (*audit_file_check)(void *arg, int fd, int64_t size, struct err *err);
bool audit_file_append_if(const char *path, const char *line, size_t len, audit_file_check check,
                          void *arg, struct err *err) MUST_CHECK;
/* Opens it to read. -1 with err (errno in *number): 0 when there is none. */
int audit_file_open(const char *path, int *number, struct err *err);
