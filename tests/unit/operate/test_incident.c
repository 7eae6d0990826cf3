/* Incidents on disk: several programs at once, torn lines, what cannot be written. */
#include "core/mem.h"
#include "operate/incident/incident_act.h"
#include "operate/incident/incident_audit.h"
#include "operate/incident/incident_round.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW_MS = 1000000 };
static char folder[64];
static struct incident_who self;

static int begin(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/stacktop-incident-XXXXXX");
  incident_who_self(&self);
  return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state) {
  (void)state;
  char command[128];
  pid_t pid = fork();
  snprintf(command, sizeof command, "%s", folder);
  if (pid == 0) {
    execl("/bin/rm", "rm", "-rf", command, (char *)NULL);
    _exit(1);
  }
  waitpid(pid, NULL, 0);
  return 0;
}

static bool act(const char *const *words, char id[INCIDENT_ID_MAX], struct err *err) {
  struct incident_act done;
  char said[INCIDENT_SAID_MAX];
  size_t count = 0;
  while (words[count])
    count++;
  const bool good = incident_act_parse(&done, count, words, NULL, err) &&
                    incident_act_run(&done, folder, "", &self, NOW_MS, said, err);
  if (good && id)
    memcpy(id, done.id, INCIDENT_ID_MAX);
  return good;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void open_one(char id[INCIDENT_ID_MAX]) {
  struct err err;
  if (!act(WORDS("open", "P1", "api-down"), id, &err))
    fail_msg("%s", err.text);
}

static struct incident_book *read_one(const char *id) {
  struct err err;
  struct incident_book *book = incident_book_open(folder, id, &err);
  if (!book)
    fail_msg("%s", err.text);
  return book;
}

static void test_acts(void **state) {
  (void)state;
  char id[INCIDENT_ID_MAX], other[INCIDENT_ID_MAX];
  struct err err;
  assert_false(act(WORDS("note", "x"), NULL, &err));
  assert_non_null(strstr(err.text, "no incident is open"));
  open_one(id);
  open_one(other);
  assert_string_equal(id, "INC-19700101-001640");
  assert_string_equal(other, "INC-19700101-001640-2");
  assert_false(act(WORDS("note", "x"), NULL, &err));
  assert_non_null(strstr(err.text, "2 incidents are open: name one of"));
  assert_true(act(WORDS("note", other, "two", "words"), NULL, &err));
  assert_true(act(WORDS("close", id, "done"), NULL, &err));
  assert_true(act(WORDS("status", "monitoring"), NULL, &err)); /* the only open one */
  assert_false(act(WORDS("status", id, "resolved"), NULL, &err));
  assert_non_null(strstr(err.text, "is closed"));
  struct incident_book *book = read_one(other);
  assert_int_equal(book->incident.count, 3);
  assert_string_equal(book->incident.entries[1].text, "two words");
  assert_int_equal(book->incident.status, INCIDENT_MONITORING);
  incident_book_close(book);
}

static void test_words(void **state) {
  (void)state;
  static const struct {
    const char *words[4], *error;
  } wrong[] = {
      {{NULL}, "a command is missing"},
      {{"opne"}, "did you mean \"open\"?"},
      {{"open"}, "usage: incident open P1|P2|P3|P4 NAME"},
      {{"open", "P5", "x"}, "\"P5\" is not a severity"},
      {{"open", "P1"}, "a name is missing"},
      {{"status", "fine"}, "\"fine\" is not a status"},
      {{"note"}, "usage: incident note"},
      {{"close"}, "a summary is missing"},
      {{"role", "scribe"}, "usage: incident role"},
      {{"use"}, "usage: incident use ID"},
      {{"list", "x"}, "usage: incident list"},
  };
  struct incident_act done;
  struct err err;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    size_t count = 0;
    while (wrong[i].words[count])
      count++;
    assert_false(incident_act_parse(&done, count, wrong[i].words, NULL, &err));
    if (!strstr(err.text, wrong[i].error))
      fail_msg("%s: %s", wrong[i].error, err.text);
  }
  const struct mask mask = {(const char *const[]){"hunter22"}, 1};
  assert_true(incident_act_parse(&done, 3, WORDS("note", "it is hunter22,\x1b[2J", "token=abcdef"),
                                 &mask, &err));
  assert_null(strstr(done.text, "hunter22"));
  assert_null(strstr(done.text, "abcdef"));
  assert_null(strchr(done.text, '\x1b'));
}

/* Programs that see the same findings and changes, and record notes of their own. */
static void test_several_programs(void **state) {
  (void)state;
  enum { PROGRAMS = 6, ROUNDS = 40 };
  char id[INCIDENT_ID_MAX], key[32], text[32];
  struct err err;
  open_one(id);
  for (int program = 0; program < PROGRAMS; program++) {
    if (fork() != 0)
      continue;
    struct incident_book *book = incident_book_open(folder, id, &err);
    for (int round = 0; book && round < ROUNDS; round++) {
      snprintf(key, sizeof key, "finding:%d", round);
      snprintf(text, sizeof text, "%d of %d", round, program);
      const struct incident_entry entries[] = {
          {.kind = INCIDENT_FINDING, .key = key, .word = "begins", .severity = SEVERITY_CRIT},
          {.kind = INCIDENT_CHANGE, .key = "change:same", .text = "restarted"},
          {.kind = INCIDENT_NOTE, .text = text},
      };
      if (!incident_book_append(book, entries, 3, NULL, &err))
        _exit(2);
    }
    _exit(book ? 0 : 1);
  }
  for (int i = 0, status; i < PROGRAMS; i++) {
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
  }
  struct incident_book *book = read_one(id);
  size_t findings = 0, changes = 0, notes = 0;
  for (size_t i = 0; i < book->incident.count; i++) {
    findings += book->incident.entries[i].kind == INCIDENT_FINDING;
    changes += book->incident.entries[i].kind == INCIDENT_CHANGE;
    notes += book->incident.entries[i].kind == INCIDENT_NOTE;
  }
  assert_int_equal(book->incident.unread, 0);
  assert_int_equal(findings, ROUNDS);
  assert_int_equal(notes, PROGRAMS * ROUNDS);
  /* A program that begins while the others run takes their count for its own. */
  assert_in_range(changes, ROUNDS, PROGRAMS * ROUNDS);
  incident_book_close(book);
}

/* A crash in the middle of a line loses this line only, and what is not a line is counted. */
static void test_torn_lines(void **state) {
  (void)state;
  char id[INCIDENT_ID_MAX];
  struct err err;
  open_one(id);
  char *path = incident_path(folder, id, "timeline.jsonl");
  const int fd = open(path, O_WRONLY | O_APPEND);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "{\"version\":1,\"ki", 16), 16);
  close(fd);
  struct incident_book *book = read_one(id);
  assert_int_equal(book->incident.count, 1);
  assert_true(act(WORDS("note", "after"), NULL, &err));
  assert_true(incident_book_refresh(book, &err));
  assert_int_equal(book->incident.count, 2);
  assert_int_equal(book->incident.unread, 1);
  incident_book_close(book);
  free(path);
}

static void test_what_cannot_be_written(void **state) {
  (void)state;
  char id[INCIDENT_ID_MAX], path[160];
  struct err err;
  struct stat status;
  open_one(id);
  snprintf(path, sizeof path, "%s/incidents/%s/timeline.jsonl", folder, id);
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
  snprintf(path, sizeof path, "%s/incidents/%s", folder, id);
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0700);
  snprintf(path, sizeof path, "%s/incidents/INC-19700101-001641", folder);
  assert_int_equal(symlink("/etc", path), 0);
  assert_null(incident_book_open(folder, "INC-19700101-001641", &err));
  assert_null(incident_book_open(folder, "INC-../../etc", &err));
  assert_null(incident_book_open(folder, "x", &err));
  snprintf(path, sizeof path, "%s/file", folder);
  fclose(fopen(path, "w"));
  struct incident_act done;
  char said[INCIDENT_SAID_MAX];
  assert_true(incident_act_parse(&done, 3, WORDS("open", "P1", "x"), NULL, &err));
  assert_false(incident_act_run(&done, path, "", &self, NOW_MS, said, &err));
  assert_non_null(strstr(err.text, "cannot read"));
}

/* Machine entries end, notes do not. */
static void test_a_full_time_line(void **state) {
  (void)state;
  char id[INCIDENT_ID_MAX], key[32];
  struct err err;
  size_t written;
  open_one(id);
  struct incident_book *book = read_one(id);
  struct incident_batch batch = {0};
  for (int i = 0; i < INCIDENT_MACHINE_MAX + 100; i++) {
    snprintf(key, sizeof key, "finding:%d", i);
    incident_batch_add(&batch, &(struct incident_entry){.kind = INCIDENT_FINDING,
                                                        .key = key,
                                                        .word = "begins",
                                                        .severity = SEVERITY_WARN});
  }
  assert_true(incident_book_append(book, batch.items, batch.count, &written, &err));
  assert_int_equal(written, INCIDENT_MACHINE_MAX + 1);
  assert_true(book->incident.full);
  assert_true(incident_book_append(book, batch.items + INCIDENT_MACHINE_MAX, 50, &written, &err));
  assert_int_equal(written, 0);
  assert_true(act(WORDS("note", "still"), NULL, &err));
  incident_batch_fini(&batch);
  incident_book_close(book);
}

static void see(struct incident_batch *batch, enum incident_kind kind, const char *subject,
                const char *text) {
  incident_batch_add(batch, &(struct incident_entry){.kind = kind,
                                                     .at_ms = NOW_MS - 1000,
                                                     .key = subject,
                                                     .word = "begins",
                                                     .subject = subject,
                                                     .text = text,
                                                     .severity = SEVERITY_WARN});
}

/* The event of a finding that is still there is not listed besides the finding, although the
 * figures have changed since. */
static void test_the_hour_before(void **state) {
  (void)state;
  char id[INCIDENT_ID_MAX];
  size_t disk = 0, other = 0;
  open_one(id);
  struct incident_desk *desk = incident_desk_new(folder, "dashboard");
  struct incident_seen seen = {.now_ms = NOW_MS + 1000};
  see(&seen.findings, INCIDENT_FINDING, "finding:/", "used 91% (free 1.9 GB)");
  see(&seen.events, INCIDENT_EVENT, "finding:/", "used 90.5% (free 2 GB)");
  see(&seen.events, INCIDENT_EVENT, "finding:/", "read-only");
  incident_round(desk, &seen);
  incident_desk_free(desk);
  incident_seen_fini(&seen);
  struct incident_book *book = read_one(id);
  for (size_t i = 0; i < book->incident.count; i++) {
    const char *text = book->incident.entries[i].text;
    disk += text && strstr(text, "free") != NULL;
    other += text && strcmp(text, "read-only") == 0;
  }
  assert_int_equal(disk, 1);
  assert_int_equal(other, 1);
  incident_book_close(book);
}

static size_t count_of(const char *id, const char *word) {
  struct incident_book *book = read_one(id);
  size_t count = 0;
  for (size_t i = 0; i < book->incident.count; i++)
    count += book->incident.entries[i].word && strcmp(book->incident.entries[i].word, word) == 0;
  incident_book_close(book);
  return count;
}

/* A round in which the finding is there, or is not although its target was judged. */
static void look(struct incident_desk *desk, bool there, int64_t now_ms) {
  static const char key[] = "finding:service:api|services|api|", target[] = "finding:service:api";
  uint64_t judged = incident_hash(target, strlen(target)), found = incident_hash(key, strlen(key));
  struct incident_seen seen = {.now_ms = now_ms, .judged = {.items = &judged, .count = 1}};
  if (there) {
    see(&seen.findings, INCIDENT_FINDING, key, "stopped");
    seen.there = (struct incident_set){.items = &found, .count = 1};
  }
  incident_round(desk, &seen);
  incident_batch_fini(&seen.findings);
}

/* A program that has collected before the end, and looks after another one has written the end,
 * does not write that it begins again; but it does if the finding stays. */
static void test_a_late_look(void **state) {
  (void)state;
  char id[INCIDENT_ID_MAX];
  open_one(id);
  struct incident_desk *ann = incident_desk_new(folder, "dashboard");
  struct incident_desk *bob = incident_desk_new(folder, "dashboard");
  bob->self.who.pid++;
  look(ann, true, NOW_MS + 1000);
  look(ann, false, NOW_MS + 4000);
  assert_int_equal(count_of(id, "resolved"), 1);
  look(bob, true, NOW_MS + 4200);
  assert_int_equal(count_of(id, "begins"), 1);
  look(bob, true, NOW_MS + 9200);
  assert_int_equal(count_of(id, "begins"), 2);
  look(bob, false, NOW_MS + 12000);
  look(bob, true, NOW_MS + 12500); /* its own end: it knows */
  assert_int_equal(count_of(id, "begins"), 3);
  incident_desk_free(ann);
  incident_desk_free(bob);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_acts, begin, end),
      cmocka_unit_test_setup_teardown(test_words, begin, end),
      cmocka_unit_test_setup_teardown(test_several_programs, begin, end),
      cmocka_unit_test_setup_teardown(test_torn_lines, begin, end),
      cmocka_unit_test_setup_teardown(test_what_cannot_be_written, begin, end),
      cmocka_unit_test_setup_teardown(test_a_full_time_line, begin, end),
      cmocka_unit_test_setup_teardown(test_the_hour_before, begin, end),
      cmocka_unit_test_setup_teardown(test_a_late_look, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
