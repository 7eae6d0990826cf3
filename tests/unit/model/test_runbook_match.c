/* Which runbooks are offered for what is selected, why, and with which values. */
#include "model_fixture.h"

#include "model/runbook/runbook_offers.h"

enum { CACHE, MAIN };

static struct runbook_pair with[] = {{(char *)"kafka", (char *)"{target}"},
                                     {(char *)"group", (char *)"{row}"}};
#define WITH .with = with, .with_count = 2

static bool offered(struct model_fixture *fixture, struct runbook_match match, size_t target,
                    const char *key, struct runbook_offer *offer) {
  struct runbook book = {
      .name = (char *)"lag", .title = (char *)"Lag", .matches = &match, .match_count = 1};
  const struct runbook_subject subject = {
      .target_index = target, .table = key ? "groups" : NULL, .key = key};
  return runbook_match(&book, &fixture->model, &subject, fixture->now_ms, offer);
}

static void check(struct model_fixture *fixture, struct runbook_match match, size_t target,
                  const char *key, enum runbook_fit fit, const char *why) {
  struct runbook_offer offer;
  const bool good = offered(fixture, match, target, key, &offer);
  assert_int_equal(offer.fit, fit);
  assert_int_equal(good, fit != RUNBOOK_FITS_NOT);
  if (good && !strstr(offer.why, why))
    fail_msg("%s instead of %s", offer.why, why);
  runbook_offer_fini(&offer);
}

#define METRIC(...) ((struct runbook_match){.metric = (char *)"kafka.lag", __VA_ARGS__})
#define KIND(...) ((struct runbook_match){.kind = (char *)"kafka", __VA_ARGS__})

static void publish(struct model_fixture *fixture, int64_t lag) {
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "orders", NULL, value_int(lag));
  lag_row(sample, 0, "orders/0", "orders", value_int(lag));
  lag_row(sample, 0, "calm", NULL, value_int(1));
  model_publish(&fixture->model, MAIN, sample, fixture->now_ms);
  judge(fixture, true);
}

static void test_a_metric(void **state) {
  struct model_fixture *fixture = *state;
  publish(fixture, 5000);
  check(fixture, METRIC(0), MAIN, "orders", RUNBOOK_FITS_FINDING, "above 1,000");
  check(fixture, METRIC(0), MAIN, "orders/0", RUNBOOK_FITS_FINDING, "above 1,000"); /* its group */
  check(fixture, METRIC(0), MAIN, "calm", RUNBOOK_FITS_METRIC, "for kafka.lag");
  check(fixture, METRIC(0), MAIN, NULL, RUNBOOK_FITS_FINDING, "above 1,000"); /* its worst row */
  check(fixture, METRIC(0), CACHE, NULL, RUNBOOK_FITS_NOT, "");
  check(fixture, METRIC(.is = (char *)"critical"), MAIN, "orders", RUNBOOK_FITS_FINDING, "");
  check(fixture, METRIC(.is = (char *)"warning"), MAIN, "calm", RUNBOOK_FITS_NOT, "");
  check(fixture, METRIC(.row = (char *)"ord*"), MAIN, "orders", RUNBOOK_FITS_FINDING, "");
  check(fixture, METRIC(.row = (char *)"pay*"), MAIN, "orders", RUNBOOK_FITS_NOT, "");
  check(fixture, METRIC(.target = (char *)"cache"), MAIN, "orders", RUNBOOK_FITS_NOT, "");
  struct runbook_match full = {.metric = (char *)"kafka.groups.lag"};
  check(fixture, full, MAIN, "orders", RUNBOOK_FITS_FINDING, "");
  struct runbook_match other = {.metric = (char *)"redis.memory"};
  check(fixture, other, MAIN, "orders", RUNBOOK_FITS_NOT, "");
}

static void test_a_kind(void **state) {
  struct model_fixture *fixture = *state;
  publish(fixture, 5);
  check(fixture, KIND(0), MAIN, NULL, RUNBOOK_FITS_KIND, "for kafka");
  check(fixture, KIND(0), MAIN, "calm", RUNBOOK_FITS_KIND, "for kafka");
  check(fixture, KIND(.is = (char *)"critical"), MAIN, NULL, RUNBOOK_FITS_NOT, "");
  fail_slot(fixture, MAIN, ERR_REFUSED, "connection refused");
  judge(fixture, true);
  check(fixture, KIND(.is = (char *)"critical"), MAIN, NULL, RUNBOOK_FITS_FINDING, "refused");
  struct runbook_match other = {.kind = (char *)"redis"};
  check(fixture, other, MAIN, NULL, RUNBOOK_FITS_NOT, "");
}

static void test_values(void **state) {
  struct model_fixture *fixture = *state;
  struct runbook_offer offer;
  publish(fixture, 5000);
  assert_true(offered(fixture, METRIC(WITH), MAIN, "orders", &offer));
  assert_int_equal(offer.word_count, 2);
  assert_string_equal(offer.words[0], "kafka=main");
  assert_string_equal(offer.words[1], "group=orders");
  runbook_offer_fini(&offer);
  assert_true(offered(fixture, KIND(WITH), MAIN, NULL, &offer));
  assert_int_equal(offer.word_count, 1); /* a target as a whole has no row */
  runbook_offer_fini(&offer);
}

static const struct column_spec alert_columns[] = {
    {.id = "alert"}, {.id = "subject"}, {.id = "runbook"}, {.id = "condition"}};
static const struct table_spec alert_table = {
    .id = "alerts", .title = "Alerts", .columns = alert_columns, .column_count = 4};
static const struct table_spec *const alert_specs[] = {&alert_table};

static void publish_alert(struct model_fixture *fixture, const char *named) {
  struct sample *sample = sample_new(alert_specs, 1);
  sample->taken_ms = fixture->now_ms;
  struct row *row = sample_row(sample, &sample->tables[0], "rule", NULL);
  row->cells[0] = value_text("too much lag");
  row->cells[1] = value_text("main orders");
  row->cells[2] = named ? value_text(named) : value_none(NULL);
  row->cells[3] = value_text("kafka.lag above 10");
  model_publish(&fixture->model, CACHE, sample, fixture->now_ms);
  judge(fixture, true);
}

static void test_the_row_of_an_alert_rule(void **state) {
  struct model_fixture *fixture = *state;
  const struct runbook_subject subject = {.target_index = CACHE, .table = "alerts", .key = "rule"};
  struct runbook_match match = {.alert = (char *)"too *", WITH};
  struct runbook book = {
      .name = (char *)"lag", .title = (char *)"Lag", .matches = &match, .match_count = 1};
  struct runbook_offer offer;
  publish_alert(fixture, NULL);
  assert_true(runbook_match(&book, &fixture->model, &subject, fixture->now_ms, &offer));
  assert_int_equal(offer.fit, RUNBOOK_FITS_ALERT);
  assert_string_equal(offer.words[0], "kafka=main"); /* the target that the rule is about */
  assert_string_equal(offer.words[1], "group=orders");
  runbook_offer_fini(&offer);
  match = METRIC(WITH);
  assert_true(runbook_match(&book, &fixture->model, &subject, fixture->now_ms, &offer));
  assert_int_equal(offer.fit, RUNBOOK_FITS_METRIC);
  runbook_offer_fini(&offer);
  match = (struct runbook_match){.alert = (char *)"disk"};
  assert_false(runbook_match(&book, &fixture->model, &subject, fixture->now_ms, &offer));
  publish_alert(fixture, "lag"); /* named by the rule itself */
  assert_true(runbook_match(&book, &fixture->model, &subject, fixture->now_ms, &offer));
  assert_int_equal(offer.fit, RUNBOOK_FITS_ALERT);
  assert_string_equal(offer.why, "named by the alert rule too much lag");
  runbook_offer_fini(&offer);
}

static void test_a_row_that_is_gone_stands_for_its_target(void **state) {
  struct model_fixture *fixture = *state;
  publish(fixture, 5);
  check(fixture, METRIC(0), MAIN, "gone", RUNBOOK_FITS_METRIC, "for kafka.lag");
  check(fixture, KIND(0), MAIN, "gone", RUNBOOK_FITS_KIND, "for kafka");
}

static void test_the_best_first(void **state) {
  (void)state;
  struct runbook_offer items[] = {
      {.fit = RUNBOOK_FITS_KIND, .name = (char *)"a"},
      {.fit = RUNBOOK_FITS_FINDING, .name = (char *)"c"},
      {.fit = RUNBOOK_FITS_FINDING, .name = (char *)"b"},
      {.fit = RUNBOOK_FITS_KIND, .name = (char *)"d", .run = (char *)"d-1"},
      {.fit = RUNBOOK_FITS_NOT, .name = (char *)"e", .run = (char *)"e-1"},
  };
  struct runbook_offers offers = {.items = items, .count = COUNT(items)};
  runbook_offers_sort(&offers);
  static const char *const order[] = {"d", "b", "c", "a", "e"};
  for (size_t i = 0; i < COUNT(order); i++)
    assert_string_equal(items[i].name, order[i]);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_metric),
      TEST(test_a_kind),
      TEST(test_values),
      TEST(test_the_row_of_an_alert_rule),
      TEST(test_a_row_that_is_gone_stands_for_its_target),
      TEST(test_the_best_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
