#include "model_fixture.h"

#include <time.h>

static const struct finding *only(const struct findings *findings) {
  assert_int_equal(findings->count, 1);
  return &findings->items[0];
}

static void test_nothing_heard_yet(void **state) {
  struct model_fixture *fixture = *state;
  assert_int_equal(judge(fixture, false)->count, 0);
}

static void test_thresholds(void **state) {
  struct model_fixture *fixture = *state;
  static const struct {
    struct value lag;
    enum severity severity;
    const char *sentence;
  } cases[] = {
      {{.type = VALUE_INT, .integer = 100}, SEVERITY_OK, NULL},
      {{.type = VALUE_INT, .integer = 101}, SEVERITY_WARN, "lag 101, above 100"},
      {{.type = VALUE_INT, .integer = 12430}, SEVERITY_CRIT, "lag 12,430, above 1,000"},
      {{.type = VALUE_INT, .at_least = true, .integer = 101},
       SEVERITY_WARN,
       "lag at least 101, above 100"},
      {{.type = VALUE_NONE, .text = "no commit yet"}, SEVERITY_OK, NULL},
      {{.type = VALUE_NONE}, SEVERITY_OK, NULL},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    publish_lag(fixture, 1, cases[i].lag);
    const struct findings *findings = judge(fixture, false);
    assert_int_equal(model_target_severity(&fixture->model, 1, fixture->now_ms), cases[i].severity);
    if (!cases[i].sentence) {
      assert_int_equal(findings->count, 0);
      continue;
    }
    const struct finding *finding = only(findings);
    check_text(finding->sentence, cases[i].sentence, "case %zu", i);
    assert_string_equal(finding->subject, "main group");
    assert_string_equal(finding->table, "groups");
    assert_string_equal(finding->row, "group");
    assert_string_equal(finding->column, "lag");
    assert_int_equal(finding->target_index, 1);
  }
}

static void test_below(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 1, "x", NULL, value_none(NULL))->cells[LAG_HIT] = value_real(0.71);
  model_publish(&fixture->model, 0, sample, fixture->now_ms);
  const struct finding *finding = only(judge(fixture, false));
  assert_string_equal(finding->sentence, "hit 71%, below 80%");
  assert_string_equal(finding->subject, "cache"); /* a summary belongs to the target itself */
}

/* More information is next to it, as far as it is known. */
static void test_beside(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  struct row *row = lag_row(sample, 0, "x", NULL, value_int(101));
  row->cells[LAG_HIT] = value_real(0.97);
  model_publish(&fixture->model, 0, sample, fixture->now_ms);
  assert_string_equal(only(judge(fixture, false))->sentence, "lag 101, above 100 (hit 97%)");
}

static void test_configured_rule(void **state) {
  struct model_fixture *fixture = *state;
  struct rules *rules = &fixture->config->rules;
  rules->items = mem_new(sizeof *rules->items);
  rules->items[0] = (struct rule){mem_dup("kafka.lag"), {.has_warn = true, .warn = 5}};
  rules->count = 1;
  publish_lag(fixture, 1, value_int(5000));
  const struct finding *finding = only(judge(fixture, false));
  assert_int_equal(finding->severity, SEVERITY_WARN); /* it no longer has a crit */
  assert_string_equal(finding->sentence, "lag 5,000, above 5");
}

/* How busy a host is says less than what fails, however far and long it is beyond its threshold. */
static void test_a_load_is_not_the_headline(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "busy", NULL, value_int(1))->cells[LAG_LOAD] = value_real(11);
  model_publish(&fixture->model, 0, sample, fixture->now_ms);
  assert_string_equal(judge(fixture, false)->items[0].row, "busy");
  fixture->now_ms += 1000;
  sample = lag_sample(fixture);
  lag_row(sample, 0, "busy", NULL, value_int(1))->cells[LAG_LOAD] = value_real(11);
  lag_row(sample, 0, "behind", NULL, value_int(101));
  model_publish(&fixture->model, 0, sample, fixture->now_ms);
  const struct findings *findings = judge(fixture, false);
  assert_int_equal(findings->count, 2);
  assert_string_equal(findings->items[0].row, "behind");
  assert_int_equal(findings->items[0].severity, findings->items[1].severity);
}

/* The headline is the most harmful one, not the earliest. */
static void test_harm(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "little", NULL, value_int(1100));
  lag_row(sample, 0, "much", NULL, value_int(50000));
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  assert_string_equal(judge(fixture, false)->items[0].row, "much");
  fixture->now_ms += 1000; /* later: a row that its collector calls critical, the second of two */
  sample = lag_sample(fixture);
  lag_row(sample, 0, "much", NULL, value_int(50000));
  for (int i = 0; i < 2; i++) {
    struct row *row = lag_row(sample, 0, i == 0 ? "stuck" : "slow", NULL, value_int(1));
    row->severity = SEVERITY_CRIT;
    row->reason = "because";
  }
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  const struct findings *findings = judge(fixture, false);
  assert_string_equal(findings->items[0].row, "stuck");
  assert_string_equal(findings->items[1].row, "slow");
  assert_string_equal(findings->items[2].row, "much");
  fixture->now_ms += 1000;
  sample = lag_sample(fixture); /* even before the first row of a table */
  struct row *first = lag_row(sample, 0, "first", NULL, value_int(1));
  first->severity = SEVERITY_CRIT;
  first->reason = "because";
  for (int i = 0; i < 2; i++) {
    struct row *row = lag_row(sample, 0, i == 0 ? "stuck" : "slow", NULL, value_int(1));
    row->severity = SEVERITY_CRIT;
    row->reason = "because";
  }
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  fixture->now_ms += 1000; /* later still: no server answers */
  fail_slot(fixture, 0, ERR_REFUSED, "refused");
  assert_string_equal(judge(fixture, false)->items[0].subject, "cache");
  assert_string_equal(fixture->model.findings->items[1].row, "first");
  assert_true(fixture->model.findings->items[0].since_ms >
              fixture->model.findings->items[2].since_ms);
}

/* A start reported by the collector is believed, and shown everywhere as the same time. */
static void test_onset_of_a_row(void **state) {
  struct model_fixture *fixture = *state;
  const int64_t onset = fixture->now_ms - 21000;
  struct sample *sample = lag_sample(fixture);
  struct row *row = lag_row(sample, 0, "group", NULL, value_int(1));
  row->severity = SEVERITY_WARN;
  row->reason = "stuck for 21s";
  row->lasted_ms = 21000;
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  assert_int_equal(only(judge(fixture, false))->since_ms, onset);
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(1));
  judge(fixture, false);
  assert_string_equal(events_get(&fixture->model.events, 0)->text,
                      "resolved after 23s: stuck for 21s");
}

/* A target's own threshold applies to it, and to no other. */
static void test_own_rule(void **state) {
  struct model_fixture *fixture = *state;
  struct rules *rules = &fixture->config->targets[1]->rules;
  rules->items = mem_new(sizeof *rules->items);
  rules->items[0] = (struct rule){mem_dup("kafka.lag"), {.has_warn = true, .warn = 5000}};
  rules->count = 1;
  publish_lag(fixture, 0, value_int(2000));
  publish_lag(fixture, 1, value_int(2000));
  const struct finding *finding = only(judge(fixture, false));
  assert_int_equal(finding->target_index, 0);
  assert_int_equal(finding->severity, SEVERITY_CRIT); /* the default */
  publish_lag(fixture, 1, value_int(5001));
  const struct findings *findings = judge(fixture, false);
  assert_int_equal(findings->count, 2);
  assert_string_equal(findings->items[1].sentence, "lag 5,001, above 5,000");
  assert_int_equal(findings->items[1].severity, SEVERITY_WARN);
}

/* `for`: pending until it has held; a single pass cannot wait and says so. */
static void test_for(void **state) {
  struct model_fixture *fixture = *state;
  struct rules *rules = &fixture->config->rules;
  rules->items = mem_new(sizeof *rules->items);
  rules->items[0] =
      (struct rule){mem_dup("kafka.lag"), {.has_warn = true, .warn = 5, .for_ms = 5000}};
  rules->count = 1;
  const int64_t start = fixture->now_ms;
  for (; fixture->now_ms < start + 5000; fixture->now_ms += 1000) {
    publish_lag(fixture, 1, value_int(9));
    const struct finding *finding = only(judge(fixture, false));
    assert_true(finding->pending);
    assert_int_equal(finding->since_ms, start);
    assert_int_equal(findings_count(fixture->model.findings, SEVERITY_WARN), 0);
    assert_int_equal(model_severity(&fixture->model, fixture->now_ms),
                     SEVERITY_UNKNOWN); /* 0 waits */
    assert_int_equal(model_target_severity(&fixture->model, 1, fixture->now_ms), SEVERITY_OK);
    assert_int_equal(fixture->model.events.count, 0);
  }
  publish_lag(fixture, 1, value_int(9));
  assert_false(only(judge(fixture, false))->pending);
  assert_int_equal(findings_count(fixture->model.findings, SEVERITY_WARN), 1);
  /* The event is as old as the rule, the trouble older: it says both. */
  assert_string_equal(events_get(&fixture->model.events, 0)->text, "lag 9, above 5, for 5.0s");
  assert_int_equal(fixture->model.events.count, 1);

  publish_lag(fixture, 1, value_int(1)); /* a dip restarts it */
  assert_int_equal(judge(fixture, false)->count, 0);
  fixture->now_ms += 1000;
  publish_lag(fixture, 1, value_int(9));
  assert_true(only(judge(fixture, false))->pending);

  fixture->now_ms += 4000;
  fail_slot(fixture, 1, ERR_TIMEOUT, "no answer"); /* a short dip does not */
  judge(fixture, false);
  fixture->now_ms += 1000;
  publish_lag(fixture, 1, value_int(9));
  assert_false(only(judge(fixture, false))->pending);

  const struct finding *finding = only(judge(fixture, true));
  assert_false(finding->pending);
  assert_string_equal(finding->sentence, "lag 9, above 5 (seen once; the threshold requires 5.0s)");
}

/* Children colour their cells only; their collector's severity counts. */
static void test_children(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "group", NULL, value_int(50));
  lag_row(sample, 0, "topic", "group", value_int(50000));
  struct row *row = lag_row(sample, 0, "part", "topic", value_int(50000));
  row->severity = SEVERITY_WARN;
  row->reason = "STALL";
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  const struct finding *finding = only(judge(fixture, false));
  assert_string_equal(finding->row, "part");
  assert_string_equal(finding->sentence, "STALL");
  assert_null(finding->column);
}

static void test_row_without_reason(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "group", NULL, value_none(NULL))->severity = SEVERITY_CRIT;
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  assert_string_equal(only(judge(fixture, false))->sentence, "no reason given");
}

static void test_down(void **state) {
  struct model_fixture *fixture = *state;
  static const struct {
    enum err_kind kind;
    enum severity severity;
  } cases[] = {
      {ERR_REFUSED, SEVERITY_CRIT},     {ERR_UNRESOLVED, SEVERITY_CRIT},
      {ERR_UNREACHABLE, SEVERITY_CRIT}, {ERR_TIMEOUT, SEVERITY_CRIT},
      {ERR_CLOSED, SEVERITY_CRIT},      {ERR_DENIED, SEVERITY_UNKNOWN},
      {ERR_PROTOCOL, SEVERITY_UNKNOWN}, {ERR_LIMIT, SEVERITY_UNKNOWN},
      {ERR_IO, SEVERITY_UNKNOWN},       {ERR_UNSUPPORTED, SEVERITY_UNKNOWN},
      {ERR_INVALID, SEVERITY_UNKNOWN},
  };
  publish_lag(fixture, 1, value_int(5000));
  for (size_t i = 0; i < COUNT(cases); i++) {
    fail_slot(fixture, 1, cases[i].kind, "the reason %s");
    const struct finding *finding = only(judge(fixture, false)); /* its rows are history */
    assert_int_equal(finding->severity, cases[i].severity);
    assert_string_equal(finding->sentence, "the reason %s"); /* not a server's format */
    assert_string_equal(finding->subject, "main");
    assert_null(finding->table);
    assert_int_equal(finding->since_ms, 1000000); /* the first failure, not the last */
    fixture->now_ms += 2000;
  }
}

static void test_stale(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 1, value_int(5000));
  fixture->now_ms += 5000; /* two intervals and the deadline */
  assert_string_equal(only(judge(fixture, false))->column, "lag");
  fixture->now_ms += 1;
  const struct finding *finding = only(judge(fixture, false));
  assert_int_equal(finding->severity, SEVERITY_UNKNOWN);
  assert_string_equal(finding->column, "age");
  assert_string_equal(finding->sentence, "no fresh data for 5.0s");
  fixture->now_ms += 60000;
  assert_int_equal(only(judge(fixture, false))->since_ms, 1005001);
}

/* A failed question never leaves its target OK, and earlier findings are not resolved. */
static void test_fault(void **state) {
  struct model_fixture *fixture = *state;
  struct model *model = &fixture->model;
  publish_lag(fixture, 1, value_int(5000));
  judge(fixture, false);
  assert_int_equal(model->events.count, 1);
  for (int i = 0; i < 3; i++) {
    fixture->now_ms += 2000;
    struct sample *sample = lag_sample(fixture);
    sample_note(sample, "groups", NULL, "needs a right");
    sample_fault(sample, "groups", SEVERITY_UNKNOWN, "offsets of %d of 18 partitions %%s", 12 - i);
    model_publish(model, 1, sample, fixture->now_ms);
    const struct finding *finding = only(judge(fixture, false));
    assert_int_equal(finding->severity, SEVERITY_UNKNOWN);
    assert_string_equal(finding->subject, "main");
    assert_string_equal(finding->table, "groups");
    assert_null(finding->row);
    check_text(finding->sentence,
               i ? i == 1 ? "offsets of 11 of 18 partitions %s"
                          : "offsets of 10 of 18 partitions %s"
                 : "offsets of 12 of 18 partitions %s",
               "round %d", i);
    assert_int_equal(finding->since_ms, 1002000); /* the same one, whatever its numbers */
    assert_int_equal(model_target_severity(model, 1, fixture->now_ms), SEVERITY_UNKNOWN);
    assert_int_equal(model->events.count, 2); /* its own; "resolved" would be a guess */
    assert_int_equal(model->held->count, 1);
  }
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(5000));
  assert_int_equal(only(judge(fixture, false))->since_ms, 1000000);
  assert_int_equal(model->events.count, 3); /* the fault is over, the lag is not new */
  assert_int_equal(events_get(&model->events, 0)->severity, SEVERITY_OK);
  assert_int_equal(model->held->count, 0);
}

/* Rows that are found despite the fault are judged; a fault of another table holds nothing. */
static void test_fault_and_rows(void **state) {
  struct model_fixture *fixture = *state;
  struct model *model = &fixture->model;
  publish_lag(fixture, 1, value_int(5000));
  judge(fixture, false);
  for (int i = 0; i < 3; i++) {
    struct sample *sample = lag_sample(fixture);
    lag_row(sample, 0, "group", NULL, value_int(5000));
    sample_fault(sample, "groups", SEVERITY_WARN, "a part is missing");
    model_publish(model, 1, sample, fixture->now_ms);
    assert_int_equal(judge(fixture, false)->count, 2);
    assert_int_equal(model->held->count, 0);
    assert_int_equal(model->events.count, 2);
  }
  struct sample *sample = lag_sample(fixture);
  sample_fault(sample, "summary", SEVERITY_WARN, "another table");
  model_publish(model, 1, sample, fixture->now_ms);
  assert_int_equal(judge(fixture, false)->count, 1);
  assert_int_equal(model->held->count, 0);
  assert_int_equal(model->events.count, 5); /* two are resolved, one is new */
}

/* A fault of the whole target is not an outage, and its end is reported. */
static void test_fault_of_target(void **state) {
  struct model_fixture *fixture = *state;
  struct model *model = &fixture->model;
  fail_slot(fixture, 1, ERR_TIMEOUT, "no answer");
  judge(fixture, false);
  fixture->now_ms += 1000;
  struct sample *sample = lag_sample(fixture);
  sample_fault(sample, NULL, SEVERITY_CRIT, "the client crashed");
  model_publish(model, 1, sample, fixture->now_ms);
  const struct finding *finding = only(judge(fixture, false));
  assert_int_equal(finding->since_ms, fixture->now_ms);
  assert_null(finding->table);
  assert_int_equal(model_target_severity(model, 1, fixture->now_ms), SEVERITY_CRIT);
  size_t events = model->events.count;
  fixture->now_ms += 1000;
  model_publish(model, 1, lag_sample(fixture), fixture->now_ms);
  assert_int_equal(judge(fixture, false)->count, 0);
  assert_int_equal(model->events.count, events + 1);
  assert_non_null(strstr(events_get(&model->events, 0)->text, "the client crashed"));
}

/* The most severe first, then the oldest; pending ones last. */
static void test_order(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 0, value_int(500));
  judge(fixture, false);
  fixture->now_ms += 1000;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "b", NULL, value_int(500));
  lag_row(sample, 0, "a", NULL, value_int(500));
  lag_row(sample, 0, "c", NULL, value_int(5000));
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  const struct findings *findings = judge(fixture, false);
  assert_int_equal(findings->count, 4);
  static const char *const order[] = {"main c", "cache group"};
  for (size_t i = 0; i < COUNT(order); i++)
    assert_string_equal(findings->items[i].subject, order[i]);
  assert_int_equal(findings_count(findings, SEVERITY_WARN), 3);
  assert_int_equal(findings_row(findings, 1, "groups", "c"), SEVERITY_CRIT);
  assert_int_equal(findings_row(findings, 1, "groups", "a"), SEVERITY_WARN);
  assert_int_equal(findings_row(findings, 1, "groups", "z"), SEVERITY_OK);
  assert_int_equal(findings_row(findings, 0, NULL, NULL), SEVERITY_WARN);
  assert_non_null(findings_find(findings, 1, "groups", "a", "lag"));
  assert_null(findings_find(findings, 1, "groups", "a", NULL));
  assert_null(findings_find(findings, 0, "groups", "a", "lag"));
}

/* A storm is cut at its limit, and is judged in time: 20 groups of 1,000 partitions each may all be
 * in trouble. */
static void test_storm(void **state) {
  struct model_fixture *fixture = *state;
  enum { ROWS = 20000 };
  for (int round = 0; round < 2; round++) {
    struct sample *sample = lag_sample(fixture);
    for (int i = 0; i < ROWS; i++) {
      char key[40];
      snprintf(key, sizeof key, "some-topic-name/%d", i);
      lag_row(sample, 0, key, NULL, value_int(500));
    }
    model_publish(&fixture->model, 1, sample, fixture->now_ms);
    clock_t began = clock();
    const struct findings *findings = judge(fixture, false);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    assert_int_equal(findings->count, ROWS);
    assert_int_equal(findings->items[ROWS - 1].since_ms, 1000000);
    fixture->now_ms += 2000;
    if (seconds > 2) /* it takes 0.03 s, and took 4 s when each was searched from the start */
      fail_msg("round %d took %.3f s of processor time", round, seconds);
  }
}

static void configure(struct model_fixture *fixture, const char *metric,
                      struct threshold threshold) {
  struct rules *rules = &fixture->config->rules;
  rules->items = mem_resize(rules->items, (rules->count + 1) * sizeof *rules->items);
  rules->items[rules->count++] = (struct rule){mem_dup(metric), threshold};
}

/* A configured threshold that could not be judged is not OK; a default is. */
static void test_unjudged(void **state) {
  struct model_fixture *fixture = *state;
  fixture->model.wants_all_judged = true;
  publish_lag(fixture, 1, value_none("needs two collections"));
  assert_int_equal(judge(fixture, true)->count, 0); /* the column's own default */
  configure(fixture, "kafka.lag", (struct threshold){.has_warn = true, .warn = 5});
  const struct finding *finding = only(judge(fixture, true));
  assert_int_equal(finding->severity, SEVERITY_UNKNOWN);
  assert_string_equal(finding->subject, "main");
  assert_string_equal(finding->sentence, "kafka.lag not evaluated: needs two collections");
  assert_string_equal(finding->table, "groups");
  assert_string_equal(finding->column, "lag");
  assert_null(finding->row);
  fixture->model.wants_all_judged = false; /* the dashboard will know it in a moment */
  assert_int_equal(judge(fixture, true)->count, 0);
}

static void test_unjudged_rows(void **state) {
  struct model_fixture *fixture = *state;
  fixture->model.wants_all_judged = true;
  configure(fixture, "kafka.lag", (struct threshold){.has_warn = true, .warn = 5});
  configure(fixture, "redis.hit", (struct threshold){0}); /* switched off: it is not waited for */
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "a", NULL, value_int(1));
  lag_row(sample, 0, "b", NULL, value_none("needs DESCRIBE on the topic"));
  lag_row(sample, 0, "c", NULL, value_none(NULL)); /* does not apply */
  struct row *down = lag_row(sample, 0, "d", NULL, value_none("no answer"));
  down->severity = SEVERITY_CRIT;
  down->reason = "gone";
  lag_row(sample, 0, "e", "a", value_none("needs DESCRIBE on the topic"));
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  const struct findings *findings = judge(fixture, true);
  assert_int_equal(findings->count, 2);
  assert_string_equal(findings->items[0].sentence, "gone");
  assert_string_equal(findings->items[1].sentence,
                      "kafka.lag not evaluated for 1 of 3 rows: needs DESCRIBE on the topic");
}

/* A check that runs for 3 s waits for a `for` of 2 s, and cannot wait for one of 5. */
static void test_watched(void **state) {
  struct model_fixture *fixture = *state;
  fixture->model.watch_ms = 3000;
  configure(fixture, "kafka.lag", (struct threshold){.has_warn = true, .warn = 5, .for_ms = 2000});
  publish_lag(fixture, 1, value_int(9));
  assert_true(only(judge(fixture, false))->pending);
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(9));
  const struct finding *finding = only(judge(fixture, false));
  assert_false(finding->pending);
  assert_string_equal(finding->sentence, "lag 9, above 5");
  fixture->config->rules.items[0].threshold.for_ms = 5000;
  finding = only(judge(fixture, false));
  assert_false(finding->pending);
  assert_string_equal(finding->sentence,
                      "lag 9, above 5 (watched for 3.0s; the threshold requires 5.0s)");
}

/* A forecast that rests on a short time says so. */
static void test_a_forecast(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 1, value_forecast(5000, 245));
  assert_string_equal(only(judge(fixture, false))->sentence,
                      "lag 5,000 (from the last 4 min), above 1,000");
  publish_lag(fixture, 1, value_forecast(5000, 4000));
  assert_string_equal(only(judge(fixture, false))->sentence, "lag 5,000, above 1,000");
}

/* The headline's "since" and the event's time are one moment, although it is evaluated later. */
static void test_one_onset_on_the_screen(void **state) {
  struct model_fixture *fixture = *state;
  fixture->now_ms = 1000999;
  fail_slot(fixture, 0, ERR_REFUSED, "refused");
  fixture->now_ms += 3;
  const struct findings *findings = judge(fixture, false);
  assert_int_equal(findings->count, 1);
  assert_int_equal(findings->items[0].since_ms, 1000999);
  assert_int_equal(events_get(&fixture->model.events, 0)->at_ms, 1000999);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_one_onset_on_the_screen, model_setup, model_teardown),
      TEST(test_nothing_heard_yet),
      TEST(test_a_forecast),
      TEST(test_thresholds),
      TEST(test_below),
      TEST(test_beside),
      TEST(test_configured_rule),
      TEST(test_harm),
      TEST(test_a_load_is_not_the_headline),
      TEST(test_onset_of_a_row),
      TEST(test_own_rule),
      TEST(test_for),
      TEST(test_children),
      TEST(test_down),
      TEST(test_stale),
      TEST(test_row_without_reason),
      TEST(test_fault),
      TEST(test_fault_and_rows),
      TEST(test_fault_of_target),
      TEST(test_order),
      TEST(test_storm),
      TEST(test_unjudged),
      TEST(test_unjudged_rows),
      TEST(test_watched),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
