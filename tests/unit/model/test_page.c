/* Open pages beside the targets. */
#include "model_fixture.h"

static const struct page_sort sorts[] = {{"most", "groups", "lag"}};
static const struct page_spec of_target = {.id = "kafka.groups",
                                           .kind = "kafka",
                                           .title = "Groups",
                                           .question = "?",
                                           .cost = "nothing",
                                           .interval_ms = 500,
                                           .tables = model_specs,
                                           .table_count = COUNT(model_specs),
                                           .sorts = sorts,
                                           .sort_count = COUNT(sorts)};
static const struct page_spec of_row = {
    .id = "kafka.group", .kind = "kafka", .row_of = "groups", .title = "Group", .timeout_ms = 300};
static const struct page_spec *const specs[] = {&of_target, &of_row, NULL};

static bool is_about(const char *table, const char *key) {
  (void)table;
  return strcmp(key, "wanted") == 0;
}

static void test_which_pages(void **state) {
  (void)state;
  assert_ptr_equal(page_find(specs, "kafka.group"), &of_row);
  assert_null(page_find(specs, "kafka.grou"));
  assert_null(page_find(NULL, "kafka.group"));
  assert_true(page_takes(&of_target, "kafka", NULL, NULL));
  assert_false(page_takes(&of_target, "kafka", "groups", NULL));
  assert_false(page_takes(&of_target, "redis", NULL, NULL));
  assert_true(page_takes(&of_row, "kafka", "groups", NULL));
  assert_false(page_takes(&of_row, "kafka", "topics", NULL));
  assert_false(page_takes(&of_row, "kafka", NULL, NULL));
  const struct page_spec some = {
      .kind = "kafka", .row_of = "groups", .also_of = "topics", .about = is_about};
  assert_true(page_takes(&some, "kafka", "groups", "wanted"));
  assert_true(page_takes(&some, "kafka", "topics", "wanted"));
  assert_false(page_takes(&some, "kafka", "topics", "other"));
  assert_false(page_takes(&some, "kafka", "brokers", "wanted"));
}

static void test_opened_beside_the_targets(void **state) {
  struct model_fixture *fixture = *state;
  struct model *model = &fixture->model;
  const size_t first = model_page_open(model, 1, &of_target, NULL, NULL, NULL);
  const struct target_state *page = &model->targets[first];
  assert_int_equal(first, 2);
  assert_int_equal(model->target_count, 2);
  assert_int_equal(model_state_count(model), 3);
  assert_ptr_equal(page->target, model->targets[1].target);
  assert_int_equal(page->target_index, 1);
  assert_int_equal(target_state_interval(page), 500);
  assert_int_equal(target_state_timeout(page), 1000); /* the target's */
  assert_string_equal(page->focus.sort, "lag");
  assert_null(page->focus.key);
  const size_t second = model_page_open(model, 1, &of_row, "groups", "a/b", "a");
  assert_string_equal(model->targets[second].focus.key, "a/b");
  assert_int_equal(target_state_interval(&model->targets[second]), 2000);
  assert_int_equal(target_state_timeout(&model->targets[second]), 300);
  model_page_close(model);
  assert_int_equal(model_state_count(model), 3);
  assert_string_equal(model->targets[first].focus.sort, "lag");
  model_page_close(model);
  assert_int_equal(model_state_count(model), 2);
}

/* Neither its rows, nor its outage and recovery, nor its facts. */
static void test_no_findings_and_no_events(void **state) {
  struct model_fixture *fixture = *state;
  struct model *model = &fixture->model;
  publish_lag(fixture, 0, value_int(1));
  publish_lag(fixture, 1, value_int(1));
  const size_t page = model_page_open(model, 0, &of_target, NULL, NULL, NULL);
  assert_int_equal(model_target_severity(model, page, fixture->now_ms), SEVERITY_UNKNOWN);
  publish_lag(fixture, page, value_int(5000));
  assert_int_equal(judge(fixture, true)->count, 0);
  assert_int_equal(model_severity(model, fixture->now_ms), SEVERITY_OK);
  assert_int_equal(model_target_severity(model, page, fixture->now_ms), SEVERITY_OK);
  fail_slot(fixture, page, ERR_REFUSED, "refused");
  assert_int_equal(judge(fixture, true)->count, 0);
  assert_int_equal(model_target_severity(model, page, fixture->now_ms), SEVERITY_CRIT);
  fail_slot(fixture, page, ERR_DENIED, "needs a right");
  assert_int_equal(model_target_severity(model, page, fixture->now_ms), SEVERITY_UNKNOWN);
  struct sample *sample = lag_sample(fixture);
  sample_fact(sample, FACT_ROLE, "standby");
  sample_fault(sample, "groups", SEVERITY_UNKNOWN, "cannot read groups");
  model_publish(model, page, sample, fixture->now_ms);
  assert_int_equal(judge(fixture, true)->count, 0);
  assert_int_equal(model_target_severity(model, page, fixture->now_ms), SEVERITY_UNKNOWN);
  assert_int_equal(model->events.count, 0);
  assert_int_equal(model_severity(model, fixture->now_ms), SEVERITY_OK);
}

/* An action on a row of the page finds it there. */
static void test_the_newest_table(void **state) {
  struct model_fixture *fixture = *state;
  struct model *model = &fixture->model;
  publish_lag(fixture, 0, value_int(1));
  const struct table *own = model_table(model, 0, "groups");
  assert_ptr_equal(own, &model->targets[0].sample->tables[0]);
  assert_null(model_table(model, 1, "groups")); /* another target */
  const size_t page = model_page_open(model, 0, &of_target, NULL, NULL, NULL);
  assert_ptr_equal(model_table(model, 0, "groups"), own);
  publish_lag(fixture, page, value_int(2));
  assert_ptr_equal(model_table(model, 0, "groups"), &model->targets[page].sample->tables[0]);
  assert_null(model_table(model, 0, "no such"));
  model_page_close(model);
  assert_ptr_equal(model_table(model, 0, "groups"), own);
}

static void test_order(void **state) {
  (void)state;
  struct page_focus focus;
  page_focus_init(&focus, &of_target, NULL, NULL, NULL);
  assert_false(page_focus_sort(&focus, "groups", "lag", false));
  assert_true(page_focus_sort(&focus, "groups", "lag", true));
  assert_true(page_focus_sort(&focus, "groups", "", false));
  page_focus_fini(&focus);
}

/* What they have at the end is freed with the model (under the sanitizers). */
static void test_left_open(void **state) {
  struct model_fixture *fixture = *state;
  for (size_t i = 0; i < MODEL_PAGES_MAX; i++)
    publish_lag(fixture, model_page_open(&fixture->model, 0, &of_row, "groups", "group", "group"),
                value_int(1));
}

#define WITH_MODEL(test) cmocka_unit_test_setup_teardown(test, model_setup, model_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_which_pages),
      WITH_MODEL(test_opened_beside_the_targets),
      WITH_MODEL(test_no_findings_and_no_events),
      WITH_MODEL(test_the_newest_table),
      cmocka_unit_test(test_order),
      WITH_MODEL(test_left_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
