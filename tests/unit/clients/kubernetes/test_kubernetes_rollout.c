/* The patches, whose tests the server runs, and what becomes of a rollout. */
#include "clients/kubernetes/kubernetes_rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(char *patch, const char *text) {
  assert_non_null(patch);
  assert_string_equal(patch, text);
  free(patch);
}

#define UID "{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u-1\"}"
#define GENERATION "{\"op\":\"test\",\"path\":\"/metadata/generation\",\"value\":7}"

static void test_patches(void **state) {
  (void)state;
  expect(kubernetes_restart_patch("u-1", 7, false, 1795782744),
         "[" UID "," GENERATION ",{\"op\":\"add\",\"path\":\"/spec/template/metadata/annotations\","
         "\"value\":{\"kubectl.kubernetes.io/restartedAt\":\"2026-11-27T12:32:24Z\"}}]");
  expect(kubernetes_restart_patch("u-1", 7, true, 1795782744), /* the others are kept */
         "[" UID "," GENERATION ",{\"op\":\"add\",\"path\":\"/spec/template/metadata/annotations/"
         "kubectl.kubernetes.io~1restartedAt\",\"value\":\"2026-11-27T12:32:24Z\"}]");
  expect(kubernetes_scale_patch("u-1", 2, 5),
         "[" UID ",{\"op\":\"test\",\"path\":\"/spec/replicas\",\"value\":2},"
         "{\"op\":\"add\",\"path\":\"/spec/replicas\",\"value\":5}]");
  expect(kubernetes_scale_patch("u-1", 0, 1), /* a scale of 0 has no member replicas */
         "[" UID ",{\"op\":\"test\",\"path\":\"/spec\",\"value\":{}},"
         "{\"op\":\"add\",\"path\":\"/spec/replicas\",\"value\":1}]");
}

static struct kubernetes_object rolled(void) {
  return (struct kubernetes_object){.kind = KUBERNETES_DEPLOYMENT,
                                    .generation = 3,
                                    .name = "api",
                                    .workload = {.desired = 2,
                                                 .updated = 2,
                                                 .available = 2,
                                                 .present = 2,
                                                 .observed = 3,
                                                 .progressing = "",
                                                 .progressing_message = "timed out",
                                                 .failure = "",
                                                 .failure_message = "exceeded quota"}};
}

static void test_when_it_is_rolled_out(void **state) {
  (void)state;
  struct kubernetes_object object = rolled();
  assert_true(kubernetes_is_rolled(&object));
  object.workload.observed = 2; /* all of it is about the generation before */
  assert_false(kubernetes_is_rolled(&object));
  assert_int_equal(kubernetes_rolled_pods(&object), 0);
  object = rolled();
  object.workload.updated = 1;
  assert_false(kubernetes_is_rolled(&object));
  assert_int_equal(kubernetes_rolled_pods(&object), 1);
  object = rolled();
  object.workload.available = 1;
  assert_false(kubernetes_is_rolled(&object));
  object = rolled();
  object.workload.present = 3; /* an old pod is left */
  assert_false(kubernetes_is_rolled(&object));
}

static void test_when_it_is_stuck(void **state) {
  char out[KUBERNETES_STUCK_MAX];
  (void)state;
  struct kubernetes_object object = rolled();
  assert_string_equal(kubernetes_stuck(&object, out), "");
  object.workload.progressing = "False";
  assert_string_equal(kubernetes_stuck(&object, out), "the rollout is stuck: timed out");
  object.workload.observed = 2; /* that was the generation before */
  assert_string_equal(kubernetes_stuck(&object, out), "");
  object = rolled();
  object.workload.failure = "True";
  assert_string_equal(kubernetes_stuck(&object, out), "pods cannot be created: exceeded quota");
}

static void test_trouble(void **state) {
  char out[KUBERNETES_TROUBLE_MAX];
  (void)state;
  struct kubernetes_object pod = {
      .kind = KUBERNETES_POD,
      .name = "api-1",
      .pod = {.unscheduled = "", .waiting = "", .waiting_message = "", .last = ""}};
  assert_false(kubernetes_trouble(&pod, out));
  pod.pod.waiting = "ContainerCreating";
  assert_false(kubernetes_trouble(&pod, out));
  pod.pod.waiting = "ImagePullBackOff";
  pod.pod.waiting_message = "Back-off\nmore";
  assert_true(kubernetes_trouble(&pod, out));
  assert_string_equal(out, "api-1: ImagePullBackOff: Back-off");
  pod.pod.waiting = "CrashLoopBackOff";
  pod.pod.last = "OOMKilled";
  assert_true(kubernetes_trouble(&pod, out));
  assert_string_equal(out, "api-1: CrashLoopBackOff: OOM-killed");
  pod.pod.unscheduled = "0/1 nodes are available";
  assert_true(kubernetes_trouble(&pod, out));
  assert_string_equal(out, "api-1: cannot be scheduled: 0/1 nodes are available");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_patches),
      cmocka_unit_test(test_when_it_is_rolled_out),
      cmocka_unit_test(test_when_it_is_stuck),
      cmocka_unit_test(test_trouble),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
