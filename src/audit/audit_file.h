/* The file, for threads that wait for the disk. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { AUDIT_LOCK_MS = 2000 }; /* how long to wait for the lock of another program */

/* Appends the line, which has no newline, and waits until it is on disk; on failure it is removed.
 * Creates the file (0600) and its directories (0700). err is a phrase for use in parentheses. */
bool audit_file_append(const char *path, const char *line, size_t len, struct err *err) MUST_CHECK;
/* The same, if check agrees once the file is locked; fd and size are those of the locked file. */
typedef bool (*audit_file_check)(void *arg, int fd, int64_t size, struct err *err);
bool audit_file_append_if(const char *path, const char *line, size_t len, audit_file_check check,
                          void *arg, struct err *err) MUST_CHECK;
/* The same with a text that is made once the file is locked: one line or several, without the last
 * newline, which is freed; NULL with err of the kind ERR_NONE: nothing is to be written, which is
 * no failure. Any file of lines that several programs append to may use it. */
typedef char *(*audit_file_make)(void *arg, int fd, int64_t size, struct err *err);
bool audit_file_append_made(const char *path, audit_file_make make, void *arg,
                            struct err *err) MUST_CHECK;
/* Opens it for reading. -1 with err (errno in *number, 0 if there is no file). */
int audit_file_open(const char *path, int *number, struct err *err);
