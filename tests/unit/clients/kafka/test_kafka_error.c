#include "clients/kafka/child/kafka_conf.h"
#include "clients/kafka/child/kafka_error.h"
#include "clients/kafka/kafka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct error_case {
  rd_kafka_resp_err_t code;
  const char *text; /* the words of librdkafka 2.0.2 */
  enum err_kind kind;
  const char *says;
};

static void test_sentences(void **state) {
  (void)state;
  static const struct error_case cases[] = {
      {RD_KAFKA_RESP_ERR__TRANSPORT,
       "127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after "
       "0ms in state CONNECT)",
       ERR_REFUSED, "127.0.0.1:9092 refused"},
      {RD_KAFKA_RESP_ERR__TRANSPORT,
       "[::1]:9092/1: Connect to ipv6#[::1]:9092 failed: Connection refused (after 0ms in state "
       "CONNECT, 3 identical error(s) suppressed)",
       ERR_REFUSED, "[::1]:9092 refused"},
      {RD_KAFKA_RESP_ERR__TRANSPORT,
       "127.0.0.1:9092/bootstrap: Failed to create socket: Too many open files (after 0ms in state "
       "CONNECT)",
       ERR_LIMIT, "too many open files: the limit of this process is "},
      {RD_KAFKA_RESP_ERR__RESOLVE,
       "kafka:9092/bootstrap: Failed to resolve 'kafka:9092': Name or service not known (after 5ms "
       "in state CONNECT)",
       ERR_UNRESOLVED, "kafka:9092 the host name has no address"},
      {RD_KAFKA_RESP_ERR__TRANSPORT, "10.0.0.1:9092/1: Disconnected (after 12034ms in state UP)",
       ERR_CLOSED, "10.0.0.1:9092 closed the connection"},
      {RD_KAFKA_RESP_ERR__SSL,
       "ssl://kafka:9093/bootstrap: SSL handshake failed: error:1416F086:SSL "
       "routines:tls_process_server_certificate:certificate verify failed: broker certificate "
       "could not be verified (after 6ms in state SSL_HANDSHAKE)",
       ERR_PROTOCOL, "kafka:9093 TLS: cannot verify its certificate"},
      {RD_KAFKA_RESP_ERR__AUTHENTICATION,
       "sasl_plaintext://kafka:9092/bootstrap: SASL PLAIN mechanism handshake failed: Broker: "
       "Request not valid in current SASL state: broker's supported mechanisms: (after 1ms in "
       "state AUTH_HANDSHAKE)",
       ERR_DENIED, "kafka:9092: login failed: SASL PLAIN"},
      {RD_KAFKA_RESP_ERR__TRANSPORT,
       "127.0.0.1:9092/bootstrap: Receive failed: Invalid response size 1213486160 (0..100000000): "
       "increase receive.message.max.bytes",
       ERR_PROTOCOL, "127.0.0.1:9092 does not answer as a Kafka broker"},
      {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", ERR_CLOSED,
       "1/1 brokers are down"},
      {RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, "Unable to create broker thread", ERR_LIMIT,
       "cannot start a thread: the limit of this process is"},
      {RD_KAFKA_RESP_ERR__FAIL,
       "127.0.0.1:9092/2: Failed to create broker socket: Too many open files", ERR_LIMIT,
       "too many open files: the limit of this process is"},
      {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, NULL, ERR_DENIED, "Cluster"},
      {RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, ERR_TIMEOUT, "imed out"},
      {RD_KAFKA_RESP_ERR__BAD_MSG, "", ERR_PROTOCOL, "Bad message"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct err err = {0};
    kafka_error(cases[i].code, cases[i].text, &err);
    if (!strstr(err.text, cases[i].says))
      fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
    assert_int_equal(err.kind, cases[i].kind);
  }
}

/* Whatever a server makes librdkafka say fits. */
static void test_garbage(void **state) {
  (void)state;
  static const char *const texts[] = {
      "/", ":", "://", "a/b", "/: x", "x://: /", ": /: /", "host with spaces/1: Disconnected"};
  char longest[2000];
  memset(longest, 'x', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  struct err err;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    kafka_error(RD_KAFKA_RESP_ERR__FAIL, texts[i], &err);
    assert_true(err.kind != ERR_NONE && *err.text);
  }
  kafka_error(RD_KAFKA_RESP_ERR__FAIL, longest, &err);
  memcpy(longest + 500, "/1: Disconnected", 16);
  kafka_error(RD_KAFKA_RESP_ERR__FAIL, longest, &err);
  assert_int_equal(err.kind, ERR_CLOSED);
}

struct bootstrap_case {
  const char *text;
  bool good;
};

static void test_bootstrap(void **state) {
  (void)state;
  static const struct bootstrap_case cases[] = {
      {"kafka:9092", true},
      {"kafka", true},
      {"a:1,b:2", true},
      {"a:1, b:2 , [::1]:9092", true},
      {"[::1]", true},
      {"SASL_SSL://kafka:9093", true},
      {"", false},
      {",", false},
      {"a:1,", false},
      {"kafka:", false},
      {"kafka:x", false},
      {"kafka:0", false},
      {"kafka:99999", false},
      {"::1:9092", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct err err = {0};
    if (kafka_bootstrap_check(cases[i].text, &err) != cases[i].good)
      fail_msg("\"%s\" is %s", cases[i].text, cases[i].good ? "good" : "bad");
    assert_int_equal(err.kind, cases[i].good ? ERR_NONE : ERR_INVALID);
  }
}

static void check_property(const char *name, const char *value, const char *says) {
  char *names[] = {(char *)(uintptr_t)name}, *values[] = {(char *)(uintptr_t)value};
  struct kafka_config config = {"kafka:9092", names, values, 1};
  struct err err = {0};
  rd_kafka_conf_t *conf = kafka_conf_new(&config, &err);
  assert_int_equal(conf == NULL, says != NULL);
  if (conf)
    rd_kafka_conf_destroy(conf);
  if (says && !strstr(err.text, says))
    fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void test_properties(void **state) {
  (void)state;
  check_property("client.id", "me", NULL);
  check_property("sasl.password", "hunter2", NULL);
  check_property("clientid", "me", "has no property \"clientid\"");
  check_property("security.protocol", "wrong", "security.protocol");
  check_property("bootstrap.servers", "a:1", "write bootstrap for it");
  check_property("plugin.library.paths", "x.so", "cannot be set");
  check_property("sasl.kerberos.kinit.cmd", "touch x", "cannot be set");
  check_property("allow.auto.create.topics", "true", "always false");
}

/* A group id of our own keeps librdkafka from a crash: see kafka_conf.c. */
static void test_properties_hold(void **state) {
  (void)state;
  struct kafka_config config = {"kafka:9092", NULL, NULL, 0};
  struct err err = {0};
  rd_kafka_conf_t *conf = kafka_conf_new(&config, &err);
  assert_non_null(conf);
  char value[64];
  size_t size = sizeof value;
  assert_int_equal(rd_kafka_conf_get(conf, "isolation.level", value, &size), RD_KAFKA_CONF_OK);
  assert_string_equal(value, "read_uncommitted");
  size = sizeof value;
  assert_int_equal(rd_kafka_conf_get(conf, "allow.auto.create.topics", value, &size),
                   RD_KAFKA_CONF_OK);
  assert_string_equal(value, "false");
  size = sizeof value;
  assert_int_equal(rd_kafka_conf_get(conf, "group.id", value, &size), RD_KAFKA_CONF_OK);
  assert_string_equal(value, "stacktop");
  rd_kafka_conf_destroy(conf);
}

/* A text that is kept beyond the call is not a buffer of librdkafka's. */
static void test_unknown_reason(void **state) {
  (void)state;
  assert_string_equal(kafka_error_reason((rd_kafka_resp_err_t)9999),
                      "an error unknown to librdkafka");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unknown_reason), cmocka_unit_test(test_sentences),
      cmocka_unit_test(test_garbage),        cmocka_unit_test(test_bootstrap),
      cmocka_unit_test(test_properties),     cmocka_unit_test(test_properties_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
