#include "clients/redis/redis_fields.h"

#include "core/number.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_text(const struct redisReply *reply) {
  return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

const struct redisReply *redis_field(const struct redisReply *reply, const char *name) {
  for (size_t i = 0; reply && reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2) {
    const struct redisReply *key = reply->element[i];
    if (is_text(key) && strcmp(key->str, name) == 0)
      return reply->element[i + 1];
  }
  return NULL;
}

const char *redis_field_text(const struct redisReply *reply, const char *name) {
  const struct redisReply *value = redis_field(reply, name);
  return value && is_text(value) ? value->str : "";
}

int64_t redis_number(const struct redisReply *reply) {
  int64_t number;
  if (reply && reply->type == REDIS_REPLY_INTEGER)
    return reply->integer;
  return reply && is_text(reply) && number_int(reply->str, &number) ? number : -1;
}
