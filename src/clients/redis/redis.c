#include "clients/redis/redis.h"

#include "clients/redis/redis_reply.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/dial.h"
#include "io/resolve.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { NAME_MAX_SHOWN = 16, ADDRESS_MAX = REDIS_SOCKET_MAX, READS_MAX = 64 };

/* A round trip counts if the loop was elsewhere for less than this, or for less than that part of
 * it. */
enum { BUSY_US = 2000, BUSY_PART = 4 };

/* A time, and how long the loop had waited for its sockets until then. */
struct moment {
  int64_t us, idle_us;
};

struct command {
  struct command *next;
  redis_reply_cb done;
  void *arg;
  char name[NAME_MAX_SHOWN]; /* "INFO" */
  char *bytes;               /* NULL once they are in the output buffer */
  struct moment written;     /* when the socket took them */
  size_t length;
};

struct queue {
  struct command *first, **last;
  size_t count;
};

enum state {
  STATE_DIALLING,
  STATE_GREETING, /* AUTH and SELECT are under way: commands are held back */
  STATE_READY,
  STATE_BROKEN, /* `why` says by what */
  STATE_CLOSED, /* the memory lives until the handles are closed */
};

struct redis {
  struct io *io;
  const struct redis_url *url;
  enum state state;
  struct err why;
  struct dial *dial;
  char address[ADDRESS_MAX];
  redisContext *context;
  struct redis_reply_guard guard;
  uv_poll_t poll;
  uv_timer_t anchor; /* never started: its closing is the end, whatever else is open */
  bool polled;
  size_t open_handles;
  int64_t answer_us;         /* of the last reply */
  struct moment read;        /* when the reply at hand was */
  struct command *unwritten; /* the first of those sent that the socket has not taken */
  size_t greetings;          /* replies that must come before commands may go out */
  struct queue sent, held;   /* held: until the greeting is over */
  void (*closed)(void *arg);
  void *closed_arg;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void queue_push(struct queue *queue, struct command *command) {
  if (!queue->first)
    queue->last = &queue->first;
  *queue->last = command;
  queue->last = &command->next;
  queue->count++;
}

static struct command *queue_pop(struct queue *queue) {
  struct command *command = queue->first;
  if (!command)
    return NULL;
  queue->first = command->next;
  queue->count--;
  return command;
}

/* The bytes may be an AUTH. */
static void command_forget_bytes(struct command *command) {
  if (!command->bytes)
    return;
  explicit_bzero(command->bytes, command->length);
  redisFreeCommand(command->bytes);
  command->bytes = NULL;
}

static void command_free(struct command *command) {
  command_forget_bytes(command);
  free(command);
}

static void on_closed(uv_handle_t *handle) {
  struct redis *redis = handle->data;
  if (--redis->open_handles > 0)
    return;
  void (*closed)(void *arg) = redis->closed;
  void *arg = redis->closed_arg;
  free(redis);
  if (closed)
    closed(arg);
}

/* The poll first: closing its socket before would leave epoll with a number that may be reused. */
static void hang_up(struct redis *redis) {
  if (redis->dial)
    dial_cancel(redis->dial);
  redis->dial = NULL;
  if (redis->polled)
    uv_close((uv_handle_t *)&redis->poll, on_closed);
  redis->polled = false;
  if (redis->context)
    redisFree(redis->context);
  redis->context = NULL;
}

/* Everybody who waits is told; one of them may close the connection. */
static void break_off(struct redis *redis, const struct err *err) {
  redis->unwritten = NULL;
  redis->why = *err;
  redis->state = STATE_BROKEN;
  hang_up(redis);
  while (redis->state == STATE_BROKEN) {
    struct command *command = queue_pop(redis->sent.first ? &redis->sent : &redis->held);
    if (!command)
      return;
    redis_reply_cb done = command->done;
    void *arg = command->arg;
    command_free(command);
    if (done)
      done(arg, NULL, &redis->why);
  }
}

static void fail(struct redis *redis, enum err_kind kind, const char *text) {
  struct err err;
  err_set(&err, kind, "%s", text);
  break_off(redis, &err);
}

/* Reads as long as the greeting is not over and something is to be sent, too. */
static bool watch(struct redis *redis, bool writing) {
  int events = UV_READABLE | (writing ? UV_WRITABLE : 0);
  int status = uv_poll_start(&redis->poll, events, on_poll);
  if (status == 0)
    return true;
  fail(redis, ERR_IO, uv_strerror(status));
  return false;
}

/* Into the output buffer; it goes out when the socket takes it. */
static bool command_write(struct redis *redis, struct command *command) {
  bool written =
      redisAppendFormattedCommand(redis->context, command->bytes, command->length) == REDIS_OK;
  command_forget_bytes(command);
  queue_push(&redis->sent, command);
  if (!redis->unwritten)
    redis->unwritten = command;
  return written;
}

static struct command *command_new(int argc, const char *const *argv, const size_t *lengths,
                                   redis_reply_cb done, void *arg) {
  struct command *command = mem_new(sizeof *command);
  *command = (struct command){.done = done, .arg = arg};
  snprintf(command->name, sizeof command->name, "%s", argv[0]);
  /* hiredis takes the same array without the const that it does not need */
  int length = redisFormatCommandArgv(&command->bytes, argc, (const char **)argv, lengths);
  if (length < 0)
    abort(); /* out of memory, as in mem_new */
  command->length = (size_t)length;
  return command;
}

bool redis_send(struct redis *redis, int argc, const char *const *argv, const size_t *lengths,
                redis_reply_cb done, void *arg, struct err *err) {
  if (!redis_usable(redis)) {
    *err = redis->why;
    return false;
  }
  if (redis->sent.count + redis->held.count >= REDIS_COMMANDS_MAX)
    return err_set(err, ERR_LIMIT, "%d commands already wait for a reply", REDIS_COMMANDS_MAX);
  struct command *command = command_new(argc, argv, lengths, done, arg);
  if (redis->state != STATE_READY) {
    queue_push(&redis->held, command);
    return true;
  }
  /* What could fail here fails in the poll's next turn, too, and is told there. */
  command_write(redis, command);
  uv_poll_start(&redis->poll, UV_READABLE | UV_WRITABLE, on_poll);
  return true;
}

static void release_held(struct redis *redis) {
  redis->state = STATE_READY;
  struct command *command;
  while ((command = queue_pop(&redis->held)))
    command_write(redis, command);
  watch(redis, true);
}

/* The reply to AUTH or SELECT, without which no command may go out: it would run as somebody else,
 * or on another database. */
static void on_greeting(void *arg, const struct redisReply *reply, const struct err *err) {
  struct redis *redis = arg;
  struct err refusal;
  if (err) /* it is being broken off */
    return;
  if (redis_reply_err(reply, &refusal)) {
    break_off(redis, &refusal);
    return;
  }
  if (--redis->greetings == 0)
    release_held(redis);
}

static void greet(struct redis *redis, int argc, const char *const *argv, bool needed) {
  redis->greetings += needed;
  command_write(redis, command_new(argc, argv, NULL, needed ? on_greeting : NULL, redis));
}

static void greet_login(struct redis *redis) {
  const struct redis_url *url = redis->url;
  if (url->password && url->user)
    greet(redis, 3, (const char *const[]){"AUTH", url->user, url->password}, true);
  else if (url->password)
    greet(redis, 2, (const char *const[]){"AUTH", url->password}, true);
}

/* Behind the login. */
static void greet_more(struct redis *redis) {
  const struct redis_url *url = redis->url;
  if (url->db > 0) {
    char db[12];
    snprintf(db, sizeof db, "%d", url->db);
    greet(redis, 2, (const char *const[]){"SELECT", db}, true);
  }
  /* a courtesy to whoever reads CLIENT LIST; where it is not allowed, it is not needed */
  greet(redis, 3, (const char *const[]){"CLIENT", "SETNAME", "stacktop"}, false);
  if (redis->greetings == 0)
    release_held(redis);
  else
    watch(redis, true);
}

/* The reply to a PING without a login: whether the server wants one. What else it may say (BUSY,
 * MISCONF) it says to whoever is logged in. */
static void on_probe(void *arg, const struct redisReply *reply, const struct err *err) {
  struct redis *redis = arg;
  struct err refusal;
  if (err) /* it is being broken off */
    return;
  redis->greetings--;
  if (redis_reply_err(reply, &refusal) && strncmp(refusal.text, "NOAUTH", 6) == 0)
    greet_login(redis);
  greet_more(redis);
}

/* A password that is not meant for this server in particular is not told to it unasked. */
static void greet_all(struct redis *redis) {
  redis->state = STATE_GREETING;
  if (!redis->url->if_asked) {
    greet_login(redis);
    greet_more(redis);
    return;
  }
  redis->greetings++;
  command_write(redis, command_new(1, (const char *const[]){"PING"}, NULL, on_probe, redis));
  watch(redis, true);
}

static void set_address(struct redis *redis, const struct dial_result *result) {
  if (*redis->url->path) {
    snprintf(redis->address, sizeof redis->address, "%s", redis->url->path);
    return;
  }
  int on = 1; /* a command is small and waits for nothing */
  setsockopt(result->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  resolve_place(&result->address, redis->address);
}

static void on_dialled(void *arg, const struct dial_result *result, const struct err *err) {
  struct redis *redis = arg;
  redis->dial = NULL;
  if (err) {
    break_off(redis, err);
    return;
  }
  set_address(redis, result);
  redis->context = redisConnectFd(result->socket);
  if (!redis->context)
    abort(); /* out of memory, as in mem_new */
  redis->context->flags &= ~REDIS_BLOCK;
  redis_reply_guard_set(&redis->guard, redis->context->reader, REDIS_REPLY_MAX);
  int status = uv_poll_init(redis->io->loop, &redis->poll, result->socket);
  if (status != 0) {
    fail(redis, ERR_IO, uv_strerror(status));
    return;
  }
  redis->poll.data = redis;
  redis->polled = true;
  redis->open_handles++;
  greet_all(redis);
}

static void fail_as_context(struct redis *redis, int error) {
  const redisContext *context = redis->context;
  struct err err = {0};
  if (redis->guard.exceeded)
    err_set(&err, ERR_LIMIT, "a reply of more than %d MiB, or nested deeper than %d",
            REDIS_REPLY_MAX >> 20, REDIS_DEPTH_MAX);
  else if (context->err == REDIS_ERR_EOF)
    err_set(&err, ERR_CLOSED, "the server closed the connection");
  else if (context->err == REDIS_ERR_IO)
    err_set(&err, err_kind_of_errno(-error), "%s", uv_strerror(-error));
  else
    err_set(&err, ERR_PROTOCOL, "what answers at %s does not speak the Redis protocol: %s",
            redis->address, context->errstr);
  break_off(redis, &err);
}

/* Some errors are the connection's: the server says them to whatever command stood first, and
 * hangs up. */
static bool reply_ends_connection(const redisReply *reply, struct err *err) {
  if (!redis_reply_err(reply, err))
    return false;
  return err->kind == ERR_REFUSED || strncmp(reply->str, "DENIED", 6) == 0;
}

static struct moment moment_now(const struct redis *redis) {
  return (struct moment){clock_now_us(), (int64_t)(uv_metrics_idle_time(redis->io->loop) / 1000)};
}

/* A reply that lay in the socket while the loop did something else looks like one of a slow server:
 * where that is more than a small part of the time, the time says nothing of the server. */
static int64_t answer_time(const struct redis *redis, const struct command *command) {
  if (command->written.us == 0)
    return -1; /* an answer to what was not asked yet */
  const int64_t took_us = redis->read.us - command->written.us;
  const int64_t busy_us = took_us - (redis->read.idle_us - command->written.idle_us);
  return busy_us > BUSY_US && busy_us > took_us / BUSY_PART ? -1 : took_us;
}

static void hand_over(struct redis *redis, const redisReply *reply) {
  struct err err;
  if (reply_ends_connection(reply, &err)) {
    break_off(redis, &err);
    return;
  }
  struct command *command = queue_pop(&redis->sent);
  if (!command) {
    if (!redis_reply_err(reply, &err))
      err_set(&err, ERR_PROTOCOL, "what answers at %s sent a reply that nobody asked for",
              redis->address);
    break_off(redis, &err);
    return;
  }
  redis_reply_cb done = command->done;
  void *arg = command->arg;
  if (redis->unwritten == command)
    redis->unwritten = command->next;
  redis->answer_us = answer_time(redis, command);
  command_free(command);
  if (done)
    done(arg, reply, NULL);
}

static void deliver(struct redis *redis) {
  while (redis->context) {
    void *reply = NULL;
    if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK) {
      fail_as_context(redis, 0);
      return;
    }
    if (!reply)
      break;
    redis_reply_guard_reset(&redis->guard);
    hand_over(redis, reply); /* may end all of it */
    freeReplyObject(reply);
  }
  if (redis->context && redis_reply_guard_full(&redis->guard, redis->context->reader)) {
    redis->guard.exceeded = true;
    fail_as_context(redis, 0);
  }
}

static void receive(struct redis *redis) {
  redis->read = moment_now(redis);
  if (redisBufferRead(redis->context) != REDIS_OK)
    fail_as_context(redis, errno);
  else
    deliver(redis);
}

/* The socket is in error. What the server said before (too many clients, ...) can still be read and
 * explains it better. */
static void receive_last(struct redis *redis) {
  for (int i = 0; redis->context && i < READS_MAX; i++)
    receive(redis);
  if (redis->context)
    fail(redis, ERR_CLOSED, "the connection broke");
}

static void transmit(struct redis *redis) {
  int done = 0;
  const struct moment now = moment_now(redis);
  if (redisBufferWrite(redis->context, &done) == REDIS_OK) {
    if (!done)
      return;
    for (; redis->unwritten; redis->unwritten = redis->unwritten->next)
      redis->unwritten->written = now;
    watch(redis, false);
    return;
  }
  int error = errno;
  redis->context->err = 0; /* it would keep us from reading */
  receive(redis);
  if (redis->context) {
    redis->context->err = REDIS_ERR_IO;
    fail_as_context(redis, error);
  }
}

static void on_poll(uv_poll_t *poll, int status, int events) {
  struct redis *redis = poll->data;
  if (status != 0) {
    receive_last(redis);
    return;
  }
  if (events & UV_READABLE)
    receive(redis);
  if (redis->context && (events & UV_WRITABLE))
    transmit(redis);
}

struct redis *redis_open(struct io *io, const struct redis_url *url) {
  struct redis *redis = mem_new(sizeof *redis);
  *redis = (struct redis){.io = io, .url = url, .state = STATE_DIALLING};
  uv_loop_configure(io->loop, UV_METRICS_IDLE_TIME); /* as often as one likes; for moment_now */
  uv_timer_init(io->loop, &redis->anchor);
  redis->anchor.data = redis;
  redis->open_handles = 1;
  redis->dial = *url->path ? dial_file_start(io, url->path, on_dialled, redis)
                           : dial_start(io, url->host, url->port, on_dialled, redis);
  return redis;
}

bool redis_usable(const struct redis *redis) {
  return redis->state < STATE_BROKEN;
}

int64_t redis_answer_us(const struct redis *redis) {
  return redis->answer_us;
}

const char *redis_address(const struct redis *redis) {
  return redis->address;
}

const char *redis_describe(const struct redis *redis, char *out, size_t size) {
  const struct command *command = redis->sent.first;
  if (redis->state == STATE_DIALLING && *redis->url->path)
    snprintf(out, size, "not connected to %s yet", redis->url->path);
  else if (redis->state == STATE_DIALLING)
    snprintf(out, size, "not connected to port %d of %s yet", redis->url->port, redis->url->host);
  else if (!redis_usable(redis))
    snprintf(out, size, "%s", redis->why.text);
  else if (command)
    snprintf(out, size, "connected to %s, no answer to %s", redis->address, command->name);
  else
    snprintf(out, size, "connected to %s", redis->address);
  return out;
}

static void queue_drop(struct queue *queue) {
  struct command *command;
  while ((command = queue_pop(queue)))
    command_free(command);
}

void redis_close(struct redis *redis, void (*closed)(void *arg), void *arg) {
  redis->state = STATE_CLOSED;
  redis->closed = closed;
  redis->closed_arg = arg;
  hang_up(redis);
  queue_drop(&redis->sent);
  queue_drop(&redis->held);
  uv_close((uv_handle_t *)&redis->anchor, on_closed);
}

bool redis_tls_check(const struct redis_url *url, struct err *err) {
  if (!url->tls)
    return true;
  return err_set(err, ERR_UNSUPPORTED,
                 "rediss:// (TLS) is not supported: use redis:// through a TLS tunnel (stunnel)");
}
