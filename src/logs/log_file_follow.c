#include "core/mem.h"
#include "io/clock.h"
#include "logs/log_file_own.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In ms. PACE: without a watch (none left, a network mount). CHECK: whether the name still means
 * this file, which nothing else says for certain. BREATH: between two reads of a file that is
 * written all the time, so that one wake-up takes many lines; HASTE: while it is rotated, when the
 * next file may not be there for long. LINGER: a writer may go on in the old file until it notices
 * the rotation. PARTIAL: a line without an end is shown after that. */
enum { PACE = 250, CHECK = 1000, BREATH = 20, HASTE = 1, LINGER = 5000, PARTIAL = 2000 };
enum { OLD_MAX = 8 };

/* A file that was left, and in which a writer may go on. */
struct old {
  int fd; /* -1: none */
  uint64_t offset;
  int64_t until_ms;
};

struct follow {
  struct log_file *file;
  int64_t checked_ms, grown_ms, moved_ms;
  int64_t replaced_ms; /* since when another file has the name; 0: none */
  int64_t strange_ms;  /* the same, and no event has said so; 0: none */
  const char *gone;    /* what has become of the name; NULL: nothing */
  struct old olds[OLD_MAX];
  size_t next_old;
};

static const char no_more[] = "no longer exists", no_right[] = "may no longer be looked at",
                  no_file[] = "is no longer a regular file",
                  no_reading[] = "may not be read: there is no right to";

static int64_t now_ms(void) {
  return clock_now_us() / 1000;
}

/* False: stopped. */
static bool pause_for(const struct follow *follow, int64_t ms, bool wakes) {
  const int watch = log_rotation_poll(follow->file->rotation);
  struct pollfd polls[2] = {{.fd = follow->file->stop, .events = POLLIN},
                            {.fd = watch, .events = POLLIN}};
  const nfds_t count = wakes && watch >= 0 ? 2 : 1;
  if (poll(polls, count, (int)ms) < 0 && errno != EINTR)
    return false;
  return !log_source_is_stopped(&follow->file->source);
}

static size_t head_read(const struct log_file *file, char head[LOG_HEAD]) {
  const ssize_t got = pread(file->fd, head, LOG_HEAD, 0);
  return got > 0 ? (size_t)got : 0;
}

/* More of the beginning, unless it was truncated since it was read. */
static void head_keep(struct log_file *file) {
  char head[LOG_HEAD];
  if (file->head_len == LOG_HEAD)
    return;
  const size_t len = head_read(file, head);
  if (len < file->head_len || memcmp(head, file->head, file->head_len) != 0)
    return;
  memcpy(file->head, head, len);
  file->head_len = len;
}

/* Truncated, or truncated and written again beyond the place where we are. */
static bool begins_anew(const struct log_file *file, uint64_t size) {
  char head[LOG_HEAD];
  if (size < file->offset)
    return true;
  return head_read(file, head) < file->head_len || memcmp(head, file->head, file->head_len) != 0;
}

/* What was written to the file between the last look and its truncation is in its copy. */
static bool copy_read(struct log_file *file) {
  struct log_identity identity;
  struct stat status;
  char head[LOG_HEAD];
  bool good = true;
  const int own = file->fd, fd = log_rotation_copy(file->rotation, &identity);
  if (fd < 0)
    return true;
  file->fd = fd;
  const bool same = file->head_len > 0 && head_read(file, head) >= file->head_len &&
                    memcmp(head, file->head, file->head_len) == 0;
  /* it is known then, and not read as a new file */
  if (same && log_claims_take(file->claims, file->path, fd, true, &identity)) {
    file->end = fstat(fd, &status) == 0 ? (uint64_t)status.st_size : 0;
    good = file_read_on(file);
    log_claims_leave(file->claims, file->path, &identity, file->head, file->head_len);
  }
  file->fd = own;
  close(fd);
  return good;
}

/* Reads what was appended. False: stopped or failed. */
static bool file_grow(struct follow *follow) {
  struct log_file *file = follow->file;
  struct stat status;
  if (fstat(file->fd, &status) != 0)
    return true;
  const uint64_t size = (uint64_t)status.st_size;
  const bool untouched = status.st_mtim.tv_sec == file->written.tv_sec &&
                         status.st_mtim.tv_nsec == file->written.tv_nsec;
  file->written = status.st_mtim;
  if (untouched && size == file->offset)
    return true;
  if (begins_anew(file, size)) {
    if (!copy_read(file))
      return false;
    file_line_end(file);
    file->offset = 0;
    file->head_len = 0;
    log_source_rotated(&file->source);
  }
  file->end = size;
  if (size == file->offset)
    return true;
  follow->grown_ms = now_ms();
  file->source.parser.fallback_ms = clock_wall_read_ms(); /* of lines that say no time */
  head_keep(file); /* before it is read: a writer that follows our lines may truncate it at once */
  return file_read_on(file);
}

static void note_gone(struct follow *follow, const char *gone) {
  struct err err = {0};
  if (gone == follow->gone)
    return;
  follow->gone = gone;
  err_set(&err, ERR_IO, "%.200s %s", follow->file->path, gone ? gone : "");
  log_source_note(&follow->file->source, gone ? &err : NULL);
}

/* ---- old files */

static void old_close(struct old *old) {
  if (old->fd >= 0)
    close(old->fd);
  old->fd = -1;
}

static void old_keep(struct follow *follow) {
  struct old *old = &follow->olds[follow->next_old++ % OLD_MAX];
  old_close(old);
  *old = (struct old){follow->file->fd, follow->file->offset, now_ms() + LINGER};
  follow->file->fd = -1;
}

/* What was written to it since it was left. False: stopped or failed. */
static bool old_read(struct log_file *file, struct old *old) {
  struct stat status;
  if (fstat(old->fd, &status) != 0 || (uint64_t)status.st_size <= old->offset)
    return true;
  const struct log_file now = *file;
  file->fd = old->fd;
  file->offset = old->offset;
  file->end = (uint64_t)status.st_size;
  if (now.line_len > 0) /* else its buffer is free */
    file->line = mem_new(FILE_LINE_MAX);
  file->line_len = 0;
  file->line_cut = 0;
  const bool good = file_read_on(file);
  if (good)
    file_line_end(file);
  old->offset = file->offset;
  if (now.line_len > 0) {
    free(file->line);
    file->line = now.line;
  }
  file->line_len = now.line_len;
  file->line_cut = now.line_cut;
  file->fd = now.fd;
  file->offset = now.offset;
  file->end = now.end;
  return good && log_source_flush(&file->source, true);
}

static bool olds_read(struct follow *follow) {
  for (size_t i = 0; i < OLD_MAX; i++) {
    struct old *old = &follow->olds[i];
    if (old->fd < 0)
      continue;
    if (!old_read(follow->file, old))
      return false;
    if (now_ms() >= old->until_ms)
      old_close(old);
  }
  return true;
}

static bool any_old(const struct follow *follow) {
  for (size_t i = 0; i < OLD_MAX; i++)
    if (follow->olds[i].fd >= 0)
      return true;
  return false;
}

/* ---- the next file */

static void file_leave(struct follow *follow) {
  struct log_file *file = follow->file;
  file_line_end(file);
  head_keep(file);
  log_claims_leave(file->claims, file->path, &file->identity, file->head, file->head_len);
  old_keep(follow);
}

/* Continues in the file that came next. False: stopped or failed. */
static bool file_switch(struct follow *follow, int fd, const struct log_identity *identity) {
  struct log_file *file = follow->file;
  if (!file_grow(follow)) {
    close(fd);
    return false;
  }
  file_leave(follow);
  file->fd = fd;
  file->identity = *identity;
  file->offset = file->end = file->head_len = 0;
  file->written = (struct timespec){0};
  follow->replaced_ms = follow->strange_ms = 0;
  log_source_rotated(&file->source);
  log_rotation_read(file->rotation, fd, identity);
  return file_grow(follow);
}

static void gap_say(struct log_file *file, uint64_t lost) {
  char text[160];
  if (lost == 0)
    snprintf(text, sizeof text,
             "stacktop: files changed faster than could be watched; lines may be missing here");
  else
    snprintf(text, sizeof text,
             "stacktop: %" PRIu64 " rotated file%s removed before %s could be read; lines are "
             "missing here",
             lost, lost == 1 ? " was" : "s were", lost == 1 ? "it" : "they");
  log_source_gap(&file->source, text);
}

/* The writer may go on in the old file until it writes to the new one. */
static bool is_begun(struct follow *follow, int fd, bool more) {
  struct stat status;
  if (follow->replaced_ms == 0)
    follow->replaced_ms = now_ms();
  return more || fstat(fd, &status) != 0 || status.st_size > 0 ||
         now_ms() - follow->replaced_ms >= LINGER;
}

/* Continues in all files that came next. False: stopped or failed. */
static bool nexts_read(struct follow *follow) {
  struct log_file *file = follow->file;
  struct log_identity identity;
  uint64_t lost = 0;
  bool more;
  int fd;
  for (enum log_next next;
       (next = log_rotation_next(file->rotation, &fd, &identity, &more)) != LOG_NEXT_NONE;) {
    if (next == LOG_NEXT_DENIED) {
      note_gone(follow, no_reading);
      break;
    }
    if (next == LOG_NEXT_LOST)
      lost++;
    if (lost > 0 && (next != LOG_NEXT_LOST || !more)) {
      gap_say(file, lost);
      lost = 0;
    }
    if (next == LOG_NEXT_UNKNOWN)
      gap_say(file, 0);
    if (next != LOG_NEXT_FILE) {
      log_rotation_drop(file->rotation);
      continue;
    }
    if (!is_begun(follow, fd, more))
      break;
    log_rotation_drop(file->rotation);
    if (!file_switch(follow, fd, &identity))
      return false;
    follow->moved_ms = now_ms();
    (void)log_rotation_update(file->rotation);
  }
  if (lost > 0)
    gap_say(file, lost);
  return log_source_flush(&file->source, true);
}

/* Without a watch the name alone says that there is another file. */
static bool file_reopen(struct follow *follow, const struct stat *status) {
  struct log_file *file = follow->file;
  struct err err;
  if (follow->replaced_ms == 0)
    follow->replaced_ms = now_ms();
  if (status->st_size == 0 && now_ms() - follow->replaced_ms < LINGER)
    return true;
  if (!file_grow(follow))
    return false;
  file_leave(follow);
  follow->replaced_ms = 0;
  file->offset = file->end = file->head_len = 0;
  if (!file_open(file, &err)) {
    log_source_fail(&file->source, &err);
    return false;
  }
  log_source_rotated(&file->source);
  return file_grow(follow);
}

/* Whether the name means another file. False: stopped or failed. */
static bool name_check(struct follow *follow) {
  struct log_file *file = follow->file;
  struct log_identity identity;
  struct stat status;
  follow->checked_ms = now_ms();
  if (stat(file->path, &status) != 0 || !log_identity_of_path(file->path, &identity)) {
    note_gone(follow, errno == ENOENT ? no_more : errno == EACCES ? no_right : follow->gone);
    return true;
  }
  if (!S_ISREG(status.st_mode) || follow->gone != no_reading)
    note_gone(follow, S_ISREG(status.st_mode) ? NULL : no_file);
  if (log_identity_is(&identity, &file->identity)) {
    follow->replaced_ms = follow->strange_ms = 0;
    return true;
  }
  if (!S_ISREG(status.st_mode) || log_claims_has(file->claims, file->path, &identity))
    return true; /* a rotated file of another name: that one's source reads it */
  if (!file->rotation)
    return file_reopen(follow, &status);
  /* the event may be on its way: the file would count twice */
  if (follow->strange_ms == 0)
    follow->strange_ms = now_ms();
  if (now_ms() - follow->strange_ms < PACE)
    return true;
  follow->strange_ms = 0;
  log_rotation_add(file->rotation);
  return true;
}

static bool is_hurried(const struct follow *follow) {
  return follow->moved_ms > 0 && now_ms() - follow->moved_ms < CHECK;
}

static int64_t wait_ms(const struct follow *follow) {
  const bool blind = log_rotation_poll(follow->file->rotation) < 0;
  return blind || follow->replaced_ms || follow->strange_ms || any_old(follow) ? PACE : CHECK;
}

static bool follow_once(struct follow *follow) {
  struct log_file *file = follow->file;
  if (!pause_for(follow, wait_ms(follow), true))
    return false;
  const bool moved = log_rotation_update(file->rotation);
  if (moved)
    follow->moved_ms = now_ms();
  if (!file_grow(follow) || !olds_read(follow) || !nexts_read(follow))
    return false;
  const int64_t since_check = now_ms() - follow->checked_ms;
  if (moved ||
      (since_check >= PACE && (!file->rotation || follow->replaced_ms || follow->strange_ms)) ||
      since_check >= CHECK)
    if (!name_check(follow))
      return false;
  if (file->line_len > 0 && now_ms() - follow->grown_ms >= PARTIAL) {
    file_line_end(file);
    if (!log_source_flush(&file->source, true))
      return false;
  }
  return pause_for(follow, is_hurried(follow) ? HASTE : BREATH, false);
}

void file_follow(struct log_file *file) {
  struct follow follow = {.file = file, .grown_ms = now_ms()};
  for (size_t i = 0; i < OLD_MAX; i++)
    follow.olds[i].fd = -1;
  head_keep(file);
  /* appended since the last read */
  if (file_grow(&follow) && log_source_flush(&file->source, true)) {
    log_source_set_state(&file->source, LOG_SOURCE_FOLLOWING);
    while (follow_once(&follow))
      continue;
  }
  for (size_t i = 0; i < OLD_MAX; i++)
    old_close(&follow.olds[i]);
}
