#include "collectors/redis.h"

#include "core/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Of maxmemory where nothing can be evicted, and of the host's memory where there is no maxmemory.
 */
static const double NEAR_FULL = 0.85, FULL = 0.95, HOST_NEAR_FULL = 0.90;

enum { COMPLAINTS_MAX = 12, COMPLAINT_MAX = 160 };

struct complaints {
  struct {
    enum severity severity;
    char text[COMPLAINT_MAX];
  } items[COMPLAINTS_MAX];
  size_t count;
};

static void __attribute__((format(printf, 3, 4)))
complain(struct complaints *complaints, enum severity severity, const char *format, ...) {
  if (complaints->count == COMPLAINTS_MAX)
    return;
  va_list args;
  va_start(args, format);
  vsnprintf(complaints->items[complaints->count].text, COMPLAINT_MAX, format, args);
  va_end(args);
  complaints->items[complaints->count++].severity = severity;
}

static bool flag(const struct redis_info *info, const char *key) {
  return redis_info_is(info, key, "1");
}

static void judge_loading(struct complaints *complaints, const struct redis_info *info) {
  double percent, seconds;
  char eta[FORMAT_MAX];
  if (!flag(info, "loading"))
    return;
  if (!redis_info_real(info, "loading_loaded_perc", &percent))
    complain(complaints, SEVERITY_CRIT, "loading its data set");
  else if (!redis_info_real(info, "loading_eta_seconds", &seconds))
    complain(complaints, SEVERITY_CRIT, "loading its data set: %.0f%%", percent);
  else
    complain(complaints, SEVERITY_CRIT, "loading its data set: %.0f%%, %s left", percent,
             format_duration(eta, sizeof eta, seconds));
}

static void judge_replication(struct complaints *complaints, const struct redis_info *info) {
  int64_t seconds;
  char since[FORMAT_MAX];
  if (!redis_info_is(info, "master_link_status", "down"))
    return;
  if (flag(info, "master_sync_in_progress"))
    complain(complaints, SEVERITY_WARN, "copying the data set from its master");
  else if (redis_info_int(info, "master_link_down_since_seconds", &seconds) && seconds >= 0)
    complain(complaints, SEVERITY_CRIT, "master link down for %s",
             format_duration(since, sizeof since, (double)seconds));
  else
    complain(complaints, SEVERITY_CRIT, "master link down");
}

static void judge_persistence(struct complaints *complaints, const struct redis_info *info) {
  bool aof = flag(info, "aof_enabled");
  if (aof && redis_info_is(info, "aof_last_write_status", "err"))
    complain(complaints, SEVERITY_CRIT, "last write of the AOF failed: writes are refused");
  if (redis_info_is(info, "rdb_last_bgsave_status", "err"))
    complain(complaints, SEVERITY_CRIT,
             "last background save failed: writes are refused unless "
             "stop-writes-on-bgsave-error is off");
  if (aof && redis_info_is(info, "aof_last_bgrewrite_status", "err"))
    complain(complaints, SEVERITY_WARN, "last rewrite of the AOF failed");
}

/* Why no key can be evicted to make room; NULL when some can. */
static const char *nothing_evictable(const struct redis_info *info) {
  int64_t keys, expires;
  const char *policy = redis_info_text(info, "maxmemory_policy");
  if (!policy)
    return NULL;
  if (strcmp(policy, "noeviction") == 0)
    return "noeviction";
  redis_keys_count(info, &keys, &expires);
  if (strncmp(policy, "volatile-", 9) == 0 && keys > 0 && expires == 0)
    return "no key has a time to live to be evicted by";
  return NULL;
}

static void judge_host_memory(struct complaints *complaints, const struct redis_info *info) {
  int64_t resident, total;
  if (!redis_info_int(info, "used_memory_rss", &resident) ||
      !redis_info_int(info, "total_system_memory", &total) || total <= 0)
    return;
  double ratio = (double)resident / (double)total;
  if (ratio > HOST_NEAR_FULL)
    complain(complaints, SEVERITY_WARN, "no maxmemory, and takes %.0f%% of its host's memory",
             ratio * 100);
}

/* A replica leaves eviction to its master, and by default has no limit of its own. */
static void judge_memory(struct complaints *complaints, const struct redis_info *info) {
  struct redis_memory memory;
  redis_memory_read(info, &memory);
  if (memory.limit == 0)
    judge_host_memory(complaints, info);
  if (memory.limit <= 0 || memory.counted < 0 || redis_info_is(info, "role", "slave"))
    return;
  double ratio = (double)memory.counted / (double)memory.limit;
  const char *why = nothing_evictable(info);
  if (why && ratio >= FULL)
    complain(complaints, SEVERITY_CRIT, "memory %.0f%% of maxmemory, %s: writes %s", ratio * 100,
             why, ratio >= 1 ? "are refused" : "will be refused");
  else if (why && ratio >= NEAR_FULL)
    complain(complaints, SEVERITY_WARN, "memory %.0f%% of maxmemory, %s", ratio * 100, why);
  int64_t milliseconds;
  char since[FORMAT_MAX];
  if (!why && redis_info_int(info, "current_eviction_exceeded_time", &milliseconds) &&
      milliseconds >= 1000)
    complain(complaints, SEVERITY_WARN, "over maxmemory for %s: eviction does not keep up",
             format_duration(since, sizeof since, (double)milliseconds / 1000));
}

static void judge_clients(struct complaints *complaints, const struct redis_info *info,
                          const struct redis_rates *rates) {
  if (rates->unknown || rates->deltas[REDIS_REJECTED] <= 0)
    return;
  const char *limit = redis_info_text(info, "maxclients");
  char count[FORMAT_MAX], span[FORMAT_MAX];
  complain(complaints, SEVERITY_CRIT, "%s client%s turned away in the last %s%s%.20s",
           format_count(count, sizeof count, rates->deltas[REDIS_REJECTED]),
           rates->deltas[REDIS_REJECTED] == 1 ? "" : "s",
           format_duration(span, sizeof span, rates->seconds), limit ? ": maxclients " : "",
           limit ? limit : "");
}

static void reason_add(struct redis_verdict *verdict, const char *text) {
  size_t length = strlen(verdict->reason);
  snprintf(verdict->reason + length, sizeof verdict->reason - length, "%s%s", length ? "; " : "",
           text);
}

void redis_judge(struct redis_verdict *verdict, const struct redis_info *info,
                 const struct redis_rates *rates) {
  struct complaints complaints = {.count = 0};
  judge_loading(&complaints, info);
  judge_replication(&complaints, info);
  judge_memory(&complaints, info);
  judge_persistence(&complaints, info);
  judge_clients(&complaints, info, rates);
  *verdict = (struct redis_verdict){.severity = SEVERITY_OK};
  for (enum severity severity = SEVERITY_CRIT; severity > SEVERITY_OK; severity--)
    for (size_t i = 0; i < complaints.count; i++)
      if (complaints.items[i].severity == severity) {
        verdict->severity = severity_worse(verdict->severity, severity);
        reason_add(verdict, complaints.items[i].text);
      }
}
