#include "io/file_save.h"

#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct err *err, const char *path, int number) {
  return err_set(err, ERR_IO, "%.180s: %s", path, strerror(number));
}

/* Makes the folders above the last slash. */
static bool make_folders(char *path, struct err *err) {
  for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
    *at = '\0';
    int status = mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
    if (status)
      fail(err, path, status);
    *at = '/';
    if (status)
      return false;
  }
  return true;
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

/* The name, too, has to survive. */
static int sync_folder(char *path) {
  char *slash = strrchr(path, '/');
  const char *folder = slash == path ? "/" : slash ? path : ".";
  if (slash)
    *slash = '\0';
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int status = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0)
    close(fd);
  if (slash)
    *slash = '/';
  return status;
}

bool file_save_new(const char *path, const char *text, size_t len, struct err *err) {
  char *own = mem_dup(path);
  if (!make_folders(own, err)) {
    free(own);
    return false;
  }
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) {
    free(own);
    return fail(err, path, errno);
  }
  int status = write_all(fd, text, len);
  if (close(fd) != 0 && status == 0)
    status = errno;
  if (status == 0)
    status = sync_folder(own);
  free(own);
  if (status == 0)
    return true;
  unlink(path);
  return fail(err, path, status);
}
