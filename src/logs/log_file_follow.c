#include "io/clock.h"
#include "logs/log_file_own.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* In ms. PACE: without inotify (none left, a network mount). CHECK: whether the name still means
 * this file, which nothing else says for certain. BREATH: between two reads of a file that is
 * written all the time, so that one wake-up takes many lines. LINGER: a writer may go on in the old
 * file until it notices the rotation. PARTIAL: a line without an end is shown after that. */
enum { PACE = 250, CHECK = 1000, BREATH = 20, LINGER = 5000, PARTIAL = 2000 };

struct follow {
  struct log_file *file;
  int inotify; /* -1: none */
  int64_t checked_ms, grown_ms, moved_ms;
  int64_t replaced_ms; /* since when another file has the name; 0: none */
  const char *gone;    /* what has become of the name; NULL: nothing */
};

static const char no_more[] = "no longer exists", no_right[] = "may no longer be looked at",
                  no_file[] = "is no longer a regular file";

static int64_t now_ms(void) {
  return clock_now_us() / 1000;
}

static void watch_begin(struct follow *follow) {
  follow->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (follow->inotify < 0)
    return;
  if (inotify_add_watch(follow->inotify, follow->file->path,
                        IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF) >= 0)
    return;
  close(follow->inotify);
  follow->inotify = -1;
}

static void watch_end(struct follow *follow) {
  if (follow->inotify >= 0)
    close(follow->inotify);
  follow->inotify = -1;
}

/* False: stopped. */
static bool pause_for(const struct follow *follow, int64_t ms, bool wakes) {
  struct pollfd polls[2] = {{.fd = follow->file->stop, .events = POLLIN},
                            {.fd = follow->inotify, .events = POLLIN}};
  const nfds_t count = wakes && follow->inotify >= 0 ? 2 : 1;
  if (poll(polls, count, (int)ms) < 0 && errno != EINTR)
    return false;
  return !log_source_is_stopped(&follow->file->source);
}

/* Whether the name may mean another file now. What was written is seen in the file. */
static bool watch_drain(const struct follow *follow) {
  _Alignas(struct inotify_event) char events[4096];
  bool moved = false;
  ssize_t got;
  while (follow->inotify >= 0 && (got = read(follow->inotify, events, sizeof events)) > 0)
    for (ssize_t at = 0; at < got;) {
      const struct inotify_event *event = (const struct inotify_event *)(events + at);
      moved = moved || (event->mask & (IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB)) != 0;
      at += (ssize_t)(sizeof *event + event->len);
    }
  return moved;
}

static size_t head_read(const struct log_file *file, char head[LOG_HEAD]) {
  const ssize_t got = pread(file->fd, head, LOG_HEAD, 0);
  return got > 0 ? (size_t)got : 0;
}

static void head_keep(struct log_file *file) {
  if (file->head_len < LOG_HEAD)
    file->head_len = head_read(file, file->head);
}

/* Truncated, or truncated and written again beyond the place where we are. */
static bool begins_anew(const struct log_file *file, uint64_t size) {
  char head[LOG_HEAD];
  if (size < file->offset)
    return true;
  return head_read(file, head) < file->head_len || memcmp(head, file->head, file->head_len) != 0;
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
  if (!file_read_on(file))
    return false;
  head_keep(file);
  return true;
}

static void note_gone(struct follow *follow, const char *gone) {
  struct err err = {0};
  if (gone == follow->gone)
    return;
  follow->gone = gone;
  err_set(&err, ERR_IO, "%.200s %s", follow->file->path, gone ? gone : "");
  log_source_note(&follow->file->source, gone ? &err : NULL);
}

/* Continues in the file that has the name now. False: stopped or failed. */
static bool file_switch(struct follow *follow) {
  struct log_file *file = follow->file;
  struct err err;
  if (!file_grow(follow))
    return false;
  file_line_end(file);
  head_keep(file);
  log_claims_leave(file->claims, file->path, file->device, file->inode, file->head, file->head_len);
  file_close(file);
  watch_end(follow);
  follow->replaced_ms = 0;
  file->offset = file->end = file->head_len = 0;
  if (!file_open(file, &err)) {
    log_source_fail(&file->source, &err);
    return false;
  }
  log_source_rotated(&file->source);
  watch_begin(follow);
  return file_grow(follow);
}

/* Whether the name means another file. False: stopped or failed. */
static bool name_check(struct follow *follow) {
  struct log_file *file = follow->file;
  struct stat status;
  follow->checked_ms = now_ms();
  if (stat(file->path, &status) != 0) {
    note_gone(follow, errno == ENOENT ? no_more : errno == EACCES ? no_right : follow->gone);
    return true;
  }
  note_gone(follow, S_ISREG(status.st_mode) ? NULL : no_file);
  if (status.st_dev == file->device && status.st_ino == file->inode) {
    follow->replaced_ms = 0;
    return true;
  }
  if (!S_ISREG(status.st_mode) ||
      log_claims_has(file->claims, file->path, status.st_dev, status.st_ino))
    return true; /* a rotated file of another name: that one's source reads it */
  if (follow->replaced_ms == 0)
    follow->replaced_ms = now_ms();
  if (status.st_size == 0 && now_ms() - follow->replaced_ms < LINGER)
    return true;
  return file_switch(follow);
}

/* It was just moved or removed: the next file may not be there for long either. */
static bool is_hurried(const struct follow *follow) {
  return (follow->gone || follow->replaced_ms) && now_ms() - follow->moved_ms < CHECK;
}

static int64_t wait_ms(const struct follow *follow) {
  if (is_hurried(follow))
    return BREATH;
  return follow->inotify < 0 || follow->replaced_ms ? PACE : CHECK;
}

static bool follow_once(struct follow *follow) {
  struct log_file *file = follow->file;
  if (!pause_for(follow, wait_ms(follow), true))
    return false;
  const bool moved = watch_drain(follow);
  if (moved)
    follow->moved_ms = now_ms();
  if (!file_grow(follow))
    return false;
  const int64_t since_check = now_ms() - follow->checked_ms;
  if (moved || is_hurried(follow) ||
      (since_check >= PACE && (follow->inotify < 0 || follow->replaced_ms)) || since_check >= CHECK)
    if (!name_check(follow))
      return false;
  if (file->line_len > 0 && now_ms() - follow->grown_ms >= PARTIAL) {
    file_line_end(file);
    if (!log_source_flush(&file->source, true))
      return false;
  }
  return pause_for(follow, BREATH, false);
}

void file_follow(struct log_file *file) {
  struct follow follow = {.file = file, .inotify = -1, .grown_ms = now_ms()};
  head_keep(file);
  watch_begin(&follow);
  /* appended since the last read, and before the watch */
  if (file_grow(&follow) && log_source_flush(&file->source, true)) {
    log_source_set_state(&file->source, LOG_SOURCE_FOLLOWING);
    while (follow_once(&follow))
      continue;
  }
  watch_end(&follow);
}
