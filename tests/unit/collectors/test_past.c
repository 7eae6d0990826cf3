/* What a collector remembers of rows: by their keys, as long as they are listed. */
#include "collectors/past.h"

#include "support/core_test.h"

static void collection(struct pasts *pasts, const char *const *keys) {
  pasts_begin(pasts);
  for (size_t i = 0; keys[i]; i++)
    past_of(pasts, keys[i])->restarts.known++;
  pasts_forget_the_gone(pasts);
}

static void test_rows_are_remembered_and_forgotten(void **state) {
  struct pasts pasts = {0};
  (void)state;
  collection(&pasts, (const char *const[]){"a", "b", "c", NULL});
  collection(&pasts, (const char *const[]){"c", "a", "d", NULL});
  assert_int_equal(pasts.count, 3);
  pasts_begin(&pasts);
  assert_int_equal(past_of(&pasts, "a")->restarts.known, 1);
  assert_int_equal(past_of(&pasts, "c")->restarts.known, 1);
  assert_int_equal(past_of(&pasts, "d")->restarts.known, 0);
  assert_int_equal(past_of(&pasts, "b")->restarts.known, -1); /* it was gone: it is another one */
  pasts_fini(&pasts);
}

/* Containers that come and go, as of a job each second. */
static void test_it_does_not_grow(void **state) {
  struct pasts pasts = {0};
  char key[16];
  (void)state;
  for (int i = 0; i < 1000; i++) {
    snprintf(key, sizeof key, "job-%d", i);
    collection(&pasts, (const char *const[]){"always", key, NULL});
  }
  assert_int_equal(pasts.count, 2);
  assert_int_equal(pasts.capacity, 16);
  assert_int_equal(past_of(&pasts, "always")->restarts.known, 999);
  pasts_fini(&pasts);
}

/* More than there is room for at first, in one collection. */
static void test_many(void **state) {
  struct pasts pasts = {0};
  char key[16];
  (void)state;
  for (int round = 0; round < 2; round++) {
    pasts_begin(&pasts);
    for (int i = 0; i < 500; i++) {
      snprintf(key, sizeof key, "row-%d", i);
      struct past *past = past_of(&pasts, key);
      assert_string_equal(past->key, key);
      assert_int_equal(past->restarts.known++, round - 1);
    }
    pasts_forget_the_gone(&pasts);
  }
  assert_int_equal(pasts.count, 500);
  pasts_fini(&pasts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows_are_remembered_and_forgotten),
      cmocka_unit_test(test_it_does_not_grow),
      cmocka_unit_test(test_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
