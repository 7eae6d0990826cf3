/* Answers to four-letter words: real ones of 3.9.3, shortened, and wrong ones. Pure. */
#include "clients/zookeeper/zookeeper.h"

#include "support/core_test.h"

#include <stdlib.h>
#include <string.h>

struct bench {
  struct zookeeper_fields fields;
  char text[4096];
};

static enum zookeeper_answered read_text(struct bench *bench, const char *word, const char *text) {
  snprintf(bench->text, sizeof bench->text, "%s", text);
  return zookeeper_read(word, bench->text, &bench->fields);
}

static void assert_field(const struct bench *bench, const char *name, const char *value) {
  const char *found = zookeeper_field(&bench->fields, name);
  assert_non_null(found);
  assert_string_equal(found, value);
}

static void test_mntr(void **state) {
  struct bench bench = {0};
  (void)state;
  assert_int_equal(read_text(&bench, "mntr",
                             "zk_version\t3.9.3-c2, built on 2024-10-17\nzk_server_state\tleader\n"
                             "zk_peer_state\tleading - broadcast\nzk_avg_latency\t0.25\nrubbish\n"
                             "zk_znode_count\t5\nzk_server_state\tfollower\n"),
                   ZOOKEEPER_GOOD);
  assert_field(&bench, "zk_server_state", "leader"); /* the first one */
  assert_field(&bench, "zk_peer_state", "leading - broadcast");
  assert_field(&bench, "zk_znode_count", "5");
  assert_null(zookeeper_field(&bench.fields, "rubbish"));
}

static void test_srvr(void **state) {
  struct bench bench = {0};
  (void)state;
  assert_int_equal(read_text(&bench, "srvr",
                             "Zookeeper version: 3.9.3-c2, built on 2024-10-17\n"
                             "Latency min/avg/max: 0/1.5/12\nReceived: 2\nSent: 1\nConnections: 4\n"
                             "Outstanding: 3\nZxid: 0x100000000\nMode: follower\nNode count: 5\n"),
                   ZOOKEEPER_GOOD);
  assert_field(&bench, "zk_max_latency", "12");
  assert_field(&bench, "zk_num_alive_connections", "4");
  assert_field(&bench, "zk_server_state", "follower");
  assert_field(&bench, "zxid", "0x100000000");
}

static void test_what_is_not_good(void **state) {
  static const struct {
    const char *word, *text;
    enum zookeeper_answered answered;
  } cases[] = {
      {"mntr", "mntr is not executed because it is not in the whitelist.\n", ZOOKEEPER_FORBIDDEN},
      {"srvr", "This ZooKeeper instance is not currently serving requests\n",
       ZOOKEEPER_NOT_SERVING},
      {"ruok", "imok", ZOOKEEPER_GOOD},
      {"ruok", "", ZOOKEEPER_FOREIGN},
      {"mntr", "imok", ZOOKEEPER_FOREIGN},
      {"mntr", "zk_", ZOOKEEPER_FOREIGN},
      {"srvr", "HTTP/1.1 400 Bad Request\r\n", ZOOKEEPER_FOREIGN},
      {"srvr", "Zookeeper version: 3", ZOOKEEPER_GOOD},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct bench bench = {0};
    assert_int_equal(read_text(&bench, cases[i].word, cases[i].text), cases[i].answered);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mntr),
      cmocka_unit_test(test_srvr),
      cmocka_unit_test(test_what_is_not_good),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
