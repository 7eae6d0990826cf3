#include "support/core_test.h"

#include "core/err.h"
#include "core/mem.h"
#include "model/config/config.h"
#include "model/event/event.h"

#include <errno.h>

static void test_events(void **state) {
  (void)state;
  struct events events = {0};
  assert_null(events_get(&events, 0));
  for (int i = 0; i < EVENTS_MAX + 3; i++)
    events_add(&events, i, SEVERITY_WARN, "api", "event %d", i);
  assert_int_equal(events.count, EVENTS_MAX);
  char newest[32];
  snprintf(newest, sizeof newest, "event %d", EVENTS_MAX + 2);
  assert_string_equal(events_get(&events, 0)->text, newest);
  assert_string_equal(events_get(&events, EVENTS_MAX - 1)->text, "event 3"); /* the oldest kept */
  assert_int_equal(events_get(&events, EVENTS_MAX - 1)->at_ms, 3);
  assert_null(events_get(&events, EVENTS_MAX));
  events_fini(&events);
  assert_null(events_get(&events, 0));
}

static void test_event_is_clipped(void **state) {
  (void)state;
  struct events events = {0};
  events_add(&events, 0, SEVERITY_OK, "api", "%02000d", 1);
  assert_int_equal(strlen(events_get(&events, 0)->text), 2000);
  events_add(&events, 0, SEVERITY_OK, "api", "%04000d", 1);
  assert_int_equal(strlen(events_get(&events, 0)->text), EVENT_TEXT_MAX - 1);
  events_fini(&events);
}

/* A change is neither good nor bad, and a filter finds all of them by one word. */
static void test_a_change(void **state) {
  (void)state;
  struct events events = {0};
  events_add_change(&events, 0, "ecap", "setting %s changed: 4MB -> 64MB", "work_mem");
  events_add(&events, 1, SEVERITY_WARN, "ecap", "no details");
  const struct event *warning = events_get(&events, 0), *change = events_get(&events, 1);
  assert_true(change->change && !warning->change);
  assert_int_equal(change->severity, SEVERITY_OK);
  assert_string_equal(event_severity_name(change), "info");
  assert_string_equal(event_severity_name(warning), "warn");
  assert_true(event_matches(change, "info") && event_matches(change, "INFO"));
  assert_true(event_matches(change, "work_mem") && event_matches(change, "ecap"));
  assert_false(event_matches(change, "warn") || event_matches(warning, "info"));
  events_fini(&events);
}

static void test_err(void **state) {
  (void)state;
  struct err err = {0};
  assert_false(err_set(&err, ERR_REFUSED, "port %d: %s\n \n", 80, "refused"));
  assert_string_equal(err.text, "port 80: refused"); /* as libraries write it, without its end */
  assert_int_equal(err.kind, ERR_REFUSED);
  assert_false(err_set(&err, ERR_IO, "%02000d", 1));
  assert_int_equal(strlen(err.text), sizeof err.text - 1);
  assert_false(err_set(&err, ERR_IO, "\n"));
  assert_string_equal(err.text, "");
  assert_false(err_set(NULL, ERR_IO, "nothing listens"));
}

static void test_err_kinds(void **state) {
  (void)state;
  for (unsigned kind = ERR_NONE; kind <= ERR_IO; kind++)
    assert_int_equal(err_kind_parse(err_kind_name((enum err_kind)kind)), kind);
  assert_int_equal(err_kind_parse("no such"), ERR_PROTOCOL);
  assert_string_equal(err_kind_name((enum err_kind)99), "io");
  static const struct {
    int code;
    enum err_kind kind;
  } codes[] = {{ECONNREFUSED, ERR_REFUSED}, {EHOSTUNREACH, ERR_UNREACHABLE},
               {ETIMEDOUT, ERR_TIMEOUT},    {ECONNRESET, ERR_CLOSED},
               {EACCES, ERR_DENIED},        {EMFILE, ERR_LIMIT}};
  for (size_t i = 0; i < COUNT(codes); i++)
    assert_int_equal(err_kind_of_errno(-codes[i].code), codes[i].kind);
}

static void test_production(void **state) {
  (void)state;
  static const struct {
    const char *environment;
    bool production;
  } cases[] = {
      {NULL, false},        {"", false},
      {"production", true}, {"Production", true},
      {"prod", true},       {"eu-prod-1", true},
      {"LIVE", true},       {"staging", false},
      {"product", false},   {"preproduction", false},
      {"non prod", true},   {"prod2", true},
      {"delivery", false},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct config *config = config_new();
    config->environment = cases[i].environment ? mem_dup(cases[i].environment) : NULL;
    if (config_is_production(config) != cases[i].production)
      fail_msg("%s", cases[i].environment);
    config_free(config);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_events),    cmocka_unit_test(test_event_is_clipped),
      cmocka_unit_test(test_a_change),  cmocka_unit_test(test_err),
      cmocka_unit_test(test_err_kinds), cmocka_unit_test(test_production),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
