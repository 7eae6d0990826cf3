/* Rotations that are faster than a reader. */
#include "log_fixture.h"

#include <pthread.h>

struct rotor {
  const struct fixture *fixture;
  int files, keep, pause_us; /* how many files are written, and how many rotated ones are kept */
  _Atomic bool done;
};

static void shift(const struct rotor *rotor) {
  char from[32], to[32];
  for (int i = rotor->keep; i > 0; i--) {
    snprintf(from, sizeof from, i > 1 ? "a.log.%d" : "a.log", i - 1);
    snprintf(to, sizeof to, "a.log.%d", i);
    (void)rename(fixture_path(rotor->fixture, from), fixture_path(rotor->fixture, to));
  }
}

/* Each file has the same beginning and the lines "N a" and "N b", with N from 1. */
static void *rotor_main(void *arg) {
  struct rotor *rotor = arg;
  for (int i = 1; i <= rotor->files; i++) {
    char text[160];
    shift(rotor);
    const int fd = open(fixture_path(rotor->fixture, "a.log"), O_WRONLY | O_CREAT | O_EXCL, 0644);
    assert_true(fd >= 0);
    const int len = snprintf(text, sizeof text, "banner\n%d a\n", i);
    assert_int_equal(write(fd, text, (size_t)len), len);
    usleep((useconds_t)rotor->pause_us);
    const int more = snprintf(text, sizeof text, "%d b\n", i);
    assert_int_equal(write(fd, text, (size_t)more), more);
    close(fd);
  }
  rotor->done = true;
  return NULL;
}

static struct rotor rotor;
static int last_file;

/* All that is there after the last line has come, or a while after. */
static bool is_at_end(struct fixture *fixture) {
  char last[32];
  snprintf(last, sizeof last, "\n%d b\n", last_file);
  return rotor.done && strstr(fixture->text, last);
}

static int lines_of(const struct fixture *fixture, int file, char part) {
  char line[32];
  int count = 0;
  const int len = snprintf(line, sizeof line, "\n%d %c\n", file, part);
  for (const char *at = fixture->text; (at = strstr(at, line)); at += len - 1)
    count++;
  return count;
}

static int lost_said(const struct fixture *fixture) {
  int lost = 0, number;
  for (const char *at = fixture->text; (at = strstr(at, "stacktop: ")); at++)
    if (sscanf(at, "stacktop: %d rotated file", &number) == 1)
      lost += number;
  return lost;
}

static void rotate(struct fixture *fixture, const char *pattern, struct rotor *wanted) {
  pthread_t thread;
  fixture_open(fixture);
  fixture_append(fixture, "a.log", "start\n");
  fixture_files(fixture, pattern, &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(fixture, fixture_is_loaded));
  rotor = *wanted;
  rotor.fixture = fixture;
  last_file = wanted->files;
  assert_int_equal(pthread_create(&thread, NULL, rotor_main, &rotor), 0);
  if (!fixture_run(fixture, is_at_end))
    fail_msg("no end in: ...%s", fixture->text + (fixture->len > 300 ? fixture->len - 300 : 0));
  pthread_join(thread, NULL);
}

/* Some 500 rotations a second, and every file is kept: each line is shown once, in order. */
static void test_no_line_is_missing(void **state) {
  (void)state;
  static const char *const patterns[] = {"a.log", "a.log*"};
  for (size_t i = 0; i < COUNT(patterns); i++) {
    struct fixture fixture;
    struct rotor wanted = {.files = 200, .keep = 250, .pause_us = 500};
    rotate(&fixture, patterns[i], &wanted);
    const char *before = fixture.text;
    for (int file = 1; file <= wanted.files; file++) {
      char line[32];
      snprintf(line, sizeof line, "\n%d a\n%d b\n", file, file);
      const char *at = strstr(fixture.text, line);
      if (!at || at < before)
        fail_msg("%s: file %d is missing, in parts or out of order", patterns[i], file);
      before = at;
      assert_int_equal(lines_of(&fixture, file, 'a'), 1);
    }
    assert_int_equal(fixture.lines, 1 + 3 * wanted.files);
    assert_int_equal(fixture_source(&fixture, "a.log")->rotations, wanted.files);
    fixture_close(&fixture);
  }
}

/* Two are kept: what is lost is counted, and nothing is shown twice. */
static void test_lost_files_are_counted(void **state) {
  (void)state;
  struct fixture fixture;
  struct rotor wanted = {.files = 600, .keep = 2, .pause_us = 0};
  rotate(&fixture, "a.log", &wanted);
  int missing = 0;
  for (int file = 1; file <= wanted.files; file++) {
    const int first = lines_of(&fixture, file, 'a'), second = lines_of(&fixture, file, 'b');
    assert_true(first <= 1 && second == first);
    missing += first == 0;
  }
  assert_int_equal(lost_said(&fixture), missing);
  if (missing > 0)
    assert_true(strstr(fixture.text, "before it could be read; lines are missing here") ||
                strstr(fixture.text, "before they could be read; lines are missing here"));
  fixture_close(&fixture);
}

static bool has_late(struct fixture *fixture) {
  return strstr(fixture->text, "late\n");
}
static bool has_new(struct fixture *fixture) {
  return strstr(fixture->text, "new\n");
}

/* The writer still uses the old file although another already writes to the new one. */
static void test_a_writer_that_lags(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "start\n");
  fixture_files(&fixture, "a.log*", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  assert_int_equal(rename(fixture_path(&fixture, "a.log"), fixture_path(&fixture, "a.log.1")), 0);
  fixture_append(&fixture, "a.log", "new\nhalf");
  assert_true(fixture_run(&fixture, has_new));
  fixture_append(&fixture, "a.log.1", "late\n");
  assert_true(fixture_run(&fixture, has_late));
  fixture_append(&fixture, "a.log", " and half\n");
  const int64_t end = clock_now_ms() + 2500; /* a look-up of the pattern */
  while (clock_now_ms() < end)
    uv_run(&fixture.loop, UV_RUN_ONCE);
  assert_string_equal(fixture.text, "start\nnew\nlate\nhalf and half\n");
  fixture_close(&fixture);
}

/* Copied and truncated, with lines that were not read before. */
static void test_copy_and_truncate(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "one\ntwo\n");
  fixture_files(&fixture, "a.log", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  fixture_append(&fixture, "a.log", "three\nfo");
  fixture_append(&fixture, "a.log.1", "one\ntwo\nthree\nfour\n");
  fixture_write(&fixture, "a.log", O_TRUNC, "five\n", 5);
  assert_true(fixture_run_lines(&fixture, 5));
  assert_string_equal(fixture.text, "one\ntwo\nthree\nfour\nfive\n");
  fixture_close(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_line_is_missing),
      cmocka_unit_test(test_lost_files_are_counted),
      cmocka_unit_test(test_a_writer_that_lags),
      cmocka_unit_test(test_copy_and_truncate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
