/* The file of acknowledgements and silences, as several programs change it. */
#include "operate/alarm/alarm_act.h"

#include "core/mem.h"
#include "support/core_test.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
  char folder[64];
  char *path;
};

static int setup(void **state) {
  struct fixture *f = mem_new(sizeof *f);
  snprintf(f->folder, sizeof f->folder, "/tmp/stacktop-alarm-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  char *state_path = mem_printf("%s/state", f->folder);
  f->path = alarm_file_path(state_path);
  free(state_path);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char *command = mem_printf("rm -r '%s'", f->folder);
  assert_int_equal(system(command), 0);
  free(command);
  free(f->path);
  free(f);
  return 0;
}

static struct alarm_act act_of(enum alarm_verb verb, const char *key) {
  struct alarm_act act;
  struct err err;
  assert_true(alarm_act_make(&act, verb, key, "deploy, password=hunter22", NULL, &err));
  act.mark.until_ms = 10000;
  return act;
}

static size_t count(const struct fixture *f) {
  struct alarm_file_state seen = {0};
  struct alarm_marks marks;
  struct err err;
  bool fresh;
  assert_true(alarm_file_look(f->path, &seen, &marks, &fresh, &err));
  const size_t found = marks.count;
  alarm_marks_fini(&marks);
  return found;
}

static void test_its_life(void **state) {
  struct fixture *f = *state;
  char said[ALARM_SAID_MAX];
  struct stat file;
  struct err err;
  const struct alarm_act silence = act_of(ALARM_DO_SILENCE, "kafka/main///");
  assert_string_equal(silence.mark.key, "kafka/main");
  assert_string_equal(silence.mark.reason, "deploy, password=***");
  assert_int_equal(count(f), 0);
  assert_true(alarm_act_run(&silence, f->path, 1000, said, &err));
  assert_string_equal(said, "silenced: kafka/main; shown again if it becomes worse");
  assert_int_equal(count(f), 1);
  assert_int_equal(stat(f->path, &file), 0);
  assert_int_equal(file.st_mode & 0777, 0600);
  const struct alarm_act remove = act_of(ALARM_DO_REMOVE, "kafka/main");
  const struct alarm_act other = act_of(ALARM_DO_ACKNOWLEDGE, "kafka/other");
  assert_true(alarm_act_run(&other, f->path, 10000, said, &err)); /* the first one is over */
  assert_int_equal(count(f), 1);
  assert_false(alarm_act_run(&remove, f->path, 1000, said, &err));
  assert_non_null(strstr(err.text, "stacktop alarms"));
  assert_true(alarm_act_run(&silence, f->path, 1000, said, &err));
  assert_true(alarm_act_run(&remove, f->path, 1000, said, &err));
  assert_int_equal(count(f), 1);
}

static void test_a_change_is_seen(void **state) {
  struct fixture *f = *state;
  char said[ALARM_SAID_MAX];
  struct alarm_file_state seen = {0};
  struct alarm_marks marks;
  struct err err;
  bool fresh;
  assert_true(alarm_file_look(f->path, &seen, &marks, &fresh, &err));
  assert_true(fresh); /* that there is none */
  assert_true(alarm_file_look(f->path, &seen, &marks, &fresh, &err));
  assert_false(fresh);
  const struct alarm_act act = act_of(ALARM_DO_ACKNOWLEDGE, "kafka/main");
  assert_true(alarm_act_run(&act, f->path, 1000, said, &err));
  assert_true(alarm_file_look(f->path, &seen, &marks, &fresh, &err));
  assert_true(fresh);
  alarm_marks_fini(&marks);
  assert_true(alarm_file_look(f->path, &seen, &marks, &fresh, &err));
  assert_false(fresh);
  assert_int_equal(unlink(f->path), 0);
  assert_true(alarm_file_look(f->path, &seen, &marks, &fresh, &err));
  assert_true(fresh);
}

/* A file that is not ours is neither read nor replaced. */
static void test_garbage(void **state) {
  struct fixture *f = *state;
  char said[ALARM_SAID_MAX];
  struct err err;
  const struct alarm_act act = act_of(ALARM_DO_ACKNOWLEDGE, "kafka/main");
  assert_true(alarm_act_run(&act, f->path, 1000, said, &err));
  FILE *out = fopen(f->path, "w");
  assert_non_null(out);
  fputs("{\"version\":9}", out);
  fclose(out);
  assert_false(alarm_act_run(&act, f->path, 1000, said, &err));
  assert_non_null(strstr(err.text, "version 9"));
  assert_int_equal(unlink(f->path), 0);
  assert_int_equal(symlink("/etc/passwd", f->path), 0);
  assert_false(alarm_act_run(&act, f->path, 1000, said, &err));
  assert_non_null(strstr(err.text, "not a regular file"));
}

enum { WRITERS = 4, EACH = 8 };

struct writer {
  pthread_t thread;
  const struct fixture *f;
  int number;
  bool good;
};

static void *write_many(void *arg) {
  struct writer *writer = arg;
  writer->good = true;
  for (int i = 0; i < EACH; i++) {
    char key[32], said[ALARM_SAID_MAX];
    struct err err;
    snprintf(key, sizeof key, "kafka/%d-%d", writer->number, i);
    const struct alarm_act act = act_of(ALARM_DO_SILENCE, key);
    writer->good = writer->good && alarm_act_run(&act, writer->f->path, 1000, said, &err);
  }
  return NULL;
}

/* No change of several programs at once is lost. */
static void test_at_once(void **state) {
  struct fixture *f = *state;
  struct writer writers[WRITERS];
  for (int i = 0; i < WRITERS; i++) {
    writers[i] = (struct writer){.f = f, .number = i};
    assert_int_equal(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
  }
  for (int i = 0; i < WRITERS; i++) {
    pthread_join(writers[i].thread, NULL);
    assert_true(writers[i].good);
  }
  assert_int_equal(count(f), WRITERS * EACH);
}

static void test_what_is_refused(void **state) {
  struct alarm_act act;
  struct err err;
  (void)state;
  assert_false(alarm_act_make(&act, ALARM_DO_SILENCE, "main", "why", NULL, &err));
  assert_false(alarm_act_make(&act, ALARM_DO_SILENCE, "///", "why", NULL, &err));
  assert_false(alarm_act_make(&act, ALARM_DO_SILENCE, "kafka/main", " ", NULL, &err));
  assert_non_null(strstr(err.text, "reason"));
  assert_false(alarm_act_make(&act, ALARM_DO_ACKNOWLEDGE, "kafka/main", NULL, NULL, &err));
  assert_true(alarm_act_make(&act, ALARM_DO_ACKNOWLEDGE, "kafka/main", "a\x1b[31m\nb", NULL, &err));
  assert_null(strchr(act.mark.reason, '\x1b'));
  assert_null(strchr(act.mark.reason, '\n'));
  assert_false(alarm_act_until(&act, 59999, 0, &err));
  assert_true(alarm_act_until(&act, 60000, 0, &err));
  assert_true(alarm_act_until(&act, ALARM_UNTIL_MOST_MS, 0, &err));
  assert_false(alarm_act_until(&act, ALARM_UNTIL_MOST_MS + 1, 0, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_its_life, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_change_is_seen, setup, teardown),
      cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
      cmocka_unit_test_setup_teardown(test_at_once, setup, teardown),
      cmocka_unit_test(test_what_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
