/* The actions on units in front of a systemd that is played: what is asked in which order, what it
 * may answer, and what is made of it. What a real systemd does is tested in
 * tests/e2e/test_actions_systemd.py. */
#include "act_driver.h"

#include "clients/systemd/systemd_contract.h"
#include "support/systemd_peer.h"

extern const struct action action_systemd_restart, action_systemd_start, action_systemd_stop,
    action_systemd_reload, action_systemd_reset_failed;

#define COUNT(array) (sizeof(array) / sizeof *(array))
static const struct option options[] = {{.name = "bus", .type = OPTION_TEXT, .help = ""}};
static const struct target_kind kind = {.kind = "systemd",
                                        .key = "systemd",
                                        .title = "systemd",
                                        .options = options,
                                        .option_count = COUNT(options)};
static const char *const api[] = {"api.service", NULL};
static const char *const both[] = {"api.service", "web.service", NULL};

static struct driver driver;
static struct systemd_peer peer;

/* As systemd does: a start is a new run with another process. */
static void works(struct systemd_peer *self, struct peer_unit *unit, const char *method) {
  (void)self;
  if (strcmp(method, "StartUnit") == 0 || strcmp(method, "RestartUnit") == 0) {
    unit->active = "active";
    unit->sub = "running";
    unit->run++;
    unit->pid++;
  } else if (strcmp(method, "ReloadUnit") != 0) {
    unit->active = "inactive";
    unit->sub = "dead";
    unit->pid = 0;
  }
}

static int setup(void **state) {
  (void)state;
  driver_open(&driver, &kind, NULL);
  peer_start(&peer, &driver.loop);
  peer.changed = works;
  const char *const settings[] = {"bus", peer.address, NULL};
  struct target *target = driver.config->targets[0];
  struct err err;
  assert_true(option_parse(&options[0], settings[1], &target->values[0], &err));
  target->values[0].set = true;
  return 0;
}

static int teardown(void **state) {
  (void)state;
  peer_stop(&peer);
  driver_close(&driver);
  return 0;
}

static bool run(const struct action *action, const char *const *keys) {
  return driver_run(&driver, action, SYSTEMD_UNITS_TABLE, keys, NULL, NULL);
}

static bool planned(const struct action *action, const char *const *keys) {
  return driver_survey(&driver, action, SYSTEMD_UNITS_TABLE, keys, NULL) &&
         driver_plan(&driver, NULL);
}

static enum object_result result_of(size_t object) {
  return driver.outcome.objects[object].result;
}

static void test_effects(void **state) {
  static const struct {
    const struct action *action;
    const char *active, *words, *call;
  } steps[] = {
      {&action_systemd_restart, "active", "active after", "RestartUnit api.service"},
      {&action_systemd_reload, "active", "reloaded in", "ReloadUnit api.service"},
      {&action_systemd_stop, "active", "inactive after", "StopUnit api.service"},
      {&action_systemd_start, "inactive", "active after", "StartUnit api.service"},
      {&action_systemd_reset_failed, "failed", "inactive", "ResetFailedUnit api.service"},
  };
  (void)state;
  struct peer_unit *unit = peer_add(&peer, "api.service", "active", "running");
  for (size_t i = 0; i < COUNT(steps); i++) {
    unit->active = steps[i].active;
    *peer.log = '\0';
    if (!run(steps[i].action, api))
      fail_msg("%s: %s", steps[i].action->spec.id, driver.err.text);
    if (result_of(0) != OBJECT_DONE)
      fail_msg("%s: %s (%s)", steps[i].action->spec.id, object_words(&driver, 0), peer.log);
    expect_in(object_words(&driver, 0), steps[i].words);
    const char *call = strstr(peer.log, steps[i].call);
    assert_non_null(call);
    assert_null(strstr(call + 1, steps[i].call)); /* once */
  }
}

/* The end of the job may come before the answer that names the job. */
static void test_a_late_answer(void **state) {
  (void)state;
  peer_add(&peer, "api.service", "active", "running");
  peer.method = "RestartUnit";
  peer.way = PEER_LATE;
  assert_true(run(&action_systemd_restart, api));
  assert_int_equal(result_of(0), OBJECT_DONE);
}

static void test_a_job_that_fails(void **state) {
  static const char *const results[] = {"failed", "timeout", "dependency", "canceled", "skipped"};
  (void)state;
  struct peer_unit *unit = peer_add(&peer, "api.service", "inactive", "dead");
  for (size_t i = 0; i < COUNT(results); i++) {
    unit->active = "inactive";
    peer.job_result = results[i];
    assert_true(run(&action_systemd_start, api));
    assert_int_equal(result_of(0), OBJECT_PARTLY); /* another run began */
  }
  peer.changed = NULL; /* and nothing changes */
  unit->active = "inactive";
  assert_true(run(&action_systemd_start, api));
  assert_int_equal(result_of(0), OBJECT_REFUSED);
  expect_in(object_words(&driver, 0), "nothing was changed: the job ended as skipped");
}

static void test_refusals(void **state) {
  (void)state;
  peer_add(&peer, "api.service", "active", "running");
  peer.method = "StopUnit";
  peer.way = PEER_REFUSES;
  peer.error = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
  peer.message = "Interactive authentication required.";
  assert_true(run(&action_systemd_stop, api));
  assert_int_equal(result_of(0), OBJECT_REFUSED);
  assert_string_equal(object_words(&driver, 0), "Interactive authentication required. (by polkit, "
                                                "or the policy of the bus)");
  peer.error = "org.freedesktop.systemd1.TransactionIsDestructive";
  peer.message = "Transaction is destructive.";
  assert_true(run(&action_systemd_stop, api));
  assert_string_equal(object_words(&driver, 0), "Transaction is destructive.");
}

/* What was sent and not answered may have happened. */
static void test_no_answer(void **state) {
  (void)state;
  struct peer_unit *unit = peer_add(&peer, "api.service", "active", "running");
  peer.method = "StopUnit";
  peer.way = PEER_DIES;
  assert_false(run(&action_systemd_stop, api));
  assert_int_equal(result_of(0), OBJECT_UNKNOWN);
  peer.way = PEER_SILENT;
  assert_true(planned(&action_systemd_stop, api));
  *peer.log = '\0';
  driver_execute_begin(&driver);
  while (!strstr(peer.log, "StopUnit"))
    driver_turn(&driver);
  driver_drop(&driver);
  assert_int_equal(result_of(0), OBJECT_UNKNOWN);
  unit->active = "active";
  peer.way = PEER_WRONG_TYPES;
  assert_false(run(&action_systemd_stop, api));
  expect_words(&driver, "the answer is not a job");
  assert_int_not_equal(result_of(0), OBJECT_DONE);
}

/* Where even the question for the unit is not answered, nothing was sent. */
static void test_a_systemd_that_hangs(void **state) {
  (void)state;
  peer_add(&peer, "api.service", "active", "running");
  assert_true(planned(&action_systemd_stop, api));
  peer.method = "GetAll";
  peer.way = PEER_SILENT;
  *peer.log = '\0';
  driver_execute_begin(&driver);
  while (!*peer.log)
    driver_turn(&driver);
  driver_drop(&driver);
  assert_int_equal(result_of(0), OBJECT_SKIPPED);
  assert_null(strstr(peer.log, "StopUnit"));
  peer.way = PEER_DIES;
  assert_true(driver_survey(&driver, &action_systemd_stop, SYSTEMD_UNITS_TABLE, api, NULL) ==
              false);
  expect_words(&driver, "closed");
}

static void test_a_unit_that_has_changed(void **state) {
  (void)state;
  struct peer_unit *unit = peer_add(&peer, "api.service", "active", "running");
  assert_true(planned(&action_systemd_stop, api));
  unit->pid++;
  assert_true(driver_execute(&driver));
  assert_int_equal(result_of(0), OBJECT_REFUSED);
  expect_in(object_words(&driver, 0), "its main process changed");
  assert_true(planned(&action_systemd_stop, api));
  unit->run++;
  assert_true(driver_execute(&driver));
  expect_in(object_words(&driver, 0), "it was started since the plan was made");
  assert_true(planned(&action_systemd_stop, api));
  unit->active = "failed";
  assert_true(driver_execute(&driver));
  expect_in(object_words(&driver, 0), "it is failed now, and was active");
  assert_null(strstr(peer.log, "StopUnit"));
  unit->active = "active";
  assert_true(planned(&action_systemd_stop, api));
  unit->run++;
  unit->pid++;
  unit->restarts++; /* by systemd itself */
  assert_true(driver_execute(&driver));
  assert_int_equal(result_of(0), OBJECT_SENT);
}

static void fails_again(struct systemd_peer *self, struct peer_unit *unit, const char *method) {
  works(self, unit, method);
  unit->active = "failed";
  unit->sub = "failed";
  unit->result = "exit-code";
  unit->exit_status = 7;
}

static void test_several(void **state) {
  (void)state;
  peer_add(&peer, "api.service", "active", "running");
  peer_add(&peer, "web.service", "active", "running");
  assert_true(run(&action_systemd_restart, both));
  assert_int_equal(result_of(1), OBJECT_DONE);
  peer.changed = fails_again;
  assert_true(planned(&action_systemd_restart, both));
  assert_true(driver_execute(&driver));
  assert_int_equal(result_of(0), OBJECT_PARTLY);
  expect_in(object_words(&driver, 0), "started, but ended with exit code 7");
  assert_int_equal(result_of(1), OBJECT_SKIPPED);
}

static void test_cancelled_while_the_job_runs(void **state) {
  (void)state;
  peer_add(&peer, "api.service", "active", "running");
  peer.job_result = ""; /* it does not end */
  peer.method = NULL;
  assert_true(planned(&action_systemd_restart, api));
  driver_execute_begin(&driver);
  while (!strstr(peer.log, "RestartUnit"))
    driver_turn(&driver);
  driver.step->cancel(&driver.call);
  driver_wait(&driver);
  assert_int_equal(result_of(0), OBJECT_PARTLY);
  expect_in(object_words(&driver, 0), "the job continues: active (running) when it was cancelled");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_effects, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_late_answer, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_job_that_fails, setup, teardown),
      cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_answer, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_systemd_that_hangs, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_unit_that_has_changed, setup, teardown),
      cmocka_unit_test_setup_teardown(test_several, setup, teardown),
      cmocka_unit_test_setup_teardown(test_cancelled_while_the_job_runs, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
