#include "collectors/redis/redis.h"

#include <stdio.h>
#include <string.h>

static const char *const keys[REDIS_COUNTER_COUNT] = {
    [REDIS_HITS] = "keyspace_hits",
    [REDIS_MISSES] = "keyspace_misses",
    [REDIS_EVICTED] = "evicted_keys",
    [REDIS_EXPIRED] = "expired_keys",
    [REDIS_REJECTED] = "rejected_connections",
    [REDIS_COMMANDS] = "total_commands_processed",
    [REDIS_CONNECTIONS] = "total_connections_received",
    [REDIS_NET_IN] = "total_net_input_bytes",
    [REDIS_NET_OUT] = "total_net_output_bytes",
};

void redis_counters_read(struct redis_counters *counters, const struct redis_info *info,
                         int64_t at_us) {
  const char *run_id = redis_info_text(info, "run_id");
  *counters = (struct redis_counters){.known = true, .at_us = at_us, .uptime_s = -1};
  snprintf(counters->run_id, sizeof counters->run_id, "%s", run_id ? run_id : "");
  redis_info_int(info, "uptime_in_seconds", &counters->uptime_s);
  for (size_t i = 0; i < REDIS_COUNTER_COUNT; i++)
    if (!redis_info_int(info, keys[i], &counters->values[i]) || counters->values[i] < 0)
      counters->values[i] = -1;
}

static bool counters_fell(const struct redis_counters *before, const struct redis_counters *now) {
  for (size_t i = 0; i < REDIS_COUNTER_COUNT; i++)
    if (now->values[i] >= 0 && now->values[i] < before->values[i])
      return true;
  return false;
}

static const char *why_unknown(const struct redis_counters *before,
                               const struct redis_counters *now) {
  if (!before->known || now->at_us <= before->at_us)
    return "needs two collections";
  if (strcmp(before->run_id, now->run_id) != 0 || now->uptime_s < before->uptime_s)
    return "restarted: needs two collections";
  if (counters_fell(before, now))
    return "counters were reset: needs two collections";
  return NULL;
}

void redis_rates_make(struct redis_rates *rates, const struct redis_counters *before,
                      const struct redis_counters *now) {
  *rates = (struct redis_rates){.unknown = why_unknown(before, now)};
  if (rates->unknown)
    return;
  rates->seconds = (double)(now->at_us - before->at_us) / 1e6;
  for (size_t i = 0; i < REDIS_COUNTER_COUNT; i++) {
    bool both = before->values[i] >= 0 && now->values[i] >= 0;
    rates->deltas[i] = both ? now->values[i] - before->values[i] : -1;
  }
}

struct value redis_rates_hit_ratio(const struct redis_rates *rates) {
  if (rates->unknown)
    return value_none(rates->unknown);
  int64_t hits = rates->deltas[REDIS_HITS], misses = rates->deltas[REDIS_MISSES];
  if (hits < 0 || misses < 0)
    return value_none("INFO does not say");
  if (hits == 0 && misses == 0)
    return value_none(NULL); /* nobody looked anything up */
  return value_real((double)hits / ((double)hits + (double)misses));
}

struct value redis_rates_per_second(const struct redis_rates *rates, enum redis_counter counter) {
  if (rates->unknown)
    return value_none(rates->unknown);
  if (rates->deltas[counter] < 0)
    return value_none("INFO does not say");
  return value_real((double)rates->deltas[counter] / rates->seconds);
}
