#include "logs/log_rotation.h"

#include "core/mem.h"
#include "io/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* FILES_MAX: that wait to be read. OPEN_MAX: of these, those that are open. TRIES: to open a file
 * that is renamed all the time. MISSES: looks for one that is not there, although no event says so.
 * MOVE_MS: the two events of a rename come one after the other. */
enum { FILES_MAX = 512, OPEN_MAX = 64, TRIES = 64, MISSES = 4, MOVE_MS = 200 };

struct next {
  char *name;      /* in the directory, now; NULL: it has none any more */
  uint32_t cookie; /* of the rename that has begun and not ended; 0: none */
  int64_t moved_ms;
  int fd; /* -1: not open */
  struct log_identity identity;
  int misses;
  bool denied;
  bool fresh;   /* it was made by that name, not moved there */
  bool unknown; /* not a file: see LOG_NEXT_UNKNOWN */
};

struct log_rotation {
  int inotify, folder_watch, file_watch;
  char *path, *folder, *base; /* folder and base without links */
  struct log_claims *claims;
  struct log_identity current;
  struct next items[FILES_MAX];
  size_t count;
  bool moved;
  char *copy; /* see log_rotation_copy; NULL: none */
};

/* ---- the watch */

static void folder_watch(struct log_rotation *rotation) {
  rotation->folder_watch = inotify_add_watch(rotation->inotify, rotation->folder,
                                             IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE);
}

/* What the name means may be a link to a file elsewhere, which is rotated there. */
static void place_find(struct log_rotation *rotation) {
  char *real = realpath(rotation->path, NULL);
  const char *path = real ? real : rotation->path, *slash = strrchr(path, '/');
  free(rotation->folder);
  free(rotation->base);
  rotation->folder = !slash ? mem_dup(".") : mem_printf("%.*s/", (int)(slash - path), path);
  rotation->base = mem_dup(slash ? slash + 1 : path);
  free(real);
}

struct log_rotation *log_rotation_new(const char *path, struct log_claims *claims) {
  const int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify < 0)
    return NULL;
  struct log_rotation *rotation = mem_new(sizeof *rotation);
  rotation->inotify = inotify;
  rotation->file_watch = -1;
  rotation->path = mem_dup(path);
  rotation->claims = claims;
  place_find(rotation);
  folder_watch(rotation);
  return rotation;
}

static void next_remove(struct log_rotation *rotation, size_t at) {
  struct next *next = &rotation->items[at];
  free(next->name);
  if (next->fd >= 0)
    close(next->fd);
  rotation->count--;
  memmove(next, next + 1, (rotation->count - at) * sizeof *next);
}

void log_rotation_free(struct log_rotation *rotation) {
  if (!rotation)
    return;
  while (rotation->count > 0)
    next_remove(rotation, rotation->count - 1);
  close(rotation->inotify);
  free(rotation->path);
  free(rotation->folder);
  free(rotation->base);
  free(rotation->copy);
  free(rotation);
}

int log_rotation_poll(const struct log_rotation *rotation) {
  return rotation ? rotation->inotify : -1;
}

/* ---- what the events say */

static struct next *next_of_name(struct log_rotation *rotation, const char *name) {
  for (size_t i = rotation->count; i > 0; i--)
    if (rotation->items[i - 1].name && strcmp(rotation->items[i - 1].name, name) == 0)
      return &rotation->items[i - 1];
  return NULL;
}

static void name_end(struct next *next) {
  free(next->name);
  next->name = NULL;
}

static struct next *next_add(struct log_rotation *rotation) {
  struct next *next = &rotation->items[rotation->count++];
  *next = (struct next){.fd = -1};
  return next;
}

/* The names that are known may be wrong. */
static void all_unknown(struct log_rotation *rotation) {
  for (size_t i = rotation->count; i > 0; i--)
    if (rotation->items[i - 1].fd < 0)
      next_remove(rotation, i - 1);
  if (rotation->count == FILES_MAX)
    next_remove(rotation, FILES_MAX - 1);
  next_add(rotation)->unknown = true;
  rotation->moved = true;
}

static void named(struct log_rotation *rotation, const char *name, bool fresh) {
  struct next *before = next_of_name(rotation, name);
  if (before) /* it was replaced */
    name_end(before);
  if (strcmp(name, rotation->base) != 0)
    return;
  if (rotation->count == FILES_MAX)
    all_unknown(rotation);
  if (rotation->count == FILES_MAX)
    return;
  struct next *next = next_add(rotation);
  next->name = mem_dup(name);
  next->fresh = fresh;
}

static void moved_to(struct log_rotation *rotation, const char *name, uint32_t cookie) {
  struct next *next = NULL;
  for (size_t i = 0; i < rotation->count; i++)
    if (rotation->items[i].cookie == cookie && cookie != 0)
      next = &rotation->items[i];
  if (!next) {
    named(rotation, name, false);
    return;
  }
  struct next *before = next_of_name(rotation, name);
  if (before)
    name_end(before);
  next->cookie = 0;
  next->name = mem_dup(name);
}

static void moved_from(struct log_rotation *rotation, const char *name, uint32_t cookie) {
  struct next *next = next_of_name(rotation, name);
  if (!next)
    return;
  name_end(next);
  next->cookie = cookie;
  next->moved_ms = clock_now_us() / 1000;
}

static void copy_note(struct log_rotation *rotation, const char *name) {
  const size_t len = strlen(rotation->base);
  if (strncmp(name, rotation->base, len) != 0 || !name[len])
    return;
  free(rotation->copy);
  rotation->copy = mem_dup(name);
}

static void event_take(struct log_rotation *rotation, const struct inotify_event *event) {
  if (event->mask & IN_Q_OVERFLOW) {
    all_unknown(rotation);
    return;
  }
  if (event->wd == rotation->file_watch) {
    rotation->moved |= (event->mask & (IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB)) != 0;
    return;
  }
  if (event->wd != rotation->folder_watch)
    return;
  if (event->mask & IN_IGNORED) { /* the folder is gone */
    rotation->folder_watch = -1;
    rotation->moved = true;
    return;
  }
  if (event->len == 0)
    return;
  rotation->moved |= strcmp(event->name, rotation->base) == 0;
  if (event->mask & IN_CREATE)
    copy_note(rotation, event->name);
  if (event->mask & IN_CREATE)
    named(rotation, event->name, true);
  else if (event->mask & IN_MOVED_FROM)
    moved_from(rotation, event->name, event->cookie);
  else if (event->mask & IN_MOVED_TO)
    moved_to(rotation, event->name, event->cookie);
  else if (event->mask & IN_DELETE) {
    struct next *next = next_of_name(rotation, event->name);
    if (next)
      name_end(next);
  }
}

static void events_take(struct log_rotation *rotation) {
  _Alignas(struct inotify_event) char events[16384];
  ssize_t got;
  while ((got = read(rotation->inotify, events, sizeof events)) > 0)
    for (ssize_t at = 0; at < got;) {
      const struct inotify_event *event = (const struct inotify_event *)(events + at);
      event_take(rotation, event);
      at += (ssize_t)(sizeof *event + event->len);
    }
}

/* ---- opening */

enum opened { OPENED, NO_FILE, DENIED };

/* To open a device can have effects, so what it is is asked first. */
static enum opened open_regular(const char *path, int *fd, struct log_identity *identity) {
  struct stat status;
  if (stat(path, &status) != 0)
    return errno == EACCES ? DENIED : NO_FILE;
  if (!S_ISREG(status.st_mode))
    return NO_FILE;
  *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (*fd < 0)
    return errno == ENOENT ? NO_FILE : DENIED;
  if (fstat(*fd, &status) == 0 && S_ISREG(status.st_mode) && log_identity_of(*fd, identity))
    return OPENED;
  close(*fd);
  *fd = -1;
  return NO_FILE;
}

/* The name may be given to another file between the event and the opening: it is the right file if
 * no event has touched its name since. Items are only added meanwhile. */
static void next_open(struct log_rotation *rotation, size_t at) {
  for (int i = 0; i < TRIES; i++) {
    struct next *next = &rotation->items[at];
    if (!next->name)
      return;
    char *name = mem_dup(next->name);
    char *path = mem_printf("%s/%s", rotation->folder, name);
    const size_t count = rotation->count;
    int fd = -1;
    struct log_identity identity = {0};
    const enum opened opened = open_regular(path, &fd, &identity);
    free(path);
    events_take(rotation);
    if (rotation->count < count) { /* the events were too many: all_unknown */
      if (fd >= 0)
        close(fd);
      free(name);
      return;
    }
    next = &rotation->items[at];
    const bool same = next->name && strcmp(next->name, name) == 0;
    free(name);
    if (same) {
      next->fd = fd;
      next->identity = identity;
      next->denied = opened == DENIED;
      next->misses += opened == NO_FILE;
      return;
    }
    if (fd >= 0)
      close(fd);
  }
}

static bool is_open(const struct log_rotation *rotation, size_t before,
                    const struct log_identity *identity) {
  for (size_t i = 0; i < before; i++)
    if (rotation->items[i].fd >= 0 && log_identity_is(&rotation->items[i].identity, identity))
      return true;
  return false;
}

/* False: it is not to be read, and was removed, with those before it where it is the one that is
 * read now. */
static bool next_accept(struct log_rotation *rotation, size_t at) {
  struct next *next = &rotation->items[at];
  if (log_identity_is(&next->identity, &rotation->current)) {
    for (size_t i = 0; i <= at; i++)
      next_remove(rotation, 0);
    return false;
  }
  if (!is_open(rotation, at, &next->identity) &&
      log_claims_take(rotation->claims, rotation->path, next->fd, next->fresh, &next->identity))
    return true;
  next_remove(rotation, at);
  return false;
}

bool log_rotation_update(struct log_rotation *rotation) {
  size_t at = 0;
  if (!rotation)
    return false;
  if (rotation->folder_watch < 0)
    folder_watch(rotation);
  events_take(rotation);
  while (at < rotation->count && at < OPEN_MAX) {
    struct next *next = &rotation->items[at];
    if (next->cookie != 0 && clock_now_us() / 1000 - next->moved_ms > MOVE_MS)
      next->cookie = 0;
    const bool was_open = next->fd >= 0;
    if (!was_open)
      next_open(rotation, at);
    const bool opened = !was_open && at < rotation->count && rotation->items[at].fd >= 0;
    at = opened && !next_accept(rotation, at) ? 0 : at + 1;
  }
  const bool moved = rotation->moved;
  rotation->moved = false;
  return moved;
}

void log_rotation_add(struct log_rotation *rotation) {
  struct log_identity identity;
  int fd = -1;
  place_find(rotation);
  folder_watch(rotation);
  events_take(rotation);
  if (rotation->count > 0 || open_regular(rotation->path, &fd, &identity) != OPENED)
    return;
  struct next *next = next_add(rotation);
  next->fd = fd;
  next->identity = identity;
  next->name = mem_dup(rotation->base);
  (void)next_accept(rotation, 0);
}

int log_rotation_copy(struct log_rotation *rotation, struct log_identity *identity) {
  int fd = -1;
  if (!rotation)
    return -1;
  events_take(rotation);
  if (!rotation->copy)
    return -1;
  char *path = mem_printf("%s/%s", rotation->folder, rotation->copy);
  (void)open_regular(path, &fd, identity);
  free(path);
  return fd;
}

void log_rotation_read(struct log_rotation *rotation, int fd, const struct log_identity *identity) {
  char path[64];
  if (!rotation)
    return;
  rotation->current = *identity;
  if (rotation->file_watch >= 0)
    (void)inotify_rm_watch(rotation->inotify, rotation->file_watch);
  /* by the descriptor: the name may mean another file again */
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  rotation->file_watch = inotify_add_watch(rotation->inotify, path,
                                           IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
}

enum log_next log_rotation_next(const struct log_rotation *rotation, int *fd,
                                struct log_identity *identity, bool *more) {
  if (!rotation || rotation->count == 0)
    return LOG_NEXT_NONE;
  const struct next *next = &rotation->items[0];
  if (next->unknown)
    return LOG_NEXT_UNKNOWN;
  *more = rotation->count > 1;
  *fd = next->fd;
  *identity = next->identity;
  if (next->fd >= 0)
    return LOG_NEXT_FILE;
  if (next->cookie != 0)
    return LOG_NEXT_NONE;
  if (next->name && !*more)
    return next->denied ? LOG_NEXT_DENIED : LOG_NEXT_NONE;
  return !next->name || next->denied || next->misses >= MISSES ? LOG_NEXT_LOST : LOG_NEXT_NONE;
}

void log_rotation_drop(struct log_rotation *rotation) {
  rotation->items[0].fd = -1;
  next_remove(rotation, 0);
}
