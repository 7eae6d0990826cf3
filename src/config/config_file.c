#include "config/config_file.h"

#include "core/mem.h"
#include "core/text/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PIPE_MS = 2000 };

bool config_mode_is_shared(mode_t mode, uid_t owner) {
  return (mode & (owner == 0 ? S_IROTH : S_IRGRP | S_IROTH)) != 0;
}

static bool is_tolerated(int fd) {
  const char *allowed = getenv("STACKTOP_READABLE_SECRETS");
  struct statvfs mount;
  return (allowed && strcmp(allowed, "1") == 0) ||
         (fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0);
}

/* Of a shell's <(...): what it writes may take a while. A pipe without a writer would block for
 * ever, and a reload with it. */
static bool pipe_wait(int fd) {
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  int ready = poll(&wait, 1, PIPE_MS);
  while (ready < 0 && errno == EINTR)
    ready = poll(&wait, 1, PIPE_MS);
  if (ready == 0)
    errno = ETIMEDOUT;
  return ready > 0;
}

static bool text_read(int fd, size_t most, struct config_file *file) {
  file->text = mem_new(most + 2);
  while (file->len <= most) {
    const ssize_t got = read(fd, file->text + file->len, most + 1 - file->len);
    if (got == 0)
      return true;
    if (got > 0)
      file->len += (size_t)got;
    else if (errno == EAGAIN ? !pipe_wait(fd) : errno != EINTR)
      return false;
  }
  return true;
}

bool config_file_read(const char *path, size_t most, struct config_file *file, struct err *err) {
  *file = (struct config_file){0};
  struct stat status;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  const bool good = fd >= 0 && fstat(fd, &status) == 0 &&
                    (!S_ISFIFO(status.st_mode) || pipe_wait(fd)) && text_read(fd, most, file);
  const int error = errno;
  if (good) {
    file->mode = status.st_mode & 07777;
    file->device = status.st_dev;
    file->number = status.st_ino;
    file->is_shared = S_ISREG(status.st_mode) &&
                      config_mode_is_shared(status.st_mode, status.st_uid) && !is_tolerated(fd);
    file->is_writable = S_ISREG(status.st_mode) && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  }
  if (fd >= 0)
    close(fd);
  if (good)
    return true;
  config_file_fini(file);
  return error == ETIMEDOUT
             ? err_set(err, ERR_TIMEOUT, "nothing was written to this pipe within %d s",
                       PIPE_MS / 1000)
             : err_set(err, ERR_IO, "cannot read the file: %s", strerror(error));
}

void config_file_fini(struct config_file *file) {
  if (file->text)
    explicit_bzero(file->text, file->len);
  free(file->text);
  *file = (struct config_file){0};
}

char *config_file_remedy(const char *path, mode_t mode) {
  const size_t size = strlen(path) * 4 + 3;
  char *quoted = mem_new(size);
  char *remedy = mem_printf("chmod %o %s", (unsigned)(mode & 0700), quote_word(quoted, size, path));
  free(quoted);
  return remedy;
}
