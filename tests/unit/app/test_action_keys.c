/* The keys of all actions: capital letters that neither the view nor another action of the same
 * kind uses. */
#include "actions/action.h"
#include "ui/dialog/dialog.h"
#include "ui/view/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_no_key_is_taken_twice(void **state) {
  (void)state;
  struct err err = {0};
  assert_non_null(action_specs[0]);
  if (!view_action_keys_check(action_specs, &err))
    fail_msg("%s", err.text);
}

static void test_a_form_has_a_field_for_each_parameter(void **state) {
  (void)state;
  for (size_t i = 0; action_specs[i]; i++)
    assert_true(action_specs[i]->param_count <= DIALOG_FIELDS_MAX);
}

/* An action that only reads ends with its survey's table; the pipeline calls the plan of all
 * others. */
static void test_what_only_reads_has_a_choice_and_no_plan(void **state) {
  (void)state;
  for (size_t i = 0; actions[i]; i++) {
    const struct action *action = actions[i];
    const bool reads = action->spec.danger == DANGER_NONE;
    if (reads ? action->spec.choice == CHOICE_NONE || !action->survey || action->plan
              : !action->plan)
      fail_msg("%s", action->spec.id);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_key_is_taken_twice),
      cmocka_unit_test(test_a_form_has_a_field_for_each_parameter),
      cmocka_unit_test(test_what_only_reads_has_a_choice_and_no_plan)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
