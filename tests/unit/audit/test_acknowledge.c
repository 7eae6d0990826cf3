/* An unknown outcome is acknowledged, once, with a reason. */
#include "audit_fixture.h"

#include "audit/audit_process.h"

struct seen {
  char text[4096];
};

static void on_seen(void *arg, const struct audit_record *record, bool unknown) {
  struct seen *seen = arg;
  size_t at = strlen(seen->text);
  snprintf(seen->text + at, sizeof seen->text - at, "%s %s%s;", audit_event_name(record->event),
           record->id, unknown ? " unknown" : "");
}

static void expect_unknown(const struct fixture *fixture, const char *text) {
  struct seen seen = {0};
  struct err err = {0};
  assert_true(audit_read(fixture->path, &(struct audit_filter){.unknown_only = true}, on_seen,
                         &seen, &err));
  assert_string_equal(seen.text, text);
}

static struct audit_record lost(const char *id, const char *host) {
  struct audit_record record = fixture_intent(id);
  record.who.host = host;
  record.at_ms = 1000;
  return record;
}

static void refuse(const struct fixture *fixture, const char *id, const char *reason,
                   const char *words) {
  struct err err = {0};
  const struct audit_options options = {.path = fixture->path};
  assert_false(audit_acknowledge_now(&options, id, reason, &err));
  if (!strstr(err.text, words))
    fail_msg("no \"%s\" in \"%s\"", words, err.text);
}

static void acknowledge(const struct fixture *fixture, const char *id) {
  struct err err = {0};
  const struct audit_options options = {.path = fixture->path};
  if (!audit_acknowledge_now(&options, id, "looked: it is gone", &err))
    fail_msg("%s", err.text);
}

static void test_both_kinds_of_unknown(void **state) {
  struct fixture *fixture = *state;
  struct audit_record intent = lost("a-1", "b1"), outcome = fixture_outcome("a-2"),
                      before = fixture_intent("a-2"), done = fixture_outcome("a-3");
  outcome.result = "unknown";
  assert_true(fixture_append(fixture, &intent));
  assert_true(fixture_append(fixture, &before));
  assert_true(fixture_append(fixture, &outcome));
  assert_true(fixture_append(fixture, &done));
  expect_unknown(fixture, "intent a-1 unknown;outcome a-2 unknown;");
  refuse(fixture, "a-9", "x", "has no action with the id \"a-9\"");
  refuse(fixture, "a-3", "x", "the outcome of a-3 is known: done");
  refuse(fixture, "a-1", " ", "a reason is required");
  refuse(fixture, "", "x", "is not the id of an action");
  acknowledge(fixture, "a-1");
  expect_unknown(fixture, "outcome a-2 unknown;");
  acknowledge(fixture, "a-2");
  expect_unknown(fixture, "");
  refuse(fixture, "a-2", "again", "a-2 was acknowledged by ");
  refuse(fixture, "a-2", "again", "looked: it is gone");
}

static void test_running_operations(void **state) {
  struct fixture *fixture = *state;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  struct audit_record record = fixture_intent("a-1");
  record.who.host = host;
  record.who.pid = getpid();
  record.who.pid_start = process_start(getpid());
  assert_true(fixture_append(fixture, &record));
  refuse(fixture, "a-1", "x", "a-1 is still in progress (pid ");
}

static void test_two_hosts(void **state) {
  struct fixture *fixture = *state;
  struct audit_record here = lost("a-1", "b1"), there = lost("a-1", "b2");
  assert_true(fixture_append(fixture, &here));
  assert_true(fixture_append(fixture, &there));
  refuse(fixture, "a-1", "x", "a-1@b1 or a-1@b2");
  acknowledge(fixture, "a-1@b2");
  expect_unknown(fixture, "intent a-1 unknown;");
  refuse(fixture, "a-1@b2", "x", "was acknowledged");
  acknowledge(fixture, "a-1@b1");
  expect_unknown(fixture, "");
}

/* Of several at once one succeeds. */
static void test_at_once(void **state) {
  enum { AT_ONCE = 8 };
  struct fixture *fixture = *state;
  struct audit_record record = lost("a-1", "b1");
  int good = 0;
  assert_true(fixture_append(fixture, &record));
  for (int i = 0; i < AT_ONCE; i++)
    if (fork() == 0) {
      struct err err;
      _exit(audit_acknowledge_now(&(struct audit_options){.path = fixture->path}, "a-1", "x", &err)
                ? 0
                : 1);
    }
  for (int i = 0, status; i < AT_ONCE; i++) {
    assert_true(wait(&status) > 0);
    good += status == 0;
  }
  assert_int_equal(good, 1);
}

static void test_on_the_loop(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = lost("a-1", "b1");
  assert_true(fixture_append(fixture, &record));
  for (int i = 0; i < 2; i++) {
    fixture->done = false;
    audit_acknowledge(fixture->audit, "a-1", "looked", fixture_done, fixture);
    assert_false(fixture->done);
    tiny_run_until(&fixture->loop, &fixture->done);
    assert_int_equal(fixture->err.kind, i == 0 ? ERR_NONE : ERR_INVALID);
  }
  expect_unknown(fixture, "");
}

static void test_a_file_that_cannot_be_read(void **state) {
  struct fixture *fixture = *state;
  refuse(fixture, "a-1", "x", "has no action with the id");
  fixture_close(fixture);
  char folder[128];
  snprintf(folder, sizeof folder, "%s/state", fixture->folder);
  mkdir(folder, 0700);
  assert_int_equal(mkdir(fixture->path, 0700), 0);
  refuse(fixture, "a-1", "x", "it is a directory");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_both_kinds_of_unknown),
      TEST(test_running_operations),
      TEST(test_two_hosts),
      TEST(test_at_once),
      TEST(test_on_the_loop),
      TEST(test_a_file_that_cannot_be_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
