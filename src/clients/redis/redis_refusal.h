/* What an error reply means. */
#pragma once

#include "core/err.h"

struct redisReply; /* hiredis/hiredis.h: type, str and len, integer, element and elements */

/* True for an error reply: err then has its text, and the kind: NOAUTH, WRONGPASS, NOPERM are
 * ERR_DENIED; an unknown command, LOADING, MASTERDOWN, READONLY and similar ERR_UNSUPPORTED; too
 * many clients ERR_REFUSED; an invalid database ERR_INVALID; others ERR_PROTOCOL. */
bool redis_reply_err(const struct redisReply *reply, struct err *err);

/* Whether the key is on another node of a cluster. */
bool redis_refusal_moved(const struct err *err);
/* Of a refusal (ERR_DENIED): whether it is the key that the user may not read, not the command. */
bool redis_refusal_of_key(const struct err *err);
enum { REDIS_RIGHT_MAX = 64 };
/* The right that it names, as ACL SETUSER takes it: "+memory|usage", "~pattern"; "" if none. */
const char *redis_refusal_right(const struct err *err, char out[REDIS_RIGHT_MAX]);
