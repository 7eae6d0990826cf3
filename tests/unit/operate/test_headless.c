/* The checks of `stacktop apply` before anything begins, and how `stacktop plan` parses its words.
 */
#include "core/mem.h"
#include "io/clock.h"
#include "operate/headless/headless_apply.h"
#include "operate/headless/headless_plan.h"
#include "operate/plan_file.h"
#include "support/core_test.h"

static const struct target_kind kind = {.kind = "postgres", .key = "postgres", .title = "PG"};

static void headless_setup(struct headless *headless) {
  unsetenv("STACKTOP_READ_ONLY");
  *headless = (struct headless){.config = config_new()};
  config_add(headless->config, target_new(&kind, "ecap"));
  model_init(&headless->model, headless->config);
}

static struct plan *plan_of(const struct config *config) {
  static const struct action_spec spec = {.id = "postgres.x", .kind = "postgres", .title = "x"};
  struct plan *plan = plan_new(&spec, "ecap", config->environment, config_is_production(config));
  plan_object(plan, "8123", "pid 8123");
  plan->made_ms = clock_wall_ms();
  return plan;
}

static void teardown(struct headless *headless, struct plan *plan) {
  plan_free(plan);
  model_fini(&headless->model);
  config_free(headless->config);
}

static void check_unfit(const struct plan *plan, const struct config *config, const char *words) {
  const struct target *target = NULL;
  struct err err = {0};
  assert_false(headless_apply_fits(plan, config, &target, &err));
  if (!strstr(err.text, words))
    fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void test_the_plan_fits_the_configuration(void **state) {
  (void)state;
  struct headless headless;
  headless_setup(&headless);
  struct config *config = headless.config;
  config->environment = mem_dup("staging");
  struct plan *plan = plan_of(config);
  const struct target *target = NULL;
  struct err err = {0};
  assert_true(headless_apply_fits(plan, config, &target, &err));
  assert_ptr_equal(target, config->targets[0]);
  plan->production = true; /* its risk was different when the plan was made */
  check_unfit(plan, config, "now classified differently");
  plan->environment = "production";
  check_unfit(plan, config, "for the environment \"production\", but");
  plan->environment = NULL;
  check_unfit(plan, config, "for the environment \"\"");
  plan->target = "other";
  check_unfit(plan, config, "for postgres \"other\", which is not in the configuration");
  teardown(&headless, plan);
}

static void test_the_typed_phrase_confirms(void **state) {
  (void)state;
  struct headless headless;
  headless_setup(&headless);
  struct plan *plan = plan_of(headless.config);
  struct err err = {0};
  assert_true(headless_apply_agreed(plan, "y", &err));
  assert_false(headless_apply_agreed(plan, "n", &err));
  assert_non_null(strstr(err.text, "that is not `y`; nothing was done"));
  plan->made_ms -= PLAN_FILE_LIFETIME_MS + 1;
  assert_false(headless_apply_agreed(plan, "y", &err));
  assert_non_null(strstr(err.text, "older than an hour"));
  teardown(&headless, plan);
}

static void test_read_only(void **state) {
  (void)state;
  struct headless headless;
  headless_setup(&headless);
  struct err err = {0};
  lock_init(&headless.lock, headless.config, false, false);
  assert_true(headless_apply_may(&headless, &err));
  lock_init(&headless.lock, headless.config, true, false);
  assert_false(headless_apply_may(&headless, &err));
  assert_string_equal(err.text, "read-only (--read-only): nothing was done");
  teardown(&headless, NULL);
}

static int collected;

static void on_collect(void *arg) {
  struct headless *headless = arg;
  struct err err;
  collected++;
  err_set(&err, ERR_REFUSED, "connection refused");
  model_fail(&headless->model, 0, &err, 1000);
}

static void test_a_server_that_does_not_answer(void **state) {
  (void)state;
  struct headless headless;
  headless_setup(&headless);
  headless.collect = on_collect;
  headless.collect_arg = &headless;
  struct plan *plan = plan_of(headless.config);
  struct err err = {0}, unknown = {.kind = ERR_IO};
  assert_true(headless_apply_at(&headless, plan, &unknown, &err));
  assert_int_equal(collected, 0); /* the plan names no server: none is asked */
  assert_int_equal(unknown.kind, ERR_NONE);
  plan->address = "127.0.0.1:5432";
  assert_true(headless_apply_at(&headless, plan, &unknown, &err));
  assert_int_equal(collected, 1);
  assert_int_equal(unknown.kind, ERR_REFUSED); /* it is reported, and the effect will find out */
  teardown(&headless, plan);
}

static void test_nonsense_words(void **state) {
  (void)state;
  struct headless headless;
  headless_setup(&headless);
  struct err err = {0};
  static const char *const words[] = {"postgres.vacuum", "nobody"};
  assert_null(headless_plan_target(headless.config, actions, 2, words, &err));
  assert_non_null(strstr(err.text, "nobody"));
  static const char *const good[] = {"postgres.vacuum", "ecap"};
  assert_ptr_equal(headless_plan_target(headless.config, actions, 2, good, &err),
                   headless.config->targets[0]);
  teardown(&headless, NULL);
}

#define TEST(function) cmocka_unit_test(function)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_the_plan_fits_the_configuration),
      TEST(test_the_typed_phrase_confirms),
      TEST(test_read_only),
      TEST(test_a_server_that_does_not_answer),
      TEST(test_nonsense_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
