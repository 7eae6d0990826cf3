#include "clients/service/service_judge.h"
#include "collectors/service/service_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct expect_case {
  const char *text;
  bool good;
  int holds, fails; /* statuses */
};

static void test_expect(void **state) {
  (void)state;
  static const struct expect_case cases[] = {
      {"200", true, 200, 201},
      {"200-299", true, 299, 300},
      {"200-299, 401", true, 401, 400},
      {"200 , 301", true, 301, 302},
      {"", false},
      {"ok", false},
      {"200-", false},
      {"200,", false},
      {"300-200", false},
      {"99", false},
      {"600", false},
      {"200;201", false},
      {"200-299-300", false},
      {"99999999999999", false},
      {"200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct service_expect expect;
    struct err err = {0};
    assert_int_equal(service_expect_parse(cases[i].text, &expect, &err), cases[i].good);
    if (!cases[i].good)
      continue;
    assert_true(service_expect_holds(&expect, cases[i].holds));
    assert_false(service_expect_holds(&expect, cases[i].fails));
  }
}

static struct service_verdict judge(struct service_facts facts, int64_t slow_ms) {
  struct service_rules rules = {.expect_text = "200-299", .slow_ms = slow_ms};
  struct err err;
  assert_true(service_expect_parse(rules.expect_text, &rules.expect, &err));
  struct service_verdict verdict;
  service_judge(&facts, &rules, &verdict);
  assert_true(verdict.severity == SEVERITY_OK || *verdict.reason);
  return verdict;
}

static void test_verdicts(void **state) {
  (void)state;
  struct service_verdict verdict =
      judge((struct service_facts){.port = PROBE_ANSWERED, .connect_us = 900}, 0);
  assert_string_equal(verdict.state, "up");
  assert_int_equal(verdict.latency_us, 900);

  verdict = judge((struct service_facts){.port = PROBE_UNDER_WAY, .waited_ms = 10000}, 0);
  assert_string_equal(verdict.state, "timeout");
  assert_int_equal(verdict.severity, SEVERITY_CRIT);
  assert_non_null(strstr(verdict.reason, "no answer within 10"));
  assert_int_equal(verdict.latency_us, -1);

  verdict = judge(
      (struct service_facts){.port = PROBE_UNDER_WAY, .resolving = true, .waited_ms = 3000}, 0);
  assert_string_equal(verdict.reason, "name server: no answer within 3.0s");

  struct service_facts facts = {.port = PROBE_FAILED};
  err_set(&facts.port_err, ERR_UNRESOLVED, "the name \"api\" has no address");
  verdict = judge(facts, 0);
  assert_string_equal(verdict.state, "no name");
  assert_string_equal(verdict.reason, "the name \"api\" has no address");

  facts =
      (struct service_facts){.port = PROBE_ANSWERED, .has_health = true, .health = PROBE_FAILED};
  err_set(&facts.health_err, ERR_PROTOCOL, "TLS: certificate has expired");
  verdict = judge(facts, 0);
  assert_string_equal(verdict.state, "TLS");
  assert_string_equal(verdict.reason, "port open, health: TLS: certificate has expired");
  err_set(&facts.health_err, ERR_PROTOCOL, "the answer is not HTTP");
  assert_string_equal(judge(facts, 0).state, "no HTTP");

  facts = (struct service_facts){.port = PROBE_ANSWERED,
                                 .has_health = true,
                                 .health = PROBE_ANSWERED,
                                 .status = 302,
                                 .health_us = 6000000};
  verdict = judge(facts, 5000);
  assert_string_equal(verdict.state, "302");
  assert_string_equal(verdict.reason, "answers 302 (expected 200-299)");
  facts.status = 204;
  verdict = judge(facts, 0); /* without `slow`, the threshold judges the 6 s */
  assert_int_equal(verdict.severity, SEVERITY_OK);
  verdict = judge(facts, 5000);
  assert_true(verdict.available);
  assert_int_equal(verdict.severity, SEVERITY_CRIT);
}

/* A weak key is a warning, but for whom it was said not to verify; what is worse comes first. */
static void test_weak_tls(void **state) {
  (void)state;
  struct service_rules rules = {.expect_text = "200-299"};
  struct err err;
  struct service_verdict verdict;
  assert_true(service_expect_parse(rules.expect_text, &rules.expect, &err));
  struct service_facts facts = {.port = PROBE_ANSWERED,
                                .has_health = true,
                                .health = PROBE_ANSWERED,
                                .status = 200,
                                .tls = {.known = true, .weak = "RSA key of 1024 bits"}};
  service_judge(&facts, &rules, &verdict);
  assert_int_equal(verdict.severity, SEVERITY_WARN);
  assert_true(verdict.available);
  assert_string_equal(verdict.state, "200");
  assert_string_equal(verdict.reason, "weak TLS: RSA key of 1024 bits");
  facts.status = 500;
  service_judge(&facts, &rules, &verdict);
  assert_int_equal(verdict.severity, SEVERITY_CRIT);
  assert_string_equal(verdict.reason, "answers 500 (expected 200-299)");
  facts.status = 200;
  rules.insecure = true;
  service_judge(&facts, &rules, &verdict);
  assert_int_equal(verdict.severity, SEVERITY_OK);
}

static void test_only_tls(void **state) {
  (void)state;
  struct service_facts facts = {.port = PROBE_ANSWERED,
                                .connect_us = 900,
                                .has_health = true,
                                .only_tls = true,
                                .health = PROBE_ANSWERED,
                                .health_us = 5000};
  struct service_verdict verdict = judge(facts, 0);
  assert_string_equal(verdict.state, "up");
  assert_int_equal(verdict.latency_us, 900);
  facts.health = PROBE_FAILED;
  err_set(&facts.health_err, ERR_PROTOCOL, "TLS: certificate has expired");
  verdict = judge(facts, 0);
  assert_string_equal(verdict.state, "TLS");
  assert_string_equal(verdict.reason, "port open, TLS: certificate has expired");
  err_set(&facts.health_err, ERR_CLOSED, "connection reset");
  assert_string_equal(judge(facts, 0).reason, "port open, TLS: connection reset");
  facts.health = PROBE_UNDER_WAY;
  facts.waited_ms = 3000;
  assert_string_equal(judge(facts, 0).reason, "port open, TLS: no answer within 3.0s");
}

/* A limit of ours is no outage of the service's. */
static void test_our_own_limit(void **state) {
  (void)state;
  struct service_facts facts = {.port = PROBE_FAILED};
  err_set(&facts.port_err, ERR_LIMIT,
          "too many open files: the limit of this process is 1024 (ulimit -n)");
  struct service_verdict verdict = judge(facts, 0);
  assert_int_equal(verdict.severity, SEVERITY_UNKNOWN);
  assert_true(verdict.unknown);
  assert_string_equal(verdict.state, "not asked");
  assert_string_equal(verdict.reason,
                      "too many open files: the limit of this process is 1024 (ulimit -n)");
  facts =
      (struct service_facts){.port = PROBE_ANSWERED, .has_health = true, .health = PROBE_FAILED};
  err_set(&facts.health_err, ERR_LIMIT, "no thread can be started");
  verdict = judge(facts, 0);
  assert_int_equal(verdict.severity, SEVERITY_UNKNOWN);
  assert_false(verdict.available);
}

static void test_history(void **state) {
  (void)state;
  struct service_history history = {0};
  double ratio;
  int64_t window;
  assert_false(service_history_availability(&history, 1000, &ratio, &window));
  service_history_add(&history, "200", true, true, -1, 1000);
  assert_false(service_history_availability(&history, 1000, &ratio, &window));
  service_history_add(&history, "200", true, true, -1, 3000);
  service_history_add(&history, "503", false, false, -1, 5000);
  assert_int_equal(history.since_ms, 5000);
  service_history_add(&history, "503", false, false, -1, 7000);
  assert_int_equal(history.since_ms, 5000);
  assert_true(service_history_availability(&history, 7000, &ratio, &window));
  assert_true(ratio == 0.5);
  assert_int_equal(window, 6000);
  /* Refused, then slow: one trouble, as old as its first sign, like the finding that it is. */
  struct service_history trouble = {0};
  service_history_add(&trouble, "200", true, true, -1, 1000);
  service_history_add(&trouble, "refused", false, false, -1, 2000);
  service_history_add(&trouble, "200", false, true, -1, 9000);
  assert_int_equal(trouble.since_ms, 2000);
  service_history_add(&trouble, "200", true, true, -1, 10000);
  assert_int_equal(trouble.since_ms, 10000);
  /* What is older than the window has left it. */
  int64_t later = 5000 + SERVICE_WINDOW_MS;
  service_history_add(&history, "200", true, true, -1, later);
  assert_true(service_history_availability(&history, later, &ratio, &window));
  assert_int_equal(window, SERVICE_WINDOW_MS);
  assert_true(ratio > 0.33 && ratio < 0.34);
  /* The ring is full, and only the newest count. */
  for (int i = 0; i < 2 * SERVICE_OUTCOMES_MAX; i++)
    service_history_add(&history, "200", true, true, -1, later + i);
  assert_true(service_history_availability(&history, later + 1000, &ratio, &window));
  assert_true(ratio == 1);
}

static void test_percentiles(void **state) {
  (void)state;
  struct service_history history = {0};
  int64_t us[SERVICE_PERCENTILES];
  service_history_percentiles(&history, 0, us);
  assert_int_equal(us[SERVICE_P50], -1);
  service_history_add(&history, "timeout", false, false, -1, 1000); /* not an answer */
  service_history_add(&history, "200", true, true, 30, 1001);
  service_history_percentiles(&history, 1001, us);
  assert_int_equal(us[SERVICE_P50], -1);
  service_history_add(&history, "200", true, true, 10, 1002);
  service_history_percentiles(&history, 1002, us);
  assert_int_equal(us[SERVICE_P50], 10);
  assert_int_equal(us[SERVICE_P95], -1);
  for (int i = 100; i >= 1; i--) /* 1 to 100, with the two before it */
    service_history_add(&history, "200", true, true, i, 2000);
  service_history_percentiles(&history, 2000, us);
  assert_int_equal(us[SERVICE_P50], 49); /* the 51st of 102, in which 10 and 30 are twice */
  assert_int_equal(us[SERVICE_P95], 95);
  assert_int_equal(us[SERVICE_P99], 99);
  /* Only what is within the window counts. */
  service_history_percentiles(&history, 1002 + SERVICE_WINDOW_MS, us);
  assert_int_equal(us[SERVICE_P99], 99);
  service_history_percentiles(&history, 2001 + SERVICE_WINDOW_MS, us);
  assert_int_equal(us[SERVICE_P50], -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_expect),        cmocka_unit_test(test_verdicts),
      cmocka_unit_test(test_weak_tls),      cmocka_unit_test(test_only_tls),
      cmocka_unit_test(test_our_own_limit), cmocka_unit_test(test_history),
      cmocka_unit_test(test_percentiles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
