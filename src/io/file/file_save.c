#include "io/file/file_save.h"

#include "core/mem.h"
#include "io/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct err *err, const char *path, int number) {
  return limit_error(number, err) ? false
                                  : err_set(err, ERR_IO, "%.180s: %s", path, strerror(number));
}

int file_sync_folder(const char *path) {
  char *own = mem_dup(path);
  char *slash = strrchr(own, '/');
  const char *folder = slash == own ? "/" : slash ? own : ".";
  if (slash)
    *slash = '\0';
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int status = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0)
    close(fd);
  free(own);
  return status == EACCES || status == EINVAL ? 0 : status;
}

bool file_folder_is_shared(const char *folder) {
  struct stat status;
  return lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) &&
         (status.st_mode & (S_ISGID | S_IRWXG)) == (S_ISGID | S_IRWXG) &&
         !(status.st_mode & S_IRWXO);
}

bool file_is_shared(const char *path) {
  char *own = mem_dup(path), *slash = strrchr(own, '/');
  if (slash)
    *slash = '\0';
  const bool shared = slash && slash != own && file_folder_is_shared(own);
  free(own);
  return shared;
}

/* Sets the mode regardless of the umask, and makes the name survive a crash. */
static int make_folder(const char *path) {
  if (mkdir(path, 0700) != 0)
    return errno == EEXIST ? 0 : errno;
  const mode_t mode = file_is_shared(path) ? S_ISGID | 0770 : 0700;
  return chmod(path, mode) == 0 ? file_sync_folder(path) : errno;
}

int file_make_folders(const char *path) {
  char *own = mem_dup(path);
  int status = 0;
  for (char *at = strchr(own + 1, '/'); at && status == 0; at = strchr(at + 1, '/')) {
    *at = '\0';
    status = make_folder(own);
    *at = '/';
  }
  free(own);
  return status;
}

static int write_all(int fd, const char *text, size_t len) {
  while (len > 0) {
    ssize_t wrote = write(fd, text, len);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return errno;
    text += wrote;
    len -= (size_t)wrote;
  }
  return fsync(fd) == 0 ? 0 : errno;
}

bool file_save_new(const char *path, const char *text, size_t len, struct err *err) {
  int status = file_make_folders(path);
  if (status != 0)
    return fail(err, path, status);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(err, path, errno);
  if (file_is_shared(path) && fchmod(fd, 0660) != 0)
    status = errno;
  if (status == 0)
    status = write_all(fd, text, len);
  if (close(fd) != 0 && status == 0)
    status = errno;
  if (status == 0)
    status = file_sync_folder(path);
  if (status == 0)
    return true;
  unlink(path);
  return fail(err, path, status);
}

bool file_replace(const char *path, const char *text, size_t len, unsigned mode, struct err *err) {
  char *fresh = mem_printf("%s.%d.tmp", path, (int)gettid());
  unlink(fresh); /* of an earlier thread with this number that was killed */
  int status = 0, fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    status = errno;
  if (status == 0 && fchmod(fd, mode) != 0)
    status = errno;
  if (status == 0)
    status = write_all(fd, text, len);
  if (fd >= 0 && close(fd) != 0 && status == 0)
    status = errno;
  if (status == 0 && rename(fresh, path) != 0)
    status = errno;
  if (status == 0)
    status = file_sync_folder(path);
  else if (fd >= 0)
    unlink(fresh);
  free(fresh);
  return status == 0 || fail(err, path, status);
}

bool file_save(const char *path, const char *text, size_t len, struct err *err) {
  const int status = file_make_folders(path);
  return status == 0 ? file_replace(path, text, len, file_is_shared(path) ? 0660 : 0600, err)
                     : fail(err, path, status);
}
