#include "collectors/redis/redis.h"

#include <stdio.h>
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

/* A master's replication id changes by itself after an hour without replicas (repl-backlog-ttl),
 * and with each restart; a replica's when it follows different data. */
void redis_facts_fill(struct sample *sample, const struct redis_info *info) {
  const char *host = redis_info_text(info, "master_host");
  const char *port = redis_info_text(info, "master_port");
  sample_fact(sample, FACT_START, redis_info_text(info, "run_id"));
  fill_masters(sample, info);
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
