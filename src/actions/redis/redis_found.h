/* The parts of every Redis survey and plan that describe the server. */
#pragma once

#include "actions/found.h"
#include "actions/redis/redis_conn.h"
#include "actions/redis/redis_text.h"
#include "actions/shown.h"
#include "clients/redis/redis_contract.h"

/* Connects like redis_conn_open, and begins the step's sample with the table (NULL: none) and the
 * facts of the server: run_id, server ("Redis 7.0.15"), version, role, cluster, replicas,
 * replica0..., config_file, and the lines of INFO that plans read, by their names. NULL with
 * step->err. */
struct redis_conn *redis_survey(struct step *step, enum redis_need need, int db,
                                const struct table_spec *table);

/* An object of the plan that is pinned to the server (identity "run_id"); NULL beyond a limit. */
struct plan_object *redis_plan_object(struct plan *plan, const struct sample *found,
                                      const char *key, const char *label);
/* Sets the plan's address where it has none, and the preconditions: it must be the same server
 * (run_id) and, with writes, a primary; the equivalent redis-cli command, and what redis-cli needs
 * to log in. */
void redis_plan_server(struct plan *plan, const struct action_request *request, bool writes);
/* The equivalent command: redis-cli and its arguments. */
void redis_plan_command(struct plan *plan, const struct action_request *request, int db,
                        const char *command);
/* Warns of the replicas that will do the same, and that only this node of a cluster is affected. */
void redis_plan_spread(struct plan *plan, const struct sample *found, const char *deed);

/* For `applies`: false where the model knows that the target is a Sentinel; for the second function
 * also for a replica. */
bool redis_has_keys(const struct action_request *request, struct err *why);
bool redis_takes_writes(const struct action_request *request, struct err *why);

/* A parameter "db", and its preset from the collector's row of a database. */
#define REDIS_PARAM_DB                                                     \
  {                                                                        \
    .name = "db", .type = OPTION_INT, .max = 1 << 20, .example = "0",      \
    .help = "number of the database; default: the one in the target's url" \
  }
/* The database of the request: the parameter's, otherwise the one in the target's url. */
int redis_param_database(const struct action_request *request, size_t param);
