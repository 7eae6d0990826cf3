/* `stacktop --plain` confirms what was read: a plan that has expired is made again, and asked about
 * again, before anything runs. */
#include "operate/pipeline_fixture.h"

#include "app/plain/plain.h"

struct saying {
  struct fixture *f;
  struct plain plain;
  struct options options;
  char text[8192];
};

static int begin(void **state) {
  void *fixture;
  struct saying *own = mem_new(sizeof *own);
  fixture_setup(&fixture);
  own->f = fixture;
  own->plain.options = &own->options;
  own->plain.terminal = true;
  own->plain.operations.model = &own->f->model;
  own->plain.operations.lock = own->f->lock;
  own->plain.operations.pipeline = own->f->pipeline;
  *state = own;
  return 0;
}

static int end(void **state) {
  struct saying *own = *state;
  void *fixture = own->f;
  plain_dialog_fini(&own->plain.dialog);
  fixture_teardown(&fixture);
  free(own);
  return 0;
}

/* What is printed meanwhile is in own->text. */
static void heard(struct saying *own, const char *line) {
  FILE *file = tmpfile();
  fflush(stdout);
  const int before = dup(STDOUT_FILENO);
  assert_true(file && before >= 0 && dup2(fileno(file), STDOUT_FILENO) >= 0);
  own->plain.model = own->f->model;
  if (line)
    assert_true(plain_dialog_answer(&own->plain, line, true));
  else
    plain_dialog_turn(&own->plain);
  fflush(stdout);
  dup2(before, STDOUT_FILENO);
  close(before);
  rewind(file);
  own->text[fread(own->text, 1, sizeof own->text - 1, file)] = '\0';
  fclose(file);
}

/* Listened to, and then typed. */
static void answer(struct saying *own, const char *line) {
  own->plain.dialog.asked_ms -= PLAIN_QUIET_MS;
  heard(own, line);
}

static void test_an_expired_plan_is_made_and_asked_again(void **state) {
  struct saying *own = *state;
  struct fixture *f = own->f;
  act_row(f, &fake_one, "k1");
  fixture_wait(f, is_plan);
  heard(own, NULL);
  assert_has(own->text, "KILL pid 1");
  assert_has(own->text, "Nothing has been done. Type y and Enter to do it");
  front(f)->plan->made_ms -= PLAN_LIFETIME_MS + 1;
  answer(own, "y");
  assert_has(own->text, "The plan is older than 30 seconds and is made again from current data.");
  fixture_wait(f, is_plan);
  assert_int_equal(script.executions, 0);
  assert_int_equal(audited(f, "intent", ""), 0);
  heard(own, NULL);
  assert_has(own->text, "Planned again from current data: the plan is the same.");
  assert_has(own->text, "Type y and Enter to do it");
  answer(own, "y");
  fixture_wait(f, is_ended);
  assert_int_equal(script.executions, 1);
}

/* Another plan than the one that was read is shown as a whole. */
static void test_an_expired_plan_that_is_now_another(void **state) {
  struct saying *own = *state;
  struct fixture *f = own->f;
  act_row(f, &fake_one, "k1");
  fixture_wait(f, is_plan);
  heard(own, NULL);
  front(f)->plan->made_ms -= PLAN_LIFETIME_MS + 1;
  own->plain.dialog.plan[0] = '?'; /* what was read before was another */
  answer(own, "y");
  fixture_wait(f, is_plan);
  heard(own, NULL);
  assert_has(own->text, "Terminate pid 1 of main");
  assert_null(strstr(own->text, "the plan is the same"));
  answer(own, "");
  assert_has(own->text, "cancelled, nothing was done");
  assert_int_equal(script.executions, 0);
}

static void test_an_answer_before_its_question(void **state) {
  struct saying *own = *state;
  struct fixture *f = own->f;
  act_row(f, &fake_one, "k1");
  fixture_wait(f, is_plan);
  heard(own, NULL);
  heard(own, "y"); /* at once */
  assert_has(own->text, "was typed before the question is no answer");
  answer(own, "\033[200~y");
  assert_has(own->text, "A paste is not an answer");
  answer(own, "other");
  assert_has(own->text, "that does not match: cancelled, nothing was done");
  assert_int_equal(script.executions, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_an_expired_plan_is_made_and_asked_again, begin, end),
      cmocka_unit_test_setup_teardown(test_an_expired_plan_that_is_now_another, begin, end),
      cmocka_unit_test_setup_teardown(test_an_answer_before_its_question, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
