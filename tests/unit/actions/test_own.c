/* Actions of the configuration where the row goes, changes or cannot be looked up, and where the
 * sample with it is replaced while the step waits; the rest is in tests/e2e/test_own_actions.py. */
#include "act_driver.h"

#include "actions/action_list.h"
#include "actions/own.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct column_spec columns[] = {{.id = "name", .title = "NAME"},
                                             {.id = "pid", .title = "PID"}};
static const struct table_spec table = {
    .id = "things", .title = "Things", .columns = columns, .column_count = 2};
static const struct table_spec *const tables[] = {&table};
static const struct target_kind kind = {.kind = "thing", .key = "things", .title = "Things"};

static struct driver driver;
static struct action_list list;
static char folder[64];

static struct own_text text_of(const struct own_action *action, const char *source) {
  const struct own_scope scope = {.kind = &kind, .table = &table, .params = &action->spec};
  struct own_text text;
  struct err err;
  if (!own_text_parse(&text, source, source, &scope, &err))
    fail_msg("%s", err.text);
  return text;
}

static void publish(const char *name, int pid, bool is_there) {
  struct sample *sample = sample_new(tables, 1);
  struct row *row = is_there ? sample_row(sample, &sample->tables[0], "1", NULL) : NULL;
  if (row) {
    row->cells[0] = value_text(sample_copy(sample, name));
    row->cells[1] = value_int(pid);
  }
  driver_publish(&driver, sample);
}

/* An action on a row: sh -c SCRIPT sh {name} {pid}, with a variable of the row and one of a file.
 */
static void setup_with(const char *script) {
  const char *const words[] = {"sh", "-c", script, "sh", "{name}", "{pid}"};
  char path[100];
  driver_open(&driver, &kind, NULL);
  snprintf(folder, sizeof folder, "/tmp/stacktop-own-XXXXXX");
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/key", folder);
  FILE *file = fopen(path, "w");
  fputs("from-a-file\n", file);
  fclose(file);
  struct own_action *action = own_action_new();
  action->spec.id = mem_dup("own.x");
  action->spec.kind = "thing";
  action->spec.table = "things";
  action->spec.title = mem_dup("x");
  action->spec.what = mem_dup("what");
  action->spec.runs = mem_dup("runs");
  action->kind = &kind;
  action->table = &table;
  action->timeout_ms = 5000;
  action->argv_count = sizeof words / sizeof *words;
  action->argv = mem_new(action->argv_count * sizeof *action->argv);
  for (size_t i = 0; i < action->argv_count; i++)
    action->argv[i] = text_of(action, words[i]);
  action->variable_count = 2;
  action->variables = mem_new(2 * sizeof *action->variables);
  action->variables[0] = (struct own_variable){.name = mem_dup("KEY"), .file = mem_dup(path)};
  action->variables[1] =
      (struct own_variable){.name = mem_dup("WHO"), .value = text_of(action, "{name}")};
  driver.config->actions = mem_new(sizeof *driver.config->actions);
  driver.config->actions[driver.config->action_count++] = action;
  action_list_init(&list, driver.config);
  publish("api", 7, true);
  static const char *const keys[] = {"1", NULL};
  const struct action *own = action_find_in(list.actions, "own.x");
  assert_non_null(own);
  if (!driver_survey(&driver, own, "things", keys, NULL) || !driver_plan(&driver, NULL))
    fail_msg("%s", driver.err.text);
}

static void teardown(void) {
  char path[100];
  snprintf(path, sizeof path, "%s/key", folder);
  unlink(path);
  rmdir(folder);
  driver_forget(&driver);
  action_list_fini(&list);
  driver_close(&driver);
}

static enum object_result result(void) {
  return driver.outcome.objects[0].result;
}

/* ---- what the collector finds when the row is looked up */

static void find_same(struct step_call *call) {
  (void)call;
  publish("api", 7, true);
}

static void find_changed(struct step_call *call) {
  (void)call;
  publish("api", 8, true);
}

static void find_disguised(struct step_call *call) {
  (void)call;
  publish("a pid=7 b", 7, true);
}

static void find_gone(struct step_call *call) {
  (void)call;
  publish("api", 7, false);
}

static void find_down(struct step_call *call) {
  struct err err;
  (void)call;
  err_set(&err, ERR_REFUSED, "connection refused");
  model_fail(&driver.model, 0, &err, clock_now_ms() + 1);
}

static void test_it_runs(void **state) {
  (void)state;
  setup_with("echo \"$1 $2 $WHO $KEY\"; exit 0");
  driver.look = find_same;
  assert_true(driver_execute(&driver));
  assert_int_equal(result(), OBJECT_DONE);
  assert_string_equal(driver.outcome.outputs[0].text, "api 7 api ***\n");
  teardown();
}

static void test_the_row_has_changed(void **state) {
  (void)state;
  setup_with("exit 0");
  driver.look = find_changed;
  assert_true(driver_execute(&driver));
  assert_int_equal(result(), OBJECT_REFUSED);
  expect_in(object_words(&driver, 0), "the row has changed to name=api pid=8");
  assert_int_equal(driver.outcome.output_count, 0);
  teardown();
}

/* A text of the row that looks like another value of it does not take that value's place. */
static void test_a_value_in_another_one(void **state) {
  (void)state;
  setup_with("exit 0");
  driver.look = find_disguised;
  assert_true(driver_execute(&driver));
  assert_int_equal(result(), OBJECT_REFUSED);
  expect_in(object_words(&driver, 0), "name='a pid=7 b' pid=7");
  teardown();
}

static void test_the_row_is_gone(void **state) {
  (void)state;
  setup_with("exit 0");
  driver.look = find_gone;
  assert_true(driver_execute(&driver));
  assert_int_equal(result(), OBJECT_GONE);
  teardown();
}

static void test_the_target_does_not_answer(void **state) {
  (void)state;
  setup_with("exit 0");
  driver.look = find_down;
  assert_false(driver_execute(&driver));
  expect_words(&driver, "main does not answer: connection refused");
  assert_int_equal(result(), OBJECT_SKIPPED);
  teardown();
  setup_with("exit 0");
  driver.look = NULL;
  assert_false(driver_execute(&driver));
  expect_words(&driver, "main cannot be collected again");
  teardown();
}

static bool looked;

static void find_same_once(struct step_call *call) {
  find_same(call);
  looked = true;
}

/* The file is a pipe that is written late: meanwhile the sample with the row is replaced. */
static void test_the_sample_is_replaced_while_it_waits(void **state) {
  (void)state;
  char path[100];
  setup_with("echo \"$1 $2 $WHO\"; exit 0");
  snprintf(path, sizeof path, "%s/key", folder);
  unlink(path);
  assert_int_equal(mkfifo(path, 0600), 0);
  driver.look = find_same_once;
  looked = false;
  driver_execute_begin(&driver);
  while (!looked)
    driver_turn(&driver);
  int pipe = -1;
  while ((pipe = open(path, O_WRONLY | O_NONBLOCK)) < 0) /* until the step reads it */
    driver_turn(&driver);
  for (int i = 0; i < 4; i++) /* so that its memory is used again */
    publish("other", 9, true);
  assert_int_equal(write(pipe, "key", 3), 3);
  close(pipe);
  driver_wait(&driver);
  assert_int_equal(result(), OBJECT_DONE);
  assert_string_equal(driver.outcome.outputs[0].text, "api 7 api\n");
  teardown();
}

static void test_dropped_while_it_runs(void **state) {
  (void)state;
  setup_with("exec sleep 1000");
  driver.look = find_same;
  driver_execute_begin(&driver);
  while (!driver.ended && clock_now_ms() - driver.began_ms < 300)
    driver_turn(&driver);
  driver_drop(&driver);
  assert_int_equal(result(), OBJECT_UNKNOWN);
  teardown();
}

int main(void) {
  clock_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_runs),
      cmocka_unit_test(test_the_row_has_changed),
      cmocka_unit_test(test_a_value_in_another_one),
      cmocka_unit_test(test_the_row_is_gone),
      cmocka_unit_test(test_the_target_does_not_answer),
      cmocka_unit_test(test_the_sample_is_replaced_while_it_waits),
      cmocka_unit_test(test_dropped_while_it_runs),
  };
  return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
