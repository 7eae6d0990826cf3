/* Redis and Valkey by hiredis, on the loop: a connection, commands in, replies by callback.
 *
 * hiredis writes and reads the protocol (formats, its reader, the buffers of a non-blocking
 * redisContext); the socket, the queue of commands and the shutdown are ours, over one uv_poll. Its
 * redisAsyncContext is not used: it resolves names on the loop's thread, frees itself within
 * callbacks in ways that differ between 0.14 and 1.x, and aborts on an unexpected reply. What is
 * used here is the same in 0.14 and 1.x.
 *
 * A connection is used once: after an error, a cancel or a time-out it is closed and another one
 * opened, because late replies on it belong to dropped commands. */
#pragma once

#include "clients/redis/redis_refusal.h"
#include "clients/redis/redis_url.h"
#include "core/err.h"
#include "io/io.h"

#include <stddef.h>

struct redis;
struct line; /* io/net/line.h */

enum {
  REDIS_REPLY_MAX =
      16 << 20,              /* bytes of memory for one reply; beyond it the connection is closed */
  REDIS_COMMANDS_MAX = 4096, /* commands that wait for their reply */
};

/* The reply (borrowed for the callback; an error reply is a reply, too: redis_reply_err), or the
 * reason why none will come. The connection is then broken, and the other commands get the same
 * error. */
typedef void (*redis_reply_cb)(void *arg, const struct redisReply *reply, const struct err *err);

/* Begins to connect, to send AUTH and SELECT as in the url, and to set the name "stacktop" for
 * CLIENT LIST. Commands can be sent at once: they wait until that has succeeded, or get its error.
 * The url is borrowed until redis_close. */
struct redis *redis_open(struct io *io, const struct redis_url *url);

/* Queues one command. argv may contain any bytes; lengths is NULL if all are terminated texts. The
 * callback comes once, never before this returns, in the order of the commands; unless redis_close
 * comes first, which a callback may call, too. False if the connection is broken (err has the
 * reason) or REDIS_COMMANDS_MAX are waiting. */
bool redis_send(struct redis *redis, int argc, const char *const *argv, const size_t *lengths,
                redis_reply_cb done, void *arg, struct err *err) MUST_CHECK;

/* False once it is broken, also if the server closes it while idle. */
bool redis_usable(const struct redis *redis);
/* Within a callback with a reply: the time from when the socket took the command until the reply
 * could be read, without connecting and logging in. -1 if not known, because the loop was busy. */
int64_t redis_answer_us(const struct redis *redis);
/* "127.0.0.1:6379"; "" until it is connected. */
const char *redis_address(const struct redis *redis);
struct line *redis_line(struct redis *redis);
/* What it is waiting for, as in "connected to 127.0.0.1:6379, no answer to INFO". Returns out. */
const char *redis_describe(const struct redis *redis, char *out, size_t size);

/* No callback of a command comes after this. Does not wait for the server. closed(arg) comes in a
 * later turn of the loop, when all handles are closed and the memory is freed; closed may be
 * NULL. */
void redis_close(struct redis *redis, void (*closed)(void *arg), void *arg);
