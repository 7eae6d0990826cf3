/* Lines that others append are seen, once, whatever happens to the file. */
#include "audit_fixture.h"

#include "audit/audit_process.h"
#include "audit/read/audit_tail.h"

struct follower {
  struct fixture *fixture;
  char text[8192];
  const char *wanted;
  bool come;
  bool close_at_first;
};

static void on_seen(void *arg, const struct audit_record *record, bool unknown) {
  struct follower *follower = arg;
  size_t at = strlen(follower->text);
  snprintf(follower->text + at, sizeof follower->text - at, "%s %s%s;",
           record->event == AUDIT_INTENT ? "intent" : "outcome", record->id,
           unknown ? " unknown" : "");
  follower->come = follower->wanted && strstr(follower->text, follower->wanted);
  if (follower->close_at_first)
    audit_close(follower->fixture->audit, fixture_closed, follower->fixture);
  follower->close_at_first = false;
}

static void wait_for(struct follower *follower, const char *text) {
  follower->wanted = text;
  follower->come = strstr(follower->text, text);
  tiny_run_until(&follower->fixture->loop, &follower->come);
}

/* Another program: it appends, and is gone. */
static void append_elsewhere(const char *path, const struct audit_record *record) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    struct fixture fixture = {0};
    struct audit_record own = *record;
    uv_loop_init(&fixture.loop);
    fixture.io.loop = &fixture.loop;
    fixture_open(&fixture, path, false);
    own.who.pid = getpid();
    own.who.pid_start = process_start(getpid());
    audit_append(fixture.audit, &own, fixture_done, &fixture);
    while (!fixture.done)
      uv_run(&fixture.loop, UV_RUN_ONCE);
    _exit(fixture.err.kind == ERR_NONE ? 0 : 2);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

static struct audit_record here(struct audit_record record) {
  static char host[256];
  gethostname(host, sizeof host - 1);
  record.who.host = host;
  return record;
}

/* A process that was killed between its intent and its outcome, one that was not, one that is
 * complete. */
static void test_unknown_outcomes_at_the_start(void **state) {
  struct fixture *fixture = *state;
  struct follower follower = {.fixture = fixture};
  struct audit_record killed = here(fixture_intent("killed")),
                      whole = here(fixture_intent("whole")),
                      outcome = here(fixture_outcome("whole")),
                      alive = here(fixture_intent("alive"));
  append_elsewhere(fixture->path, &killed);
  append_elsewhere(fixture->path, &whole);
  append_elsewhere(fixture->path, &outcome);
  alive.who.pid = getppid();
  alive.who.pid_start = process_start(getppid());
  assert_true(fixture_append(fixture, &alive));
  audit_follow(fixture->audit, on_seen, &follower);
  wait_for(&follower, "intent alive;");
  assert_string_equal(follower.text, "intent killed unknown;intent alive;");
}

static void test_lines_appended_by_others(void **state) {
  struct fixture *fixture = *state;
  struct follower follower = {.fixture = fixture};
  struct audit_record own = here(fixture_intent("own")), before = here(fixture_intent("before")),
                      other = here(fixture_intent("other")), end = here(fixture_outcome("other"));
  append_elsewhere(fixture->path, &before);
  audit_follow(fixture->audit, on_seen, &follower);
  wait_for(&follower, "intent before unknown;"); /* from now on */
  own.who.pid = getpid();
  own.who.pid_start = process_start(getpid());
  assert_true(fixture_append(fixture, &own));
  append_elsewhere(fixture->path, &other);
  wait_for(&follower, "intent other;");
  append_elsewhere(fixture->path, &end);
  wait_for(&follower, "outcome other;");
  assert_string_equal(follower.text, "intent before unknown;intent other;outcome other;");
}

/* ---- the same without a clock: one look after the other ---- */

static void look(struct audit_tail *tail, const char *expected) {
  struct follower follower = {0};
  struct audit_batch batch = {0};
  do {
    batch.more = false;
    audit_tail_look(tail, &batch);
  } while (batch.more);
  for (size_t i = 0; i < batch.count; i++)
    on_seen(&follower, &batch.items[i].parsed.record, batch.items[i].unknown);
  assert_string_equal(follower.text, expected);
  audit_batch_fini(&batch);
}

static void add(struct fixture *fixture, const char *id, int64_t at_ms) {
  struct audit_record record = here(fixture_outcome(id));
  record.at_ms = at_ms;
  assert_true(fixture_append(fixture, &record));
}

static void add_text(const char *path, const char *text) {
  FILE *file = fopen(path, "ae");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void test_a_file_that_is_not_there_yet(void **state) {
  struct fixture *fixture = *state;
  struct audit_tail tail;
  audit_tail_init(&tail, fixture->path);
  look(&tail, "");
  add(fixture, "a", clock_now_ms());
  look(&tail, "outcome a;");
  look(&tail, "");
  audit_tail_fini(&tail);
}

static void test_rotated(void **state) {
  struct fixture *fixture = *state;
  struct audit_tail tail;
  char old[160];
  int64_t now = clock_now_ms();
  snprintf(old, sizeof old, "%s.1", fixture->path);
  add(fixture, "before", now);
  audit_tail_init(&tail, fixture->path);
  look(&tail, "");
  add(fixture, "last", now);
  assert_int_equal(rename(fixture->path, old), 0);
  add(fixture, "first", now);
  look(&tail, "outcome last;");
  char *line = audit_line(&(struct audit_record){.event = AUDIT_OUTCOME, .id = "late"});
  add_text(old, line); /* by one who had it open */
  add_text(old, "\n");
  free(line);
  look(&tail, "outcome late;outcome first;");
  add(fixture, "second", now);
  look(&tail, "outcome second;");
  audit_tail_fini(&tail);
}

static void test_truncated(void **state) {
  struct fixture *fixture = *state;
  struct audit_tail tail;
  int64_t now = clock_now_ms();
  audit_tail_init(&tail, fixture->path);
  look(&tail, "");
  add(fixture, "long-enough-to-be-longer-than-the-next", now);
  add(fixture, "b", now);
  look(&tail, "outcome long-enough-to-be-longer-than-the-next;outcome b;");
  assert_int_equal(truncate(fixture->path, 0), 0);
  add(fixture, "c", now);
  look(&tail, "outcome c;");
  audit_tail_fini(&tail);
}

/* An editor writes a new file with the old lines in it. */
static void test_old_lines_in_a_new_file(void **state) {
  struct fixture *fixture = *state;
  struct audit_tail tail;
  int64_t now = clock_now_ms();
  char copy[160];
  snprintf(copy, sizeof copy, "%s.copy", fixture->path);
  add(fixture, "old", now - 3600000);
  add(fixture, "new", now);
  audit_tail_init(&tail, fixture->path);
  look(&tail, "");
  char *text = fixture_read(fixture->path);
  fixture_write(copy, text);
  free(text);
  assert_int_equal(rename(copy, fixture->path), 0);
  add(fixture, "newer", now + 1);
  look(&tail, "");
  look(&tail, "outcome new;outcome newer;"); /* once more only what is from this minute */
  add(fixture, "of-a-clock-that-is-slow", now - 3600000);
  look(&tail, "outcome of-a-clock-that-is-slow;");
  audit_tail_fini(&tail);
}

static void test_a_line_that_is_taken_back(void **state) {
  struct fixture *fixture = *state;
  struct audit_tail tail;
  struct stat status;
  int64_t now = clock_now_ms();
  audit_tail_init(&tail, fixture->path);
  look(&tail, "");
  add(fixture, "a", now);
  assert_int_equal(stat(fixture->path, &status), 0);
  add(fixture, "b", now);
  look(&tail, "outcome a;outcome b;");
  assert_int_equal(truncate(fixture->path, status.st_size), 0);
  look(&tail, "");
  add(fixture, "c", now);
  look(&tail, "outcome c;");
  audit_tail_fini(&tail);
}

static void test_a_line_that_is_being_written(void **state) {
  struct fixture *fixture = *state;
  struct audit_tail tail;
  add(fixture, "a", clock_now_ms());
  audit_tail_init(&tail, fixture->path);
  look(&tail, "");
  char *line = audit_line(&(struct audit_record){.event = AUDIT_OUTCOME, .id = "b"});
  char half[32];
  snprintf(half, sizeof half, "%s", line);
  add_text(fixture->path, half);
  look(&tail, "");
  add_text(fixture->path, line + sizeof half - 1);
  look(&tail, "");
  add_text(fixture->path, "\n");
  look(&tail, "outcome b;");
  free(line);
  audit_tail_fini(&tail);
}

/* At the start only the end of a large file is read; the newest of its open intents are reported.
 */
static void test_a_large_file(void **state) {
  struct fixture *fixture = *state;
  struct audit_tail tail;
  struct audit_batch batch = {0};
  struct audit_record record = here(fixture_intent("first"));
  char *line = audit_line(&record);
  assert_true(fixture_append(fixture, &record));
  FILE *file = fopen(fixture->path, "ae");
  char *rest = strstr(line, "first\"") + 5;
  size_t lines = (17u << 20) / strlen(line);
  for (size_t i = 0; i < lines; i++)
    fprintf(file, "{\"version\":1,\"event\":\"intent\",\"id\":\"n%zu%s\n", i, rest);
  fclose(file);
  audit_tail_init(&tail, fixture->path);
  audit_tail_look(&tail, &batch);
  assert_int_equal(batch.count, AUDIT_START_MAX);
  char last[32];
  snprintf(last, sizeof last, "n%zu", lines - 1);
  assert_string_equal(batch.items[batch.count - 1].parsed.record.id, last);
  audit_batch_fini(&batch);
  add(fixture, "next", clock_now_ms());
  look(&tail, "outcome next;");
  free(line);
  audit_tail_fini(&tail);
}

enum { MANY = 8000, PAUSE_MS = 900 };

struct counter {
  int64_t first_ms, last_ms;
  size_t count, pauses;
  bool begun, all;
};

static void count_seen(void *arg, const struct audit_record *record, bool unknown) {
  struct counter *counter = arg;
  if (!counter->begun) { /* the open intent: from now on it is followed */
    counter->begun = true;
    return;
  }
  assert_int_equal(record->at_ms,
                   counter->first_ms + (int64_t)counter->count); /* each once, in order */
  assert_false(unknown);
  const int64_t now_ms = clock_now_ms();
  counter->pauses += counter->count > 0 && now_ms - counter->last_ms > PAUSE_MS;
  counter->last_ms = now_ms;
  counter->all = ++counter->count == MANY;
}

/* More at once than one look takes: the next look follows at once, not a second later. */
static void test_many_lines_at_once(void **state) {
  struct fixture *fixture = *state;
  struct counter counter = {.first_ms = clock_now_ms()};
  struct audit_record open = here(fixture_intent("open"));
  assert_true(fixture_append(fixture, &open));
  audit_follow(fixture->audit, count_seen, &counter);
  tiny_run_until(&fixture->loop, &counter.begun);
  FILE *file = fopen(fixture->path, "ae");
  char words[600];
  memset(words, 'w', sizeof words - 1);
  words[sizeof words - 1] = '\0';
  for (int i = 0; i < MANY; i++) { /* 6 MiB, of which a look takes one */
    struct audit_record record = here(fixture_outcome("a"));
    record.at_ms = counter.first_ms + i;
    record.proof = words;
    char *line = audit_line(&record);
    fprintf(file, "%s\n", line);
    free(line);
  }
  fclose(file);
  tiny_run_until(&fixture->loop, &counter.all);
  assert_in_range(counter.pauses, 0, 1); /* a second a look would be five */
}

static void test_closed_from_within(void **state) {
  struct fixture *fixture = *state;
  struct follower follower = {.fixture = fixture, .close_at_first = true};
  for (int i = 0; i < 3; i++) {
    struct audit_record record = here(fixture_intent("a"));
    record.id = i == 0 ? "a" : i == 1 ? "b" : "c";
    assert_true(fixture_append(fixture, &record));
  }
  audit_follow(fixture->audit, on_seen, &follower);
  tiny_run_until(&fixture->loop, &fixture->closed);
  fixture->audit = NULL;
  assert_string_equal(follower.text, "intent a unknown;");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_unknown_outcomes_at_the_start),
      TEST(test_lines_appended_by_others),
      TEST(test_a_file_that_is_not_there_yet),
      TEST(test_rotated),
      TEST(test_truncated),
      TEST(test_old_lines_in_a_new_file),
      TEST(test_a_line_that_is_taken_back),
      TEST(test_a_line_that_is_being_written),
      TEST(test_a_large_file),
      TEST(test_many_lines_at_once),
      TEST(test_closed_from_within),
  };
  return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
