/* Actions and incidents come from the audit log into the history: each once, by any program, also
 * those that ran while nothing looked on. */
#include "store_fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static struct audit_record intent(const char *id, int64_t at_ms) {
  return (struct audit_record){.event = AUDIT_INTENT,
                               .id = id,
                               .at_ms = at_ms,
                               .who = {.user = "root", .login = "ann", .host = "b1", .pid = 7},
                               .kind = "postgres",
                               .target = "ecap",
                               .action = "postgres.terminate",
                               .title = "Terminate 2 sessions",
                               .danger = "destructive",
                               .plan_ms = -1,
                               .wait_ms = -1,
                               .execute_ms = -1,
                               .verify_ms = -1};
}

static struct audit_record outcome(const char *id, int64_t at_ms, const char *result) {
  struct audit_record record = intent(id, at_ms);
  record.event = AUDIT_OUTCOME;
  record.result = result;
  record.proof = strcmp(result, "done") == 0 ? "2 of 2 are gone" : NULL;
  record.error = strcmp(result, "done") == 0 ? NULL : "no permission";
  return record;
}

static struct audit_record incident(const char *verb, const char *id, int64_t at_ms) {
  struct audit_record record = outcome(id, at_ms, "done");
  record.kind = "incident";
  record.target = "api-down";
  record.action = verb;
  record.title = "open P1 api-down";
  record.proof = "inc-1";
  return record;
}

/* Where it stands: to what, how bad, by whom, with which result, and its sentence. */
static bool line_add(void *arg, const struct event_record *record) {
  char *text = arg;
  const size_t used = strlen(text);
  snprintf(text + used, 2048 - used, "%s %s %s %+lld%+lld %s %s %s: %s\n",
           event_kind_name(record->kind), event_state_name(record->state),
           severity_name(record->severity), (long long)(record->at_ms - noon) / 1000,
           record->end_ms ? (long long)(record->end_ms - record->at_ms) / 1000 : 0,
           record->who ? record->who : "-", record->result ? record->result : "-", record->subject,
           record->text);
  return true;
}

static void assert_lines(struct event_store *store, const char *expected) {
  const struct event_filter all = {0};
  const struct event_range range = {.way = EVENT_WAY_OLDEST};
  char text[2048] = "";
  struct err err = {0};
  if (!event_store_read(store, &all, &range, noon, line_add, text, &err))
    fail_msg("%s", err.text);
  assert_string_equal(text, expected);
}

static void test_an_action_is_one_event(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = opened(fixture);
  audit_put(fixture, intent("1", noon));
  take(store, fixture);
  assert_lines(store, "action open ok +0+0 ann@b1 - ecap: Terminate 2 sessions\n");
  audit_put(fixture, outcome("1", noon + 9000, "done"));
  take(store, fixture);
  take(store, fixture); /* nothing is new */
  assert_lines(store,
               "action ended ok +0+9 ann@b1 done ecap: Terminate 2 sessions: 2 of 2 are gone\n");
  event_store_close(store);
}

/* Both lines are there at once, as after a run without a dashboard. */
static void test_results_and_severities(void **state) {
  static const char *const results[] = {"done", "refused", "unknown", "partial"};
  struct fixture *fixture = *state;
  for (size_t i = 0; i < 4; i++) {
    char id[8];
    snprintf(id, sizeof id, "%zu", i);
    audit_put(fixture, intent(id, noon + (int64_t)i * 10000));
    audit_put(fixture, outcome(id, noon + (int64_t)i * 10000 + 2000, results[i]));
  }
  struct event_store *store = opened(fixture);
  take(store, fixture);
  assert_lines(
      store, "action ended ok +0+2 ann@b1 done ecap: Terminate 2 sessions: 2 of 2 are gone\n"
             "action ended warn +10+2 ann@b1 refused ecap: Terminate 2 sessions: no permission\n"
             "action ended crit +20+2 ann@b1 unknown ecap: Terminate 2 sessions: no permission\n"
             "action ended warn +30+2 ann@b1 partial ecap: Terminate 2 sessions: no permission\n");
  event_store_close(store);
}

/* An outcome whose intent was before what is read, and the same id of another host. */
static void test_ids_are_of_their_host(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = opened(fixture);
  struct audit_record other = intent("1", noon + 5000);
  other.who.host = "b2";
  audit_put(fixture, outcome("1", noon, "done"));
  audit_put(fixture, other);
  take(store, fixture);
  assert_lines(store,
               "action ended ok +0+0 ann@b1 done ecap: Terminate 2 sessions: 2 of 2 are gone\n"
               "action open ok +5+0 ann@b2 - ecap: Terminate 2 sessions\n");
  event_store_close(store);
}

static void test_unlocking_and_acknowledging(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = opened(fixture);
  struct audit_record record = intent("2", noon);
  record.event = AUDIT_UNLOCKED;
  record.target = NULL;
  record.title = "Read-only mode left for 10m";
  audit_put(fixture, record);
  record.event = AUDIT_LOCKED;
  record.at_ms = noon + 1000;
  record.title = "Read-only mode entered";
  audit_put(fixture, record);
  record = intent("1", noon + 2000);
  record.event = AUDIT_ACKNOWLEDGED;
  record.reason = "the sessions are gone";
  audit_put(fixture, record);
  take(store, fixture);
  assert_lines(store, "action moment warn +0+0 ann@b1 unlocked : Read-only mode left for 10m\n"
                      "action moment ok +1+0 ann@b1 locked : Read-only mode entered\n"
                      "action moment ok +2+0 ann@b1 acknowledged ecap: Terminate 2 sessions: the "
                      "sessions are gone\n");
  event_store_close(store);
}

static void test_an_incident_from_its_beginning_to_its_end(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = opened(fixture);
  struct audit_record refused = incident("incident.close", "3", noon + 2000);
  refused.result = "refused";
  audit_put(fixture, incident("incident.open", "1", noon));
  audit_put(fixture, incident("incident.note", "2", noon + 1000));
  audit_put(fixture, refused);
  take(store, fixture);
  assert_lines(store, "incident open ok +0+0 ann@b1 - inc-1: open P1 api-down\n"
                      "incident moment ok +1+0 ann@b1 - inc-1: open P1 api-down\n");
  audit_put(fixture, incident("incident.close", "4", noon + 60000));
  take(store, fixture);
  assert_lines(store, "incident ended ok +0+60 ann@b1 - inc-1: open P1 api-down\n"
                      "incident moment ok +1+0 ann@b1 - inc-1: open P1 api-down\n");
  event_store_close(store);
}

/* ---- the file */

static void raw_add(const struct fixture *fixture, const char *text) {
  char *path = audit_path_of(fixture);
  FILE *file = fopen(path, "a");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  assert_int_equal(chmod(path, 0600), 0);
  free(path);
}

/* Nonsense, a version to come and half a line cost only themselves. */
static void test_lines_that_are_none(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = opened(fixture);
  raw_add(fixture, "nonsense\n{}\n[1]\n\n{\"version\":99,\"event\":\"intent\"}\n");
  const struct audit_record record = intent("1", noon);
  char *line = audit_line(&record);
  const size_t half = strlen(line) / 2;
  char *end = mem_dup(line + half);
  line[half] = '\0';
  raw_add(fixture, line);
  take(store, fixture);
  assert_lines(store, "");
  raw_add(fixture, end);
  take(store, fixture);
  assert_lines(store, "");
  raw_add(fixture, "\n");
  take(store, fixture);
  assert_lines(store, "action open ok +0+0 ann@b1 - ecap: Terminate 2 sessions\n");
  free(end);
  free(line);
  event_store_close(store);
}

/* A line that a rotated file and the new one both have, and two programs, make one event. */
static void test_each_line_is_taken_once(void **state) {
  struct fixture *fixture = *state;
  struct event_store *a = opened(fixture), *b = opened(fixture);
  char *path = audit_path_of(fixture), *old = mem_printf("%s.1", path);
  audit_put(fixture, intent("1", noon));
  take(a, fixture);
  take(b, fixture);
  assert_int_equal(rename(path, old), 0);
  audit_put(fixture, intent("3", noon - 5000));
  audit_put(fixture, intent("1", noon));
  audit_put(fixture, outcome("1", noon + 1000, "done"));
  take(b, fixture);
  take(a, fixture);
  assert_lines(a, "action open ok -5+0 ann@b1 - ecap: Terminate 2 sessions\n"
                  "action ended ok +0+1 ann@b1 done ecap: Terminate 2 sessions: 2 of 2 are gone\n");
  /* It was cut: what is there now is read from its beginning. */
  assert_int_equal(truncate(path, 0), 0);
  audit_put(fixture, intent("2", noon + 5000));
  take(a, fixture);
  assert_lines(a, "action open ok -5+0 ann@b1 - ecap: Terminate 2 sessions\n"
                  "action ended ok +0+1 ann@b1 done ecap: Terminate 2 sessions: 2 of 2 are gone\n"
                  "action open ok +5+0 ann@b1 - ecap: Terminate 2 sessions\n");
  free(old);
  free(path);
  event_store_close(a);
  event_store_close(b);
}

static void test_without_a_log(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = opened(fixture);
  take(store, fixture);
  char *path = audit_path_of(fixture);
  assert_int_equal(mkdir(path, 0700), 0);
  take(store, fixture);
  assert_lines(store, "");
  free(path);
  event_store_close(store);
}

/* No control character of a title reaches a terminal. */
static void test_texts_are_one_printable_line(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = opened(fixture);
  struct audit_record record = intent("1", noon);
  record.title = "Restart \033]0;x\007 a\nb";
  record.who.login = "an\033[1mn";
  audit_put(fixture, record);
  take(store, fixture);
  const struct event_filter all = {0};
  const struct event_range range = {.way = EVENT_WAY_OLDEST};
  char text[2048] = "";
  struct err err;
  assert_true(event_store_read(store, &all, &range, noon, line_add, text, &err));
  assert_non_null(strstr(text, "Restart "));
  assert_null(strchr(text, 27));
  assert_null(strchr(text, 7));
  assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
  event_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_an_action_is_one_event, begin, end),
      cmocka_unit_test_setup_teardown(test_results_and_severities, begin, end),
      cmocka_unit_test_setup_teardown(test_ids_are_of_their_host, begin, end),
      cmocka_unit_test_setup_teardown(test_unlocking_and_acknowledging, begin, end),
      cmocka_unit_test_setup_teardown(test_an_incident_from_its_beginning_to_its_end, begin, end),
      cmocka_unit_test_setup_teardown(test_lines_that_are_none, begin, end),
      cmocka_unit_test_setup_teardown(test_each_line_is_taken_once, begin, end),
      cmocka_unit_test_setup_teardown(test_without_a_log, begin, end),
      cmocka_unit_test_setup_teardown(test_texts_are_one_printable_line, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
