/* A reader on a loop, and the lines that it delivered as text. */
#pragma once

#include "support/core_test.h"

#include "io/clock.h"
#include "logs/log_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct log_reader *reader;
  struct log_files *files;
  char *text; /* "line\n" of each */
  size_t len, capacity, lines;
  struct log_record last;
  uint64_t longest;
  char folder[64];
  size_t wanted; /* lines */
};

static inline void fixture_line(void *arg, const struct log_record *record) {
  struct fixture *fixture = arg;
  if (fixture->len + record->len + 2 > fixture->capacity) {
    fixture->capacity = 2 * (fixture->len + record->len + 2);
    fixture->text = realloc(fixture->text, fixture->capacity);
  }
  memcpy(fixture->text + fixture->len, record->text, record->len);
  fixture->len += record->len;
  fixture->text[fixture->len++] = '\n';
  fixture->text[fixture->len] = '\0';
  fixture->lines++;
  fixture->last = *record;
  fixture->last.text = NULL;
}

static inline void fixture_changed(void *arg) {
  (void)arg;
}

static inline void fixture_open(struct fixture *fixture) {
  memset(fixture, 0, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  fixture->text = calloc(1, 1);
  strcpy(fixture->folder, "/tmp/stacktop-logs-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
}

static inline void fixture_reader(struct fixture *fixture, bool ordered) {
  const struct log_reader_hooks hooks = {
      .line = fixture_line, .changed = fixture_changed, .arg = fixture};
  fixture->reader = log_reader_new(&fixture->io, ordered, &hooks);
}

static inline void fixture_tick(uv_timer_t *timer) {
  (void)timer;
}

/* Until it is true, at most 15 s. */
static inline bool fixture_run(struct fixture *fixture, bool (*done)(struct fixture *fixture)) {
  uv_timer_t tick;
  uv_timer_init(&fixture->loop, &tick);
  uv_timer_start(&tick, fixture_tick, 20, 20);
  const int64_t end = clock_now_ms() + 15000;
  while (!done(fixture) && clock_now_ms() < end)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  const bool good = done(fixture);
  uv_close((uv_handle_t *)&tick, NULL);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  return good;
}

static inline bool fixture_has_lines(struct fixture *fixture) {
  return fixture->lines >= fixture->wanted;
}

/* Until it has that many. */
static inline bool fixture_run_lines(struct fixture *fixture, size_t lines) {
  fixture->wanted = lines;
  return fixture_run(fixture, fixture_has_lines);
}

static inline bool fixture_is_done(struct fixture *fixture) {
  return !log_files_is_looking(fixture->files) && log_reader_is_done(fixture->reader);
}

static inline bool fixture_is_loaded(struct fixture *fixture) {
  return !log_files_is_looking(fixture->files) && !log_reader_is_loading(fixture->reader);
}

static inline const struct log_source_status *fixture_source(struct fixture *fixture,
                                                             const char *name) {
  const struct log_source_status *statuses = log_reader_sources(fixture->reader);
  for (size_t i = 0; i < log_reader_count(fixture->reader); i++)
    if (strcmp(statuses[i].name, name) == 0)
      return &statuses[i];
  return NULL;
}

/* Drops what was read. */
static inline void fixture_end_reader(struct fixture *fixture) {
  log_files_close(fixture->files);
  log_reader_close(fixture->reader);
  fixture->files = NULL;
  fixture->reader = NULL;
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  fixture->len = fixture->lines = 0;
  fixture->text[0] = '\0';
}

static inline void fixture_close(struct fixture *fixture) {
  fixture_end_reader(fixture);
  assert_int_equal(uv_loop_close(&fixture->loop), 0);
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
  assert_int_equal(system(command), 0);
  free(fixture->text);
}

static inline const char *fixture_path(const struct fixture *fixture, const char *name) {
  static char path[8][160];
  static int next;
  next = (next + 1) % 8;
  snprintf(path[next], sizeof path[next], "%s/%s", fixture->folder, name);
  return path[next];
}

static inline void fixture_write(const struct fixture *fixture, const char *name, int flags,
                                 const char *text, size_t len) {
  const int fd = open(fixture_path(fixture, name), O_WRONLY | O_CREAT | flags, 0644);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, len), len);
  close(fd);
}

static inline void fixture_append(const struct fixture *fixture, const char *name,
                                  const char *text) {
  fixture_write(fixture, name, O_APPEND, text, strlen(text));
}

static inline void fixture_files(struct fixture *fixture, const char *pattern,
                                 const struct log_want *want, const struct log_filter *filter) {
  struct log_want full = *want;
  const char *path = fixture_path(fixture, pattern);
  if (full.now_ms == 0)
    full.now_ms = clock_wall_ms();
  fixture_reader(fixture, true);
  fixture->files = log_files_new(&fixture->io, fixture->reader, &path, 1, &full, filter);
}
