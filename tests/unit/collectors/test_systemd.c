/* The collector in front of a systemd that is played: what it makes of answers that no real one
 * gives on demand. What a real systemd says is tested in tests/e2e/test_systemd.py. */
#include "collector_driver.h"
#include "support/systemd_peer.h"

#include "core/mem.h"

static struct driver driver;
static struct systemd_peer peer;

static int setup(void **state) {
  (void)state;
  driver_init(&driver, collector_find("systemd"));
  peer_start(&peer, &driver.loop);
  driver_fill(&driver, "bus", peer.address);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  peer_stop(&peer);
  driver_fini(&driver);
  return 0;
}

static void choose_units(const char *first, const char *second) {
  struct option_value *units = &driver.target->values[0];
  units->items = mem_new(2 * sizeof *units->items);
  units->item_count = second ? 2 : 1;
  units->items[0] = mem_dup(first);
  if (second)
    units->items[1] = mem_dup(second);
  units->set = true;
}

static void test_a_unit(void **state) {
  (void)state;
  choose_units("api.service", NULL);
  struct peer_unit *unit = peer_add(&peer, "api.service", "active", "running");
  driver_open(&driver);
  driver_collect(&driver, 2000);
  assert_int_equal((int)driver_number(&driver, "units", "pid"), 100);
  assert_string_equal(driver_cell(&driver, "units", "state").text, "active");
  assert_string_equal(driver.sample->server, "systemd 999");
  unit->active = "failed";
  unit->result = "\033[31mred";
  driver_collect(&driver, 2000);
  assert_string_equal(driver.sample->tables[1].rows[0].reason, "failed: result: \033[31mred");
  assert_int_equal(peer.connections, 1); /* one connection for both */
}

/* As systemd does with a name that it takes for invalid, and a bus that lies. */
static void test_a_name_that_is_left_out(void **state) {
  (void)state;
  choose_units("api.service", "db.service");
  peer_add(&peer, "api.service", "active", "running");
  driver_open(&driver);
  driver_collect(&driver, 2000);
  assert_int_equal(driver.sample->note_count, 1);
  assert_int_equal(driver.sample->notes[0].severity, SEVERITY_UNKNOWN);
  assert_non_null(strstr(driver.sample->notes[0].text, "says nothing of 1 of the units"));
  peer_add(&peer, "database.service", "inactive", "dead"); /* an alias: wanted by its name */
  driver_collect(&driver, 2000);
  assert_int_equal(driver.sample->note_count, 0);
  assert_string_equal(driver.sample->tables[1].rows[0].key, "database.service");
  assert_string_equal(driver.sample->tables[1].rows[0].reason, "does not run");
}

static void test_answers_of_another_type(void **state) {
  static const char *const methods[] = {"GetAll", "ListUnitsByPatterns", "ListUnitsByNames"};
  (void)state;
  choose_units("api.service", "*.socket");
  peer_add(&peer, "api.service", "active", "running");
  driver_open(&driver);
  for (size_t i = 0; i < 3; i++) {
    peer.method = methods[i];
    peer.way = PEER_WRONG_TYPES;
    driver_collect(&driver, 2000);
    assert_null(driver.sample);
    assert_int_equal(driver.err.kind, ERR_PROTOCOL);
  }
  peer.method = NULL;
  driver_collect(&driver, 2000);
  assert_null(driver.sample); /* ListUnitFilesByPatterns is answered with a job */
}

static void test_a_refusal(void **state) {
  (void)state;
  choose_units("api.service", NULL);
  peer_add(&peer, "api.service", "active", "running");
  driver_open(&driver);
  peer.method = "ListUnitsByNames";
  peer.way = PEER_REFUSES;
  peer.error = "org.freedesktop.DBus.Error.AccessDenied";
  peer.message = "Access\ndenied";
  driver_collect(&driver, 2000);
  assert_int_equal(driver.err.kind, ERR_DENIED);
  assert_string_equal(driver.err.text, "Access\ndenied"); /* sanitised where it is shown */
}

static void test_it_dies_in_the_middle(void **state) {
  (void)state;
  choose_units("api.service", NULL);
  peer_add(&peer, "api.service", "active", "running");
  driver_open(&driver);
  peer.method = "ListUnitsByNames";
  peer.way = PEER_DIES;
  driver_collect(&driver, 2000);
  assert_int_equal(driver.err.kind, ERR_CLOSED);
  assert_non_null(strstr(driver.err.text, "closed the connection"));
  peer.method = NULL; /* and the next collection connects again */
  driver_collect(&driver, 2000);
  assert_non_null(driver.sample);
}

static void test_no_answer(void **state) {
  (void)state;
  choose_units("api.service", NULL);
  peer_add(&peer, "api.service", "active", "running");
  driver_open(&driver);
  peer.method = "ListUnitsByNames";
  peer.way = PEER_SILENT;
  driver_begin(&driver, 60000);
  while (!strstr(peer.log, "ListUnitsByNames"))
    uv_run(&driver.loop, UV_RUN_ONCE);
  const struct err err = driver_cancel(&driver);
  assert_non_null(strstr(err.text, "connected to /tmp/"));
  assert_non_null(strstr(err.text, "no answer to "));
  peer.mute_login = true;
  driver_begin(&driver, 60000);
  while (peer.connections < 2)
    uv_run(&driver.loop, UV_RUN_ONCE);
  assert_non_null(strstr(driver_cancel(&driver).text, "no answer to the login"));
}

static void test_within_its_time(void **state) {
  (void)state;
  choose_units("api.service", NULL);
  peer_add(&peer, "api.service", "active", "running");
  driver_open(&driver);
  peer.method = "ListUnitsByNames";
  peer.way = PEER_SILENT;
  driver_collect(&driver, 300);
  assert_int_equal(driver.err.kind, ERR_TIMEOUT);
  assert_string_equal(driver.err.text, "systemd does not answer (ListUnitsByNames)");
}

static void test_closed_with_questions_under_way(void **state) {
  (void)state;
  choose_units("api.service", NULL);
  driver_open(&driver);
  peer.method = "GetAll";
  peer.way = PEER_SILENT;
  driver_begin(&driver, 60000);
  while (!*peer.log)
    uv_run(&driver.loop, UV_RUN_ONCE);
  driver_cancel(&driver);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_unit, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_name_that_is_left_out, setup, teardown),
      cmocka_unit_test_setup_teardown(test_answers_of_another_type, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_refusal, setup, teardown),
      cmocka_unit_test_setup_teardown(test_it_dies_in_the_middle, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_answer, setup, teardown),
      cmocka_unit_test_setup_teardown(test_within_its_time, setup, teardown),
      cmocka_unit_test_setup_teardown(test_closed_with_questions_under_way, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
