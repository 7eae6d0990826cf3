/* What the states of objects mean. */
#include "clients/kubernetes/kubernetes_judge.h"

#include "core/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const double now_s = 1795785732; /* 2026-11-27T13:22:12Z */

static struct kubernetes_verdict judge(enum kubernetes_kind kind, const char *rest,
                                       const struct kubernetes_event *event, const char *cause) {
  struct kubernetes_verdict verdict;
  struct err err;
  char *text = mem_printf("{\"metadata\":{\"uid\":\"u\",\"name\":\"n\",\"generation\":2,"
                          "\"creationTimestamp\":\"2026-11-27T12:00:00Z\"},%s}",
                          rest);
  json_t *json = kubernetes_parse(text, strlen(text), false, &err);
  if (!json)
    fail_msg("%s: %s", rest, err.text);
  struct kubernetes_object *object = kubernetes_object_new(kind, json);
  assert_non_null(object);
  if (kind == KUBERNETES_POD)
    kubernetes_judge_pod(object, event, now_s, &verdict);
  else if (kind == KUBERNETES_NODE)
    kubernetes_judge_node(object, now_s, &verdict);
  else if (kind <= KUBERNETES_JOB)
    kubernetes_judge_workload(object, event, cause, now_s, &verdict);
  else
    kubernetes_judge_storage(object, event, now_s, &verdict);
  kubernetes_object_free(object);
  json_decref(json);
  free(text);
  return verdict;
}

struct expected {
  const char *rest, *state, *reason;
  enum severity severity;
};

static void expect(enum kubernetes_kind kind, const struct expected *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct kubernetes_verdict verdict = judge(kind, cases[i].rest, NULL, NULL);
    if (strcmp(verdict.state, cases[i].state) != 0 ||
        strcmp(verdict.reason, cases[i].reason) != 0 || verdict.severity != cases[i].severity)
      fail_msg("case %zu: %s, \"%s\", severity %d", i, verdict.state, verdict.reason,
               (int)verdict.severity);
  }
}
#define EXPECT(kind, cases) expect(kind, cases, sizeof(cases) / sizeof *(cases))

#define POD(phase, more, state)                                                                    \
  "\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"limits\":{\"memory\":\"64Mi\"}}}" \
  "]},"                                                                                            \
  "\"status\":{\"phase\":\"" phase "\"" more ",\"containerStatuses\":[{\"name\":\"main\"," state   \
  "}]}"
#define READY ",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]"
#define ENDED(reason, code, when)                                                   \
  "\"lastState\":{\"terminated\":{\"reason\":\"" reason "\",\"exitCode\":" code "," \
  "\"finishedAt\":\"2026-11-27T" when "Z\",\"message\":\"boom\\nmore\"}}"

static void test_pods(void **state) {
  static const struct expected cases[] = {
      {POD("Running", READY, "\"ready\":true"), "running", "", SEVERITY_OK},
      {POD("Succeeded", "", "\"ready\":false"), "completed", "", SEVERITY_OK},
      {POD("Pending", "", "\"state\":{\"waiting\":{\"reason\":\"ContainerCreating\"}}"), "creating",
       "creating, and does not start", SEVERITY_WARN},
      {POD("Running", "",
           "\"restartCount\":4,\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}}," ENDED(
               "Error", "1", "13:20:00")),
       "crash loop", "crash loop: exit code 1, 4 restarts: boom", SEVERITY_CRIT},
      {POD("Running", "",
           "\"restartCount\":4,\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}}," ENDED(
               "OOMKilled", "137", "13:20:00")),
       "crash loop", "crash loop: OOM-killed (memory limit 64 MB), 4 restarts", SEVERITY_CRIT},
      {POD("Running", READY,
           "\"ready\":true,\"restartCount\":1," ENDED("OOMKilled", "137", "13:12:12")),
       "running", "OOM-killed 10m 00s ago (memory limit 64 MB), 1 restart", SEVERITY_WARN},
      {POD("Running", READY, "\"ready\":true,\"restartCount\":1," ENDED("Error", "2", "13:22:02")),
       "running", "restarted 10s ago, exit code 2", SEVERITY_WARN},
      {POD("Running", READY, "\"ready\":true,\"restartCount\":1," ENDED("Error", "2", "13:00:00")),
       "running", "", SEVERITY_OK},
      {POD("Running",
           ",\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\","
           "\"lastTransitionTime\":\"2026-11-27T13:22:00Z\"}]",
           "\"ready\":false"),
       "not ready", "", SEVERITY_OK}, /* not for long */
      {POD("Running",
           ",\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\","
           "\"lastTransitionTime\":\"2026-11-27T13:00:00Z\"}]",
           "\"ready\":false"),
       "not ready", "not ready, 0 of 1 containers", SEVERITY_WARN},
      {POD("Running",
           ",\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"message\":"
           "\"node is lost\",\"lastTransitionTime\":\"2026-11-27T13:00:00Z\"}]",
           "\"ready\":true"),
       "not ready", "not ready: node is lost", SEVERITY_WARN},
      {POD("Pending", "",
           "\"state\":{\"waiting\":{\"reason\":\"ErrImagePull\",\"message\":\"404\"}}"),
       "image pull error", "image cannot be pulled (ErrImagePull): 404", SEVERITY_CRIT},
      {POD("Pending", "",
           "\"state\":{\"waiting\":{\"reason\":\"CreateContainerConfigError\","
           "\"message\":\"secret \\\"db\\\" not found\"}}"),
       "cannot start", "cannot be started (CreateContainerConfigError): secret \"db\" not found",
       SEVERITY_CRIT},
      {POD("Failed", ",\"reason\":\"Evicted\",\"message\":\"low on memory\"", "\"ready\":false"),
       "evicted", "Evicted: low on memory", SEVERITY_WARN},
      {POD("Failed", "", "\"state\":{\"terminated\":{\"reason\":\"OOMKilled\",\"exitCode\":137}}"),
       "failed", "failed with exit code 137 (OOM-killed)", SEVERITY_WARN},
      {POD("Unknown", "", "\"ready\":false"), "unknown", "its state is not known",
       SEVERITY_UNKNOWN},
      {POD("Pending",
           ",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"message\":"
           "\"0/3 nodes are available: 3 Insufficient memory.\"}]",
           "\"ready\":false"),
       "unschedulable", "cannot be scheduled: 0/3 nodes are available: 3 Insufficient memory.",
       SEVERITY_CRIT},
  };
  (void)state;
  EXPECT(KUBERNETES_POD, cases);
}

static void test_a_pod_that_does_not_go(void **state) {
  (void)state;
  struct kubernetes_object pod = {.kind = KUBERNETES_POD, .deleted_s = now_s - 30};
  struct kubernetes_verdict verdict;
  kubernetes_judge_pod(&pod, NULL, now_s, &verdict);
  assert_string_equal(verdict.state, "terminating");
  assert_int_equal(verdict.severity, SEVERITY_OK);
  pod.deleted_s = now_s - 600;
  kubernetes_judge_pod(&pod, NULL, now_s, &verdict);
  assert_string_equal(verdict.reason, "terminating, 10m 00s over its grace period");
}

static void test_a_probe_that_fails_is_the_cause(void **state) {
  static const struct kubernetes_event event = {.message = "Readiness probe failed: 503\nmore"};
  (void)state;
  const struct kubernetes_verdict verdict =
      judge(KUBERNETES_POD,
            POD("Running",
                ",\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\","
                "\"lastTransitionTime\":\"2026-11-27T13:00:00Z\"}]",
                "\"ready\":false"),
            &event, NULL);
  assert_string_equal(verdict.reason, "not ready, 0 of 1 containers: Readiness probe failed: 503");
}

#define WORKLOAD(counts, conditions)                                       \
  "\"spec\":{\"replicas\":3},\"status\":{\"observedGeneration\":2," counts \
  ",\"conditions\":[{\"type\":\"Available\",\"status\":\"True\"," conditions "]}"
#define FULL "\"updatedReplicas\":3,\"readyReplicas\":3,\"availableReplicas\":3"
#define OLD "\"lastTransitionTime\":\"2026-11-27T13:00:00Z\"}"

static void test_workloads(void **state) {
  static const struct expected cases[] = {
      {WORKLOAD(FULL, OLD), "complete", "", SEVERITY_OK},
      {WORKLOAD("\"updatedReplicas\":1,\"readyReplicas\":2,\"availableReplicas\":2", OLD),
       "rolling out", "", SEVERITY_OK}, /* as many are available as its strategy wants */
      {WORKLOAD("\"updatedReplicas\":1,\"availableReplicas\":3",
                OLD ",{\"type\":\"Progressing\",\"status\":\"False\",\"reason\":"
                    "\"ProgressDeadlineExceeded\",\"message\":\"timed out\"}"),
       "stuck", "rollout is stuck (ProgressDeadlineExceeded): timed out", SEVERITY_CRIT},
      {"\"spec\":{\"replicas\":3},\"status\":{\"observedGeneration\":2,\"updatedReplicas\":3}",
       "down", "0 of 3 pods available", SEVERITY_CRIT},
      {"\"spec\":{\"replicas\":3},\"status\":{\"observedGeneration\":2,\"updatedReplicas\":3,"
       "\"availableReplicas\":2}",
       "rolling out", "2 of 3 pods available", SEVERITY_WARN},
      {"\"spec\":{\"replicas\":3},\"status\":{\"observedGeneration\":2,\"conditions\":[{\"type\":"
       "\"ReplicaFailure\",\"status\":\"True\",\"message\":\"exceeded quota: small\"}]}",
       "down", "0 of 3 pods available: exceeded quota: small", SEVERITY_CRIT},
      {WORKLOAD("\"updatedReplicas\":3,\"availableReplicas\":2",
                "\"lastTransitionTime\":\"2026-11-27T13:00:00Z\"},{\"type\":\"Available\"},"
                "{\"type\":\"ReplicaFailure\",\"status\":\"True\"},{\"type\":\"Progressing\","
                "\"status\":\"True\",\"reason\":\"NewReplicaSetAvailable\"}"),
       "degraded", "2 of 3 pods available", SEVERITY_WARN},
      {"\"spec\":{\"replicas\":0},\"status\":{\"observedGeneration\":2}", "complete", "",
       SEVERITY_OK},
      {"\"spec\":{\"replicas\":3,\"paused\":true},\"status\":{\"observedGeneration\":2," FULL "}",
       "paused", "", SEVERITY_OK},
  };
  (void)state;
  EXPECT(KUBERNETES_DEPLOYMENT, cases);
  const struct kubernetes_verdict verdict =
      judge(KUBERNETES_DEPLOYMENT,
            WORKLOAD("\"updatedReplicas\":1,\"readyReplicas\":3,\"availableReplicas\":3", OLD),
            NULL, "crash loop: exit code 1");
  assert_string_equal(verdict.reason,
                      "rollout has not finished, 1 of 3 pods updated: crash loop: exit code 1");
  assert_int_equal(verdict.severity, SEVERITY_WARN); /* the old pods still serve */
}

static void test_cron_jobs(void **state) {
  static const struct expected cases[] = {
      {"\"spec\":{\"suspend\":false},\"status\":{}", "waiting", "", SEVERITY_OK},
      {"\"spec\":{\"suspend\":true},\"status\":{}", "paused", "", SEVERITY_OK},
      {"\"spec\":{},\"status\":{\"active\":[{}]}", "running", "", SEVERITY_OK},
  };
  (void)state;
  EXPECT(KUBERNETES_CRON_JOB, cases);
}

#define JOB(condition, reason, at, more)                                                  \
  "\"spec\":{},\"status\":{\"startTime\":\"2026-11-27T13:00:00Z\"" more                   \
  ",\"conditions\":[{\"type\":\"" condition "\",\"status\":\"True\",\"reason\":\"" reason \
  "\",\"message\":\"words\",\"lastTransitionTime\":\"" at "\"}]}"

static void test_jobs(void **state) {
  static const struct expected cases[] = {
      {"\"spec\":{},\"status\":{}", "waiting", "", SEVERITY_OK},
      {"\"spec\":{},\"status\":{\"active\":1}", "running", "", SEVERITY_OK},
      {"\"spec\":{\"suspend\":true},\"status\":{}", "paused", "", SEVERITY_OK},
      {JOB("Complete", "", "2026-11-27T13:10:00Z", ",\"failed\":3"), "complete", "", SEVERITY_OK},
      {JOB("Failed", "DeadlineExceeded", "2026-11-27T13:10:00Z", ""), "failed",
       "failed (DeadlineExceeded): words", SEVERITY_WARN},
      {JOB("Failed", "BackoffLimitExceeded", "2026-11-26T13:10:00Z", ""), "failed", "",
       SEVERITY_OK}, /* more than a day ago */
      {"\"spec\":{},\"status\":{\"conditions\":[{\"type\":\"Failed\",\"status\":\"False\"}]}",
       "waiting", "", SEVERITY_OK},
  };
  (void)state;
  EXPECT(KUBERNETES_JOB, cases);
  struct kubernetes_verdict verdict =
      judge(KUBERNETES_JOB, JOB("Failed", "BackoffLimitExceeded", "2026-11-27T13:10:00Z", ""), NULL,
            "failed with exit code 3");
  assert_string_equal(verdict.reason, "failed (BackoffLimitExceeded): failed with exit code 3");
  assert_true(verdict.since_s == kubernetes_time("2026-11-27T13:10:00Z"));
  verdict = judge(KUBERNETES_JOB, "\"spec\":{},\"status\":{\"active\":1}", NULL,
                  "image cannot be pulled (ErrImagePull)");
  assert_string_equal(verdict.reason, "not complete: image cannot be pulled (ErrImagePull)");
  assert_int_equal(verdict.severity, SEVERITY_WARN);
  verdict = judge(KUBERNETES_JOB, JOB("Complete", "", "2026-11-27T13:10:00Z", ""), NULL,
                  "failed with exit code 3"); /* of an earlier try */
  assert_int_equal(verdict.severity, SEVERITY_OK);
}

static void test_nodes_and_storage(void **state) {
  static const struct expected nodes[] = {
      {"\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}", "ready", "",
       SEVERITY_OK},
      {"\"spec\":{\"unschedulable\":true},\"status\":{\"conditions\":[{\"type\":\"Ready\","
       "\"status\":\"True\"}]}",
       "cordoned", "", SEVERITY_OK},
      {"\"status\":{\"conditions\":[{\"type\":\"MemoryPressure\",\"status\":\"True\",\"message\":"
       "\"low\"},{\"type\":\"Ready\",\"status\":\"True\"}]}",
       "ready", "MemoryPressure: low", SEVERITY_WARN},
      {"\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"message\":\"no "
       "CNI\"}]}",
       "not ready", "not ready: no CNI", SEVERITY_CRIT},
      {"\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"Unknown\"}]}", "unknown",
       "its kubelet does not report", SEVERITY_CRIT},
      {"\"status\":{}", "unknown", "its kubelet does not report", SEVERITY_CRIT},
  };
  static const struct expected claims[] = {
      {"\"status\":{\"phase\":\"Bound\"}", "bound", "", SEVERITY_OK},
      {"\"status\":{\"phase\":\"Pending\"}", "pending", "pending: no volume was provided",
       SEVERITY_CRIT},
#define RESIZE(type)                                                                          \
  "\"status\":{\"phase\":\"Bound\",\"conditions\":[{\"type\":\"Other\",\"status\":\"True\"}," \
  "{\"type\":\"" type "\",\"status\":\"True\",\"message\":\"words\\nmore\"}]}"
      {RESIZE("Resizing"), "resizing", "", SEVERITY_OK},
      {RESIZE("FileSystemResizePending"), "resize pending", "", SEVERITY_OK},
      {RESIZE("ControllerResizeError"), "resize failed", "cannot be resized: words", SEVERITY_WARN},
      {RESIZE("NodeResizeError"), "resize failed", "cannot be resized: words", SEVERITY_WARN},
      {"\"spec\":{\"volumeName\":\"pv-1\"},\"status\":{\"phase\":\"Lost\"}", "lost",
       "its volume pv-1 no longer exists", SEVERITY_CRIT},
  };
  static const struct expected volumes[] = {
      {"\"status\":{\"phase\":\"Failed\",\"message\":\"delete failed\"}", "failed",
       "failed: delete failed", SEVERITY_CRIT},
      {"\"status\":{\"phase\":\"Released\"}", "released", "", SEVERITY_OK},
      {"\"status\":{\"phase\":\"Available\"}", "available", "", SEVERITY_OK},
  };
  static const struct kubernetes_event waits = {.reason = "WaitForFirstConsumer", .message = "..."};
  (void)state;
  EXPECT(KUBERNETES_NODE, nodes);
  EXPECT(KUBERNETES_CLAIM, claims);
  EXPECT(KUBERNETES_VOLUME, volumes);
  const struct kubernetes_verdict verdict =
      judge(KUBERNETES_CLAIM, "\"status\":{\"phase\":\"Pending\"}", &waits, NULL);
  assert_string_equal(verdict.state, "waiting");
  assert_int_equal(verdict.severity, SEVERITY_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pods),
      cmocka_unit_test(test_a_pod_that_does_not_go),
      cmocka_unit_test(test_a_probe_that_fails_is_the_cause),
      cmocka_unit_test(test_workloads),
      cmocka_unit_test(test_cron_jobs),
      cmocka_unit_test(test_jobs),
      cmocka_unit_test(test_nodes_and_storage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
