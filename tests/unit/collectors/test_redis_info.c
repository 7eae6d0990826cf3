/* INFO's text to rows, without a server. The files in redis_info/ are answers of real servers. */
#include "collectors/redis/redis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct redis_info parsed(const char *text) {
  struct redis_info info;
  redis_info_parse(&info, text, strlen(text));
  return info;
}

static struct redis_info from_file(const char *name) {
  char path[96], text[16384];
  snprintf(path, sizeof path, "redis_info/%s", name);
  FILE *file = fopen(path, "rb");
  if (!file)
    fail_msg("%s: cannot be read", path);
  size_t length = fread(text, 1, sizeof text, file);
  fclose(file);
  struct redis_info info;
  redis_info_parse(&info, text, length);
  return info;
}

static const struct table_spec *const specs[] = {&redis_summary_table, &redis_keyspace_table};

static const struct rates no_rates = {.unknown = "needs two collections"};

static struct sample *rows(const struct redis_info *info, const struct rates *rates,
                           const struct err *config_err) {
  struct sample *sample = sample_new(specs, 2);
  redis_rows_make(sample, "cache", info, rates ? rates : &no_rates, config_err);
  return sample;
}

static struct value cell(const struct sample *sample, const char *column) {
  int index = table_column(&redis_summary_table, column);
  assert_true(index >= 0);
  return sample->tables[0].rows[0].cells[index];
}

static void is_text(const struct sample *sample, const char *column, const char *expected) {
  struct value value = cell(sample, column);
  assert_int_equal(value.type, VALUE_TEXT);
  assert_string_equal(value.text, expected);
}

static void is_none(const struct sample *sample, const char *column, const char *reason) {
  struct value value = cell(sample, column);
  assert_int_equal(value.type, VALUE_NONE);
  if (!reason)
    assert_null(value.text);
  else
    assert_string_equal(value.text, reason);
}

static struct value rate(const struct rates *rates, size_t column) {
  return figure_value(&redis_figures, column, NULL, rates);
}

static void is_near(struct value value, double expected) {
  double number = -1;
  assert_true(value_number(value, &number));
  if (number < expected - 1e-6 || number > expected + 1e-6)
    fail_msg("%f, expected %f", number, expected);
}

/* ---- the parser ---- */

static void test_lines(void **state) {
  (void)state;
  struct redis_info info = parsed("# Server\r\nredis_version:7.0.15\r\nused_memory_human:1.00M\r\n"
                                  "used_memory:12\r\nempty:\r\nlf:1\n\r\n:nokey\r\nnocolon\r\n"
                                  "url:redis://x:1\r\nused_memory:99\r\nlast:-5");
  int64_t number = 0;
  double real = 0;
  assert_string_equal(redis_info_text(&info, "redis_version"), "7.0.15");
  assert_true(redis_info_int(&info, "used_memory", &number)); /* not ..._human, and the first */
  assert_int_equal(number, 12);
  assert_null(redis_info_text(&info, "used_mem"));
  assert_null(redis_info_text(&info, "memory"));
  assert_null(redis_info_text(&info, "nocolon"));
  assert_null(redis_info_text(&info, ""));
  assert_null(redis_info_text(&info, "# Server"));
  assert_string_equal(redis_info_text(&info, "empty"), "");
  assert_false(redis_info_int(&info, "empty", &number));
  assert_string_equal(redis_info_text(&info, "url"), "redis://x:1");
  assert_true(redis_info_int(&info, "lf", &number));
  assert_true(redis_info_int(&info, "last", &number));
  assert_int_equal(number, -5);
  assert_false(redis_info_int(&info, "redis_version", &number));
  assert_false(redis_info_real(&info, "redis_version", &real));
  assert_false(redis_info_int(&info, "used_memory_human", &number));
  assert_true(redis_info_plausible(&info));
  redis_info_add(&info, "used_memory", "7");
  redis_info_add(&info, "maxclients", "100");
  assert_true(redis_info_int(&info, "used_memory", &number));
  assert_int_equal(number, 12);
  assert_true(redis_info_int(&info, "maxclients", &number));
  assert_int_equal(number, 100);
  redis_info_fini(&info);
}

static void test_numbers(void **state) {
  (void)state;
  struct redis_info info = parsed("big:9223372036854775807\nover:9223372036854775808\nnan:nan\n"
                                  "inf:inf\nplus:+1\nspace: 1\nhex:0x10\nreal:1.25\npercent:5.1%\n"
                                  "huge:1e999\n");
  int64_t number;
  double real;
  assert_true(redis_info_int(&info, "big", &number));
  assert_false(redis_info_int(&info, "over", &number));
  assert_false(redis_info_real(&info, "nan", &real));
  assert_false(redis_info_real(&info, "inf", &real));
  assert_false(redis_info_real(&info, "huge", &real));
  assert_false(redis_info_int(&info, "plus", &number));
  assert_false(redis_info_int(&info, "space", &number));
  assert_false(redis_info_int(&info, "hex", &number));
  assert_false(redis_info_int(&info, "real", &number));
  assert_true(redis_info_real(&info, "real", &real));
  assert_false(redis_info_real(&info, "percent", &real));
  redis_info_fini(&info);
}

static void test_fields(void **state) {
  (void)state;
  int64_t number = 0;
  const char *line = "keys=12,expires=3,avg_ttl=0,subexpiry=1";
  assert_true(redis_info_field(line, "keys", &number));
  assert_int_equal(number, 12);
  assert_true(redis_info_field(line, "expires", &number));
  assert_int_equal(number, 3);
  assert_false(redis_info_field(line, "expire", &number));
  assert_false(redis_info_field(line, "ttl", &number));
  assert_false(redis_info_field("keys=x", "keys", &number));
  assert_false(redis_info_field("keys=1x", "keys", &number));
  assert_false(redis_info_field("keys=", "keys", &number));
  assert_false(redis_info_field("", "keys", &number));
  assert_false(redis_info_field(",,,", "keys", &number));
  assert_int_equal(redis_info_index("db0", "db"), 0);
  assert_int_equal(redis_info_index("db15", "db"), 15);
  assert_int_equal(redis_info_index("db", "db"), -1);
  assert_int_equal(redis_info_index("db0_distrib_strings_sizes", "db"), -1);
  assert_int_equal(redis_info_index("dbx", "db"), -1);
  assert_int_equal(redis_info_index("db99999999999999999999", "db"), -1);
}

static void test_garbage(void **state) {
  (void)state;
  static const char bytes[] = "\0\0:\0\r\n\xff\xfe:\x80\n:::\r\r\n\n\nused_memory:12\0garbage";
  struct redis_info info;
  redis_info_parse(&info, bytes, sizeof bytes - 1);
  struct sample *sample = rows(&info, NULL, NULL);
  sample_free(sample);
  redis_info_fini(&info);
  for (size_t length = 0; length < sizeof bytes; length++) {
    redis_info_parse(&info, bytes, length);
    redis_info_fini(&info);
  }
  info = parsed("<html>: hello\n");
  assert_false(redis_info_plausible(&info));
  redis_info_fini(&info);
  /* nonsense in the right places gives no value, and no crash */
  info = parsed("redis_version:\nused_memory:-1\nmaxmemory:70\nmaxclients:0\nconnected_clients:x\n"
                "db0:keys=,expires=9\nslave0:state=online\nlatest_fork_usec:-3\n"
                "rdb_last_save_time:0\nuptime_in_seconds:\nmem_fragmentation_ratio:-nan\n");
  sample = rows(&info, NULL, NULL);
  assert_int_equal(cell(sample, "memory_ratio").type, VALUE_NONE);
  assert_int_equal(cell(sample, "client_ratio").type, VALUE_NONE);
  assert_int_equal(cell(sample, "fragmentation").type, VALUE_NONE);
  assert_int_equal(cell(sample, "saved").type, VALUE_NONE);
  assert_int_equal(cell(sample, "used").type, VALUE_NONE);
  assert_int_equal(sample->tables[1].row_count, 0);
  sample_free(sample);
  redis_info_fini(&info);
}

/* ---- real servers ---- */

static void test_redis_7_master(void **state) {
  (void)state;
  struct redis_info info = from_file("redis-7.0-master.txt");
  struct sample *sample = rows(&info, NULL, NULL);
  assert_string_equal(sample->server, "Redis 7.0.15");
  is_text(sample, "name", "cache");
  is_text(sample, "role", "master");
  is_text(sample, "mode", "standalone");
  is_none(sample, "master_link", NULL);
  is_none(sample, "memory_ratio", "maxmemory is not set");
  is_none(sample, "maxmemory", "maxmemory is not set");
  assert_true(cell(sample, "host_memory").integer > 1 << 30);
  is_text(sample, "memory", "1.1 MB");
  is_near(cell(sample, "keys"), 3);
  is_near(cell(sample, "expires"), 1);
  is_near(cell(sample, "replicas"), 1);
  is_near(cell(sample, "replica_lag"), 1);
  is_near(cell(sample, "client_ratio"), 2 / 10000.0); /* us, and the replica */
  is_none(sample, "hit_ratio", "needs two collections");
  is_none(sample, "evictions", "needs two collections");
  is_text(sample, "persistence", "none yet");
  assert_int_equal(sample->tables[0].rows[0].severity, SEVERITY_OK);
  assert_int_equal(sample->note_count, 0);

  const struct table *keyspace = &sample->tables[1];
  assert_int_equal(keyspace->row_count, 2);
  assert_string_equal(keyspace->rows[0].key, "db0");
  is_near(keyspace->rows[0].cells[KEYSPACE_KEYS], 2);
  is_near(keyspace->rows[0].cells[KEYSPACE_EXPIRES], 1);
  is_near(keyspace->rows[0].cells[KEYSPACE_TTL], 987.063);
  assert_string_equal(keyspace->rows[1].key, "db3");
  assert_int_equal(keyspace->rows[1].cells[KEYSPACE_TTL].type, VALUE_NONE);
  assert_null(keyspace->rows[1].cells[KEYSPACE_TTL].text);
  sample_free(sample);
  redis_info_fini(&info);
}

/* No real server sends this, but a hostile one could. */
static void test_hostile_counts(void **state) {
  (void)state;
  struct redis_info info = parsed("redis_version:7\nused_memory:5\n"
                                  "mem_not_counted_for_evict:-9223372036854775808\n"
                                  "db0:keys=9223372036854775807,expires=1\n"
                                  "db1:keys=9223372036854775807,expires=-1\ndb0:keys=3\n");
  struct sample *sample = rows(&info, NULL, NULL);
  assert_true(cell(sample, "keys").integer == INT64_MAX);
  assert_int_equal(cell(sample, "expires").integer, 1);
  assert_int_equal(sample->tables[1].row_count, 2); /* each database once */
  struct redis_memory memory;
  redis_memory_read(&info, &memory);
  assert_int_equal(memory.counted, 5);
  sample_free(sample);
  redis_info_fini(&info);

  struct rates rates = {.seconds = 1};
  rates.from[SUMMARY_HIT_RATIO] = rates.of[SUMMARY_HIT_RATIO] = INT64_MAX;
  is_near(rate(&rates, SUMMARY_HIT_RATIO), 0.5);
}

static void test_redis_7_replica(void **state) {
  (void)state;
  struct redis_info info = from_file("redis-7.0-replica.txt");
  struct sample *sample = rows(&info, NULL, NULL);
  is_text(sample, "role", "replica");
  is_text(sample, "master_link", "up");
  is_near(cell(sample, "replica_lag"), 3);
  assert_int_equal(sample->tables[0].rows[0].severity, SEVERITY_OK);
  sample_free(sample);
  redis_info_fini(&info);

  info = from_file("redis-7.0-orphan.txt");
  sample = rows(&info, NULL, NULL);
  is_text(sample, "master_link", "down");
  is_near(cell(sample, "replica_lag"), 1);
  assert_int_equal(sample->tables[0].rows[0].severity, SEVERITY_CRIT);
  assert_string_equal(sample->tables[0].rows[0].reason, "master link down for 1.0s");
  assert_int_equal(sample->tables[0].rows[0].lasted_ms, 1000);
  sample_free(sample);
  redis_info_fini(&info);
}

static void test_redis_6_full_of_cache(void **state) {
  (void)state;
  struct redis_info info = from_file("redis-6.2.txt");
  struct sample *sample = rows(&info, NULL, NULL);
  assert_string_equal(sample->server, "Redis 6.2.14");
  is_text(sample, "memory", "7.1/3.0 MB");
  is_near(cell(sample, "memory_ratio"), 7408112.0 / 3145728);
  is_text(sample, "policy", "allkeys-lru");
  assert_int_equal(sample->tables[0].rows[0].severity,
                   SEVERITY_OK); /* full is normal for a cache */
  sample_free(sample);
  redis_info_fini(&info);
}

static void test_redis_8(void **state) {
  (void)state;
  struct redis_info info = from_file("redis-8.txt");
  struct sample *sample = rows(&info, NULL, NULL);
  assert_string_equal(sample->server, "Redis 8.2.3");
  is_text(sample, "memory", "756 kB/6.0 MB");
  assert_int_equal(sample->tables[1].row_count,
                   2); /* db0_distrib_strings_sizes is not a database */
  is_near(cell(sample, "keys"), 3);
  assert_int_equal(sample->tables[0].rows[0].severity, SEVERITY_OK);
  for (size_t i = 0; i < SUMMARY_COLUMN_COUNT; i++) { /* the newest lacks nothing */
    struct value value = sample->tables[0].rows[0].cells[i];
    if (value.type == VALUE_NONE && value.text)
      assert_string_equal(value.text, "needs two collections");
  }
  sample_free(sample);
  redis_info_fini(&info);
}

/* Made after the fields that Valkey documents. */
static void test_valkey(void **state) {
  (void)state;
  struct redis_info info =
      parsed("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n"
             "server_mode:standalone\r\nrun_id:abc\r\nconnected_clients:5\r\nmaxclients:100\r\n"
             "used_memory:1503238553\r\nmaxmemory:2147483648\r\nmaxmemory_policy:allkeys-lru\r\n"
             "mem_not_counted_for_evict:0\r\nrole:master\r\n");
  struct sample *sample = rows(&info, NULL, NULL);
  assert_string_equal(sample->server, "Valkey 8.0.1");
  is_text(sample, "mode", "standalone");
  is_text(sample, "memory", "1.4/2.0 GB");
  is_near(cell(sample, "memory_ratio"), 0.7);
  is_near(cell(sample, "client_ratio"), 0.05);
  sample_free(sample);
  redis_info_fini(&info);
}

/* Before 6.2 INFO has no maxclients. */
static void test_old_server(void **state) {
  (void)state;
  struct redis_info info = parsed("redis_version:6.0.16\r\nused_memory:100\r\nmaxmemory:0\r\n"
                                  "maxmemory_policy:noeviction\r\nconnected_clients:5\r\n");
  struct err denied = {.kind = ERR_DENIED, .text = "NOPERM no CONFIG for you"};
  struct sample *sample = rows(&info, NULL, &denied);
  is_none(sample, "maxclients", "needs CONFIG GET");
  is_none(sample, "client_ratio", "needs CONFIG GET");
  is_none(sample, "rejected", "needs two collections");
  is_none(sample, "uptime", "not reported by INFO");
  assert_int_equal(sample->note_count, 1);
  assert_string_equal(sample->notes[0].text, "CONFIG GET is not allowed: NOPERM no CONFIG for you");
  sample_free(sample);
  redis_info_add(&info, "maxclients", "50");
  sample = rows(&info, NULL, NULL);
  is_near(cell(sample, "client_ratio"), 0.1);
  sample_free(sample);
  redis_info_fini(&info);
}

static void test_sentinel(void **state) {
  (void)state;
  struct redis_info info = parsed("redis_version:7.0.15\r\nredis_mode:sentinel\r\nrun_id:a\r\n"
                                  "connected_clients:2\r\nmaxclients:10000\r\n");
  struct sample *sample = rows(&info, NULL, NULL);
  is_text(sample, "mode", "sentinel");
  is_none(sample, "keys", NULL); /* not a false zero */
  is_none(sample, "used", "not reported by INFO");
  sample_free(sample);
  redis_info_fini(&info);
}

/* ---- rates ---- */

static struct counters counters(const char *text, int64_t at_us) {
  struct redis_info info = parsed(text);
  struct counters result;
  counters_read(&result, &redis_figures, &info, at_us);
  redis_info_fini(&info);
  return result;
}

static struct rates rates_of(const char *before, const char *now) {
  struct counters first = counters(before, 1000000), second = counters(now, 3000000);
  struct rates rates;
  rates_make(&rates, &first, &second);
  return rates;
}

static void test_rates(void **state) {
  (void)state;
  struct rates rates = rates_of(
      "run_id:a\nuptime_in_seconds:5\nkeyspace_hits:100\nkeyspace_misses:100\nevicted_keys:10\n",
      "run_id:a\nuptime_in_seconds:7\nkeyspace_hits:197\nkeyspace_misses:103\nevicted_keys:34\n");
  assert_null(rates.unknown);
  is_near(rate(&rates, SUMMARY_HIT_RATIO), 0.97);
  is_near(rate(&rates, SUMMARY_EVICTIONS), 12);
  struct value expired = rate(&rates, SUMMARY_EXPIRED);
  assert_int_equal(expired.type, VALUE_NONE); /* not in this INFO: not a zero */
  assert_non_null(expired.text);
}

static void test_rates_without_traffic(void **state) {
  (void)state;
  struct rates rates = rates_of("run_id:a\nkeyspace_hits:5\nkeyspace_misses:1\n",
                                "run_id:a\nkeyspace_hits:5\nkeyspace_misses:1\n");
  struct value ratio = rate(&rates, SUMMARY_HIT_RATIO);
  assert_int_equal(ratio.type, VALUE_NONE);
  assert_null(ratio.text);
}

static void test_rates_across_resets(void **state) {
  (void)state;
  struct rates rates = rates_of("run_id:a\nkeyspace_hits:5\nevicted_keys:3\n",
                                "run_id:b\nkeyspace_hits:9\nevicted_keys:8\n");
  assert_string_equal(rates.unknown, "restarted: needs two collections");
  rates = rates_of("uptime_in_seconds:500\nkeyspace_hits:5\n", /* a proxy that hides the run_id */
                   "uptime_in_seconds:2\nkeyspace_hits:9\n");
  assert_string_equal(rates.unknown, "restarted: needs two collections");
  rates = rates_of("run_id:a\nkeyspace_hits:5\ntotal_commands_processed:500\n",
                   "run_id:a\nkeyspace_hits:9\ntotal_commands_processed:3\n");
  assert_string_equal(rates.unknown, "counters were reset: needs two collections");
  assert_int_equal(rate(&rates, SUMMARY_EVICTIONS).type, VALUE_NONE);
  struct counters none = {.known = false}, first = counters("run_id:a\n", 5);
  rates_make(&rates, &none, &first);
  assert_string_equal(rates.unknown, "needs two collections");
  rates_make(&rates, &first, &first); /* no time has passed */
  assert_non_null(rates.unknown);
}

/* ---- judgement ---- */

static void judged(const char *text, enum severity severity, const char *reason) {
  struct redis_info info = parsed(text);
  struct redis_verdict verdict;
  redis_judge(&verdict, &info, &no_rates);
  redis_info_fini(&info);
  if (severity != verdict.severity || strcmp(reason, verdict.reason) != 0)
    fail_msg("%s: \"%s\", expected %s: \"%s\"", severity_name(verdict.severity), verdict.reason,
             severity_name(severity), reason);
}

static void test_judge_memory(void **state) {
  (void)state;
#define MEMORY(used, policy, more) \
  "used_memory:" used "\nmaxmemory:1000\nmaxmemory_policy:" policy "\n" more
  judged(MEMORY("840", "noeviction", ""), SEVERITY_OK, "");
  judged(MEMORY("900", "noeviction", ""), SEVERITY_WARN, "memory 90% of maxmemory, noeviction");
  judged(MEMORY("960", "noeviction", ""), SEVERITY_CRIT,
         "memory 96% of maxmemory, noeviction: writes will be refused");
  judged(MEMORY("1010", "noeviction", ""), SEVERITY_CRIT,
         "memory 101% of maxmemory, noeviction: writes are refused");
  judged(MEMORY("1000", "noeviction", "mem_not_counted_for_evict:300\n"), SEVERITY_OK, "");
  judged(MEMORY("1000", "allkeys-lru", ""), SEVERITY_OK, "");
  judged(MEMORY("1000", "volatile-ttl", "db0:keys=5,expires=1,avg_ttl=0\n"), SEVERITY_OK, "");
  judged(MEMORY("1000", "volatile-ttl", "db0:keys=5,expires=0,avg_ttl=0\n"), SEVERITY_CRIT,
         "memory 100% of maxmemory, no key has a TTL, so none can be evicted: writes are refused");
  judged(MEMORY("1000", "noeviction", "role:slave\n"), SEVERITY_OK, "");
  judged(MEMORY("1200", "allkeys-lru", "current_eviction_exceeded_time:3200\n"), SEVERITY_WARN,
         "over maxmemory for 3.2s: eviction does not keep up");
  judged("used_memory:5\nmaxmemory:0\nused_memory_rss:950\ntotal_system_memory:1000\n",
         SEVERITY_WARN, "no maxmemory, and uses 95% of the memory of its host; set maxmemory");
  judged("used_memory:5\nmaxmemory:0\nused_memory_rss:50\ntotal_system_memory:0\n", SEVERITY_OK,
         "");
}

static void test_judge_states(void **state) {
  (void)state;
  judged("loading:1\nloading_loaded_perc:43.21\nloading_eta_seconds:12\n", SEVERITY_CRIT,
         "loading the data set: 43%, 12s left by its estimate");
  judged("loading:1\n", SEVERITY_CRIT, "loading the data set");
  judged("role:slave\nmaster_link_status:down\nmaster_sync_in_progress:1\n", SEVERITY_WARN,
         "copying the data set from the master");
  judged("role:slave\nmaster_link_status:down\nmaster_link_down_since_seconds:-1\n", SEVERITY_CRIT,
         "master link down");
  judged("rdb_last_bgsave_status:err\n", SEVERITY_CRIT,
         "last background save failed: writes are refused unless stop-writes-on-bgsave-error is "
         "off");
  judged("aof_enabled:1\naof_last_write_status:err\naof_last_bgrewrite_status:err\n", SEVERITY_CRIT,
         "last write to the AOF failed: writes are refused; last rewrite of the AOF failed");
  judged("aof_enabled:0\naof_last_write_status:err\n", SEVERITY_OK, "");
  /* the worst first, whatever the order of the checks */
  judged("master_link_status:down\nmaster_sync_in_progress:1\nrdb_last_bgsave_status:err\n",
         SEVERITY_CRIT,
         "last background save failed: writes are refused unless stop-writes-on-bgsave-error is "
         "off; copying the data set from the master");
}

static void test_judge_clients(void **state) {
  (void)state;
  struct redis_info info = parsed("maxclients:100\n");
  struct rates rates =
      rates_of("run_id:a\nrejected_connections:7\n", "run_id:a\nrejected_connections:10\n");
  struct redis_verdict verdict;
  redis_judge(&verdict, &info, &rates);
  assert_int_equal(verdict.severity, SEVERITY_CRIT);
  assert_string_equal(verdict.reason, "3 clients rejected in the last 2.0s: maxclients 100");
  rates = rates_of("run_id:a\nrejected_connections:7\n", "run_id:a\nrejected_connections:7\n");
  redis_judge(&verdict, &info, &rates);
  assert_int_equal(verdict.severity, SEVERITY_OK);
  redis_info_fini(&info);
}

/* The contract of `--json`, thresholds and the screen. */
static void test_columns(void **state) {
  (void)state;
  for (size_t t = 0; t < 2; t++)
    for (size_t i = 0; i < specs[t]->column_count; i++) {
      const struct column_spec *column = &specs[t]->columns[i];
      assert_non_null(column->id);
      assert_non_null(column->title);
      assert_non_null(column->help);
      assert_int_equal(table_column(specs[t], column->id), i);
    }
}

/* ---- extremes: a server may say anything ---- */

static const char *const numbers[] = {"connected_clients",
                                      "connected_slaves",
                                      "cluster_connections",
                                      "maxclients",
                                      "used_memory",
                                      "mem_not_counted_for_evict",
                                      "used_memory_rss",
                                      "used_memory_peak",
                                      "maxmemory",
                                      "total_system_memory",
                                      "blocked_clients",
                                      "rdb_last_save_time",
                                      "rdb_changes_since_last_save",
                                      "latest_fork_usec",
                                      "uptime_in_seconds",
                                      "keyspace_hits",
                                      "keyspace_misses",
                                      "evicted_keys",
                                      "expired_keys",
                                      "rejected_connections",
                                      "total_commands_processed",
                                      "master_last_io_seconds_ago",
                                      "master_link_down_since_seconds",
                                      "loading_loaded_perc",
                                      "loading_eta_seconds",
                                      "instantaneous_ops_per_sec",
                                      "instantaneous_input_kbps",
                                      "mem_fragmentation_ratio",
                                      "current_eviction_exceeded_time",
                                      "min_slaves_good_slaves",
                                      "min-replicas-to-write",
                                      "cluster_slots_assigned",
                                      "cluster_slots_fail",
                                      "cluster_slots_pfail",
                                      "cluster_slots_ok"};

static void append(char *text, const char *key, const char *value) {
  size_t used = strlen(text);
  snprintf(text + used, 8192 - used, "%s:%s\r\n", key, value);
}

static void is_sound(const struct row *row, const struct table_spec *spec) {
  for (size_t i = 0; i < spec->column_count; i++) {
    double number;
    if (!value_number(row->cells[i], &number))
      continue;
    if (number < 0)
      fail_msg("%s is %f", spec->columns[i].id, number);
    if (spec->columns[i].unit == UNIT_TIME && number > 253402300799e3)
      fail_msg("%s is %f", spec->columns[i].id, number);
  }
}

static void test_extremes(void **state) {
  (void)state;
  static const char *const values[] = {
      "9223372036854775807", "-9223372036854775808", "-1", "9223372036854775808", "1e308", "0"};
  static const char *const roles[] = {"master", "slave"};
  for (size_t v = 0; v < sizeof values / sizeof *values; v++)
    for (size_t r = 0; r < 2; r++) {
      char text[8192] = "run_id:a\r\nredis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n"
                        "loading:1\r\ncluster_enabled:1\r\ncluster_state:fail\r\n",
           field[256];
      append(text, "role", roles[r]);
      append(text, "master_link_status", "down");
      snprintf(field, sizeof field, "keys=%s,expires=%s,avg_ttl=%s", values[v], values[v],
               values[v]);
      append(text, "db0", field);
      append(text, "db1", field);
      snprintf(field, sizeof field, "ip=::1,port=1,state=online,offset=%s,lag=%s", values[v],
               values[v]);
      append(text, "slave0", field);
      for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        append(text, numbers[i], values[v]);
      struct redis_info info = parsed(text);
      struct sample *sample = rows(&info, NULL, NULL);
      for (size_t t = 0; t < sample->table_count; t++)
        for (size_t i = 0; i < sample->tables[t].row_count; i++)
          is_sound(&sample->tables[t].rows[i], sample->tables[t].spec);
      assert_null(strstr(sample->tables[0].rows[0].reason, "-"));
      sample_free(sample);
      redis_info_fini(&info);
    }
}

static void test_a_last_save_outside_the_calendar_is_not_known(void **state) {
  (void)state;
  struct redis_info info = parsed("run_id:a\nrdb_last_save_time:9223372036854775807\n");
  struct sample *sample = rows(&info, NULL, NULL);
  is_none(sample, "saved", "INFO reports an impossible time");
  sample_free(sample);
  redis_info_fini(&info);
}

/* ---- a cluster, a Sentinel ---- */

static void judged_as(const char *text, enum severity severity, const char *expected) {
  struct redis_info info = parsed(text);
  struct redis_verdict verdict;
  redis_judge(&verdict, &info, &no_rates);
  assert_string_equal(verdict.reason, expected);
  assert_int_equal(verdict.severity, severity);
  redis_info_fini(&info);
}

static void test_a_cluster_says_why_it_is_down(void **state) {
  (void)state;
  judged_as("cluster_state:ok\ncluster_slots_assigned:16384\ncluster_slots_fail:0\n", SEVERITY_OK,
            "");
  judged_as("cluster_state:fail\ncluster_slots_assigned:10923\ncluster_slots_fail:1\n",
            SEVERITY_CRIT, "cluster is down: 5,462 of 16,384 slots not served");
  judged_as("cluster_state:fail\ncluster_slots_assigned:16384\ncluster_slots_pfail:10923\n",
            SEVERITY_CRIT,
            "cluster is down: this node cannot reach the nodes of 10,923 of 16,384 slots");
  judged_as(
      "cluster_state:fail\ncluster_slots_assigned:16384\n", SEVERITY_CRIT,
      "cluster is down: this node cannot reach a majority of the masters, or has just joined");
  judged_as("cluster_state:ok\ncluster_slots_assigned:16384\ncluster_slots_pfail:5461\n",
            SEVERITY_WARN, "the nodes of 5,461 of 16,384 slots do not answer this node");
}

static void test_a_sentinel_tells_of_its_masters(void **state) {
  (void)state;
  static const char up[] = "redis_mode:sentinel\nrun_id:a\nsentinel_masters:2\n"
                           "master0:name=one,status=ok,address=10.0.0.1:6379,slaves=1\n"
                           "master1:name=two,status=ok,address=10.0.0.2:6379,slaves=1\n";
  judged_as(up, SEVERITY_OK, "");
  judged_as("master0:name=one,status=sdown,address=10.0.0.1:6379,slaves=1\n", SEVERITY_WARN,
            "master one at 10.0.0.1:6379 does not answer this Sentinel");
  judged_as("master0:name=one,status=odown,address=10.0.0.1:6379,slaves=1\n", SEVERITY_CRIT,
            "master one at 10.0.0.1:6379 is down");
  struct redis_info info = parsed(up);
  struct sample *sample = rows(&info, NULL, NULL);
  assert_string_equal(sample->facts[FACT_MEMBERS],
                      "master one at 10.0.0.1:6379, master two at 10.0.0.2:6379");
  assert_null(sample->facts[FACT_ROLE]);
  sample_free(sample);
  redis_info_fini(&info);
}

/* ---- which server ---- */

static const char *identity_after(struct server_identity *identity, const char *run_id,
                                  int64_t uptime_s, int64_t at_s) {
  struct counters now = {.known = true, .uptime_s = uptime_s, .at_us = at_s * 1000000};
  snprintf(now.run, sizeof now.run, "%s", run_id);
  server_identity_take(identity, &now);
  return identity->first;
}

static void test_a_restart_differs_from_another_server(void **state) {
  (void)state;
  struct server_identity identity = {0};
  assert_string_equal(identity_after(&identity, "a", 500, 1000), "a");
  assert_string_equal(identity_after(&identity, "b", 3, 1010), "a"); /* restarted */
  assert_string_equal(identity_after(&identity, "b", 3603, 4610), "a");
  assert_string_equal(identity_after(&identity, "", -1, 4620), "a");
  assert_string_equal(identity_after(&identity, "c", 3580, 8200),
                      "a");                                            /* after an hour of outage */
  assert_string_equal(identity_after(&identity, "d", 400, 8210), "d"); /* it ran all the time */
  assert_string_equal(identity_after(&identity, "e", INT64_MAX, 8220), "e");
}

static void test_the_median_of_the_round_trips(void **state) {
  (void)state;
  struct redis_round_trips trips = {0};
  struct value cells[SUMMARY_COLUMN_COUNT] = {0};
  static const int64_t us[] = {1000, 900000, 2000, 1000, 800000, 700000, 0};
  static const double latest[] = {.001, .9, .002, .001, .8, .7, 0};
  static const double typical[] = {.001, .001, .002, .001, .002, .7, .002};
  redis_round_trips_fill(&trips, cells);
  assert_int_equal(cells[SUMMARY_LATENCY].type, VALUE_NONE);
  for (size_t i = 0; i < sizeof us / sizeof *us; i++) {
    redis_round_trips_add(&trips, us[i]);
    redis_round_trips_fill(&trips, cells);
    is_near(cells[SUMMARY_LATENCY], latest[i]);
    is_near(cells[SUMMARY_TYPICAL], typical[i]);
  }
  redis_round_trips_add(&trips, -1); /* unknown: no number, and the others are unchanged */
  redis_round_trips_fill(&trips, cells);
  assert_int_equal(cells[SUMMARY_LATENCY].type, VALUE_NONE);
  is_near(cells[SUMMARY_TYPICAL], .002);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_garbage),
      cmocka_unit_test(test_redis_7_master),
      cmocka_unit_test(test_hostile_counts),
      cmocka_unit_test(test_redis_7_replica),
      cmocka_unit_test(test_redis_6_full_of_cache),
      cmocka_unit_test(test_redis_8),
      cmocka_unit_test(test_valkey),
      cmocka_unit_test(test_old_server),
      cmocka_unit_test(test_sentinel),
      cmocka_unit_test(test_rates),
      cmocka_unit_test(test_rates_without_traffic),
      cmocka_unit_test(test_rates_across_resets),
      cmocka_unit_test(test_judge_memory),
      cmocka_unit_test(test_judge_states),
      cmocka_unit_test(test_judge_clients),
      cmocka_unit_test(test_columns),
      cmocka_unit_test(test_extremes),
      cmocka_unit_test(test_a_last_save_outside_the_calendar_is_not_known),
      cmocka_unit_test(test_a_cluster_says_why_it_is_down),
      cmocka_unit_test(test_a_sentinel_tells_of_its_masters),
      cmocka_unit_test(test_a_restart_differs_from_another_server),
      cmocka_unit_test(test_the_median_of_the_round_trips),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
