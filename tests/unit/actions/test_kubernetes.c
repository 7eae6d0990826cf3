/* The memory limit of a workload and the size of a claim, in front of a server that plays an API
 * server. What a real one does is tested in tests/e2e/test_actions_kubernetes_*_long.py. */
#include "act_driver.h"

#include "clients/kubernetes/kubernetes_contract.h"
#include "support/tiny_server.h"

#include <stdio.h>

extern const struct action action_kubernetes_set_memory, action_kubernetes_resize_claim,
    action_kubernetes_scale, action_kubernetes_undo;

/* ---- the server */

struct answer {
  const char *request; /* begin of "METHOD /path" */
  const char *status;  /* NULL: none is given */
  const char *body;
};
enum { ANSWERS_MAX = 16, TEXTS_MAX = 256, TEXT_MAX = 2048 };
static struct answer answers[ANSWERS_MAX];
static size_t answer_count, text_count;
static char texts[TEXTS_MAX][TEXT_MAX], sent[1024], asked[8192];
static struct answer after_change; /* from the first change on */
static struct tiny_server server;
static struct driver driver;

static void play(const char *request, const char *status, const char *body) {
  size_t i = 0;
  while (i < answer_count && strcmp(answers[i].request, request) != 0)
    i++;
  assert_true(i < ANSWERS_MAX);
  answers[i] = (struct answer){request, status, body};
  answer_count += i == answer_count;
}

static const char *choose(struct tiny_server *self, const char *request) {
  const char *body = strstr(request, "\r\n\r\n");
  const size_t used = strlen(asked);
  (void)self;
  snprintf(asked + used, sizeof asked - used, "%.*s\n", (int)strcspn(request, "\r"), request);
  if (strncmp(request, "PATCH", 5) == 0) {
    snprintf(sent, sizeof sent, "%s", body ? body + 4 : "");
    if (after_change.request)
      play(after_change.request, after_change.status, after_change.body);
  }
  for (size_t i = 0; i < answer_count; i++) {
    if (strncmp(request, answers[i].request, strlen(answers[i].request)) != 0)
      continue;
    if (!answers[i].status)
      return NULL;
    assert_true(text_count < TEXTS_MAX);
    char *out = texts[text_count++];
    snprintf(out, TEXT_MAX,
             "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             answers[i].status, strlen(answers[i].body), answers[i].body);
    return out;
  }
  return "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n"
         "{\"kind\":\"Status\",\"message\":\"none\"}";
}

/* ---- what the collector has */

static const struct column_spec workload_columns[] = {{.id = KUBERNETES_WORKLOAD_LABEL},
                                                      {.id = KUBERNETES_WORKLOAD_KIND},
                                                      {.id = KUBERNETES_NAMESPACE},
                                                      {.id = KUBERNETES_NAME},
                                                      {.id = KUBERNETES_WORKLOAD_SCALER}};
static const struct column_spec pod_columns[] = {{.id = "pod"},
                                                 {.id = KUBERNETES_NAMESPACE},
                                                 {.id = KUBERNETES_POD_OWNER},
                                                 {.id = KUBERNETES_POD_MEMORY}};
static const struct table_spec specs[] = {
    {.id = KUBERNETES_WORKLOADS_TABLE,
     .columns = workload_columns,
     .column_count = COUNT(workload_columns)},
    {.id = KUBERNETES_PODS_TABLE, .columns = pod_columns, .column_count = COUNT(pod_columns)},
    {.id = KUBERNETES_STORAGE_TABLE,
     .columns = workload_columns,
     .column_count = COUNT(workload_columns)}};
static const struct table_spec *const tables[] = {&specs[0], &specs[1], &specs[2]};

static void add_row(struct sample *sample, size_t table, const char *key,
                    const char *const *cells) {
  struct row *row = sample_row(sample, &sample->tables[table], key, NULL);
  for (size_t i = 0; cells[i]; i++)
    row->cells[i] = value_text(sample_copy(sample, cells[i]));
}

static void publish(int64_t usage) {
  struct sample *sample = sample_new(tables, COUNT(tables));
  add_row(sample, 0, "u-api", (const char *[]){"ecap/api", "deployment", "ecap", "api", "", NULL});
  add_row(sample, 0, "u-job", (const char *[]){"ecap/nightly", "job", "ecap", "nightly", "", NULL});
  add_row(sample, 0, "u-db", (const char *[]){"ecap/db", "statefulset", "ecap", "db", "", NULL});
  add_row(sample, 1, "u-pod", (const char *[]){"ecap/api-1", "ecap", "Deployment api", NULL});
  add_row(sample, 1, "u-other", (const char *[]){"shop/api-1", "shop", "Deployment api", NULL});
  if (usage >= 0)
    sample->tables[1].rows[0].cells[3] = value_int(usage);
  sample->tables[1].rows[1].cells[3] = value_int(INT64_C(1) << 40);
  add_row(sample, 2, "u-data",
          (const char *[]){"ecap/data", "persistentvolumeclaim", "ecap", "data", NULL});
  add_row(sample, 2, "u-pv", (const char *[]){"pv-1", "persistentvolume", "", "pv-1", NULL});
  driver_publish(&driver, sample);
}

static const struct option options[] = {{.name = "kubectl", .type = OPTION_TEXT, .help = ""},
                                        {.name = "context", .type = OPTION_TEXT, .help = ""},
                                        {.name = "kubeconfig", .type = OPTION_TEXT, .help = ""},
                                        {.name = "proxy", .type = OPTION_TEXT, .help = ""}};
static const struct target_kind kind = {
    .kind = "kubernetes", .key = "kubernetes", .options = options, .option_count = COUNT(options)};

/* containers: of the template. */
#define WORKLOAD(generation, observed, containers)                                          \
  "{\"metadata\":{\"uid\":\"u-api\",\"name\":\"api\",\"namespace\":\"ecap\","               \
  "\"generation\":" generation "},\"spec\":{\"replicas\":2,\"selector\":{\"matchLabels\":{" \
  "\"app\":\"api\"}},\"template\":{\"spec\":{"                                              \
  "\"containers\":[" containers "]}}},\"status\":{\"observedGeneration\":" observed         \
  ",\"replicas\":2,\"updatedReplicas\":2,\"readyReplicas\":2,\"availableReplicas\":2}}"
#define MAIN(resources) "{\"name\":\"main\",\"image\":\"api:1\"" resources "}"
#define LIMIT(limit, request)                                                                      \
  ",\"resources\":{\"limits\":{\"memory\":\"" limit "\"},\"requests\":{\"memory\":\"" request "\"" \
  "}}"
#define CLAIM(request, capacity, class, phase, conditions)                                 \
  "{\"metadata\":{\"uid\":\"u-data\",\"name\":\"data\",\"namespace\":\"ecap\"},\"spec\":{" \
  "\"storageClassName\":\"" class "\",\"resources\":{\"requests\":{\"storage\":\"" request \
                                  "\"}}},\"status\":{\"phase\":\"" phase                   \
                                  "\",\"capacity\":{\"storage\":\"" capacity               \
                                  "\"},\"conditions\":[" conditions "]}}"

static const char api[] = "GET /apis/apps/v1/namespaces/ecap/deployments/api ";
static const char patch_api[] = "PATCH /apis/apps/v1/namespaces/ecap/deployments/api ";
static const char claim[] = "GET /api/v1/namespaces/ecap/persistentvolumeclaims/data ";
static const char patch_claim[] = "PATCH /api/v1/namespaces/ecap/persistentvolumeclaims/data ";
static const char class[] = "GET /apis/storage.k8s.io/v1/storageclasses/fast ";
static const char events[] = "GET /api/v1/namespaces/ecap/events?";

static int setup(void **state) {
  char url[64];
  (void)state;
  answer_count = text_count = 0;
  after_change = (struct answer){0};
  *sent = *asked = '\0';
  driver_open(&driver, &kind, NULL);
  server = (struct tiny_server){.choose = choose, .unref = true};
  assert_true(tiny_listen(&server, &driver.loop, "127.0.0.1"));
  uv_unref((uv_handle_t *)&server.socket);
  snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
  struct option_value *proxy = &driver.config->targets[0]->values[3];
  proxy->text = mem_dup(url);
  proxy->set = true;
  publish(-1);
  play(api, "200 OK", WORKLOAD("7", "7", MAIN(LIMIT("64Mi", "48Mi"))));
  play(patch_api, "200 OK", "{}");
  play(claim, "200 OK", CLAIM("1Gi", "1Gi", "fast", "Bound", ""));
  play(class, "200 OK", "{\"allowVolumeExpansion\":true}");
  play(patch_claim, "200 OK", "{}");
  play(events, "200 OK", "{\"items\":[]}");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  tiny_stop(&server);
  driver_close(&driver);
  return 0;
}

static bool plan_of(const struct action *action, const char *table, const char *key,
                    const char *name, const char *value) {
  static const char *keys[2];
  static const char *params[3];
  keys[0] = key;
  params[0] = name;
  params[1] = value;
  return driver_survey(&driver, action, table, keys, params) && driver_plan(&driver, NULL);
}

static bool memory_plan(const char *memory) {
  return plan_of(&action_kubernetes_set_memory, KUBERNETES_WORKLOADS_TABLE, "u-api", "memory",
                 memory);
}

static bool size_plan(const char *size) {
  return plan_of(&action_kubernetes_resize_claim, KUBERNETES_STORAGE_TABLE, "u-data", "size", size);
}

static void expect_result(enum object_result result, const char *words) {
  if (driver.outcome.objects[0].result != result)
    fail_msg("%s: %s", object_result_name(driver.outcome.objects[0].result),
             object_words(&driver, 0));
  expect_in(object_words(&driver, 0), words);
}

#define TESTS(more)                                                                     \
  "[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u-api\"},{\"op\":\"test\"," \
  "\"path\":\"/metadata/generation\",\"value\":7}," more "]"

/* ---- the memory limit */

static void test_memory(void **state) {
  (void)state;
  publish(70 << 20);
  assert_true(memory_plan("128Mi"));
  const char *text = plan_text(&driver);
  assert_string_equal(driver.plan->title, "Set the memory limit of ecap/api to 128Mi (128 MB)");
  expect_in(text, "memory limit of the container main: 128Mi (128 MB), so far 64Mi (64 MB)");
  expect_in(text, "its request stays 48Mi (48 MB)");
  expect_in(text, "its largest pod uses 70 MB now");
  expect_in(text, "kubernetes.set-memory main u-api memory=64Mi container=main");
  assert_null(strstr(text, "may be OOM-killed"));
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_NAME);
  assert_null(strstr(asked, "PATCH"));
  assert_true(driver_execute(&driver));
  assert_string_equal(
      sent, TESTS("{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/resources/limits/"
                  "memory\",\"value\":\"128Mi\"}"));
  play(api, "200 OK", WORKLOAD("8", "8", MAIN(LIMIT("128Mi", "48Mi"))));
  assert_true(driver_verify(&driver));
  expect_result(OBJECT_DONE, "rolled out after");
  assert_string_equal(driver.outcome.undo,
                      "kubernetes.set-memory main u-api memory=64Mi container=main");
}

static void test_memory_below_usage(void **state) {
  (void)state;
  publish(50 << 20);
  assert_true(memory_plan("49Mi"));
  expect_in(plan_text(&driver), "the limit is below what its largest pod uses now");
}

/* What there is decides what the patch adds. */
static void test_memory_from_nothing(void **state) {
  static const struct {
    const char *resources, *operation;
  } cases[] = {
      {WORKLOAD("7", "7", MAIN("")),
       "{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/resources\",\"value\":{"
       "\"limits\":{\"memory\":\"128Mi\"}}}"},
      {WORKLOAD("7", "7", MAIN(",\"resources\":{}")),
       "{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/resources/limits\",\"value\":{"
       "\"memory\":\"128Mi\"}}"},
      {WORKLOAD("7", "7", MAIN(",\"resources\":{\"limits\":{\"cpu\":\"1\"}}")),
       "{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/resources/limits/memory\","
       "\"value\":\"128Mi\"}"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    play(api, "200 OK", cases[i].resources);
    assert_true(memory_plan("128Mi"));
    expect_in(plan_text(&driver), "so far none");
    expect_in(plan_text(&driver), "each new pod requests as much as the limit");
    expect_in(plan_text(&driver), "memory=none container=main");
    assert_true(driver_execute(&driver));
    expect_in(sent, cases[i].operation);
  }
}

static void test_no_memory_limit(void **state) {
  (void)state;
  assert_true(memory_plan("none"));
  expect_in(plan_text(&driver), "--type=json --patch='[{\"op\":\"remove\"");
  assert_true(driver_execute(&driver));
  assert_string_equal(
      sent, TESTS("{\"op\":\"remove\",\"path\":\"/spec/template/spec/containers/0/resources/limits/"
                  "memory\"}"));
}

static void test_memory_refused(void **state) {
  static const struct {
    const char *memory, *words;
  } cases[] = {{"32Mi", "it requests 48Mi (48 MB), and a limit below the request is invalid"},
               {"65536Ki", "nothing to change: its limit is 64Mi (64 MB)"},
               {"512m", "512m means thousandths of a byte to Kubernetes; use 512Mi or 512M"},
               {"100k", "100k is out of range"},
               {"512MB", "is not a quantity of Kubernetes"},
               {"1e3Mi", "is not a quantity of Kubernetes"},
               {"7E", "7E is out of range"},
               {"", "is not a quantity of Kubernetes"}};
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_false(memory_plan(cases[i].memory));
    expect_words(&driver, cases[i].words);
  }
  play(api, "200 OK", WORKLOAD("7", "7", MAIN("") ",{\"name\":\"side\"}"));
  assert_false(memory_plan("128Mi"));
  expect_words(&driver, "name one with container: main, side");
  assert_false(plan_of(&action_kubernetes_set_memory, KUBERNETES_WORKLOADS_TABLE, "u-job", "memory",
                       "128Mi"));
  expect_words(&driver, "only deployments, stateful sets and daemon sets");
  assert_null(strstr(asked, "PATCH"));
}

/* A hostile name is quoted where a person would type it. */
static void test_a_hostile_container(void **state) {
  (void)state;
  play(api, "200 OK", WORKLOAD("7", "7", "{\"name\":\"-x; rm\"}"));
  assert_true(memory_plan("128Mi"));
  expect_in(plan_text(&driver), "--containers='-x; rm'");
}

static void test_memory_meanwhile(void **state) {
  static const struct {
    const char *status, *body, *words;
    enum object_result result;
  } cases[] = {
      {"200 OK", WORKLOAD("8", "8", MAIN("")), "its specification was changed since",
       OBJECT_REFUSED},
      {"404 Not Found", "{\"kind\":\"Status\",\"message\":\"not found\"}", "not found",
       OBJECT_GONE},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    play(api, "200 OK", WORKLOAD("7", "7", MAIN("")));
    assert_true(memory_plan("128Mi"));
    play(api, cases[i].status, cases[i].body);
    assert_true(driver_execute(&driver));
    expect_result(cases[i].result, cases[i].words);
    assert_null(driver.outcome.undo);
  }
  assert_null(strstr(asked, "PATCH"));
}

static void test_memory_by_others(void **state) {
  (void)state;
  assert_true(memory_plan("128Mi"));
  assert_true(driver_execute(&driver));
  play(api, "200 OK", WORKLOAD("9", "9", MAIN(LIMIT("96Mi", "48Mi"))));
  assert_true(driver_verify(&driver));
  expect_result(OBJECT_PARTLY, "rolled out, but others have set the limit to 96Mi");
}

static void test_memory_refused_by_the_server(void **state) {
  (void)state;
  assert_true(memory_plan("128Mi"));
  play(patch_api, "422 Unprocessable Entity",
       "{\"kind\":\"Status\",\"message\":\"exceeded quota\"}");
  assert_true(driver_execute(&driver));
  expect_result(OBJECT_REFUSED, "exceeded quota");
  assert_null(driver.outcome.undo);
}

/* What is only partly done can be undone too. */
static void test_undo_of_a_scale_that_is_partly_done(void **state) {
  (void)state;
  assert_true(
      plan_of(&action_kubernetes_scale, KUBERNETES_WORKLOADS_TABLE, "u-api", "replicas", "5"));
  play("PATCH /apis/apps/v1/namespaces/ecap/deployments/api/scale ", "200 OK", "{}");
  assert_true(driver_execute(&driver));
  expect_result(OBJECT_PARTLY, "it was then set to 2 replicas, as by an autoscaler");
  assert_string_equal(driver.outcome.undo, "kubernetes.scale main u-api replicas=2");
}

/* ---- the revisions of a stateful set */

#define SET(generation)                                                                     \
  "{\"metadata\":{\"uid\":\"u-db\",\"name\":\"db\",\"namespace\":\"ecap\","                 \
  "\"generation\":" generation "},\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{" \
  "\"app\":\"db\"}},\"template\":{\"spec\":{"                                               \
  "\"containers\":[{\"name\":\"main\",\"image\":\"db:3\"}]}}},\"status\":{"                 \
  "\"observedGeneration\":" generation                                                      \
  ",\"replicas\":1,\"updatedReplicas\":1,\"readyReplicas\":1,\"availableReplicas\":1}}"
#define REVISION(owner, number, image)                                                             \
  "{\"metadata\":{\"uid\":\"u-r" number owner "\",\"name\":\"db-r" number                          \
  "\",\"ownerReferences\":[{\"uid\":\"" owner "\"}]},\"revision\":" number                         \
  ",\"data\":{\"spec\":{\"template\":{\"$patch\":\"replace\",\"spec\":{\"containers\":[{\"name\":" \
  "\"main\",\"image\":\"" image "\"}],\"terminationGracePeriodSeconds\":30}}}}}"

static void test_undo_of_a_stateful_set(void **state) {
  (void)state;
  play("GET /apis/apps/v1/namespaces/ecap/statefulsets/db ", "200 OK", SET("4"));
  play("PATCH /apis/apps/v1/namespaces/ecap/statefulsets/db ", "200 OK", "{}");
  play("GET /apis/apps/v1/namespaces/ecap/controllerrevisions?", "200 OK",
       "{\"items\":[" REVISION("u-db", "3", "db:3") "," REVISION("u-db", "1", "db:1") "," REVISION(
           "u-other", "2", "other:1") "]}");
  play("GET /apis/apps/v1/namespaces/ecap/controllerrevisions/db-r1 ", "200 OK",
       REVISION("u-db", "1", "db:1"));
  static const char *const keys[] = {"u-db", NULL}, *const picks[] = {"u-r1u-db", NULL};
  if (!driver_survey(&driver, &action_kubernetes_undo, KUBERNETES_WORKLOADS_TABLE, keys, NULL))
    fail_msg("%s", driver.err.text);
  assert_int_equal(driver.found->tables[0].row_count, 1); /* not its own, nor another's */
  assert_true(driver_plan(&driver, picks));
  expect_in(plan_text(&driver), "kubectl rollout undo statefulset/db --to-revision=1");
  expect_in(plan_text(&driver), "main: image db:3 to db:1");
  assert_true(driver_execute(&driver));
  expect_in(sent, "{\"op\":\"replace\",\"path\":\"/spec/template\",\"value\":{\"spec\":{"
                  "\"containers\":[{\"name\":\"main\",\"image\":\"db:1\"}],"
                  "\"terminationGracePeriodSeconds\":30}}}"); /* without "$patch" */
  assert_string_equal(driver.outcome.undo, "kubernetes.undo main u-db u-r3u-db");
}

/* ---- the size of a claim */

static void test_size(void **state) {
  (void)state;
  assert_true(size_plan("2Gi"));
  assert_string_equal(driver.plan->title, "Resize ecap/data to 2Gi (2.0 GB)");
  expect_in(plan_text(&driver), "requests 2Gi (2.0 GB), so far 1Gi (1.0 GB)");
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_NAME);
  assert_null(strstr(asked, "PATCH"));
  play(patch_claim, "409 Conflict", "{\"kind\":\"Status\",\"message\":\"test failed\"}");
  assert_true(driver_execute(&driver));
  assert_string_equal(
      sent, "[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u-data\"},{\"op\":\"test\","
            "\"path\":\"/spec/resources/requests/storage\",\"value\":\"1Gi\"},{\"op\":\"replace\","
            "\"path\":\"/spec/resources/requests/storage\",\"value\":\"2Gi\"}]");
  expect_result(OBJECT_REFUSED, "test failed");
}

static void test_size_refused(void **state) {
  static const struct {
    const char *claim, *status, *class, *words;
  } cases[] = {
      {CLAIM("2Gi", "2Gi", "fast", "Bound", ""), "200 OK", "{\"allowVolumeExpansion\":true}",
       "nothing to change: it requests 2Gi"},
      {CLAIM("3Gi", "3Gi", "fast", "Bound", ""), "200 OK", "{\"allowVolumeExpansion\":true}",
       "it has 3Gi (3.0 GB): a claim can only become larger"},
      {CLAIM("1Gi", "5Gi", "fast", "Bound", ""), "200 OK", "{\"allowVolumeExpansion\":true}",
       "it has 5Gi (5.0 GB): a claim can only become larger"},
      {CLAIM("1Gi", "1Gi", "fast", "Pending", ""), "200 OK", "{\"allowVolumeExpansion\":true}",
       "it is Pending: only a claim that is bound can be resized"},
      {CLAIM("1Gi", "1Gi", "fast", "Bound", ""), "200 OK", "{}",
       "the storage class fast does not allow it (allowVolumeExpansion is not true)"},
      {CLAIM("1Gi", "1Gi", "fast", "Bound", ""), "200 OK", "{\"allowVolumeExpansion\":\"true\"}",
       "the storage class fast does not allow it"},
      {CLAIM("1Gi", "1Gi", "fast", "Bound", ""), "404 Not Found", "{}",
       "its storage class fast no longer exists"},
      {CLAIM("1Gi", "1Gi", "", "Bound", ""), "200 OK", "{}", "it has no storage class"},
      {CLAIM("1Gi", "1Gi", "fast", "Bound", ""), "500 Internal Server Error",
       "{\"kind\":\"Status\",\"message\":\"etcd\"}", "etcd"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    play(claim, "200 OK", cases[i].claim);
    play(class, cases[i].status, cases[i].class);
    assert_false(size_plan("2Gi"));
    expect_words(&driver, cases[i].words);
  }
  assert_false(
      plan_of(&action_kubernetes_resize_claim, KUBERNETES_STORAGE_TABLE, "u-pv", "size", "2Gi"));
  expect_words(&driver, "a volume is resized by its claim");
  assert_null(strstr(asked, "PATCH"));
}

static void test_no_right_to_the_class(void **state) {
  (void)state;
  play(class, "403 Forbidden", "{\"kind\":\"Status\",\"message\":\"forbidden\"}");
  assert_true(size_plan("2Gi"));
  expect_in(plan_text(&driver),
            "no right to read the storage class fast: the server may refuse the change");
}

static void test_what_becomes_of_a_resize(void **state) {
  static const struct {
    const char *claim, *words;
    enum object_result result;
  } cases[] = {
      {CLAIM("2Gi", "2Gi", "fast", "Bound", ""), "resized to 2Gi after", OBJECT_DONE},
      {CLAIM("2Gi", "1Gi", "fast", "Bound",
             "{\"type\":\"FileSystemResizePending\",\"status\":\"True\"}"),
       "its file system grows when a pod next mounts it", OBJECT_PARTLY},
      {CLAIM("1500Mi", "1Gi", "fast", "Bound", ""), "changed by others to 1500Mi", OBJECT_PARTLY},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    *asked = '\0';
    play(claim, "200 OK", CLAIM("1Gi", "1Gi", "fast", "Bound", "{\"type\":\"Resizing\"}"));
    assert_true(size_plan("2Gi"));
    after_change = (struct answer){claim, "200 OK", cases[i].claim};
    assert_true(driver_execute(&driver));
    expect_result(cases[i].result, cases[i].words);
    assert_null(driver.outcome.undo);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_memory),
      TEST(test_memory_below_usage),
      TEST(test_memory_from_nothing),
      TEST(test_no_memory_limit),
      TEST(test_memory_refused),
      TEST(test_a_hostile_container),
      TEST(test_memory_meanwhile),
      TEST(test_memory_by_others),
      TEST(test_memory_refused_by_the_server),
      TEST(test_undo_of_a_scale_that_is_partly_done),
      TEST(test_undo_of_a_stateful_set),
      TEST(test_size),
      TEST(test_size_refused),
      TEST(test_no_right_to_the_class),
      TEST(test_what_becomes_of_a_resize),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
