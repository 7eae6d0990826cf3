#include "clients/redis/redis_clients.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool redis_client_text(const char *line, const char *end, const char *name,
                       char out[REDIS_CLIENT_TEXT_MAX]) {
  size_t wanted = strlen(name);
  *out = '\0';
  for (const char *at = line; at < end;) {
    size_t length = strcspn(at, " \r\n");
    if (length > wanted && strncmp(at, name, wanted) == 0 && at[wanted] == '=') {
      snprintf(out, REDIS_CLIENT_TEXT_MAX, "%.*s", (int)(length - wanted - 1), at + wanted + 1);
      return true;
    }
    at += length;
    at += strspn(at, " \r\n");
  }
  return false;
}

struct value redis_client_number(const char *line, const char *end, const char *name) {
  char text[REDIS_CLIENT_TEXT_MAX], *stop;
  if (!redis_client_text(line, end, name, text) || *text < '0' || *text > '9')
    return value_none("not reported");
  errno = 0;
  long long number = strtoll(text, &stop, 10);
  return *stop || errno ? value_none("not reported") : value_int(number);
}

const char *redis_client_kind(const char *flags) {
  static const struct {
    char flag;
    const char *kind;
  } kinds[] = {
      {'S', "replica"}, {'M', "master"}, {'O', "monitor"}, {'P', "pubsub"}, {'b', "blocked"}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strchr(flags, kinds[i].flag))
      return kinds[i].kind;
  return "client";
}

static const char *text_of(const struct redisReply *reply) {
#ifdef REDIS_REPLY_VERB
  if (reply->type == REDIS_REPLY_VERB)
    return reply->str;
#endif
  return reply->type == REDIS_REPLY_STRING ? reply->str : "";
}

void redis_clients_each(const struct redisReply *reply,
                        void (*seen)(void *arg, const char *line, const char *end), void *arg) {
  for (const char *line = text_of(reply); *line;) {
    const char *end = line + strcspn(line, "\n");
    if (end > line)
      seen(arg, line, end);
    line = *end ? end + 1 : end;
  }
}
