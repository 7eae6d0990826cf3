/* From feeds to a sample: what belongs together, what is not known, and what metrics.k8s.io says.
 */
#include "collectors/kubernetes/kubernetes_rows.h"

#include "clients/kubernetes/kubernetes_contract.h"
#include "core/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct kubernetes_feed feeds[KUBERNETES_WATCHED_COUNT];
static struct sample *sample;
static json_t *metrics;

static int setup(void **state) {
  (void)state;
  for (size_t i = 0; i < KUBERNETES_WATCHED_COUNT; i++) {
    feed_init(&feeds[i], NULL, (enum kubernetes_kind)i, NULL);
    feeds[i].known = true;
  }
  return 0;
}

static int teardown(void **state) {
  (void)state;
  for (size_t i = 0; i < KUBERNETES_WATCHED_COUNT; i++)
    feed_fini(&feeds[i]);
  sample_free(sample);
  json_decref(metrics);
  sample = NULL;
  metrics = NULL;
  return 0;
}

static void add(enum kubernetes_kind kind, const char *name, const char *rest) {
  char *line = mem_printf("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"uid\":\"%s\",\"name\":"
                          "\"%s\",\"namespace\":\"ecap\",\"generation\":1%s}}}",
                          name, name, rest);
  if (!feed_take_line(&feeds[kind], line, strlen(line)))
    fail_msg("%s", line);
  free(line);
}

static void make(const char *usage) {
  sample_free(sample);
  json_decref(metrics);
  metrics = usage ? json_loads(usage, 0, NULL) : NULL;
  sample = kubernetes_sample(&(struct kubernetes_answers){.name = "k",
                                                          .version = "v1.31.4",
                                                          .latency_us = 1000,
                                                          .feeds = feeds,
                                                          .feed_count = KUBERNETES_WATCHED_COUNT,
                                                          .metrics = metrics,
                                                          .no_metrics = usage ? NULL : "no metrics",
                                                          .now_s = 1795785732});
}

static struct value cell(enum kubernetes_table table, size_t row, size_t column) {
  assert_true(row < sample->tables[table].row_count);
  return sample->tables[table].rows[row].cells[column];
}

#define POD(state)                                                                                \
  ",\"labels\":{\"pod-template-hash\":\"77\"},\"ownerReferences\":[{\"kind\":\"ReplicaSet\","     \
  "\"name\":\"api-77\",\"controller\":true}]},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{"    \
  "\"name\":\"main\",\"resources\":{\"limits\":{\"memory\":\"100Mi\"}}}]},\"status\":{\"phase\":" \
  "\"Running\",\"containerStatuses\":[{\"name\":\"main\"," state "}]"
#define USAGE(cpu, memory)                                                                         \
  "{\"items\":[{\"metadata\":{\"namespace\":\"ecap\",\"name\":\"a\"},\"containers\":[{\"usage\":{" \
  "\"cpu\":\"" cpu "\",\"memory\":\"" memory                                                       \
  "\"}},{\"usage\":{\"cpu\":\"1m\",\"memory\":\"0\"}}]}]}"

static void test_metrics(void **state) {
  double number;
  (void)state;
  add(KUBERNETES_POD, "a", POD("\"ready\":true"));
  make(USAGE("249m", "51200Ki"));
  assert_true(value_number(cell(KUBERNETES_PODS, 0, POD_CPU), &number) && number > 0.2499 &&
              number < 0.2501);
  assert_true(value_number(cell(KUBERNETES_PODS, 0, POD_MEMORY), &number) && number == 50 << 20);
  assert_true(value_number(cell(KUBERNETES_PODS, 0, POD_MEMORY_RATIO), &number) && number == 0.5);
  make(USAGE("many", "51200Ki")); /* half of it is not known */
  assert_int_equal(cell(KUBERNETES_PODS, 0, POD_CPU).type, VALUE_NONE);
  make("{\"items\":3}");
  assert_string_equal(cell(KUBERNETES_PODS, 0, POD_CPU).text,
                      "metrics.k8s.io does not know this pod yet");
  make(NULL);
  assert_string_equal(cell(KUBERNETES_PODS, 0, POD_MEMORY).text, "no metrics");
  assert_string_equal(sample->notes[0].text, "no metrics");
}

static void test_the_worst_pod_is_the_cause(void **state) {
  (void)state;
  add(KUBERNETES_DEPLOYMENT, "api",
      "},\"spec\":{\"replicas\":2},\"status\":{\"observedGeneration\":1,\"updatedReplicas\":2,"
      "\"availableReplicas\":0");
  add(KUBERNETES_SCALER, "auto",
      "},\"spec\":{\"minReplicas\":2,\"maxReplicas\":9,\"scaleTargetRef\":{\"kind\":\"Deployment\","
      "\"name\":\"api\"}");
  add(KUBERNETES_POD, "a",
      POD("\"ready\":false,\"restartCount\":1,\"lastState\":{\"terminated\":{"
          "\"exitCode\":2,\"finishedAt\":\"2026-11-27T13:22:00Z\"}}"));
  add(KUBERNETES_POD, "b", POD("\"state\":{\"waiting\":{\"reason\":\"ErrImagePull\"}}"));
  make(NULL);
  const struct row *row = &sample->tables[KUBERNETES_WORKLOADS].rows[0];
  assert_string_equal(row->reason, "0 of 2 pods available: image cannot be pulled (ErrImagePull)");
  assert_string_equal(row->cells[WORKLOAD_LABEL].text, "ecap/api");
  assert_string_equal(row->cells[WORKLOAD_SCALER].text, "auto, 2 to 9");
  assert_string_equal(cell(KUBERNETES_PODS, 0, POD_LABEL).text, "ecap/b"); /* the worst first */
  assert_string_equal(cell(KUBERNETES_PODS, 0, POD_OWNER).text, "Deployment api");
}

#define JOB(condition, at)                                                                    \
  ",\"ownerReferences\":[{\"kind\":\"CronJob\",\"name\":\"report\",\"controller\":true}]},"   \
  "\"status\":{\"failed\":2,\"conditions\":[{\"type\":\"" condition "\",\"status\":\"True\"," \
  "\"reason\":\"BackoffLimitExceeded\",\"lastTransitionTime\":\"2026-11-27T" at "Z\"}]"

static const struct row *workload_named(const char *label) {
  const struct table *table = &sample->tables[KUBERNETES_WORKLOADS];
  for (size_t i = 0; i < table->row_count; i++)
    if (strcmp(table->rows[i].cells[WORKLOAD_LABEL].text, label) == 0)
      return &table->rows[i];
  fail_msg("no row %s", label);
  return NULL;
}

/* A job that failed is a finding until a later one of its cron job succeeds. */
static void test_jobs(void **state) {
  double number;
  (void)state;
  add(KUBERNETES_CRON_JOB, "report",
      "},\"spec\":{\"schedule\":\"0 3 * * *\"},\"status\":{\"active\":[{}],\"lastScheduleTime\":"
      "\"2026-11-27T13:00:00Z\"");
  add(KUBERNETES_JOB, "report-1", JOB("Failed", "13:00:00"));
  add(KUBERNETES_JOB, "report-2", JOB("Failed", "13:10:00"));
  add(KUBERNETES_POD, "p",
      ",\"ownerReferences\":[{\"kind\":\"Job\",\"name\":\"report-2\",\"controller\":true}]},"
      "\"spec\":{"
      "\"containers\":[{\"name\":\"main\"}]},\"status\":{\"phase\":\"Failed\","
      "\"containerStatuses\":["
      "{\"name\":\"main\",\"state\":{\"terminated\":{\"exitCode\":3,\"reason\":\"Error\","
      "\"message\":"
      "\"no table\\nmore\"}}}]");
  make(NULL);
  const struct row *cron = workload_named("ecap/report"), *job = workload_named("ecap/report-2");
  assert_string_equal(job->reason,
                      "failed (BackoffLimitExceeded): failed with exit code 3: no table");
  assert_string_equal(job->cells[WORKLOAD_KIND].text, "job");
  assert_true(value_number(job->cells[WORKLOAD_FAILED], &number) && number == 2);
  assert_true(value_number(cron->cells[WORKLOAD_FAILED], &number) && number == 2);
  assert_true(value_number(cron->cells[WORKLOAD_ACTIVE], &number) && number == 1);
  assert_true(value_number(cron->cells[WORKLOAD_SCHEDULED], &number) && number == 1795784400e3);
  assert_int_equal(workload_named("ecap/report-1")->severity, SEVERITY_WARN);
  assert_int_equal(cell(KUBERNETES_SUMMARY, 0, SUMMARY_WORKLOADS).integer,
                   1); /* jobs come and go */
  add(KUBERNETES_JOB, "report-3", JOB("Complete", "13:05:00"));
  make(NULL);
  assert_int_equal(workload_named("ecap/report-1")->severity, SEVERITY_OK);
  assert_int_equal(workload_named("ecap/report-2")->severity, SEVERITY_WARN);
  feeds[KUBERNETES_JOB].known = false;
  make(NULL);
  assert_string_equal(workload_named("ecap/report")->cells[WORKLOAD_FAILED].text,
                      "jobs could not be listed");
}

static void test_what_is_not_known(void **state) {
  size_t faults = 0;
  (void)state;
  add(KUBERNETES_POD, "a", POD("\"ready\":true"));
  feeds[KUBERNETES_POD].known = false; /* it was known before */
  err_set(&feeds[KUBERNETES_POD].err, ERR_TIMEOUT, "no answer within 3s");
  feeds[KUBERNETES_NODE].known = false;
  feeds[KUBERNETES_NODE].denied = true;
  make("{}");
  assert_int_equal(sample->tables[KUBERNETES_PODS].row_count, 0);
  assert_string_equal(cell(KUBERNETES_SUMMARY, 0, SUMMARY_PODS).text, "they could not be listed");
  for (size_t i = 0; i < sample->note_count; i++) {
    faults += sample->notes[i].severity == SEVERITY_UNKNOWN;
    if (sample->notes[i].severity == SEVERITY_UNKNOWN)
      assert_string_equal(sample->notes[i].text, "pods could not be listed: no answer within 3s");
  }
  assert_int_equal(faults, 1); /* a missing right is none */
  for (size_t i = 0; i < KUBERNETES_WATCHED_COUNT; i++) {
    feeds[i].known = false;
    feeds[i].denied = true;
  }
  make("{}");
  faults = 0;
  for (size_t i = 0; i < sample->note_count; i++)
    faults += strncmp(sample->notes[i].text, "no right to list anything", 25) == 0 &&
              sample->notes[i].severity == SEVERITY_UNKNOWN;
  assert_int_equal(faults, 1);
}

static void test_a_list_that_is_cut(void **state) {
  (void)state;
  feeds[KUBERNETES_POD].cut = true;
  make("{}");
  assert_int_equal(sample->notes[0].severity, SEVERITY_UNKNOWN);
  assert_string_equal(sample->notes[0].text, "only 0 pods are read; limit them with namespaces");
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_metrics),           TEST(test_the_worst_pod_is_the_cause), TEST(test_jobs),
      TEST(test_what_is_not_known), TEST(test_a_list_that_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
