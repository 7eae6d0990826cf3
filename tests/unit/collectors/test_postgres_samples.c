/* Averages of sampled sessions: of windows, with gaps, and when the ring has gone round. */
#include "collectors/postgres/postgres_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { SECOND = 1000000 };

static void sample(struct samples *samples, int second, int sessions) {
  samples_begin(samples, 7 * SECOND + (int64_t)second * SECOND);
  for (int i = 0; i < sessions; i++)
    samples_add(samples, SAMPLE_EVENT, "CPU", NULL);
}

static double of_cpu(const struct samples *samples, int from, int to) {
  return samples_average(samples, samples_find(samples, SAMPLE_EVENT, "CPU"), from, to);
}

static void test_windows(void **state) {
  struct samples samples = {0};
  (void)state;
  for (int second = 0; second < 120; second++)
    sample(&samples, second, second < 60 ? 1 : 3);
  assert_float_equal(of_cpu(&samples, 0, 60), 3, 1e-9);
  assert_float_equal(of_cpu(&samples, 60, 900), 1, 1e-9);
  assert_float_equal(of_cpu(&samples, 0, 900), 2, 1e-9);
  assert_int_equal(samples_taken(&samples, 0, 60), 60);
  assert_float_equal(samples_average_all(&samples, samples_find(&samples, SAMPLE_EVENT, "CPU")), 2,
                     1e-9);
  samples_fini(&samples);
}

static struct sampled cpu_of(const struct samples *samples) {
  return *samples_find(samples, SAMPLE_EVENT, "CPU");
}

/* Samples of that many sessions, the window moving; as a page does it. */
static void watch(struct samples *samples, int *second, int seconds, int sessions) {
  for (int i = 0; i < seconds; i++) {
    sample(samples, (*second)++, sessions);
    samples_window_move(samples);
  }
}

static void test_chosen_windows(void **state) {
  struct samples samples = {0};
  struct sampled cpu;
  int second = 0;
  (void)state;
  sample(&samples, second++, 1);
  samples_window_begin(&samples, false); /* opened */
  samples_window_move(&samples);
  cpu = cpu_of(&samples);
  assert_float_equal(samples_average_window(&samples, &cpu), 1, 1e-9);
  assert_true(samples_average_before(&samples, &cpu) < 0);
  watch(&samples, &second, 19, 1);

  sample(&samples, second++, 4); /* the first mark: what was before it is compared with */
  samples_window_begin(&samples, false);
  samples_window_move(&samples);
  watch(&samples, &second, 1000, 4); /* longer than what is kept by seconds */
  cpu = cpu_of(&samples);
  assert_float_equal(samples_average_window(&samples, &cpu), 4, 1e-9);
  assert_float_equal(samples_average_before(&samples, &cpu), 1, 1e-9);

  for (int i = 0; i < 50; i++) /* the second: the window stays */
    sample(&samples, second++, 9);
  cpu = cpu_of(&samples);
  assert_float_equal(samples_average_window(&samples, &cpu), 4, 1e-9);

  sample(&samples, second++, 2); /* the third: that window is compared with */
  samples_window_begin(&samples, true);
  samples_window_move(&samples);
  watch(&samples, &second, 9, 2);
  samples_add(&samples, SAMPLE_EVENT, "IO", NULL); /* new in it */
  samples_window_move(&samples);
  cpu = cpu_of(&samples);
  assert_float_equal(samples_average_window(&samples, &cpu), 2, 1e-9);
  assert_float_equal(samples_average_before(&samples, &cpu), 4, 1e-9);
  const struct sampled *io = samples_find(&samples, SAMPLE_EVENT, "IO");
  assert_float_equal(samples_average_window(&samples, io), 0.1, 1e-9);
  assert_float_equal(samples_average_before(&samples, io), 0, 1e-9);
  samples_fini(&samples);
}

/* Seconds without a sample are no zeros. */
static void test_gaps(void **state) {
  struct samples samples = {0};
  (void)state;
  sample(&samples, 0, 4);
  assert_true(of_cpu(&samples, 60, 900) < 0);
  sample(&samples, 30, 2);
  assert_float_equal(of_cpu(&samples, 0, 60), 3, 1e-9);
  assert_int_equal(samples_taken(&samples, 0, 60), 2);
  sample(&samples, 5000, 1); /* the ring has gone round meanwhile */
  assert_float_equal(of_cpu(&samples, 0, 900), 1, 1e-9);
  assert_float_equal(samples_average_all(&samples, samples_find(&samples, SAMPLE_EVENT, "CPU")),
                     7.0 / 3, 1e-9);
  sample(&samples, 4999, 1); /* a clock that goes back */
  assert_int_equal(samples_taken(&samples, 0, 60), 2);
  samples_fini(&samples);
}

static void test_round(void **state) {
  struct samples samples = {0};
  (void)state;
  for (int second = 0; second < 2000; second++)
    sample(&samples, second, second < 1990 ? 1 : 61);
  assert_float_equal(of_cpu(&samples, 0, 60), 11, 1e-9);
  assert_int_equal(samples_taken(&samples, 0, 5000), SAMPLES_KEPT_S);
  samples_fini(&samples);
}

static void test_bounded(void **state) {
  struct samples samples = {0};
  char key[32];
  (void)state;
  samples_begin(&samples, SECOND);
  for (int i = 0; i < 3 * SAMPLES_THINGS_MAX; i++) {
    snprintf(key, sizeof key, "app %d", i);
    samples_add(&samples, SAMPLE_APPLICATION, key, NULL);
  }
  const struct sampled *others = samples_find(&samples, SAMPLE_APPLICATION, SAMPLES_OTHERS);
  assert_non_null(others);
  assert_int_equal(others->total, 2 * SAMPLES_THINGS_MAX);
  assert_true(samples.count <= SAMPLES_THINGS_MAX + 1);
  samples_fini(&samples);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_windows), cmocka_unit_test(test_chosen_windows),
      cmocka_unit_test(test_gaps),    cmocka_unit_test(test_round),
      cmocka_unit_test(test_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
