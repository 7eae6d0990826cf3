/* What holds for every collector: exactly one completion, whatever answers; a cancel and a close at
 * every step; and a next collection, or the end, from within the completion. */
#include "collectors/collector_driver.h"
#include "support/c11_threads.h"

#include <signal.h>

enum { TIMEOUT_MS = 1500, STEPS = 24 };

/* How a target of the kind is given its address: the port is between the two texts. */
static const struct place {
  const char *kind, *option, *before, *behind;
  bool always_a_sample; /* it exists to detect a server that is down */
  bool keeps_connection;
  enum err_kind cancelled; /* the error of a cancel; ERR_NONE: ERR_TIMEOUT */
} places[] = {
    {"service", "address", "127.0.0.1:", "", true},
    /* its client gives up before the deadline: a cancel means that the client hangs */
    {"kafka", "bootstrap", "127.0.0.1:", "", false, .cancelled = ERR_IO},
    {"postgres", "dsn", "host=127.0.0.1 port=", " user=nobody dbname=none sslmode=disable", false,
     true},
    {"pgbouncer", "dsn", "host=127.0.0.1 port=", " user=nobody dbname=pgbouncer sslmode=disable",
     false, true},
    {"redis", "url", "redis://127.0.0.1:", "", false, true},
    {"memcached", "address", "127.0.0.1:", "", false, true},
    {"docker", "endpoint", "tcp://127.0.0.1:", "", false},
    {"kubernetes", "proxy", "http://127.0.0.1:", "", false},
    {"systemd", "bus", "unix:path=/nonexistent/bus-", "", false},
    {"prometheus", "url", "http://127.0.0.1:", "", false},
    {"elasticsearch", "url", "http://127.0.0.1:", "", false},
    {"s3", "url", "http://127.0.0.1:", "", false},
    {"spark", "url", "http://127.0.0.1:", "", false},
    {"connect", "url", "http://127.0.0.1:", "", false},
    {"zookeeper", "address", "127.0.0.1:", "", false},
    {"fleet", "url", "http://127.0.0.1:", "", false},
    {"tls", "address", "127.0.0.1:", "", false},
    {"host", NULL, NULL, NULL, true},
    {"network", NULL, NULL, NULL, true},
};

static const struct place *place_of(const struct collector *collector) {
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (strcmp(places[i].kind, collector->kind.kind) == 0)
      return &places[i];
  fail_msg("%s: say here where its server is", collector->kind.kind);
  return NULL;
}

struct fixture {
  struct driver driver;
  struct tiny_server server;
  const struct place *place;
};

/* server: what listens; NULL: nothing. */
static void open_on(struct fixture *fixture, const struct collector *collector,
                    const struct tiny_server *server) {
  struct driver *driver = &fixture->driver;
  int port;
  driver_init(driver, collector);
  fixture->server = server ? *server : (struct tiny_server){0};
  fixture->place = place_of(collector);
  if (server)
    assert_true(tiny_listen(&fixture->server, &driver->loop, "127.0.0.1"));
  port = server ? fixture->server.port : tiny_free_port(&driver->loop);
  if (fixture->place->option) {
    char text[128];
    snprintf(text, sizeof text, "%s%d%s", fixture->place->before, port, fixture->place->behind);
    driver_fill(driver, fixture->place->option, text);
  }
  driver_open(driver);
}

static void end(struct fixture *fixture) {
  if (fixture->driver.self)
    driver_close(&fixture->driver);
  tiny_run_until(&fixture->driver.loop, &fixture->driver.closed);
  if (fixture->server.port)
    tiny_stop(&fixture->server);
  driver_fini(&fixture->driver);
}

/* One answer to whatever is asked, twice: the second collection is as good as the first. */
static void ends_once(const struct collector *collector, const struct tiny_server *server) {
  struct fixture fixture;
  open_on(&fixture, collector, server);
  for (size_t i = 1; i <= 2; i++) {
    driver_collect(&fixture.driver, TIMEOUT_MS);
    assert_int_equal(fixture.driver.completions, i);
    if (!fixture.place->always_a_sample)
      assert_null(fixture.driver.sample);
  }
  for (size_t i = 0; i < STEPS; i++) /* nothing comes after it */
    uv_run(&fixture.driver.loop, UV_RUN_NOWAIT);
  assert_int_equal(fixture.driver.completions, 2);
  end(&fixture);
}

/* A rule looks at what others have published: it has no server. DNS asks by UDP: see
 * e2e/test_dns.py. Runbooks are asked of this program itself: see e2e/test_runbooks_due.py. */
static bool has_server(const struct collector *collector) {
  return strcmp(collector->kind.kind, "alert") != 0 &&
         strcmp(collector->kind.kind, "notifier") != 0 &&
         strcmp(collector->kind.kind, "dns") != 0 && strcmp(collector->kind.kind, "runbook") != 0;
}

#define FOR_EACH(collector)                                                        \
  for (const struct collector *const *each = collectors, *collector = *collectors; \
       (collector = *each) != NULL; each++)                                        \
    if (has_server(collector))

static void a_refused_connection_ends_once(void **state) {
  (void)state;
  FOR_EACH(collector)
  ends_once(collector, NULL);
}

static void garbage_ends_once(void **state) {
  static const char *const texts[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n\r\n\r\n",
                                      "\xff\xfe"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    FOR_EACH(collector) {
      struct tiny_server server = {.reply = texts[i], .close_after = true};
      ends_once(collector, &server);
    }
}

static void a_reset_ends_once(void **state) {
  (void)state;
  FOR_EACH(collector) {
    struct tiny_server server = {.reply = "-", .reset_after = true};
    ends_once(collector, &server);
  }
}

/* At the deadline the scheduler cancels; the collector adds its step, if known. */
static void a_silent_server_is_cancelled(void **state) {
  (void)state;
  FOR_EACH(collector) {
    struct tiny_server server = {.reply = NULL};
    struct fixture fixture;
    open_on(&fixture, collector, &server);
    driver_begin(&fixture.driver, 60000);
    while (fixture.driver.running && fixture.place->option && fixture.server.connections == 0)
      uv_run(&fixture.driver.loop, UV_RUN_ONCE);
    if (fixture.driver.running) {
      struct err err = driver_cancel(&fixture.driver);
      enum err_kind expected = fixture.place->cancelled;
      assert_int_equal(err.kind, expected == ERR_NONE ? ERR_TIMEOUT : expected);
      assert_true(*err.text != '\0');
    }
    if (fixture.place->keeps_connection) { /* the late answer would be that of another question */
      assert_int_equal(fixture.server.connections, 1);
      driver_begin(&fixture.driver, 60000);
      while (fixture.server.connections < 2)
        uv_run(&fixture.driver.loop, UV_RUN_ONCE);
      driver_cancel(&fixture.driver);
    }
    size_t completions = fixture.driver.completions;
    for (size_t i = 0; i < STEPS; i++)
      uv_run(&fixture.driver.loop, UV_RUN_NOWAIT);
    assert_int_equal(fixture.driver.completions, completions);
    end(&fixture);
  }
}

/* Cancelled, and closed, after each number of iterations of the loop. */
static void it_can_be_closed_at_each_step(void **state) {
  (void)state;
  FOR_EACH(collector) {
    const size_t most = strcmp(collector->kind.kind, "kafka") == 0 ? 4 : STEPS; /* a process each */
    for (size_t turns = 0; turns < most; turns++) {
      struct tiny_server server = {.reply = "+OK\r\n"};
      struct fixture fixture;
      open_on(&fixture, collector, &server);
      driver_begin(&fixture.driver, 60000);
      for (size_t i = 0; i < turns && fixture.driver.running; i++)
        uv_run(&fixture.driver.loop, UV_RUN_NOWAIT);
      if (fixture.driver.running)
        driver_cancel(&fixture.driver);
      end(&fixture);
    }
  }
}

static void begin_again(struct driver *driver) {
  if (driver->completions < 4)
    driver_begin(driver, TIMEOUT_MS);
  else
    driver_close(driver);
}

/* The completion begins the next collection, and the last one ends the instance. */
static void a_completion_may_begin_the_next_or_close(void **state) {
  (void)state;
  FOR_EACH(collector) {
    struct fixture fixture;
    open_on(&fixture, collector, NULL);
    fixture.driver.within = begin_again;
    driver_begin(&fixture.driver, TIMEOUT_MS);
    tiny_run_until(&fixture.driver.loop, &fixture.driver.closed);
    assert_int_equal(fixture.driver.completions, 4);
    end(&fixture);
  }
}

/* All references of a column exist: they are looked up by id, and a missing one is silent. */
static void tables_name_what_they_have(void **state) {
  (void)state;
  FOR_EACH(collector)
  for (size_t t = 0; t < collector->table_count; t++) {
    const struct table_spec *spec = collector->tables[t];
    for (size_t i = 0; i < spec->column_count; i++) {
      const struct column_spec *column = &spec->columns[i];
      assert_true(column->id && column->title && column->help);
      assert_int_equal(table_column(spec, column->id), i); /* no id twice */
      for (size_t b = 0; b < sizeof column->beside / sizeof *column->beside && column->beside[b];
           b++)
        if (table_column(spec, column->beside[b]) < 0)
          fail_msg("%s.%s: no column %s", spec->id, column->id, column->beside[b]);
    }
  }
}

int main(int argc, char **argv) {
  if (kafka_child_wanted(argc, argv))
    return kafka_child_main();
  signal(SIGPIPE, SIG_IGN); /* as app does */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_name_what_they_have),
      cmocka_unit_test(a_refused_connection_ends_once),
      cmocka_unit_test(garbage_ends_once),
      cmocka_unit_test(a_reset_ends_once),
      cmocka_unit_test(a_silent_server_is_cancelled),
      cmocka_unit_test(it_can_be_closed_at_each_step),
      cmocka_unit_test(a_completion_may_begin_the_next_or_close),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
