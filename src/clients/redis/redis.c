#include "clients/redis/redis.h"

#include "clients/redis/redis_reply.h"
#include "core/mem.h"
#include "io/net/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct redis {
  const struct redis_url *url;
  struct line *line;
  redisReader *reader;
  struct redis_reply_guard guard;
  size_t greetings; /* replies that must arrive before commands are sent */
  void (*closed)(void *arg);
  void *closed_arg;
};

static void deliver(line_cb done, void *arg, const void *answer, const struct err *err) {
  ((redis_reply_cb)done)(arg, answer, err);
}

/* ---- the greeting */

/* Formats a command; the caller wipes and frees it by command_free. */
static char *command_format(int argc, const char *const *argv, const size_t *lengths,
                            size_t *length) {
  char *bytes;
  /* hiredis takes the same array without const */
  int formatted = redisFormatCommandArgv(&bytes, argc, (const char **)argv, lengths);
  if (formatted < 0)
    mem_failed();
  *length = (size_t)formatted;
  return bytes;
}

/* Wipes the bytes, which may be an AUTH. */
static void command_free(char *bytes, size_t length) {
  explicit_bzero(bytes, length);
  redisFreeCommand(bytes);
}

static void greet(struct redis *redis, int argc, const char *const *argv, redis_reply_cb done) {
  size_t length;
  char *bytes = command_format(argc, argv, NULL, &length);
  redis->greetings += done != NULL;
  line_greet(redis->line, argv[0], bytes, length, (line_cb)done, redis);
  command_free(bytes, length);
}

/* The reply to AUTH or SELECT, before which no command is sent: it would run as another user, or on
 * another database. */
static void on_greeting(void *arg, const struct redisReply *reply, const struct err *err) {
  struct redis *redis = arg;
  struct err refusal;
  if (err) /* it is being closed */
    return;
  if (redis_reply_err(reply, &refusal))
    line_break(redis->line, &refusal);
  else if (--redis->greetings == 0)
    line_ready(redis->line);
}

static void greet_login(struct redis *redis) {
  const struct redis_url *url = redis->url;
  if (url->password && url->user)
    greet(redis, 3, (const char *const[]){"AUTH", url->user, url->password}, on_greeting);
  else if (url->password)
    greet(redis, 2, (const char *const[]){"AUTH", url->password}, on_greeting);
}

/* After the login. */
static void greet_more(struct redis *redis) {
  const struct redis_url *url = redis->url;
  if (url->db > 0) {
    char db[12];
    snprintf(db, sizeof db, "%d", url->db);
    greet(redis, 2, (const char *const[]){"SELECT", db}, on_greeting);
  }
  /* for readers of CLIENT LIST; not needed where it is not allowed */
  greet(redis, 3, (const char *const[]){"CLIENT", "SETNAME", "stacktop"}, NULL);
  if (redis->greetings == 0)
    line_ready(redis->line);
}

/* The reply to a PING without a login shows whether the server requires one. Other errors (BUSY,
 * MISCONF) occur after the login, too. */
static void on_probe(void *arg, const struct redisReply *reply, const struct err *err) {
  struct redis *redis = arg;
  struct err refusal;
  if (err) /* it is being closed */
    return;
  redis->greetings--;
  if (redis_reply_err(reply, &refusal) && strncmp(refusal.text, "NOAUTH", 6) == 0)
    greet_login(redis);
  greet_more(redis);
}

/* A password from the environment is sent only if the server requires one. */
static void connected(void *self) {
  struct redis *redis = self;
  if (redis->url->if_asked) {
    greet(redis, 1, (const char *const[]){"PING"}, on_probe);
    return;
  }
  greet_login(redis);
  greet_more(redis);
}

/* ---- replies */

/* Some errors concern the connection: the server sends them for the first command, and closes. */
static bool reply_ends_connection(const redisReply *reply, struct err *err) {
  if (!redis_reply_err(reply, err))
    return false;
  return err->kind == ERR_REFUSED || strncmp(reply->str, "DENIED", 6) == 0;
}

static bool reply_take(struct redis *redis, const redisReply *reply, struct err *err) {
  struct err refusal;
  if (reply_ends_connection(reply, err))
    return false;
  if (line_answer(redis->line, reply, err))
    return true;
  if (redis_reply_err(reply, &refusal)) /* it explains better why the reply came unexpectedly */
    *err = refusal;
  return false;
}

static bool reading_failed(const struct redis *redis, struct err *err) {
  if (redis->guard.exceeded)
    return err_set(err, ERR_LIMIT,
                   "the reply is larger than %d MiB or nested more than %d levels deep",
                   REDIS_REPLY_MAX >> 20, REDIS_DEPTH_MAX);
  return err_set(err, ERR_PROTOCOL, "the server at %s does not speak the Redis protocol: %s",
                 line_address(redis->line), redis->reader->errstr);
}

static bool receive(void *self, const char *bytes, size_t length, struct err *err) {
  struct redis *redis = self;
  if (redisReaderFeed(redis->reader, bytes, length) != REDIS_OK)
    return reading_failed(redis, err);
  while (line_is_open(redis->line)) {
    void *reply = NULL;
    if (redisReaderGetReply(redis->reader, &reply) != REDIS_OK)
      return reading_failed(redis, err);
    if (!reply)
      break;
    redis_reply_guard_reset(&redis->guard);
    bool good = reply_take(redis, reply, err); /* may end everything */
    freeReplyObject(reply);
    if (!good)
      return false;
  }
  if (!line_is_open(redis->line) || !redis_reply_guard_full(&redis->guard, redis->reader))
    return true;
  redis->guard.exceeded = true;
  return reading_failed(redis, err);
}

static const struct line_protocol protocol = {
    .receive = receive, .deliver = deliver, .connected = connected};

/* ---- the connection */

struct redis *redis_open(struct io *io, const struct redis_url *url) {
  struct redis *redis = mem_new(sizeof *redis);
  struct line_place place = {.host = url->host,
                             .port = url->port,
                             .path = url->path,
                             .tls = url->tls ? &url->tls_options : NULL};
  redis->url = url;
  redis->reader = redisReaderCreate();
  if (!redis->reader)
    mem_failed();
  redis_reply_guard_set(&redis->guard, redis->reader, REDIS_REPLY_MAX);
  redis->line = line_open(io, &place, &protocol, redis);
  return redis;
}

bool redis_send(struct redis *redis, int argc, const char *const *argv, const size_t *lengths,
                redis_reply_cb done, void *arg, struct err *err) {
  size_t length;
  char *bytes = command_format(argc, argv, lengths, &length);
  bool sent = line_send(redis->line, argv[0], bytes, length, (line_cb)done, arg, err);
  command_free(bytes, length);
  return sent;
}

bool redis_usable(const struct redis *redis) {
  return line_usable(redis->line);
}

int64_t redis_answer_us(const struct redis *redis) {
  return line_answer_us(redis->line);
}

const char *redis_address(const struct redis *redis) {
  return line_address(redis->line);
}

struct line *redis_line(struct redis *redis) {
  return redis->line;
}

const char *redis_describe(const struct redis *redis, char *out, size_t size) {
  return line_describe(redis->line, out, size);
}

static void on_line_closed(void *arg) {
  struct redis *redis = arg;
  void (*closed)(void *arg) = redis->closed;
  void *closed_arg = redis->closed_arg;
  redisReaderFree(redis->reader);
  free(redis);
  if (closed)
    closed(closed_arg);
}

void redis_close(struct redis *redis, void (*closed)(void *arg), void *arg) {
  redis->closed = closed;
  redis->closed_arg = arg;
  line_close(redis->line, on_line_closed, redis);
}
