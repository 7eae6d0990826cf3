/* Which files are being read, so that a file that was renamed (a rotation) is not read twice.
 * Shared by the threads of the files of one reader. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct log_claims;

struct log_claims *log_claims_new(void);
void log_claims_hold(struct log_claims *claims);
void log_claims_release(struct log_claims *claims); /* the last one frees it */

enum { LOG_HEAD = 128 }; /* bytes by which a file is known again */

/* The number of a removed file is given to a new one: the time of its birth tells them apart. */
struct log_identity {
  dev_t device;
  ino_t inode;
  int64_t born_ns; /* 0: the file system does not say */
};
/* Of an open file; false as fstat. */
bool log_identity_of(int fd, struct log_identity *identity);
bool log_identity_of_path(const char *path, struct log_identity *identity);
bool log_identity_is(const struct log_identity *a, const struct log_identity *b);

/* The file is being read. False: it is already. */
bool log_claims_add(struct log_claims *claims, const struct log_identity *identity);
/* It is not read any more, had that path, and began with these bytes. It is not read again, unless
 * its number was given to another file; where the file system does not say when a file was born,
 * one of the same path or another beginning is another file. */
void log_claims_leave(struct log_claims *claims, const char *path,
                      const struct log_identity *identity, const char *head, size_t head_len);
/* Whether the file at that path is being read, or was. Reads its first bytes: for a thread. */
bool log_claims_has(struct log_claims *claims, const char *path,
                    const struct log_identity *identity);
/* As log_claims_add for an open file; false also if it was read before and is not `fresh`, which
 * is one that was just made. */
bool log_claims_take(struct log_claims *claims, const char *path, int fd, bool fresh,
                     const struct log_identity *identity);
