/* `stacktop audit` reads the appended lines. */
#include "audit_fixture.h"

#include "audit/audit_format.h"
#include "audit/audit_process.h"

struct seen {
  char text[4096]; /* "intent a-1;outcome a-1;intent a-2 unknown;" */
};

static void on_seen(void *arg, const struct audit_record *record, bool unknown) {
  struct seen *seen = arg;
  size_t at = strlen(seen->text);
  snprintf(seen->text + at, sizeof seen->text - at, "%s %s%s;",
           record->event == AUDIT_INTENT ? "intent" : "outcome", record->id,
           unknown ? " unknown" : "");
}

static void expect(const char *path, struct audit_filter filter, const char *text) {
  struct seen seen = {0};
  struct err err = {0};
  if (!audit_read(path, &filter, on_seen, &seen, &err))
    fail_msg("%s", err.text);
  assert_string_equal(seen.text, text);
}

/* Of this process: it is alive. */
static struct audit_record intent_of_us(const char *id, const char *host) {
  struct audit_record record = fixture_intent(id);
  record.who.host = host;
  record.who.pid = getpid();
  record.who.pid_start = process_start(getpid());
  return record;
}

static void test_in_order(void **state) {
  struct fixture *fixture = *state;
  struct audit_record first = fixture_intent("a-1"), second = fixture_intent("a-2"),
                      outcome = fixture_outcome("a-1");
  expect(fixture->path, (struct audit_filter){0}, ""); /* a missing file counts as empty */
  assert_true(fixture_append(fixture, &first));
  assert_true(fixture_append(fixture, &second));
  assert_true(fixture_append(fixture, &outcome));
  expect(fixture->path, (struct audit_filter){0}, "intent a-1;intent a-2;outcome a-1;");
  expect(fixture->path, (struct audit_filter){.unknown_only = true}, "intent a-2;");
}

static void test_filters(void **state) {
  struct fixture *fixture = *state;
  struct audit_record first = fixture_outcome("a-1"), second = fixture_outcome("a-2"),
                      third = fixture_outcome("a-3");
  first.at_ms = 1000;
  second.action = "kafka.reset_offsets";
  second.target = "events";
  third.who.login = NULL;
  third.who.user = "bob";
  assert_true(fixture_append(fixture, &first));
  assert_true(fixture_append(fixture, &second));
  assert_true(fixture_append(fixture, &third));
  const char *path = fixture->path;
  expect(path, (struct audit_filter){.since_ms = 1001}, "outcome a-2;outcome a-3;");
  expect(path, (struct audit_filter){.since_ms = 1000, .action = "postgres.*"},
         "outcome a-1;outcome a-3;");
  expect(path, (struct audit_filter){.target = "ev*"}, "outcome a-2;");
  expect(path, (struct audit_filter){.user = "ann"}, "outcome a-1;outcome a-2;");
  expect(path, (struct audit_filter){.user = "[bo]*"}, "outcome a-1;outcome a-2;outcome a-3;");
  expect(path, (struct audit_filter){.user = "bob", .action = "kafka.*"}, "");
}

static void test_whose_process_is_gone(void **state) {
  struct fixture *fixture = *state;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  struct audit_record alive = intent_of_us("alive", host), reused = alive, gone = alive,
                      rebooted = alive, far = alive, far_old = alive;
  reused.id = "reused";
  reused.who.pid_start--;
  gone.id = "gone";
  gone.who.pid = (1 << 22) + 1; /* beyond what a pid may be */
  rebooted.id = "rebooted";
  rebooted.at_ms = 1000;
  far.id = "far";
  far.who.host = "elsewhere";
  far_old = far;
  far_old.id = "far-old";
  far_old.at_ms = clock_now_ms() - 25 * 3600 * 1000;
  const struct audit_record *records[] = {&alive, &reused, &gone, &rebooted, &far, &far_old};
  for (size_t i = 0; i < sizeof records / sizeof *records; i++)
    assert_true(fixture_append(fixture, records[i]));
  expect(fixture->path, (struct audit_filter){0},
         "intent alive;intent reused unknown;intent gone unknown;intent rebooted unknown;intent "
         "far;intent far-old unknown;");
}

/* The same id of two hosts is two operations. */
static void test_ids_of_two_hosts(void **state) {
  struct fixture *fixture = *state;
  struct audit_record here = fixture_intent("a-1"), there = fixture_intent("a-1"),
                      outcome = fixture_outcome("a-1");
  there.who.host = "b2";
  assert_true(fixture_append(fixture, &here));
  assert_true(fixture_append(fixture, &there));
  assert_true(fixture_append(fixture, &outcome));
  there.id = "a-2";
  assert_true(fixture_append(fixture, &there));
  expect(fixture->path, (struct audit_filter){.unknown_only = true}, "intent a-1;intent a-2;");
}

/* A file that was merged from two: an intent that is in it twice is open once. */
static void test_an_intent_recorded_twice(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_intent("a-1"), other = fixture_intent("a-2");
  assert_true(fixture_append(fixture, &record));
  assert_true(fixture_append(fixture, &other));
  assert_true(fixture_append(fixture, &record));
  expect(fixture->path, (struct audit_filter){.unknown_only = true}, "intent a-2;intent a-1;");
}

static void append_text(const char *path, const char *text, size_t times) {
  FILE *file = fopen(path, "ae");
  assert_non_null(file);
  for (size_t i = 0; i < times; i++)
    fputs(text, file);
  fclose(file);
}

/* Garbage, torn lines, lines beyond the limit, one that is being written. */
static void test_nonsense_lines(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_outcome("a-1");
  assert_true(fixture_append(fixture, &record));
  append_text(fixture->path, "\n\n{\"version\":1}\nhello\n{\"version\":2,\"event\"", 1);
  record.id = "a-2";
  assert_true(fixture_append(fixture, &record)); /* after the torn one */
  append_text(fixture->path, "xxxxxxxxxxxxxxxx", AUDIT_LINE_MAX / 16 * 2);
  record.id = "a-3";
  assert_true(fixture_append(fixture, &record));
  append_text(fixture->path, "{\"version\":1,", 1);
  expect(fixture->path, (struct audit_filter){0}, "outcome a-1;outcome a-2;outcome a-3;");
}

static void test_what_cannot_be_read(void **state) {
  struct fixture *fixture = *state;
  struct seen seen = {0};
  struct err err = {0};
  char text[256];
  assert_false(audit_read(fixture->folder, &(struct audit_filter){0}, on_seen, &seen, &err));
  snprintf(text, sizeof text, "cannot read the audit log %s (it is a directory; move it away)",
           fixture->folder);
  assert_string_equal(err.text, text);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_in_order),
      TEST(test_filters),
      TEST(test_whose_process_is_gone),
      TEST(test_ids_of_two_hosts),
      TEST(test_an_intent_recorded_twice),
      TEST(test_nonsense_lines),
      TEST(test_what_cannot_be_read),
  };
  return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}
