/* An appended line is on disk, complete, or the error says why not: on real files and file systems.
 */
#include "audit_fixture.h"

#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>

static mode_t mode_of(const char *path) {
  struct stat status;
  assert_int_equal(lstat(path, &status), 0);
  return status.st_mode & 07777;
}

static size_t count_lines(const char *path) {
  char *text = fixture_read(path);
  size_t lines = 0;
  for (const char *at = text; (at = strchr(at, '\n')); at++)
    lines++;
  assert_true(!*text || text[strlen(text) - 1] == '\n');
  free(text);
  return lines;
}

static void test_lines_stand_in_order(void **state) {
  struct fixture *fixture = *state;
  struct audit_record intent = fixture_intent("a-1"), outcome = fixture_outcome("a-1");
  audit_append(fixture->audit, &intent, fixture_done, fixture);
  audit_append(fixture->audit, &outcome, fixture_done, fixture);
  assert_int_equal(fixture->done_count, 0);
  while (fixture->done_count < 2)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  assert_int_equal(fixture->err.kind, ERR_NONE);
  char *text = fixture_read(fixture->path), *first = audit_line(&intent),
       *second = audit_line(&outcome), *both;
  assert_true(asprintf(&both, "%s\n%s\n", first, second) > 0);
  assert_string_equal(text, both);
  free(text);
  free(first);
  free(second);
  free(both);
}

static void test_modes_whatever_the_umask(void **state) {
  struct fixture *fixture = *state;
  static const mode_t masks[] = {0, 022, 0777};
  for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
    char path[192], folder[160];
    fixture_close(fixture);
    snprintf(folder, sizeof folder, "%s/m%zu/deep", fixture->folder, i);
    snprintf(path, sizeof path, "%s/audit.jsonl", folder);
    fixture_open(fixture, path, false);
    struct audit_record record = fixture_intent("a-1");
    mode_t before = umask(masks[i]);
    bool fine = fixture_append(fixture, &record);
    umask(before);
    assert_true(fine);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(mode_of(folder), 0700);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(mode_of(folder), 0700);
  }
}

/* An administrator may have given it to a group: that stays. */
static void test_the_mode_of_a_file_that_was_there(void **state) {
  struct fixture *fixture = *state;
  char path[160];
  fixture_close(fixture);
  snprintf(path, sizeof path, "%s/own", fixture->folder);
  fixture_write(path, "");
  assert_int_equal(chmod(path, 0660), 0);
  fixture_open(fixture, path, false);
  struct audit_record record = fixture_intent("a-1");
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(mode_of(path), 0660);
}

static void expect_refused(struct fixture *fixture, const char *path, const char *why) {
  char whole[512];
  fixture_close(fixture);
  fixture_open(fixture, path, false);
  struct audit_record record = fixture_intent("a-1");
  assert_false(fixture_append(fixture, &record));
  snprintf(whole, sizeof whole, "cannot write the audit log %s (%s): the action was not started",
           path, why);
  assert_string_equal(fixture->err.text, whole);
}

static void test_not_a_file(void **state) {
  struct fixture *fixture = *state;
  char path[160], target[160];
  snprintf(path, sizeof path, "%s/folder", fixture->folder);
  mkdir(path, 0700);
  expect_refused(fixture, path, "it is a directory; move it away");
  snprintf(target, sizeof target, "%s/target", fixture->folder);
  fixture_write(target, "precious");
  snprintf(path, sizeof path, "%s/link", fixture->folder);
  assert_int_equal(symlink(target, path), 0);
  expect_refused(fixture, path, "it is a symbolic link; replace it with the file itself");
  char *text = fixture_read(target);
  assert_string_equal(text, "precious");
  free(text);
  snprintf(path, sizeof path, "%s/pipe", fixture->folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  expect_refused(fixture, path, "it is a named pipe; move it away");
  expect_refused(fixture, "/dev/full", "it is a character device; move it away");
  snprintf(path, sizeof path, "%s/target/audit.jsonl", fixture->folder);
  expect_refused(fixture, path, "a part of the path is a file, not a directory");
}

static void test_no_home(void **state) {
  struct fixture *fixture = *state;
  fixture_close(fixture);
  fixture_open(fixture, NULL, false);
  struct audit_record record = fixture_outcome("a-1");
  assert_false(fixture_append(fixture, &record));
  assert_string_equal(fixture->err.text, "cannot write the audit log (HOME is not set; set `state` "
                                         "in the configuration): the outcome is not yet on disk");
}

/* In a child process without root's rights, since root may write everywhere. */
static void test_unwritable(void **state) {
  struct fixture *fixture = *state;
  char path[160];
  snprintf(path, sizeof path, "%s/closed", fixture->folder);
  fixture_write(path, "");
  assert_int_equal(chmod(path, 0444), 0);
  assert_int_equal(chmod(fixture->folder, 0755), 0);
  if (geteuid() == 0)
    assert_int_equal(seteuid(65534), 0);
  expect_refused(fixture, path, "permission denied");
  snprintf(path, sizeof path, "%s/new/audit.jsonl", fixture->folder);
  expect_refused(fixture, path, "permission denied");
  if (getuid() == 0)
    assert_int_equal(seteuid(0), 0);
}

/* A line that does not fit leaves nothing behind; one that does is complete, also right up to the
 * end. */
static void check_no_room(struct fixture *fixture, const char *why) {
  static char big[8000];
  const char *lines[40];
  struct audit_record small = fixture_intent("small"), large = fixture_intent("large");
  memset(big, 'x', sizeof big - 1);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    lines[i] = big;
  large.plan = lines;
  large.plan_count = sizeof lines / sizeof *lines; /* 320 kB */
  assert_true(fixture_append(fixture, &small));
  char *before = fixture_read(fixture->path);
  assert_false(fixture_append(fixture, &large));
  assert_non_null(strstr(fixture->err.text, why));
  char *after = fixture_read(fixture->path);
  assert_string_equal(before, after);
  assert_true(fixture_append(fixture, &small));
  assert_int_equal(count_lines(fixture->path), 2);
  free(before);
  free(after);
}

static void test_a_disk_that_is_full(void **state) {
  struct fixture *fixture = *state;
  /* Mounts of the test's own: they go with it, however it ends. */
  if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("tmpfs", fixture->folder, "tmpfs", 0, "size=128k") != 0) {
    print_message("no file system may be mounted here: only ulimit stands for a full disk\n");
    return;
  }
  check_no_room(fixture, "(no space left on the disk): the action was not started");
  fixture_close(fixture);
  assert_int_equal(mount(NULL, fixture->folder, NULL, MS_REMOUNT | MS_RDONLY, "size=128k"), 0);
  expect_refused(fixture, fixture->path, "the file system is read-only");
  fixture_close(fixture);
  assert_int_equal(umount(fixture->folder), 0);
}

/* The signal that comes with it must not end the program. */
static void test_a_file_that_may_not_grow(void **state) {
  struct rlimit before, limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  limit = before;
  limit.rlim_cur = 100000;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  check_no_room(*state, "(the file has reached its size limit (ulimit -f))");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void test_rotated_away(void **state) {
  struct fixture *fixture = *state;
  char old[160];
  struct audit_record record = fixture_intent("a-1");
  snprintf(old, sizeof old, "%s.1", fixture->path);
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(rename(fixture->path, old), 0);
  assert_true(fixture_append(fixture, &record));
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(count_lines(old), 1);
  assert_int_equal(count_lines(fixture->path), 2);
  assert_int_equal(truncate(fixture->path, 0), 0);
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(count_lines(fixture->path), 1);
  assert_int_equal(unlink(fixture->path), 0);
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(count_lines(fixture->path), 1);
}

static int lock_elsewhere(const char *path) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  assert_true(fd >= 0);
  assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
  return fd;
}

/* A writer that waits for the lock of a file that is rotated away meanwhile writes into the new
 * one. */
static void test_rotated_while_it_waits_for_the_lock(void **state) {
  struct fixture *fixture = *state;
  char old[160];
  struct audit_record record = fixture_intent("a-1");
  snprintf(old, sizeof old, "%s.1", fixture->path);
  assert_true(fixture_append(fixture, &record));
  int fd = lock_elsewhere(fixture->path);
  fixture->done = false;
  audit_append(fixture->audit, &record, fixture_done, fixture);
  int64_t later = clock_now_ms() + 200; /* it waits for the lock, or will find the new file */
  while (clock_now_ms() < later)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  assert_false(fixture->done);
  assert_int_equal(rename(fixture->path, old), 0);
  close(fd);
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_int_equal(fixture->err.kind, ERR_NONE);
  assert_int_equal(count_lines(old), 1);
  assert_int_equal(count_lines(fixture->path), 1);
}

static void test_a_lock_that_is_held(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_intent("a-1");
  assert_true(fixture_append(fixture, &record));
  int fd = lock_elsewhere(fixture->path);
  int64_t before = clock_now_ms();
  assert_false(fixture_append(fixture, &record));
  assert_int_equal(fixture->err.kind, ERR_TIMEOUT);
  assert_non_null(strstr(fixture->err.text, "another program has held its lock for 2 s"));
  assert_in_range(clock_now_ms() - before, 1900, 6000);
  close(fd);
  assert_true(fixture_append(fixture, &record));
  assert_int_equal(count_lines(fixture->path), 2);
}

static void test_a_torn_last_line(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_intent("a-1");
  assert_true(fixture_append(fixture, &record));
  FILE *file = fopen(fixture->path, "ae");
  fputs("{\"version\":1,\"ev", file);
  fclose(file);
  assert_true(fixture_append(fixture, &record));
  char *text = fixture_read(fixture->path), *line = audit_line(&record), *whole;
  assert_true(asprintf(&whole, "%s\n{\"version\":1,\"ev\n%s\n", line, line) > 0);
  assert_string_equal(text, whole);
  free(text);
  free(line);
  free(whole);
}

/* ---- several programs ---- */

enum { WRITERS = 2, LINES_EACH = 1000 };

/* A program of its own: no test's state is touched but the file. */
static void write_many(const char *path, int writer) {
  struct fixture fixture = {0};
  uv_loop_init(&fixture.loop);
  fixture.io.loop = &fixture.loop;
  fixture_open(&fixture, path, false);
  for (int i = 0; i < LINES_EACH; i++) {
    char id[64];
    snprintf(id, sizeof id, "w%d-%d", writer, i);
    struct audit_record record = fixture_intent(id);
    audit_append(fixture.audit, &record, fixture_done, &fixture);
    while (fixture.done_count <= i)
      uv_run(&fixture.loop, UV_RUN_ONCE);
    if (fixture.err.kind != ERR_NONE)
      _exit(2);
  }
  _exit(0);
}

static void test_two_programs_at_once(void **state) {
  struct fixture *fixture = *state;
  pid_t children[WRITERS];
  for (int i = 0; i < WRITERS; i++) {
    children[i] = fork();
    assert_true(children[i] >= 0);
    if (children[i] == 0)
      write_many(fixture->path, i);
  }
  for (int i = 0; i < WRITERS; i++) {
    int status;
    assert_int_equal(waitpid(children[i], &status, 0), children[i]);
    assert_int_equal(status, 0);
  }
  int next[WRITERS] = {0};
  char *text = fixture_read(fixture->path), *rest = text;
  for (char *line; (line = strsep(&rest, "\n")) && *line;) {
    int writer, number, end = 0;
    static const char head[] = "{\"version\":1,\"event\":\"intent\",\"id\":\"w";
    assert_memory_equal(line, head, sizeof head - 1);
    sscanf(line + sizeof head - 1, "%d-%d\",%n", &writer, &number, &end);
    assert_true(end > 0 && writer < WRITERS);
    assert_int_equal(number, next[writer]++); /* each one's own order */
    assert_string_equal(line + strlen(line) - 2, "]}");
  }
  assert_int_equal(next[0], LINES_EACH);
  assert_int_equal(next[1], LINES_EACH);
  free(text);
}

/* ---- exit ---- */

/* The thread that was left behind ends. */
static void wait_for_lines(const char *path, size_t count) {
  int64_t give_up = clock_now_ms() + 5000;
  while (count_lines(path) != count) {
    assert_true(clock_now_ms() < give_up);
    usleep(5000);
  }
}

static void test_closing_waits_for_what_is_written(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_outcome("a-1");
  for (int i = 0; i < 3; i++)
    audit_append(fixture->audit, &record, fixture_done, fixture);
  fixture_close(fixture);
  assert_int_equal(fixture->done_count, 3);
  assert_int_equal(fixture->err.kind, ERR_NONE);
  assert_int_equal(count_lines(fixture->path), 3);
}

/* The lock stands for a disk that hangs. A waiter gets its result before the audit is closed. */
static void test_closing_waits_no_longer_than_a_moment(void **state) {
  struct fixture *fixture = *state;
  struct audit_record record = fixture_outcome("a-1");
  assert_true(fixture_append(fixture, &record));
  int fd = lock_elsewhere(fixture->path);
  audit_append(fixture->audit, &record, fixture_done, fixture);
  audit_append(fixture->audit, &record, NULL, NULL);
  audit_append(fixture->audit, &record, fixture_done, fixture);
  int64_t before = clock_now_ms();
  fixture_close(fixture);
  assert_in_range(clock_now_ms() - before, 400, 1000);
  assert_int_equal(fixture->done_count, 3);
  assert_int_equal(fixture->err.kind, ERR_TIMEOUT);
  assert_non_null(strstr(fixture->err.text, "(the disk does not respond)"));
  close(fd);
  wait_for_lines(fixture->path, 2);
}

/* An intent that reaches the disk during the exit still gets its outcome. */
static void append_in_done(void *arg, const struct err *err) {
  struct fixture *fixture = arg;
  struct audit_record outcome = fixture_outcome("a-1");
  audit_append(fixture->audit, &outcome, fixture_done, fixture);
  fixture->err = err ? *err : (struct err){0};
}

static void test_an_outcome_while_it_closes(void **state) {
  struct fixture *fixture = *state;
  struct audit_record intent = fixture_intent("a-1");
  audit_append(fixture->audit, &intent, append_in_done, fixture);
  fixture_close(fixture);
  assert_int_equal(fixture->done_count, 1);
  assert_int_equal(fixture->err.kind, ERR_NONE);
  assert_int_equal(count_lines(fixture->path), 2);

  fixture_open(fixture, fixture->path, false);
  int fd = lock_elsewhere(fixture->path);
  audit_append(fixture->audit, &intent, append_in_done, fixture);
  fixture_close(fixture);
  assert_int_equal(fixture->done_count, 2);
  assert_int_equal(fixture->err.kind, ERR_TIMEOUT);
  close(fd);
  wait_for_lines(fixture->path, 3);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_lines_stand_in_order),
      TEST(test_modes_whatever_the_umask),
      TEST(test_the_mode_of_a_file_that_was_there),
      TEST(test_not_a_file),
      TEST(test_no_home),
      TEST(test_unwritable),
      TEST(test_a_disk_that_is_full),
      TEST(test_a_file_that_may_not_grow),
      TEST(test_rotated_away),
      TEST(test_rotated_while_it_waits_for_the_lock),
      TEST(test_a_lock_that_is_held),
      TEST(test_a_torn_last_line),
      TEST(test_two_programs_at_once),
      TEST(test_closing_waits_for_what_is_written),
      TEST(test_closing_waits_no_longer_than_a_moment),
      TEST(test_an_outcome_while_it_closes),
  };
  return cmocka_run_group_tests_name("append", tests, NULL, NULL);
}
