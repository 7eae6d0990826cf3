/* Names and values in replies, whatever asked for them. Pure. */
#pragma once

#include <stdint.h>

struct redisReply; /* hiredis/hiredis.h */

/* The value of a name in a reply of names and values; NULL if it has none. */
const struct redisReply *redis_field(const struct redisReply *reply, const char *name);
/* The same as a text; "" for anything else. */
const char *redis_field_text(const struct redisReply *reply, const char *name);
/* An integer, or a text that is one; -1 for anything else, also for NULL. */
int64_t redis_number(const struct redisReply *reply);
