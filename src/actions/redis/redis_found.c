#include "actions/redis/redis_found.h"

#include <stdio.h>
#include <string.h>

enum { REPLICAS_SHOWN = 8, SPECS_MAX = 4 };

static const struct column_spec fact_columns[] = {
    {.id = "fact", .title = "FACT", .help = "its name"},
    {.id = "value", .title = "VALUE", .help = "as the server told it"},
};
static const struct table_spec facts_table = {
    .id = "facts",
    .title = "Facts",
    .columns = fact_columns,
    .column_count = sizeof fact_columns / sizeof *fact_columns,
};

static struct value *fact_put(struct sample *found, const char *name) {
  struct table *table = sample_table(found, facts_table.id);
  struct row *row = sample_row(found, table, name, NULL);
  if (!row)
    return NULL;
  row->cells[0] = value_text(row->key);
  return &row->cells[1];
}

void redis_fact_int(struct sample *found, const char *name, int64_t number) {
  struct value *value = fact_put(found, name);
  if (value)
    *value = value_int(number);
}

void redis_fact_text(struct sample *found, const char *name, const char *text) {
  struct value *value = fact_put(found, name);
  if (value)
    *value = value_text(sample_copy(found, text));
}

static struct value fact_get(const struct sample *found, const char *name) {
  const struct table *table = sample_table_view(found, facts_table.id);
  const struct row *row = table ? table_find(table, name) : NULL;
  return row ? row->cells[1] : value_none(NULL);
}

int64_t redis_fact(const struct sample *found, const char *name, int64_t fallback) {
  struct value value = fact_get(found, name);
  return value.type == VALUE_INT ? value.integer : fallback;
}

const char *redis_fact_words(const struct sample *found, const char *name) {
  struct value value = fact_get(found, name);
  return value.type == VALUE_TEXT ? value.text : "";
}

/* ---- of the server */

static void add_server(struct sample *found, const char *info) {
  char text[128];
  static const struct {
    const char *key, *product;
  } products[] = {{"valkey_version", "Valkey"}, {"redis_version", "Redis"}};
  for (size_t i = 0; i < sizeof products / sizeof *products; i++)
    if (redis_told(info, products[i].key, text, sizeof text)) {
      found->server = sample_printf(found, "%s %s", products[i].product, text);
      redis_fact_text(found, "server", found->server);
      break;
    }
  redis_fact_int(found, "version", redis_told_version(info));
  redis_told(info, "run_id", text, sizeof text);
  redis_fact_text(found, "run_id", text);
  redis_fact_text(found, "role", redis_told_is(info, "role", "slave") ? "replica" : "master");
  redis_fact_int(found, "cluster", redis_told_is(info, "cluster_enabled", "1"));
}

/* "10.0.0.2:6379" of "ip=10.0.0.2,port=6379,state=online,..." */
static void add_replicas(struct sample *found, const char *info) {
  int64_t count = 0;
  redis_told_int(info, "connected_slaves", &count);
  redis_fact_int(found, "replicas", count);
  for (int i = 0; i < count && i < REPLICAS_SHOWN; i++) {
    char key[24], line[256];
    int64_t port = 0;
    snprintf(key, sizeof key, "slave%d", i);
    if (!redis_told(info, key, line, sizeof line) || strncmp(line, "ip=", 3) != 0)
      continue;
    redis_told_field(line, "port", &port);
    snprintf(key, sizeof key, "replica%d", i);
    redis_fact_text(
        found, key,
        sample_printf(found, "%.*s:%d", (int)strcspn(line + 3, ","), line + 3, (int)port));
  }
}

static struct sample *found_new(const char *info, const struct table_spec *const *specs,
                                size_t count) {
  const struct table_spec *all[SPECS_MAX + 1];
  char file[512];
  for (size_t i = 0; i < count; i++)
    all[i] = specs[i];
  all[count] = &facts_table;
  struct sample *found = sample_new(all, count + 1);
  add_server(found, info);
  add_replicas(found, info);
  redis_told(info, "config_file", file, sizeof file);
  redis_fact_text(found, "config_file", file);
  return found;
}

struct sample *redis_found_new(const struct redis_work *work, const struct table_spec *const *specs,
                               size_t count) {
  return found_new(work->info, specs, count);
}

struct sample *redis_found_of(const struct redis_conn *conn, const struct table_spec *const *specs,
                              size_t count) {
  struct sample *found = found_new(redis_conn_info(conn), specs, count);
  found->address = sample_copy(found, redis_conn_address(conn));
  return found;
}

/* ---- in every plan */

/* Only a node of a cluster has a name that outlives its process. What else the collector calls the
 * server is the run id by which it met it first: another stacktop may have met another one. */
void redis_plan_server(struct plan *plan, const struct action_request *request, bool writes) {
  const struct sample *found = request->found;
  char login[REDIS_CLI_MAX];
  if (!redis_fact(found, "cluster", 0))
    plan->server = NULL;
  if (!plan->address && found->address && *found->address)
    plan->address = plan_copy(plan, found->address);
  plan_say(plan, PLAN_PRECONDITION, "the same server process answers: run_id %s (%s)",
           redis_fact_words(found, "run_id"), redis_fact_words(found, "server"));
  if (redis_cli_login(login, request->target))
    plan_say(plan, PLAN_EFFECT, "with %s in REDISCLI_AUTH, from which redis-cli takes it", login);
  if (writes)
    plan_say(plan, PLAN_PRECONDITION, "it still is a master: a replica refuses");
}

void redis_plan_spread(struct plan *plan, const struct sample *found, const char *deed) {
  int64_t replicas = redis_fact(found, "replicas", 0);
  char list[400] = "";
  for (int i = 0; i < replicas && i < REPLICAS_SHOWN; i++) {
    char key[24];
    snprintf(key, sizeof key, "replica%d", i);
    const char *where = redis_fact_words(found, key);
    size_t used = strlen(list);
    if (*where)
      snprintf(list + used, sizeof list - used, "%s%.60s", used ? ", " : ": ", where);
  }
  if (replicas > 0)
    plan_say(plan, PLAN_WARNING, "%lld replica%s %s as well%s%s", (long long)replicas,
             replicas == 1 ? "" : "s", deed, list, replicas > REPLICAS_SHOWN ? ", ..." : "");
  if (redis_fact(found, "cluster", 0))
    plan_say(
        plan, PLAN_WARNING,
        "one node of a cluster: only this node is asked, and the keys of the other nodes stay");
}

/* The text that the collector has in the summary's only row; "" where there is none. */
static const char *collected(const struct action_request *request, const char *column) {
  const struct sample *sample = request->model->slots[request->slot].sample;
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
    return err_set(why, ERR_UNSUPPORTED, "read-only replica: it is to be done on its master");
  return redis_has_keys(request, why);
}
