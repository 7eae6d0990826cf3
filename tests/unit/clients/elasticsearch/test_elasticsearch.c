/* Answers of search clusters: disks against watermarks, shards, and texts of queries. */
#include "clients/elasticsearch/elasticsearch.h"
#include "clients/elasticsearch/elasticsearch_query.h"
#include "core/json/json_tree.h"
#include "support/core_test.h"

#include <stdlib.h>
#include <string.h>

static json_t *parsed(const char *text) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 10000, .depth = 64, .as_reals = true, .without_nul = true};
  struct err err;
  json_t *json = json_tree_new(text, strlen(text), &limits, &err);
  if (!json)
    fail_msg("%s: %s", text, err.text);
  return json;
}

/* ---- disks */

#define GB (1024. * 1024 * 1024)
#define DISK(level, text) \
  "\"" level "\":{\"cluster\":{\"routing\":{\"allocation\":{\"disk\":{" text "}}}}}"

static int beyond(const char *settings, double total, double available) {
  struct elasticsearch_disk disk;
  json_t *json = parsed(settings);
  elasticsearch_disk_read(json, &disk);
  json_decref(json);
  return elasticsearch_disk_beyond(&disk, total, available);
}

static void test_watermarks(void **state) {
  (void)state;
  static const char shares[] = "{" DISK(
      "defaults", "\"threshold_enabled\":\"true\",\"watermark\":{\"low\":\"85%\",\"high\":\"0.9\","
                  "\"flood_stage\":\"95%\"}") "}";
  assert_int_equal(beyond(shares, 100 * GB, 16 * GB), -1);
  assert_int_equal(beyond(shares, 100 * GB, 14 * GB), MARK_LOW);
  assert_int_equal(beyond(shares, 100 * GB, 9 * GB), MARK_HIGH);
  assert_int_equal(beyond(shares, 100 * GB, 4 * GB), MARK_FLOOD);
  /* Bytes that must stay free, and transient before default settings. */
  static const char bytes[] = "{" DISK("transient", "\"watermark\":{\"low\":\"20gb\"}") "," DISK(
      "defaults", "\"threshold_enabled\":\"true\",\"watermark\":{\"low\":\"85%\",\"flood_stage\":"
                  "\"500mb\"}") "}";
  assert_int_equal(beyond(bytes, 100 * GB, 19 * GB), MARK_LOW);
  assert_int_equal(beyond(bytes, 100 * GB, 21 * GB), -1);
  assert_int_equal(beyond(bytes, 100 * GB, 0.4 * GB), MARK_FLOOD);
  /* Elasticsearch 8: a share, but no more than the headroom. */
  static const char headroom[] =
      "{" DISK("defaults",
               "\"threshold_enabled\":\"true\",\"watermark\":{\"low\":\"85%\","
               "\"low.max_headroom\":\"200gb\",\"high\":\"90%\",\"high.max_headroom\":\"-1\"}") "}";
  assert_int_equal(beyond(headroom, 10000 * GB, 1100 * GB), -1);
  assert_int_equal(beyond(headroom, 10000 * GB, 199 * GB), MARK_HIGH);
  assert_int_equal(beyond(headroom, 1000 * GB, 149 * GB), MARK_LOW);
  static const char off[] = "{" DISK("persistent", "\"threshold_enabled\":\"false\"") "," DISK(
      "defaults", "\"threshold_enabled\":\"true\",\"watermark\":{\"low\":\"85%\"}") "}";
  assert_int_equal(beyond(off, 100 * GB, 1 * GB), -1);
  assert_int_equal(beyond("{}", 100 * GB, 1 * GB), -1);
}

/* ---- which server */

static void test_which_server(void **state) {
  (void)state;
  struct elasticsearch_about about;
  struct arena arena;
  struct err err;
  arena_init(&arena, 1 << 20);
  json_t *json = parsed("{\"cluster_name\":\"c\",\"version\":{\"number\":\"8.8.0\","
                        "\"lucene_version\":\"9.6.0\"},\"tagline\":\"You Know, for Search\"}");
  assert_true(elasticsearch_about_read(json, &arena, &about, &err));
  assert_string_equal(about.product, "Elasticsearch");
  json_decref(json);
  json = parsed("{\"cluster_name\":\"c\",\"version\":{\"number\":\"3.0.0\","
                "\"distribution\":\"opensearch\"}}");
  assert_true(elasticsearch_about_read(json, &arena, &about, &err));
  assert_string_equal(about.product, "OpenSearch");
  json_decref(json);
  json = parsed("{\"version\":\"1.2\",\"name\":\"x\"}");
  assert_false(elasticsearch_about_read(json, &arena, &about, &err));
  json_decref(json);
  arena_fini(&arena);
}

static void test_shards(void **state) {
  (void)state;
  struct elasticsearch_shards shards;
  struct arena arena;
  struct err err;
  arena_init(&arena, 1 << 20);
  json_t *json = parsed(
      "[{\"index\":\"a\",\"shard\":\"0\",\"prirep\":\"r\",\"state\":\"UNASSIGNED\"},"
      "{\"index\":\"a\",\"shard\":\"0\",\"prirep\":\"r\",\"state\":\"UNASSIGNED\"},"
      "{\"index\":\"b\",\"shard\":\"1\",\"prirep\":\"p\",\"state\":\"UNASSIGNED\",\"unassigned."
      "reason\":\"NODE_LEFT\",\"unassigned.details\":null},"
      "{\"index\":\"b\",\"shard\":\"0\",\"prirep\":\"p\",\"state\":\"STARTED\"}]");
  assert_true(elasticsearch_shards_read(json, &arena, &shards, &err));
  assert_int_equal(shards.count, 3);
  assert_string_equal(shards.items[0].key, "b/1/p1");
  assert_string_equal(shards.items[0].reason, "NODE_LEFT");
  assert_string_equal(shards.items[1].key, "a/0/r1");
  assert_string_equal(shards.items[2].key, "a/0/r2");
  char *body = elasticsearch_why_body(json);
  assert_string_equal(body, "{\"index\":\"b\",\"shard\":1,\"primary\":true}");
  free(body);
  json_decref(json);
  json = parsed("{}");
  assert_false(elasticsearch_shards_read(json, &arena, &shards, &err));
  assert_null(elasticsearch_why_body(json));
  json_decref(json);
  arena_fini(&arena);
}

/* ---- queries */

static void check_query(const char *text, const char *index, const char *body) {
  struct elasticsearch_query query;
  struct err err = {0};
  if (!elasticsearch_query_parse(text, &query, &err))
    fail_msg("%s: %s", text, err.text);
  assert_string_equal(query.index, index);
  assert_string_equal(query.body, body);
  elasticsearch_query_fini(&query);
}

#define FILTER(text) "{\"query\":{\"bool\":{\"filter\":[" text "]}}}"
#define SEARCH(text) "{\"query_string\":{\"query\":\"" text "\",\"default_operator\":\"AND\"}}"

static void test_queries(void **state) {
  (void)state;
  check_query(
      "logs-* level:ERROR window 1h warn 0 crit 100", "logs-*",
      FILTER(SEARCH("level:ERROR") ",{\"range\":{\"@timestamp\":{\"gte\":\"now-3600s\"}}}"));
  check_query("  a,b window all", "a,b", FILTER(SEARCH("*")));
  check_query("a {\"term\": {\"x\": 1}} field t", "a",
              FILTER("{\"term\":{\"x\":1}},{\"range\":{\"t\":{\"gte\":\"now-900s\"}}}"));
  check_query("a message:\"slow query\" below crit 5 window all", "a",
              FILTER(SEARCH("message:\\\"slow query\\\"")));
  static const char *const wrong[] = {
      "",           "  ",       "a/b x",     "a window never",   "a below",
      "a {\"x\": ", "a warn x", "window 1h", "a x warn 5 crit 1"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct err err = {0};
    if (elasticsearch_query_check(wrong[i], &err))
      fail_msg("\"%s\" is accepted", wrong[i]);
    assert_true(err.kind != ERR_NONE && *err.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_watermarks),
      cmocka_unit_test(test_which_server),
      cmocka_unit_test(test_shards),
      cmocka_unit_test(test_queries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
