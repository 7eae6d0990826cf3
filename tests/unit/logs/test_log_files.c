#include "log_fixture.h"
#include "logs/log_glob.h"

static void test_the_last_lines(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  for (int i = 0; i < 100; i++) {
    char line[32];
    snprintf(line, sizeof line, "line %d\n", i);
    fixture_append(&fixture, "a.log", line);
  }
  fixture_append(&fixture, "a.log", "no end");
  static const struct {
    size_t tail;
    const char *text;
    size_t lines;
  } cases[] = {{2, "line 99\nno end\n", 2}, {1, "no end\n", 1}, {0, NULL, 101}, {500, NULL, 101}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    fixture_files(&fixture, "a.log", &(struct log_want){.tail = cases[i].tail}, NULL);
    assert_true(fixture_run(&fixture, fixture_is_done));
    assert_int_equal(fixture.lines, cases[i].lines);
    if (cases[i].text)
      assert_string_equal(fixture.text, cases[i].text);
    assert_int_equal(fixture_source(&fixture, "a.log")->state, LOG_SOURCE_ENDED);
    fixture_end_reader(&fixture);
  }
  fixture_close(&fixture);
}

/* 100,000 lines, one a second: a few blocks of 2 MB are read, not all. */
static void test_since_and_until(void **state) {
  (void)state;
  enum { LINES = 100000 };
  struct fixture fixture;
  fixture_open(&fixture);
  const int64_t start = INT64_C(1795780800); /* 2026-11-27 12:00:00 UTC */
  char *text = malloc((size_t)LINES * 40 + 1);
  size_t len = 0;
  for (int i = 0; i < LINES; i++) {
    const time_t s = start + i;
    struct tm tm;
    gmtime_r(&s, &tm);
    len += strftime(text + len, 32, "%Y-%m-%dT%H:%M:%SZ x", &tm);
    len += (size_t)sprintf(text + len, "%d\n", i);
  }
  fixture_write(&fixture, "a.log", 0, text, len);
  const struct log_want want = {.since_ms = (start + 50000) * 1000,
                                .until_ms = (start + 50002) * 1000};
  fixture_files(&fixture, "a.log", &want, NULL);
  assert_true(fixture_run(&fixture, fixture_is_done));
  assert_string_equal(fixture.text, "2026-11-28T01:53:20Z x50000\n2026-11-28T01:53:21Z x50001\n"
                                    "2026-11-28T01:53:22Z x50002\n");
  assert_true(fixture_source(&fixture, "a.log")->lines < 20000);
  fixture_end_reader(&fixture);
  const struct log_want last = {.since_ms = (start + LINES - 3) * 1000};
  fixture_files(&fixture, "a.log", &last, NULL);
  assert_true(fixture_run(&fixture, fixture_is_done));
  assert_int_equal(fixture.lines, 3);
  free(text);
  fixture_close(&fixture);
}

static void test_follows(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "one\ntwo\n");
  fixture_files(&fixture, "a.log", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  assert_int_equal(fixture.lines, 2);
  assert_int_equal(fixture_source(&fixture, "a.log")->state, LOG_SOURCE_FOLLOWING);
  fixture_append(&fixture, "a.log", "thr");
  fixture_append(&fixture, "a.log", "ee\n");
  assert_true(fixture_run_lines(&fixture, 3));
  fixture_append(&fixture, "a.log", "no end"); /* is shown after a while */
  assert_true(fixture_run_lines(&fixture, 4));
  assert_string_equal(fixture.text, "one\ntwo\nthree\nno end\n");
  fixture_close(&fixture);
}

static void rename_file(const struct fixture *fixture, const char *from, const char *to) {
  assert_int_equal(rename(fixture_path(fixture, from), fixture_path(fixture, to)), 0);
}

/* The writer continues in the renamed file for a while. */
static void test_rotation_by_rename(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "one\n");
  fixture_files(&fixture, "a.log*", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  rename_file(&fixture, "a.log", "a.log.1");
  fixture_append(&fixture, "a.log.1", "two\n");
  fixture_append(&fixture, "a.log", "three\n");
  assert_true(fixture_run_lines(&fixture, 3));
  assert_string_equal(fixture.text, "one\ntwo\nthree\n");
  assert_int_equal(fixture_source(&fixture, "a.log")->rotations, 1);
  /* the oldest is removed, and its number may be given to the new one */
  assert_int_equal(unlink(fixture_path(&fixture, "a.log.1")), 0);
  rename_file(&fixture, "a.log", "a.log.1");
  fixture_append(&fixture, "a.log", "four\n");
  assert_true(fixture_run_lines(&fixture, 4));
  /* long enough for a look-up of the pattern */
  const int64_t end = clock_now_ms() + 2500;
  while (clock_now_ms() < end)
    uv_run(&fixture.loop, UV_RUN_ONCE);
  assert_string_equal(fixture.text, "one\ntwo\nthree\nfour\n"); /* a.log.1 is not read again */
  fixture_close(&fixture);
}

/* A file that has the name for a moment only is not missed: each is read at once. */
static void test_rotations_in_a_row(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "one\n");
  fixture_files(&fixture, "a.log", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  const int64_t start = clock_now_ms();
  for (int i = 0; i < 10; i++) {
    fixture.lines = 2;
    assert_int_equal(rename(fixture_path(&fixture, "a.log"), fixture_path(&fixture, "old.log")), 0);
    fixture_append(&fixture, "a.log", "one\n");
    assert_true(fixture_run_lines(&fixture, 3));
  }
  assert_true(clock_now_ms() - start < 6000); /* a look at the name each second would take 10 s */
  fixture_close(&fixture);
}

static void test_rotation_by_truncating(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "one\ntwo\n");
  fixture_files(&fixture, "a.log", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  fixture_write(&fixture, "a.log", O_TRUNC, "three\n", 6);
  assert_true(fixture_run_lines(&fixture, 3));
  /* and written beyond the old size at once */
  fixture_write(&fixture, "a.log", O_TRUNC, "four, which is longer\nfive\n", 27);
  assert_true(fixture_run_lines(&fixture, 5));
  assert_string_equal(fixture.text, "one\ntwo\nthree\nfour, which is longer\nfive\n");
  assert_int_equal(fixture_source(&fixture, "a.log")->rotations, 2);
  fixture_close(&fixture);
}

static bool is_missing(struct fixture *fixture) {
  const struct log_source_status *source = fixture_source(fixture, "a.log");
  return source && strstr(source->err.text, "no longer exists");
}

static void test_a_file_that_vanishes(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "one\ntwo\n");
  fixture_files(&fixture, "a.log", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  assert_int_equal(unlink(fixture_path(&fixture, "a.log")), 0);
  assert_true(fixture_run(&fixture, is_missing));
  assert_int_equal(fixture_source(&fixture, "a.log")->state, LOG_SOURCE_FOLLOWING);
  fixture_append(&fixture, "a.log", "three\n");
  assert_true(fixture_run_lines(&fixture, 3));
  assert_int_equal(fixture_source(&fixture, "a.log")->err.kind, ERR_NONE);
  fixture_close(&fixture);
}

/* All of a file that appears later is new. */
static void test_new_files(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_files(&fixture, "*.log", &(struct log_want){.follow = true, .tail = 1}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  const struct log_source_status *source = log_reader_sources(fixture.reader);
  assert_int_equal(log_reader_count(fixture.reader), 1);
  assert_non_null(strstr(source->err.text, "no file matches /tmp/stacktop-logs-"));
  assert_int_equal(source->state, LOG_SOURCE_FAILED);
  fixture_append(&fixture, "a.log", "one\ntwo\nthree\n");
  fixture_append(&fixture, "b.txt", "other\n");
  assert_true(fixture_run_lines(&fixture, 3));
  assert_string_equal(fixture.text, "one\ntwo\nthree\n");
  assert_int_equal(log_reader_sources(fixture.reader)->state, LOG_SOURCE_ENDED);
  assert_int_equal(log_reader_sources(fixture.reader)->err.kind, ERR_NONE);
  fixture_close(&fixture);
}

static void test_what_is_no_log(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  assert_int_equal(mkfifo(fixture_path(&fixture, "a.fifo"), 0600), 0);
  assert_int_equal(mkdir(fixture_path(&fixture, "a.folder"), 0700), 0);
  assert_int_equal(symlink("a.loop", fixture_path(&fixture, "a.loop")), 0);
  assert_int_equal(symlink("/dev/zero", fixture_path(&fixture, "a.device")), 0);
  fixture_append(&fixture, "a.none", "one\n");
  chmod(fixture_path(&fixture, "a.none"), 0);
  fixture_append(&fixture, "real.log", "two\n");
  assert_int_equal(symlink("real.log", fixture_path(&fixture, "a.link")), 0);
  fixture_append(&fixture, "a.log.gz", "\x1F\x8B");
  fixture_files(&fixture, "a.*", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  static const char *const cases[][2] = {
      {"a.fifo", "is a FIFO, not a regular file"},
      {"a.folder", "is a directory, not a regular file"},
      {"a.loop", "Too many levels of symbolic links"},
      {"a.device", "is a device, not a regular file"},
      {"compressed", "/a.log.gz is compressed and not read"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct log_source_status *source = fixture_source(&fixture, cases[i][0]);
    assert_non_null(source);
    assert_int_equal(source->state, LOG_SOURCE_FAILED);
    if (!strstr(source->err.text, cases[i][1]))
      fail_msg("%s: %s", cases[i][0], source->err.text);
  }
  const struct log_source_status *source = fixture_source(&fixture, "a.none");
  if (geteuid() != 0) { /* root may read it */
    assert_int_equal(source->err.kind, ERR_DENIED);
    assert_non_null(strstr(source->err.text, "no right to read /tmp/stacktop-logs-"));
    assert_string_equal(fixture.text, "two\n");
  }
  assert_int_equal(fixture_source(&fixture, "a.link")->lines, 1);
  fixture_close(&fixture);
}

static bool says(struct fixture *fixture, const char *name, const char *words) {
  const struct log_source_status *status = fixture_source(fixture, name);
  return status && strstr(status->err.text, words);
}

/* More files than are read, by two patterns: none is left out without a word. */
static void test_more_files_than_sources(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  char names[2][160];
  const char *const patterns[] = {names[0], names[1]};
  snprintf(names[0], sizeof names[0], "%s/a*.log", fixture.folder);
  snprintf(names[1], sizeof names[1], "%s/b*.log", fixture.folder);
  for (int i = 0; i < 80; i++) {
    char name[32];
    snprintf(name, sizeof name, "%c%d.log", i % 2 ? 'a' : 'b', i);
    fixture_append(&fixture, name, "one\n");
  }
  const struct log_want want = {.now_ms = clock_wall_ms()};
  fixture_reader(&fixture, true);
  fixture.files = log_files_new(&fixture.io, fixture.reader, patterns, 2, &want, NULL);
  assert_true(fixture_run(&fixture, fixture_is_done));
  assert_int_equal(fixture.lines, 64);
  assert_true(says(&fixture, "limit", "16 more files are not read (limit: 64)"));
  fixture_close(&fixture);
}

/* Of "*" one directory may be listed and another not. */
static void test_a_directory_that_may_not_be_searched(void **state) {
  (void)state;
  struct fixture fixture;
  struct log_glob names;
  if (geteuid() != 0)
    skip(); /* it takes another user */
  fixture_open(&fixture);
  assert_int_equal(chmod(fixture.folder, 0755), 0);
  assert_int_equal(mkdir(fixture_path(&fixture, "open"), 0755), 0);
  assert_int_equal(mkdir(fixture_path(&fixture, "closed"), 0700), 0);
  fixture_append(&fixture, "open/a.log", "one\n");
  fixture_append(&fixture, "closed/a.log", "two\n");
  static const char *const patterns[] = {"*/a.log", "*/*.log", "closed/a.log", "open/a.log"};
  static const size_t files[] = {1, 1, 0, 1}, denied[] = {1, 1, 1, 0};
  for (size_t i = 0; i < COUNT(patterns); i++) {
    assert_int_equal(seteuid(65534), 0);
    log_glob_find(&names, fixture_path(&fixture, patterns[i]), NULL);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(names.count, files[i]);
    assert_int_equal(names.denied, denied[i]);
    if (denied[i] > 0)
      assert_string_equal(names.denied_path, fixture_path(&fixture, "closed"));
    log_glob_fini(&names);
  }
  fixture_close(&fixture);
}

static bool says_no_file(struct fixture *fixture) {
  return says(fixture, "a.log", "is no longer a regular file");
}

static void test_a_file_that_becomes_a_directory(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "one\n");
  fixture_files(&fixture, "a.log", &(struct log_want){.follow = true}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_loaded));
  assert_int_equal(unlink(fixture_path(&fixture, "a.log")), 0);
  assert_int_equal(mkdir(fixture_path(&fixture, "a.log"), 0755), 0);
  assert_true(fixture_run(&fixture, says_no_file));
  fixture_close(&fixture);
}

static void test_any_bytes(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  static char big[10 << 20];
  memset(big, 'x', sizeof big);
  fixture_write(&fixture, "a.log", O_APPEND, big, sizeof big);
  static const char rest[] = "\nnul\0byte\n\xFF\xFE broken\n\x1B[31mred\x1B[0m\r\n\n\x1B]0;t\x07\n";
  fixture_write(&fixture, "a.log", O_APPEND, rest, sizeof rest - 1);
  fixture_write(&fixture, "a.log", O_APPEND, big, 1 << 20);
  fixture_files(&fixture, "a.log", &(struct log_want){0}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_done));
  assert_int_equal(fixture.lines, 7);
  assert_int_equal(strcspn(fixture.text, "\n"), LOG_TEXT_MAX);
  assert_int_equal(fixture.last.cut, (1 << 20) - LOG_TEXT_MAX);
  static const char wanted[] = "\nnul\xEF\xBF\xBD"
                               "byte\n\xEF\xBF\xBD\xEF\xBF\xBD broken\nred\n\n"
                               "\xEF\xBF\xBD]0;t\xEF\xBF\xBD\n";
  assert_memory_equal(fixture.text + LOG_TEXT_MAX, wanted, sizeof wanted - 1);
  fixture_close(&fixture);
}

/* What the fast search finds is what a look at each line finds. */
static void test_search(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  size_t wanted = 0;
  char *text = malloc(4 << 20), *at = text;
  for (int i = 0; i < 50000; i++) {
    const bool hit = i % 777 == 0;
    wanted += hit;
    at += sprintf(at, "2026-11-27T12:00:%02dZ %s request %d of the morning\n%s", i % 60,
                  hit ? "ERROR" : "INFO", i, hit ? "\tat Somewhere.java:12 failed\n" : "");
  }
  fixture_write(&fixture, "a.log", 0, text, (size_t)(at - text));
  free(text);
  static const struct {
    const char *grep;
    int lines; /* of each hit */
  } cases[] = {{"ERROR", 1},           {"error", 1},         {"(?-i)ERROR\\s+request", 1},
               {"failed$", 1},         {"^\\tat ", 1},       {"\\A\\tat ", 1},
               {"error|failed\\z", 2}, {"ERROR[^z]*ing", 1}, {"nothing", 0}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct log_filter *filter =
        log_filter_new(&(struct log_filter_spec){.grep = cases[i].grep}, NULL);
    assert_non_null(filter);
    fixture_files(&fixture, "a.log", &(struct log_want){.tail = 5}, filter);
    assert_true(fixture_run(&fixture, fixture_is_done));
    if (fixture.lines != wanted * (size_t)cases[i].lines)
      fail_msg("%s: %zu lines", cases[i].grep, fixture.lines);
    assert_int_equal(fixture_source(&fixture, "a.log")->lines, 50000 + wanted);
    if (strcmp(cases[i].grep, "failed$") == 0) { /* a trace has the level of what it is of */
      assert_int_equal(fixture.last.level, LOG_LEVEL_ERROR);
      assert_int_equal(fixture.last.time, LOG_TIME_INHERITED);
    }
    fixture_end_reader(&fixture);
    log_filter_free(filter);
  }
  fixture_close(&fixture);
}

/* What is found in each line is found in the whole file, whatever stands before and after it. */
static void test_search_beside_other_lines(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "10:00 foo\n10:01 foo\n\n10:02 bar\n");
  fixture_append(&fixture, "crlf.log", "10:00 foo\r\n10:01 foo\r\n\r\n10:02 bar\r\n");
  fixture_append(&fixture, "latin.log",
                 "10:00 Gr\xFC\xDF"
                 "e foo\n10:01 Gr\xFC\xDF"
                 "e foo\n");
  static const struct {
    const char *grep, *file;
  } cases[] = {{"foo$", "a.log"},
               {"foo$", "crlf.log"},
               {"foo(?!\\s)", "a.log"},
               {"foo\\s*+$", "a.log"},
               {"(?<!\\s)10:0[01]", "a.log"},
               {"(?-m)^10:0[01]", "a.log"},
               {"Gr..e", "latin.log"},
               {"foo(*ACCEPT)", "a.log"},
               {"foo(?>\\s*)(?:$)", "a.log"},
               {"(?i)(?<what>FOO)", "a.log"}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct log_filter *filter =
        log_filter_new(&(struct log_filter_spec){.grep = cases[i].grep}, NULL);
    assert_non_null(filter);
    fixture_files(&fixture, cases[i].file, &(struct log_want){.tail = 5}, filter);
    assert_true(fixture_run(&fixture, fixture_is_done));
    if (fixture.lines != 2)
      fail_msg("%s: %zu lines", cases[i].grep, fixture.lines);
    fixture_end_reader(&fixture);
    log_filter_free(filter);
  }
  fixture_close(&fixture);
}

/* What is not looked at may hold what is searched for. */
static void test_search_beyond_what_is_kept(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  char *text = malloc(30000);
  memset(text, 'x', 30000);
  memcpy(text + 20000, "needle\n", 7);
  fixture_write(&fixture, "a.log", 0, text, 20007);
  free(text);
  struct log_filter *filter = log_filter_new(&(struct log_filter_spec){.grep = "needle"}, NULL);
  fixture_files(&fixture, "a.log", &(struct log_want){.tail = 5}, filter);
  assert_true(fixture_run(&fixture, fixture_is_done));
  assert_int_equal(fixture.lines, 0);
  assert_true(says(&fixture, "a.log", "looks at the first 16 KiB of a line"));
  log_filter_free(filter);
  fixture_close(&fixture);
}

static void test_search_of_fields(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  for (int i = 0; i < 200; i++) {
    char line[100];
    snprintf(line, sizeof line, "{\"time\":%d,\"req\":{\"duration\": %d.5},\"msg\":\"x\"}\n",
             1795780800 + i, i % 10);
    fixture_append(&fixture, "a.log", i % 2 ? line : "plain duration\n");
  }
  static const char *const conditions[] = {"req.duration>5"};
  struct log_filter *filter = log_filter_new(
      &(struct log_filter_spec){.conditions = conditions, .condition_count = 1}, NULL);
  fixture_files(&fixture, "a.log", &(struct log_want){0}, filter);
  assert_true(fixture_run(&fixture, fixture_is_done));
  assert_int_equal(fixture.lines, 60); /* 5.5, 7.5 and 9.5 */
  fixture_close(&fixture);
  log_filter_free(filter);
}

/* Of lines without any time it is known that they are no later than the last write. */
static void test_lines_without_a_time(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  fixture_append(&fixture, "a.log", "one\ntwo\n");
  const struct timespec written[2] = {{.tv_sec = 1795780800}, {.tv_sec = 1795780800}};
  assert_int_equal(utimensat(AT_FDCWD, fixture_path(&fixture, "a.log"), written, 0), 0);
  static const struct {
    int64_t since_s, until_s;
    size_t lines;
  } cases[] = {{1795780801, 0, 0}, {1795780800, 0, 2}, {0, 1795780000, 2}, {0, 0, 2}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct log_want want = {.since_ms = cases[i].since_s * 1000,
                                  .until_ms = cases[i].until_s * 1000};
    fixture_files(&fixture, "a.log", &want, NULL);
    assert_true(fixture_run(&fixture, fixture_is_done));
    assert_int_equal(fixture.lines, cases[i].lines);
    if (fixture.lines > 0) {
      assert_int_equal(fixture.last.time, LOG_TIME_ARRIVAL);
      assert_int_equal(fixture.last.time_ms, INT64_C(1795780800000));
    }
    fixture_end_reader(&fixture);
  }
  fixture_close(&fixture);
}

/* Two files are merged by time. */
static void test_merged(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  for (int i = 0; i < 40; i++) {
    char line[64];
    snprintf(line, sizeof line, "2026-11-27T12:00:%02dZ %d\n", i, i);
    fixture_append(&fixture, i % 3 ? "a.log" : "b.log", line);
  }
  fixture_files(&fixture, "?.log", &(struct log_want){0}, NULL);
  assert_true(fixture_run(&fixture, fixture_is_done));
  const char *at = fixture.text;
  for (int i = 0; i < 40; i++) {
    char line[64];
    const size_t len = (size_t)snprintf(line, sizeof line, "2026-11-27T12:00:%02dZ %d\n", i, i);
    assert_memory_equal(at, line, len);
    at += len;
  }
  fixture_close(&fixture);
}

/* A reader that does not take its lines holds the thread: memory stays bounded. */
static void test_back_pressure(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_open(&fixture);
  char *text = malloc(6 << 20);
  memset(text, 'x', 6 << 20);
  for (size_t i = 99; i < 6 << 20; i += 100)
    text[i] = '\n';
  fixture_write(&fixture, "a.log", 0, text, 6 << 20);
  free(text);
  fixture_files(&fixture, "a.log", &(struct log_want){0}, NULL);
  log_reader_hold(fixture.reader, true);
  /* until it stands still */
  uint64_t bytes = 0;
  int64_t since = clock_now_ms(), end = since + 15000;
  while (clock_now_ms() < end && (bytes == 0 || clock_now_ms() < since + 300)) {
    uv_run(&fixture.loop, UV_RUN_NOWAIT);
    const struct log_source_status *source = fixture_source(&fixture, "a.log");
    if (source && source->bytes != bytes) {
      bytes = source->bytes;
      since = clock_now_ms();
    }
  }
  assert_true(bytes > 0 && bytes < 4 << 20);
  assert_int_equal(fixture.lines, 0);
  log_reader_hold(fixture.reader, false);
  assert_true(fixture_run(&fixture, fixture_is_done));
  assert_int_equal(fixture.lines, (6 << 20) / 100 + 1); /* the last without an end */
  fixture_close(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_last_lines),
      cmocka_unit_test(test_since_and_until),
      cmocka_unit_test(test_follows),
      cmocka_unit_test(test_rotation_by_rename),
      cmocka_unit_test(test_rotations_in_a_row),
      cmocka_unit_test(test_rotation_by_truncating),
      cmocka_unit_test(test_a_file_that_vanishes),
      cmocka_unit_test(test_new_files),
      cmocka_unit_test(test_what_is_no_log),
      cmocka_unit_test(test_more_files_than_sources),
      cmocka_unit_test(test_a_directory_that_may_not_be_searched),
      cmocka_unit_test(test_a_file_that_becomes_a_directory),
      cmocka_unit_test(test_any_bytes),
      cmocka_unit_test(test_search),
      cmocka_unit_test(test_search_beside_other_lines),
      cmocka_unit_test(test_search_beyond_what_is_kept),
      cmocka_unit_test(test_search_of_fields),
      cmocka_unit_test(test_merged),
      cmocka_unit_test(test_lines_without_a_time),
      cmocka_unit_test(test_back_pressure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
