/* A service that is a workload of a cluster, in front of a server that plays an API server: what a
 * look asks for, and how it is scaled. What a real one does is tested in
 * tests/e2e/test_services_kubernetes_long.py. */
#include "clients/service/service_driver.h"
#include "core/mem.h"
#include "io/http/http.h"
#include "io/net/resolve.h"
#include "model/config/config.h"
#include "support/core_test.h"
#include "support/tiny_server.h"

#include <stdio.h>

static const struct option service_options[] = {
    {.name = "runtime", .type = OPTION_MAP, .help = ""},
    {.name = "engine", .type = OPTION_TEXT, .help = ""}};
static const struct target_kind service_kind = {.kind = "service",
                                                .key = "services",
                                                .options = service_options,
                                                .option_count = COUNT(service_options)};
static const struct option cluster_options[] = {
    {.name = "proxy", .type = OPTION_TEXT, .help = ""},
    {.name = "namespaces", .type = OPTION_LIST, .help = ""},
    {.name = "kubectl", .type = OPTION_TEXT, .help = ""},
    {.name = "context", .type = OPTION_TEXT, .help = ""},
    {.name = "kubeconfig", .type = OPTION_TEXT, .help = ""}};
static const struct target_kind cluster_kind = {.kind = "kubernetes",
                                                .key = "kubernetes",
                                                .options = cluster_options,
                                                .option_count = COUNT(cluster_options)};

struct answer {
  const char *request, *status, *body;
};
enum { ANSWERS_MAX = 8, TEXTS_MAX = 64, TEXT_MAX = 2048 };
static struct answer answers[ANSWERS_MAX];
static size_t answer_count, text_count;
static char texts[TEXTS_MAX][TEXT_MAX], sent[1024], asked[8192];
static struct tiny_server server;
static uv_loop_t loop;
static struct io io;
static struct config *config;
static struct target *service;
static const struct service_driver *driver;
static struct service_runtime *runtime;

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
  if (strncmp(request, "PATCH", 5) == 0)
    snprintf(sent, sizeof sent, "%s", body ? body + 4 : "");
  for (size_t i = 0; i < answer_count; i++) {
    if (strncmp(request, answers[i].request, strlen(answers[i].request)) != 0)
      continue;
    assert_true(text_count < TEXTS_MAX);
    char *out = texts[text_count++];
    snprintf(out, TEXT_MAX, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", answers[i].status,
             strlen(answers[i].body), answers[i].body);
    return out;
  }
  return "HTTP/1.1 404 Not Found\r\nContent-Length: 33\r\n\r\n"
         "{\"kind\":\"Status\",\"message\":\"none\"}";
}

static void set_text(struct target *target, size_t option, const char *text) {
  target->values[option].text = mem_dup(text);
  target->values[option].set = true;
}

static void set_runtime(const char *text) {
  struct option_value *value = &service->values[0];
  if (!value->set) {
    value->names = mem_new(sizeof *value->names);
    value->items = mem_new(sizeof *value->items);
    value->names[0] = mem_dup("kubernetes");
    value->item_count = 1;
    value->set = true;
  }
  free(value->items[0]);
  value->items[0] = mem_dup(text);
}

#define WORKLOAD(generation, replicas, ready)                                                     \
  "{\"metadata\":{\"uid\":\"u-api\",\"name\":\"api\",\"namespace\":\"ecap\","                     \
  "\"generation\":" generation "},\"spec\":{\"replicas\":" replicas                               \
  ",\"selector\":{\"matchLabels\":{\"app\":\"api\"}}},\"status\":{"                               \
  "\"observedGeneration\":" generation ",\"replicas\":" replicas ",\"updatedReplicas\":" replicas \
  ",\"readyReplicas\":" ready ",\"availableReplicas\":" ready "}}"
#define POD                                                                                        \
  "{\"metadata\":{\"uid\":\"p\",\"name\":\"api-1\"},\"spec\":{\"containers\":[{\"name\":\"main\"," \
  "\"resources\":{\"limits\":{\"memory\":\"100Mi\"}}}]},\"status\":{\"phase\":\"Running\"}}"
#define LOST                                                                            \
  "{\"metadata\":{\"uid\":\"q\",\"name\":\"api-2\"},\"status\":{\"phase\":\"Pending\"," \
  "\"conditions\":["                                                                    \
  "{\"type\":\"PodScheduled\",\"status\":\"False\",\"message\":\"Insufficient cpu\"}]}}"
#define SCALER(kind, name)                                                                    \
  "{\"metadata\":{\"uid\":\"h" name kind "\",\"name\":\"auto\"},\"spec\":{\"minReplicas\":2," \
  "\"maxReplicas\":9,\"scaleTargetRef\":{\"kind\":\"" kind "\",\"name\":\"" name "\"}}}"

static const char api[] = "GET /apis/apps/v1/namespaces/ecap/deployments/api ";
static const char pods[] = "GET /api/v1/namespaces/ecap/pods?";
static const char usage[] = "GET /apis/metrics.k8s.io/v1beta1/namespaces/ecap/pods?";
static const char scalers[] = "GET /apis/autoscaling/v2/namespaces/ecap/horizontalpodautoscalers?";
static const char scale[] = "PATCH /apis/apps/v1/namespaces/ecap/deployments/api/scale ";

static int setup(void **state) {
  char url[64];
  struct err err;
  (void)state;
  answer_count = text_count = 0;
  *sent = *asked = '\0';
  uv_loop_init(&loop);
  io = (struct io){.loop = &loop};
  server = (struct tiny_server){.choose = choose, .unref = true};
  assert_true(tiny_listen(&server, &loop, "127.0.0.1"));
  uv_unref((uv_handle_t *)&server.socket);
  snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
  config = config_new();
  struct target *cluster = target_new(&cluster_kind, "staging");
  set_text(cluster, 0, url);
  service = target_new(&service_kind, "api");
  set_runtime("ecap/deployment/api");
  config_add(config, cluster);
  config_add(config, service);
  driver = service_driver_named("kubernetes");
  runtime = driver->open(&io, service, &err);
  assert_non_null(runtime);
  play(api, "200 OK", WORKLOAD("7", "2", "2"));
  play(pods, "200 OK", "{\"items\":[" POD "]}");
  play(usage, "200 OK",
       "{\"items\":[{\"metadata\":{\"name\":\"api-1\"},\"containers\":[{\"usage\":{\"cpu\":"
       "\"500m\",\"memory\":\"80Mi\"}}]}]}");
  play(scalers, "200 OK",
       "{\"items\":[" SCALER("Deployment", "other") "," SCALER("StatefulSet", "api") "]}");
  play(scale, "200 OK", "{}");
  return 0;
}

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

static int teardown(void **state) {
  bool closed = false;
  (void)state;
  driver->close(runtime, on_closed, &closed);
  while (!closed)
    uv_run(&loop, UV_RUN_ONCE);
  http_client_free(io.http);
  resolver_free(io.resolver);
  tiny_stop(&server);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
  config_free(config);
  return 0;
}

/* ---- a look */

static bool ended;
static struct service_state seen;
static char scaled_by[600], unused_why[200], failure[256];

static void on_look(void *arg, const struct service_state *state, const struct err *err) {
  (void)arg;
  ended = true;
  *failure = *scaled_by = *unused_why = '\0';
  if (err)
    snprintf(failure, sizeof failure, "%s", err->text);
  if (!state)
    return;
  seen = *state;
  if (state->object_count > 0 && state->objects[0].scaled_by)
    snprintf(scaled_by, sizeof scaled_by, "%s", state->objects[0].scaled_by);
  if (state->unused_why)
    snprintf(unused_why, sizeof unused_why, "%s", state->unused_why);
}

static void look(bool scaling) {
  const struct service_look query = {.timeout_ms = 5000, .scaling = scaling};
  ended = false;
  *asked = '\0';
  driver->look(runtime, &query, on_look, NULL);
  while (!ended)
    uv_run(&loop, UV_RUN_ONCE);
  assert_string_equal(failure, "");
}

static void test_a_look(void **state) {
  (void)state;
  look(false);
  assert_true(seen.cpu == 0.5 && seen.memory == 80 << 20 && seen.memory_limit == 100 << 20);
  assert_true(seen.ready == 2 && seen.wanted == 2);
  assert_null(strstr(asked, "horizontalpodautoscalers")); /* who does not scale does not need it */
}

/* It is not asked for at each look where the cluster does not have it. */
static void test_no_metrics(void **state) {
  (void)state;
  play(usage, "404 Not Found", "404 page not found");
  for (size_t i = 0; i < 2; i++) {
    look(false);
    assert_int_equal(!!strstr(asked, "metrics.k8s.io"), i == 0);
    assert_string_equal(
        unused_why,
        "the cluster has no metrics.k8s.io (metrics-server), so CPU and memory are not known");
    assert_true(seen.memory == -1 && seen.severity == SEVERITY_OK);
  }
}

static void test_who_undoes_a_scale(void **state) {
  (void)state;
  look(true);
  assert_string_equal(scaled_by, ""); /* those of others */
  play(scalers, "200 OK", "{\"items\":[" SCALER("Deployment", "api") "]}");
  look(true);
  assert_string_equal(scaled_by,
                      "the autoscaler auto, 2 to 9 sets its replicas, and will undo this");
  play(scalers, "403 Forbidden", "{\"kind\":\"Status\",\"message\":\"forbidden\"}");
  look(true);
  assert_string_equal(scaled_by, "whether an autoscaler undoes this is not known: forbidden");
}

/* ---- a scale */

static enum object_result result;
static char words[700];

static void on_change(void *arg, enum object_result what, const char *text) {
  (void)arg;
  ended = true;
  result = what;
  snprintf(words, sizeof words, "%s", text);
}

static void act(const char *generation, bool follows) {
  const struct service_change change = {.verb = SERVICE_SCALE,
                                        .replicas = 3,
                                        .identity = {.place = "staging ecap/deployment/api",
                                                     .id = "u-api",
                                                     .run = generation,
                                                     .state = "running",
                                                     .restarts = ""},
                                        .name = "deployment/api",
                                        .timeout_ms = 5000};
  ended = false;
  *asked = '\0';
  if (follows)
    driver->follow(runtime, &change, on_change, NULL);
  else
    driver->change(runtime, &change, on_change, NULL);
  while (!ended)
    uv_run(&loop, UV_RUN_ONCE);
}

static void test_a_scale(void **state) {
  (void)state;
  act("7", false);
  assert_int_equal(result, OBJECT_SENT);
  assert_string_equal(
      sent, "[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u-api\"},{\"op\":\"test\","
            "\"path\":\"/spec/replicas\",\"value\":2},{\"op\":\"add\",\"path\":\"/spec/replicas\","
            "\"value\":3}]");
  play(api, "200 OK", WORKLOAD("8", "3", "2"));
  act("7", true);
  assert_int_equal(result, OBJECT_PENDING);
  assert_string_equal(words, "rolling out, 2 of 3 pods");
  play(api, "200 OK", WORKLOAD("8", "3", "3"));
  act("7", true);
  assert_int_equal(result, OBJECT_DONE);
  assert_string_equal(words, "scaled to 3");
  play(api, "200 OK", WORKLOAD("9", "2", "2"));
  act("7", true);
  assert_int_equal(result, OBJECT_PARTLY);
  assert_string_equal(words, "scaled, but it was then set to 2 replicas, as by an autoscaler");
}

/* Now and then its pods are looked at for the cause. */
static void test_a_scale_that_does_not_end(void **state) {
  (void)state;
  play(api, "200 OK", WORKLOAD("8", "3", "2"));
  play(pods, "200 OK", "{\"items\":[" POD "," LOST "]}");
  for (size_t i = 0; i < 5; i++)
    act("7", true);
  assert_int_equal(result, OBJECT_PENDING);
  assert_string_equal(words,
                      "rolling out, 2 of 3 pods: api-2: cannot be scheduled: Insufficient cpu");
  assert_non_null(strstr(asked, "/pods?"));
  act("7", true);
  assert_null(strstr(asked, "/pods?"));
  assert_non_null(strstr(words, "Insufficient cpu")); /* still */
}

static void test_another_one(void **state) {
  (void)state;
  act("6", false);
  assert_int_equal(result, OBJECT_REFUSED);
  assert_string_equal(words, "its specification was changed since the plan was made");
  assert_null(strstr(asked, "PATCH"));
}

static void test_what_can_be_scaled(void **state) {
  struct err err = {0};
  (void)state;
  assert_true(driver->can(service, SERVICE_SCALE, &err));
  assert_false(driver->can(service, SERVICE_STOP, &err));
  assert_non_null(strstr(err.text, "service.scale"));
  set_runtime("ecap/daemonset/api");
  assert_false(driver->can(service, SERVICE_SCALE, &err));
  assert_non_null(strstr(err.text, "a daemon set has no number of pods"));
  assert_true(driver->can(service, SERVICE_RESTART, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_a_look),
      TEST(test_no_metrics),
      TEST(test_who_undoes_a_scale),
      TEST(test_a_scale),
      TEST(test_a_scale_that_does_not_end),
      TEST(test_another_one),
      TEST(test_what_can_be_scaled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
