#include "support/core_test.h"

#include "core/arena.h"

#include <stdalign.h>

static void test_zeroed_and_aligned(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, 1 << 20);
  for (size_t size = 0; size < 200; size++) {
    unsigned char *memory = arena_alloc(&arena, size);
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
    for (size_t i = 0; i < size; i++)
      assert_int_equal(memory[i], 0);
    memset(memory, 0xAA, size);
  }
  arena_fini(&arena);
}

/* Larger than any chunk, and across chunks: nothing overlaps. */
static void test_sizes(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, 16 << 20);
  unsigned char *blocks[300];
  size_t sizes[300];
  for (size_t i = 0; i < 300; i++) {
    sizes[i] = i == 100 ? 3 << 20 : i * 37;
    blocks[i] = arena_alloc(&arena, sizes[i]);
    assert_non_null(blocks[i]);
    memset(blocks[i], (int)(i & 0xFF), sizes[i]);
  }
  for (size_t i = 0; i < 300; i++)
    for (size_t j = 0; j < sizes[i]; j += 19)
      assert_int_equal(blocks[i][j], i & 0xFF);
  assert_false(arena.exhausted);
  arena_fini(&arena);
}

static void test_ceiling(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, 64);
  assert_non_null(arena_alloc(&arena, 48));
  assert_null(arena_alloc(&arena, 17));
  assert_true(arena.exhausted);
  assert_non_null(arena_alloc(&arena, 16)); /* smaller ones still fit; it stays marked */
  assert_true(arena.exhausted);
  assert_null(arena_alloc(&arena, 1));
  assert_null(arena_alloc(&arena, SIZE_MAX));
  assert_null(arena_alloc(&arena, SIZE_MAX - 8));
  assert_int_equal(arena.used, 64);
  arena_fini(&arena);
  assert_non_null(arena_alloc(&arena, 1)); /* as good as new, with the same ceiling */
  assert_null(arena_alloc(&arena, 64));
  arena_fini(&arena);
}

/* The rounding to alignment counts: the total never exceeds the limit. */
static void test_ceiling_holds_for_small_pieces(void **state) {
  (void)state;
  for (size_t ceiling = 0; ceiling < 70; ceiling++) {
    struct arena arena;
    arena_init(&arena, ceiling);
    for (int i = 0; i < 100; i++)
      arena_alloc(&arena, 1);
    assert_true(arena.used <= ceiling);
    assert_true(arena.exhausted);
    arena_fini(&arena);
  }
}

static void test_texts(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, 128);
  assert_string_equal(arena_text(&arena, "abcdef", 3), "abc");
  assert_string_equal(arena_text(&arena, NULL, 0), "");
  assert_memory_equal(arena_text(&arena, "a\0b", 3), "a\0b", 4);
  assert_string_equal(arena_printf(&arena, "%d %s", 42, "x"), "42 x");
  const char *cut = arena_printf(&arena, "%0200d", 1);
  assert_string_equal(cut, ""); /* completely or not at all */
  assert_true(arena.exhausted);
  assert_string_equal(arena_text(&arena, "x", 200), "");
  arena_fini(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zeroed_and_aligned),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_ceiling),
      cmocka_unit_test(test_ceiling_holds_for_small_pieces),
      cmocka_unit_test(test_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
