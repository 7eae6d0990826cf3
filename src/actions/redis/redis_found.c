#include "actions/redis/redis_found.h"

#include <stdio.h>
#include <string.h>

enum { REPLICAS_SHOWN = 8 };

/* ---- of the server */

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

/* "10.0.0.2:6379" of "ip=10.0.0.2,port=6379,state=online,..." */
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

struct sample *redis_found_new(const struct redis_conn *conn, const struct table_spec *const *specs,
                               size_t count) {
  struct sample *found = found_new(specs, count);
  add_server(found, &conn->info);
  add_replicas(found, &conn->info);
  found->address = sample_copy(found, line_address(conn->conn.line));
  return found;
}

void redis_found_keep(struct sample *found, const struct redis_conn *conn,
                      const char *const *keys) {
  const struct redis_info *info = &conn->info;
  for (; *keys; keys++) {
    int64_t number;
    if (redis_info_count(info, *keys, &number))
      found_set_int(found, *keys, number);
    else if (redis_info_text(info, *keys))
      found_set_text(found, *keys, redis_info_text(info, *keys));
  }
}

/* ---- in every plan */

/* Only a node of a cluster has a name that outlives its process. What else the collector calls the
 * server is the run id by which it met it first: another stacktop may have met another one. */
void redis_plan_server(struct plan *plan, const struct action_request *request, bool writes) {
  const struct sample *found = request->found;
  char login[REDIS_CLI_MAX];
  if (!found_int(found, "cluster", 0))
    plan->server = NULL;
  if (!plan->address && found->address && *found->address)
    plan->address = plan_copy(plan, found->address);
  plan_say(plan, PLAN_PRECONDITION, "the same server process answers: run_id %s (%s)",
           found_text(found, "run_id"), found_text(found, "server"));
  if (redis_cli_login(login, request->target))
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
    plan_say(plan, PLAN_WARNING, "%lld replica%s %s as well%s%s", (long long)replicas,
             replicas == 1 ? "" : "s", deed, list, replicas > REPLICAS_SHOWN ? ", ..." : "");
  if (found_int(found, "cluster", 0))
    plan_say(plan, PLAN_WARNING,
             "this is one node of a cluster: keys on the other nodes are not affected");
}

/* The text that the collector has in the summary's only row; "" where there is none. */
static const char *collected(const struct action_request *request, const char *column) {
  const struct sample *sample = request->model->targets[request->target_index].sample;
  const struct table *table = sample ? sample_table_view(sample, REDIS_SUMMARY_TABLE) : NULL;
  int index = table ? table_column(table->spec, column) : -1;
  if (index < 0 || table->row_count == 0 || table->rows[0].cells[index].type != VALUE_TEXT)
    return "";
  return table->rows[0].cells[index].text;
}

bool redis_has_keys(const struct action_request *request, struct err *why) {
  if (strcmp(collected(request, REDIS_SUMMARY_ID_MODE), REDIS_MODE_SENTINEL) == 0)
    return err_set(why, ERR_UNSUPPORTED, "a Sentinel, which holds no keys");
  return true;
}

bool redis_takes_writes(const struct action_request *request, struct err *why) {
  if (strcmp(collected(request, REDIS_SUMMARY_ID_ROLE), REDIS_ROLE_REPLICA) == 0)
    return err_set(why, ERR_UNSUPPORTED, "read-only replica: run this on its primary");
  return redis_has_keys(request, why);
}
