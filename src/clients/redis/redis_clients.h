/* The answer to CLIENT LIST: one line per client, "id=3 addr=127.0.0.1:5000 name=web ...". Pure. */
#pragma once

#include "core/value.h"

#include <stdbool.h>

struct redisReply;

enum { REDIS_CLIENT_TEXT_MAX = 256 };

/* Calls seen for each line. */
void redis_clients_each(const struct redisReply *reply,
                        void (*seen)(void *arg, const char *line, const char *end), void *arg);
/* The field of a line that ends at `end`, clipped; false, and "", if it has none. */
bool redis_client_text(const char *line, const char *end, const char *name,
                       char out[REDIS_CLIENT_TEXT_MAX]);
/* None with a reason where it is not a number. */
struct value redis_client_number(const char *line, const char *end, const char *name);
/* "replica", "master", "monitor", "pubsub", "blocked", otherwise "client", from the field `flags`.
 */
const char *redis_client_kind(const char *flags);
