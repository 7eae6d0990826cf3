/* A reload: which targets go on, with their state, and which are new. */
#include "core/mem.h"
#include "model/config/config_adopt.h"
#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct option options[] = {{.name = "address", .type = OPTION_TEXT},
                                        {.name = "tags", .type = OPTION_LIST}};
static const struct target_kind kind = {.kind = "service",
                                        .key = "services",
                                        .title = "Services",
                                        .options = options,
                                        .option_count = 2};

static struct target *add(struct config *config, const char *name, const char *address) {
  struct target *target = target_new(&kind, name);
  struct err err;
  assert_true(option_parse(&options[0], address, &target->values[0], &err));
  target->values[0].set = true;
  target->interval_ms = 2000;
  config_add(config, target);
  return target;
}

static void rule_add(struct target *target, double warn) {
  target->rules.items = mem_new(sizeof *target->rules.items);
  target->rules.items[target->rules.count++] =
      (struct rule){.metric = mem_dup("m"), .threshold = {.has_warn = true, .warn = warn}};
}

static void test_what_goes_on(void **state) {
  (void)state;
  struct config *old = config_new(), *config = config_new();
  struct target *same = add(old, "same", "a:1");
  add(old, "changed", "b:1");
  add(old, "gone", "c:1");
  rule_add(same, 1);
  same->depends_on = mem_new(sizeof *same->depends_on);
  same->depends_on[same->depends_count++] = mem_dup("service:gone");
  add(config, "new", "d:1");
  add(config, "changed", "b:2");
  rule_add(add(config, "same", "a:1"), 2);
  struct model model;
  model_init(&model, old);
  model.targets[0].failures = 7;
  struct history *history = model.targets[0].history;
  findings_add(model.findings, 0, NULL, NULL, NULL)->since_ms = 1234;
  findings_add(model.findings, 2, NULL, NULL, NULL)->since_ms = 5678;
  for (size_t i = 0; i < 2; i++)
    model.findings->items[i].subject = model.findings->items[i].sentence = "x";
  size_t from[3];
  config_adopt(config, old, from);
  assert_true(from[0] == SIZE_MAX && from[1] == SIZE_MAX && from[2] == 0);
  assert_ptr_equal(config->targets[2], same);
  assert_ptr_equal(config->all[2], same);
  assert_ptr_equal(same->config, config);
  assert_true(same->rules.items[0].threshold.warn == 2);
  assert_int_equal(same->depends_count, 0);
  model_rebase(&model, config, from);
  assert_int_equal(model.target_count, 3);
  assert_int_equal(model.targets[2].failures, 7);
  assert_ptr_equal(model.targets[2].history, history);
  assert_int_equal(model.targets[0].failures, 0);
  assert_int_equal(model.findings->count, 1);
  assert_int_equal(model.findings->items[0].target_index, 2);
  assert_int_equal(model.findings->items[0].since_ms, 1234);
  config_free(old);
  assert_string_equal(model.targets[2].target->name, "same");
  model_fini(&model);
  config_free(config);
}

static void test_every_option_counts(void **state) {
  (void)state;
  size_t from[1];
  for (int i = 0; i < 6; i++) {
    struct config *old = config_new(), *config = config_new();
    add(old, "a", "a:1");
    struct target *target = add(config, i == 1 ? "b" : "a", i == 2 ? "a:2" : "a:1");
    if (i == 3)
      target->interval_ms = 3000;
    if (i == 4)
      target->disabled = mem_dup("why");
    if (i == 5) {
      target->values[1] = (struct option_value){.set = true, .item_count = 1};
      target->values[1].items = mem_new(sizeof(char *));
      target->values[1].items[0] = mem_dup("x");
    }
    config_adopt(config, old, from);
    assert_true((from[0] == 0) == (i == 0));
    config_free(old);
    config_free(config);
  }
}

/* Who watches a target may hold on to one that it names. */
static void test_who_names_one_that_changes_is_another_one(void **state) {
  (void)state;
  struct target_kind rule = kind;
  static const char *const names[] = {"service", NULL};
  rule.kind = "alert";
  rule.names = names;
  for (int i = 0; i < 4; i++) {
    struct config *old = config_new(), *config = config_new();
    size_t from[4];
    add(old, "a", "a:1");
    config_add(old, target_new(&rule, "rule"));
    config_add(config, target_new(&rule, "rule"));
    if (i != 1)
      add(config, "a", i == 2 ? "a:2" : "a:1");
    if (i == 3)
      add(config, "more", "m:1");
    config_adopt(config, old, from);
    assert_true((from[0] == 1) == (i == 0));
    config_free(old);
    config_free(config);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_goes_on), cmocka_unit_test(test_every_option_counts),
      cmocka_unit_test(test_who_names_one_that_changes_is_another_one)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
