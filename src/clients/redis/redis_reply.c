#include "clients/redis/redis_reply.h"

#include <stdio.h>
#include <string.h>

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

static bool guard_take(const redisReadTask *task, size_t bytes) {
  struct redis_reply_guard *guard = task->privdata;
  if (bytes > guard->ceiling - guard->used) {
    guard->exceeded = true;
    return false;
  }
  guard->used += bytes;
  return true;
}

static void *create_string(const redisReadTask *task, char *text, size_t length) {
  const struct redis_reply_guard *guard = task->privdata;
  return guard_take(task, length) ? guard->original->createString(task, text, length) : NULL;
}

static size_t depth_of(const redisReadTask *task) {
  size_t depth = 1;
  for (const redisReadTask *each = task->parent; each && depth <= REDIS_DEPTH_MAX;
       each = each->parent)
    depth++;
  return depth;
}

/* Each element will be a pointer and a reply object. */
static void *create_array(const redisReadTask *task, element_count count) {
  struct redis_reply_guard *guard = task->privdata;
  const size_t each = sizeof(redisReply) + sizeof(redisReply *);
  const size_t elements = count > 0 ? (size_t)count : 0;
  if (depth_of(task) > REDIS_DEPTH_MAX || elements > guard->ceiling / each) {
    guard->exceeded = true;
    return NULL;
  }
  return guard_take(task, elements * each) ? guard->original->createArray(task, count) : NULL;
}

void redis_reply_guard_set(struct redis_reply_guard *guard, redisReader *reader, size_t ceiling) {
  *guard = (struct redis_reply_guard){.original = reader->fn, .ceiling = ceiling};
  guard->functions = *reader->fn;
  guard->functions.createString = create_string;
  guard->functions.createArray = create_array;
  reader->fn = &guard->functions;
  reader->privdata = guard;
}

void redis_reply_guard_reset(struct redis_reply_guard *guard) {
  guard->used = 0;
}

bool redis_reply_guard_full(const struct redis_reply_guard *guard, const redisReader *reader) {
  return reader->len - reader->pos > guard->ceiling;
}
