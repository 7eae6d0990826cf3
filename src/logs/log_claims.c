#include "logs/log_claims.h"

#include "core/mem.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct claim {
  dev_t device;
  ino_t inode;
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

/* With the mutex. */
static size_t find(const struct log_claims *claims, dev_t device, ino_t inode) {
  size_t i = 0;
  while (i < claims->count &&
         (claims->items[i].device != device || claims->items[i].inode != inode))
    i++;
  return i;
}

bool log_claims_add(struct log_claims *claims, dev_t device, ino_t inode) {
  pthread_mutex_lock(&claims->mutex);
  const size_t at = find(claims, device, inode);
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
    claims->items[at] = (struct claim){.device = device, .inode = inode};
  }
  pthread_mutex_unlock(&claims->mutex);
  return fresh;
}

void log_claims_leave(struct log_claims *claims, const char *path, dev_t device, ino_t inode,
                      const char *head, size_t head_len) {
  pthread_mutex_lock(&claims->mutex);
  const size_t at = find(claims, device, inode);
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

static bool begins_with(const char *path, const struct claim *claim) {
  char head[LOG_HEAD];
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  const ssize_t got = fd >= 0 ? pread(fd, head, sizeof head, 0) : -1;
  if (fd >= 0)
    close(fd);
  return got >= (ssize_t)claim->head_len && memcmp(head, claim->head, claim->head_len) == 0;
}

bool log_claims_has(struct log_claims *claims, const char *path, dev_t device, ino_t inode) {
  struct claim claim = {0};
  pthread_mutex_lock(&claims->mutex);
  const size_t at = find(claims, device, inode);
  bool known = at < claims->count;
  if (known)
    claim = claims->items[at];
  /* the number of a removed file is given to the next one, which may begin with the same words */
  if (known && claim.past && strcmp(claim.path, path) == 0)
    known = false;
  pthread_mutex_unlock(&claims->mutex);
  return known && (!claim.past || begins_with(path, &claim));
}
