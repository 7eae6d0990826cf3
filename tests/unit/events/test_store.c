/* The history on disk: real files, several programs, damage, full disks, wrong clocks. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- what is read */

struct listed {
  char text[4096];
  size_t count;
  struct event_place_at last;
};

static bool list(void *arg, const struct event_record *record) {
  struct listed *listed = arg;
  const size_t used = strlen(listed->text);
  snprintf(listed->text + used, sizeof listed->text - used, "%s %s %s %+lld%s%lld %s\n",
           event_kind_name(record->kind), event_state_name(record->state),
           severity_name(record->severity), (long long)(record->at_ms - noon) / 1000,
           record->state >= EVENT_STATE_ENDED ? " to " : " seen ",
           (long long)(record->state >= EVENT_STATE_ENDED ? record->end_ms - noon
                       : record->seen_ms                  ? record->seen_ms - noon
                                                          : 0) /
               1000,
           record->text);
  listed->count++;
  listed->last = (struct event_place_at){record->at_ms, record->id};
  return true;
}

static struct listed read_all(struct event_store *store, const struct event_filter *filter,
                              int64_t now_ms) {
  struct listed listed = {0};
  struct err err = {0};
  const struct event_filter all = {0};
  if (!event_store_read(store, filter ? filter : &all,
                        &(struct event_range){EVENT_WAY_NEWEST, (struct event_place_at){0}, 0},
                        now_ms, list, &listed, &err))
    fail_msg("%s", err.text);
  return listed;
}

static void assert_events(struct event_store *store, int64_t now_ms, const char *expected) {
  const struct listed listed = read_all(store, NULL, now_ms);
  assert_string_equal(listed.text, expected);
}

/* ---- findings */

static void test_a_finding_is_one_event(void **state) {
  struct event_store *store = joined(*state, &((struct fixture *)*state)->a, noon);
  put(store, EVENT_OP_BEGINS, finding(noon, SEVERITY_WARN, "idle for 5m"), noon);
  assert_events(store, noon, "finding open warn +0 seen 0 idle for 5m\n");
  put(store, EVENT_OP_BEGINS, finding(noon, SEVERITY_CRIT, "idle for 10m"), noon + MINUTE);
  assert_events(store, noon, "finding open crit +0 seen 0 idle for 10m\n");
  put(store, EVENT_OP_ENDS, finding(noon, SEVERITY_OK, "resolved"), noon + 2 * MINUTE);
  assert_events(store, noon, "finding ended crit +0 to 120 idle for 10m\n");
  put(store, EVENT_OP_BEGINS, finding(noon + HOUR, SEVERITY_WARN, "again"), noon + HOUR);
  assert_events(store, noon + HOUR,
                "finding open warn +3600 seen 0 again\n"
                "finding ended crit +0 to 120 idle for 10m\n");
  event_store_close(store);
}

/* Both see it, each at its own moments; it ends when the last of them says so. */
static void test_two_programs_store_it_once(void **state) {
  struct fixture *fixture = *state;
  struct event_store *a = joined(fixture, &fixture->a, noon),
                     *b = joined(fixture, &fixture->b, noon);
  put(a, EVENT_OP_BEGINS, finding(noon, SEVERITY_WARN, "idle"), noon);
  put(b, EVENT_OP_BEGINS, finding(noon + 1500, SEVERITY_WARN, "idle"), noon + 1500);
  assert_events(a, noon, "finding open warn +0 seen 0 idle\n");
  put(a, EVENT_OP_ENDS, finding(noon, SEVERITY_OK, ""), noon + MINUTE);
  assert_events(b, noon, "finding open warn +0 seen 0 idle\n");
  put(b, EVENT_OP_ENDS, finding(noon + 1500, SEVERITY_OK, ""), noon + MINUTE + 2000);
  assert_events(a, noon, "finding ended warn +0 to 62 idle\n");
  /* b comes late: a has already said that it is over. */
  put(a, EVENT_OP_BEGINS, finding(noon + HOUR, SEVERITY_CRIT, "blip"), noon + HOUR);
  put(a, EVENT_OP_ENDS, finding(noon + HOUR, SEVERITY_OK, ""), noon + HOUR + 4000);
  put(b, EVENT_OP_BEGINS, finding(noon + HOUR + 2000, SEVERITY_CRIT, "blip"), noon + HOUR + 5000);
  put(b, EVENT_OP_ENDS, finding(noon + HOUR + 2000, SEVERITY_OK, ""), noon + HOUR + 6000);
  assert_events(a, noon + HOUR,
                "finding ended crit +3600 to 3606 blip\n"
                "finding ended warn +0 to 62 idle\n");
  event_store_close(a);
  event_store_close(b);
}

/* The program that saw it is gone. */
static void test_findings_that_nobody_sees(void **state) {
  struct fixture *fixture = *state;
  struct event_store *b = joined(fixture, &fixture->b, noon);
  struct err err;
  struct event_orphans orphans;
  put(b, EVENT_OP_BEGINS, finding(noon, SEVERITY_WARN, "idle"), noon);
  assert_true(event_store_leave(b, noon + MINUTE, &err));
  event_store_close(b);
  struct event_store *a = joined(fixture, &fixture->a, noon + HOUR);
  assert_events(a, noon + HOUR, "finding open warn +0 seen 60 idle\n");
  assert_true(event_store_orphans(a, noon + HOUR, &orphans, &err));
  assert_int_equal(orphans.count, 1);
  assert_string_equal(orphans.items[0].row, "8123/17");
  put(a, EVENT_OP_GONE, (struct event_record){.id = orphans.items[0].id}, noon + HOUR);
  event_orphans_fini(&orphans);
  assert_events(a, noon + HOUR, "finding unseen warn +0 to 60 idle\n");
  event_store_close(a);
}

/* A restart within minutes continues it; after hours it is another one. */
static void test_a_finding_over_a_restart(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  struct event_store *b = joined(fixture, &fixture->b, noon);
  put(b, EVENT_OP_BEGINS, finding(noon, SEVERITY_WARN, "idle"), noon);
  assert_true(event_store_leave(b, noon + MINUTE, &err));
  event_store_close(b);
  b = joined(fixture, &fixture->a, noon + 2 * MINUTE);
  put(b, EVENT_OP_BEGINS, finding(noon + 2 * MINUTE, SEVERITY_WARN, "idle"), noon + 2 * MINUTE);
  assert_events(b, noon + 2 * MINUTE, "finding open warn +0 seen 0 idle\n");
  assert_true(event_store_leave(b, noon + 3 * MINUTE, &err));
  event_store_close(b);
  b = joined(fixture, &fixture->b, noon + 5 * HOUR);
  put(b, EVENT_OP_BEGINS, finding(noon + 5 * HOUR, SEVERITY_WARN, "idle"), noon + 5 * HOUR);
  assert_events(b, noon + 5 * HOUR,
                "finding open warn +18000 seen 0 idle\n"
                "finding unseen warn +0 to 180 idle\n");
  event_store_close(b);
}

static void test_a_change_that_two_see_is_one(void **state) {
  struct fixture *fixture = *state;
  const struct event_record change = {.kind = EVENT_KIND_CHANGE,
                                      .at_ms = noon,
                                      .target_kind = "postgres",
                                      .target = "ecap",
                                      .subject = "ecap",
                                      .text = "work_mem 4MB -> 8MB"};
  struct event_record later = change;
  later.at_ms += 30000;
  struct event_store *a = joined(fixture, &fixture->a, noon),
                     *b = joined(fixture, &fixture->b, noon);
  put(a, EVENT_OP_MOMENT, change, noon);
  put(b, EVENT_OP_MOMENT, later, noon + 30000);
  assert_int_equal(read_all(a, NULL, noon).count, 1);
  /* A second time of the same program is another change. */
  put(a, EVENT_OP_MOMENT, later, noon + 40000);
  assert_int_equal(read_all(a, NULL, noon).count, 2);
  event_store_close(a);
  event_store_close(b);
}

/* Each of two processes writes 200 findings, half of them the same, at once. */
static void test_two_processes_at_once(void **state) {
  struct fixture *fixture = *state;
  enum { EACH = 200 };
  event_store_close(opened(fixture));
  for (int p = 0; p < 2; p++)
    if (fork() == 0) {
      struct event_program self = p ? fixture->b : fixture->a;
      struct event_store *store = joined(fixture, &self, noon);
      for (int i = 0; i < EACH; i++) {
        char row[32];
        snprintf(row, sizeof row, "%d", i + p * EACH / 2);
        struct event_record record = finding(noon + i, SEVERITY_WARN, "idle");
        record.row = row;
        put(store, EVENT_OP_BEGINS, record, noon + i);
      }
      event_store_close(store);
      _exit(0);
    }
  for (int p = 0; p < 2; p++) {
    int status;
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
  }
  struct event_store *store = opened(fixture);
  int64_t matches, total, first;
  struct err err;
  assert_true(event_store_count(store, &(struct event_filter){0}, &matches, &total, &first, &err));
  assert_int_equal(total, EACH + EACH / 2);
  event_store_close(store);
}

/* ---- filters and pages */

static void fill(struct event_store *store, int count) {
  struct event_batch batch = {0};
  struct err err = {0};
  for (int i = 0; i < count; i++) {
    char text[64], target[32];
    snprintf(text, sizeof text, "event %d 50%%_x", i);
    snprintf(target, sizeof target, "t%d", i % 4);
    event_batch_add(&batch, EVENT_OP_MOMENT,
                    &(struct event_record){.kind = i % 2 ? EVENT_KIND_CHANGE : EVENT_KIND_STACKTOP,
                                           .at_ms = noon + (int64_t)i / 3 * 1000,
                                           .severity = i % 5 ? SEVERITY_OK : SEVERITY_WARN,
                                           .target_kind = "redis",
                                           .target = target,
                                           .subject = target,
                                           .text = text,
                                           .who = i % 10 ? NULL : "ann@b1"},
                    NULL);
  }
  if (!event_store_write(store, &batch, noon, &err))
    fail_msg("%s", err.text);
  event_batch_fini(&batch);
}

static size_t count_of(struct event_store *store, const struct event_filter *filter) {
  int64_t matches, total, first;
  struct err err = {0};
  if (!event_store_count(store, filter, &matches, &total, &first, &err))
    fail_msg("%s", err.text);
  assert_int_equal(matches, read_all(store, filter, noon).count);
  return (size_t)matches;
}

static void test_filters(void **state) {
  struct event_store *store = joined(*state, &((struct fixture *)*state)->a, noon);
  fill(store, 40);
  assert_int_equal(count_of(store, &(struct event_filter){0}), 40);
  assert_int_equal(count_of(store, &(struct event_filter){.target = "T1"}), 10);
  assert_int_equal(count_of(store, &(struct event_filter){.target = "redis:t1"}), 10);
  assert_int_equal(count_of(store, &(struct event_filter){.target = "postgres:t1"}), 0);
  assert_int_equal(count_of(store, &(struct event_filter){.kinds = 1U << EVENT_KIND_CHANGE}), 20);
  assert_int_equal(count_of(store, &(struct event_filter){.severity = SEVERITY_WARN}), 8);
  assert_int_equal(count_of(store, &(struct event_filter){.who = "ANN"}), 4);
  assert_int_equal(count_of(store, &(struct event_filter){.text = "EVENT 39"}), 1);
  assert_int_equal(count_of(store, &(struct event_filter){.text = "50%_x"}), 40);
  assert_int_equal(count_of(store, &(struct event_filter){.text = "5%_y"}), 0);
  assert_int_equal(count_of(store, &(struct event_filter){.text = "\xc3\xa9"}), 0);
  assert_int_equal(count_of(store, &(struct event_filter){.since_ms = noon + 10000}), 10);
  assert_int_equal(count_of(store, &(struct event_filter){.until_ms = noon + 1000}), 6);
  event_store_close(store);
}

/* What began before and was still there is in the time that is asked for. */
static void test_since_has_what_lasted(void **state) {
  struct event_store *store = joined(*state, &((struct fixture *)*state)->a, noon);
  struct event_record other = finding(noon, SEVERITY_WARN, "short");
  put(store, EVENT_OP_BEGINS, finding(noon, SEVERITY_WARN, "long"), noon);
  other.row = "1";
  put(store, EVENT_OP_BEGINS, other, noon);
  put(store, EVENT_OP_ENDS, other, noon + MINUTE);
  other.row = "2";
  other.text = "open";
  put(store, EVENT_OP_BEGINS, other, noon);
  put(store, EVENT_OP_ENDS, finding(noon, SEVERITY_OK, ""), noon + 2 * HOUR);
  const struct listed listed =
      read_all(store, &(struct event_filter){.since_ms = noon + HOUR}, noon + 2 * HOUR);
  assert_string_equal(listed.text, "finding open warn +0 seen 0 open\n"
                                   "finding ended warn +0 to 7200 long\n");
  event_store_close(store);
}

/* Events of one moment stand on both sides of the end of a page. */
static void test_pages_have_each_event_once(void **state) {
  struct event_store *store = joined(*state, &((struct fixture *)*state)->a, noon);
  struct err err;
  struct listed listed = {0};
  const struct event_filter all = {0};
  fill(store, 40);
  assert_true(event_store_read(store, &all, &(struct event_range){EVENT_WAY_NEWEST, listed.last, 7},
                               noon, list, &listed, &err));
  while (listed.count < 40) {
    const size_t before = listed.count;
    assert_true(event_store_read(store, &all,
                                 &(struct event_range){EVENT_WAY_OLDER, listed.last, 7}, noon, list,
                                 &listed, &err));
    assert_true(listed.count > before);
  }
  assert_int_equal(listed.count, 40);
  struct listed whole = read_all(store, NULL, noon);
  assert_string_equal(listed.text, whole.text);
  listed = (struct listed){0};
  assert_true(event_store_read(store, &all, &(struct event_range){EVENT_WAY_OLDEST, listed.last, 1},
                               noon, list, &listed, &err));
  assert_int_equal(listed.last.at_ms, noon);
  for (int i = 0; i < 39; i++)
    assert_true(event_store_read(store, &all,
                                 &(struct event_range){EVENT_WAY_NEWER, listed.last, 1}, noon, list,
                                 &listed, &err));
  assert_int_equal(listed.count, 40);
  assert_int_equal(listed.last.at_ms, noon + 13000);
  event_store_close(store);
}

/* ---- limits */

static void prune(struct event_store *store, int64_t keep_ms, int64_t bytes, bool by_age,
                  int64_t now_ms) {
  const struct event_limits limits = {keep_ms, bytes};
  struct err err = {0};
  bool more = true;
  for (int i = 0; more && i < 100; i++)
    if (!event_store_prune(store, &limits, by_age, now_ms, &more, &err))
      fail_msg("%s", err.text);
  assert_false(more);
}

static void test_age(void **state) {
  struct event_store *store = joined(*state, &((struct fixture *)*state)->a, noon);
  put(store, EVENT_OP_BEGINS, finding(noon - HOUR, SEVERITY_WARN, "open"), noon);
  fill(store, 30);
  prune(store, HOUR, INT64_MAX, true, noon + HOUR + 5000);
  assert_int_equal(read_all(store, NULL, noon).count, 15 + 1);
  prune(store, HOUR, INT64_MAX, false, noon + 1000 * (int64_t)HOUR);
  assert_int_equal(read_all(store, NULL, noon).count, 15 + 1);
  event_store_close(store);
}

static void test_size(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = joined(fixture, &fixture->a, noon);
  struct stat file;
  char *path = event_store_path(fixture->state);
  for (int i = 0; i < 3; i++)
    fill(store, 2000);
  prune(store, 1000 * (int64_t)HOUR, 512 << 10, true, noon + HOUR);
  const size_t left = read_all(store, NULL, noon).count;
  assert_true(left > 500 && left < 6000);
  event_store_close(store);
  assert_int_equal(stat(path, &file), 0);
  assert_true(file.st_size < 16 << 20);
  free(path);
}

/* ---- files */

static mode_t mode_of(const char *path) {
  struct stat status;
  assert_int_equal(lstat(path, &status), 0);
  return status.st_mode & 07777;
}

static void test_modes(void **state) {
  struct fixture *fixture = *state;
  static const char *const ends[] = {"", "-wal", "-shm"};
  char *path = event_store_path(fixture->state);
  const mode_t before = umask(0);
  struct event_store *store = joined(fixture, &fixture->a, noon);
  umask(before);
  assert_int_equal(mode_of(fixture->state), 0700);
  for (size_t i = 0; i < 3; i++) {
    char *one = mem_printf("%s%s", path, ends[i]);
    assert_int_equal(mode_of(one), 0600);
    free(one);
  }
  event_store_close(store);
  assert_int_equal(chmod(path, 0644), 0);
  event_store_close(opened(fixture));
  assert_int_equal(mode_of(path), 0600);
  free(path);
}

static void write_file(const char *path, const char *text, size_t len) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, len, file), len);
  fclose(file);
}

static void test_a_damaged_file_is_set_aside(void **state) {
  struct fixture *fixture = *state;
  char *path = event_store_path(fixture->state), notice[EVENT_NOTICE_MAX];
  char *aside = mem_printf("%s.damaged", path);
  char garbage[8192];
  struct err err = {0};
  memset(garbage, 'x', sizeof garbage);
  event_store_close(opened(fixture));
  write_file(path, garbage, sizeof garbage);
  struct event_store *store = event_store_open(fixture->state, notice, &err);
  assert_non_null(store);
  assert_non_null(strstr(notice, "was damaged"));
  assert_int_equal(mode_of(path), 0600);
  struct stat file;
  assert_int_equal(stat(aside, &file), 0);
  assert_int_equal(file.st_size, sizeof garbage);
  assert_true(event_store_is_current(store));
  assert_true(event_store_beat(store, &fixture->a, noon, &err));
  fill(store, 3);
  event_store_close(store);
  free(aside);
  free(path);
}

/* The header is good, a page is not: it is seen in use. */
static void test_damage_inside(void **state) {
  struct fixture *fixture = *state;
  char *path = event_store_path(fixture->state), page[4096];
  struct err err = {0};
  struct event_store *store = joined(fixture, &fixture->a, noon);
  for (int i = 0; i < 3; i++)
    fill(store, 2000);
  event_store_close(store);
  memset(page, 0xA5, sizeof page);
  const int fd = open(path, O_WRONLY);
  for (int i = 2; i < 60; i++)
    assert_int_equal(pwrite(fd, page, sizeof page, i * (off_t)sizeof page), sizeof page);
  close(fd);
  char notice[EVENT_NOTICE_MAX];
  store = event_store_open(fixture->state, notice, &err);
  bool good = store && event_store_beat(store, &fixture->a, noon, &err);
  for (int i = 0; good && i < 3; i++) {
    struct event_batch batch = {0};
    struct event_record record = finding(noon, SEVERITY_WARN, "idle");
    event_batch_add(&batch, EVENT_OP_BEGINS, &record, NULL);
    good = event_store_write(store, &batch, noon, &err);
    event_batch_fini(&batch);
  }
  assert_false(good);
  assert_true(event_store_is_damaged(store));
  assert_true(event_store_set_aside(store, &err));
  event_store_close(store);
  store = joined(fixture, &fixture->a, noon);
  fill(store, 3);
  event_store_close(store);
  free(path);
}

static void run_sql(const char *path, const char *sql) {
  const pid_t child = fork();
  int status;
  if (child == 0) {
    execlp("sqlite3", "sqlite3", path, sql, (char *)NULL);
    _exit(127);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    skip();
  assert_int_equal(status, 0);
}

static void test_versions(void **state) {
  struct fixture *fixture = *state;
  char *path = event_store_path(fixture->state), notice[EVENT_NOTICE_MAX];
  struct err err = {0};
  event_store_close(opened(fixture));
  run_sql(path, "PRAGMA user_version = 99");
  assert_null(event_store_open(fixture->state, notice, &err));
  assert_int_equal(err.kind, ERR_UNSUPPORTED);
  assert_non_null(strstr(err.text, "newer stacktop (version 99, this one knows 2)"));
  assert_string_equal(notice, "");
  assert_null(event_store_open_read(fixture->state, &err));
  assert_int_equal(err.kind, ERR_UNSUPPORTED);
  free(path);
}

static void test_without_a_file(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  assert_null(event_store_open_read(fixture->state, &err));
  assert_int_equal(err.kind, ERR_NONE);
  event_store_close(opened(fixture));
  struct event_store *store = event_store_open_read(fixture->state, &err);
  assert_non_null(store);
  assert_int_equal(read_all(store, NULL, noon).count, 0);
  struct event_batch batch = {0};
  struct event_record record = finding(noon, SEVERITY_WARN, "idle");
  event_batch_add(&batch, EVENT_OP_BEGINS, &record, NULL);
  assert_false(event_store_write(store, &batch, noon, &err)); /* for reading only */
  event_batch_fini(&batch);
  event_store_close(store);
}

static void test_not_a_file(void **state) {
  struct fixture *fixture = *state;
  char *path = event_store_path(fixture->state), notice[EVENT_NOTICE_MAX];
  struct err err = {0};
  assert_int_equal(mkdir(fixture->state, 0700), 0);
  assert_int_equal(symlink("/etc/passwd", path), 0);
  assert_null(event_store_open(fixture->state, notice, &err));
  assert_int_equal(unlink(path), 0);
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_null(event_store_open(fixture->state, notice, &err));
  assert_non_null(strstr(err.text, "regular file"));
  assert_int_equal(unlink(path), 0);
  write_file(path, "", 0);
  assert_int_equal(unlink(path), 0);
  free(path);
}

/* A real tmpfs, in a mount namespace of a child's own. */
static int full_disk(struct fixture *fixture) {
  struct err err = {0};
  char filler[160];
  struct event_batch batch = {0};
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mkdir(fixture->state, 0700) != 0 ||
      mount("none", fixture->state, "tmpfs", 0, "size=1m,mode=0700") != 0)
    return 77;
  struct event_store *store = joined(fixture, &fixture->a, noon);
  fill(store, 10);
  snprintf(filler, sizeof filler, "%s/filler", fixture->state);
  const int fd = open(filler, O_WRONLY | O_CREAT, 0600);
  char block[4096] = {1};
  while (write(fd, block, sizeof block) > 0)
    ;
  close(fd);
  for (int i = 0; i < 2000; i++) {
    char row[24];
    snprintf(row, sizeof row, "%d", i);
    struct event_record record = finding(noon, SEVERITY_WARN, "a sentence that needs some room");
    record.row = row;
    event_batch_add(&batch, EVENT_OP_BEGINS, &record, NULL);
  }
  if (event_store_write(store, &batch, noon, &err))
    return 1;
  if (event_store_is_damaged(store) || !strstr(err.text, "no space left"))
    return 2;
  if (read_all(store, NULL, noon).count != 10)
    return 3;
  unlink(filler);
  if (!event_store_write(store, &batch, noon, &err))
    return 4;
  if (read_all(store, NULL, noon).count != 10 + 2000)
    return 5;
  event_batch_fini(&batch);
  event_store_close(store);
  return 0;
}

static void test_a_full_disk(void **state) {
  int status;
  const pid_t child = fork();
  if (child == 0)
    _exit(full_disk(*state));
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    print_message("no rights to mount a tmpfs\n");
    skip();
  }
  assert_int_equal(status, 0);
}

/* ---- batches */

static void test_secrets_and_control_characters(void **state) {
  (void)state;
  const char *const secrets[] = {"hunter22"};
  const struct mask mask = {secrets, 1};
  struct event_batch batch = {0};
  struct event event = {.at_ms = noon,
                        .topic = EVENT_BEGINS,
                        .since_ms = noon - MINUTE,
                        .severity = SEVERITY_WARN,
                        .subject = (char *)"ec\033[31map",
                        .text = (char *)"login hunter22 failed\n password=abc123x",
                        .kind = (char *)"postgres",
                        .target = (char *)"ecap"};
  event_batch_add_event(&batch, &event, &mask, 500);
  assert_int_equal(batch.count, 1);
  const struct event_record *record = &batch.items[0].record;
  assert_null(strchr(record->subject, 27));
  assert_null(strstr(record->text, "hunter22"));
  assert_null(strstr(record->text, "abc123x"));
  assert_null(strchr(record->text, '\n'));
  assert_int_equal(record->at_ms, noon - MINUTE + 500);
  event.topic = EVENT_ACTION; /* the audit log has it */
  event_batch_add_event(&batch, &event, &mask, 0);
  assert_int_equal(batch.count, 1);
  event_batch_fini(&batch);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_finding_is_one_event, begin, end),
      cmocka_unit_test_setup_teardown(test_two_programs_store_it_once, begin, end),
      cmocka_unit_test_setup_teardown(test_findings_that_nobody_sees, begin, end),
      cmocka_unit_test_setup_teardown(test_a_finding_over_a_restart, begin, end),
      cmocka_unit_test_setup_teardown(test_a_change_that_two_see_is_one, begin, end),
      cmocka_unit_test_setup_teardown(test_two_processes_at_once, begin, end),
      cmocka_unit_test_setup_teardown(test_filters, begin, end),
      cmocka_unit_test_setup_teardown(test_since_has_what_lasted, begin, end),
      cmocka_unit_test_setup_teardown(test_pages_have_each_event_once, begin, end),
      cmocka_unit_test_setup_teardown(test_age, begin, end),
      cmocka_unit_test_setup_teardown(test_size, begin, end),
      cmocka_unit_test_setup_teardown(test_modes, begin, end),
      cmocka_unit_test_setup_teardown(test_a_damaged_file_is_set_aside, begin, end),
      cmocka_unit_test_setup_teardown(test_damage_inside, begin, end),
      cmocka_unit_test_setup_teardown(test_versions, begin, end),
      cmocka_unit_test_setup_teardown(test_without_a_file, begin, end),
      cmocka_unit_test_setup_teardown(test_not_a_file, begin, end),
      cmocka_unit_test_setup_teardown(test_a_full_disk, begin, end),
      cmocka_unit_test(test_secrets_and_control_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
