#include "support/core_test.h"

#include "model/history.h"

#include <math.h>

static void add(struct history *history, const char *key, float value) {
  history_add(history, 0, key, 1, value);
}

static void test_ring(void **state) {
  (void)state;
  struct history *history = history_new();
  assert_null(history_find(history, 0, "a", 1));
  for (int i = 0; i < 3; i++) {
    add(history, "a", (float)i);
    history_sweep(history);
  }
  const struct history_ring *ring = history_find(history, 0, "a", 1);
  assert_int_equal(ring->count, 3);
  assert_true(history_value(ring, 0) == 2);
  assert_true(history_value(ring, 2) == 0);
  assert_true(isnan(history_value(ring, 3)));
  assert_true(isnan(history_value(ring, SIZE_MAX)));
  for (int i = 3; i < HISTORY_LENGTH + 5; i++) {
    add(history, "a", (float)i);
    history_sweep(history);
  }
  assert_int_equal(ring->count, HISTORY_LENGTH);
  assert_true(history_value(ring, 0) == HISTORY_LENGTH + 4);
  assert_true(history_value(ring, HISTORY_LENGTH - 1) == 5);
  assert_true(isnan(history_value(ring, HISTORY_LENGTH)));
  history_free(history);
  history_free(NULL);
}

static void test_cells_are_apart(void **state) {
  (void)state;
  struct history *history = history_new();
  for (size_t table = 0; table < 2; table++)
    for (size_t column = 0; column < 2; column++)
      for (size_t key = 0; key < 300; key++) {
        char text[16];
        snprintf(text, sizeof text, "%zu", key);
        history_add(history, table, text, column, (float)(table * 10000 + column * 1000 + key));
      }
  for (size_t key = 0; key < 300; key++) {
    char text[16];
    snprintf(text, sizeof text, "%zu", key);
    assert_true(history_value(history_find(history, 1, text, 1), 0) == (float)(11000 + key));
  }
  assert_null(history_find(history, 2, "0", 0));
  assert_null(history_find(history, 0, "", 0));
  assert_null(history_find(NULL, 0, "0", 0));
  history_free(history);
}

static void test_ceiling_and_sweep(void **state) {
  (void)state;
  struct history *history = history_new();
  char text[16];
  for (int i = 0; i < HISTORY_RINGS_MAX + 10; i++) {
    snprintf(text, sizeof text, "%d", i);
    add(history, text, 1);
  }
  snprintf(text, sizeof text, "%d", HISTORY_RINGS_MAX - 1);
  assert_non_null(history_find(history, 0, text, 1));
  snprintf(text, sizeof text, "%d", HISTORY_RINGS_MAX);
  assert_null(history_find(history, 0, text, 1));
  for (int i = 0; i < HISTORY_LENGTH - 1; i++) { /* gone, but not for long enough */
    history_sweep(history);
    add(history, "0", 1);
  }
  assert_non_null(history_find(history, 0, "1", 1));
  for (int i = 0; i < 2 * HISTORY_LENGTH; i++) {
    history_sweep(history);
    add(history, "0", 1);
  }
  assert_null(history_find(history, 0, "1", 1));
  assert_non_null(history_find(history, 0, "0", 1)); /* it was there all the time */
  add(history, "new", 1);
  assert_non_null(history_find(history, 0, "new", 1)); /* there is room again */
  history_free(history);
}

/* A row that was away has a gap, and not its old values beside the new ones. */
static void test_gap(void **state) {
  (void)state;
  struct history *history = history_new();
  add(history, "a", 1);
  history_sweep(history);
  add(history, "a", 2);
  for (int i = 0; i < 4; i++) /* this sample's, and three without the row */
    history_sweep(history);
  add(history, "a", 3);
  const struct history_ring *ring = history_find(history, 0, "a", 1);
  assert_int_equal(ring->count, 6);
  assert_true(history_value(ring, 0) == 3);
  for (size_t age = 1; age <= 3; age++)
    assert_true(isnan(history_value(ring, age)));
  assert_true(history_value(ring, 4) == 2);
  for (int i = 0; i < HISTORY_LENGTH - 2; i++) /* a gap as long as the ring leaves nothing old */
    history_sweep(history);
  add(history, "a", 4);
  assert_int_equal(ring->count, HISTORY_LENGTH);
  assert_true(history_value(ring, 0) == 4);
  assert_true(isnan(history_value(ring, 1)));
  history_free(history);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ring),
      cmocka_unit_test(test_cells_are_apart),
      cmocka_unit_test(test_ceiling_and_sweep),
      cmocka_unit_test(test_gap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
