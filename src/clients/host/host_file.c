#include "clients/host/host_file.h"

#include "clients/host/host_name.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int open_resolved(int directory, const char *path, uint64_t resolve) {
  /* RESOLVE_NO_SYMLINKS includes O_NOFOLLOW, and says ELOOP instead of ENOTDIR */
  struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = resolve};
  long fd;
  do
    fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
  while (fd < 0 && (errno == EINTR || errno == EAGAIN)); /* EAGAIN: a rename meanwhile */
  return fd < 0 ? -errno : (int)fd;
}

int host_open_directory(const char *path) {
  return open_resolved(AT_FDCWD, path, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int host_open_below(int directory, const char *path) {
  return open_resolved(directory, *path ? path : ".",
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
                           RESOLVE_NO_XDEV);
}

void host_stat_take(struct host_stat *stat, const struct statx *answer) {
  *stat = (struct host_stat){
      .device = makedev(answer->stx_dev_major, answer->stx_dev_minor),
      .inode = answer->stx_ino,
      .mode = answer->stx_mode,
      .user = answer->stx_uid,
      .links = answer->stx_nlink,
      .size = (int64_t)answer->stx_size,
      .allocated = (int64_t)answer->stx_blocks * 512,
      .modified_ns = answer->stx_mtime.tv_sec * INT64_C(1000000000) + answer->stx_mtime.tv_nsec,
      .append_only = answer->stx_attributes & STATX_ATTR_APPEND,
      .immutable = answer->stx_attributes & STATX_ATTR_IMMUTABLE,
      .mount_root = answer->stx_attributes & STATX_ATTR_MOUNT_ROOT,
  };
}

int host_stat_at(int directory, const char *name, bool cached, struct host_stat *stat) {
  struct statx answer;
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH) |
                    (cached ? AT_STATX_DONT_SYNC : AT_STATX_SYNC_AS_STAT);
  if (statx(directory, name, flags, STATX_BASIC_STATS, &answer) != 0)
    return errno;
  host_stat_take(stat, &answer);
  return 0;
}

bool host_is_same(const struct host_stat *a, const struct host_stat *b) {
  return a->device == b->device && a->inode == b->inode && a->size == b->size &&
         a->modified_ns == b->modified_ns && (a->mode & S_IFMT) == (b->mode & S_IFMT);
}

bool host_failed(struct err *err, int error, const char *path) {
  char shown[160];
  host_name_show(shown, sizeof shown, path);
  switch (error) {
  case ENOSYS:
    return err_set(err, ERR_UNSUPPORTED, "needs openat2 (Linux 5.6 or newer)");
  case ELOOP:
    return err_set(err, ERR_INVALID,
                   "%s is a symbolic link, or leads through one; name the directory itself", shown);
  case EACCES:
  case EPERM:
    return err_set(err, ERR_DENIED, "%s: %s", shown, strerror(error));
  case EROFS:
    return err_set(err, ERR_INVALID, "%s: the file system is read-only", shown);
  default:
    return err_set(err, ERR_INVALID, "%s: %s", shown, strerror(error));
  }
}
