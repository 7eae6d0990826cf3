/* Internals of clients/redis: limits on the memory and the nesting of one reply, whatever the
 * server announces. hiredis has none: "*2147483647" alone makes it allocate gigabytes, and since
 * 1.0 "*1" may be repeated until freeing the reply, which recurses, overruns the stack. */
#pragma once

#include <hiredis/hiredis.h>
#include <stdbool.h>

enum { REDIS_DEPTH_MAX = 7 }; /* nested arrays; 0.14 itself supports 8 */

/* Must outlive the reader that it guards. */
struct redis_reply_guard {
  redisReplyObjectFunctions functions; /* those of hiredis, except the two that allocate by size */
  redisReplyObjectFunctions *original;
  size_t used, ceiling; /* bytes, of the reply that is being read */
  bool exceeded;        /* either limit was exceeded; the reader then reports "out of memory" */
};

/* Installs the guard in a new reader. */
void redis_reply_guard_set(struct redis_reply_guard *guard, redisReader *reader, size_t ceiling);
/* A reply is complete: the next one starts at zero. */
void redis_reply_guard_reset(struct redis_reply_guard *guard);
/* Whether the unread bytes of the reply exceed the limit as well. */
bool redis_reply_guard_full(const struct redis_reply_guard *guard, const redisReader *reader);
