/* What every survey of Redis finds and every plan says of the server. */
#pragma once

#include "actions/found.h"
#include "actions/redis/redis_conn.h"
#include "actions/redis/redis_text.h"
#include "clients/redis/redis_contract.h"

/* With the tables of specs first, and the facts of the server: run_id, server ("Redis 7.0.15"),
 * version, role, cluster, replicas, replica0..., config_file. */
struct sample *redis_found_new(const struct redis_conn *conn, const struct table_spec *const *specs,
                               size_t count);
/* Keeps these lines of INFO as facts, numbers as numbers; keys ends with NULL. */
void redis_found_keep(struct sample *found, const struct redis_conn *conn, const char *const *keys);

/* Sets the plan's address where it has none, and says that it must be the same server (run_id) and,
 * with writes, that it must be a primary; and what redis-cli needs to log in. */
void redis_plan_server(struct plan *plan, const struct action_request *request, bool writes);
/* Warns of the replicas that will do the same, and that only this node of a cluster is meant. */
void redis_plan_spread(struct plan *plan, const struct sample *found, const char *deed);

/* For `applies`: false where the model knows that the target is a Sentinel; or, for the second, a
 * replica, too. */
bool redis_has_keys(const struct action_request *request, struct err *why);
bool redis_takes_writes(const struct action_request *request, struct err *why);
