#include "collectors/redis/redis.h"

#include "core/count.h"
#include "core/text/format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char UNSAID[] = REDIS_UNSAID;
static const int64_t TIME_MOST_S = INT64_C(253402300799); /* the end of the year 9999 */

/* The source of a row. */
struct source {
  struct sample *sample;
  const struct redis_info *info;
  const struct err *config_err; /* or NULL */
};

static struct value text(const struct source *source, const char *key) {
  const char *found = redis_info_text(source->info, key);
  return found ? value_text(sample_copy(source->sample, found)) : value_none(UNSAID);
}

/* "1.4/2.0 GB", "900 kB/2.0 GB", "1.4 GB". */
static const char *memory_text(struct sample *sample, const struct redis_memory *memory) {
  char used[FORMAT_MAX], limit[FORMAT_MAX];
  format_bytes(used, sizeof used, (double)memory->used);
  if (memory->limit <= 0)
    return sample_copy(sample, used);
  format_bytes(limit, sizeof limit, (double)memory->limit);
  const char *unit = strchr(used, ' '), *other = strchr(limit, ' ');
  int shown = unit && other && strcmp(unit, other) == 0 ? (int)(unit - used) : (int)strlen(used);
  return sample_printf(sample, "%.*s/%s", shown, used, limit);
}

/* Without CONFIG GET that is the reason of a missing limit. */
static void fill_limits(const struct source *source, struct value *cells) {
  static const size_t limits[] = {SUMMARY_LIMIT, SUMMARY_MAXCLIENTS};
  for (size_t i = 0; source->config_err && i < sizeof limits / sizeof *limits; i++)
    if (cells[limits[i]].type == VALUE_NONE)
      cells[limits[i]] = value_none("needs CONFIG GET");
}

static void fill_memory(const struct source *source, struct value *cells) {
  const struct redis_info *info = source->info;
  struct redis_memory memory;
  redis_memory_read(info, &memory);
  if (memory.used >= 0) /* otherwise SUMMARY_USED has the reason */
    cells[SUMMARY_MEMORY] = value_text(memory_text(source->sample, &memory));
  cells[SUMMARY_RATIO] = value_none(memory.limit < 0 ? cells[SUMMARY_LIMIT].text : UNSAID);
  if (memory.limit == 0)
    cells[SUMMARY_LIMIT] = cells[SUMMARY_RATIO] = value_none("maxmemory is not set");
  else if (memory.limit > 0 && memory.counted >= 0)
    cells[SUMMARY_RATIO] = value_real(redis_memory_ratio(&memory));
}

static void fill_clients(const struct source *source, struct value *cells) {
  const struct redis_info *info = source->info;
  int64_t clients, limit, replicas = 0, links = 0;
  cells[SUMMARY_CLIENT_RATIO] = value_none(
      cells[SUMMARY_MAXCLIENTS].type == VALUE_NONE ? cells[SUMMARY_MAXCLIENTS].text : UNSAID);
  redis_info_count(info, "connected_slaves", &replicas);
  redis_info_count(info, "cluster_connections", &links);
  if (redis_info_count(info, "connected_clients", &clients) &&
      redis_info_count(info, "maxclients", &limit) && limit > 0)
    cells[SUMMARY_CLIENT_RATIO] =
        value_real((double)count_add(clients, count_add(replicas, links)) / (double)limit);
}

/* The longest silence of an online replica. */
static struct value slowest_replica(const struct redis_info *info) {
  int64_t worst = -1, lag;
  for (size_t i = 0; i < info->count; i++)
    if (redis_info_index(info->lines[i].key, "slave") >= 0 &&
        strstr(info->lines[i].value, "state=online") &&
        redis_info_field(info->lines[i].value, "lag", &lag) && lag > worst)
      worst = lag;
  return worst >= 0 ? value_real((double)worst) : value_none(NULL);
}

static void fill_replication(const struct source *source, struct value *cells) {
  const struct redis_info *info = source->info;
  if (!redis_info_is(info, "role", "slave")) {
    cells[SUMMARY_REPLICA_LAG] = slowest_replica(info);
    return;
  }
  bool up = redis_info_is(info, "master_link_status", "up");
  cells[SUMMARY_ROLE] = value_text(REDIS_ROLE_REPLICA);
  cells[SUMMARY_LINK] = text(source, "master_link_status");
  double seconds;
  if (redis_info_real(info, up ? "master_last_io_seconds_ago" : "master_link_down_since_seconds",
                      &seconds) &&
      seconds >= 0)
    cells[SUMMARY_REPLICA_LAG] = value_real(seconds);
  else
    cells[SUMMARY_REPLICA_LAG] = value_none("no contact with the master yet");
}

static const char *persistence_text(struct sample *sample, const struct redis_info *info) {
  double percent;
  if (redis_info_is(info, "loading", "1"))
    return redis_info_percent(info, "loading_loaded_perc", &percent)
               ? sample_printf(sample, "loading %.0f%%", percent)
               : "loading";
  bool aof = redis_info_is(info, "aof_enabled", "1");
  if (aof && redis_info_is(info, "aof_last_write_status", "err"))
    return "AOF failed";
  if (redis_info_is(info, "rdb_last_bgsave_status", "err"))
    return "RDB failed";
  if (redis_info_is(info, "rdb_bgsave_in_progress", "1"))
    return "saving";
  if (redis_info_is(info, "aof_rewrite_in_progress", "1"))
    return "AOF rewrite";
  if (aof)
    return "AOF ok";
  /* rdb_saves (7.0) distinguishes "ok" from "never saved" */
  return redis_info_is(info, "rdb_saves", "0") ? "none yet" : "RDB ok";
}

static void fill_persistence(const struct source *source, struct value *cells) {
  const struct redis_info *info = source->info;
  int64_t microseconds;
  cells[SUMMARY_PERSISTENCE] = redis_info_text(info, "rdb_last_bgsave_status")
                                   ? value_text(persistence_text(source->sample, info))
                                   : value_none(UNSAID);
  int64_t saved;
  bool told = redis_info_count(info, "rdb_last_save_time", &saved) && saved > 0;
  if (told && saved <= TIME_MOST_S)
    cells[SUMMARY_SAVED] = value_int(saved * 1000);
  else
    cells[SUMMARY_SAVED] = value_none(told ? "INFO reports an impossible time" : UNSAID);
  if (!redis_info_count(info, "latest_fork_usec", &microseconds))
    cells[SUMMARY_FORK] = value_none(UNSAID);
  else if (microseconds > 0) /* otherwise it never forked: does not apply */
    cells[SUMMARY_FORK] = value_real((double)microseconds / 1e6);
}

/* Forks report their own version in a key of their own, and the compatible Redis version as
 * well. */
static const char *version_text(struct sample *sample, const struct redis_info *info) {
  static const struct {
    const char *key, *product;
  } products[] = {
      {"valkey_version", "Valkey"}, {"dragonfly_version", "Dragonfly"}, {"redis_version", "Redis"}};
  for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
    const char *version = redis_info_text(info, products[i].key);
    if (version)
      return sample_printf(sample, "%s %s", products[i].product, version);
  }
  return NULL;
}

static void fill_server(const struct source *source, struct value *cells) {
  const struct redis_info *info = source->info;
  source->sample->server = version_text(source->sample, info);
  cells[SUMMARY_VERSION] =
      source->sample->server ? value_text(source->sample->server) : value_none(UNSAID);
  cells[SUMMARY_MODE] =
      text(source, redis_info_text(info, "redis_mode") ? "redis_mode" : "server_mode");
}

static void fill_cluster(const struct source *source, struct value *cells) {
  if (!redis_info_is(source->info, "cluster_enabled", "1"))
    return;
  cells[SUMMARY_CLUSTER] = text(source, "cluster_state");
  int64_t slots;
  cells[SUMMARY_SLOTS] = redis_info_count(source->info, "cluster_slots_ok", &slots)
                             ? value_int(slots)
                             : value_none(UNSAID);
  for (size_t i = SUMMARY_CLUSTER; i <= SUMMARY_SLOTS; i++)
    if (cells[i].type == VALUE_NONE)
      cells[i] = value_none("needs CLUSTER INFO");
}

/* The largest first. */
static int compare_keys(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  int order = value_compare(y->cells[KEYSPACE_KEYS], x->cells[KEYSPACE_KEYS]);
  return order ? order : strcmp(x->key, y->key);
}

static int compare_names(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  return strcmp(x->key, y->key);
}

/* Sorts, and keeps one row per database: a server lists each once, but its text is not trusted. */
static void sort_keyspace(struct table *table) {
  if (table->row_count < 2)
    return;
  qsort(table->rows, table->row_count, sizeof *table->rows, compare_names);
  size_t kept = 1;
  for (size_t i = 1; i < table->row_count; i++)
    if (strcmp(table->rows[i].key, table->rows[kept - 1].key) != 0)
      table->rows[kept++] = table->rows[i];
  table->row_count = kept;
  qsort(table->rows, table->row_count, sizeof *table->rows, compare_keys);
}

static struct value average_ttl(const char *line, int64_t expires) {
  int64_t milliseconds;
  if (expires == 0)
    return value_none(NULL);
  if (!redis_info_field(line, "avg_ttl", &milliseconds) || milliseconds <= 0)
    return value_none("not sampled yet");
  return value_real((double)milliseconds / 1e3);
}

static void fill_keyspace(const struct source *source) {
  struct table *table = sample_table(source->sample, redis_keyspace_table.id);
  for (size_t i = 0; i < source->info->count; i++) {
    const struct redis_info_line *line = &source->info->lines[i];
    int64_t keys, expires;
    if (redis_info_index(line->key, "db") < 0 || !redis_info_field(line->value, "keys", &keys) ||
        keys < 0)
      continue;
    struct row *row = sample_row(source->sample, table, line->key, NULL);
    if (!row)
      break;
    row->cells[KEYSPACE_DB] = value_text(row->key);
    row->cells[KEYSPACE_KEYS] = value_int(keys);
    bool said = redis_info_field(line->value, "expires", &expires) && expires >= 0;
    row->cells[KEYSPACE_EXPIRES] = said ? value_int(expires) : value_none(UNSAID);
    row->cells[KEYSPACE_TTL] = average_ttl(line->value, said ? expires : -1);
  }
  sort_keyspace(table);
}

static void fill_keys(const struct source *source, struct value *cells) {
  int64_t keys, expires;
  redis_keys_count(source->info, &keys, &expires);
  /* An empty Redis has no "dbN" line: that is a true zero, except for a Sentinel, which has no
   * databases. */
  bool sentinel = redis_info_is(source->info, "redis_mode", "sentinel") ||
                  redis_info_is(source->info, "server_mode", "sentinel");
  cells[SUMMARY_KEYS] = sentinel ? value_none(NULL) : value_int(keys);
  cells[SUMMARY_EXPIRES] = sentinel ? value_none(NULL) : value_int(expires);
}

void redis_rows_make(struct sample *sample, const char *name, const struct redis_info *info,
                     const struct rates *rates, const struct err *config_err) {
  struct source source = {sample, info, config_err};
  struct table *table = sample_table(sample, redis_summary_table.id);
  struct row *row = sample_row(sample, table, name, NULL);
  assert(row); /* one row fits into any limit */
  struct redis_verdict verdict;
  redis_judge(&verdict, info, rates);
  row->severity = verdict.severity;
  row->lasted_ms = verdict.lasted_ms;
  row->reason = *verdict.reason ? sample_copy(sample, verdict.reason) : NULL;
  row->cells[SUMMARY_NAME] = value_text(row->key);
  figures_fill(sample, row->cells, &redis_figures, info, rates);
  fill_limits(&source, row->cells);
  fill_memory(&source, row->cells);
  fill_clients(&source, row->cells);
  fill_replication(&source, row->cells);
  fill_persistence(&source, row->cells);
  fill_server(&source, row->cells);
  fill_cluster(&source, row->cells);
  fill_keys(&source, row->cells);
  fill_keyspace(&source);
  redis_facts_fill(sample, info);
  if (config_err)
    sample_note(sample, redis_summary_table.id, NULL, "CONFIG GET is not allowed: %s",
                config_err->text);
}
