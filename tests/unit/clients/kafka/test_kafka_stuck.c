#include "clients/kafka/child/collect/kafka_stuck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct kafka_signs well = {.all_there = true}, moved = {.moved = true};

static struct kafka_signs signs_of(rd_kafka_resp_err_t code, bool all_there) {
  struct kafka_signs signs = {.all_there = all_there};
  kafka_signs_note(&signs, code);
  return signs;
}

/* Whether collections with this result for KAFKA_STUCK_MS are reason enough. */
static bool sticks(struct kafka_signs signs) {
  struct kafka_stuck stuck = {0};
  return !kafka_session_is_stuck(&stuck, &signs, 1000) &&
         !kafka_session_is_stuck(&stuck, &signs, 1000 + KAFKA_STUCK_MS - 1) &&
         kafka_session_is_stuck(&stuck, &signs, 1000 + KAFKA_STUCK_MS);
}

static void test_signs(void **state) {
  (void)state;
  assert_true(sticks(signs_of(RD_KAFKA_RESP_ERR_NOT_COORDINATOR, true)));
  assert_true(sticks(signs_of(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, false)));
  assert_true(sticks(signs_of(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, false)));
  /* A broker that has left, and one that is only silent. */
  assert_true(sticks(signs_of(RD_KAFKA_RESP_ERR__TRANSPORT, true)));
  assert_true(sticks(signs_of(RD_KAFKA_RESP_ERR__TIMED_OUT, true)));
  assert_false(sticks(signs_of(RD_KAFKA_RESP_ERR__TIMED_OUT, false)));
  assert_false(sticks(signs_of(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, true)));
  assert_false(sticks(well));
}

static void test_one_good_collection_ends_it(void **state) {
  (void)state;
  struct kafka_stuck stuck = {0};
  assert_false(kafka_session_is_stuck(&stuck, &moved, 0));
  assert_false(kafka_session_is_stuck(&stuck, &well, KAFKA_STUCK_MS - 1));
  assert_false(kafka_session_is_stuck(&stuck, &moved, KAFKA_STUCK_MS));
  assert_true(kafka_session_is_stuck(&stuck, &moved, 2 * KAFKA_STUCK_MS));
}

/* If it is the cluster, new sessions become ever rarer. */
static void test_patience_grows(void **state) {
  (void)state;
  struct kafka_stuck stuck = {0};
  int64_t now_ms = 0, last_ms = 0;
  int64_t expected = KAFKA_STUCK_MS;
  for (int renewals = 0; renewals < 10; now_ms += 1000)
    if (kafka_session_is_stuck(&stuck, &moved, now_ms)) {
      assert_int_equal(now_ms - last_ms, expected);
      expected = expected * 2 < KAFKA_STUCK_MAX_MS ? expected * 2 : KAFKA_STUCK_MAX_MS;
      last_ms = now_ms;
      renewals++;
    }
  assert_false(kafka_session_is_stuck(&stuck, &well, now_ms));
  assert_false(kafka_session_is_stuck(&stuck, &moved, now_ms));
  assert_true(kafka_session_is_stuck(&stuck, &moved, now_ms + KAFKA_STUCK_MS));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_signs),
      cmocka_unit_test(test_one_good_collection_ends_it),
      cmocka_unit_test(test_patience_grows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
