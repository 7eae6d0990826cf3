/* What a survey of Redis brings: facts by name, in a table "facts", beside tables of its own; and
 * what every plan says of the server. The plan reads them again, purely. */
#pragma once

#include "actions/redis/redis_conn.h"
#include "actions/redis/redis_work.h"
#include "clients/redis/redis_contract.h"

/* With the tables of specs first, and the facts of the server as told in work->info: run_id,
 * server ("Redis 7.0.15"), version, role, cluster, replicas, replica0..., config_file. */
struct sample *redis_found_new(const struct redis_work *work, const struct table_spec *const *specs,
                               size_t count);
struct sample *redis_found_of(const struct redis_conn *conn, const struct table_spec *const *specs,
                              size_t count);
void redis_fact_int(struct sample *found, const char *name, int64_t number);
void redis_fact_text(struct sample *found, const char *name, const char *text);
/* The fact, or the fallback where it is not known. */
int64_t redis_fact(const struct sample *found, const char *name, int64_t fallback);
const char *redis_fact_words(const struct sample *found, const char *name); /* "" if not known */

/* Sets the plan's address where it has none, and says that it must be the same server (run_id) and,
 * with writes, that it must be a master; and what redis-cli needs to log in. */
void redis_plan_server(struct plan *plan, const struct action_request *request, bool writes);
/* Warns of the replicas that will do the same, and that only this node of a cluster is meant. */
void redis_plan_spread(struct plan *plan, const struct sample *found, const char *deed);

/* For `applies`: false where the model knows that the target is a Sentinel; or, for the second, a
 * replica, too. */
bool redis_has_keys(const struct action_request *request, struct err *why);
bool redis_takes_writes(const struct action_request *request, struct err *why);
