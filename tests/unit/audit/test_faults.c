/* A disk that fails, is slow or is full while a line is written: fdatasync, fsync and ftruncate are
 * this program's own, and real otherwise. */
#include "audit/audit_own.h"
#include "audit_fixture.h"

#include "io/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static struct disk {
  atomic_int fail;    /* errno of each fdatasync; 0: it works */
  atomic_int slow_ms; /* how long each takes */
  atomic_bool hangs;  /* none returns until it is false again */
  atomic_int under_way;
  atomic_int syncs, folder_syncs;
  atomic_int lines_at_sync; /* how many lines the file had, when it was to be synced */
  char path[128];
} disk;

static int count_lines(const char *path) {
  FILE *file = fopen(path, "re");
  int count = 0;
  for (int c; file && (c = fgetc(file)) != EOF;)
    count += c == '\n';
  if (file)
    fclose(file);
  return count;
}

int fdatasync(int fd) {
  disk.under_way++;
  disk.syncs++;
  disk.lines_at_sync = count_lines(disk.path);
  if (disk.slow_ms > 0)
    usleep((useconds_t)disk.slow_ms * 1000);
  while (disk.hangs)
    usleep(1000);
  const int fail = disk.fail;
  const int status = fail ? -1 : (int)syscall(SYS_fdatasync, fd);
  disk.under_way--;
  if (fail)
    errno = fail;
  return status;
}

int fsync(int fd) {
  disk.folder_syncs++;
  return (int)syscall(SYS_fsync, fd);
}

/* ---- reports about an outcome that is kept */

static struct told {
  int kept, written, lost, attempts;
  struct err err;
  char id[64], title[64], target[64];
} told;

static void on_kept(void *arg, const struct audit_kept *kept) {
  (void)arg;
  told.kept += kept->state == AUDIT_KEPT;
  told.written += kept->state == AUDIT_KEPT_WRITTEN;
  told.lost += kept->state == AUDIT_KEPT_LOST;
  told.attempts = kept->attempts;
  told.err = kept->err ? *kept->err : (struct err){0};
  snprintf(told.id, sizeof told.id, "%s", kept->id);
  snprintf(told.title, sizeof told.title, "%s", kept->title);
  snprintf(told.target, sizeof told.target, "%s", kept->target);
}

static int setup(void **state) {
  int status = fixture_setup(state);
  struct fixture *fixture = *state;
  disk.fail = disk.slow_ms = disk.syncs = disk.folder_syncs = disk.lines_at_sync = 0;
  snprintf(disk.path, sizeof disk.path, "%s", fixture->path);
  told = (struct told){0};
  audit_on_kept(fixture->audit, on_kept, NULL);
  return status;
}

/* Runs the loop until it is so. */
#define WAIT_FOR(condition)                         \
  do {                                              \
    const int64_t give_up_ = clock_now_ms() + 8000; \
    while (!(condition)) {                          \
      assert_true(clock_now_ms() < give_up_);       \
      uv_run(&fixture->loop, UV_RUN_NOWAIT);        \
      usleep(1000);                                 \
    }                                               \
  } while (0)

/* ---- */

static void test_a_line_is_synced_before_it_counts(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_intent("a-1");
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(disk.syncs, 1);
  assert_int_equal(disk.lines_at_sync, 1); /* after the write */
  int folders = disk.folder_syncs;
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(disk.syncs, 2);
  assert_int_equal(disk.lines_at_sync, 2);
  assert_int_equal(disk.folder_syncs, folders);
  assert_int_equal(unlink(fixture->path), 0); /* rotated away: its new name is synced, too */
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(disk.syncs, 3);
  assert_int_equal(disk.folder_syncs, folders + 1);
}

static void test_a_sync_that_fails_is_no_record(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_intent("a-1");
  assert_true(fixture_append(fixture, &record));
  disk.fail = EIO;
  assert_false(fixture_append(fixture, &record));
  assert_non_null(strstr(fixture->err.text, "(Input/output error): the action was not started"));
  assert_non_null(strstr(fixture->err.text, fixture->path));
  assert_int_equal(count_lines(fixture->path), 1);
  assert_int_equal(told.kept, 0); /* an operation that has not begun needs no intent any more */
}

static void test_it_is_not_reported_before_the_sync_ends(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_intent("a-1");
  disk.slow_ms = 400;
  const int64_t before_ms = clock_now_ms();
  int turns = 0;
  audit_append(fixture->audit, &record, fixture_done, fixture);
  while (!fixture->done) { /* the loop runs meanwhile */
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
    usleep(1000);
    turns++;
  }
  assert_true(clock_now_ms() - before_ms >= 400);
  assert_true(turns > 20);
  assert_int_equal(fixture->err.kind, ERR_NONE);
}

static void test_an_outcome_is_kept_and_written_again(void **state) {
  struct fixture *fixture = *state;
  struct audit_record intent = fixture_intent("a-1"), outcome = fixture_outcome("a-1");
  assert_true(fixture_append(fixture, &intent));
  disk.fail = EIO;
  const int64_t before_ms = clock_now_ms();
  assert_false(fixture_append(fixture, &outcome));
  assert_non_null(
      strstr(fixture->err.text, "(Input/output error): the outcome is not yet on disk"));
  assert_int_equal(told.kept, 1);
  assert_int_equal(told.attempts, 1);
  assert_string_equal(told.id, "a-1");
  assert_string_equal(told.target, "ecap");
  assert_string_equal(told.title, "Terminate 2 sessions of ecap");
  assert_string_equal(told.err.text, fixture->err.text);
  WAIT_FOR(told.kept == 2);
  assert_in_range(clock_now_ms() - before_ms, AUDIT_RETRY_MS - 50, AUDIT_RETRY_MS + 900);
  assert_int_equal(told.attempts, 2);
  assert_int_equal(count_lines(fixture->path), 1);
  disk.fail = 0;
  WAIT_FOR(told.written == 1);
  assert_in_range(clock_now_ms() - before_ms, 3 * AUDIT_RETRY_MS - 50, 3 * AUDIT_RETRY_MS + 900);
  assert_int_equal(told.err.kind, ERR_NONE);
  assert_int_equal(fixture->done_count, 2); /* its done came once */
  char *text = fixture_read(fixture->path), *line = audit_line(&outcome);
  assert_non_null(strstr(text, line));
  assert_int_equal(count_lines(fixture->path), 2);
  free(text);
  free(line);
}

static void test_before_the_next_line(void **state) {
  struct fixture *fixture = *state;
  struct audit_record outcome = fixture_outcome("a-1"), intent = fixture_intent("b-2");
  disk.fail = EIO;
  assert_false(fixture_append(fixture, &outcome));
  disk.fail = 0;
  assert_true(fixture_append(fixture, &intent));
  assert_int_equal(told.written, 1);
  char *text = fixture_read(fixture->path);
  const char *first = strstr(text, "a-1"), *second = strstr(text, "b-2");
  assert_true(first && second && first < second);
  free(text);
}

static void test_once_more_before_leaving(void **state) {
  struct fixture *fixture = *state;
  struct audit_record outcome = fixture_outcome("a-1");
  disk.fail = ENOSPC;
  assert_false(fixture_append(fixture, &outcome));
  disk.fail = 0;
  const int64_t before_ms = clock_now_ms();
  fixture_close(fixture);
  assert_true(clock_now_ms() - before_ms < 500);
  assert_int_equal(told.written, 1);
  assert_int_equal(told.lost, 0);
  assert_int_equal(count_lines(fixture->path), 1);
}

static void test_giving_up_is_reported(void **state) {
  struct fixture *fixture = *state;
  struct audit_record outcome = fixture_outcome("a-1");
  disk.fail = ENOSPC;
  assert_false(fixture_append(fixture, &outcome));
  fixture_close(fixture);
  assert_int_equal(told.lost, 1);
  assert_int_equal(told.written, 0);
  assert_non_null(strstr(told.err.text, "(no space left on the disk)"));
  assert_int_equal(count_lines(fixture->path), 0);
}

static void test_a_disk_that_hangs_while_it_is_left(void **state) {
  struct fixture *fixture = *state;
  struct audit_record outcome = fixture_outcome("a-1");
  disk.fail = EIO;
  assert_false(fixture_append(fixture, &outcome));
  disk.hangs = true;
  fixture_close(fixture); /* returns, although the disk does not */
  assert_int_equal(disk.under_way, 1);
  assert_int_equal(told.lost, 1);
  assert_non_null(strstr(told.err.text, "(the disk does not respond)"));
  disk.hangs = false; /* the thread that was left behind ends */
  while (disk.under_way > 0)
    usleep(1000);
}

static void test_too_many_kept_outcomes_prevent_a_start(void **state) {
  struct fixture *fixture = *state;
  struct audit_record outcome = fixture_outcome("a-1"), intent = fixture_intent("b-2");
  disk.fail = EIO;
  for (int i = 0; i < AUDIT_KEPT_MAX; i++)
    audit_append(fixture->audit, &outcome, fixture_done, fixture);
  WAIT_FOR(fixture->done_count == AUDIT_KEPT_MAX);
  assert_int_equal(told.lost, 0);
  const int before = disk.syncs;
  assert_false(fixture_append(fixture, &intent));
  assert_non_null(
      strstr(fixture->err.text, "(64 outcomes are not yet on disk): the action was not started"));
  assert_true(disk.syncs >= before); /* the outcomes were tried again */
  disk.fail = 0;
  assert_true(fixture_append(fixture, &intent));
  assert_int_equal(told.written, AUDIT_KEPT_MAX);
  assert_int_equal(count_lines(fixture->path), AUDIT_KEPT_MAX + 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_a_line_is_synced_before_it_counts),
      TEST(test_a_sync_that_fails_is_no_record),
      TEST(test_it_is_not_reported_before_the_sync_ends),
      TEST(test_an_outcome_is_kept_and_written_again),
      TEST(test_before_the_next_line),
      TEST(test_once_more_before_leaving),
      TEST(test_giving_up_is_reported),
      TEST(test_a_disk_that_hangs_while_it_is_left),
      TEST(test_too_many_kept_outcomes_prevent_a_start),
  };
  return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
