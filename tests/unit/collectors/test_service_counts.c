/* The values of series, from one page of metrics to the next. */
#include "collectors/service/service_counts.h"
#include "collectors/service/service_figures.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct service_series series;
  struct service_counts *counts;
  struct sample *sample;
  int64_t at_us;
  bool wrong;
};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  static const struct table_spec *const specs[] = {&service_figures_none};
  fixture->sample = sample_new(specs, 1);
  fixture->at_us = 1000000;
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  service_counts_free(fixture->counts);
  service_series_fini(&fixture->series);
  sample_free(fixture->sample);
  free(fixture);
  return 0;
}

static void watch(struct fixture *fixture, const char *series) {
  struct err err;
  if (!service_series_parse(series, &fixture->series, &err))
    fail_msg("%s", err.text);
  fixture->counts = service_counts_new(&fixture->series, 1);
}

/* A page that comes a second after the one before. */
static struct value next(struct fixture *fixture, const char *page) {
  struct err err;
  fixture->at_us += 1000000;
  if (!service_counts_read(fixture->counts, page, strlen(page), false, fixture->at_us, &err))
    fail_msg("%s", err.text);
  return service_counts_value(fixture->counts, 0, fixture->sample, &fixture->wrong);
}

static void assert_value(struct value value, double wanted) {
  double number;
  if (!value_number(value, &number))
    fail_msg("%s", value.text ? value.text : "nothing");
  if (!(fabs(number - wanted) < 1e-9))
    fail_msg("%g is not %g", number, wanted);
}

static void assert_unknown(struct value value, const char *why) {
  assert_int_equal(value.type, VALUE_NONE);
  if (!value.text || !why)
    assert_true(value.text == why);
  else
    assert_string_equal(value.text, why);
}

static const char two[] = "needs two collections";
static const char reset[] = "counters were reset: needs two collections";

static void test_a_rate(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "rate(x_total{code=~\"5..\"}[10s])");
  assert_unknown(next(fixture, "x_total{code=\"500\"} 7\nx_total{code=\"200\"} 100\n"), two);
  assert_value(next(fixture, "x_total{code=\"500\"} 9\nx_total{code=\"200\"} 200\n"), 2);
  /* a code that was not there before counts from 0; over two seconds */
  assert_value(next(fixture, "x_total{code=\"503\"} 4\nx_total{code=\"500\"} 9\n"), 3);
  /* one that is missing for a while keeps its count */
  assert_value(next(fixture, "x_total{code=\"503\"} 4\n"), 2);
  assert_value(next(fixture, "x_total{code=\"503\"} 4\nx_total{code=\"500\"} 11\n"), 2);
  for (int i = 0; i < 20; i++)
    next(fixture, "x_total{code=\"503\"} 4\nx_total{code=\"500\"} 11\n");
  assert_value(next(fixture, "x_total{code=\"503\"} 14\nx_total{code=\"500\"} 11\n"),
               1); /* of 10 s */
}

static void test_no_false_zero(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "rate(x_total{code=~\"5..\"})");
  assert_unknown(next(fixture, "y 1\n"), "no metric x_total");
  assert_true(fixture->wrong);
  assert_unknown(next(fixture, "x_total 1\n"), "x_total has no label code");
  assert_true(fixture->wrong);
  /* there was none so far, as the other codes show */
  assert_unknown(next(fixture, "x_total{code=\"200\"} 5\n"), two);
  assert_false(fixture->wrong);
  assert_value(next(fixture, "x_total{code=\"200\"} 5\n"), 0);
  assert_value(next(fixture, "x_total{code=\"200\"} 5\nx_total{code=\"500\"} 4\n"), 2);
}

static void test_first_seen_with_a_count(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "rate(x_total)");
  assert_unknown(next(fixture, "y 1\n"), "no metric x_total");
  assert_unknown(next(fixture, "x_total 1000\n"), two); /* no jump: it may have been there before */
  assert_value(next(fixture, "x_total 1001\n"), 1);
  assert_unknown(next(fixture, "x_total NaN\n"), "x_total is NaN");
  assert_unknown(next(fixture, "x_total 1002\n"), two);
  assert_value(next(fixture, "x_total 1004\n"), 2);
}

static void test_resets_and_restarts(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "rate(x_total)");
  next(fixture, "x_total{a=\"1\"} 50\nx_total{a=\"2\"} 10\n");
  assert_value(next(fixture, "x_total{a=\"1\"} 60\nx_total{a=\"2\"} 10\n"), 10);
  /* the sum grows, but one of them fell */
  assert_unknown(next(fixture, "x_total{a=\"1\"} 90\nx_total{a=\"2\"} 1\n"), reset);
  assert_value(next(fixture, "x_total{a=\"1\"} 91\nx_total{a=\"2\"} 1\n"), 1);
  assert_unknown(next(fixture, "x_total{a=\"1\"} 92\nprocess_start_time_seconds 5.5\n"),
                 "restarted: needs two collections");
  assert_value(next(fixture, "x_total{a=\"1\"} 93\nprocess_start_time_seconds 5.5\n"), 1);
  assert_unknown(next(fixture, "x_total{a=\"1\"} 94\nprocess_start_time_seconds 6.5\n"),
                 "restarted: needs two collections");
}

static void test_values_that_are_none(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "x{a!=\"z\"}");
  assert_value(next(fixture, "x{a=\"1\"} 2.5\nx{a=\"2\"} -1\nx{a=\"z\"} 9\nx 1\n"), 2.5);
  assert_unknown(next(fixture, "x{a=\"1\"} NaN\nx{a=\"2\"} 1\n"), "x is NaN");
  assert_unknown(next(fixture, "x{a=\"1\"} +Inf\n"), "x is infinite");
  assert_unknown(next(fixture, "x{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 1\n"),
                 "x has the same labels twice");
  assert_unknown(next(fixture, "x{a=\"z\"} 1\n"), "no x matches");
  assert_value(next(fixture, "x{a=\"1\"} 3\n"), 3);
}

static void test_a_gauge_has_no_rate(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "rate(x)");
  assert_unknown(next(fixture, "# TYPE x gauge\nx 5\n"), "x is a gauge, which has no rate");
  assert_unknown(next(fixture, "# TYPE x counter\nx -5\n"), "x is negative");
}

static void test_a_share(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "rate(x_total{code=~\"5..\"}) / rate(x_total)");
  next(fixture, "x_total{code=\"200\"} 100\n");
  assert_unknown(next(fixture, "x_total{code=\"200\"} 100\n"), NULL); /* no requests */
  assert_value(next(fixture, "x_total{code=\"200\"} 103\nx_total{code=\"500\"} 1\n"), 0.25);
}

static void test_a_quantile(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "quantile(0.5, d_seconds{p!=\"/m\"})");
  static const char first[] =
      "# TYPE d_seconds histogram\n"
      "d_seconds_bucket{p=\"/\",le=\"0.1\"} 1000\nd_seconds_bucket{p=\"/\",le=\"1\"} 1000\n"
      "d_seconds_bucket{p=\"/\",le=\"+Inf\"} 1000\nd_seconds_count{p=\"/\"} 1000\n";
  assert_unknown(next(fixture, first), two);
  assert_unknown(next(fixture, first), NULL); /* nothing was observed: neither 0 nor unknown */
  /* two paths, and one that is not meant; 4 up to 0.1, 4 up to 1, 0 above */
  assert_value(next(fixture,
                    "d_seconds_bucket{p=\"/\",le=\"0.1\"} 1002\nd_seconds_bucket{p=\"/\",le=\"1\"} "
                    "1004\nd_seconds_bucket{p=\"/\",le=\"+Inf\"} 1004\n"
                    "d_seconds_bucket{p=\"/b\",le=\"0.1\"} 2\nd_seconds_bucket{p=\"/b\",le=\"1\"} "
                    "4\nd_seconds_bucket{p=\"/b\",le=\"+Inf\"} 4\n"
                    "d_seconds_bucket{p=\"/m\",le=\"+Inf\"} 99\n"),
               0.1);
  struct value value = next(fixture, "d_seconds_bucket{p=\"/\",le=\"0.1\"} 1002\n"
                                     "d_seconds_bucket{p=\"/\",le=\"1\"} 1004\n"
                                     "d_seconds_bucket{p=\"/\",le=\"+Inf\"} 1999\n");
  assert_value(value, 1);
  assert_true(value.at_least); /* above the last limit */
  assert_unknown(next(fixture, "d_seconds_bucket{p=\"/\",le=\"x\"} 1\n"),
                 "d_seconds_bucket has no limit le");
}

static void test_pages_that_are_refused(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  watch(fixture, "rate(x_total)");
  next(fixture, "x_total 1\n");
  assert_false(service_counts_read(fixture->counts, "<html>", 6, false, 9000000, &err));
  assert_string_equal(err.text, "line 1 is not a metric: <html>");
  assert_false(service_counts_read(fixture->counts, "x_total 5\n", 10, true, 9000000, &err));
  assert_string_equal(err.text, "the page does not end with # EOF; it may be cut");
  assert_false(service_counts_read(fixture->counts, "# a\n", 4, false, 9000000, &err));
  assert_string_equal(err.text, "the page has no metrics");
  assert_value(next(fixture, "x_total 3\n# EOF\n"), 2); /* they changed nothing */
}

static void test_many_samples(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "x");
  const size_t size = 32 * (COUNTS_SAMPLES_MAX + 1);
  char *page = malloc(size);
  size_t len = 0;
  for (int i = 0; i <= COUNTS_SAMPLES_MAX; i++)
    len += (size_t)snprintf(page + len, size - len, "x{i=\"%d\"} 1\n", i);
  assert_unknown(next(fixture, page), "more than 16384 samples match; name more labels");
  page[len - strlen("x{i=\"16384\"} 1\n")] = '\0';
  assert_value(next(fixture, page), COUNTS_SAMPLES_MAX);
  free(page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_rate, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_false_zero, setup, teardown),
      cmocka_unit_test_setup_teardown(test_first_seen_with_a_count, setup, teardown),
      cmocka_unit_test_setup_teardown(test_resets_and_restarts, setup, teardown),
      cmocka_unit_test_setup_teardown(test_values_that_are_none, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_gauge_has_no_rate, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_share, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_quantile, setup, teardown),
      cmocka_unit_test_setup_teardown(test_pages_that_are_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(test_many_samples, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
