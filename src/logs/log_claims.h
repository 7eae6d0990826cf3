/* Which files are being read, so that a file that was renamed (a rotation) is not read twice.
 * Shared by the threads of the files of one reader. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct log_claims;

struct log_claims *log_claims_new(void);
void log_claims_hold(struct log_claims *claims);
void log_claims_release(struct log_claims *claims); /* the last one frees it */

enum { LOG_HEAD = 128 }; /* bytes by which a file is known again */

/* The file is being read. False: it is already. */
bool log_claims_add(struct log_claims *claims, dev_t device, ino_t inode);
/* It is not read any more, had that path, and began with these bytes: under another path it is not
 * read again, unless its number was given to another file. Under the same it is another file. */
void log_claims_leave(struct log_claims *claims, const char *path, dev_t device, ino_t inode,
                      const char *head, size_t head_len);
/* Whether the file at that path is being read, or was. Reads its first bytes: for a thread. */
bool log_claims_has(struct log_claims *claims, const char *path, dev_t device, ino_t inode);
