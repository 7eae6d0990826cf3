/* CPU and memory of a service in a cluster: all its pods, or none. */
#include "clients/service/service_kubernetes_use.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define POD(name, phase, limit)                          \
  "{\"metadata\":{\"uid\":\"" name "\",\"name\":\"" name \
  "\"},\"spec\":{\"containers\":[{\"name\":"             \
  "\"main\",\"resources\":{\"limits\":{" limit "}}}]},\"status\":{\"phase\":\"" phase "\"}}"
#define USED(name, cpu, memory)                                                      \
  "{\"metadata\":{\"name\":\"" name "\"},\"containers\":[{\"usage\":{\"cpu\":\"" cpu \
  "\",\"memory\":"                                                                   \
  "\"" memory "\"}}]}"
#define M100 "\"memory\":\"100Mi\""
#define PAIR POD("a", "Running", M100) "," POD("b", "Running", M100)

static struct service_state state;

static void use(const char *pods, const char *usage, const char *no_metrics) {
  json_t *list = json_loads(pods, 0, NULL), *used = usage ? json_loads(usage, 0, NULL) : NULL;
  assert_non_null(list);
  assert_true(!usage || used);
  state = service_state_unknown;
  service_kubernetes_use(list, used, no_metrics, &state);
  json_decref(list);
  json_decref(used);
}

static void expect_unknown(const char *why) {
  assert_true(state.cpu == -1 && state.memory == -1 && state.memory_share == -1);
  assert_string_equal(state.unused_why, why);
}

static void test_sum(void **unused) {
  (void)unused;
  use("{\"items\":[" PAIR "]}",
      "{\"items\":[" USED("b", "250m", "50Mi") "," USED("a", "500m", "80Mi") "," USED("other", "9",
                                                                                      "9Gi") "]}",
      NULL);
  assert_true(state.cpu == 0.75 && state.memory == 130 << 20);
  assert_true(state.memory_limit == 200 << 20 && state.memory_share == 0.8); /* the fullest */
  assert_null(state.unused_why);
  assert_null(state.note);
}

/* A pod without a limit makes none of the sum; pods that do not run are none of it. */
static void test_limits(void **unused) {
  (void)unused;
  use("{\"items\":[" POD("a", "Running", M100) "," POD("b", "Running", "") "," POD("c", "Failed",
                                                                                   M100) "]}",
      "{\"items\":[" USED("a", "1", "80Mi") "," USED("b", "1", "20Mi") "]}", NULL);
  assert_true(state.memory == 100 << 20 && state.memory_limit == 0 && state.memory_share == 0.8);
}

static void test_what_is_not_known(void **unused) {
  (void)unused;
  use("{\"items\":[" PAIR "]}", "{\"items\":[" USED("a", "1", "80Mi") "]}", NULL);
  expect_unknown("metrics.k8s.io does not know all its pods yet");
  assert_null(state.note);
  use("{\"items\":[" PAIR "]}", "{\"items\":[" USED("a", "1", "x") "," USED("b", "1", "1") "]}",
      NULL);
  expect_unknown("metrics.k8s.io does not know all its pods yet");
  use("{\"items\":[" PAIR "]}", NULL, "no metrics");
  expect_unknown("no metrics");
  assert_string_equal(state.note, "no metrics");
  assert_true(state.memory_limit == 200 << 20);
  use("{\"metadata\":{\"continue\":\"more\"},\"items\":[" PAIR "]}",
      "{\"items\":[" USED("a", "1", "1Mi") "," USED("b", "1", "1Mi") "]}", NULL);
  expect_unknown("it has more pods than stacktop reads for a service");
}

static void test_nothing_runs(void **unused) {
  (void)unused;
  use("{\"items\":[" POD("a", "Pending", M100) "]}", NULL, "no metrics");
  assert_null(state.unused_why);
  use("{\"items\":7}", NULL, NULL);
  use("[]", "[]", NULL);
  assert_true(state.memory == -1 && !state.unused_why);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sum),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_what_is_not_known),
      cmocka_unit_test(test_nothing_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
