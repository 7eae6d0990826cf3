/* What is read of the answers of a real API server (v1.31.4, without managedFields; kwok plays the
 * node, so that the states of two pods were set by the test's author), and of garbage. */
#include "clients/kubernetes/kubernetes_read.h"

#include "core/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *document;

static json_t *items_of(const char *name) {
  char path[128], *text = mem_new(1 << 20);
  struct err err;
  snprintf(path, sizeof path, "answers/%s.json", name);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  const size_t len = fread(text, 1, 1 << 20, file);
  fclose(file);
  json_decref(document);
  document = kubernetes_parse(text, len, false, &err);
  free(text);
  assert_non_null(document);
  return json_object_get(document, "items");
}

/* The first object of the list whose name begins so. */
static struct kubernetes_object *read_first(const char *answer, enum kubernetes_kind kind,
                                            const char *name) {
  const json_t *items = items_of(answer);
  for (size_t i = 0; i < json_array_size(items); i++) {
    struct kubernetes_object *object = kubernetes_object_new(kind, json_array_get(items, i));
    assert_non_null(object);
    if (strncmp(object->name, name, strlen(name)) == 0)
      return object;
    kubernetes_object_free(object);
  }
  fail_msg("no %s in %s", name, answer);
  return NULL;
}

static struct kubernetes_object *read_text(enum kubernetes_kind kind, const char *text) {
  struct err err;
  json_t *json = kubernetes_parse(text, strlen(text), false, &err);
  assert_non_null(json);
  struct kubernetes_object *object = kubernetes_object_new(kind, json);
  json_decref(json);
  return object;
}

static int teardown(void **state) {
  (void)state;
  json_decref(document);
  document = NULL;
  return 0;
}

static void test_a_deployment(void **state) {
  (void)state;
  struct kubernetes_object *object = read_first("deployments", KUBERNETES_DEPLOYMENT, "broken");
  const struct kubernetes_workload *workload = &object->workload;
  assert_string_equal(object->namespace, "ecap");
  assert_int_equal(strlen(object->uid), 36);
  assert_int_equal(object->generation, 1);
  assert_int_equal(workload->observed, 1);
  assert_int_equal(workload->desired, 2);
  assert_int_equal(workload->updated, 2);
  assert_int_equal(workload->ready, 0);     /* which the server leaves out */
  assert_int_equal(workload->available, 0); /* the same */
  assert_string_equal(workload->images, "nope:1");
  assert_string_equal(workload->revision, "1");
  assert_string_equal(workload->selector, "app%3Dbroken");
  assert_string_equal(workload->is_available, "False");
  assert_string_equal(workload->progressing, "True");
  assert_true(object->created_s > 1795000000 && object->deleted_s == -1);
  kubernetes_object_free(object);
}

static void test_a_stateful_set_and_a_cron_job(void **state) {
  (void)state;
  struct kubernetes_object *set = read_first("statefulsets", KUBERNETES_STATEFUL_SET, "db");
  assert_int_equal(set->workload.desired, 1);
  assert_int_equal(set->workload.updated, 1);
  assert_false(set->workload.surges_nothing);
  kubernetes_object_free(set);
  struct kubernetes_object *job = read_first("cronjobs", KUBERNETES_CRON_JOB, "report");
  assert_string_equal(job->workload.schedule, "0 3 * * *");
  assert_false(job->workload.paused);
  assert_int_equal(job->workload.desired, -1);
  assert_string_equal(job->workload.images, "api:1");
  kubernetes_object_free(job);
}

static void test_a_pod_that_cannot_be_scheduled(void **state) {
  char owner[KUBERNETES_TEXT_MAX + 1];
  (void)state;
  struct kubernetes_object *object = read_first("pods", KUBERNETES_POD, "broken");
  assert_string_equal(object->pod.phase, "Pending");
  assert_memory_equal(object->pod.unscheduled, "0/1 nodes are available", 23);
  assert_string_equal(object->pod.node, "");
  assert_string_equal(kubernetes_pod_workload(object, owner), "Deployment");
  assert_string_equal(owner, "broken");
  kubernetes_object_free(object);
}

static void test_a_pod_that_runs(void **state) {
  char owner[KUBERNETES_TEXT_MAX + 1];
  (void)state;
  struct kubernetes_object *object = read_first("pods", KUBERNETES_POD, "db-0");
  assert_string_equal(object->pod.phase, "Running");
  assert_int_equal(object->pod.ready, 1);
  assert_int_equal(object->pod.containers, 1);
  assert_int_equal(object->pod.memory_limit, 256 << 20);
  assert_string_equal(object->pod.node, "node-1");
  assert_string_equal(object->pod.waiting, "");
  assert_string_equal(kubernetes_pod_workload(object, owner), "StatefulSet");
  assert_string_equal(owner, "db");
  kubernetes_object_free(object);
}

static void test_pods_that_crash(void **state) {
  size_t loops = 0, pulls = 0;
  (void)state;
  const json_t *items = items_of("pods");
  for (size_t i = 0; i < json_array_size(items); i++) {
    struct kubernetes_object *object =
        kubernetes_object_new(KUBERNETES_POD, json_array_get(items, i));
    if (strcmp(object->pod.waiting, "CrashLoopBackOff") == 0) {
      loops++;
      assert_string_equal(object->pod.last, "OOMKilled");
      assert_int_equal(object->pod.last_exit, 137);
      assert_int_equal(object->pod.restarts, 5);
      assert_string_equal(object->pod.container, "main");
      assert_true(object->pod.last_finished_s == 1795794600);
      assert_int_equal(object->pod.ready, 0);
    } else if (strcmp(object->pod.waiting, "ImagePullBackOff") == 0) {
      pulls++;
      assert_string_equal(object->pod.waiting_message, "Back-off pulling image \"api:1\"");
    }
    kubernetes_object_free(object);
  }
  assert_int_equal(loops, 1);
  assert_int_equal(pulls, 1);
}

static void test_a_node_a_claim_and_events(void **state) {
  (void)state;
  struct kubernetes_object *node = read_first("nodes", KUBERNETES_NODE, "node-1");
  assert_string_equal(node->node.ready, "True");
  assert_int_equal(node->node.trouble_count, 0);
  assert_int_equal(node->node.pods, 110);
  assert_true(node->node.memory == INT64_C(32) << 30);
  kubernetes_object_free(node);
  struct kubernetes_object *claim = read_first("claims", KUBERNETES_CLAIM, "data");
  assert_string_equal(claim->storage.phase, "Pending");
  assert_int_equal(claim->storage.wanted, 1 << 30);
  assert_int_equal(claim->storage.capacity, -1);
  struct kubernetes_object *event = read_first("claim_events", KUBERNETES_CLAIM_EVENT, "data");
  assert_string_equal(event->event.uid, claim->uid);
  assert_string_equal(event->event.reason, "FailedBinding");
  assert_true(event->event.last_s > 1795000000 && event->event.count >= 1);
  kubernetes_object_free(event);
  kubernetes_object_free(claim);
  struct kubernetes_object *warning = read_first("warnings", KUBERNETES_WARNING, "broken");
  assert_string_equal(warning->event.reason, "FailedScheduling");
  assert_string_equal(warning->event.kind, "Pod");
  kubernetes_object_free(warning);
}

static void test_the_worst_container_counts(void **state) {
  (void)state;
  struct kubernetes_object *object = read_text(
      KUBERNETES_POD,
      "{\"metadata\":{\"uid\":\"u\",\"name\":\"p\"},\"spec\":{\"containers\":[{},{}]},\"status\":{"
      "\"initContainerStatuses\":[{\"name\":\"init\",\"state\":{\"terminated\":{\"exitCode\":0}}}],"
      "\"containerStatuses\":[{\"name\":\"a\",\"restartCount\":2,\"ready\":true,\"lastState\":{"
      "\"terminated\":{\"exitCode\":1}},\"state\":{\"running\":{}}},{\"name\":\"b\",\"state\":{"
      "\"waiting\":{\"reason\":\"ErrImagePull\"}}}]}}");
  assert_string_equal(object->pod.container, "b");
  assert_string_equal(object->pod.waiting, "ErrImagePull");
  assert_int_equal(object->pod.restarts, 2);
  assert_int_equal(object->pod.ready, 1);
  assert_false(object->pod.is_init);
  kubernetes_object_free(object);
}

/* Logs are read of each of them; what a status says of others is no container. */
static void test_the_containers_by_name(void **state) {
  (void)state;
  struct kubernetes_object *object = read_text(
      KUBERNETES_POD,
      "{\"metadata\":{\"name\":\"api-1\",\"uid\":\"u\"},\"spec\":{"
      "\"initContainers\":[{\"name\":\"init\"}],"
      "\"containers\":[{\"name\":\"main\"},{\"name\":\"\"},{},{\"name\":\"proxy\"}]},\"status\":{"
      "\"containerStatuses\":[{\"name\":\"other\",\"restartCount\":9},"
      "{\"name\":\"proxy\",\"restartCount\":0},{\"name\":\"main\",\"restartCount\":3}]}}");
  const struct kubernetes_pod *pod = &object->pod;
  assert_int_equal(pod->named_count, 3);
  assert_string_equal(pod->named[0].name, "init");
  assert_string_equal(pod->named[1].name, "main");
  assert_string_equal(pod->named[2].name, "proxy");
  assert_int_equal(pod->named[0].restarts, 0);
  assert_int_equal(pod->named[1].restarts, 3);
  assert_int_equal(pod->named[2].restarts, 0);
  kubernetes_object_free(object);
}

static void test_more_containers_than_are_kept(void **state) {
  (void)state;
  char text[4096];
  size_t at = (size_t)snprintf(
      text, sizeof text, "{\"metadata\":{\"name\":\"x\",\"uid\":\"u\"},\"spec\":{\"containers\":[");
  for (int i = 0; i < KUBERNETES_CONTAINERS_MAX + 5; i++)
    at += (size_t)snprintf(text + at, sizeof text - at, "%s{\"name\":\"c%d\"}", i ? "," : "", i);
  snprintf(text + at, sizeof text - at, "]}}");
  struct kubernetes_object *object = read_text(KUBERNETES_POD, text);
  assert_int_equal(object->pod.named_count, KUBERNETES_CONTAINERS_MAX);
  assert_string_equal(object->pod.named[KUBERNETES_CONTAINERS_MAX - 1].name, "c31");
  kubernetes_object_free(object);
}

static void test_times_and_quantities(void **state) {
  static const struct {
    const char *text;
    double quantity;
  } cases[] = {{"2", 2},
               {"128Mi", 128 << 20},
               {"1500m", 1.5},
               {"1e3", 1000},
               {"1.5Gi", 1.5e0 * (1 << 30)},
               {"12345n", 12345e-9},
               {"3k", 3000},
               {"", -1},
               {"-1", -1},
               {"0x10", -1},
               {"Mi", -1},
               {"1 Mi", -1},
               {"1Zi", -1},
               {"inf", -1},
               {"9e999", -1},
               {"1E", 1e18},
               {"1E3", 1000},
               {"1e3Mi", -1}, /* an exponent takes no suffix */
               {"1e3k", -1},
               {".5Gi", 1 << 29},
               {".", -1},
               {NULL, -1}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (fabs(kubernetes_quantity(cases[i].text) - cases[i].quantity) > 1e-12)
      fail_msg("%s: %g", cases[i].text, kubernetes_quantity(cases[i].text));
  assert_true(kubernetes_time("2026-11-27T12:32:24Z") == 1795782744);
  assert_true(kubernetes_time("2026-11-27T12:32:24.500000Z") == 1795782744.5);
  assert_true(kubernetes_time("tomorrow") == -1 && kubernetes_time(NULL) == -1);
}

/* Neither objects of another shape nor hostile labels lead anywhere. */
static void test_garbage(void **state) {
  static const char *const texts[] = {"{}", "[]", "{\"metadata\":[]}",
                                      "{\"metadata\":{\"uid\":\"u\"}}",
                                      "{\"metadata\":{\"uid\":3,\"name\":\"p\"}}"};
  (void)state;
  for (size_t k = 0; k < KUBERNETES_KIND_COUNT; k++)
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
      assert_null(read_text((enum kubernetes_kind)k, texts[i]));
  struct kubernetes_object *object = read_text(
      KUBERNETES_DEPLOYMENT, "{\"metadata\":{\"uid\":\"u\",\"name\":\"n\",\"generation\":-4},"
                             "\"spec\":{\"replicas\":\"2\",\"selector\":{\"matchLabels\":{"
                             "\"app\":\"x&watch=1\"}}},\"status\":{\"readyReplicas\":1e300}}");
  assert_string_equal(object->workload.selector, "");
  assert_int_equal(object->workload.desired, 1); /* the API's default */
  assert_int_equal(object->workload.ready, 0);
  assert_int_equal(object->generation, -1);
  kubernetes_object_free(object);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_a_deployment, teardown),
      cmocka_unit_test_teardown(test_a_stateful_set_and_a_cron_job, teardown),
      cmocka_unit_test_teardown(test_a_pod_that_cannot_be_scheduled, teardown),
      cmocka_unit_test_teardown(test_a_pod_that_runs, teardown),
      cmocka_unit_test_teardown(test_pods_that_crash, teardown),
      cmocka_unit_test_teardown(test_a_node_a_claim_and_events, teardown),
      cmocka_unit_test(test_the_worst_container_counts),
      cmocka_unit_test(test_the_containers_by_name),
      cmocka_unit_test(test_more_containers_than_are_kept),
      cmocka_unit_test(test_times_and_quantities),
      cmocka_unit_test(test_garbage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
