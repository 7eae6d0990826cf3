/* Commands that may be typed after the colon, and their effect. */
#include "operate/command/command.h"
#include "pipeline_fixture.h"

static int quits;

static void on_quit(void *arg) {
  (void)arg;
  quits++;
}

static char said[512];

static void on_say(void *arg, const char *text) {
  (void)arg;
  snprintf(said, sizeof said, "%s", text);
}

static void run(struct fixture *f, const char *line) {
  const struct command_context context = {.model = &f->model,
                                          .lock = &f->lock,
                                          .pipeline = f->pipeline,
                                          .quit = on_quit,
                                          .say = on_say};
  *said = '\0';
  command_run(&context, line);
}

static bool unlock_written(struct fixture *f) {
  return audited(f, "\"event\":\"unlocked\"", "\"target\":\"eu prod\"") == 1;
}

static bool lock_written(struct fixture *f) {
  return audited(f, "\"event\":\"locked\"", "\"target\":\"eu prod\"") == 1;
}

static bool has_told(struct fixture *f) {
  return strncmp(last_event(f)->text, "acknowledged", 12) == 0 ||
         strstr(last_event(f)->text, "has no action");
}

static void test_acknowledge(void **state) {
  struct fixture *f = *state;
  run(f, "acknowledge");
  assert_has(last_event(f)->text, ":acknowledge ID REASON");
  run(f, "acknowledge a-1");
  assert_has(last_event(f)->text, ":acknowledge ID REASON");
  run(f, "acknowledge a-1 it is gone");
  fixture_wait(f, has_told);
  assert_has(last_event(f)->text, "has no action with the id \"a-1\"");
  assert_int_equal(last_event(f)->severity, SEVERITY_WARN);
}

static void test_unlock_and_lock(void **state) {
  struct fixture *f = *state;
  f->config->environment = mem_dup("eu prod");
  run(f, "unlock");
  assert_has(last_event(f)->text, "not in read-only mode");
  run(f, "lock");
  assert_has(last_event(f)->text, "not in read-only mode; start with --read-only");
  lock_init(&f->lock, f->config, true, false);
  run(f, "unlock");
  assert_has(last_event(f)->text, "`:unlock eu prod`");
  run(f, "unlock eu");
  assert_int_equal(f->lock.open_until_ms, 0);
  run(f, " unlock   eu prod  ");
  assert_true(f->lock.open_until_ms > clock_now_ms());
  assert_int_equal(last_event(f)->severity, SEVERITY_WARN);
  act_row(f, &fake_rows, "k1");
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  fixture_wait(f, unlock_written);
  run(f, "lock");
  assert_int_equal(f->lock.open_until_ms, 0);
  fixture_wait(f, lock_written);
  agree_to(f, "eu prod 1");
  assert_has(front(f)->err.text, "read-only");
}

static void test_an_action_as_words(void **state) {
  struct fixture *f = *state;
  run(f, "fake.rows main 'pid 1' k3");
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_int_equal(front(f)->plan->object_count, 2);
  run(f, "fake.rows main");
  assert_has(last_event(f)->text, "requires a row");
  run(f, "fake.rows main 'pid");
  assert_int_equal(last_event(f)->severity, SEVERITY_WARN);
  run(f, "nonsense");
  assert_has(last_event(f)->text, "nonsense");
  assert_string_equal(said, last_event(f)->text); /* where it was typed */
  run(f, "unlocked eu");
  assert_has(last_event(f)->text, "unlocked");
  assert_int_equal(script.executions, 0);
}

static void test_the_rest(void **state) {
  struct fixture *f = *state;
  const size_t events = f->model.events.count;
  quits = 0;
  run(f, "");
  run(f, "   ");
  assert_int_equal(f->model.events.count, events);
  run(f, "q");
  run(f, "quit");
  assert_int_equal(quits, 2);
  run(f, "undo");
  assert_has(last_event(f)->text, "can be undone");
  run(f, "help");
  for (const struct command_name *each = command_names; each->name; each++)
    assert_has(last_event(f)->text, each->name);
  assert_has(last_event(f)->text, "ACTION TARGET");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
  clock_start();
  const struct CMUnitTest tests[] = {
      TEST(test_acknowledge),
      TEST(test_unlock_and_lock),
      TEST(test_an_action_as_words),
      TEST(test_the_rest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
