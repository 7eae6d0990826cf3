/* What is reported, when, and how often: news from one look to the next. */
#include "collectors/notify/notify_news.h"

#include "collectors/collector.h"
#include "collectors/notify/notify_kept.h"
#include "collectors/notify/notify_text.h"
#include "support/core_test.h"

#include "core/mem.h"
#include "model/judge/model_evaluate.h"

enum { WAIT_MS = 10000, REPEAT_MS = 3600000 };

struct fixture {
  struct config *config;
  struct model model;
  struct notify_memory memory;
  struct notify_rule rule;
  struct notify_message message;
  int64_t now_ms;
  enum finding_quiet quiet; /* of all findings of the next look */
};

static int setup(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  static const char *const names[] = {"cache", "main"};
  fixture->config = config_new();
  fixture->config->name = mem_dup("ecap");
  for (size_t i = 0; i < 2; i++) {
    struct target *target = target_new(&collector_find("redis")->kind, names[i]);
    target->interval_ms = 2000;
    target->timeout_ms = 1000;
    config_add(fixture->config, target);
  }
  model_init(&fixture->model, fixture->config);
  fixture->rule = (struct notify_rule){.least = SEVERITY_WARN,
                                       .wait_ms = WAIT_MS,
                                       .repeat_ms = REPEAT_MS,
                                       .per_hour = 3,
                                       .recovery = true};
  fixture->now_ms = 1000000;
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  notify_memory_fini(&fixture->memory);
  model_fini(&fixture->model);
  config_free(fixture->config);
  free(fixture);
  return 0;
}

/* The findings from now on: the severity of each target; OK: none. */
static void look(struct fixture *fixture, enum severity cache, enum severity main) {
  const enum severity severities[] = {cache, main};
  findings_free(fixture->model.findings);
  fixture->model.findings = findings_new(1 << 20);
  for (size_t i = 0; i < 2; i++) {
    if (severities[i] == SEVERITY_OK)
      continue;
    struct finding *finding = findings_add(fixture->model.findings, i, NULL, NULL, NULL);
    finding->severity = severities[i];
    finding->subject = fixture->config->targets[i]->name;
    finding->sentence = "refused\x1b[31m";
    finding->since_ms = fixture->now_ms;
    finding->quiet = fixture->quiet;
    finding->quiet_who = "ann@b1";
    finding->quiet_reason = "looking";
  }
  notify_look(&fixture->memory, &fixture->rule, &fixture->model, fixture->now_ms);
}

static bool is_due(struct fixture *fixture) {
  bool limited;
  return notify_is_due(&fixture->memory, &fixture->rule, fixture->now_ms, &limited);
}

/* Composes the message, and delivers it. */
static void tell(struct fixture *fixture) {
  struct notify_told told[4];
  notify_compose(&fixture->memory, &fixture->message);
  assert_in_range(fixture->message.count, 1, 4);
  for (size_t i = 0; i < fixture->message.count; i++)
    told[i] = (struct notify_told){fixture->message.items[i].id, fixture->message.items[i].change,
                                   fixture->message.items[i].severity};
  const struct notify_message copy = fixture->message;
  char *ids[4];
  for (size_t i = 0; i < copy.count; i++) /* those of the memory may go */
    told[i].id = ids[i] = mem_dup(told[i].id);
  notify_delivered(&fixture->memory, told, copy.count, fixture->now_ms);
  for (size_t i = 0; i < copy.count; i++)
    free(ids[i]);
}

static void test_it_waits_for_more_and_tells_once(void **state) {
  struct fixture *fixture = *state;
  look(fixture, SEVERITY_WARN, SEVERITY_OK);
  assert_false(is_due(fixture));
  fixture->now_ms += WAIT_MS / 2;
  look(fixture, SEVERITY_WARN, SEVERITY_CRIT);
  fixture->now_ms += WAIT_MS / 2;
  look(fixture, SEVERITY_WARN, SEVERITY_CRIT);
  assert_true(is_due(fixture));
  notify_compose(&fixture->memory, &fixture->message);
  assert_int_equal(fixture->message.count, 2);
  assert_string_equal(fixture->message.items[0].target, "main"); /* the worst first */
  tell(fixture);
  fixture->now_ms += 10 * WAIT_MS;
  look(fixture, SEVERITY_WARN, SEVERITY_CRIT);
  assert_int_equal(notify_waiting(&fixture->memory), 0);
}

static void test_what_ends_before_it_is_told_is_not_told(void **state) {
  struct fixture *fixture = *state;
  look(fixture, SEVERITY_CRIT, SEVERITY_OK);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  fixture->now_ms += 2 * WAIT_MS;
  assert_false(is_due(fixture));
  assert_int_equal(fixture->memory.count, 0);
}

static void test_worse_still_and_resolved(void **state) {
  struct fixture *fixture = *state;
  static const enum notify_change changes[] = {NOTIFY_NEW, NOTIFY_WORSE, NOTIFY_STILL,
                                               NOTIFY_RESOLVED};
  static const enum severity severities[] = {SEVERITY_WARN, SEVERITY_CRIT, SEVERITY_CRIT,
                                             SEVERITY_OK};
  for (size_t i = 0; i < 4; i++) {
    look(fixture, severities[i], SEVERITY_OK);
    assert_int_equal(notify_waiting(&fixture->memory), 1);
    fixture->now_ms += WAIT_MS;
    look(fixture, severities[i], SEVERITY_OK);
    notify_compose(&fixture->memory, &fixture->message);
    assert_int_equal(fixture->message.items[0].change, changes[i]);
    tell(fixture);
    assert_int_equal(notify_waiting(&fixture->memory), 0);
    fixture->now_ms += i == 1 ? REPEAT_MS : 1000;
  }
  assert_int_equal(fixture->memory.count, 0);
}

static void look_quiet(struct fixture *fixture, enum severity severity, enum finding_quiet quiet) {
  fixture->quiet = quiet;
  look(fixture, severity, SEVERITY_OK);
  fixture->quiet = FINDING_LOUD;
}

/* It is said once that an operator works on it; then nothing, until it becomes worse or ends. */
static void test_an_acknowledgement(void **state) {
  struct fixture *fixture = *state;
  const struct notify_place place = {.platform = "ecap", .host = "h", .channel = "c", .id = "1"};
  look(fixture, SEVERITY_WARN, SEVERITY_OK);
  tell(fixture);
  look_quiet(fixture, SEVERITY_WARN, FINDING_ACKNOWLEDGED);
  assert_int_equal(notify_waiting(&fixture->memory), 1);
  notify_compose(&fixture->memory, &fixture->message);
  assert_int_equal(fixture->message.items[0].change, NOTIFY_ACKNOWLEDGED);
  char *body = notify_body(&fixture->message, &place);
  assert_non_null(strstr(body, "acked"));
  assert_non_null(strstr(body, "; acknowledged by ann@b1: looking"));
  assert_non_null(strstr(body, "1 finding is acknowledged or silenced, and not reported"));
  free(body);
  tell(fixture);
  fixture->now_ms += 2 * REPEAT_MS; /* not repeated either */
  look_quiet(fixture, SEVERITY_WARN, FINDING_ACKNOWLEDGED);
  assert_int_equal(notify_waiting(&fixture->memory), 0);
  look(fixture, SEVERITY_CRIT, SEVERITY_OK); /* worse: loud again */
  notify_compose(&fixture->memory, &fixture->message);
  assert_int_equal(fixture->message.count, 1);
  assert_int_equal(fixture->message.items[0].change, NOTIFY_WORSE);
  tell(fixture);
  look_quiet(fixture, SEVERITY_CRIT, FINDING_ACKNOWLEDGED);
  tell(fixture);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  notify_compose(&fixture->memory, &fixture->message);
  assert_int_equal(fixture->message.items[0].change, NOTIFY_RESOLVED);
}

static void test_a_silence(void **state) {
  struct fixture *fixture = *state;
  look_quiet(fixture, SEVERITY_CRIT, FINDING_SILENCED);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  assert_int_equal(fixture->memory.count, 0); /* it was not reported */
  look(fixture, SEVERITY_WARN, SEVERITY_OK);
  look_quiet(fixture, SEVERITY_WARN, FINDING_SILENCED); /* before it was reported */
  assert_int_equal(notify_waiting(&fixture->memory), 0);
  look(fixture, SEVERITY_WARN, SEVERITY_OK); /* the silence is over */
  assert_int_equal(notify_waiting(&fixture->memory), 1);
  notify_compose(&fixture->memory, &fixture->message);
  assert_int_equal(fixture->message.items[0].change, NOTIFY_NEW);
}

static void test_an_outage_resolves_nothing(void **state) {
  struct fixture *fixture = *state;
  look(fixture, SEVERITY_CRIT, SEVERITY_OK);
  tell(fixture);
  struct finding *held = findings_add(fixture->model.held, 0, NULL, NULL, NULL);
  held->severity = SEVERITY_CRIT;
  held->subject = "cache";
  held->sentence = "refused";
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  assert_int_equal(notify_waiting(&fixture->memory), 0);
  findings_free(fixture->model.held);
  fixture->model.held = findings_new(1 << 20);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  assert_int_equal(notify_waiting(&fixture->memory), 1);
}

static void test_back_before_its_end_was_told(void **state) {
  struct fixture *fixture = *state;
  look(fixture, SEVERITY_CRIT, SEVERITY_OK);
  tell(fixture);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  look(fixture, SEVERITY_CRIT, SEVERITY_OK);
  assert_int_equal(notify_waiting(&fixture->memory), 0);
}

static void test_one_that_ends_while_it_is_sent_is_resolved_later(void **state) {
  struct fixture *fixture = *state;
  look(fixture, SEVERITY_CRIT, SEVERITY_OK);
  char *id = mem_dup(fixture->memory.items[0].id);
  const struct notify_told told = {id, NOTIFY_NEW, SEVERITY_CRIT};
  notify_sending(&fixture->memory, &told, 1, true);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  notify_delivered(&fixture->memory, &told, 1, fixture->now_ms);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  notify_compose(&fixture->memory, &fixture->message);
  assert_int_equal(fixture->message.items[0].change, NOTIFY_RESOLVED);
  free(id);
}

/* A silence of an Alertmanager: the row stays, but not as a finding. */
static void test_a_silence_is_no_end(void **state) {
  struct fixture *fixture = *state;
  const struct table_spec *const *specs = collector_find("redis")->tables;
  const char *table = specs[0]->id;
  for (size_t round = 0; round < 2; round++) {
    look(fixture, SEVERITY_OK, SEVERITY_OK);
    struct finding *finding = findings_add(fixture->model.findings, 0, table, "row", NULL);
    finding->severity = SEVERITY_CRIT;
    finding->subject = "cache";
    finding->sentence = "down";
    notify_look(&fixture->memory, &fixture->rule, &fixture->model, fixture->now_ms);
    notify_compose(&fixture->memory, &fixture->message);
    assert_int_equal(fixture->message.items[0].change, NOTIFY_NEW); /* also after the silence */
    tell(fixture);
    struct sample *sample = sample_new(specs, 1);
    struct row *row = sample_row(sample, &sample->tables[0], "row", NULL);
    row->quiet = "silenced";
    sample->taken_ms = fixture->now_ms;
    model_publish(&fixture->model, 0, sample, fixture->now_ms);
    look(fixture, SEVERITY_OK, SEVERITY_OK);
    assert_int_equal(fixture->memory.count, 0);
  }
}

static void test_the_limit_of_an_hour(void **state) {
  struct fixture *fixture = *state;
  bool limited;
  for (size_t i = 0; i < fixture->rule.per_hour; i++) {
    look(fixture, i % 2 ? SEVERITY_OK : SEVERITY_CRIT, SEVERITY_OK);
    tell(fixture);
  }
  look(fixture, SEVERITY_OK, SEVERITY_CRIT);
  fixture->now_ms += WAIT_MS;
  assert_false(notify_is_due(&fixture->memory, &fixture->rule, fixture->now_ms, &limited) ||
               !limited);
  assert_int_equal(notify_waiting(&fixture->memory), 2); /* nothing is lost */
  fixture->now_ms += 3600000;
  assert_true(is_due(fixture));
}

static void test_only_some(void **state) {
  struct fixture *fixture = *state;
  fixture->rule.only = "redis:ma*";
  look(fixture, SEVERITY_CRIT, SEVERITY_WARN);
  notify_compose(&fixture->memory, &fixture->message);
  assert_int_equal(fixture->message.count, 1);
  assert_string_equal(fixture->message.items[0].target, "main");
  fixture->rule.only = "kafka";
  look(fixture, SEVERITY_CRIT, SEVERITY_WARN);
  assert_int_equal(notify_waiting(&fixture->memory), 0);
}

static void test_texts(void **state) {
  struct fixture *fixture = *state;
  const struct notify_place place = {.channel = "mail",
                                     .platform = "ecap",
                                     .environment = "production",
                                     .host = "bastion",
                                     .id = "1",
                                     .now_ms = 1700000000000};
  look(fixture, SEVERITY_CRIT, SEVERITY_WARN);
  notify_compose(&fixture->memory, &fixture->message);
  char *subject = notify_subject(&fixture->message, &place);
  char *body = notify_body(&fixture->message, &place);
  char *json = notify_json(&fixture->message, &place);
  assert_non_null(strstr(subject, "[CRIT] ecap (production): cache: refused"));
  assert_non_null(strstr(subject, "(and 1 more)"));
  assert_null(strchr(subject, '\x1b'));
  assert_null(strchr(body, '\x1b'));
  assert_non_null(strstr(body, "2023-11-14 22:13:20 UTC"));
  assert_non_null(strstr(json, "\"state\":\"new\""));
  assert_null(strchr(json, '\x1b'));
  free(subject);
  free(body);
  free(json);
}

/* Ends the memory, and begins another one with what was kept of it, some time later. */
static void restart(struct fixture *fixture, int64_t pause_ms, size_t gone) {
  size_t found;
  struct err err;
  char *kept = notify_kept_make(&fixture->memory, fixture->now_ms, 7);
  assert_null(strchr(kept, '\n'));
  notify_memory_fini(&fixture->memory);
  fixture->now_ms += pause_ms;
  assert_true(
      notify_kept_take(&fixture->memory, &fixture->model, kept, fixture->now_ms, 7, &found, &err));
  assert_int_equal(found, gone);
  free(kept);
}

static void collect(struct fixture *fixture, size_t index) {
  const struct collector *redis = collector_find("redis");
  struct sample *sample = sample_new(redis->tables, redis->table_count);
  sample->taken_ms = fixture->now_ms;
  model_publish(&fixture->model, index, sample, fixture->now_ms);
}

static void test_a_restart_does_not_tell_again(void **state) {
  struct fixture *fixture = *state;
  look(fixture, SEVERITY_WARN, SEVERITY_OK);
  fixture->now_ms += WAIT_MS;
  tell(fixture);
  restart(fixture, 60000, 0);
  look(fixture, SEVERITY_OK, SEVERITY_OK); /* nothing was collected yet: that is no end */
  assert_int_equal(notify_waiting(&fixture->memory), 0);
  look(fixture, SEVERITY_WARN, SEVERITY_OK);
  assert_int_equal(notify_waiting(&fixture->memory), 0);
  look(fixture, SEVERITY_CRIT, SEVERITY_OK);
  assert_int_equal(fixture->memory.items[0].change, NOTIFY_WORSE);
  look(fixture, SEVERITY_WARN, SEVERITY_OK);
  fixture->now_ms += REPEAT_MS - 60000; /* from the report, not from the restart */
  look(fixture, SEVERITY_WARN, SEVERITY_OK);
  assert_int_equal(fixture->memory.items[0].change, NOTIFY_STILL);
}

static void test_gone_at_the_restart_is_resolved(void **state) {
  struct fixture *fixture = *state;
  look(fixture, SEVERITY_WARN, SEVERITY_OK);
  tell(fixture);
  restart(fixture, 60000, 0);
  collect(fixture, 0);
  look(fixture, SEVERITY_OK, SEVERITY_OK); /* a rate needs a second collection */
  assert_int_equal(notify_waiting(&fixture->memory), 0);
  collect(fixture, 0);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  assert_int_equal(fixture->memory.items[0].change, NOTIFY_RESOLVED);
  assert_string_equal(fixture->memory.items[0].subject, "cache");
  restart(fixture, 60000, 0); /* before that is reported */
  collect(fixture, 0);
  collect(fixture, 0);
  look(fixture, SEVERITY_OK, SEVERITY_OK);
  assert_int_equal(fixture->memory.items[0].change, NOTIFY_RESOLVED);
}

static void test_a_target_that_is_gone_is_forgotten(void **state) {
  struct fixture *fixture = *state;
  look(fixture, SEVERITY_WARN, SEVERITY_WARN);
  tell(fixture);
  fixture->config->targets[0]->disabled = mem_dup("for a test");
  restart(fixture, 60000, 1);
  assert_int_equal(fixture->memory.count, 1);
  assert_string_equal(fixture->memory.items[0].target, "main");
}

/* The limit of an hour counts across it; what was sent before is not "since the start". */
static void test_a_restart_keeps_the_limit(void **state) {
  struct fixture *fixture = *state;
  for (int i = 0; i < 3; i++)
    fixture->memory.sent_ms[fixture->memory.sent++] = fixture->now_ms;
  restart(fixture, 60000, 0);
  assert_int_equal(fixture->memory.sent, 3);
  assert_int_equal(fixture->memory.sent_before, 3);
  restart(fixture, REPEAT_MS, 0);
  assert_int_equal(fixture->memory.sent, 0);
}

static void test_what_was_not_kept_by_it(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  size_t gone;
  assert_false(
      notify_kept_take(&fixture->memory, &fixture->model, "{\"findings\":[", 1, 0, &gone, &err));
  static const char *const odd[] = {"[]", "{}", "{\"findings\":7,\"sent_ms\":{}}",
                                    "{\"sent_ms\":[\"x\",-5,1e99]}",
                                    "{\"findings\":[{},7,null,{\"id\":\"a\",\"told\":9}]}"};
  for (size_t i = 0; i < COUNT(odd); i++) {
    assert_true(notify_kept_take(&fixture->memory, &fixture->model, odd[i], fixture->now_ms, 0,
                                 &gone, &err));
    assert_int_equal(fixture->memory.count, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_it_waits_for_more_and_tells_once, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_ends_before_it_is_told_is_not_told, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(test_worse_still_and_resolved, setup, teardown),
      cmocka_unit_test_setup_teardown(test_an_acknowledgement, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_silence, setup, teardown),
      cmocka_unit_test_setup_teardown(test_an_outage_resolves_nothing, setup, teardown),
      cmocka_unit_test_setup_teardown(test_back_before_its_end_was_told, setup, teardown),
      cmocka_unit_test_setup_teardown(test_one_that_ends_while_it_is_sent_is_resolved_later, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(test_a_silence_is_no_end, setup, teardown),
      cmocka_unit_test_setup_teardown(test_the_limit_of_an_hour, setup, teardown),
      cmocka_unit_test_setup_teardown(test_only_some, setup, teardown),
      cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_restart_does_not_tell_again, setup, teardown),
      cmocka_unit_test_setup_teardown(test_gone_at_the_restart_is_resolved, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_target_that_is_gone_is_forgotten, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_restart_keeps_the_limit, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_was_not_kept_by_it, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
