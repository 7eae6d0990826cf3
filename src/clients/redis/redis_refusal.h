/* What an error reply means. */
#pragma once

#include "core/err.h"

struct redisReply; /* hiredis/hiredis.h: type, str and len, integer, element and elements */

/* True for an error reply: err then has its text, and the kind: NOAUTH, WRONGPASS, NOPERM are
 * ERR_DENIED; an unknown command, LOADING, MASTERDOWN, READONLY and similar ERR_UNSUPPORTED; too
 * many clients ERR_REFUSED; an invalid database ERR_INVALID; others ERR_PROTOCOL. */
bool redis_reply_err(const struct redisReply *reply, struct err *err);
