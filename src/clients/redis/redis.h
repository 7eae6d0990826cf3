/* Redis and Valkey by hiredis, on the loop: a connection, commands in, replies by callback.
 *
 * hiredis writes and reads the protocol (formats, its reader, the buffers of a non-blocking
 * redisContext); the socket, the queue of commands and the end are ours, over one uv_poll. Not its
 * redisAsyncContext: that one looks names up on the loop's thread, frees itself in the midst of
 * callbacks in ways that differ between 0.14 and 1.x, and ends the process by an assertion when a
 * server sends a reply that nobody asked for. What is used here is the same in 0.14 and 1.x.
 *
 * A connection is used once: after an error, a cancel or a time-out it is closed and another one
 * opened, for what is still to arrive on it answers a question that has been given up. */
#pragma once

#include "clients/redis/redis_refusal.h"
#include "clients/redis/redis_url.h"
#include "core/err.h"
#include "io/io.h"

#include <stddef.h>

struct redis;
struct line; /* io/line.h */

enum {
  REDIS_REPLY_MAX = 16 << 20, /* bytes of memory for one reply; beyond, the connection breaks */
  REDIS_COMMANDS_MAX = 4096,  /* commands that wait for their reply */
};

/* Either the reply (borrowed for the callback; an error reply is one, too: redis_reply_err) or why
 * none will come. The connection then is broken, and the other commands get the same error. */
typedef void (*redis_reply_cb)(void *arg, const struct redisReply *reply, const struct err *err);

/* Begins to connect, to say AUTH and SELECT as the url wants, and to give itself the name
 * "stacktop" in CLIENT LIST. Commands may be sent at once: they wait until that has succeeded, and
 * get its error when it has not. The url is borrowed until redis_close. url->tls must be false: see
 * redis_tls_check. */
struct redis *redis_open(struct io *io, const struct redis_url *url);

/* Queues one command. argv may hold any bytes; lengths is NULL where all are terminated texts. The
 * callback comes once, never before this returns, in the order of the commands; unless redis_close
 * comes first, which a callback may call, too. False when the connection is broken (err says by
 * what) or REDIS_COMMANDS_MAX wait. */
bool redis_send(struct redis *redis, int argc, const char *const *argv, const size_t *lengths,
                redis_reply_cb done, void *arg, struct err *err) MUST_CHECK;

/* False once it is broken, which it notices on its own when the server goes. */
bool redis_usable(const struct redis *redis);
/* Within a callback with a reply: how long it took, from when the socket took the command until
 * the reply could be read; connecting and logging in do not count. -1 if it cannot be told, because
 * the loop was busy with something else meanwhile. */
int64_t redis_answer_us(const struct redis *redis);
/* "127.0.0.1:6379"; "" until it is connected. */
const char *redis_address(const struct redis *redis);
struct line *redis_line(struct redis *redis);
/* What it is waiting for, as in "connected to 127.0.0.1:6379, no answer to INFO". Returns out. */
const char *redis_describe(const struct redis *redis, char *out, size_t size);

/* No callback of a command comes after this. Waits for no server. closed(arg) comes in a later turn
 * of the loop, when all handles are closed and the memory is free; closed may be NULL. */
void redis_close(struct redis *redis, void (*closed)(void *arg), void *arg);

/* False with ERR_UNSUPPORTED for a url that asks for TLS. */
bool redis_tls_check(const struct redis_url *url, struct err *err) MUST_CHECK;
