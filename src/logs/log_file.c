#include "logs/log_file.h"

#include "core/mem.h"
#include "logs/log_file_own.h"
#include "logs/log_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *what_it_is(mode_t mode) {
  return S_ISDIR(mode)    ? "a directory"
         : S_ISFIFO(mode) ? "a FIFO"
         : S_ISSOCK(mode) ? "a socket"
                          : "a device";
}

static bool fail(const struct log_file *file, int number, struct err *err) {
  const enum err_kind kind = err_kind_of_errno(-number);
  if (number == EACCES || number == EPERM)
    return err_set(err, ERR_DENIED, "no right to read %.200s", file->path);
  if (number == ENOENT)
    return err_set(err, ERR_IO, "%.200s does not exist", file->path);
  return err_set(err, kind == ERR_NONE ? ERR_IO : kind, "cannot read %.160s: %.60s", file->path,
                 strerror(number));
}

/* O_NONBLOCK: to open a FIFO waits for its writer. What it is is asked first, because to open a
 * device can have effects, and once more of what was opened. */
bool file_open(struct log_file *file, struct err *err) {
  struct stat status;
  if (stat(file->path, &status) != 0)
    return fail(file, errno, err);
  if (S_ISREG(status.st_mode)) {
    file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0 || fstat(file->fd, &status) != 0) {
      fail(file, errno, err);
      file_close(file);
      return false;
    }
  }
  if (!S_ISREG(status.st_mode)) {
    file_close(file);
    return err_set(err, ERR_INVALID, "%.200s is %s, not a regular file", file->path,
                   what_it_is(status.st_mode));
  }
  if (!log_identity_of(file->fd, &file->identity)) {
    fail(file, errno, err);
    file_close(file);
    return false;
  }
  if (!log_claims_take(file->claims, file->path, file->fd, false, &file->identity)) {
    file_close(file);
    return err_set(err, ERR_DISABLED, "%.200s is read under another name", file->path);
  }
  (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return true;
}

void file_close(struct log_file *file) {
  if (file->fd >= 0)
    close(file->fd);
  file->fd = -1;
}

bool file_read_on(struct log_file *file) {
  while (file->offset < file->end) {
    const uint64_t left = file->end - file->offset;
    const ssize_t got =
        pread(file->fd, file->block, left < FILE_BLOCK ? left : FILE_BLOCK, (off_t)file->offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      struct err err;
      fail(file, errno, &err);
      log_source_fail(&file->source, &err);
      return false;
    }
    if (got == 0)
      break; /* it became shorter */
    file->offset += (uint64_t)got;
    file_lines(file, file->block, (size_t)got);
    log_source_progress(&file->source, file->offset, file->end);
    if (!log_source_flush(&file->source, true))
      return false;
  }
  return true;
}

static void file_run(struct log_file *file) {
  struct log_source *source = &file->source;
  struct stat status;
  struct err err;
  file->block = mem_new(FILE_BLOCK);
  file->line = mem_new(FILE_LINE_MAX);
  if (source->want.follow) /* before it is opened: no rotation is missed */
    file->rotation = log_rotation_new(file->path, file->claims);
  if (!file_open(file, &err)) {
    if (err.kind == ERR_DISABLED) {
      log_source_note(source, &err);
      log_source_set_state(source, LOG_SOURCE_ENDED);
    } else {
      log_source_fail(source, &err);
    }
    return;
  }
  log_rotation_read(file->rotation, file->fd, &file->identity);
  log_source_set_state(source, LOG_SOURCE_READING);
  if (fstat(file->fd, &status) == 0) {
    source->parser.fallback_ms =
        (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
    file_seek(file, (uint64_t)status.st_size);
  }
  if (!file_read_on(file))
    return;
  if (source->want.follow) {
    file_follow(file);
  } else {
    file_line_end(file);
    if (log_source_flush(source, true))
      log_source_set_state(source, LOG_SOURCE_ENDED);
  }
}

static void file_main(struct log_source *source) {
  struct log_file *file = (struct log_file *)source;
  file_run(file);
  file_close(file);
  log_rotation_free(file->rotation);
}

static void file_start(struct log_source *source) {
  log_thread_start(source, &((struct log_file *)source)->stop, file_main);
}

static void file_stop(struct log_source *source) {
  log_thread_stop(((struct log_file *)source)->stop);
}

static void file_free(struct log_source *source) {
  struct log_file *file = (struct log_file *)source;
  if (file->stop >= 0)
    close(file->stop);
  log_claims_release(file->claims);
  free(file->block);
  free(file->line);
  free(file->path);
  log_source_fini(source);
  free(file);
}

static const struct log_source_kind kind = {
    .open = file_start, .stop = file_stop, .free = file_free};

struct log_source *log_file_new(const char *path, const char *name, const struct log_want *want,
                                const struct log_filter *filter, struct log_claims *claims) {
  struct log_file *file = mem_new(sizeof *file);
  char *place = mem_printf("file %s", path);
  log_source_init(&file->source, &kind, name, place, want, filter);
  free(place);
  file->path = mem_dup(path);
  file->claims = claims;
  log_claims_hold(claims);
  file->fd = file->stop = -1;
  return &file->source;
}
