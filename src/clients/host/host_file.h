/* Directories and files of this machine, opened so that no link and no mount leads elsewhere
 * (openat2(2), Linux 5.6). Everything here may block as long as the file system does: for a worker
 * thread. */
#pragma once

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct statx;

struct host_stat {
  uint64_t device, inode;
  mode_t mode;
  uid_t user;
  uint64_t links;
  int64_t size, allocated; /* bytes; allocated: of its blocks, which a sparse file has few of */
  int64_t modified_ns;
  bool append_only, immutable;
  bool mount_root; /* the root of a mount (Linux 5.8) */
};

void host_stat_take(struct host_stat *stat, const struct statx *answer);

/* Opens a directory by its absolute path, in which no part may be a symbolic link. Returns a
 * descriptor or a negative errno: -ELOOP where a part is a link, -ENOSYS before Linux 5.6. */
int host_open_directory(const char *path);
/* Opens a directory below one that is open: neither a link, nor "..", nor a mount leads out of it.
 * "" or "." is itself. -EXDEV: a mount point. */
int host_open_below(int directory, const char *path);
/* The file of that name in the directory, a link itself; "": the descriptor's own. cached: what the
 * kernel knows, without asking a file server. 0 or an errno. */
int host_stat_at(int directory, const char *name, bool cached, struct host_stat *stat);
/* The same file, not changed since. */
bool host_is_same(const struct host_stat *a, const struct host_stat *b);

/* Fills err with the words for an errno of these functions about that path; false. */
bool host_failed(struct err *err, int error, const char *path);
