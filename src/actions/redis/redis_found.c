#include "actions/redis/redis_found.h"

#include <stdio.h>
#include <string.h>

enum { REPLICAS_SHOWN = 8 };

/* ---- the server */

static void add_server(struct sample *found, const struct redis_info *info) {
  static const struct {
    const char *key, *product;
  } products[] = {{"valkey_version", "Valkey"}, {"redis_version", "Redis"}};
  const char *version = NULL, *file = redis_info_text(info, "config_file");
  for (size_t i = 0; i < sizeof products / sizeof *products && !version; i++)
    if ((version = redis_info_text(info, products[i].key)))
      found->server = sample_printf(found, "%s %s", products[i].product, version);
  found_set_text(found, "server", found->server ? found->server : "");
  found_set_int(found, "version", redis_info_version(info));
  found_set_text(found, "run_id", redis_info_text(info, "run_id"));
  found_set_text(found, "role", redis_info_is(info, "role", "slave") ? "replica" : "master");
  found_set_int(found, "cluster", redis_info_is(info, "cluster_enabled", "1"));
  found_set_text(found, "config_file", file ? file : "");
}

/* "10.0.0.2:6379" from "ip=10.0.0.2,port=6379,state=online,..." */
static void add_replicas(struct sample *found, const struct redis_info *info) {
  int64_t count = 0;
  redis_info_int(info, "connected_slaves", &count);
  found_set_int(found, "replicas", count);
  for (int i = 0; i < count && i < REPLICAS_SHOWN; i++) {
    char key[24];
    int64_t port = 0;
    snprintf(key, sizeof key, "slave%d", i);
    const char *line = redis_info_text(info, key), *ip = line ? redis_info_word(line, "ip") : NULL;
    if (!ip)
      continue;
    redis_info_field(line, "port", &port);
    snprintf(key, sizeof key, "replica%d", i);
    found_set_text(found, key,
                   sample_printf(found, "%.*s:%d", (int)strcspn(ip, ","), ip, (int)port));
  }
}

/* Lines of INFO that plans read; numbers are kept as numbers. */
static void add_figures(struct sample *found, const struct redis_info *info) {
  static const char *const keys[] = {
      "aof_enabled",     "allocator_active",   "allocator_resident",
      "evicted_keys",    "mem_allocator",      "mem_fragmentation_ratio",
      "used_memory",     "rdb_last_save_time", "rdb_changes_since_last_save",
      "used_memory_rss", "total_system_memory"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    int64_t number;
    if (redis_info_count(info, keys[i], &number))
      found_set_int(found, keys[i], number);
    else if (redis_info_text(info, keys[i]))
      found_set_text(found, keys[i], redis_info_text(info, keys[i]));
  }
}

struct redis_conn *redis_survey(struct step *step, enum redis_need need, int db,
                                const struct table_spec *table) {
  struct redis_conn *conn = redis_conn_open(step, need, db);
  if (!conn)
    return NULL;
  step->found = found_new(&table, table ? 1 : 0);
  step->found->address = sample_copy(step->found, line_address(conn->conn.line));
  add_server(step->found, &conn->info);
  add_replicas(step->found, &conn->info);
  add_figures(step->found, &conn->info);
  return conn;
}

/* ---- in every plan */

struct plan_object *redis_plan_object(struct plan *plan, const struct sample *found,
                                      const char *key, const char *label) {
  struct plan_object *object = plan_object(plan, key, label);
  if (object)
    action_bind(plan, "run_id", plan_copy(plan, found_text(found, "run_id")));
  return object;
}

void redis_plan_command(struct plan *plan, const struct action_request *request, int db,
                        const char *command) {
  plan_say(plan, PLAN_EFFECT, "%s %s", redis_cli(&plan->arena, request->target, db), command);
}

/* Only a node of a cluster has a name that outlives its process. Otherwise the collector names the
 * server after the run id that it saw first: another stacktop may have seen another one. */
void redis_plan_server(struct plan *plan, const struct action_request *request, bool writes) {
  const struct sample *found = request->found;
  const char *login = redis_cli_login(&plan->arena, request->target);
  if (!found_int(found, "cluster", 0))
    plan->server = NULL;
  if (!plan->address && found->address && *found->address)
    plan->address = plan_copy(plan, found->address);
  plan_say(plan, PLAN_PRECONDITION, "the same server process answers: run_id %s (%s)",
           found_text(found, "run_id"), found_text(found, "server"));
  if (login)
    plan_say(plan, PLAN_EFFECT, "with %s in REDISCLI_AUTH, from which redis-cli takes it", login);
  if (writes)
    plan_say(plan, PLAN_PRECONDITION, "the server is still a primary: a replica refuses");
}

void redis_plan_spread(struct plan *plan, const struct sample *found, const char *deed) {
  int64_t replicas = found_int(found, "replicas", 0);
  char list[400] = "";
  for (int i = 0; i < replicas && i < REPLICAS_SHOWN; i++) {
    char key[24];
    snprintf(key, sizeof key, "replica%d", i);
    const char *where = found_text(found, key);
    size_t used = strlen(list);
    if (*where)
      snprintf(list + used, sizeof list - used, "%s%.60s", used ? ", " : ": ", where);
  }
  if (replicas > 0)
    plan_say(plan, PLAN_WARNING, "%s %s as well%s%s",
             shown_counted(&plan->arena, replicas, "replica", "replicas"), deed, list,
             replicas > REPLICAS_SHOWN ? ", ..." : "");
  if (found_int(found, "cluster", 0))
    plan_say(plan, PLAN_WARNING,
             "this is one node of a cluster: keys on the other nodes are not affected");
}

/* Whether the collector has that text in the summary. */
static bool collected_is(const struct action_request *request, const char *column,
                         const char *text) {
  const char *collected = action_collected(request, REDIS_SUMMARY_TABLE, column);
  return collected && strcmp(collected, text) == 0;
}

bool redis_has_keys(const struct action_request *request, struct err *why) {
  if (collected_is(request, REDIS_SUMMARY_ID_MODE, REDIS_MODE_SENTINEL))
    return err_set(why, ERR_UNSUPPORTED, "a Sentinel, which holds no keys");
  return true;
}

bool redis_takes_writes(const struct action_request *request, struct err *why) {
  if (collected_is(request, REDIS_SUMMARY_ID_ROLE, REDIS_ROLE_REPLICA))
    return err_set(why, ERR_UNSUPPORTED, "read-only replica: run this on its primary");
  return redis_has_keys(request, why);
}

int redis_param_database(const struct action_request *request, size_t param) {
  const struct option_value *db = &request->params[param];
  return db->set ? (int)db->number : redis_url_database(request->target);
}
