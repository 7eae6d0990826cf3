/* Incidents: what is folded from a time line, what is news to it, and when they are due. */
#include "core/mem.h"
#include "model/incident/incident_due.h"
#include "model/incident/incident_facts.h"
#include "model/incident/incident_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { MINUTE = 60000, HOUR = 60 * MINUTE };
static const int64_t open_ms = INT64_C(1795832100000); /* Saturday, 2026-11-28 02:15:00 UTC */

static struct incident opened(int level) {
  struct incident incident;
  incident_init(&incident, "INC-20261128-021500");
  incident_take(&incident, &(struct incident_entry){.kind = INCIDENT_OPEN,
                                                    .at_ms = open_ms,
                                                    .who = "ann@bastion1",
                                                    .level = level,
                                                    .subject = "api-down"});
  return incident;
}

static struct incident_entry finding(const char *key, const char *word, enum severity severity,
                                     int64_t at_ms) {
  return (struct incident_entry){.kind = INCIDENT_FINDING,
                                 .at_ms = open_ms + at_ms,
                                 .key = key,
                                 .word = word,
                                 .subject = "api",
                                 .text = "refused",
                                 .severity = severity};
}

static bool offer(struct incident *incident, struct incident_entry entry) {
  const bool wanted = incident_wants(incident, &entry);
  if (wanted)
    incident_take(incident, &entry);
  incident_proposed(incident, &entry);
  return wanted;
}

static void test_fold(void **state) {
  (void)state;
  struct incident incident = opened(1);
  assert_string_equal(incident.title, "api-down");
  assert_int_equal(incident.level, 1);
  assert_int_equal(incident.responded_ms, 0);
  offer(&incident, (struct incident_entry){.kind = INCIDENT_ROLE,
                                           .at_ms = open_ms + MINUTE,
                                           .word = "commander",
                                           .subject = "ann"});
  assert_int_equal(incident.responded_ms, open_ms + MINUTE);
  offer(&incident, (struct incident_entry){.kind = INCIDENT_ROLE,
                                           .at_ms = open_ms + 2 * MINUTE,
                                           .word = "commander",
                                           .subject = "bob"});
  assert_int_equal(incident.role_count, 1);
  assert_string_equal(incident.roles[0].who, "bob");
  offer(&incident, (struct incident_entry){.kind = INCIDENT_STATUS,
                                           .at_ms = open_ms + 3 * MINUTE,
                                           .word = "monitoring"});
  offer(&incident, (struct incident_entry){
                       .kind = INCIDENT_SEVERITY, .at_ms = open_ms + 4 * MINUTE, .level = 3});
  assert_int_equal(incident.status, INCIDENT_MONITORING);
  assert_int_equal(incident.level, 3);
  assert_int_equal(incident.responded_ms, open_ms + MINUTE);
  assert_int_equal(incident.updated_ms, open_ms + 4 * MINUTE);
  incident_fini(&incident);
}

/* Two programs see the same finding; a third begins in the middle of it. */
static void test_findings_are_recorded_once(void **state) {
  (void)state;
  struct incident incident = opened(1);
  assert_true(offer(&incident, finding("f", "begins", SEVERITY_WARN, 0)));
  assert_false(offer(&incident, finding("f", "begins", SEVERITY_WARN, 100)));
  assert_true(offer(&incident, finding("f", "worse", SEVERITY_CRIT, 200)));
  assert_false(offer(&incident, finding("f", "worse", SEVERITY_CRIT, 300)));
  assert_false(offer(&incident, finding("f", "begins", SEVERITY_WARN, 400)));
  assert_true(offer(&incident, finding("f", "resolved", SEVERITY_OK, 500)));
  assert_false(offer(&incident, finding("f", "resolved", SEVERITY_OK, 600)));
  assert_true(offer(&incident, finding("f", "begins", SEVERITY_WARN, 700)));
  assert_false(offer(&incident, finding("unknown", "resolved", SEVERITY_OK, 800)));
  incident_fini(&incident);
}

/* The program that saw it first is not always the first to write. */
static void test_the_earliest_begin_counts(void **state) {
  (void)state;
  struct incident incident = opened(1);
  struct incident_facts facts;
  assert_true(offer(&incident, finding("f", "begins", SEVERITY_CRIT, 0)));
  assert_false(offer(&incident, finding("f", "begins", SEVERITY_CRIT, -2000)));
  assert_true(offer(&incident, finding("f", "begins", SEVERITY_CRIT, -MINUTE)));
  assert_false(offer(&incident, finding("f", "begins", SEVERITY_CRIT, -MINUTE)));
  incident_facts_init(&facts, &incident);
  assert_int_equal(facts.span_count, 1);
  assert_int_equal(facts.detected_ms, open_ms - MINUTE);
  incident_facts_fini(&facts);
  assert_true(offer(&incident, finding("f", "resolved", SEVERITY_OK, MINUTE)));
  assert_true(offer(&incident, finding("f", "begins", SEVERITY_CRIT, 2 * MINUTE)));
  assert_false(
      offer(&incident, finding("f", "begins", SEVERITY_CRIT, -MINUTE))); /* the one before */
  incident_fini(&incident);
}

static void test_a_flapping_finding_is_bounded(void **state) {
  (void)state;
  struct incident incident = opened(1);
  size_t taken = 0;
  for (int i = 0; i < 10000; i++)
    taken += offer(&incident, i % 2 == 0 ? finding("f", "begins", SEVERITY_CRIT, i * 1000)
                                         : finding("f", "resolved", SEVERITY_OK, i * 1000));
  /* 20 at first, then one in ten minutes of 10,000 s */
  assert_in_range(taken, INCIDENT_FLAPS_MAX + 10, INCIDENT_FLAPS_MAX + 20);
  assert_true(offer(&incident, finding("g", "begins", SEVERITY_CRIT, 0)));
  incident_fini(&incident);
}

/* The same change again is another one, but not if the other program has recorded it. */
static void test_changes_are_counted(void **state) {
  (void)state;
  struct incident own = opened(1);
  const struct incident_entry change = {.kind = INCIDENT_CHANGE, .key = "c", .at_ms = open_ms};
  assert_true(offer(&own, change));
  assert_true(offer(&own, change));
  incident_take(&own, &change); /* of the other, who was first to see the third */
  assert_false(offer(&own, change));
  assert_true(offer(&own, change));
  incident_base(&own); /* a program that begins now */
  for (size_t i = 0; i < own.key_count; i++)
    own.key_items[i].own = 0;
  assert_true(offer(&own, change));
  incident_fini(&own);
}

static void test_a_closed_incident_takes_notes_only(void **state) {
  (void)state;
  struct incident incident = opened(2);
  offer(&incident, (struct incident_entry){.kind = INCIDENT_CLOSE, .at_ms = open_ms + MINUTE});
  assert_int_equal(incident.closed_ms, open_ms + MINUTE);
  assert_false(offer(&incident, finding("f", "begins", SEVERITY_CRIT, 0)));
  assert_true(offer(&incident, (struct incident_entry){.kind = INCIDENT_NOTE, .text = "later"}));
  incident_fini(&incident);
}

static void test_due(void **state) {
  (void)state;
  static const int64_t respond[] = {5 * MINUTE, 30 * MINUTE, 2 * HOUR};
  static const int64_t update[] = {30 * MINUTE, HOUR, 4 * HOUR};
  char text[INCIDENT_DUE_MAX];
  struct incident_brief brief;
  for (int level = 1; level <= 3; level++) {
    struct incident incident = opened(level);
    assert_int_equal(incident_respond_by(&incident), open_ms + respond[level - 1]);
    assert_int_equal(incident_update_by(&incident), open_ms + update[level - 1]);
    incident_brief_make(&brief, &incident);
    assert_false(incident_is_overdue(&brief, open_ms + respond[level - 1] - 1));
    assert_true(incident_is_overdue(&brief, open_ms + respond[level - 1]));
    incident_fini(&incident);
  }
  struct incident incident = opened(1);
  incident_brief_make(&brief, &incident);
  assert_string_equal(incident_due_text(text, &brief, open_ms + 4 * MINUTE),
                      "response due in 1m 00s");
  assert_string_equal(incident_due_text(text, &brief, open_ms + 7 * MINUTE),
                      "response overdue by 2m 00s");
  offer(&incident, (struct incident_entry){.kind = INCIDENT_NOTE, .at_ms = open_ms + MINUTE});
  incident_brief_make(&brief, &incident);
  assert_string_equal(incident_due_text(text, &brief, open_ms + 11 * MINUTE),
                      "update due in 20m 00s");
  assert_string_equal(incident_due_text(text, &brief, open_ms + 41 * MINUTE),
                      "update overdue by 10m 00s");
  incident_fini(&incident);
}

/* Of a Saturday, and of a Friday, it is Monday; of a Sunday as well. */
static void test_the_next_business_day(void **state) {
  (void)state;
  setenv("TZ", "UTC", 1);
  tzset();
  static const int days[][2] = {{-1, 3}, {0, 3}, {1, 3}, {2, 4}, {4, 6}, {6, 10}};
  for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
    struct incident incident = {.level = 4, .opened_ms = open_ms + days[i][0] * 24 * HOUR};
    const int64_t midnight = open_ms - 2 * HOUR - 15 * MINUTE;
    assert_int_equal(incident_respond_by(&incident), midnight + days[i][1] * 24 * HOUR);
  }
}

/* The clock was set back by an hour: no time is negative or an hour too short, and nothing is
 * overdue an hour too late. */
static void test_a_clock_that_jumps(void **state) {
  (void)state;
  struct incident incident = opened(1);
  struct incident_brief brief;
  offer(&incident, (struct incident_entry){.kind = INCIDENT_CLOCK,
                                           .key = "clock:h",
                                           .at_ms = open_ms + MINUTE - HOUR,
                                           .step_ms = -HOUR});
  assert_int_equal(incident_between(&incident, open_ms, open_ms + 2 * MINUTE - HOUR), 2 * MINUTE);
  incident_brief_make(&brief, &incident);
  assert_int_equal(brief.opened_ms, open_ms - HOUR);
  assert_true(incident_is_overdue(&brief, open_ms - HOUR + 5 * MINUTE));
  offer(&incident,
        (struct incident_entry){.kind = INCIDENT_NOTE, .at_ms = open_ms + 2 * MINUTE - HOUR});
  incident_brief_make(&brief, &incident);
  assert_int_equal(brief.update_ms, open_ms + 32 * MINUTE - HOUR);
  incident_fini(&incident);
  incident = opened(1);
  offer(&incident, (struct incident_entry){.kind = INCIDENT_CLOCK,
                                           .key = "clock:h",
                                           .at_ms = open_ms + MINUTE + HOUR,
                                           .step_ms = HOUR});
  assert_int_equal(incident_between(&incident, open_ms, open_ms + 2 * MINUTE + HOUR), 2 * MINUTE);
  incident_fini(&incident);
}

static void test_facts(void **state) {
  (void)state;
  struct incident incident = opened(1);
  struct incident_facts facts;
  offer(&incident, finding("old", "begins", SEVERITY_CRIT, -3 * HOUR));
  offer(&incident, finding("disk", "begins", SEVERITY_WARN, -5 * MINUTE));
  offer(&incident, finding("api", "begins", SEVERITY_CRIT, -2 * MINUTE));
  offer(&incident, finding("db", "begins", SEVERITY_CRIT, MINUTE));
  offer(&incident, finding("api", "resolved", SEVERITY_OK, 8 * MINUTE));
  incident_facts_init(&facts, &incident);
  assert_int_equal(facts.detected_ms, open_ms - 2 * MINUTE);
  assert_string_equal(incident.entries[facts.first->first].key, "api");
  assert_int_equal(facts.open, 1);
  assert_int_equal(facts.recovered_ms, 0);
  incident_facts_fini(&facts);
  offer(&incident, finding("db", "resolved", SEVERITY_OK, 9 * MINUTE));
  incident_facts_init(&facts, &incident);
  assert_int_equal(facts.open, 0);
  assert_int_equal(facts.recovered_ms, open_ms + 9 * MINUTE);
  assert_int_equal(facts.span_count, 4);
  incident_facts_fini(&facts);
  incident_fini(&incident);
}

static void test_lines(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "{",
                                      "[]",
                                      "{}",
                                      "{\"version\":2,\"kind\":\"note\"}",
                                      "{\"version\":1,\"kind\":\"x\"}",
                                      "{\"version\":1,\"kind\":\"note\",\"at_ms\":-1}",
                                      "{\"version\":1,\"kind\":\"note\",\"text\":1}"};
  struct incident incident = opened(1);
  struct err err;
  const struct incident_entry entry = {.kind = INCIDENT_ACTION,
                                       .at_ms = open_ms,
                                       .who = "ann@\x1b[31mbastion",
                                       .key = "audit:1",
                                       .word = "done",
                                       .text = "Start api\n\xff",
                                       .audit = "1",
                                       .action = "service.start",
                                       .target = "service api",
                                       .proof = "200"};
  char *line = incident_line(&entry);
  assert_null(strchr(line, '\n'));
  assert_null(strchr(line, '\x1b'));
  assert_true(incident_line_take(&incident, line, strlen(line), &err));
  assert_string_equal(incident.entries[1].proof, "200");
  assert_string_equal(incident.entries[1].who, "ann@\x1b[31mbastion");
  free(line);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(incident_line_take(&incident, wrong[i], strlen(wrong[i]), &err));
  assert_int_equal(incident.count, 2);
  incident_fini(&incident);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fold),
      cmocka_unit_test(test_findings_are_recorded_once),
      cmocka_unit_test(test_the_earliest_begin_counts),
      cmocka_unit_test(test_a_flapping_finding_is_bounded),
      cmocka_unit_test(test_changes_are_counted),
      cmocka_unit_test(test_a_closed_incident_takes_notes_only),
      cmocka_unit_test(test_due),
      cmocka_unit_test(test_the_next_business_day),
      cmocka_unit_test(test_a_clock_that_jumps),
      cmocka_unit_test(test_facts),
      cmocka_unit_test(test_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
