/* Services that are units, in front of a systemd that is played. What a real one does is tested in
 * tests/e2e/test_service_systemd.py. */
#include "clients/service/service_driver.h"
#include "core/mem.h"
#include "support/systemd_peer.h"

static const struct option options[] = {{.name = "runtime", .type = OPTION_MAP, .help = ""}};
static const struct target_kind kind = {
    .kind = "service", .key = "services", .options = options, .option_count = 1};

static uv_loop_t loop;
static struct io io;
static struct systemd_peer peer;
static struct target *target;
static const struct service_driver *driver;
static struct service_runtime *runtime;
static bool ended;
static enum object_result result;
static char words[512];
static struct service_state seen;
static char run[80], failure[256];

static int setup(void **state) {
  struct err err;
  (void)state;
  uv_loop_init(&loop);
  io = (struct io){.loop = &loop};
  peer_start(&peer, &loop);
  setenv("DBUS_SYSTEM_BUS_ADDRESS", peer.address, 1);
  target = target_new(&kind, "api");
  struct option_value *value = &target->values[0];
  value->names = mem_new(sizeof *value->names);
  value->items = mem_new(sizeof *value->items);
  value->names[0] = mem_dup("systemd");
  value->items[0] = mem_dup("api");
  value->item_count = 1;
  value->set = true;
  driver = service_driver_named("systemd");
  runtime = driver->open(&io, target, &err);
  assert_non_null(runtime);
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
  peer_stop(&peer);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
  target_free(target);
  return 0;
}

static void on_look(void *arg, const struct service_state *state, const struct err *err) {
  (void)arg;
  ended = true;
  *failure = '\0';
  if (err)
    snprintf(failure, sizeof failure, "%s", err->text);
  else
    seen = *state;
  if (state && state->object_count > 0)
    snprintf(run, sizeof run, "%s", state->objects[0].identity.run);
}

static void on_change(void *arg, enum object_result what, const char *text) {
  (void)arg;
  ended = true;
  result = what;
  snprintf(words, sizeof words, "%s", text);
}

static void look(int64_t timeout_ms) {
  const struct service_look query = {.timeout_ms = timeout_ms};
  ended = false;
  driver->look(runtime, &query, on_look, NULL);
  while (!ended)
    uv_run(&loop, UV_RUN_ONCE);
}

static struct service_change change_of(enum service_verb verb, const char *state) {
  return (struct service_change){.verb = verb,
                                 .identity = {.place = peer.path,
                                              .id = "api.service",
                                              .run = run,
                                              .state = state,
                                              .restarts = "0"},
                                 .name = "api.service",
                                 .timeout_ms = 1000};
}

static void act(enum service_verb verb, const char *state, bool follows) {
  const struct service_change change = change_of(verb, state);
  ended = false;
  if (follows)
    driver->follow(runtime, &change, on_change, NULL);
  else
    driver->change(runtime, &change, on_change, NULL);
  while (!ended)
    uv_run(&loop, UV_RUN_ONCE);
}

static void restarts(struct systemd_peer *self, struct peer_unit *unit, const char *method) {
  (void)self;
  if (strcmp(method, "RestartUnit") == 0) {
    unit->run++;
    unit->pid++;
  }
}

static void test_a_restart(void **state) {
  (void)state;
  struct peer_unit *unit = peer_add(&peer, "api.service", "active", "running");
  peer.changed = restarts;
  look(1000);
  assert_string_equal(seen.state, "running");
  peer.method = "RestartUnit";
  peer.way = PEER_LATE; /* the end of the job comes before the answer that names it */
  act(SERVICE_RESTART, "active", false);
  assert_int_equal(result, OBJECT_SENT);
  assert_string_equal(words, "systemd did it");
  act(SERVICE_RESTART, "active", true);
  assert_int_equal(result, OBJECT_PENDING);
  unit->run++; /* it ended, and was started again */
  act(SERVICE_RESTART, "active", true);
  assert_int_equal(result, OBJECT_PARTLY);
}

static void test_another_run(void **state) {
  (void)state;
  struct peer_unit *unit = peer_add(&peer, "api.service", "active", "running");
  look(1000);
  unit->run++;
  *peer.log = '\0';
  act(SERVICE_STOP, "active", false);
  assert_int_equal(result, OBJECT_REFUSED);
  assert_string_equal(words, "it was started since the plan was made");
  assert_null(strstr(peer.log, "StopUnit"));
}

static void test_changes_without_an_answer(void **state) {
  static const enum peer_way ways[] = {PEER_SILENT, PEER_DIES, PEER_WRONG_TYPES};
  (void)state;
  peer_add(&peer, "api.service", "active", "running");
  look(1000);
  peer.method = "RestartUnit";
  for (size_t i = 0; i < 3; i++) {
    peer.way = ways[i];
    act(SERVICE_RESTART, "active", false);
    assert_int_equal(result, OBJECT_UNKNOWN);
    assert_true(runtime->sent);
  }
  peer.method = "GetAll"; /* not even asked what the unit is: nothing was sent */
  peer.way = PEER_DIES;
  act(SERVICE_RESTART, "active", false);
  assert_int_equal(result, OBJECT_SKIPPED);
  assert_false(runtime->sent);
}

static void test_a_job_that_does_not_end(void **state) {
  (void)state;
  peer_add(&peer, "api.service", "active", "running");
  look(1000);
  peer.job_result = "";
  act(SERVICE_RESTART, "active", false);
  assert_int_equal(result, OBJECT_SENT);
  assert_string_equal(words, "the job continues");
}

static void test_looks_that_fail(void **state) {
  (void)state;
  peer_add(&peer, "api.service", "active", "running");
  peer.method = "GetAll";
  peer.way = PEER_WRONG_TYPES;
  look(1000);
  assert_non_null(strstr(failure, "not systemd?"));
  peer.way = PEER_SILENT;
  look(100);
  assert_true(*failure);
  peer.method = NULL;
  look(1000);
  assert_string_equal(failure, "");
  const struct service_look query = {.timeout_ms = 1000};
  ended = false;
  driver->look(runtime, &query, on_look, NULL);
  driver->cancel(runtime); /* and no callback comes */
  for (int i = 0; i < 50; i++)
    uv_run(&loop, UV_RUN_NOWAIT);
  assert_false(ended);
}

static void test_options(void **state) {
  struct err err;
  (void)state;
  assert_true(driver->check("systemd", "user/a\\x2db@c.service", &err));
  assert_false(driver->check("systemd", "../a", &err));
  assert_false(driver->check("systemd", "", &err));
  assert_false(driver->check("systemd", "a b", &err));
  assert_false(driver->can(target, SERVICE_SCALE, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_restart, setup, teardown),
      cmocka_unit_test_setup_teardown(test_another_run, setup, teardown),
      cmocka_unit_test_setup_teardown(test_changes_without_an_answer, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_job_that_does_not_end, setup, teardown),
      cmocka_unit_test_setup_teardown(test_looks_that_fail, setup, teardown),
      cmocka_unit_test_setup_teardown(test_options, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
