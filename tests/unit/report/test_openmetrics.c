/* Metrics for Prometheus: names, labels, limits, and what is absent. */
#include "report/openmetrics/openmetrics.h"
#include "report/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct column_spec columns[] = {
    {.id = "name", .title = "NAME"},
    {.id = "lag", .title = "LAG", .unit = UNIT_COUNT, .metric = "kafka.lag", .help = "messages"},
    {.id = "age", .title = "AGE", .unit = UNIT_SECONDS, .metric = "kafka.age"},
    {.id = "used", .title = "USED", .unit = UNIT_RATIO, .metric = "disk.used"},
    {.id = "other", .title = "OTHER", .unit = UNIT_COUNT},
};
static const struct table_spec groups = {
    .id = "groups", .title = "Groups", .columns = columns, .column_count = 5};
static const struct table_spec *const specs[] = {&groups};

struct fixture {
  struct config *config;
  struct model model;
};

static int setup(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  fixture->config = config_new();
  static const char *const names[] = {"main \"a\\b\"\n", "down"};
  for (size_t i = 0; i < 2; i++) {
    struct target *target = target_new(&fixture_kafka, names[i]);
    target->interval_ms = 2000;
    target->timeout_ms = 1000;
    config_add(fixture->config, target);
  }
  model_init(&fixture->model, fixture->config);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  model_fini(&fixture->model);
  config_free(fixture->config);
  free(fixture);
  return 0;
}

static void publish(struct fixture *fixture, size_t rows) {
  struct sample *sample = sample_new(specs, 1);
  struct err err;
  char key[32];
  sample->taken_ms = FIXTURE_NOW;
  for (size_t i = 0; i < rows; i++) {
    snprintf(key, sizeof key, i == 0 ? "bad\x1b[31m" : "group %zu", i);
    struct row *row = sample_row(sample, &sample->tables[0], key, NULL);
    row->cells[0] = value_text(row->key);
    row->cells[1] = value_int((int64_t)i);
    row->cells[2] = i == 1 ? value_none("not known") : value_real(1.5);
    row->cells[3] = value_real(0.25);
    row->cells[4] = value_int(7);
  }
  model_publish(&fixture->model, 0, sample, FIXTURE_NOW);
  err_set(&err, ERR_REFUSED, "nothing listens");
  model_fail(&fixture->model, 1, &err, FIXTURE_NOW);
  model_evaluate(&fixture->model, FIXTURE_NOW, true);
}

static char *written(struct fixture *fixture) {
  char *text;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_true(report_openmetrics_write(out, &fixture->model, FIXTURE_NOW));
  fclose(out);
  return text;
}

static void expect(const char *text, const char *line, bool there) {
  if (!strstr(text, line) == there)
    fail_msg("%s %s in\n%s", there ? "no" : "has", line, text);
}

static size_t count_of(const char *text, const char *words) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, words)); at++)
    count++;
  return count;
}

static void test_what_is_written(void **state) {
  publish(*state, 4);
  char *text = written(*state);
  expect(text, "\nstacktop_kafka_lag{kind=\"kafka\",target=\"main \\\"a\\\\b\\\"", true);
  expect(text, "table=\"groups\",row=\"group 3\"} 3\n", true);
  expect(text, "# TYPE stacktop_kafka_lag gauge\n# HELP stacktop_kafka_lag messages\n", true);
  expect(text, "# UNIT stacktop_kafka_age_seconds seconds\n", true);
  expect(text, "# UNIT stacktop_disk_used_ratio ratio\n", true);
  expect(text, "stacktop_target_fresh{kind=\"kafka\",target=\"down\"} 0\n", true);
  expect(text, "stacktop_target_severity{kind=\"kafka\",target=\"down\"} 3\n", true);
  expect(text, "stacktop_target_age_seconds{kind=\"kafka\",target=\"down\"}", false);
  expect(text, "stacktop_findings{severity=\"critical\"} 1\n", true);
  expect(text, "OTHER", false);
  expect(text, "\x1b", false);
  /* the row with an escape in its key is left out, and counted; an unknown value is absent */
  assert_int_equal(count_of(text, "\nstacktop_kafka_lag{"), 3);
  assert_int_equal(count_of(text, "\nstacktop_kafka_age_seconds{"), 2);
  expect(text, ",table=\"groups\"} 1\n", true);
  assert_string_equal(text + strlen(text) - 6, "# EOF\n");
  free(text);
}

static void test_rows_are_bounded(void **state) {
  publish(*state, 1000);
  char *text = written(*state);
  assert_int_equal(count_of(text, "\nstacktop_kafka_lag{"), OPENMETRICS_ROWS_MAX - 1);
  expect(text, ",table=\"groups\"} 901\n", true);
  expect(text, "\nstacktop_series_left_out 0\n", true);
  free(text);
}

static void test_names(void **state) {
  (void)state;
  char out[OPENMETRICS_NAME_MAX];
  assert_string_equal(openmetrics_name(out, "redis.evicted", UNIT_PER_SECOND),
                      "stacktop_redis_evicted_per_second");
  assert_string_equal(openmetrics_name(out, "x.read_bytes", UNIT_BYTES), "stacktop_x_read_bytes");
  assert_string_equal(openmetrics_name(out, "x.since", UNIT_TIME),
                      "stacktop_x_since_timestamp_seconds");
  assert_string_equal(openmetrics_name(out, "service.series.a-b", UNIT_NONE),
                      "stacktop_service_series_a_b");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_what_is_written, setup, teardown),
      cmocka_unit_test_setup_teardown(test_rows_are_bounded, setup, teardown),
      cmocka_unit_test(test_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
