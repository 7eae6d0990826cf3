/* maxmemory and its policy as settings: read, set as in a plan of redis.set-memory, and read again.
 */
#pragma once

#include "actions/redis/redis_work.h"

enum redis_setting { REDIS_SETTING_MEMORY, REDIS_SETTING_POLICY, REDIS_SETTING_COUNT };
extern const char *const redis_setting_names[REDIS_SETTING_COUNT]; /* "maxmemory", ... */

/* Asks CONFIG GET of each, in their order. */
void redis_settings_ask(struct redis_work *work, redis_link_cb done);
/* The value of a reply to CONFIG GET; NULL when there is no such setting. */
const char *redis_setting_of(const struct redisReply *reply);

/* What sets the old values again, "redis.set-memory cache maxmemory=0": of those that were set,
 * where there is an outcome. Returns out. */
const char *redis_memory_undo(char *out, size_t size, const struct plan *plan,
                              const struct outcome *outcome);

/* The plan's victims are settings by their names; pins run_id, old, new, evicted (the counter at
 * the plan) and file ("yes": CONFIG REWRITE follows). execute: only if all still have their old
 * values, in the plan's order. */
extern const struct act_step redis_memory_execute, redis_memory_verify;
