#include "clients/redis/redis_refusal.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *begins;
  enum err_kind kind;
  const char *instead; /* text instead of the server's, where that does not help */
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
    {"BUSY ", ERR_UNSUPPORTED,
     NULL}, /* not BUSYGROUP and BUSYKEY, which are about streams and keys */
    {"MISCONF", ERR_UNSUPPORTED, NULL},
    {"NOREPLICAS", ERR_UNSUPPORTED, NULL},
    {"OOM", ERR_UNSUPPORTED, NULL},
    {"CLUSTERDOWN", ERR_UNSUPPORTED, NULL},
    {"MOVED ", ERR_UNSUPPORTED, NULL}, /* these two: moved_text */
    {"ASK ", ERR_UNSUPPORTED, NULL},
    {"TRYAGAIN", ERR_UNSUPPORTED, NULL},
};

/* The server repeats the command ("unknown command 'AUTH', with args beginning with: 'hunter2'"),
 * also in errors of other servers that it passes on. */
static size_t length_without_arguments(const char *text, size_t length) {
  static const char before[] = ", with args beginning";
  const char *found = memmem(text, length, before, sizeof before - 1);
  return found ? (size_t)(found - text) : length;
}

static const char moved[] = "the key belongs to another node of the cluster";
static const char asked[] = "the key is now on another node of the cluster";

/* "MOVED 3999 127.0.0.1:6381", "ASK 3999 127.0.0.1:6381": the text; false for anything else. */
static bool moved_text(const struct redisReply *reply, enum err_kind kind, struct err *err) {
  const bool is_moved = strncmp(reply->str, "MOVED ", 6) == 0;
  if (!is_moved && strncmp(reply->str, "ASK ", 4) != 0)
    return false;
  const char *slot = strchr(reply->str, ' ') + 1;
  const char *node = strchr(slot, ' ');
  const int digits = (int)strspn(slot, "0123456789");
  if (!node || digits == 0 || slot + digits != node || !node[1])
    return false;
  err_set(err, kind, "%s, %.60s (slot %.*s%s): name that node in the target's url",
          is_moved ? moved : asked, node + 1, digits, slot, is_moved ? "" : ", which migrates");
  return true;
}

bool redis_refusal_moved(const struct err *err) {
  return strncmp(err->text, moved, strlen(moved)) == 0 ||
         strncmp(err->text, asked, strlen(asked)) == 0;
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
  if (moved_text(reply, kind, err))
    return true;
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

/* "NOPERM this user has no permissions to access one of the keys used as arguments" (6.x, Valkey),
 * "NOPERM No permissions to access a key" (7.0). */
bool redis_refusal_of_key(const struct err *err) {
  return strncmp(err->text, "NOPERM", 6) == 0 && strstr(err->text, "to access ") &&
         strstr(err->text, " key");
}

/* "NOPERM this user has no permissions to run the 'memory|usage' command" */
const char *redis_refusal_right(const struct err *err, char out[REDIS_RIGHT_MAX]) {
  const char *quote = strchr(err->text, '\'');
  const char *name = quote ? quote + 1 : "";
  const size_t length =
      strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                   ".|_-");
  out[0] = '\0';
  if (strncmp(err->text, "NOPERM", 6) != 0)
    return out;
  if (redis_refusal_of_key(err))
    snprintf(out, REDIS_RIGHT_MAX, "~pattern");
  else if (length > 0 && length < REDIS_RIGHT_MAX - 1 && name[length] == '\'')
    snprintf(out, REDIS_RIGHT_MAX, "+%.*s", (int)length, name);
  return out;
}
