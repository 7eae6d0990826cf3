#include "collectors/kafka/kafka_lag.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Offsets every two seconds, from 10,000 s on. */
static size_t every_two_seconds(struct kafka_point *points, const int64_t (*offsets)[2],
                                size_t count) {
  for (size_t i = 0; i < count; i++)
    points[i] = (struct kafka_point){10000000 + (int64_t)i * 2000, offsets[i][0], offsets[i][1]};
  return count;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct kafka_lag judge_points(const int64_t (*offsets)[2], size_t count, int64_t start,
                                     bool has_owner, int64_t flat_ms) {
  struct kafka_point points[KAFKA_POINTS_MAX];
  struct kafka_lag_facts facts = {.points = points,
                                  .count = every_two_seconds(points, offsets, count),
                                  .start = start,
                                  .has_owner = has_owner,
                                  .flat_ms = flat_ms,
                                  .stall_ms = 30000,
                                  .allowed = 10};
  struct kafka_lag lag;
  kafka_lag_judge(&facts, &lag);
  assert_true(lag.lag >= 0 && lag.lost >= 0);
  assert_true(isfinite(lag.rate) && isfinite(lag.consumed) && isfinite(lag.produced));
  return lag;
}

static void test_first_collection(void **state) {
  (void)state;
  const int64_t once[][2] = {{100, 12100}};
  struct kafka_lag lag = judge_points(once, 1, 0, true, 0);
  assert_true(lag.has_lag);
  assert_int_equal(lag.lag, 12000);
  assert_false(lag.has_rates);
  assert_int_equal(lag.trend, KAFKA_TREND_UNKNOWN);
  /* whatever the clock says: one look shows no stall */
  assert_int_equal(judge_points(once, 1, 0, true, 999999).status, KAFKA_OK);
}

static void test_rates(void **state) {
  (void)state;
  const int64_t offsets[][2] = {{0, 1000}, {40, 1248}, {80, 1496}, {120, 1744}};
  struct kafka_lag lag = judge_points(offsets, COUNT(offsets), 0, true, 0);
  assert_true(fabs(lag.consumed - 20) < 1e-6);
  assert_true(fabs(lag.produced - 124) < 1e-6);
  assert_true(fabs(lag.rate - 104) < 1e-6);
  assert_int_equal(lag.lag, 1624);
  assert_int_equal(lag.trend, KAFKA_RISING);
  assert_int_equal(lag.status, KAFKA_OK);
}

/* Commits every 6 s of messages that are produced at an even pace: the sawtooth is neither a trend
 * nor a stall. */
static void test_sawtooth(void **state) {
  (void)state;
  int64_t offsets[30][2];
  for (int i = 0; i < 30; i++) {
    offsets[i][1] = 1000 + i * 200;
    offsets[i][0] = 1000 + i / 3 * 600;
    struct kafka_lag lag =
        judge_points((const int64_t(*)[2])offsets, (size_t)i + 1, 0, true, (int64_t)(i % 3) * 2000);
    assert_int_equal(lag.status, KAFKA_OK);
    if (i > 6)
      assert_int_equal(lag.trend, KAFKA_STEADY);
  }
  struct kafka_lag lag = judge_points((const int64_t(*)[2])offsets, 30, 0, true, 0);
  assert_true(fabs(lag.consumed - 100) < 5);
  assert_true(fabs(lag.produced - 100) < 1e-6);
}

/* Offsets beyond 2^53 lose no difference. */
static void test_large_offsets(void **state) {
  (void)state;
  int64_t base = INT64_C(4000000000000000000);
  const int64_t offsets[][2] = {
      {base, base + 5000}, {base + 2000, base + 6000}, {base + 4000, base + 7000}};
  struct kafka_lag lag = judge_points(offsets, COUNT(offsets), 0, true, 0);
  assert_int_equal(lag.lag, 3000);
  assert_true(fabs(lag.rate + 500) < 200);
}

struct status_case {
  const char *what;
  int64_t offsets[4][2];
  size_t count;
  int64_t start;
  bool has_owner;
  int64_t flat_ms;
  enum kafka_status status;
};

static void test_status(void **state) {
  (void)state;
  static const struct status_case cases[] = {
      {"nothing committed is not the whole log", {{-1, 5000}}, 1, 0, true, 0, KAFKA_NO_COMMIT},
      {"no end", {{5, -1}}, 1, 0, true, 0, KAFKA_UNKNOWN},
      {"neither", {{-1, -1}}, 1, 0, true, 0, KAFKA_UNKNOWN},
      {"read up", {{10, 10}, {20, 20}}, 2, 0, true, 999999, KAFKA_OK},
      {"a tiny lag", {{10, 20}, {10, 20}}, 2, 0, true, 999999, KAFKA_OK},
      {"held and flat", {{10, 50}, {10, 90}}, 2, 0, true, 30000, KAFKA_STALL},
      {"not flat for long enough", {{10, 50}, {10, 90}}, 2, 0, true, 29999, KAFKA_OK},
      {"flat and not held", {{10, 50}, {10, 90}}, 2, 0, false, 30000, KAFKA_STOP},
      {"moves without a member (assign)", {{10, 50}, {20, 90}}, 2, 0, false, 0, KAFKA_OK},
      {"went back", {{500, 600}, {100, 600}, {110, 600}}, 3, 0, true, 0, KAFKA_REWIND},
      {"went back and has read up", {{500, 600}, {100, 600}, {595, 600}}, 3, 0, true, 0, KAFKA_OK},
      {"lost", {{10, 900}, {10, 900}}, 2, 500, true, 0, KAFKA_LOST},
      {"lost, but nothing is left to read", {{10, 10}}, 1, 20, true, 0, KAFKA_OK},
      {"beyond the end, in one pass", {{15, 10}}, 1, 0, true, 0, KAFKA_AHEAD},
      {"beyond the end, twice", {{15, 10}, {15, 10}}, 2, 0, true, 0, KAFKA_AHEAD},
      {"a gap in what is known", {{10, 50}, {-1, -1}, {10, 90}}, 3, 0, true, 30000, KAFKA_STALL},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct status_case *c = &cases[i];
    struct kafka_lag lag = judge_points(c->offsets, c->count, c->start, c->has_owner, c->flat_ms);
    if (lag.status != c->status)
      fail_msg("%s: %d, not %d", c->what, (int)lag.status, (int)c->status);
  }
}

static void test_lost(void **state) {
  (void)state;
  const int64_t offsets[][2] = {{10, 900}};
  assert_int_equal(judge_points(offsets, 1, 500, true, 0).lost, 490);
  assert_int_equal(judge_points(offsets, 1, KAFKA_NOTHING, true, 0).lost, 0);
}

static void test_trend(void **state) {
  (void)state;
  const int64_t at_ms[] = {0, 2000, 4000, 6000, 8000};
  const double rising[] = {100, 150, 190, 250, 300}, falling[] = {300, 200, 140, 90, 40},
               noise[] = {100, 160, 90, 170, 110}, tiny[] = {0, 2, 4, 6, 8};
  double rate;
  assert_int_equal(kafka_trend_of(at_ms, rising, 5, 10, &rate), KAFKA_RISING);
  assert_true(fabs(rate - 25) < 1);
  assert_int_equal(kafka_trend_of(at_ms, falling, 5, 10, &rate), KAFKA_FALLING);
  assert_int_equal(kafka_trend_of(at_ms, noise, 5, 10, &rate), KAFKA_STEADY);
  assert_true(rate == 0); /* "steady" is never shown next to a rate */
  assert_int_equal(kafka_trend_of(at_ms, tiny, 5, 10, &rate), KAFKA_STEADY); /* within the limit */
  assert_int_equal(kafka_trend_of(at_ms, rising, 1, 10, &rate), KAFKA_TREND_UNKNOWN);
  assert_int_equal(kafka_trend_of(at_ms, rising, 0, 10, &rate), KAFKA_TREND_UNKNOWN);
  const int64_t same_ms[] = {5, 5};
  assert_int_equal(kafka_trend_of(same_ms, rising, 2, 10, &rate), KAFKA_TREND_UNKNOWN);
}

/* A burst changes the course; a sawtooth of commits does not. */
static void test_recent(void **state) {
  (void)state;
  int64_t at_ms[30];
  double burst[30], saw[30], line[30];
  for (int i = 0; i < 30; i++) {
    at_ms[i] = i * 2000;
    line[i] = 100 + i * 50 + (i % 2) * 30;
    burst[i] = i < 20 ? 10 + i % 3 * 20 : 40000 + (i - 20) * 780;
    saw[i] = i % 12 * 200;
  }
  assert_int_equal(kafka_recent(at_ms, burst, 30, 2000, 10), 20);
  assert_int_equal(kafka_recent(at_ms, saw, 30, 24000, 10), 0);
  assert_int_equal(kafka_recent(at_ms, line, 30, 2000, 10), 0);
  assert_int_equal(kafka_recent(at_ms, burst, 22, 2000, 10), 0); /* too early to know */
  assert_int_equal(kafka_recent(at_ms, burst, 5, 2000, 10), 0);
}

static void test_eta(void **state) {
  (void)state;
  assert_true(kafka_eta(0, 84) == 0);
  assert_true(kafka_eta(429, -20) == 21.45);
  assert_true(kafka_eta(429, 84) < 0);
  assert_true(kafka_eta(429, 0) < 0);
  assert_true(kafka_eta(429, -0.01) < 0);
}

static void test_time_lag(void **state) {
  (void)state;
  const struct kafka_point ends[] = {
      {1000, -1, 100}, {2000, -1, 100}, {3000, -1, 100}, {4000, -1, 300}, {5000, -1, 300}};
  double seconds;
  /* nothing unread */
  assert_int_equal(kafka_time_lag(ends, 5, 300, 5000, 50, &seconds), KAFKA_TIME_SEEN);
  assert_true(seconds == 0);
  /* in the middle of a step */
  assert_int_equal(kafka_time_lag(ends, 5, 200, 5000, 50, &seconds), KAFKA_TIME_SEEN);
  assert_true(fabs(seconds - 1.5) < 1e-9);
  /* at the end of a flat stretch: messages after it are unread since then, not since its start */
  assert_int_equal(kafka_time_lag(ends, 5, 100, 5000, 50, &seconds), KAFKA_TIME_SEEN);
  assert_true(fabs(seconds - 2) < 1e-9);
  /* before all that was seen */
  assert_int_equal(kafka_time_lag(ends, 5, 50, 5000, 50, &seconds), KAFKA_TIME_ESTIMATED);
  assert_true(fabs(seconds - 5) < 1e-9);
  assert_int_equal(kafka_time_lag(ends, 5, 50, 5000, 0, &seconds), KAFKA_TIME_UNKNOWN);
  /* a gap in the known values */
  const struct kafka_point holes[] = {{1000, -1, 100}, {2000, -1, -1}, {3000, -1, 300}};
  assert_int_equal(kafka_time_lag(holes, 3, 200, 3000, 0, &seconds), KAFKA_TIME_SEEN);
  assert_true(fabs(seconds - 1) < 1e-9);
  assert_int_equal(kafka_time_lag(ends, 0, 200, 3000, 9, &seconds), KAFKA_TIME_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_first_collection),
      cmocka_unit_test(test_rates),
      cmocka_unit_test(test_sawtooth),
      cmocka_unit_test(test_large_offsets),
      cmocka_unit_test(test_status),
      cmocka_unit_test(test_lost),
      cmocka_unit_test(test_trend),
      cmocka_unit_test(test_recent),
      cmocka_unit_test(test_eta),
      cmocka_unit_test(test_time_lag),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
