#include "logs/log_claims.h"

#include "core/mem.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PAST_MAX = 4096 }; /* of those that are not read any more the latest are known */

struct claim {
  struct log_identity identity;
  bool past;
  char *path;      /* of a past one: the name that it had while it was read */
  size_t head_len; /* of a past one */
  char head[LOG_HEAD];
};

struct log_claims {
  pthread_mutex_t mutex;
  size_t holders, count, capacity;
  struct claim *items; /* a few: one per file, and per rotation since the logs were opened */
};

struct log_claims *log_claims_new(void) {
  struct log_claims *claims = mem_new(sizeof *claims);
  pthread_mutex_init(&claims->mutex, NULL);
  claims->holders = 1;
  return claims;
}

void log_claims_hold(struct log_claims *claims) {
  pthread_mutex_lock(&claims->mutex);
  claims->holders++;
  pthread_mutex_unlock(&claims->mutex);
}

void log_claims_release(struct log_claims *claims) {
  pthread_mutex_lock(&claims->mutex);
  const bool last = --claims->holders == 0;
  pthread_mutex_unlock(&claims->mutex);
  if (!last)
    return;
  pthread_mutex_destroy(&claims->mutex);
  for (size_t i = 0; i < claims->count; i++)
    free(claims->items[i].path);
  free(claims->items);
  free(claims);
}

static bool identity_read(int fd, const char *path, struct log_identity *identity) {
  struct statx status;
  if (statx(fd, path, *path ? 0 : AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0)
    return false;
  *identity = (struct log_identity){.device = makedev(status.stx_dev_major, status.stx_dev_minor),
                                    .inode = status.stx_ino};
  if (status.stx_mask & STATX_BTIME)
    identity->born_ns = status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
  return true;
}

bool log_identity_of(int fd, struct log_identity *identity) {
  return identity_read(fd, "", identity);
}

bool log_identity_of_path(const char *path, struct log_identity *identity) {
  return *path && identity_read(AT_FDCWD, path, identity);
}

bool log_identity_is(const struct log_identity *a, const struct log_identity *b) {
  return a->device == b->device && a->inode == b->inode && a->born_ns == b->born_ns;
}

/* With the mutex. One number has one entry: two files of it are never there together. */
static size_t find(const struct log_claims *claims, const struct log_identity *identity) {
  size_t i = 0;
  while (i < claims->count && (claims->items[i].identity.device != identity->device ||
                               claims->items[i].identity.inode != identity->inode))
    i++;
  return i;
}

/* With the mutex. */
static void oldest_forget(struct log_claims *claims) {
  size_t past = 0, oldest = claims->count;
  for (size_t i = claims->count; i > 0; i--)
    if (claims->items[i - 1].past) {
      past++;
      oldest = i - 1;
    }
  if (past < PAST_MAX)
    return;
  free(claims->items[oldest].path);
  claims->count--;
  memmove(&claims->items[oldest], &claims->items[oldest + 1],
          (claims->count - oldest) * sizeof *claims->items);
}

bool log_claims_add(struct log_claims *claims, const struct log_identity *identity) {
  pthread_mutex_lock(&claims->mutex);
  if (claims->count >= PAST_MAX)
    oldest_forget(claims);
  const size_t at = find(claims, identity);
  const bool fresh = at == claims->count || claims->items[at].past;
  if (at == claims->count) {
    if (claims->count == claims->capacity) {
      claims->capacity = claims->capacity ? 2 * claims->capacity : 8;
      claims->items = mem_resize(claims->items, claims->capacity * sizeof *claims->items);
    }
    claims->items[claims->count++].path = NULL;
  }
  if (fresh) {
    free(claims->items[at].path);
    claims->items[at] = (struct claim){.identity = *identity};
  }
  pthread_mutex_unlock(&claims->mutex);
  return fresh;
}

void log_claims_leave(struct log_claims *claims, const char *path,
                      const struct log_identity *identity, const char *head, size_t head_len) {
  pthread_mutex_lock(&claims->mutex);
  const size_t at = find(claims, identity);
  if (at < claims->count) {
    struct claim *claim = &claims->items[at];
    claim->past = true;
    free(claim->path);
    claim->path = mem_dup(path);
    claim->head_len = head_len < LOG_HEAD ? head_len : LOG_HEAD;
    memcpy(claim->head, head, claim->head_len);
  }
  pthread_mutex_unlock(&claims->mutex);
}

static bool begins_with(int fd, const struct claim *claim) {
  char head[LOG_HEAD];
  const ssize_t got = fd >= 0 ? pread(fd, head, sizeof head, 0) : -1;
  return got >= (ssize_t)claim->head_len && memcmp(head, claim->head, claim->head_len) == 0;
}

/* With the mutex. */
static bool may_be(const struct claim *claim, const char *path,
                   const struct log_identity *identity) {
  if (!claim->past)
    return true;
  if (identity->born_ns > 0)
    return identity->born_ns == claim->identity.born_ns;
  return strcmp(claim->path, path) != 0;
}

/* claim: a copy. */
static bool find_known(struct log_claims *claims, const char *path,
                       const struct log_identity *identity, struct claim *claim) {
  pthread_mutex_lock(&claims->mutex);
  const size_t at = find(claims, identity);
  const bool known = at < claims->count && may_be(&claims->items[at], path, identity);
  if (known)
    *claim = claims->items[at];
  pthread_mutex_unlock(&claims->mutex);
  return known;
}

bool log_claims_has(struct log_claims *claims, const char *path,
                    const struct log_identity *identity) {
  struct claim claim;
  if (!find_known(claims, path, identity, &claim))
    return false;
  if (!claim.past)
    return true;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  const bool same = begins_with(fd, &claim);
  if (fd >= 0)
    close(fd);
  return same;
}

bool log_claims_take(struct log_claims *claims, const char *path, int fd, bool fresh,
                     const struct log_identity *identity) {
  struct claim claim;
  if (!fresh && find_known(claims, path, identity, &claim) && claim.past && begins_with(fd, &claim))
    return false;
  return log_claims_add(claims, identity);
}
