#include "io/file/mount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* "/a/b" to "/a", "/a" to "/"; false if there is no parent. */
static bool cut_last(char *path) {
  char *slash = strrchr(path, '/');
  if (!slash || strcmp(path, "/") == 0)
    return false;
  slash[slash == path] = '\0';
  return true;
}

/* Sets resolved, of the path or of its nearest existing ancestor. */
static int resolve_path(const char *path, struct mount_facts *facts) {
  char nearest[PATH_MAX];
  if (strlen(path) >= sizeof nearest)
    return ENAMETOOLONG;
  snprintf(nearest, sizeof nearest, "%s", path);
  while (!realpath(nearest, facts->resolved)) {
    if ((errno != ENOENT && errno != ENOTDIR) || !cut_last(nearest))
      return errno;
    facts->missing = true;
  }
  return 0;
}

/* A file system may report any value, and cells are signed. */
static uint64_t bytes_of(uint64_t blocks, uint64_t block) {
  return block > 0 && blocks > INT64_MAX / block ? INT64_MAX : blocks * block;
}

static void take_figures(const struct statvfs *stat, struct mount_facts *facts) {
  uint64_t block = stat->f_frsize ? stat->f_frsize : stat->f_bsize;
  uint64_t free_blocks = stat->f_bfree < stat->f_blocks ? stat->f_bfree : stat->f_blocks;
  facts->total = bytes_of(stat->f_blocks, block);
  facts->used = bytes_of(stat->f_blocks - free_blocks, block);
  /* Some file systems report a deficit to root as a number near 2^64. */
  facts->available = stat->f_bavail <= stat->f_blocks ? bytes_of(stat->f_bavail, block) : 0;
  facts->inodes = stat->f_files <= INT64_MAX ? stat->f_files : INT64_MAX;
  facts->inodes_free = stat->f_ffree < facts->inodes ? stat->f_ffree : facts->inodes;
  facts->read_only = stat->f_flag & ST_RDONLY;
}

void mount_probe(const char *path, struct mount_facts *facts) {
  struct statvfs figures;
  struct stat status;
  *facts = (struct mount_facts){0};
  facts->error = resolve_path(path, facts);
  if (facts->error)
    return;
  if (statvfs(facts->resolved, &figures) != 0 || stat(facts->resolved, &status) != 0) {
    facts->error = errno;
    return;
  }
  facts->directory = S_ISDIR(status.st_mode);
  take_figures(&figures, facts);
}
