#include "collectors/redis/redis.h"

#include "core/count.h"
#include "core/text/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Of maxmemory if nothing can be evicted, and of the host's memory without maxmemory. */
static const double NEAR_FULL = 0.85, FULL = 0.95, HOST_NEAR_FULL = 0.90;

enum { COMPLAINTS_MAX = 12, COMPLAINT_MAX = 160 };

struct complaints {
  struct {
    enum severity severity;
    int64_t lasted_ms; /* 0: not known */
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
  complaints->items[complaints->count].lasted_ms = 0;
  complaints->items[complaints->count++].severity = severity;
}

/* CRIT, which has lasted for `seconds`. */
static void complain_lasting(struct complaints *complaints, int64_t seconds, const char *words,
                             const char *lasted) {
  size_t at = complaints->count;
  complain(complaints, SEVERITY_CRIT, "%s%s", words, lasted);
  if (complaints->count > at)
    complaints->items[at].lasted_ms = seconds < INT64_MAX / 1000 ? seconds * 1000 : 0;
}

static bool flag(const struct redis_info *info, const char *key) {
  return redis_info_is(info, key, "1");
}

static const char *percent_text(char out[FORMAT_MAX], double ratio) {
  return format_value(out, FORMAT_MAX, value_real(ratio), UNIT_RATIO, false);
}

static void judge_loading(struct complaints *complaints, const struct redis_info *info) {
  double percent, seconds;
  char eta[FORMAT_MAX], loaded[FORMAT_MAX];
  if (!flag(info, "loading"))
    return;
  if (!redis_info_percent(info, "loading_loaded_perc", &percent)) {
    complain(complaints, SEVERITY_CRIT, "loading the data set");
    return;
  }
  percent_text(loaded, percent / 100);
  if (!redis_info_real(info, "loading_eta_seconds", &seconds) || seconds < 0)
    complain(complaints, SEVERITY_CRIT, "loading the data set: %s", loaded);
  else
    complain(complaints, SEVERITY_CRIT, "loading the data set: %s, %s left by its estimate", loaded,
             format_duration(eta, sizeof eta, seconds));
}

static void judge_replication(struct complaints *complaints, const struct redis_info *info) {
  int64_t seconds;
  char since[FORMAT_MAX];
  if (!redis_info_is(info, "master_link_status", "down"))
    return;
  if (flag(info, "master_sync_in_progress"))
    complain(complaints, SEVERITY_WARN, "copying the data set from the master");
  else if (redis_info_int(info, "master_link_down_since_seconds", &seconds) && seconds >= 0)
    complain_lasting(complaints, seconds, "master link down for ",
                     format_duration(since, sizeof since, (double)seconds));
  else
    complain(complaints, SEVERITY_CRIT, "master link down");
}

static bool is_replica(const struct redis_info *info) {
  return redis_info_is(info, "role", "slave");
}

/* A failed save stops writes by stop-writes-on-bgsave-error, if any save is configured. CONFIG GET
 * requests both once a save has failed. */
static void judge_save(struct complaints *complaints, const struct redis_info *info) {
  const char *stops = redis_info_text(info, "stop-writes-on-bgsave-error");
  const char *points = redis_info_text(info, "save");
  if (!redis_info_is(info, "rdb_last_bgsave_status", "err"))
    return;
  if (is_replica(info) || (stops && strcmp(stops, "no") == 0) || (points && !*points))
    complain(complaints, SEVERITY_WARN, "last background save failed");
  else if (stops && points)
    complain(complaints, SEVERITY_CRIT,
             "last background save failed: writes are refused (stop-writes-on-bgsave-error)");
  else
    complain(complaints, SEVERITY_CRIT,
             "last background save failed: writes are refused unless "
             "stop-writes-on-bgsave-error is off");
}

static void judge_persistence(struct complaints *complaints, const struct redis_info *info) {
  bool aof = flag(info, "aof_enabled");
  if (aof && redis_info_is(info, "aof_last_write_status", "err"))
    complain(complaints, SEVERITY_CRIT, "last write to the AOF failed%s",
             is_replica(info) ? "" : ": writes are refused");
  judge_save(complaints, info);
  if (aof && redis_info_is(info, "aof_last_bgrewrite_status", "err"))
    complain(complaints, SEVERITY_WARN, "last rewrite of the AOF failed");
}

/* INFO counts the good ones only if some are required; CONFIG GET requests how many. */
static void judge_min_replicas(struct complaints *complaints, const struct redis_info *info) {
  int64_t good, required;
  char text[FORMAT_MAX];
  if (is_replica(info) || !redis_info_count(info, "min_slaves_good_slaves", &good))
    return;
  bool known = redis_info_count(info, "min-replicas-to-write", &required) ||
               redis_info_count(info, "min-slaves-to-write", &required);
  if (known && good < required)
    complain(complaints, SEVERITY_CRIT,
             "writes are refused: %" PRId64 " of %s replicas that min-replicas-to-write requires",
             good, format_count(text, sizeof text, required));
  else if (!known && good == 0)
    complain(complaints, SEVERITY_CRIT,
             "writes are refused: no replica, but min-replicas-to-write requires some");
}

enum { CLUSTER_SLOTS = 16384 };

/* Why a cluster refuses commands: slots without a node; otherwise this node sees too few of the
 * others. */
static void judge_cluster(struct complaints *complaints, const struct redis_info *info) {
  int64_t assigned = CLUSTER_SLOTS, failed = 0, doubtful = 0;
  char lost[FORMAT_MAX], all[FORMAT_MAX];
  const char *state = redis_info_text(info, "cluster_state");
  if (!state)
    return;
  redis_info_count(info, "cluster_slots_assigned", &assigned);
  redis_info_count(info, "cluster_slots_fail", &failed);
  redis_info_count(info, "cluster_slots_pfail", &doubtful);
  format_count(all, sizeof all, CLUSTER_SLOTS);
  int64_t unserved = count_add(count_less(CLUSTER_SLOTS, assigned), failed);
  format_count(lost, sizeof lost, unserved > 0 ? unserved : doubtful);
  bool down = strcmp(state, "ok") != 0;
  if (unserved > 0)
    complain(complaints, SEVERITY_CRIT, "cluster is %s: %s of %s slots not served",
             down ? "down" : "partly down", lost, all);
  else if (down && doubtful > 0)
    complain(complaints, SEVERITY_CRIT,
             "cluster is down: this node cannot reach the nodes of %s of %s slots", lost, all);
  else if (down)
    complain(
        complaints, SEVERITY_CRIT,
        "cluster is down: this node cannot reach a majority of the masters, or has just joined");
  else if (doubtful > 0)
    complain(complaints, SEVERITY_WARN, "the nodes of %s of %s slots do not answer this node", lost,
             all);
}

/* "name=mymaster,status=ok,address=127.0.0.1:6379,..." of a Sentinel. */
static void judge_sentinel(struct complaints *complaints, const struct redis_info *info) {
  for (size_t i = 0; i < info->count; i++) {
    const char *line = info->lines[i].value, *name, *status, *address;
    if (redis_info_index(info->lines[i].key, "master") < 0 ||
        !(name = redis_info_word(line, "name")) || !(status = redis_info_word(line, "status")) ||
        !(address = redis_info_word(line, "address")))
      continue;
    bool doubted = strncmp(status, "sdown", 5) == 0, failed = strncmp(status, "odown", 5) == 0;
    if (doubted || failed)
      complain(complaints, failed ? SEVERITY_CRIT : SEVERITY_WARN, "master %.*s at %.*s %s",
               (int)strcspn(name, ","), name, (int)strcspn(address, ","), address,
               failed ? "is down" : "does not answer this Sentinel");
  }
}

/* Why no key can be evicted to make room; NULL if some can. */
static const char *nothing_evictable(const struct redis_info *info) {
  int64_t keys, expires;
  const char *policy = redis_info_text(info, "maxmemory_policy");
  if (!policy)
    return NULL;
  if (strcmp(policy, "noeviction") == 0)
    return "noeviction";
  redis_keys_count(info, &keys, &expires);
  if (strncmp(policy, "volatile-", 9) == 0 && keys > 0 && expires == 0)
    return "no key has a TTL, so none can be evicted";
  return NULL;
}

static void judge_host_memory(struct complaints *complaints, const struct redis_info *info) {
  int64_t resident, total;
  char text[FORMAT_MAX];
  if (!redis_info_count(info, "used_memory_rss", &resident) ||
      !redis_info_count(info, "total_system_memory", &total) || total == 0)
    return;
  double ratio = (double)resident / (double)total;
  if (ratio > HOST_NEAR_FULL)
    complain(complaints, SEVERITY_WARN,
             "no maxmemory, and uses %s of the memory of its host; set maxmemory",
             percent_text(text, ratio));
}

/* A replica leaves eviction to its master, and by default has no limit of its own. */
static void judge_memory(struct complaints *complaints, const struct redis_info *info) {
  struct redis_memory memory;
  redis_memory_read(info, &memory);
  if (memory.limit == 0)
    judge_host_memory(complaints, info);
  if (memory.limit <= 0 || memory.counted < 0 || is_replica(info))
    return;
  double ratio = redis_memory_ratio(&memory);
  const char *why = nothing_evictable(info);
  char full[FORMAT_MAX];
  percent_text(full, ratio);
  if (why && ratio >= FULL)
    complain(complaints, SEVERITY_CRIT, "memory %s of maxmemory, %s: writes %s", full, why,
             ratio >= 1 ? "are refused" : "will be refused");
  else if (why && ratio >= NEAR_FULL)
    complain(complaints, SEVERITY_WARN, "memory %s of maxmemory, %s", full, why);
  int64_t milliseconds;
  char since[FORMAT_MAX];
  if (!why && redis_info_int(info, "current_eviction_exceeded_time", &milliseconds) &&
      milliseconds >= 1000)
    complain(complaints, SEVERITY_WARN, "over maxmemory for %s: eviction does not keep up",
             format_duration(since, sizeof since, (double)milliseconds / 1000));
}

static void judge_clients(struct complaints *complaints, const struct redis_info *info,
                          const struct rates *rates) {
  if (rates->unknown || rates->from[SUMMARY_REJECTED] <= 0)
    return;
  const char *limit = redis_info_text(info, "maxclients");
  char count[FORMAT_MAX], span[FORMAT_MAX];
  complain(complaints, SEVERITY_CRIT, "%s rejected in the last %s%s%.20s",
           format_counted(count, sizeof count, rates->from[SUMMARY_REJECTED], "client", "clients"),
           format_duration(span, sizeof span, rates->seconds), limit ? ": maxclients " : "",
           limit ? limit : "");
}

static void reason_add(struct redis_verdict *verdict, const char *text) {
  size_t length = strlen(verdict->reason);
  snprintf(verdict->reason + length, sizeof verdict->reason - length, "%s%s", length ? "; " : "",
           text);
}

void redis_judge(struct redis_verdict *verdict, const struct redis_info *info,
                 const struct rates *rates) {
  struct complaints complaints = {.count = 0};
  judge_cluster(&complaints, info);
  judge_loading(&complaints, info);
  judge_sentinel(&complaints, info);
  judge_min_replicas(&complaints, info);
  judge_replication(&complaints, info);
  judge_memory(&complaints, info);
  judge_persistence(&complaints, info);
  judge_clients(&complaints, info, rates);
  *verdict = (struct redis_verdict){.severity = SEVERITY_OK};
  for (enum severity severity = SEVERITY_CRIT; severity > SEVERITY_OK; severity--)
    for (size_t i = 0; i < complaints.count; i++)
      if (complaints.items[i].severity == severity) {
        if (!*verdict->reason)
          verdict->lasted_ms = complaints.items[i].lasted_ms;
        verdict->severity = severity_worse(verdict->severity, severity);
        reason_add(verdict, complaints.items[i].text);
      }
}
