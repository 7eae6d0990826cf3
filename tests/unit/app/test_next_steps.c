/* Each finding that there can be has a next step: all kinds of targets, their tables, what a
 * collector judges, and all thresholds. */
#include "actions/action.h"
#include "app/startup/next_steps.h"
#include "collectors/collector.h"
#include "collectors/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_word(const char *id) {
  return strcmp(id, NEXT_STEP_DETAILS) == 0 || strcmp(id, NEXT_STEP_LOGS) == 0 ||
         strcmp(id, NEXT_STEP_RUNBOOKS) == 0;
}

static const struct action_spec *spec_of(const char *id) {
  const struct action_spec *const *spec = action_specs;
  while (*spec && strcmp((*spec)->id, id) != 0)
    spec++;
  return *spec;
}

/* An action or a page that works on that row, or on the target. */
static bool is_possible(const char *id, const struct target_kind *kind, const char *table,
                        bool of_row) {
  const struct action_spec *action = spec_of(id);
  const struct page_spec *page = page_find(page_specs, id);
  if (action)
    return strcmp(action->kind, kind->kind) == 0 &&
           (!action->table || (of_row && strcmp(action->table, table) == 0));
  return page && !page->costly &&
         (page_takes(page, kind->kind, NULL, NULL) ||
          (of_row && page_takes(page, kind->kind, table, NULL)));
}

static void check(const struct target_kind *kind, const struct table_spec *table,
                  const char *metric) {
  const struct finding finding = {.table = table ? table->id : NULL, .row = table ? "key" : NULL};
  const bool of_row = table && !(table->flags & TABLE_SUMMARY);
  const struct next_step *step = next_step_find(next_steps, kind->kind, &finding, metric);
  if (!step)
    fail_msg("%s: no step for %s, %s", kind->kind, table ? table->id : "the target",
             metric ? metric : "what its collector judges");
  size_t count = 0;
  for (; count < NEXT_STEPS_MAX && step->steps[count]; count++)
    if (!is_word(step->steps[count]) &&
        !is_possible(step->steps[count], kind, table ? table->id : NULL, of_row))
      fail_msg("%s: %s is impossible for %s, %s", kind->kind, step->steps[count],
               table ? table->id : "the target", metric ? metric : "what its collector judges");
  if (count == 0 || strcmp(step->steps[count - 1], NEXT_STEP_LOGS) == 0 ||
      !is_word(step->steps[count - 1]))
    fail_msg("%s: the last step for %s is not always possible", kind->kind,
             table ? table->id : "the target");
}

static void test_all_findings(void **state) {
  (void)state;
  size_t checked = 0;
  for (const struct collector *const *each = collectors; *each; each++) {
    const struct target_kind *kind = &(*each)->kind;
    check(kind, NULL, NULL);
    for (size_t t = 0; t < (*each)->table_count; t++) {
      const struct table_spec *table = (*each)->tables[t];
      check(kind, table, NULL);
      for (size_t c = 0; c < table->column_count; c++, checked++)
        if (table->columns[c].metric)
          check(kind, table, table->columns[c].metric);
    }
  }
  assert_true(checked > 300);
}

/* No entry is left of a kind, a table or a metric that is no longer there. */
static void test_no_entry_is_dead(void **state) {
  (void)state;
  for (const struct next_step *step = next_steps; step->kind; step++) {
    bool kind = false, table = !step->table || !*step->table, metric = !step->metric;
    for (const struct collector *const *each = collectors; *each; each++) {
      if (strcmp((*each)->kind.kind, step->kind) != 0)
        continue;
      kind = true;
      for (size_t t = 0; t < (*each)->table_count; t++) {
        const struct table_spec *spec = (*each)->tables[t];
        table = table || strcmp(spec->id, step->table) == 0;
        for (size_t c = 0; c < spec->column_count && !metric; c++)
          metric = spec->columns[c].metric && strcmp(spec->columns[c].metric, step->metric) == 0;
      }
    }
    if (!kind || !table || !metric)
      fail_msg("%s, %s, %s: there is no such finding", step->kind,
               step->table ? step->table : "any table", step->metric ? step->metric : "any metric");
  }
}

/* What used to end in nothing. */
static void test_kafka_leads_to_its_group(void **state) {
  (void)state;
  const struct finding finding = {.table = "lag", .row = "ecap-consumer-group"};
  assert_string_equal(next_step_find(next_steps, "kafka", &finding, "kafka.lag")->steps[0],
                      "kafka.group");
  assert_string_equal(next_step_find(next_steps, "kafka", &finding, NULL)->steps[0], "kafka.group");
  assert_null(next_step_find(next_steps, "teapot", &finding, NULL));
  assert_null(next_step_find(NULL, "kafka", &finding, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_findings),
                                     cmocka_unit_test(test_no_entry_is_dead),
                                     cmocka_unit_test(test_kafka_leads_to_its_group)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
