/* Answers of Spark's API: real ones of 3.5.8, shortened, and wrong ones. Pure. */
#include "clients/spark/spark.h"
#include "clients/spark/spark_batches.h"

#include "core/json/json_tree.h"
#include "support/core_test.h"

#include <string.h>

struct bench {
  struct arena arena;
  json_t *json;
};

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  arena_init(&bench->arena, 8 << 20);
  *state = bench;
  return 0;
}

static int teardown(void **state) {
  struct bench *bench = *state;
  json_decref(bench->json);
  arena_fini(&bench->arena);
  free(bench);
  return 0;
}

static json_t *parsed(struct bench *bench, const char *text) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 100000, .depth = 64, .as_reals = true, .without_nul = true};
  struct err err;
  json_decref(bench->json);
  bench->json = json_tree_new(text, strlen(text), &limits, &err);
  if (!bench->json)
    fail_msg("%s: %s", text, err.text);
  return bench->json;
}

#define APP(id, attempt, updated, completed)                                                 \
  "{\"id\":\"" id "\",\"name\":\"slow stream\",\"attempts\":[{" attempt                      \
  "\"startTime\":\"2026-11-28T02:07:08.833GMT\",\"endTime\":\"1969-12-31T23:59:59.999GMT\"," \
  "\"lastUpdated\":\"" updated                                                               \
  "\",\"duration\":98446,\"sparkUser\":\"root\",\"completed\":" completed                    \
  ",\"appSparkVersion\":\"3.5.8\"}]}"
static const char started[] = "2026-11-28T02:07:08.833GMT";

static void test_applications(void **state) {
  struct bench *bench = *state;
  struct spark_apps apps = {0};
  struct err err;
  unsigned port = 9;
  const char list[] = "[" APP("local-1", "", "2026-11-28T02:07:08.833GMT", "false") "," APP(
      "application_1_7", "\"attemptId\":\"2\",", "2026-11-28T02:09:08.833GMT", "false") "]";
  assert_true(spark_apps_read(parsed(bench, list), 0, &bench->arena, &apps, &err));
  assert_true(spark_apps_read(parsed(bench, list), 3, &bench->arena, &apps, &err));
  assert_int_equal(apps.count, 4);
  assert_true(apps.items[0].live);
  assert_false(apps.items[1].live); /* its log was written since: a history server says so */
  assert_int_equal(apps.items[0].start_ms, spark_time_ms(started));
  assert_int_equal(apps.items[0].end_ms, -1);
  assert_string_equal(spark_app_key(&apps.items[0], &bench->arena), "local-1");
  const char *key = spark_app_key(&apps.items[3], &bench->arena);
  assert_string_equal(key, "application_1_7/2@3");
  assert_string_equal(spark_app_path(key, "/jobs", &port, &bench->arena),
                      "/api/v1/applications/application_1_7/2/jobs");
  assert_int_equal(port, 3);
}

static void test_what_is_no_application(void **state) {
  struct bench *bench = *state;
  static const char *const wrong[] = {
      "{}",
      "[{}]",
      "[1]",
      "[{\"id\":\"a\",\"attempts\":[]}]",
      "[" APP("../x", "", "2026-11-28T02:07:08.833GMT", "false") "]",
      "[" APP("a?b", "", "2026-11-28T02:07:08.833GMT", "false") "]",
      "[" APP("a", "", "2026-11-28T02:07:08.833GMT", "3") "]"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct spark_apps apps = {0};
    struct err err = {0};
    assert_false(spark_apps_read(parsed(bench, wrong[i]), 0, &bench->arena, &apps, &err));
    assert_int_equal(err.kind, ERR_PROTOCOL);
  }
  static const char *const keys[] = {"", "a/b/c", "a@x", "a@17", "a@-1", "../a", "a b", "a/"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    unsigned port;
    assert_null(spark_app_path(keys[i], "/jobs", &port, &bench->arena));
  }
}

static void test_ports(void **state) {
  struct arena *arena = &((struct bench *)*state)->arena;
  assert_string_equal(spark_url_at("http://h:4040", 1, arena), "http://h:4041");
  assert_string_equal(spark_url_at("https://h/spark", 1, arena), "https://h:444/spark");
  assert_string_equal(spark_url_at("http://[::1]:4040/a:b", 2, arena), "http://[::1]:4042/a:b");
  assert_string_equal(spark_url_at("http://[::1]", 0, arena), "http://[::1]:80");
  assert_null(spark_url_at("http://h:65535", 1, arena));
}

static void test_times(void **state) {
  (void)state;
  assert_int_equal(spark_time_ms("2026-11-28T02:07:48.671GMT"), 1795831668671);
  assert_int_equal(spark_time_ms("2026-11-28T02:07:48GMT"), 1795831668000);
  assert_int_equal(spark_time_ms("2026-11-28T02:07:48.671Z"), -1);
  assert_int_equal(spark_time_ms("1969-12-31T23:59:59.999GMT"), -1);
  assert_int_equal(spark_time_ms(""), -1);
}

static void test_reasons(void **state) {
  struct arena *arena = &((struct bench *)*state)->arena;
  static const char head[] =
      "Job aborted due to stage failure: Task 1 in stage 0.0 failed 1 times, most recent failure: "
      "Lost task 1.0 in stage 0.0 (TID 1) (localhost executor driver): ";
  char text[2048];
  snprintf(text, sizeof text,
           "%sorg.apache.spark.api.python.PythonException: Traceback (most recent call last):\n"
           "  File \"/app.py\", line 26, in boom\n    raise ValueError(\"bad\")\n"
           "ValueError: bad record 7\n\n\tat org.apache.spark.api.python.BasePythonRunner\n"
           "\nDriver stacktrace:\n",
           head);
  assert_string_equal(spark_reason(text, arena), "ValueError: bad record 7");
  snprintf(text, sizeof text, "%sjava.lang.RuntimeException: no (really): x\n\tat A.b(C)\n", head);
  assert_string_equal(spark_reason(text, arena), "java.lang.RuntimeException: no (really): x");
  assert_string_equal(spark_reason("Job 3 cancelled\nmore", arena), "Job 3 cancelled");
  assert_string_equal(spark_reason("Traceback (most recent call last)", arena),
                      "Traceback (most recent call last)");
  assert_string_equal(spark_reason("", arena), "");
}

static void test_lost_executors(void **state) {
  struct bench *bench = *state;
  struct spark_executors executors;
  struct err err;
  const char list[] =
      "[{\"id\":\"driver\",\"isActive\":true,\"totalGCTime\":1899,\"totalDuration\":105090,"
      "\"peakMemoryMetrics\":{\"JVMHeapMemory\":77641608}},"
      "{\"id\":\"1\",\"isActive\":false,\"removeTime\":\"2026-11-28T02:07:48.671GMT\","
      "\"removeReason\":\"Command exited with code 137\"},"
      "{\"id\":\"2\",\"isActive\":false,\"removeReason\":\"Executor killed by driver.\"}]";
  assert_true(spark_executors_read(parsed(bench, list), &bench->arena, &executors, &err));
  assert_int_equal(executors.count, 3);
  assert_int_equal(executors.items[0].heap_peak, 77641608);
  assert_int_equal(executors.items[1].heap_peak, -1);
  assert_false(spark_executor_is_lost(&executors.items[0]));
  assert_true(spark_executor_is_lost(&executors.items[1]));
  assert_false(spark_executor_is_lost(&executors.items[2]));
  assert_false(
      spark_executors_read(parsed(bench, "[{\"id\":\"1\"}]"), &bench->arena, &executors, &err));
}

static void test_metrics(void **state) {
  struct bench *bench = *state;
  struct spark_metrics metrics;
  struct err err;
  const char text[] =
      "{\"gauges\":{"
      "\"local-1.driver.ExecutorMetrics.JVMHeapMemory\":{\"value\":50997824},"
      "\"local-1.driver.LiveListenerBus.queue.streams.size\":{\"value\":0},"
      "\"local-1.driver.slow stream.StreamingMetrics.streaming.waitingBatches\":{\"value\":54},"
      "\"local-1.driver.slow "
      "stream.StreamingMetrics.streaming.lastCompletedBatch_schedulingDelay\":"
      "{\"value\":-1},"
      "\"local-1.driver.spark.streaming.rates.main.inputRate-total\":{\"value\":50.5},"
      "\"local-1.driver.spark.streaming.rates.main.latency\":{\"value\":166},"
      "\"local-1.driver.spark.streaming.rates.main.processingRate-total\":{\"value\":\"NaN\"}}}";
  assert_true(spark_metrics_read(parsed(bench, text), &bench->arena, &metrics, &err));
  assert_int_equal(metrics.heap_used, 50997824);
  assert_int_equal(metrics.heap_max, -1);
  assert_int_equal(metrics.waiting, 54);
  assert_int_equal(metrics.delay_ms, -1);
  assert_true(metrics.has_queries);
  assert_int_equal(metrics.query_count, 1);
  assert_string_equal(metrics.queries[0].name, "rates.main");
  assert_true(metrics.queries[0].input_rate == 50.5);
  assert_true(metrics.queries[0].processing_rate == -1);
  assert_int_equal(metrics.queries[0].latency_ms, 166);
  assert_int_equal(metrics.queries[0].state_rows, -1);
  assert_false(spark_metrics_read(parsed(bench, "{}"), &bench->arena, &metrics, &err));
}

#define SQL(id, name, batch, at, took)                                                          \
  "{\"id\":" id ",\"status\":\"COMPLETED\",\"description\":\"" name                             \
  "\\nid = 83a1\\nrunId = 95b7\\nbatch = " batch "\",\"submissionTime\":\"2026-11-28T02:09:" at \
  "GMT\",\"duration\":" took ",\"failedJobIds\":[]}"

static void test_batches_of_a_query(void **state) {
  struct bench *bench = *state;
  struct spark_batches batches;
  struct err err;
  const char text[] = "[" SQL("0", "rates", "0", "33.438", "14155") "," SQL(
      "1", "rates", "0", "33.861",
      "13658") "," SQL("2", "rates", "1", "48.000",
                       "500") "," SQL("3", "rates2", "1", "48.000",
                                      "500") ",{\"id\":4,\"description\":\"count at x\"}]";
  assert_true(spark_sql_batches_read(parsed(bench, text), "rates", &bench->arena, &batches, &err));
  assert_int_equal(batches.count, 2);
  assert_int_equal(batches.items[0].number, 1);
  assert_int_equal(batches.items[1].number, 0);
  assert_int_equal(batches.items[1].processing_ms, 14155); /* the outer execution */
  assert_int_equal(batches.items[1].at_ms, spark_time_ms("2026-11-28T02:09:33.438GMT"));
  assert_string_equal(batches.items[1].stream, "rates");
}

static void test_batches(void **state) {
  struct bench *bench = *state;
  struct spark_batches batches;
  struct spark_dstream stream;
  struct err err;
  assert_true(spark_batches_read(
      parsed(bench, "[{\"batchId\":1795831744000,\"status\":\"QUEUED\",\"inputSize\":0}]"),
      &bench->arena, &batches, &err));
  assert_int_equal(batches.items[0].at_ms, 1795831744000);
  assert_int_equal(batches.items[0].processing_ms, -1);
  assert_true(spark_dstream_read(
      parsed(bench, "{\"batchDuration\":1000,\"numActiveBatches\":35,\"avgInputRate\":0.0}"),
      &stream, &err));
  assert_int_equal(stream.processing_ms, -1); /* none was completed */
  assert_false(spark_dstream_read(parsed(bench, "{}"), &stream, &err));
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_applications, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_no_application, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ports, setup, teardown),
      cmocka_unit_test(test_times),
      cmocka_unit_test_setup_teardown(test_reasons, setup, teardown),
      cmocka_unit_test_setup_teardown(test_lost_executors, setup, teardown),
      cmocka_unit_test_setup_teardown(test_metrics, setup, teardown),
      cmocka_unit_test_setup_teardown(test_batches_of_a_query, setup, teardown),
      cmocka_unit_test_setup_teardown(test_batches, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
