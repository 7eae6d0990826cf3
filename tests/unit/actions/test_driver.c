/* The driver itself, and what every action must declare. */
#include "act_driver.h"
#include "support/core_test.h"

#include <ctype.h>

static void test_each_spec_is_complete(void **state) {
  (void)state;
  for (const struct action *const *each = actions; *each; each++) {
    const struct action_spec *spec = &(*each)->spec;
    size_t kind = strlen(spec->kind);
    assert_int_equal(strncmp(spec->id, spec->kind, kind), 0);
    assert_int_equal(spec->id[kind], '.');
    assert_true(spec->title && islower((unsigned char)*spec->title));
    assert_true(spec->what && spec->runs);
    if (spec->danger == DANGER_NONE) { /* it only reads: its survey is all there is */
      assert_true((*each)->survey && !(*each)->plan && !(*each)->execute && !(*each)->verify);
    } else {
      assert_true((*each)->plan && (*each)->execute && (*each)->execute->start);
      assert_non_null((*each)->execute->drop);
    }
    assert_true(spec->key == 0 || (spec->key >= 'A' && spec->key <= 'Z'));
    assert_true(spec->choice == CHOICE_NONE || (*each)->survey);
    /* several rows, or several targets, of which each is one service */
    assert_true(!spec->many || spec->table || strcmp(spec->kind, "service") == 0);
    assert_ptr_equal(action_find(spec->id), *each);
    for (size_t i = 0; i < spec->param_count; i++)
      assert_non_null(spec->params[i].help);
  }
}

static void test_no_two_actions_share_an_id_or_a_key(void **state) {
  (void)state;
  for (const struct action *const *a = actions; *a; a++)
    for (const struct action *const *b = a + 1; *b; b++) {
      const struct action_spec *one = &(*a)->spec, *two = &(*b)->spec;
      assert_string_not_equal(one->id, two->id);
      if (strcmp(one->kind, two->kind) == 0 && one->key)
        assert_int_not_equal(one->key, two->key);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_spec_is_complete),
      cmocka_unit_test(test_no_two_actions_share_an_id_or_a_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
