/* What events say about operations, ours and others'. */
#include "operate/command/sentence.h"

#include "actions/action.h"
#include "support/core_test.h"

#include <ctype.h>

static void test_deeds(void **state) {
  (void)state;
  static const struct {
    const char *past, *title, *done, *not_done;
  } cases[] = {
      {"terminated", "Terminate pid 8123 of ecap", "terminated pid 8123", "terminate pid 8123"},
      {"cancelled", "Cancel the query of pid 8123 of ecap", "cancelled the query of pid 8123",
       "cancel the query of pid 8123"},
      {"forgot", "Forget the statement statistics of ecap", "forgot the statement statistics",
       "forget the statement statistics"},
      {"set", "Set maxmemory on ecap", "set maxmemory", "set maxmemory"},
      {"dropped", "Drop index a in ecap", "dropped index a", "drop index a"},
      {"ran", "VACUUM (ANALYZE) public.orders of ecap", "ran (ANALYZE) public.orders",
       "VACUUM (ANALYZE) public.orders"},
      {"flushed", "Flush", "flushed", "flush"},
      {"ran", "", "", ""},
      {"ran", " of ecap", " of ecap", " of ecap"},
      {"added", "Add 3 partitions to notecap", "added 3 partitions to notecap",
       "add 3 partitions to notecap"},
  };
  char out[SENTENCE_MAX];
  for (size_t i = 0; i < COUNT(cases); i++) {
    check_text(sentence_deed(out, sizeof out, cases[i].past, cases[i].title, "ecap"), cases[i].done,
               "%s", cases[i].title);
    check_text(sentence_deed(out, sizeof out, NULL, cases[i].title, "ecap"), cases[i].not_done,
               "%s", cases[i].title);
  }
  check_text(sentence_deed(out, 8, "terminated", "Terminate pid 1", "ecap"), "termina", "cut");
}

/* For every action, so that none is forgotten. */
static void test_each_action_has_a_past(void **state) {
  (void)state;
  for (size_t i = 0; action_specs[i]; i++)
    if (!action_specs[i]->past || !islower((unsigned char)*action_specs[i]->past))
      fail_msg("%s has none", action_specs[i]->id);
}

static struct plan *plan_of(size_t objects) {
  static const struct action_spec spec = {
      .id = "a.b", .kind = "a", .title = "kill", .past = "killed"};
  struct plan *plan = plan_new(&spec, "ecap", NULL, false);
  for (size_t i = 0; i < objects; i++)
    plan_object(plan, plan_printf(plan, "%zu", i), plan_printf(plan, "pid %zu", i));
  plan->title = "Kill some of ecap";
  return plan;
}

static void test_outcomes(void **state) {
  (void)state;
  char out[SENTENCE_MAX];
  struct plan *plan = plan_of(3);
  struct outcome outcome;
  outcome_init(&outcome, 3);
  outcome_set(&outcome, 0, OBJECT_DONE, "gone after 0.2 s");
  outcome_set(&outcome, 1, OBJECT_GONE, "%s", "");
  outcome_set(&outcome, 2, OBJECT_DONE, "gone after 0.3 s");
  check_text(sentence_outcome(out, sizeof out, plan, &outcome, ""),
             "killed some: 2 done, 1 already gone", "done");
  outcome_set(&outcome, 2, OBJECT_REFUSED, "must be a superuser");
  check_text(sentence_outcome(out, sizeof out, plan, &outcome, "cancelled"),
             "kill some: partly done, 1 done, 1 already gone, 1 refused (pid 2: must be a "
             "superuser); cancelled",
             "partial");
  outcome_set(&outcome, 2, OBJECT_UNKNOWN, "connection lost");
  check_text(
      sentence_outcome(out, sizeof out, plan, &outcome, "connection lost"),
      "kill some: outcome unknown, 1 done, 1 already gone, 1 unknown (pid 2: connection lost)",
      "unknown");
  outcome_proof(&outcome, "all is well");
  check_text(sentence_outcome(out, sizeof out, plan, &outcome, ""),
             "kill some: outcome unknown, all is well", "proof");
  outcome_fini(&outcome);
  outcome_init(&outcome, 3);
  outcome_set_all(&outcome, OBJECT_PENDING, OBJECT_GONE, "%s", "");
  check_text(sentence_outcome(out, sizeof out, plan, &outcome, ""),
             "kill some: already gone, 3 already gone", "gone");
  outcome_fini(&outcome);
  plan_free(plan);
  plan = plan_of(1);
  outcome_init(&outcome, 1);
  outcome_note(&outcome, 0, 123345, 1000000, "keys");
  outcome_set(&outcome, 0, OBJECT_UNKNOWN, "no answer within 30s");
  check_text(sentence_outcome(out, sizeof out, plan, &outcome, "no answer within 30s"),
             "kill some: partly done, at least 123,345 of 1,000,000 keys: no answer within 30s",
             "partly");
  outcome_fini(&outcome);
  plan_free(plan);
}

static void test_records_of_others(void **state) {
  (void)state;
  char out[SENTENCE_MAX];
  struct audit_object object = {.key = "1", .label = "pid 1", .result = "done", .words = "gone"};
  struct audit_record record = {
      .event = AUDIT_OUTCOME,
      .id = "a-1",
      .at_ms = 1700000000000,
      .who = {.user = "root", .login = "ops", .ssh = "10.0.0.7 51234", .host = "bastion"},
      .action = "postgres.terminate",
      .title = "Terminate pid 1 of ecap",
      .target = "ecap",
      .result = "done",
      .objects = &object,
      .object_count = 1,
  };
  check_text(sentence_record(out, sizeof out, &record, false),
             "ops@10.0.0.7 terminated pid 1: done, gone", "done");
  record.action = "postgres.of-another-version";
  check_text(sentence_record(out, sizeof out, &record, false),
             "ops@10.0.0.7 did terminate pid 1: done, gone", "unknown action");
  record.result = "refused";
  record.error = "permission denied";
  record.who = (struct audit_who){.user = "root", .host = "bastion"};
  check_text(sentence_record(out, sizeof out, &record, false),
             "root@bastion tried to terminate pid 1: refused, permission denied", "refused");
  object.result = "partly";
  object.amount = (struct amount){.done = 100, .total = 340, .unit = "rows"};
  record.result = "partial";
  check_text(sentence_record(out, sizeof out, &record, false),
             "root@bastion tried to terminate pid 1: partly done, 100 of 340 rows: gone", "partly");
  record.event = AUDIT_INTENT;
  check_text(sentence_record(out, sizeof out, &record, false),
             "root@bastion started: terminate pid 1", "begins");
  check_text(sentence_record(out, sizeof out, &record, true),
             "outcome unknown: terminate pid 1, started by root@bastion at 2023-11-14 22:13:20 "
             "UTC; investigate, then `:acknowledge a-1 REASON`",
             "unknown");
  record.event = AUDIT_ACKNOWLEDGED;
  record.reason = "the session is gone";
  check_text(sentence_record(out, sizeof out, &record, false),
             "root@bastion acknowledged an unknown outcome: terminate pid 1: the session is gone",
             "acknowledged");
  record.event = AUDIT_UNLOCKED;
  check_text(sentence_record(out, sizeof out, &record, false), "root@bastion unlocked ecap",
             "unlocked");
  const struct audit_record empty = {.event = AUDIT_OUTCOME};
  check_text(sentence_record(out, sizeof out, &empty, false), "?@? tried to ?: outcome unknown",
             "empty");
  assert_int_equal(sentence_severity("done"), SEVERITY_OK);
  assert_int_equal(sentence_severity("unknown"), SEVERITY_CRIT);
  assert_int_equal(sentence_severity("gone"), SEVERITY_WARN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_deeds),
      cmocka_unit_test(test_each_action_has_a_past),
      cmocka_unit_test(test_outcomes),
      cmocka_unit_test(test_records_of_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
