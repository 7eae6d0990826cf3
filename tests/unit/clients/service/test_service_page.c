/* Pages of metrics: their lines, and what a series means. */
#include "clients/service/service_quantile.h"
#include "clients/service/service_series.h"
#include "clients/web/metrics_page.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct got {
  char text[2000];
  char types[500];
};

static void append(char *out, size_t size, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const size_t used = strlen(out);
  vsnprintf(out + used, size - used, format, args);
  va_end(args);
}

static bool wants(void *arg, struct page_text name) {
  (void)arg;
  return !page_text_is(name, "unwanted");
}

static void on_sample(void *arg, const struct page_sample *sample) {
  struct got *got = arg;
  append(got->text, sizeof got->text, "%.*s", (int)sample->name.len, sample->name.text);
  for (size_t i = 0; i < sample->label_count; i++)
    append(got->text, sizeof got->text, "|%.*s=%.*s", (int)sample->labels[i].name.len,
           sample->labels[i].name.text, (int)sample->labels[i].value.len,
           sample->labels[i].value.text);
  append(got->text, sizeof got->text, " %g;", sample->value);
}

static void on_type(void *arg, struct page_text name, enum page_type type) {
  struct got *got = arg;
  append(got->types, sizeof got->types, "%.*s=%d;", (int)name.len, name.text, (int)type);
}

static const char *page(const char *text) {
  static struct got got;
  static struct err err;
  struct page_facts facts;
  got = (struct got){0};
  const struct page_reader reader = {&got, wants, on_sample, on_type};
  return metrics_page_read(text, strlen(text), &reader, &facts, &err) ? got.text : err.text;
}

static void test_lines(void **state) {
  (void)state;
  assert_string_equal(page("a 1\nb{x=\"1\"} 2.5\n\n# HELP b what it is\nc{} 3e2 1520879607789\n"),
                      "a 1;b|x=1 2.5;c 300;");
  assert_string_equal(page("a{x=\"1\",y=\"2\",} 1"), "a|x=1|y=2 1;"); /* no newline at the end */
  assert_string_equal(page("a { x = \"1\" , y=\"2\" }\t1\r\n  b 2  \n"), "a|x=1|y=2 1;b 2;");
  assert_string_equal(page("a{p=\"C:\\\\x\\n\\\"q\\\"\",z=\"}, # \"} 1\n"),
                      "a|p=C:\\x\n\"q\"|z=}, #  1;");
  assert_string_equal(page("a NaN\nb +Inf\nc -Inf\nd -0.5\ne 1e-3\n"),
                      "a nan;b inf;c -inf;d -0.5;e 0.001;");
  /* an exemplar, with and without a timestamp, and a timestamp before it */
  assert_string_equal(page("a_bucket{le=\"1\"} 5 # {trace_id=\"K\\\"x\"} 0.67 1520879607.789\n"
                           "a_total 5 1520879607.7 # {} 0.67\n# EOF\n"),
                      "a_bucket|le=1 5;a_total 5;");
  assert_string_equal(page("unwanted{a=\"\\\"\"} 1\nunwanted 2\nb 3\n"), "b 3;");
  assert_string_equal(page(""), "");
}

static void test_what_is_not_metrics(void **state) {
  (void)state;
  static const char *const bad[] = {"<html>",     "{\"a\": 1}",    "a",
                                    "a b",        "a 1 2 3",       "a{x=1} 1",
                                    "a{x=\"1} 2", "a{x=\"1\"",     "a{x=\"1\"}",
                                    "a{\"x\"} 1", "1a 2",          "a 0x10",
                                    "a 1,5",      "a nan(1)",      "a 1a",
                                    "a +",        "a{x=\"\\",      "a 1 # trace",
                                    "a 1 #",      "unwanted{x} 1", "a{x=\"1\" y=\"2\"} 1",
                                    "a{,} 1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[100];
    snprintf(text, sizeof text, "ok 1\n%s\nrest 2\n", bad[i]);
    if (strncmp(page(text), "line 2 is not a metric: ", 24) != 0)
      fail_msg("%s: %s", bad[i], page(text));
  }
  assert_string_equal(page("a 1\n# EOF\nb 2\n"), "line 3 follows \"# EOF\"");
}

static void test_too_many_labels(void **state) {
  (void)state;
  char text[2000] = "a{";
  for (int i = 0; i < PAGE_LABELS_MAX + 1; i++)
    append(text, sizeof text, "l%d=\"1\",", i);
  append(text, sizeof text, "} 1\n");
  assert_non_null(strstr(page(text), "line 1 is not a metric"));
}

/* ---- series */

static const char *wrong(const char *text) {
  static struct err err;
  err.text[0] = '\0';
  return service_series_check(text, &err) ? "" : err.text;
}

static void test_series(void **state) {
  (void)state;
  struct service_series series;
  struct err err;
  assert_true(service_series_parse(
      "rate(http_requests_total{code=~\"5..\", path!='/health'}[5m]) warn 0.1/s crit 1 for 2m",
      &series, &err));
  assert_int_equal(series.operand_count, 1);
  assert_int_equal(series.operands[0].as, SERIES_RATE);
  assert_string_equal(series.operands[0].selector.name, "http_requests_total");
  assert_int_equal(series.operands[0].window_ms, 300000);
  assert_int_equal(series.unit, UNIT_PER_SECOND);
  assert_true(series.threshold.warn == 0.1 && series.threshold.crit == 1);
  assert_int_equal(series.threshold.for_ms, 120000);
  assert_true(series.threshold.asked);
  service_series_fini(&series);
  assert_true(service_series_parse("quantile(0.95, x_seconds_bucket) warn 250ms", &series, &err));
  assert_string_equal(series.operands[0].selector.name, "x_seconds_bucket");
  assert_int_equal(series.unit, UNIT_SECONDS);
  assert_true(series.threshold.warn == 0.25);
  service_series_fini(&series);
  assert_true(service_series_parse("histogram_quantile(0.5,x{a=\"b\"}[1h])", &series, &err));
  assert_string_equal(series.operands[0].selector.name, "x_bucket");
  service_series_fini(&series);
}

static enum unit unit(const char *text) {
  struct service_series series;
  struct err err;
  if (!service_series_parse(text, &series, &err))
    fail_msg("%s: %s", text, err.text);
  const enum unit unit = series.unit;
  service_series_fini(&series);
  return unit;
}

static void test_units(void **state) {
  (void)state;
  assert_int_equal(unit("process_resident_memory_bytes"), UNIT_BYTES);
  assert_int_equal(unit("queue_length"), UNIT_COUNT);
  assert_int_equal(unit("process_start_time_seconds"), UNIT_TIME);
  assert_int_equal(unit("hit_ratio"), UNIT_RATIO);
  assert_int_equal(unit("rate(sent_bytes_total)"), UNIT_BYTES_PER_SECOND);
  assert_int_equal(unit("rate(process_cpu_seconds_total)"), UNIT_RATIO); /* of one CPU */
  assert_int_equal(unit("rate(x_total)/rate(y_total)"), UNIT_RATIO);
  assert_int_equal(unit("rate(x_seconds_sum)/rate(x_seconds_count)"), UNIT_SECONDS);
  assert_int_equal(unit("queue_length unit bytes warn 1GB"), UNIT_BYTES);
}

static void test_wrong_series(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "expected the name of a metric"},
      {"sum(x)", "unknown function \"sum\" (known: rate, quantile)"},
      {"rate(x", "expected ) at"},
      {"rate(x[5])", "window: "},
      {"rate(x[2d])", "out of range"},
      {"x[5m]", "a window is for rate() and quantile()"},
      {"x{code}", "expected =, !=, =~ or !~ after code"},
      {"x{code=5}", "expected a value in quotes at \"5}\""},
      {"x{code=\"5}", "no closing quote"},
      {"x{code=\"\\d\"}", "unknown escape"},
      {"x{code=~\"5\\\\d\\\\d\"}", "write [0-9] for a digit"},
      {"x{code=~\"(?i)a\"}", "(? is not supported"},
      {"x{code=~\"(\"}", "is not a regular expression"},
      {"x{code=\"5\" a=\"b\"}", "expected , or } at"},
      {"quantile(95, x)", "is not a quantile; write a number between 0 and 1"},
      {"quantile(0.5 x)", "expected a comma at"},
      {"quantile(0.5, x) / y", "a quantile is not divided"},
      {"x wran 5", "unknown word \"wran\" (known: warn, crit, for, below, unit, /)"},
      {"x warn", "warn needs a limit"},
      {"x warn abc", "is not a quantity"},
      {"rate(x) warn 5%", "is a share, but its unit is per_second"},
      {"x warn 5 crit 3", "crit is reached before warn"},
      {"x warn 3 crit 5 below", "crit is reached before warn"},
      {"x for 5m", "for needs warn or crit"},
      {"x unit parsec", "unknown unit \"parsec\""},
      {"x warn 5 unit bytes", "unit comes before warn and crit"},
      {"x_timestamp_seconds warn 5s", "a point in time has no threshold"},
      {"quantile(0.5, x_seconds) warn 5", "5"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (!*wrong(cases[i][0]) || !strstr(wrong(cases[i][0]), cases[i][1]))
      fail_msg("%s: \"%s\"", cases[i][0], wrong(cases[i][0]));
  struct err err;
  assert_true(service_series_name_check("5xx share", &err));
  assert_false(service_series_name_check("", &err));
  assert_false(service_series_name_check("a/b", &err));
  assert_false(service_series_name_check(" a", &err));
  assert_false(service_series_name_check("a title of more than 24 b", &err));
}

/* Which of some samples match. */
static const char *matched(const char *selector) {
  static char out[100];
  struct service_selector parsed;
  struct err err;
  const char *at = selector;
  static const char *const codes[] = {"200", "404", "500", "503", "5000", "", "a\nb"};
  out[0] = '\0';
  assert_true(service_selector_parse(&at, &parsed, &err));
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    const struct page_sample sample = {
        .name = {"x", 1},
        .labels = {{{"code", 4}, {codes[i], strlen(codes[i])}}},
        .label_count = *codes[i] ? 1 : 0, /* "" is a label that is missing */
    };
    if (service_selector_matches(&parsed, &sample))
      append(out, sizeof out, "%s,", codes[i]);
  }
  service_selector_fini(&parsed);
  return out;
}

static void test_matching(void **state) {
  (void)state;
  assert_string_equal(matched("x{code=\"500\"}"), "500,");
  assert_string_equal(matched("x{code=~\"5..\"}"), "500,503,"); /* anchored at both ends */
  assert_string_equal(matched("x{code=~\"200|404\"}"), "200,404,");
  assert_string_equal(matched("x{code!~\"[25]..|5000\"}"), "404,,a\nb,");
  assert_string_equal(matched("x{code!=\"200\",code!=\"404\"}"), "500,503,5000,,a\nb,");
  assert_string_equal(matched("x{code=\"\"}"), ",");
  assert_string_equal(matched("x{code=\"a\\nb\"}"), "a\nb,");
}

/* ---- quantiles */

static double quantile(double q, const double *counts, bool *at_least) {
  static const double limits[] = {0.1, 0.5, 1, INFINITY};
  struct service_bucket buckets[4];
  double value = -1;
  for (size_t i = 0; i < 4; i++)
    buckets[i] = (struct service_bucket){limits[i], counts[i]};
  return service_quantile(q, buckets, 4, &value, at_least) ? value : -1;
}

static void assert_near(double value, double wanted) {
  if (!(fabs(value - wanted) < 1e-9))
    fail_msg("%.12g is not %.12g", value, wanted);
}

/* The values are those of promtool 2.42 (histogram_quantile). */
static void test_quantiles(void **state) {
  (void)state;
  bool more;
  assert_near(quantile(0.5, (double[]){10, 20, 30, 40}, &more), 0.5);
  assert_near(quantile(0.25, (double[]){10, 20, 30, 40}, &more), 0.1);
  assert_near(quantile(0.1, (double[]){10, 20, 30, 40}, &more), 0.04);
  assert_near(quantile(0.6, (double[]){10, 20, 30, 40}, &more), 0.7);
  assert_false(more);
  assert_near(quantile(0.9, (double[]){10, 20, 30, 40}, &more), 1);
  assert_true(more); /* beyond the last finite limit */
  assert_near(quantile(0.5, (double[]){10, 5, 30, 40}, &more), 0.75); /* made monotonic */
  assert_near(quantile(0.5, (double[]){0, 0, 0, 0}, &more), -1);
  struct service_bucket one[] = {{INFINITY, 5}}, finite[] = {{1, 5}, {2, 9}};
  double value;
  assert_false(service_quantile(0.5, one, 1, &value, &more));
  assert_false(service_quantile(0.5, finite, 2, &value, &more));
  struct service_bucket negative[] = {{-1, 5}, {0, 6}, {INFINITY, 6}};
  assert_true(service_quantile(0.5, negative, 3, &value, &more));
  assert_near(value, -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),           cmocka_unit_test(test_what_is_not_metrics),
      cmocka_unit_test(test_too_many_labels), cmocka_unit_test(test_series),
      cmocka_unit_test(test_units),           cmocka_unit_test(test_wrong_series),
      cmocka_unit_test(test_matching),        cmocka_unit_test(test_quantiles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
