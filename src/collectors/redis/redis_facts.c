#include "collectors/redis/redis.h"

#include "core/text/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MASTERS_MAX = 400 };

/* The masters of a Sentinel by name, each with its address: a failover changes it. */
static void fill_masters(struct sample *sample, const struct redis_info *info) {
  char all[MASTERS_MAX] = "";
  size_t used = 0;
  for (size_t i = 0; i < info->count && used < sizeof all; i++) {
    const char *line = info->lines[i].value;
    const char *name = redis_info_word(line, "name"), *address = redis_info_word(line, "address");
    if (redis_info_index(info->lines[i].key, "master") < 0 || !name || !address)
      continue;
    used +=
        (size_t)snprintf(all + used, sizeof all - used, "%smaster %.*s at %.*s", used ? ", " : "",
                         (int)strcspn(name, ","), name, (int)strcspn(address, ","), address);
  }
  sample_fact(sample, FACT_MEMBERS, all);
}

/* What INFO says of the configuration; a field that is missing is not known. */
static void fill_settings(struct sample *sample, const struct redis_info *info) {
  static const struct {
    const char *field, *name;
    bool is_bytes;
  } settings[] = {{"maxmemory", "maxmemory", true},
                  {"maxmemory_policy", "maxmemory-policy", false},
                  {"aof_enabled", "appendonly", false},
                  {"redis_version", "version", false},
                  {"valkey_version", "version of Valkey", false}};
  const size_t count = sizeof settings / sizeof *settings;
  struct inventory *inventory = sample_inventory(sample, "settings", 0, count);
  for (size_t i = 0; inventory && i < count; i++) {
    const char *value = redis_info_text(info, settings[i].field);
    char bytes[FORMAT_MAX];
    const double number = value && settings[i].is_bytes ? strtod(value, NULL) : -1;
    if (number == 0)
      value = "no limit";
    else if (number > 0)
      value = format_bytes(bytes, sizeof bytes, number);
    sample_item(sample, inventory, settings[i].name, value, false);
  }
}

/* A master's replication id changes by itself after an hour without replicas (repl-backlog-ttl),
 * and with each restart; a replica's when it follows different data. */
void redis_facts_fill(struct sample *sample, const struct redis_info *info) {
  const char *host = redis_info_text(info, "master_host");
  const char *port = redis_info_text(info, "master_port");
  sample_fact(sample, FACT_START, redis_info_text(info, "run_id"));
  fill_masters(sample, info);
  fill_settings(sample, info);
  if (!redis_info_is(info, "role", "slave")) {
    sample_fact(sample, FACT_ROLE, redis_info_text(info, "role"));
    return;
  }
  sample_fact(
      sample, FACT_ROLE,
      sample_printf(sample, "replica of %.200s:%.10s", host ? host : "?", port ? port : "?"));
  if (redis_info_is(info, "master_link_status", "up"))
    sample_fact(sample, FACT_HISTORY, redis_info_text(info, "master_replid"));
}
