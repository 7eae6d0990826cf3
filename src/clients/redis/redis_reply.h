/* Inside of io/redis: a ceiling on what one reply may take and on how deep it may nest, whatever
 * the server says it will send. hiredis has none: "*2147483647" alone makes it allocate gigabytes,
 * and since 1.0 "*1" may be repeated until freeing the reply, which recurses, overruns the stack.
 */
#pragma once

#include <hiredis/hiredis.h>
#include <stdbool.h>

enum { REDIS_DEPTH_MAX = 7 }; /* arrays in arrays; 0.14 itself can 8 */

/* Must outlive the reader that it guards. */
struct redis_reply_guard {
  redisReplyObjectFunctions functions; /* hiredis' own, but for the two that allocate by size */
  redisReplyObjectFunctions *original;
  size_t used, ceiling; /* bytes, of the reply that is being read */
  bool exceeded;        /* either of them; the reader then reports "out of memory" */
};

/* Puts the guard into a fresh reader. */
void redis_reply_guard_set(struct redis_reply_guard *guard, redisReader *reader, size_t ceiling);
/* A reply is complete: the next one begins with nothing used. */
void redis_reply_guard_reset(struct redis_reply_guard *guard);
/* Whether what has arrived of the reply, but is not yet read, is too much as well. */
bool redis_reply_guard_full(const struct redis_reply_guard *guard, const redisReader *reader);
