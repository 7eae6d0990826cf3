#include "core/map.h"
#include "core/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 3000 };

static char (*texts_make(void))[16] {
  char(*texts)[16] = mem_new(MANY * sizeof *texts);
  for (size_t i = 0; i < MANY; i++)
    snprintf(texts[i], sizeof texts[i], "key %zu", i);
  return texts;
}

static void a_key_is_found_by_its_text(void **state) {
  struct map map = {0};
  char copy[] = "one";
  (void)state;
  assert_null(map_find(&map, "one"));
  assert_false(map_remove(&map, "one"));
  assert_true(map_add(&map, "one", 1));
  assert_true(map_add(&map, "", 2));
  assert_false(map_add(&map, copy, 7)); /* it exists: the first stays */
  assert_int_equal(map_find(&map, copy)->value, 1);
  assert_int_equal(map_find(&map, "")->value, 2);
  assert_null(map_find(&map, "on"));
  map_find(&map, "one")->value = 9;
  assert_int_equal(map_find(&map, "one")->value, 9);
  map_fini(&map);
  assert_null(map_find(&map, "one"));
  assert_true(map_add(&map, "one", 3)); /* it may be used again */
  assert_int_equal(map.count, 1);
  map_fini(&map);
}

static void it_grows_and_stays_at_most_half_full(void **state) {
  char(*texts)[16] = texts_make();
  struct map map = {0};
  (void)state;
  for (size_t i = 0; i < MANY; i++) {
    assert_true(map_add(&map, texts[i], i));
    assert_true(map.count * 2 <= map.capacity + 2);
  }
  for (size_t i = 0; i < MANY; i++)
    assert_int_equal(map_find(&map, texts[i])->value, i);
  assert_int_equal(map.count, MANY);
  map_fini(&map);
  free(texts);
}

/* All keys in a few slots of one chain, and around the end of the table. */
static uint64_t hash_badly(const void *key) {
  return strlen(key) % 3 == 0 ? 15 : 14;
}

static bool same_text(const void *a, const void *b) {
  return strcmp(a, b) == 0;
}

static void keys_that_collide_are_distinguished(void **state) {
  enum { COUNT = 60 };
  struct map map = {.hash = hash_badly, .same = same_text};
  char(*texts)[16] = texts_make();
  (void)state;
  for (size_t i = 0; i < COUNT; i++)
    assert_true(map_add(&map, texts[i], i));
  for (size_t removed = 0; removed < COUNT; removed += 2) { /* the others stay within reach */
    assert_true(map_remove(&map, texts[removed]));
    assert_false(map_remove(&map, texts[removed]));
    for (size_t i = 0; i < COUNT; i++) {
      struct map_slot *found = map_find(&map, texts[i]);
      if (i <= removed && i % 2 == 0)
        assert_null(found);
      else
        assert_int_equal(found->value, i);
    }
  }
  assert_int_equal(map.count, COUNT / 2);
  map_fini(&map);
  free(texts);
}

/* Against a plain array: keys that are added and removed in any order are there, or are not. */
static void adding_and_removing_in_any_order(void **state) {
  enum { KEYS = 200, STEPS = 20000 };
  char(*texts)[16] = texts_make();
  bool there[KEYS] = {0};
  struct map map = {0};
  uint32_t chance = 12345;
  size_t count = 0;
  (void)state;
  for (int step = 0; step < STEPS; step++) {
    chance = chance * 1664525U + 1013904223U;
    size_t key = (chance >> 8) % KEYS;
    if (chance >> 31) {
      assert_int_equal(map_add(&map, texts[key], key), !there[key]);
      there[key] = true;
    } else {
      assert_int_equal(map_remove(&map, texts[key]), there[key]);
      there[key] = false;
    }
  }
  for (size_t key = 0; key < KEYS; key++) {
    assert_int_equal(map_find(&map, texts[key]) != NULL, there[key]);
    count += there[key];
  }
  assert_int_equal(map.count, count);
  map_fini(&map);
  free(texts);
}

static bool drop_odd(void *arg, const void *key, size_t value) {
  *(size_t *)arg += strncmp(key, "key", 3) == 0;
  return value % 2;
}

static void a_sweep_drops_those_that_are_named(void **state) {
  char(*texts)[16] = texts_make();
  struct map map = {0};
  size_t seen = 0;
  (void)state;
  map_sweep(&map, drop_odd, &seen);
  assert_int_equal(seen, 0);
  for (size_t i = 0; i < MANY; i++)
    assert_true(map_add(&map, texts[i], i));
  map_sweep(&map, drop_odd, &seen);
  assert_int_equal(seen, MANY);
  assert_int_equal(map.count, MANY / 2);
  for (size_t i = 0; i < MANY; i++)
    assert_int_equal(map_find(&map, texts[i]) != NULL, i % 2 == 0);
  map_fini(&map);
  free(texts);
}

static void parts_of_a_hash_do_not_run_together(void **state) {
  (void)state;
  assert_true(map_hash_text(map_hash_text(MAP_HASH, "ab"), "c") !=
              map_hash_text(map_hash_text(MAP_HASH, "a"), "bc"));
  assert_true(map_hash_text(MAP_HASH, NULL) == map_hash_text(MAP_HASH, ""));
  assert_true(map_hash_number(MAP_HASH, 1) != map_hash_number(MAP_HASH, UINT64_C(1) << 56));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_is_found_by_its_text),
      cmocka_unit_test(it_grows_and_stays_at_most_half_full),
      cmocka_unit_test(keys_that_collide_are_distinguished),
      cmocka_unit_test(adding_and_removing_in_any_order),
      cmocka_unit_test(a_sweep_drops_those_that_are_named),
      cmocka_unit_test(parts_of_a_hash_do_not_run_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
