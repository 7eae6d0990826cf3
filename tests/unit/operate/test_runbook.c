/* A run of a runbook: its states, and its file. */
#include "core/mem.h"
#include "operate/runbook/runbook_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct runbook_choice choices[] = {{.text = (char *)"again", .place = 0},
                                          {.text = (char *)"leave", .place = RUNBOOK_STOP}};
static struct runbook_step steps[] = {
    {.kind = RUNBOOK_CHECK,
     .name = (char *)"check",
     .then = RUNBOOK_NEXT,
     .otherwise = RUNBOOK_END},
    {.kind = RUNBOOK_ASK, .name = (char *)"ask", .choices = choices, .choice_count = 2},
    {.kind = RUNBOOK_RUN, .name = (char *)"run", .then = RUNBOOK_NEXT, .otherwise = 1},
};
static const struct runbook book = {
    .name = (char *)"test", .source = (char *)"title: x\n", .steps = steps, .step_count = 3};

static void take(struct runbook_run *run, struct runbook_event event) {
  struct err err;
  if (!runbook_run_take(run, &event, &err))
    fail_msg("%s", err.text);
}

static void refuse(struct runbook_run *run, struct runbook_event event) {
  struct err err;
  const struct runbook_run before = *run;
  assert_false(runbook_run_take(run, &event, &err));
  assert_memory_equal(&before, run, sizeof before);
}

#define BEGIN(name) \
  ((struct runbook_event){.kind = RUNBOOK_EVENT_BEGIN, .step = (name), .audit = "a"})
#define RESULT(name, what) \
  ((struct runbook_event){.kind = RUNBOOK_EVENT_RESULT, .step = (name), .result = (what)})
#define OVER(how) ((struct runbook_event){.kind = RUNBOOK_EVENT_OVER, .over = (how)})

static void test_branches(void **state) {
  (void)state;
  struct runbook_run run;
  runbook_run_init(&run, &book);
  take(&run, BEGIN("check"));
  take(&run, RESULT("check", RUNBOOK_THEN));
  take(&run, BEGIN("ask"));
  struct runbook_event again = RESULT("ask", RUNBOOK_CHOICE);
  take(&run, again);
  assert_int_equal(run.step, 0);
  take(&run, BEGIN("check"));
  take(&run, RESULT("check", RUNBOOK_OTHERWISE));
  assert_int_equal(run.phase, RUNBOOK_ENDING);
  assert_false(run.halted);
  refuse(&run, OVER(RUNBOOK_STOPPED)); /* it was not stopped */
  take(&run, OVER(RUNBOOK_DONE));
  assert_int_equal(run.phase, RUNBOOK_ENDED);
  refuse(&run, OVER(RUNBOOK_ABANDONED));
}

static void test_stop(void **state) {
  (void)state;
  struct runbook_run run;
  runbook_run_init(&run, &book);
  take(&run, BEGIN("check"));
  take(&run, RESULT("check", RUNBOOK_THEN));
  take(&run, BEGIN("ask"));
  struct runbook_event leave = RESULT("ask", RUNBOOK_CHOICE);
  leave.choice = 1;
  take(&run, leave);
  assert_true(run.halted);
  refuse(&run, OVER(RUNBOOK_DONE)); /* nothing was verified */
  take(&run, OVER(RUNBOOK_STOPPED));
}

static void test_what_does_not_fit_is_refused(void **state) {
  (void)state;
  struct runbook_run run;
  runbook_run_init(&run, &book);
  refuse(&run, RESULT("check", RUNBOOK_THEN));
  refuse(&run, BEGIN("run"));
  take(&run, BEGIN("check"));
  refuse(&run, BEGIN("check"));
  refuse(&run, RESULT("ask", RUNBOOK_THEN));
  refuse(&run, RESULT("check", RUNBOOK_CHOICE));
  refuse(&run, OVER(RUNBOOK_DONE));
  take(&run, RESULT("check", RUNBOOK_THEN));
  take(&run, BEGIN("ask"));
  refuse(&run, RESULT("ask", RUNBOOK_THEN));
  struct runbook_event beyond = RESULT("ask", RUNBOOK_CHOICE);
  beyond.choice = 2;
  refuse(&run, beyond);
  take(&run, OVER(RUNBOOK_ABANDONED));
}

static void test_an_effect_is_remembered(void **state) {
  (void)state;
  struct runbook_run run;
  runbook_run_init(&run, &book);
  take(&run, BEGIN("check"));
  assert_false(run.effect);
  take(&run, (struct runbook_event){
                 .kind = RUNBOOK_EVENT_EFFECT, .step = "check", .hash = "0123456789ab"});
  assert_true(run.effect);
  assert_string_equal(run.hash, "0123456789ab");
  take(&run, (struct runbook_event){.kind = RUNBOOK_EVENT_INTERRUPTED, .step = "check"});
  assert_int_equal(run.phase, RUNBOOK_READY);
  take(&run, BEGIN("check"));
  assert_false(run.effect);
  assert_string_equal(run.hash, "");
}

static void test_a_circle_ends(void **state) {
  (void)state;
  struct runbook_run run;
  struct err err;
  runbook_run_init(&run, &book);
  for (size_t i = 0; i < RUNBOOK_BEGUN_MAX; i++) {
    take(&run, BEGIN("check"));
    take(&run, (struct runbook_event){.kind = RUNBOOK_EVENT_INTERRUPTED, .step = "check"});
  }
  const struct runbook_event begin = BEGIN("check");
  assert_false(runbook_run_take(&run, &begin, &err));
  assert_non_null(strstr(err.text, "circle"));
}

/* ---- the file */

static int folder_make(void **state) {
  char *folder = mem_dup("/tmp/stacktop-runbook-XXXXXX");
  *state = mkdtemp(folder);
  return *state ? 0 : -1;
}

static int folder_remove(void **state) {
  char *runs = mem_printf("%s/runs", (char *)*state);
  size_t count;
  struct err err;
  do {
    char **ids = runbook_file_list(*state, &count, &err);
    for (size_t i = 0; i < count; i++) {
      char *path = mem_printf("%s/%s.jsonl", runs, ids[i]);
      unlink(path);
      free(path);
      free(ids[i]);
    }
    free(ids);
  } while (count > 0);
  rmdir(runs);
  rmdir(*state);
  free(runs);
  free(*state);
  return 0;
}

static struct runbook_file *file_of(const char *state, const char *id) {
  struct err err;
  const struct runbook_head head = {.id = id,
                                    .runbook = "test",
                                    .path = "/x/test.yaml",
                                    .source = "title: \"x\"\n\x1b",
                                    .config = "/c",
                                    .user = "me",
                                    .host = "h",
                                    .at_ms = 7,
                                    .names = {"group"},
                                    .values = {"a \"b\"\n"},
                                    .value_count = 1};
  struct runbook_file *file = runbook_file_new(state, &head, &err);
  if (!file)
    fail_msg("%s", err.text);
  return file;
}

static void append(struct runbook_file *file, struct runbook_event event) {
  struct err err;
  if (!runbook_file_append(file, &event, &err))
    fail_msg("%s", err.text);
}

static struct runbook_file *opened(const char *state, const char *id) {
  struct err err;
  struct runbook_file *file = runbook_file_open(state, id, false, &err);
  if (!file)
    fail_msg("%s", err.text);
  return file;
}

static void test_it_is_read_back(void **state) {
  struct runbook_file *file = file_of(*state, "test-1");
  struct runbook_run run;
  struct err err;
  append(file, BEGIN("check"));
  append(file, RESULT("check", RUNBOOK_THEN));
  append(file, BEGIN("ask"));
  runbook_file_close(file);
  file = opened(*state, "test"); /* the beginning is enough */
  assert_string_equal(runbook_file_head(file)->values[0], "a \"b\"\n");
  assert_string_equal(runbook_file_head(file)->source, "title: \"x\"\n\x1b");
  runbook_run_init(&run, &book);
  assert_true(runbook_file_replay(file, &run, &err));
  assert_int_equal(run.phase, RUNBOOK_OPEN);
  assert_int_equal(run.step, 1);
  assert_string_equal(run.audit, "a");
  runbook_file_close(file);
}

static void test_two_processes_cannot_go_on_with_it(void **state) {
  struct runbook_file *file = file_of(*state, "test-1");
  struct err err;
  assert_null(runbook_file_open(*state, "test-1", false, &err));
  assert_non_null(strstr(err.text, "another process"));
  struct runbook_file *watched = runbook_file_open(*state, "test-1", true, &err);
  assert_true(runbook_file_is_held(watched));
  runbook_file_close(watched);
  runbook_file_close(file);
}

/* A line that was cut by a crash did not count, and the next one does not join it. */
static void test_a_partial_line_is_removed(void **state) {
  struct runbook_file *file = file_of(*state, "test-1");
  char *path = mem_printf("%s/runs/test-1.jsonl", (char *)*state);
  struct runbook_run run;
  struct err err;
  append(file, BEGIN("check"));
  runbook_file_close(file);
  FILE *out = fopen(path, "ae");
  fputs("{\"event\":\"resu", out);
  fclose(out);
  file = opened(*state, "test-1");
  append(file, RESULT("check", RUNBOOK_THEN));
  runbook_file_close(file);
  file = opened(*state, "test-1");
  runbook_run_init(&run, &book);
  assert_true(runbook_file_replay(file, &run, &err));
  assert_int_equal(run.step, 1);
  runbook_file_close(file);
  free(path);
}

static void test_a_damaged_or_foreign_file_is_refused(void **state) {
  struct runbook_file *file = file_of(*state, "test-1");
  char *path = mem_printf("%s/runs/test-1.jsonl", (char *)*state);
  struct runbook_run run;
  struct err err;
  append(file, RESULT("check", RUNBOOK_THEN));
  runbook_file_close(file);
  file = opened(*state, "test-1");
  runbook_run_init(&run, &book);
  assert_false(runbook_file_replay(file, &run, &err));
  assert_non_null(strstr(err.text, ":2:"));
  runbook_file_close(file);
  chmod(path, 0620);
  assert_null(runbook_file_open(*state, "test-1", false, &err));
  assert_non_null(strstr(err.text, "not yours alone"));
  free(path);
}

static void test_ids(void **state) {
  struct err err;
  runbook_file_close(file_of(*state, "test-1"));
  runbook_file_close(file_of(*state, "test-12"));
  struct runbook_file *file = opened(*state, "test-1"); /* whole: not ambiguous */
  runbook_file_close(file);
  assert_null(runbook_file_open(*state, "test", false, &err));
  assert_non_null(strstr(err.text, "more than one"));
  assert_null(runbook_file_open(*state, "other", false, &err));
  assert_null(runbook_file_open(*state, "../x", false, &err));
  assert_null(runbook_file_open(*state, "", false, &err));
}

/* Many years of runs: the newest are listed, however they are named and in whatever order the
 * folder has them; an older one is opened by its name. */
static void test_the_newest_are_listed(void **state) {
  enum { OLD = 1500 };
  struct err err;
  size_t count;
  runbook_file_close(file_of(*state, "aged-20190101T000000-1"));
  for (int i = 0; i < OLD + RUNBOOK_RUNS_MAX; i++) {
    const int at = (i * 7) % (OLD + RUNBOOK_RUNS_MAX); /* 7 has no factor in common with it */
    char *path = mem_printf("%s/runs/%s-%08dT000000-%d.jsonl", (char *)*state,
                            at % 2 ? "zz-weekly" : "aa-daily", 20200000 + at, 9000 - at);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fclose(file);
    free(path);
  }
  char **ids = runbook_file_list(*state, &count, &err);
  assert_int_equal(count, RUNBOOK_RUNS_MAX);
  for (size_t i = 0; i < count; i++) {
    assert_true(i == 0 || strcmp(ids[i - 1], ids[i]) < 0);
    const char *stamp = strstr(ids[i], "-20");
    assert_true(strtol(stamp + 1, NULL, 10) >= 20200000 + OLD);
  }
  for (size_t i = 0; i < count; i++)
    free(ids[i]);
  free(ids);
  runbook_file_close(opened(*state, "aged-20190101T000000-1"));
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_branches),
      cmocka_unit_test(test_stop),
      cmocka_unit_test(test_what_does_not_fit_is_refused),
      cmocka_unit_test(test_an_effect_is_remembered),
      cmocka_unit_test(test_a_circle_ends),
      FILE_TEST(test_it_is_read_back),
      FILE_TEST(test_two_processes_cannot_go_on_with_it),
      FILE_TEST(test_a_partial_line_is_removed),
      FILE_TEST(test_a_damaged_or_foreign_file_is_refused),
      FILE_TEST(test_ids),
      FILE_TEST(test_the_newest_are_listed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
