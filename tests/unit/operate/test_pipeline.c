/* The pipeline: its refusals, and the order of its steps, with actions of the test's own and a real
 * audit. */
#include "operate/pipeline/pipeline_output.h"
#include "operate/pipeline/pipeline_run.h"
#include "pipeline_fixture.h"

/* ---- an operation that succeeds */

static void test_the_intent_is_on_disk_before_the_effect(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_int_equal(f->opened, 1);
  const struct plan *plan = front(f)->plan;
  assert_string_equal(plan->address, "127.0.0.1:1");
  assert_string_equal(plan->title, "Terminate pid 1 of main");
  uint64_t generation = f->model.generation;
  agree_to(f, "main");
  assert_int_equal(front(f)->phase, OPERATION_INTENT);
  assert_int_equal(script.executions, 0);
  fixture_wait(f, is_ended);
  assert_true(script.intent_first);
  assert_ptr_equal(script.executed, plan);
  assert_int_equal(script.executions, 1);
  assert_int_equal(script.verifications, 1);
  assert_true(front(f)->began);
  assert_string_equal(outcome_word(&front(f)->outcome), "done");
  assert_string_equal(front(f)->err.text, "");
  assert_string_equal(last_event(f)->text, "terminated pid 1: gone after 0.2 s");
  assert_string_equal(last_event(f)->subject, "main");
  assert_int_equal(last_event(f)->severity, SEVERITY_OK);
  assert_int_equal(f->collected, 1);
  assert_true(f->model.generation > generation + 4);
  assert_int_equal(audited(f, "\"intent\"", "KILL pid 1"), 1);
  assert_int_equal(audited(f, "\"intent\"", front(f)->audit_id), 1);
  assert_int_equal(audited(f, "\"outcome\"", front(f)->audit_id), 1);
  assert_int_equal(audited(f, "\"outcome\"", "gone after 0.2 s"), 1);
}

/* On the screen all but known secrets; in the record nothing that looks like one. */
static void test_the_output_is_recorded_without_secrets(void **state) {
  struct fixture *f = *state;
  script.output = "line 1\nknown-secret\npassword=other-secret\nline 4\n";
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_string_equal(front(f)->outcome.outputs[0].text,
                      "line 1\n***\npassword=other-secret\nline 4\n");
  assert_int_equal(
      audited(f, "\"outcome\"", "\"text\":\"line 1\\n***\\npassword=***\\nline 4\\n\"}]"), 1);
  assert_int_equal(audited(f, "secret\\n", ""), 0);
}

static void test_an_output_that_is_not_recorded(void **state) {
  struct fixture *f = *state;
  script.output = "line 1\n";
  script.output_private = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_int_equal(front(f)->outcome.output_count, 1);
  assert_int_equal(audited(f, "\"outcome\"", "pid 1"), 1);
  assert_int_equal(audited(f, "line 1", ""), 0);
}

/* A record keeps 8 kB of its beginning and 24 kB of its end. */
static void test_a_long_output_is_cut_for_the_record(void **state) {
  (void)state;
  struct outcome outcome;
  struct excerpt excerpt;
  size_t count;
  outcome_init(&outcome, 1);
  excerpt_init(&excerpt, OUTPUT_HEAD_MAX, OUTPUT_TAIL_MAX);
  for (int i = 0; i < 5000; i++)
    excerpt_add(&excerpt, "0123456789\n", 11);
  outcome_output(&outcome, OUTPUT_STDOUT, &excerpt, NULL);
  for (int i = 0; i < 95000; i++)
    excerpt_add(&excerpt, "0123456789\n", 11);
  outcome_output(&outcome, OUTPUT_STDOUT, &excerpt, NULL);
  excerpt_fini(&excerpt);
  struct output *outputs = record_outputs(&outcome, &count);
  assert_int_equal(count, 2);
  const int64_t totals[] = {55000, 1100000};
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(outputs[i].len, 8 << 10);
    assert_int_equal(outputs[i].tail_len, 24 << 10);
    assert_int_equal(outputs[i].left_out, totals[i] - (32 << 10));
    assert_int_equal(strlen(outputs[i].text), 8 << 10);
    assert_string_equal(outputs[i].tail + (24 << 10) - 11, "0123456789\n");
  }
  record_outputs_free(outputs, count);
  outcome_fini(&outcome);
}

static void test_a_second_confirmation_acts_once(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  agree_to(f, "main");
  assert_int_equal(script.executions, 1);
  assert_string_equal(front(f)->err.text, "");
  assert_int_equal(audited(f, "\"intent\"", "main"), 1);
}

static void test_several_of_which_one_is_refused(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {"k1", "k3"};
  script.refuse = true;
  act_on(f, &fake_rows, 2, keys);
  agree_to(f, "main");
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_has(front(f)->err.text, "type main 2");
  agree_to(f, "main 2");
  fixture_wait(f, is_ended);
  assert_string_equal(last_event(f)->text,
                      "terminate 2 sessions: partly done, 1 done, 1 refused (pid "
                      "3: permission denied)");
  assert_int_equal(last_event(f)->severity, SEVERITY_WARN);
}

/* ---- refusals */

static void check_told(struct fixture *f, const char *why) {
  assert_int_equal(front(f)->phase, OPERATION_ENDED);
  assert_false(front(f)->began);
  assert_has(front(f)->err.text, why);
  ask(f, REQUEST_DISMISS);
  assert_null(front(f));
}

static void check_refused(struct fixture *f, const char *why) {
  check_told(f, why);
  assert_int_equal(script.executions, 0);
}

static void test_what_does_not_fit_is_refused(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {"k1", "k3"};
  act_row(f, &fake_other, "k1");
  check_refused(f, "another kind");
  act_on(f, &fake_one, 2, keys);
  check_refused(f, "2 are marked");
  act_row(f, &fake_rows, "k2");
  check_refused(f, "k2 is not to be touched");
  act_row(f, &fake_rows, "k9");
  check_refused(f, "k9 no longer exists");
  script.plan_no = true;
  act_row(f, &fake_rows, "k1");
  check_refused(f, "there is no way");
}

static void test_old_data_makes_no_plan(void **state) {
  struct fixture *f = *state;
  fixture_publish_at(f, "127.0.0.1:1", clock_now_ms() - 11000);
  act_row(f, &fake_rows, "k1");
  check_refused(f, "11s old");
  fixture_publish_at(f, "127.0.0.1:1",
                     clock_now_ms() - 6000); /* stale: two collections were missed */
  act_row(f, &fake_rows, "k1");
  check_refused(f, "too old for a plan");
  struct err err;
  err_set(&err, ERR_REFUSED, "nothing listens");
  model_fail(&f->model, 0, &err, clock_now_ms());
  act_row(f, &fake_rows, "k1");
  check_refused(f, "main does not answer: nothing listens");
  fixture_publish(f);
  pipeline_pause(f->pipeline, true);
  act_row(f, &fake_rows, "k1");
  check_refused(f, "paused");
  pipeline_pause(f->pipeline, false);
  act_row(f, &fake_rows, "k1");
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
}

static void test_data_that_grows_old_in_the_form_is_refused(void **state) {
  struct fixture *f = *state;
  const char *texts[] = {"1h", "x"};
  act_row(f, &fake_form, "k1");
  assert_int_equal(front(f)->phase, OPERATION_FORM);
  fixture_publish_at(f, "127.0.0.1:1", clock_now_ms() - 60000);
  give(f, REQUEST_FORM, 2, texts);
  check_refused(f, "old");
}

static void check_not_agreed(struct fixture *f, const char *typed, const char *why) {
  agree_to(f, typed);
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_has(front(f)->err.text, why);
  assert_int_equal(front(f)->audit_id[0], '\0');
}

/* A server is identified by its own name, wherever it answers: another broker of the same cluster
 * is the same, and the same address may lead to a different one. */
static void test_the_server_counts_more_than_its_address(void **state) {
  struct fixture *f = *state;
  fixture_publish_as(f, "cluster-a", "127.0.0.1:1", clock_now_ms());
  act_row(f, &fake_rows, "k1");
  assert_string_equal(front(f)->plan->server, "cluster-a");
  fixture_publish_as(f, "cluster-b", "127.0.0.1:1", clock_now_ms());
  check_not_agreed(f, "main", "is now a different server: cluster-b; the plan is for cluster-a");
  fixture_publish_at(f, "127.0.0.1:2", clock_now_ms()); /* it does not name itself */
  check_not_agreed(f, "main", "is now at 127.0.0.1:2");
  fixture_publish_as(f, "cluster-a", "127.0.0.1:2", clock_now_ms());
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_int_equal(script.executions, 1);
}

static void test_keys_that_do_not_confirm(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  check_not_agreed(f, "", "type main");
  check_not_agreed(f, "y", "type main");
  check_not_agreed(f, "Main", "type main");
  check_not_agreed(f, NULL, "type main");
  front(f)->plan->made_ms -= PLAN_LIFETIME_MS + 1;
  check_not_agreed(f, "main", "older than 30 s");
  front(f)->plan->made_ms = clock_now_ms();
  pipeline_pause(f->pipeline, true);
  check_not_agreed(f, "main", "paused");
  pipeline_pause(f->pipeline, false);
  fixture_publish_at(f, "127.0.0.1:2", clock_now_ms());
  check_not_agreed(f, "main", "is now at 127.0.0.1:2");
  fixture_publish(f);
  f->lock.why = "--read-only";
  check_not_agreed(f, "main", "read-only");
  assert_int_equal(script.executions, 0);
  assert_int_equal(audited(f, "", ""), 0);
  f->lock.why = NULL;
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_int_equal(script.executions, 1);
}

static void test_read_only_is_held_here(void **state) {
  struct fixture *f = *state;
  struct err err = {0};
  const char *words[] = {"fake.target", "main"};
  f->lock.why = "--read-only";
  act_row(f, &fake_rows, "k1");
  check_refused(f, "read-only (--read-only)");
  assert_null(pipeline_begin(f->pipeline, 2, words, false, &err));
  assert_has(err.text, "read-only");
  struct operation *dry = pipeline_begin(f->pipeline, 2, words, true, &err);
  assert_int_equal(dry->phase, OPERATION_PLAN);
  f->lock.why = NULL;
  assert_false(pipeline_agree(f->pipeline, dry, "y", &err)); /* it was only a dry run */
  f->config->targets[0]->read_only = true;
  act_row(f, &fake_rows, "k1");
  check_refused(f, "main is read-only");
  assert_int_equal(script.executions, 0);
}

/* A disk may take long for the intent: a lock in the meantime is respected. */
static void test_locked_while_the_intent_is_written(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  assert_int_equal(front(f)->phase, OPERATION_INTENT);
  f->lock.why = "--read-only";
  fixture_wait(f, is_ended);
  f->lock.why = NULL;
  assert_int_equal(script.executions, 0);
  assert_int_equal(audited(f, "\"intent\"", "k1"), 1);
  assert_int_equal(audited(f, "\"outcome\"", "skipped"), 1);
  assert_has(front(f)->err.text, "read-only");
}

/* ---- form, survey, choice */

static void test_the_form(void **state) {
  struct fixture *f = *state;
  const char *bad[] = {"2x", "a"}, *missing[] = {"2s", ""}, *good[] = {"", "a"};
  act_row(f, &fake_form, "k1");
  assert_string_equal(front(f)->texts[0], "5m");
  assert_null(front(f)->texts[1]);
  give(f, REQUEST_FORM, 2, bad);
  assert_int_equal(front(f)->phase, OPERATION_FORM);
  assert_int_equal(front(f)->param_wrong, 0);
  assert_has(front(f)->err.text, "not a duration");
  give(f, REQUEST_FORM, 2, missing);
  assert_int_equal(front(f)->param_wrong, 1);
  assert_has(front(f)->err.text, "missing parameter name");
  give(f, REQUEST_FORM, 1, missing); /* too few count as missing ones, too */
  assert_int_equal(front(f)->param_wrong, 1);
  script.plan_no = true; /* back to the form, where it can be corrected */
  give(f, REQUEST_FORM, 2, good);
  assert_int_equal(front(f)->phase, OPERATION_FORM);
  assert_int_equal(front(f)->param_wrong, -1);
  assert_has(front(f)->err.text, "no way");
  script.plan_no = false;
  give(f, REQUEST_FORM, 2, good);
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_string_equal(script.param, "5m"); /* an emptied field gets its fallback */
  assert_string_equal(front(f)->err.text, "");
}

/* The row where the key was pressed is the candidate, although the action is for the target. */
static void test_a_row_fills_the_form(void **state) {
  struct fixture *f = *state;
  const char *two[] = {"k1", "k3"}, *other[] = {"", "k3"}, *kept[] = {"", "k1"};
  act_row(f, &fake_context, "k1");
  assert_int_equal(front(f)->phase, OPERATION_FORM);
  assert_string_equal(front(f)->texts[0], "5m");
  assert_string_equal(front(f)->texts[1], "k1");
  assert_int_equal(front(f)->key_count, 0); /* it is for the target */
  give(f, REQUEST_FORM, 2, kept);
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_string_equal(plan_param(front(f)->plan, "name"), "k1");
  act_row(f, &fake_context, "k1");
  give(f, REQUEST_FORM, 2, other); /* a person may choose another */
  assert_string_equal(plan_param(front(f)->plan, "name"), "k3");
  act_row(f, &fake_context, "gone");
  assert_int_equal(front(f)->phase, OPERATION_ENDED);
  assert_has(front(f)->err.text, "gone no longer exists");
  act_on(f, &fake_context, 2, two); /* neither one of them, nor none */
  assert_int_equal(front(f)->phase, OPERATION_ENDED);
  assert_has(front(f)->err.text, "for one row at a time");
  act_on(f, &fake_context, 0, NULL);
  assert_null(front(f)->texts[1]);
}

static void test_a_row_in_words_fills_the_parameter(void **state) {
  struct fixture *f = *state;
  struct err err = {0};
  const char *row[] = {"fake.context", "main", "k1"}, *unknown[] = {"fake.context", "main", "k9"};
  const char *both[] = {"fake.context", "main", "k1", "name=k3"};
  const char *same[] = {"fake.context", "main", "k1", "name=k1"};
  struct operation *operation = pipeline_begin(f->pipeline, 3, row, false, &err);
  assert_non_null(operation);
  assert_int_equal(operation->phase, OPERATION_PLAN);
  assert_string_equal(plan_param(operation->plan, "name"), "k1");
  assert_null(pipeline_begin(f->pipeline, 3, unknown, false, &err));
  assert_has(err.text, "no \"k9\" among sessions of main");
  assert_null(pipeline_begin(f->pipeline, 4, both, false, &err));
  assert_has(err.text, "name=k3 does not match the row k1");
  assert_non_null(pipeline_begin(f->pipeline, 4, same, false, &err));
}

static void test_the_choice(void **state) {
  struct fixture *f = *state;
  const char *wrong[] = {"pick9"}, *right[] = {"pick2", "pick0"};
  act_row(f, &fake_pick, "k1");
  assert_int_equal(front(f)->phase, OPERATION_SURVEY);
  fixture_wait(f, is_choice);
  assert_int_equal(f->opened, 0);
  give(f, REQUEST_CHOOSE, 0, NULL);
  assert_int_equal(front(f)->phase, OPERATION_CHOICE);
  give(f, REQUEST_CHOOSE, 1, wrong);
  assert_int_equal(front(f)->phase, OPERATION_CHOICE);
  assert_has(front(f)->err.text, "pick9 no longer exists");
  give(f, REQUEST_CHOOSE, 2, right);
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_int_equal(f->opened, 1);
  assert_int_equal(front(f)->plan->object_count, 2);
  assert_int_equal(front(f)->plan->data_ms, front(f)->found->taken_ms);
}

static bool has_plan(struct fixture *f) {
  return front(f)->phase == OPERATION_PLAN || front(f)->phase == OPERATION_ENDED;
}

/* The rows where the key was pressed are the choice; in words they are rows of the survey. */
static void test_rows_are_the_choice(void **state) {
  struct fixture *f = *state;
  struct err err = {0};
  const char *two[] = {"k1", "k2"}, *gone[] = {"k1", "k9"};
  const char *words[] = {"fake.contextpick", "main", "pick2"};
  act_on(f, &fake_context_pick, 2, two);
  fixture_wait(f, has_plan);
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_int_equal(front(f)->key_count, 0);
  assert_int_equal(front(f)->plan->object_count, 2);
  assert_string_equal(front(f)->plan->objects[0].key, "pick1");
  assert_string_equal(front(f)->plan->objects[1].key, "pick2");
  act_row(f, &fake_context_pick, "k3"); /* the survey has no pick3 */
  fixture_wait(f, has_plan);
  assert_has(front(f)->err.text, "pick3 no longer exists");
  act_on(f, &fake_context_pick, 2, gone);
  assert_has(front(f)->err.text, "k9 no longer exists");
  act_on(f, &fake_context_pick, 0, NULL);
  fixture_wait(f, is_choice);
  struct operation *operation = pipeline_begin(f->pipeline, 3, words, false, &err);
  assert_non_null(operation);
  fixture_wait(f, has_plan);
  assert_string_equal(operation->plan->objects[0].key, "pick2");
}

static void test_a_survey_that_says_nothing_is_dropped(void **state) {
  struct fixture *f = *state;
  script.hang = true;
  act_row(f, &fake_pick, "k1");
  fixture_wait(f, is_ended);
  assert_int_equal(script.drops, 1);
  check_refused(f, "no answer within 100ms");
}

static void test_a_plan_is_made_again_for_the_same(void **state) {
  struct fixture *f = *state;
  const char *right[] = {"pick1"};
  act_row(f, &fake_pick, "k1");
  fixture_wait(f, is_choice);
  give(f, REQUEST_CHOOSE, 1, right);
  front(f)->plan->made_ms -= PLAN_LIFETIME_MS + 1;
  ask(f, REQUEST_REPLAN);
  assert_int_equal(front(f)->phase, OPERATION_SURVEY);
  fixture_wait(f, is_plan);
  assert_int_equal(script.surveys, 2);
  assert_string_equal(front(f)->plan->objects[0].key, "pick1");
  assert_int_equal(f->opened, 2);
  agree_to(f, "y");
  fixture_wait(f, is_ended);
  assert_int_equal(script.executions, 1);
}

static void test_a_row_disappears_during_the_choice(void **state) {
  struct fixture *f = *state;
  const char *right[] = {"pick1"};
  act_row(f, &fake_row_pick, "k1");
  fixture_wait(f, is_choice);
  struct sample *empty = sample_new(pid_tables, 1);
  empty->taken_ms = clock_now_ms();
  model_publish(&f->model, 0, empty, empty->taken_ms);
  give(f, REQUEST_CHOOSE, 1, right);
  assert_int_equal(front(f)->phase, OPERATION_CHOICE);
  assert_has(front(f)->err.text, "k1 no longer exists");
}

static void test_picks_that_took_long_are_looked_up_again(void **state) {
  struct fixture *f = *state;
  const char *right[] = {"pick1"};
  act_row(f, &fake_pick, "k1");
  fixture_wait(f, is_choice);
  front(f)->found->taken_ms -= PLAN_LIFETIME_MS + 1;
  give(f, REQUEST_CHOOSE, 1, right);
  assert_int_equal(front(f)->phase, OPERATION_SURVEY);
  fixture_wait(f, is_plan);
  assert_string_equal(front(f)->plan->objects[0].key, "pick1");
}

/* ---- execute and verify */

static void test_a_silent_server_is_dropped_and_unknown(void **state) {
  struct fixture *f = *state;
  script.hang = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_int_equal(script.drops, 1);
  assert_int_equal(script.executions, 1);
  assert_int_equal(script.verifications, 0);
  assert_int_equal(front(f)->outcome.objects[0].result, OBJECT_UNKNOWN);
  assert_int_equal(last_event(f)->severity, SEVERITY_CRIT);
  assert_has(last_event(f)->text, "terminate pid 1: outcome unknown, no answer within 200ms");
  assert_int_equal(audited(f, "\"outcome\"", "\"unknown\""), 1);
}

static void check_partly(struct fixture *f, const char *text, const char *audit_words) {
  char out[OBJECT_TEXT_MAX];
  const struct object_outcome *object = &front(f)->outcome.objects[0];
  assert_int_equal(object->result, OBJECT_PARTLY);
  assert_string_equal(object_outcome_text(out, object), text);
  assert_string_equal(outcome_word(&front(f)->outcome), "partial");
  assert_int_equal(last_event(f)->severity, SEVERITY_WARN);
  assert_has(last_event(f)->text, "terminate pid 1: partly done, ");
  assert_has(last_event(f)->text, text);
  assert_int_equal(audited(f, "\"result\":\"partial\"", audit_words), 1);
}

/* The results until then are kept, however it ends. */
static void test_dropped_midway_is_partly_done(void **state) {
  struct fixture *f = *state;
  script.hang = script.batches = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_int_equal(script.drops, 1);
  check_partly(
      f, "at least 100 of 340 rows: no answer within 200ms",
      "\"result\":\"partly\",\"done\":100,\"total\":340,\"at_least\":true,\"unit\":\"rows\"");
}

static void test_cancelled_midway_is_partly_done(void **state) {
  struct fixture *f = *state;
  script.hang = script.batches = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_executing);
  ask(f, REQUEST_CANCEL);
  fixture_wait(f, is_ended);
  check_partly(f, "100 of 340 rows",
               "\"result\":\"partly\",\"done\":100,\"total\":340,\"unit\":\"rows\"");
}

static void test_interrupted_is_partly_done(void **state) {
  struct fixture *f = *state;
  script.hang = script.batches = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_executing);
  script.call = NULL;
  fixture_close(f);
  assert_int_equal(
      audited(f, "\"result\":\"partial\"", "\"done\":100,\"total\":340,\"at_least\":true"), 1);
}

static bool begun_and_told(struct fixture *f) {
  return script.call && front(f)->phase == OPERATION_EXECUTE;
}

/* The duration is measured to the end, not to the last progress: 88 s without any. */
static void check_times(struct fixture *f, const char *end) {
  script.call->changed(script.call); /* the last progress */
  front(f)->phase_ms -= 88000;
  script.call = NULL;
  fixture_close(f);
  assert_int_equal(audited(f, "\"outcome\"", end), 1);
}

static void test_the_time_of_an_interrupted_operation(void **state) {
  struct fixture *f = *state;
  script.hang = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, begun_and_told);
  check_times(f, "\"execute_ms\":88");
  assert_int_equal(audited(f, "\"outcome\"", "verify_ms"), 0);
}

static bool verifies(struct fixture *f) {
  return front(f)->phase == OPERATION_VERIFY;
}

static void test_the_time_of_a_proof_that_is_left(void **state) {
  struct fixture *f = *state;
  script.hang_verify = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, verifies);
  check_times(f, "\"verify_ms\":88");
}

/* Stopped by Ctrl-Z, or a machine that slept: answers that arrived meanwhile are not read yet. */
static void test_a_late_deadline_is_extended_once(void **state) {
  struct fixture *f = *state;
  script.hang = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_executing);
  script.call->deadline_ms -= 60000;
  fixture_wait(f, is_ended);
  assert_int_equal(script.drops, 1);
  assert_true(front(f)->execute_ms >= 2 * fake_execute.timeout_ms - 10);
}

static void test_an_unverified_result_is_unknown(void **state) {
  struct fixture *f = *state;
  script.hang_verify = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_int_equal(front(f)->outcome.objects[0].result, OBJECT_UNKNOWN);
  assert_has(front(f)->outcome.objects[0].words, "not verified within 100ms");
}

static void test_an_error_midway_leaves_the_rest(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {"k1", "k3"};
  script.err = true;
  act_on(f, &fake_rows, 2, keys);
  agree_to(f, "main 2");
  fixture_wait(f, is_ended);
  assert_int_equal(front(f)->outcome.objects[0].result, OBJECT_DONE); /* it was verified */
  assert_int_equal(front(f)->outcome.objects[1].result, OBJECT_SKIPPED);
  assert_has(front(f)->err.text, "connection lost");
  assert_int_equal(audited(f, "\"outcome\"", "connection lost"), 1);
}

static void test_a_cancel_stops_at_a_safe_point(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {"k1", "k3"};
  script.hang = true;
  act_on(f, &fake_rows, 2, keys);
  agree_to(f, "main 2");
  fixture_wait(f, is_executing);
  ask(f, REQUEST_CANCEL);
  ask(f, REQUEST_CANCEL);
  assert_int_equal(script.cancels, 1);
  fixture_wait(f, is_ended);
  assert_int_equal(front(f)->outcome.objects[0].result, OBJECT_DONE);
  assert_int_equal(front(f)->outcome.objects[1].result, OBJECT_SKIPPED);
  assert_string_equal(outcome_word(&front(f)->outcome), "partial");
  assert_int_equal(audited(f, "\"outcome\"", "cancelled"), 1);
}

static void test_a_cancel_before_it_begins(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  ask(f, REQUEST_CANCEL);
  fixture_wait(f, is_ended);
  assert_int_equal(script.executions, 0);
  assert_string_equal(outcome_word(&front(f)->outcome), "skipped");
  assert_int_equal(audited(f, "\"outcome\"", "\"skipped\""), 1);
}

/* ---- the audit */

static void test_without_an_intent_nothing_is_done(void **state) {
  struct fixture *f = *state;
  assert_int_equal(mkdir(f->path, 0700), 0);
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_int_equal(last_event(f)->severity, SEVERITY_CRIT);
  assert_has(last_event(f)->text, "not started: Terminate pid 1");
  check_refused(f, "the action was not started");
}

static bool begun_then_no_place(struct fixture *f) {
  if (!script.call)
    return false;
  unlink(f->path);
  mkdir(f->path, 0700);
  return true;
}

static void test_an_outcome_that_cannot_be_written_warns(void **state) {
  struct fixture *f = *state;
  script.hang = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, begun_then_no_place);
  ask(f, REQUEST_CANCEL);
  fixture_wait(f, is_ended);
  assert_int_equal(script.executions, 1);
  assert_string_equal(outcome_word(&front(f)->outcome), "done");
  assert_int_equal(front(f)->err.kind, ERR_NONE);
  assert_has(front(f)->unrecorded.text, f->path);
  assert_has(front(f)->unrecorded.text, "directory");
  assert_has(front(f)->unrecorded.text, "the outcome is not yet on disk");
  assert_int_equal(f->model.operations.unrecorded, 1);
  assert_int_equal(last_event(f)->severity, SEVERITY_CRIT);
  assert_has(last_event(f)->text, "not recorded: Terminate pid 1");
}

static bool is_recorded(struct fixture *f) {
  return f->model.operations.unrecorded == 0;
}

static void end_without_a_place(struct fixture *f) {
  script.hang = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, begun_then_no_place);
  ask(f, REQUEST_CANCEL);
  fixture_wait(f, is_ended);
  assert_int_equal(f->model.operations.unrecorded, 1);
}

static void test_the_outcome_is_kept_until_the_disk_takes_it(void **state) {
  struct fixture *f = *state;
  end_without_a_place(f);
  assert_int_equal(rmdir(f->path), 0);
  fixture_wait(f, is_recorded);
  assert_int_equal(audited(f, "\"outcome\"", front(f)->audit_id), 1);
  assert_int_equal(audited(f, "\"outcome\"", "\"done\""), 1);
  assert_int_equal(front(f)->unrecorded.kind, ERR_NONE);
  assert_int_equal(last_event(f)->severity, SEVERITY_OK);
  assert_has(last_event(f)->text, "now recorded: Terminate pid 1");
  assert_int_equal(script.executions, 1); /* the line is repeated, not the action */
}

/* Its dialog may be closed meanwhile. */
static void test_an_outcome_that_is_kept_is_written_before_leaving(void **state) {
  struct fixture *f = *state;
  end_without_a_place(f);
  ask(f, REQUEST_DISMISS);
  assert_int_equal(f->model.operations.count, 0);
  assert_int_equal(f->model.operations.unrecorded, 1);
  assert_int_equal(rmdir(f->path), 0);
  fixture_close(f);
  assert_int_equal(audited(f, "\"outcome\"", "\"done\""), 1);
}

static void test_exit_while_the_disk_accepts_nothing(void **state) {
  struct fixture *f = *state;
  end_without_a_place(f);
  fixture_close(f);
  assert_int_equal(audited(f, "\"outcome\"", ""), 0);
}

/* The disk may have hung since: the screen is no longer watched. */
static void check_late(struct fixture *f) {
  fixture_wait(f, is_ended);
  assert_int_equal(script.executions, 0);
  assert_has(front(f)->err.text, "writing the audit log took too long");
  assert_string_equal(outcome_word(&front(f)->outcome), "skipped");
  assert_int_equal(audited(f, "\"intent\"", "k1"), 1);
  assert_int_equal(audited(f, "\"outcome\"", "\"skipped\""), 1);
}

static void test_an_intent_that_was_recorded_late_is_not_executed(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  ((struct run *)front(f))->agreed_ms -= PLAN_LIFETIME_MS + 1;
  check_late(f);
}

static void test_a_plan_that_expires_meanwhile_is_not_executed(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  front(f)->plan->made_ms -= PLAN_LIFETIME_MS - 1000;
  agree_to(f, "main");
  assert_int_equal(front(f)->phase, OPERATION_INTENT);
  front(f)->plan->made_ms -= 1001;
  check_late(f);
}

/* ---- many */

static bool is_alone_and_ended(struct fixture *f) {
  return f->model.operations.items[0]->phase == OPERATION_ENDED;
}

static void test_an_operation_continues_in_the_background(void **state) {
  struct fixture *f = *state;
  script.hang = true;
  act_row(f, &fake_rows, "k1");
  uint32_t id = front(f)->id;
  agree_to(f, "main");
  fixture_wait(f, is_executing);
  ask(f, REQUEST_DISMISS);
  assert_null(front(f));
  assert_int_equal(f->model.operations.count, 1);
  /* the same again is refused, another is not */
  act_row(f, &fake_rows, "k1");
  check_told(f, "already in progress for pid 1");
  act_row(f, &fake_rows, "k3");
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  pipeline_request(f->pipeline, &(struct request){.kind = REQUEST_FRONT, .operation = id});
  assert_int_equal(front(f)->id, id); /* the unconfirmed plan is removed */
  assert_int_equal(f->model.operations.count, 1);
  pipeline_request(f->pipeline, &(struct request){.kind = REQUEST_DISMISS, .operation = id});
  assert_null(front(f));
  pipeline_request(f->pipeline, &(struct request){.kind = REQUEST_CANCEL, .operation = id});
  fixture_wait(f, is_alone_and_ended);
  assert_int_equal(f->model.operations.count, 1); /* it stays visible */
  pipeline_request(f->pipeline, &(struct request){.kind = REQUEST_DISMISS, .operation = id});
  assert_int_equal(f->model.operations.count, 0);
}

static bool all_execute(struct fixture *f) {
  return (size_t)script.executions == f->model.operations.count;
}

static void test_not_more_than_there_is_room_for(void **state) {
  struct fixture *f = *state;
  const char *words[] = {"fake.slow", "main"};
  struct err err = {0};
  script.hang = true;
  for (int i = 0; i < OPERATIONS_MAX; i++) {
    struct operation *operation = pipeline_begin(f->pipeline, 2, words, false, &err);
    assert_non_null(operation);
    assert_int_equal(operation->phase, OPERATION_PLAN);
    /* different objects, otherwise the second would be refused */
    char key[16];
    snprintf(key, sizeof key, "main%d", i);
    operation->plan->objects[0].key = plan_copy(operation->plan, key);
    assert_true(pipeline_agree(f->pipeline, operation, "y", &err));
    fixture_wait(f, all_execute);
  }
  assert_null(pipeline_begin(f->pipeline, 2, words, false, &err));
  assert_has(err.text, "8 actions are in progress");
  act_row(f, &fake_rows, "k1"); /* by a key: an event says so */
  assert_has(last_event(f)->text, "8 actions are in progress");
  assert_int_equal(f->model.operations.count, OPERATIONS_MAX);
  /* one that has ended makes room */
  struct operation *last = f->model.operations.items[OPERATIONS_MAX - 1];
  pipeline_request(f->pipeline, &(struct request){.kind = REQUEST_CANCEL, .operation = last->id});
  script.call = NULL;
  fixture_close(f);
  assert_int_equal(audited(f, "\"intent\"", ""), OPERATIONS_MAX);
  assert_int_equal(audited(f, "\"outcome\"", ""), OPERATIONS_MAX);
}

/* ---- undo */

static void test_reversible_actions(void **state) {
  struct fixture *f = *state;
  ask(f, REQUEST_UNDO);
  assert_has(last_event(f)->text, "no action that can be undone");
  script.undo = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_ended);
  assert_string_equal(front(f)->outcome.undo, "fake.target main");
  ask(f, REQUEST_DISMISS); /* it survives that */
  script.undo = false;
  ask(f, REQUEST_UNDO);
  assert_int_equal(front(f)->phase, OPERATION_PLAN);
  assert_string_equal(front(f)->action->id, "fake.target");
  agree_to(f, "y");
  fixture_wait(f, is_ended);
  ask(f, REQUEST_DISMISS);
  ask(f, REQUEST_UNDO); /* undone already */
  assert_null(front(f));
  assert_has(last_event(f)->text, "no action that can be undone");
}

/* ---- commands, and plans of other processes */

static void test_words(void **state) {
  struct fixture *f = *state;
  struct err err = {0};
  const char *rows[] = {"fake.rows", "main", "1", "pid 3"}, *unknown[] = {"fake.row", "main"};
  const char *wrong[] = {"fake.rows", "main", "7"}, *form[] = {"fake.form", "main", "name="};
  const char *picks[] = {"fake.pick", "main", "pick1"}, *none[] = {"fake.pick", "main"};
  struct operation *operation = pipeline_begin(f->pipeline, 4, rows, false, &err);
  assert_non_null(operation);
  assert_int_equal(operation->phase, OPERATION_PLAN);
  assert_int_equal(operation->plan->object_count, 2);
  assert_null(pipeline_begin(f->pipeline, 2, unknown, false, &err));
  assert_null(pipeline_begin(f->pipeline, 3, wrong, false, &err));
  assert_ptr_equal(front(f), operation); /* the open operation stays */
  operation = pipeline_begin(f->pipeline, 3, form, false, &err);
  assert_int_equal(operation->phase, OPERATION_PLAN);
  assert_string_equal(operation->texts[1], ""); /* explicitly empty */
  assert_int_equal(f->model.operations.count, 1);
  assert_non_null(pipeline_begin(f->pipeline, 3, picks, false, &err));
  fixture_wait(f, is_plan);
  assert_string_equal(front(f)->plan->objects[0].key, "pick1");
  assert_non_null(pipeline_begin(f->pipeline, 2, none, true, &err));
  fixture_wait(f, is_choice);
}

static struct plan *others_plan(const char *target) {
  struct plan *plan = plan_new(&fake_target.spec, target, NULL, false);
  plan_object(plan, "main", "main");
  plan->title = "Terminate main";
  plan->made_ms = clock_now_ms() - 3000000;
  return plan;
}

static void test_a_plan_of_another_user(void **state) {
  struct fixture *f = *state;
  struct err err = {0};
  struct plan *elsewhere = others_plan("elsewhere");
  assert_null(pipeline_adopt(f->pipeline, elsewhere, 0));
  plan_free(elsewhere);
  struct operation *operation = pipeline_adopt(f->pipeline, others_plan("main"), 0);
  assert_non_null(operation);
  f->lock.why = "--read-only";
  assert_false(pipeline_agree(f->pipeline, operation, "y", &err));
  f->lock.why = NULL;
  assert_false(pipeline_agree(f->pipeline, operation, "n", &err));
  assert_true(pipeline_agree(f->pipeline, operation, "y", &err));
  assert_false(pipeline_agree(f->pipeline, operation, "y", &err));
  fixture_wait(f, is_ended);
  assert_int_equal(script.executions, 1);
}

/* ---- the menu */

static const struct action_offer *offer_of(struct fixture *f, const struct action *action) {
  const struct operations *operations = &f->model.operations;
  for (size_t i = 0; i < operations->offer_count; i++)
    if (operations->offers[i].action == &action->spec)
      return &operations->offers[i];
  return NULL;
}

static void menu_for(struct fixture *f, size_t count, const char *const *keys) {
  pipeline_request(
      f->pipeline,
      &(struct request){.kind = REQUEST_MENU,
                        .subject = {.table = "sessions", .keys = keys, .key_count = count}});
}

static void test_the_menu(void **state) {
  struct fixture *f = *state;
  const char *one[] = {"k1"}, *two[] = {"k1", "k3"}, *not [] = {"k2"};
  menu_for(f, 1, one);
  assert_true(f->model.operations.menu);
  assert_string_equal(f->model.operations.menu_title, "pid 1 of main");
  assert_null(offer_of(f, &fake_other));
  assert_null(offer_of(f, &fake_rows)->why);
  assert_null(offer_of(f, &fake_target)->why);
  /* those of the rows first, each group with its available ones first; the footer asks the same */
  const struct operations *operations = &f->model.operations;
  bool of_rows = operations->offers[0].of_rows;
  assert_true(of_rows && offer_of(f, &fake_rows)->of_rows && !offer_of(f, &fake_target)->of_rows);
  for (size_t i = 0; i < operations->offer_count; i++) {
    const struct action_offer *offer = &operations->offers[i];
    assert_true(of_rows || !offer->of_rows);
    if (i > 0 && of_rows == offer->of_rows)
      assert_true(offer->why || !operations->offers[i - 1].why);
    of_rows = offer->of_rows;
    const struct subject subject = {.table = "sessions", .keys = one, .key_count = 1};
    assert_true(operations->may(operations->may_arg, offer->action, &subject) == !offer->why);
  }
  menu_for(f, 2, two);
  assert_has(offer_of(f, &fake_one)->why, "2 are marked");
  assert_null(offer_of(f, &fake_rows)->why);
  menu_for(f, 1, not );
  assert_has(offer_of(f, &fake_rows)->why, "k2 is not to be touched");
  f->lock.why = "--read-only";
  menu_for(f, 1, one);
  assert_has(offer_of(f, &fake_rows)->why, "read-only");
  f->lock.why = NULL;
  menu_for(f, 0, NULL);
  assert_null(offer_of(f, &fake_rows)); /* there is no row */
  assert_non_null(offer_of(f, &fake_target));
  menu_for(f, 2, two);
  /* as the view does it: with the menu's own subject, which is freed with the menu */
  pipeline_request(f->pipeline, &(struct request){.kind = REQUEST_ACT,
                                                  .action = &fake_rows.spec,
                                                  .subject = f->model.operations.menu_subject});
  assert_false(f->model.operations.menu);
  assert_int_equal(front(f)->plan->object_count, 2);
}

/* ---- the end of the program, at each phase */

static void test_left_in_form_choice_and_plan(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_form, "k1");
  fixture_close(f);
  assert_int_equal(f->model.operations.count, 0);
  fixture_pipeline(f);
  act_row(f, &fake_rows, "k1");
  fixture_close(f);
  fixture_pipeline(f);
  const char *one[] = {"k1"};
  menu_for(f, 1, one);
  fixture_close(f);
  fixture_pipeline(f);
  act_row(f, &fake_pick, "k1");
  assert_int_equal(front(f)->phase, OPERATION_SURVEY);
  fixture_close(f);
  assert_int_equal(script.drops, 1);
  assert_int_equal(audited(f, "", ""), 0);
}

static void test_left_while_the_intent_is_written(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_close(f);
  assert_int_equal(script.executions, 0);
  assert_int_equal(audited(f, "\"intent\"", ""), 1);
  assert_int_equal(audited(f, "\"outcome\"", "\"skipped\""), 1);
}

static void test_left_while_under_way(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {"k1", "k3"};
  script.hang = true;
  act_on(f, &fake_rows, 2, keys);
  agree_to(f, "main 2");
  fixture_wait(f, is_executing);
  fixture_close(f);
  assert_int_equal(script.drops, 1);
  assert_int_equal(audited(f, "\"outcome\"", "stacktop exited while it was in progress"), 1);
  assert_int_equal(audited(f, "\"outcome\"", "\"unknown\""), 1);
}

static bool is_verifying(struct fixture *f) {
  return front(f)->phase == OPERATION_VERIFY;
}

static void test_left_while_it_is_proved(void **state) {
  struct fixture *f = *state;
  script.hang_verify = true;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_verifying);
  fixture_close(f);
  assert_int_equal(audited(f, "\"outcome\"", "\"unknown\""), 1);
}

static bool is_outcome(struct fixture *f) {
  return front(f)->phase == OPERATION_OUTCOME;
}

static void test_left_while_the_outcome_is_written(void **state) {
  struct fixture *f = *state;
  act_row(f, &fake_rows, "k1");
  agree_to(f, "main");
  fixture_wait(f, is_outcome);
  fixture_close(f);
  assert_int_equal(audited(f, "\"outcome\"", "\"done\""), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
  clock_start();
  const struct CMUnitTest tests[] = {
      TEST(test_the_intent_is_on_disk_before_the_effect),
      TEST(test_the_output_is_recorded_without_secrets),
      TEST(test_an_output_that_is_not_recorded),
      cmocka_unit_test(test_a_long_output_is_cut_for_the_record),
      TEST(test_a_second_confirmation_acts_once),
      TEST(test_several_of_which_one_is_refused),
      TEST(test_what_does_not_fit_is_refused),
      TEST(test_old_data_makes_no_plan),
      TEST(test_data_that_grows_old_in_the_form_is_refused),
      TEST(test_the_server_counts_more_than_its_address),
      TEST(test_keys_that_do_not_confirm),
      TEST(test_read_only_is_held_here),
      TEST(test_locked_while_the_intent_is_written),
      TEST(test_the_form),
      TEST(test_a_row_fills_the_form),
      TEST(test_rows_are_the_choice),
      TEST(test_a_row_in_words_fills_the_parameter),
      TEST(test_the_choice),
      TEST(test_a_survey_that_says_nothing_is_dropped),
      TEST(test_a_plan_is_made_again_for_the_same),
      TEST(test_a_row_disappears_during_the_choice),
      TEST(test_picks_that_took_long_are_looked_up_again),
      TEST(test_a_silent_server_is_dropped_and_unknown),
      TEST(test_dropped_midway_is_partly_done),
      TEST(test_cancelled_midway_is_partly_done),
      TEST(test_interrupted_is_partly_done),
      TEST(test_the_time_of_an_interrupted_operation),
      TEST(test_the_time_of_a_proof_that_is_left),
      TEST(test_a_late_deadline_is_extended_once),
      TEST(test_an_unverified_result_is_unknown),
      TEST(test_an_error_midway_leaves_the_rest),
      TEST(test_a_cancel_stops_at_a_safe_point),
      TEST(test_a_cancel_before_it_begins),
      TEST(test_without_an_intent_nothing_is_done),
      TEST(test_an_outcome_that_cannot_be_written_warns),
      TEST(test_the_outcome_is_kept_until_the_disk_takes_it),
      TEST(test_an_outcome_that_is_kept_is_written_before_leaving),
      TEST(test_exit_while_the_disk_accepts_nothing),
      TEST(test_an_intent_that_was_recorded_late_is_not_executed),
      TEST(test_a_plan_that_expires_meanwhile_is_not_executed),
      TEST(test_an_operation_continues_in_the_background),
      TEST(test_not_more_than_there_is_room_for),
      TEST(test_reversible_actions),
      TEST(test_words),
      TEST(test_a_plan_of_another_user),
      TEST(test_the_menu),
      TEST(test_left_in_form_choice_and_plan),
      TEST(test_left_while_the_intent_is_written),
      TEST(test_left_while_under_way),
      TEST(test_left_while_it_is_proved),
      TEST(test_left_while_the_outcome_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
