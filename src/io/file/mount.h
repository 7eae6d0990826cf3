/* The figures of a file system: statvfs, as in df. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct mount_facts {
  int error;               /* 0, or an errno: nothing else is set then */
  bool missing;            /* the path does not exist: the other members are those of `resolved` */
  bool directory;          /* false for a file with a mount on it (as in containers) */
  char resolved[PATH_MAX]; /* the path without symbolic links; if missing, its nearest existing
                              ancestor */

  /* In bytes. used and available are those of df: free blocks reserved for root count as
   * neither. */
  uint64_t total, used, available;
  uint64_t inodes, inodes_free; /* inodes is 0 if the file system does not count them */
  bool read_only;               /* ST_RDONLY: of the file system or of this mount */
};

/* Blocks as long as the file system does: for a worker thread (io/worker.h). */
void mount_probe(const char *path, struct mount_facts *facts);
