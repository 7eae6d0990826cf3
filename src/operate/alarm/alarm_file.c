#include "operate/alarm/alarm_file.h"

#include "core/mem.h"
#include "io/file/file.h"
#include "io/file/file_save.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_POLL_MS = 20 };

char *alarm_file_path(const char *state) {
  return mem_printf("%s/alarms.json", state);
}

static bool fail(struct err *err, const char *path, int number) {
  return err_set(err, number == EACCES || number == EPERM ? ERR_DENIED : ERR_IO, "%.160s: %s", path,
                 strerror(number));
}

static bool marks_load(const char *path, struct alarm_marks *marks, struct err *err) {
  struct file_text read;
  struct err why;
  file_read(path, ALARM_BYTES_MAX, &read);
  if (!read.text) {
    *err = read.err;
    return false;
  }
  bool good = !read.cut || err_set(&why, ERR_INVALID, "larger than %d bytes", ALARM_BYTES_MAX);
  good = good && alarm_marks_read(marks, read.text, read.len, &why);
  file_text_fini(&read);
  return good || err_set(err, ERR_INVALID,
                         "%.140s is not a file of acknowledgements and silences (%.100s); move it "
                         "away to begin a new one",
                         path, why.text);
}

static struct alarm_file_state state_of(const struct stat *file) {
  return (struct alarm_file_state){.dev = file->st_dev,
                                   .ino = file->st_ino,
                                   .size = file->st_size,
                                   .changed_ns = (int64_t)file->st_ctim.tv_sec * 1000000000 +
                                                 file->st_ctim.tv_nsec,
                                   .known = true};
}

bool alarm_file_look(const char *path, struct alarm_file_state *seen, struct alarm_marks *marks,
                     bool *fresh, struct err *err) {
  struct stat file = {0};
  *marks = (struct alarm_marks){0};
  *fresh = false;
  if (lstat(path, &file) != 0 && errno != ENOENT)
    return fail(err, path, errno);
  const bool missing = file.st_ino == 0;
  if (!missing && !S_ISREG(file.st_mode))
    return err_set(err, ERR_INVALID, "%.160s is not a regular file", path);
  const struct alarm_file_state now = state_of(&file);
  if (seen->known && seen->dev == now.dev && seen->ino == now.ino && seen->size == now.size &&
      seen->changed_ns == now.changed_ns)
    return true;
  if (!missing && !marks_load(path, marks, err))
    return false;
  *seen = now;
  *fresh = true;
  return true;
}

/* ---- changing it */

/* -1 with err. */
static int lock_open(const char *path, struct err *err) {
  const int made = file_make_folders(path);
  if (made != 0) {
    fail(err, path, made);
    return -1;
  }
  const bool shared = file_is_shared(path);
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                      shared ? 0660 : 0600);
  if (fd < 0)
    fail(err, path, errno);
  else if (shared && fchmod(fd, 0660) != 0)
    errno = 0; /* it is another member's, who has done this */
  return fd;
}

static bool lock_take(int fd, const char *path, struct err *err) {
  for (int waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
      return true;
    if (errno != EAGAIN && errno != EACCES)
      return fail(err, path, errno);
    if (waited_ms >= ALARM_LOCK_MS)
      return err_set(err, ERR_TIMEOUT, "another program keeps %.140s locked; try again", path);
    poll(NULL, 0, LOCK_POLL_MS);
  }
}

static bool marks_save(const char *path, const struct alarm_marks *marks, struct err *err) {
  char *text = alarm_marks_make(marks);
  const bool good = file_save(path, text, strlen(text), err);
  free(text);
  return good;
}

bool alarm_file_edit(const char *path, int64_t wall_ms, alarm_file_change change, void *arg,
                     struct err *err) {
  char *lock_path = mem_printf("%s.lock", path);
  struct alarm_file_state seen = {0};
  struct alarm_marks marks = {0};
  bool fresh;
  const int fd = lock_open(lock_path, err);
  bool good =
      fd >= 0 && lock_take(fd, lock_path, err) && alarm_file_look(path, &seen, &marks, &fresh, err);
  if (good) {
    alarm_marks_expire(&marks, wall_ms);
    good = change(arg, &marks, err) && marks_save(path, &marks, err);
  }
  alarm_marks_fini(&marks);
  if (fd >= 0)
    close(fd);
  free(lock_path);
  return good;
}
