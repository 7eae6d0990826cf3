/* Small real file systems in a mount namespace of the test, which disappear with it. */
#pragma once

#include "support/core_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char fs_root[] = "/tmp/stacktop-fs-XXXXXX";

/* The mount point of a tmpfs with those options ("size=1m"); exits with 77 where that is not
 * possible. Once in a process. */
static inline const char *fs_mount(const char *options) {
  if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    fprintf(stderr, "skipped: a mount namespace needs root: %s\n", strerror(errno));
    exit(77);
  }
  if (!mkdtemp(fs_root) || mount("test", fs_root, "tmpfs", 0, options) != 0) {
    fprintf(stderr, "skipped: cannot mount a tmpfs: %s\n", strerror(errno));
    exit(77);
  }
  return fs_root;
}

static inline void fs_unmount(void) {
  umount2(fs_root, MNT_DETACH);
  rmdir(fs_root);
}

/* A path below the mount, in one of a few static buffers. */
static inline const char *fs_path(const char *name) {
  static char paths[4][512];
  static int turn;
  char *path = paths[turn++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", fs_root, name);
  return path;
}

static inline void fs_folder(const char *name) {
  assert_int_equal(mkdir(fs_path(name), 0755), 0);
}

/* A file of that many bytes, all of them on disk. */
static inline void fs_file(const char *name, size_t bytes) {
  static char block[4096];
  const int fd = open(fs_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  memset(block, 'x', sizeof block);
  assert_true(fd >= 0);
  for (size_t left = bytes; left > 0;) {
    const size_t part = left < sizeof block ? left : sizeof block;
    assert_int_equal(write(fd, block, part), part);
    left -= part;
  }
  close(fd);
}

static inline bool fs_exists(const char *name) {
  return faccessat(AT_FDCWD, fs_path(name), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline void fs_age(const char *name, int64_t seconds) {
  struct timespec now, times[2];
  clock_gettime(CLOCK_REALTIME, &now);
  times[0] = times[1] = (struct timespec){.tv_sec = now.tv_sec - seconds};
  assert_int_equal(utimensat(AT_FDCWD, fs_path(name), times, AT_SYMLINK_NOFOLLOW), 0);
}
