/* Read-only: its sources, who may end it, and when it is back. */
#include "core/mem.h"
#include "operate/lock.h"
#include "support/core_test.h"

struct fixture {
  struct config *config;
  struct target *target;
  struct operations operations;
  struct lock lock;
};

static int setup(void **state) {
  static const struct target_kind kind = {.kind = "fake", .key = "fakes", .title = "Fake"};
  struct fixture *f = mem_new(sizeof *f);
  unsetenv("STACKTOP_READ_ONLY");
  f->config = config_new();
  f->config->name = mem_dup("ecap");
  f->target = target_new(&kind, "main");
  config_add(f->config, f->target);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  unsetenv("STACKTOP_READ_ONLY");
  config_free(f->config);
  free(f);
  return 0;
}

static bool allowed(struct fixture *f, int64_t now_ms) {
  struct err err = {0};
  bool allows = lock_allows(&f->lock, f->target, now_ms, &err);
  assert_int_equal(allows, err.kind == ERR_NONE);
  return allows;
}

static bool opens(struct fixture *f, const char *typed, int64_t now_ms, const char *why) {
  struct err err = {0};
  bool open = lock_open(&f->lock, f->config, typed, now_ms, &err);
  if (!open && !strstr(err.text, why))
    fail_msg("\"%s\" is not in \"%s\"", why, err.text);
  return open;
}

static void test_open_at_first(void **state) {
  struct fixture *f = *state;
  lock_init(&f->lock, f->config, false, false);
  assert_true(allowed(f, 1000));
  assert_false(lock_show(&f->lock, &f->operations, 1000));
  assert_int_equal(f->operations.lock, LOCK_OPEN);
  assert_null(f->operations.lock_why);
  assert_false(opens(f, "ecap", 1000, "not in read-only mode"));
}

static void check_why(struct fixture *f, bool read_only, bool wall, const char *why, bool fixed) {
  lock_init(&f->lock, f->config, read_only, wall);
  assert_string_equal(f->lock.why, why);
  assert_int_equal(f->lock.fixed, fixed);
  assert_false(allowed(f, 1000));
  assert_int_equal(opens(f, "ecap", 1000, "stays read-only"), !fixed);
  assert_int_equal(allowed(f, 1001), !fixed);
}

static void test_where_it_comes_from(void **state) {
  struct fixture *f = *state;
  check_why(f, true, false, "--read-only", false);
  check_why(f, true, true, "--wall", true);
  f->config->read_only = true;
  check_why(f, false, false, "read_only in the configuration", false);
  setenv("STACKTOP_READ_ONLY", "1", 1);
  check_why(f, true, false, "STACKTOP_READ_ONLY is set", true);
  setenv("STACKTOP_READ_ONLY", "no", 1); /* any value except 0 */
  check_why(f, false, false, "STACKTOP_READ_ONLY is set", true);
  f->config->read_only = false;
  static const char *const unset[] = {"", "0"};
  for (size_t i = 0; i < COUNT(unset); i++) {
    setenv("STACKTOP_READ_ONLY", unset[i], 1);
    lock_init(&f->lock, f->config, false, false);
    assert_true(allowed(f, 1000));
  }
}

static void test_a_target_of_its_own(void **state) {
  struct fixture *f = *state;
  f->target->read_only = true;
  lock_init(&f->lock, f->config, true, false);
  assert_true(opens(f, "ecap", 1000, ""));
  assert_false(allowed(f, 1001)); /* unlocked or not */
}

static void test_a_disabled_target(void **state) {
  struct fixture *f = *state;
  struct err err = {0};
  f->target->disabled = mem_dup("moves to the new rack");
  lock_init(&f->lock, f->config, false, false);
  assert_false(lock_allows(&f->lock, f->target, 1000, &err));
  assert_non_null(strstr(err.text, " is disabled: moves to the new rack"));
}

static void test_the_name_is_asked_for(void **state) {
  struct fixture *f = *state;
  lock_init(&f->lock, f->config, true, false);
  assert_false(opens(f, "", 1000, "`:unlock ecap`"));
  assert_false(opens(f, "Ecap", 1000, "`:unlock ecap`"));
  f->config->environment = mem_dup("eu prod");
  assert_false(opens(f, "ecap", 1000, "`:unlock eu prod`"));
  assert_false(allowed(f, 1000));
  assert_true(opens(f, "eu prod", 1000, ""));
  assert_true(allowed(f, 1000));
}

static void test_it_is_back_when_nothing_is_done(void **state) {
  struct fixture *f = *state;
  lock_init(&f->lock, f->config, true, false);
  assert_true(lock_show(&f->lock, &f->operations, 1000));
  assert_int_equal(f->operations.lock, LOCK_READ_ONLY);
  lock_touch(&f->lock, 1000); /* an action does not unlock */
  assert_false(allowed(f, 1000));
  assert_true(opens(f, "ecap", 1000, ""));
  assert_true(lock_show(&f->lock, &f->operations, 1000));
  assert_int_equal(f->operations.lock, LOCK_UNLOCKED);
  assert_int_equal(f->operations.lock_ms, 1000 + LOCK_IDLE_MS);
  assert_true(allowed(f, 1000 + LOCK_IDLE_MS - 1));
  lock_touch(&f->lock, 2000);
  assert_true(allowed(f, 2000 + LOCK_IDLE_MS - 1));
  assert_false(allowed(f, 2000 + LOCK_IDLE_MS));
  lock_touch(&f->lock, 2000 + LOCK_IDLE_MS); /* too late */
  assert_false(allowed(f, 2000 + LOCK_IDLE_MS));
  assert_true(lock_show(&f->lock, &f->operations, 2000 + LOCK_IDLE_MS));
  assert_int_equal(f->operations.lock, LOCK_READ_ONLY);
  assert_int_equal(f->operations.lock_ms, 0);
}

static void test_locked_by_hand(void **state) {
  struct fixture *f = *state;
  lock_init(&f->lock, f->config, true, false);
  assert_true(opens(f, "ecap", 1000, ""));
  lock_close(&f->lock);
  assert_false(allowed(f, 1001));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_open_at_first),         TEST(test_where_it_comes_from),
      TEST(test_a_target_of_its_own),   TEST(test_a_disabled_target),
      TEST(test_the_name_is_asked_for), TEST(test_it_is_back_when_nothing_is_done),
      TEST(test_locked_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
