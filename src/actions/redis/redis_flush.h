/* What FLUSHDB and FLUSHALL share: the databases that go, what the last save has, and the proof. */
#pragma once

#include "actions/redis/redis_found.h"

enum { REDIS_ASYNC_VERSION = 40000, REDIS_FLUSH_MS = 15000 };

/* Reads INFO: table "databases" (db, keys, expires) and the facts saved_ms, unsaved, aof. The first
 * is for an action whose params[0] is the database. */
extern const struct act_step redis_flush_one_survey, redis_flush_all_survey;
/* Until no key of the plan's databases is left, but those that came since, and nothing waits to be
 * freed. */
extern const struct act_step redis_flush_verify;

/* Victims: the databases; pins run_id and db. Name to type: the server's address. False with err
 * when they hold no key. */
bool redis_flush_plan(const struct action_request *request, struct plan *plan, struct err *err);
/* "FLUSHALL" in execute's `ready`. */
void redis_flush_do(void *self, const char *command);
