#include "clients/redis/redis_reply.h"

#include "clients/redis/redis.h"

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

static const struct {
  const char *begins;
  enum err_kind kind;
  const char *instead; /* of the server's words, where they do not help */
} meanings[] = {
    {"NOAUTH", ERR_DENIED, NULL},
    {"WRONGPASS", ERR_DENIED, NULL},
    {"NOPERM", ERR_DENIED, NULL},
    {"DENIED", ERR_DENIED, NULL}, /* protected mode */
    {"ERR invalid password", ERR_DENIED, NULL},
    {"ERR Client sent AUTH", ERR_DENIED,
     "login denied: the server has no password, but one is configured"},
    {"ERR AUTH <password> called without", ERR_DENIED,
     "login denied: the server has no password, but one is configured"},
    {"ERR AUTH", ERR_DENIED, NULL},
    {"ERR operation not permitted", ERR_DENIED, NULL},
    {"ERR max number of clients", ERR_REFUSED, NULL},
    {"ERR unknown command", ERR_UNSUPPORTED, NULL},
    {"ERR unknown subcommand", ERR_UNSUPPORTED, NULL},
    {"ERR DB index", ERR_INVALID, NULL},
    {"ERR invalid DB index", ERR_INVALID, NULL},
    {"LOADING", ERR_UNSUPPORTED, NULL},
    {"MASTERDOWN", ERR_UNSUPPORTED, NULL},
    {"READONLY", ERR_UNSUPPORTED, NULL},
    {"BUSY ", ERR_UNSUPPORTED, NULL}, /* BUSYGROUP and BUSYKEY are of streams and keys */
    {"MISCONF", ERR_UNSUPPORTED, NULL},
    {"NOREPLICAS", ERR_UNSUPPORTED, NULL},
    {"OOM", ERR_UNSUPPORTED, NULL},
    {"CLUSTERDOWN", ERR_UNSUPPORTED, NULL},
    {"MOVED", ERR_UNSUPPORTED, NULL},
};

/* The server repeats what it was sent ("unknown command 'AUTH', with args beginning with:
 * 'hunter2'"), also in answers of others that it passes on. */
static size_t length_without_arguments(const char *text, size_t length) {
  static const char before[] = ", with args beginning";
  const char *found = memmem(text, length, before, sizeof before - 1);
  return found ? (size_t)(found - text) : length;
}

bool redis_reply_err(const struct redisReply *reply, struct err *err) {
  if (reply->type != REDIS_REPLY_ERROR)
    return false;
  enum err_kind kind = ERR_PROTOCOL;
  const char *instead = NULL;
  for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
    if (strncasecmp(reply->str, meanings[i].begins, strlen(meanings[i].begins)) == 0) {
      kind = meanings[i].kind;
      instead = meanings[i].instead;
      break;
    }
  size_t length = length_without_arguments(reply->str, reply->len);
  while (length > 0 && (reply->str[length - 1] == '.' || reply->str[length - 1] == ' '))
    length--;
  int shown = length < 200 ? (int)length : 200;
  if (instead)
    err_set(err, kind, "%s", instead);
  else if (length == 0)
    err_set(err, kind, "the server answered with an empty error");
  else
    err_set(err, kind, "%.*s", shown, reply->str);
  return true;
}
