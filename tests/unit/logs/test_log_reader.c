/* Sources that say nothing. */
#include "log_fixture.h"
#include "logs/log_note.h"

#include <stdlib.h>

/* Reads only what the test gives it. */
struct mute {
  struct log_source source;
};

static void mute_open(struct log_source *source) {
  log_source_set_state(source, LOG_SOURCE_READING);
}

static void mute_stop(struct log_source *source) {
  (void)source;
}

static void mute_free(struct log_source *source) {
  log_source_fini(source);
  free(source);
}

static const struct log_source_kind mute_kind = {
    .open = mute_open, .stop = mute_stop, .free = mute_free};

static struct log_source *mute_new(const char *name, const struct log_want *want) {
  struct log_source *source = calloc(1, sizeof *source);
  log_source_init(source, &mute_kind, name, "a place", want, NULL);
  return source;
}

static void say(struct log_source *source, const char *line) {
  log_source_line(source, line, strlen(line), 0, NULL);
  (void)log_source_flush(source, false);
}

static bool has_failed(struct fixture *fixture) {
  return log_reader_is_done(fixture->reader);
}

static void open_two(struct fixture *fixture, const struct log_want *want,
                     struct log_source *sources[2]) {
  fixture_open(fixture);
  fixture_reader(fixture, true);
  log_reader_set_patience(fixture->reader, 300, 900);
  for (int i = 0; i < 2; i++) {
    sources[i] = mute_new(i == 0 ? "loud" : "mute", want);
    assert_true(log_reader_add(fixture->reader, sources[i]));
  }
}

/* It holds back the lines of the other for a while, is named, and counts as failed at the end. */
static void test_a_silent_source_is_given_up(void **state) {
  (void)state;
  struct fixture fixture;
  struct log_source *sources[2];
  open_two(&fixture, &(struct log_want){.now_ms = 1}, sources);
  const int64_t start = clock_now_ms();
  say(sources[0], "2026-11-27T10:00:00Z one");
  log_source_set_state(sources[0], LOG_SOURCE_ENDED);
  assert_true(fixture_run_lines(&fixture, 1));
  assert_true(clock_now_ms() - start >= 300);
  const struct log_source_status *status = fixture_source(&fixture, "mute");
  assert_int_equal(status->state, LOG_SOURCE_READING);
  assert_string_equal(status->err.text,
                      "mute (a place) does not answer: the others are read without it");
  assert_true(fixture_run(&fixture, has_failed));
  assert_true(clock_now_ms() - start >= 900);
  assert_int_equal(fixture_source(&fixture, "mute")->state, LOG_SOURCE_FAILED);
  assert_string_equal(fixture_source(&fixture, "mute")->err.text, "mute (a place) does not answer");
  fixture_close(&fixture);
}

/* One that reads and finds nothing is not silent, and neither is one that waits for another. */
static void test_progress_is_no_silence(void **state) {
  (void)state;
  struct fixture fixture;
  struct log_source *sources[2];
  open_two(&fixture, &(struct log_want){.now_ms = 1}, sources);
  say(sources[0], "2026-11-27T10:00:05Z later");
  const int64_t end = clock_now_ms() + 1200;
  while (clock_now_ms() < end) {
    log_source_count(sources[1], 1);
    (void)log_source_flush(sources[1], false);
    uv_run(&fixture.loop, UV_RUN_ONCE);
  }
  assert_int_equal(fixture.lines, 0);
  say(sources[1], "2026-11-27T10:00:01Z earlier");
  assert_true(fixture_run_lines(&fixture, 1));
  log_source_set_state(sources[1], LOG_SOURCE_ENDED);
  assert_true(fixture_run_lines(&fixture, 2));
  assert_string_equal(fixture.text, "2026-11-27T10:00:01Z earlier\n2026-11-27T10:00:05Z later\n");
  assert_int_equal(fixture_source(&fixture, "loud")->err.kind, ERR_NONE);
  fixture_close(&fixture);
}

/* A source that is followed is waited for, and what it says later is shown. */
static void test_a_followed_source_may_be_late(void **state) {
  (void)state;
  struct fixture fixture;
  struct log_source *sources[2];
  open_two(&fixture, &(struct log_want){.now_ms = 1, .follow = true}, sources);
  say(sources[0], "2026-11-27T10:00:05Z one");
  assert_true(fixture_run_lines(&fixture, 1));
  const int64_t end = clock_now_ms() + 1200;
  while (clock_now_ms() < end)
    uv_run(&fixture.loop, UV_RUN_ONCE);
  assert_int_equal(fixture_source(&fixture, "mute")->state, LOG_SOURCE_READING);
  say(sources[1], "2026-11-27T10:00:01Z two");
  assert_true(fixture_run_lines(&fixture, 2));
  fixture_close(&fixture);
}

static bool looks(const void *arg) {
  return *(const bool *)arg;
}

/* Sources that are still looked for may have earlier lines. */
static void test_sources_that_are_looked_for(void **state) {
  (void)state;
  struct fixture fixture;
  static bool looking;
  for (int i = 0; i < 2; i++) {
    looking = true;
    fixture_open(&fixture);
    fixture_reader(&fixture, true);
    log_reader_await(fixture.reader, looks, &looking);
    log_reader_set_patience(fixture.reader, i == 0 ? 60000 : 300, 60000);
    struct log_source *source = mute_new("loud", &(struct log_want){.now_ms = 1});
    assert_true(log_reader_add(fixture.reader, source));
    say(source, "one");
    log_source_set_state(source, LOG_SOURCE_ENDED);
    if (i == 0) {
      const int64_t end = clock_now_ms() + 500;
      while (clock_now_ms() < end)
        uv_run(&fixture.loop, UV_RUN_ONCE);
      assert_int_equal(fixture.lines, 0);
      looking = false;
    }
    assert_true(fixture_run_lines(&fixture, 1));
    fixture_close(&fixture);
  }
}

static void test_names_that_are_not_wanted(void **state) {
  (void)state;
  struct fixture fixture;
  struct err err;
  size_t count;
  bool more;
  fixture_open(&fixture);
  fixture_reader(&fixture, true);
  struct log_filter *filter =
      log_filter_new(&(struct log_filter_spec){.source = "a.log", .source_exact = true}, &err);
  assert_false(log_reader_wants(fixture.reader, filter, "aa.log"));
  assert_false(log_reader_wants(fixture.reader, filter, "aa.log"));
  assert_int_equal(log_reader_wanted(fixture.reader), 0);
  assert_true(log_reader_wants(fixture.reader, filter, "a.log"));
  assert_int_equal(log_reader_wanted(fixture.reader), 1);
  assert_string_equal(log_reader_skipped(fixture.reader, &count, &more)[0], "aa.log");
  assert_true(count == 1 && !more);
  for (int i = 0; i < 2 * LOG_SKIPPED_MAX; i++) {
    char name[32];
    snprintf(name, sizeof name, "%d", i);
    assert_false(log_reader_wants(fixture.reader, filter, name));
  }
  (void)log_reader_skipped(fixture.reader, &count, &more);
  assert_true(count == LOG_SKIPPED_MAX && more);
  log_filter_free(filter);
  fixture_close(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_silent_source_is_given_up),
      cmocka_unit_test(test_progress_is_no_silence),
      cmocka_unit_test(test_a_followed_source_may_be_late),
      cmocka_unit_test(test_sources_that_are_looked_for),
      cmocka_unit_test(test_names_that_are_not_wanted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
