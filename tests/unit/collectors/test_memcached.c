/* The Memcached collector with a real server. */
#include "collectors/collector_driver.h"
#include "support/c11_threads.h"
#include "support/memcached_server.h"

#include <math.h>

extern const struct collector collector_memcached;

struct fixture {
  struct driver driver;
  struct memcached_server server;
};

static int setup(void **state) {
  static struct fixture fixture;
  char address[32];
  fixture = (struct fixture){0};
  signal(SIGPIPE, SIG_IGN); /* as app does */
  driver_init(&fixture.driver, &collector_memcached);
  fixture.server.port = tiny_free_port(&fixture.driver.loop);
  snprintf(address, sizeof address, "127.0.0.1:%d", fixture.server.port);
  driver_fill(&fixture.driver, "address", address);
  memcached_server_start(&fixture.server, "8");
  driver_open(&fixture.driver);
  *state = &fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  driver_fini(&fixture->driver);
  memcached_server_kill(&fixture->server);
  return 0;
}

static double number(struct fixture *fixture, const char *column) {
  return driver_number(&fixture->driver, "summary", column);
}

static void none(struct fixture *fixture, const char *column, const char *reason) {
  struct value value = driver_cell(&fixture->driver, "summary", column);
  assert_int_equal(value.type, VALUE_NONE);
  assert_string_equal(value.text, reason);
}

static void collect(struct fixture *fixture) {
  driver_collect(&fixture->driver, 3000);
  if (!fixture->driver.sample)
    fail_msg("%s", fixture->driver.err.text);
}

static void say(struct fixture *fixture, const char *commands, const char *last) {
  memcached_server_say(&fixture->server, commands, strlen(commands), last);
}

static void figures_are_those_of_the_server(void **state) {
  struct fixture *fixture = *state;
  collect(fixture);
  none(fixture, "hit_ratio", "needs two collections");
  assert_true(number(fixture, "items") == 0);
  say(fixture, "set a 0 0 3\r\nabc\r\nget a\r\nget a\r\nget a\r\nget b\r\nversion\r\n", "VERSION");
  collect(fixture);
  const struct sample *sample = fixture->driver.sample;
  assert_true(number(fixture, "items") == 1);
  assert_true(fabs(number(fixture, "hit_ratio") - 0.75) < 1e-9);
  assert_true(number(fixture, "evictions") == 0);
  assert_true(number(fixture, "gets") > 0);
  assert_true(number(fixture, "limit") == 8 << 20);
  assert_true(number(fixture, "memory_ratio") > 0 && number(fixture, "memory_ratio") < 0.01);
  assert_true(number(fixture, "connections") >= 1);
  assert_true(number(fixture, "connection_ratio") < 0.1);
  assert_true(number(fixture, "latency") >= 0);
  assert_non_null(strstr(sample->server, "Memcached 1."));
  assert_non_null(strstr(sample->address, "127.0.0.1:"));
  assert_int_equal(sample->requests, 1);
  assert_string_equal(sample->facts[FACT_SERVER], sample->facts[FACT_START]);
}

static void a_cache_that_is_too_small_evicts(void **state) {
  enum { ITEM = 200000, ITEMS = 80 }; /* twice the limit */
  struct fixture *fixture = *state;
  static char commands[ITEMS * (ITEM + 60)];
  size_t used = 0;
  collect(fixture);
  for (int i = 0; i < ITEMS; i++) {
    used += (size_t)snprintf(commands + used, 60, "set key%d 0 0 %d noreply\r\n", i, ITEM);
    memset(commands + used, 'x', ITEM);
    memcpy(commands + used + ITEM, "\r\n", 2);
    used += ITEM + 2;
  }
  used += (size_t)snprintf(commands + used, 60, "version\r\n");
  memcached_server_say(&fixture->server, commands, used, "VERSION");
  collect(fixture);
  assert_true(number(fixture, "evictions") > 0);
  assert_true(number(fixture, "memory_ratio") > 0.5);
}

static void a_restart_is_known_by_its_run(void **state) {
  struct fixture *fixture = *state;
  char server[64], start[64];
  collect(fixture);
  snprintf(server, sizeof server, "%s", fixture->driver.sample->facts[FACT_SERVER]);
  snprintf(start, sizeof start, "%s", fixture->driver.sample->facts[FACT_START]);
  memcached_server_kill(&fixture->server);
  driver_collect(&fixture->driver, 3000);
  assert_null(fixture->driver.sample);
  memcached_server_start(&fixture->server, "8");
  collect(fixture);
  assert_string_equal(fixture->driver.sample->facts[FACT_SERVER], server);
  assert_string_not_equal(fixture->driver.sample->facts[FACT_START], start);
  none(fixture, "evictions", "restarted: needs two collections");
}

static void a_hung_server_is_described(void **state) {
  struct fixture *fixture = *state;
  collect(fixture);
  tiny_freeze(fixture->server.pid);
  driver_begin(&fixture->driver, 60000);
  for (int i = 0; i < 20; i++)
    uv_run(&fixture->driver.loop, UV_RUN_NOWAIT);
  struct err err = driver_cancel(&fixture->driver);
  if (!strstr(err.text, "no answer within 1s: connected to 127.0.0.1:"))
    fail_msg("%s", err.text);
  assert_non_null(strstr(err.text, "no answer to stats"));
  kill(fixture->server.pid, SIGCONT);
  collect(fixture);
}

int main(void) {
  if (access(MEMCACHED_SERVER_PATH, X_OK) != 0) {
    printf("memcached is not installed\n");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(figures_are_those_of_the_server),
      TEST(a_cache_that_is_too_small_evicts),
      TEST(a_restart_is_known_by_its_run),
      TEST(a_hung_server_is_described),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
