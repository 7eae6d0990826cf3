/* What an error reply means. */
#pragma once

#include "core/err.h"

struct redisReply; /* hiredis/hiredis.h: type, str and len, integer, element and elements */

/* True for an error reply: err then has its words and what they mean: NOAUTH, WRONGPASS, NOPERM
 * ERR_DENIED; an unknown command, LOADING, MASTERDOWN, READONLY and the like ERR_UNSUPPORTED; too
 * many clients ERR_REFUSED; a bad database ERR_INVALID; else ERR_PROTOCOL. */
bool redis_reply_err(const struct redisReply *reply, struct err *err);
