/* What a file system says of itself: statvfs, as df reads it. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct mount_facts {
  int error;               /* 0, or the errno of what failed: nothing else is set then */
  bool missing;            /* the path does not exist: the rest is of `resolved` */
  bool directory;          /* false for a file that something is mounted on (containers do that) */
  char resolved[PATH_MAX]; /* the path without symbolic links; if missing, its nearest ancestor */

  /* In bytes. used and available are df's: free blocks that only root may take count as neither. */
  uint64_t total, used, available;
  uint64_t inodes, inodes_free; /* inodes is 0 where the file system does not count them */
  bool read_only;               /* ST_RDONLY: of the file system or of this mount */
};

/* Blocks for as long as the file system's server does: for a worker's thread (io/worker.h). */
void mount_probe(const char *path, struct mount_facts *facts);
