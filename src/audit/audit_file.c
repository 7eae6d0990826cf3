#include "audit/audit_file.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/file/file_save.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  TURNS_MAX = 8, /* how often the file may be rotated while it is opened */
  LOCK_POLL_MS = 20,
};

static bool fail(struct err *err, int number) {
  switch (number) {
  case ENOSPC:
    return err_set(err, ERR_IO, "no space left on the disk");
  case EDQUOT:
    return err_set(err, ERR_IO, "disk quota exceeded");
  case EFBIG:
    return err_set(err, ERR_IO, "the file has reached its size limit (ulimit -f)");
  case EROFS:
    return err_set(err, ERR_IO, "the file system is read-only");
  case EACCES:
  case EPERM:
    return err_set(err, ERR_DENIED, "permission denied");
  case EISDIR:
    return err_set(err, ERR_INVALID, "it is a directory; move it away");
  case ELOOP:
    return err_set(err, ERR_INVALID, "it is a symbolic link; replace it with the file itself");
  case ENOTDIR:
    return err_set(err, ERR_INVALID, "a part of the path is a file, not a directory");
  case ENXIO:
    return err_set(err, ERR_INVALID, "it is a socket; move it away");
  case ENOLCK:
  case EOPNOTSUPP:
    return err_set(err, ERR_UNSUPPORTED,
                   "its file system does not support locks; set `state` in the configuration to "
                   "another directory");
  default:
    return err_set(err, ERR_IO, "%s", strerror(number));
  }
}

static bool check_kind(mode_t mode, struct err *err) {
  if (S_ISREG(mode))
    return true;
  if (S_ISDIR(mode))
    return fail(err, EISDIR);
  return err_set(err, ERR_INVALID, "it is a %s; move it away",
                 S_ISFIFO(mode)  ? "named pipe"
                 : S_ISCHR(mode) ? "character device"
                                 : "device");
}

/* ---- open, created if missing ---- */

/* Does not wait for the other end, in case it is a pipe. */
enum { OPEN_FLAGS = O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };

static int open_or_make(const char *path, bool *made) {
  *made = false;
  int fd = open(path, O_RDWR | OPEN_FLAGS);
  if (fd >= 0 || errno != ENOENT)
    return fd;
  int status = file_make_folders(path);
  if (status != 0) {
    errno = status;
    return -1;
  }
  fd = open(path, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, 0600);
  if (fd < 0 && errno == EEXIST) /* another process was faster */
    return open(path, O_RDWR | OPEN_FLAGS);
  *made = fd >= 0;
  if (fd >= 0 && fchmod(fd, file_is_shared(path) ? 0660 : 0600) !=
                     0) { /* the umask may have removed the owner's permissions */
    int number = errno;
    close(fd);
    errno = number;
    return -1;
  }
  return fd;
}

static bool lock_file(int fd, struct err *err) {
  int64_t give_up = clock_now_ms() + AUDIT_LOCK_MS;
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  while (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR)
      return fail(err, errno);
    if (clock_now_ms() >= give_up)
      return err_set(err, ERR_TIMEOUT, "another program has held its lock for %d s",
                     AUDIT_LOCK_MS / 1000);
    poll(NULL, 0, LOCK_POLL_MS);
  }
  return true;
}

/* Whether the path still leads to the open file. */
static bool is_in_place(const char *path, const struct stat *own) {
  struct stat there;
  return lstat(path, &there) == 0 && there.st_dev == own->st_dev && there.st_ino == own->st_ino;
}

/* The locked descriptor: its size does not change until it is closed. -1 with err. */
static int open_locked(const char *path, off_t *size, bool *made, struct err *err) {
  for (int turn = 0; turn < TURNS_MAX; turn++) {
    struct stat status;
    int fd = open_or_make(path, made);
    if (fd < 0) {
      fail(err, errno);
      return -1;
    }
    bool fine = fstat(fd, &status) == 0 ? check_kind(status.st_mode, err) : fail(err, errno);
    fine = fine && lock_file(fd, err);
    /* The previous holder of the lock may have appended. */
    fine = fine && (fstat(fd, &status) == 0 || fail(err, errno));
    *size = status.st_size;
    if (fine && is_in_place(path, &status))
      return fd;
    close(fd);
    if (!fine)
      return -1;
  }
  err_set(err, ERR_IO, "it is being replaced continuously");
  return -1;
}

/* ---- append ---- */

static int end_of(int fd, off_t size, bool *torn) {
  char last = '\n';
  if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
    return errno ? errno : EIO;
  *torn = last != '\n';
  return 0;
}

/* One write. After a short write, the next one reports the reason. */
static int write_line(int fd, const char *line, size_t len, bool torn) {
  char *text = mem_new(len + 2);
  size_t size = 0, done = 0;
  if (torn) /* a line that a crash cut off stays a line of its own */
    text[size++] = '\n';
  memcpy(text + size, line, len);
  size += len;
  text[size++] = '\n';
  int status = 0;
  while (done < size && status == 0) {
    ssize_t wrote = write(fd, text + done, size - done);
    if (wrote > 0)
      done += (size_t)wrote;
    else if (wrote == 0 || errno != EINTR)
      status = wrote == 0 ? EIO : errno;
  }
  free(text);
  return status;
}

/* On disk, or removed again. Returns 0 or an errno. */
static int append_at(const char *path, int fd, off_t size, bool made, const char *text) {
  bool torn = false;
  errno = 0;
  int status = end_of(fd, size, &torn);
  if (status != 0)
    return status;
  status = write_line(fd, text, strlen(text), torn);
  if (status == 0 && fdatasync(fd) != 0)
    status = errno;
  if (status == 0 && made)
    status = file_sync_folder(path);
  /* So that no reader takes it as recorded. */
  if (status != 0 && ftruncate(fd, size) != 0)
    (void)size; /* otherwise the next line ends the partial one */
  return status;
}

bool audit_file_append_made(const char *path, audit_file_make make, void *arg, struct err *err) {
  off_t size;
  bool made;
  int fd = open_locked(path, &size, &made, err);
  if (fd < 0)
    return false;
  err->kind = ERR_NONE;
  char *text = make(arg, fd, size, err);
  const int status = text ? append_at(path, fd, size, made, text) : 0;
  /* On some file systems (NFS) close reports what was not written; fdatasync has checked that. */
  close(fd);
  if (!text)
    return err->kind == ERR_NONE;
  free(text);
  return status == 0 || fail(err, status);
}

struct given {
  const char *line;
  size_t len;
  audit_file_check check;
  void *arg;
};

static char *given_make(void *arg, int fd, int64_t size, struct err *err) {
  const struct given *given = arg;
  if (given->check && !given->check(given->arg, fd, size, err))
    return NULL;
  return mem_printf("%.*s", (int)given->len, given->line);
}

bool audit_file_append_if(const char *path, const char *line, size_t len, audit_file_check check,
                          void *arg, struct err *err) {
  struct given given = {line, len, check, arg};
  return audit_file_append_made(path, given_make, &given, err);
}

bool audit_file_append(const char *path, const char *line, size_t len, struct err *err) {
  return audit_file_append_if(path, line, len, NULL, NULL, err);
}

int audit_file_open(const char *path, int *number, struct err *err) {
  struct stat status;
  *number = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    *number = errno;
    fail(err, errno);
    return -1;
  }
  bool fine = fstat(fd, &status) == 0 ? check_kind(status.st_mode, err) : fail(err, errno);
  if (fine)
    return fd;
  *number = EINVAL;
  close(fd);
  return -1;
}
