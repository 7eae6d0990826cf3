/* Judging a standby and replicas by a server's answers: pure, with an injected clock. */
#include "collectors/postgres/postgres_replication.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One that streams from an idle primary. */
static struct postgres_standby streaming(void) {
  return (struct postgres_standby){.receiver = true,
                                   .status = "streaming",
                                   .contact_age = 12,
                                   .patience = 60,
                                   .has_primary = POSTGRES_YES,
                                   .has_archive = POSTGRES_NO,
                                   .replay_bytes = 0,
                                   .replay_seconds = 0,
                                   .replayed_age = 3600,
                                   .replayed = 1000,
                                   .has_received = true};
}

static struct postgres_standby without_receiver(void) {
  struct postgres_standby standby = streaming();
  standby.receiver = false;
  standby.status[0] = '\0';
  standby.contact_age = POSTGRES_UNKNOWN;
  return standby;
}

static struct postgres_standby_verdict judge(const struct postgres_standby *standby, double clock,
                                             struct postgres_memory *memory) {
  struct postgres_standby_verdict verdict;
  postgres_standby_judge(standby, clock, 86400, memory, &verdict);
  assert_int_equal(verdict.severity != SEVERITY_OK, *verdict.reason != '\0');
  return verdict;
}

static void expect(const struct postgres_standby_verdict *verdict, enum severity severity,
                   const char *reason) {
  assert_string_equal(verdict->reason, reason);
  assert_int_equal(verdict->severity, severity);
}

static void test_cut_off(void **state) {
  (void)state;
  struct postgres_memory memory = {0};
  struct postgres_standby standby = streaming();
  struct postgres_standby_verdict verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_OK, "");
  assert_true(verdict.lag_seconds == 0);
  standby = without_receiver();
  verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_WARN, "not receiving WAL for 12s, replay lag at least 12s");
  verdict = judge(&standby, 1080, &memory);
  expect(&verdict, SEVERITY_CRIT, "not receiving WAL for 1m 32s, replay lag at least 1m 32s");
  assert_true(verdict.lag_seconds == 92);
  assert_int_equal(verdict.lag_bytes, POSTGRES_UNKNOWN);
  standby = streaming();
  verdict = judge(&standby, 1090, &memory);
  expect(&verdict, SEVERITY_OK, "");
}

/* Connected and silent for longer than an idle primary is. */
static void test_frozen(void **state) {
  (void)state;
  struct postgres_memory memory = {0};
  struct postgres_standby standby = streaming();
  standby.contact_age = 39;
  struct postgres_standby_verdict verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_OK, "");
  standby.contact_age = 92;
  verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_CRIT, "not receiving WAL for 1m 32s, replay lag at least 1m 32s");
  standby = streaming();
  snprintf(standby.status, sizeof standby.status, "starting");
  verdict = judge(&standby, 1000, &memory);
  assert_true(verdict.cut_off);
}

/* The start is unknown: an idle primary makes an old last commit on any standby, which is neither a
 * time without WAL nor a lag. Critical, because it may have been days; a start or a commit within
 * the last 30 s rules that out. */
static void test_at_the_first_look(void **state) {
  (void)state;
  struct postgres_memory memory = {0};
  struct postgres_standby standby = without_receiver();
  standby.replayed_age = 92;
  struct postgres_standby_verdict verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_CRIT, "not receiving WAL; last replayed commit 1m 32s ago");
  assert_true(verdict.lag_seconds == POSTGRES_UNKNOWN);
  assert_true(verdict.contact_age == POSTGRES_UNKNOWN);
  assert_string_equal(verdict.no_lag, "not receiving WAL");
  memory = (struct postgres_memory){0};
  postgres_standby_judge(&standby, 1000, 5, &memory, &verdict);
  expect(&verdict, SEVERITY_WARN, "not receiving WAL; last replayed commit 1m 32s ago");
  memory = (struct postgres_memory){0};
  standby.replayed_age = 3;
  verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_WARN, "not receiving WAL; last replayed commit 3.0s ago");
  memory = (struct postgres_memory){0};
  standby.replayed_age = POSTGRES_UNKNOWN;
  verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_CRIT, "not receiving WAL");
  memory = (struct postgres_memory){0};
  standby.replayed_age = standby.replay_seconds =
      92; /* some of the received WAL is not yet replayed */
  verdict = judge(&standby, 1000, &memory);
  assert_true(verdict.lag_seconds == 92);
}

/* An observer counts from its first observation, and starts again with the next outage. */
static void test_watched(void **state) {
  (void)state;
  struct postgres_memory memory = {0};
  struct postgres_standby standby = without_receiver();
  struct postgres_standby_verdict verdict;
  standby.replayed_age = 92;
  postgres_standby_judge(&standby, 1000, 5, &memory, &verdict);
  standby.replayed_age = 112;
  postgres_standby_judge(&standby, 1020, 25, &memory, &verdict);
  expect(&verdict, SEVERITY_WARN,
         "not receiving WAL for at least 20s; last replayed commit 1m 52s ago");
  assert_true(verdict.lag_seconds == 20);
  postgres_standby_judge(&standby, 1029, 34, &memory, &verdict);
  assert_int_equal(verdict.severity,
                   SEVERITY_CRIT); /* it may have been like that since its start */
  standby.replayed_age = 10; /* of unreplayed WAL on disk: no proof of contact with the primary */
  postgres_standby_judge(&standby, 1031, 36, &memory, &verdict);
  expect(&verdict, SEVERITY_CRIT,
         "not receiving WAL for at least 31s; last replayed commit 10s ago");
  standby = streaming();
  standby.status[0] = '\0';
  standby.contact_age = POSTGRES_UNKNOWN; /* hidden from us */
  postgres_standby_judge(&standby, 1040, 45, &memory, &verdict);
  expect(&verdict, SEVERITY_OK, "");
  standby.receiver = false;
  postgres_standby_judge(&standby, 1043, 48, &memory, &verdict);
  expect(&verdict, SEVERITY_WARN, "not receiving WAL for 3.0s, replay lag at least 3.0s");
}

static void test_archive(void **state) {
  (void)state;
  struct postgres_memory memory = {0};
  struct postgres_standby standby = without_receiver();
  standby.has_primary = POSTGRES_NO;
  standby.has_archive = POSTGRES_YES;
  standby.has_received = false;
  struct postgres_standby_verdict verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_OK, "");
  assert_string_equal(verdict.no_lag, "recovers from an archive");
  assert_true(verdict.lag_seconds == POSTGRES_UNKNOWN);
  standby.has_primary = POSTGRES_YES; /* it has both, and the archive feeds it */
  standby.replayed = 2000;
  verdict = judge(&standby, 1002, &memory);
  assert_int_equal(verdict.severity, SEVERITY_WARN);
  assert_non_null(strstr(verdict.reason, ", but replaying it from the archive"));
  verdict = judge(&standby, 1004, &memory); /* and that has ended */
  assert_int_equal(verdict.severity, SEVERITY_CRIT);
}

/* Without pg_monitor there is a receiver or none, and no settings. */
static void test_without_rights(void **state) {
  (void)state;
  struct postgres_memory memory = {0};
  struct postgres_standby standby = streaming();
  standby.status[0] = '\0';
  standby.contact_age = POSTGRES_UNKNOWN;
  standby.has_primary = POSTGRES_NOT_KNOWN;
  struct postgres_standby_verdict verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_OK, "");
  assert_true(verdict.contact_age == POSTGRES_UNKNOWN);
  standby.receiver = false;
  verdict = judge(&standby, 1040, &memory);
  expect(&verdict, SEVERITY_CRIT, "not receiving WAL for 40s, replay lag at least 40s");
  memory = (struct postgres_memory){0};
  standby.has_received = false; /* nothing indicates that it should */
  verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_OK, "");
  assert_non_null(strstr(verdict.no_lag, "needs pg_monitor"));
}

static void test_paused(void **state) {
  (void)state;
  struct postgres_memory memory = {0};
  struct postgres_standby standby = streaming();
  standby.paused = true;
  standby.replay_seconds = 300;
  struct postgres_standby_verdict verdict = judge(&standby, 1000, &memory);
  expect(&verdict, SEVERITY_WARN, "replay is paused, replay lag 5m 00s");
  standby.contact_age = 92;
  verdict = judge(&standby, 1000, &memory);
  assert_int_equal(verdict.severity, SEVERITY_CRIT);
  assert_non_null(strstr(verdict.reason, "; replay is paused"));
}

/* Years, the largest numbers, a clock that goes back: no overflow, and each is a number. */
static void test_extremes(void **state) {
  (void)state;
  struct postgres_memory memory = {0};
  struct postgres_standby standby = streaming();
  standby.contact_age = standby.replay_seconds = standby.replayed_age = 1e300;
  standby.replayed = INT64_MAX;
  standby.replay_bytes = INT64_MAX;
  standby.patience = 1e300;
  standby.paused = true;
  judge(&standby, 1e300, &memory);
  standby = without_receiver();
  standby.replayed = POSTGRES_UNKNOWN;
  struct postgres_standby_verdict verdict = judge(&standby, -1e300, &memory);
  assert_true(verdict.lag_seconds == POSTGRES_UNKNOWN); /* the clock went back: nothing is known */
}

/* ---- replicas */

struct lot {
  struct postgres_memory memory;
  struct postgres_replicas replicas;
  struct postgres_replica_rows rows;
};

static int setup(void **state) {
  *state = calloc(1, sizeof(struct lot));
  return 0;
}

static int teardown(void **state) {
  free(*state);
  return 0;
}

static struct postgres_replica *add(struct lot *lot, const char *name, const char *slot,
                                    bool connected, bool replays) {
  struct postgres_replica *replica = &lot->replicas.items[lot->replicas.count++];
  *replica = (struct postgres_replica){.connected = connected,
                                       .replays = replays,
                                       .lag_bytes = connected ? 10 : POSTGRES_UNKNOWN,
                                       .lag_seconds = POSTGRES_UNKNOWN,
                                       .kept_bytes = *slot ? 1 << 20 : POSTGRES_UNKNOWN,
                                       .inactive_age = POSTGRES_UNKNOWN};
  snprintf(replica->name, sizeof replica->name, "%s", name);
  snprintf(replica->slot, sizeof replica->slot, "%s", slot);
  lot->replicas.total = (int64_t)lot->replicas.count;
  return replica;
}

static void judge_replicas(struct lot *lot, double clock) {
  postgres_replicas_judge(&lot->replicas, clock, 3600, &lot->memory, &lot->rows);
  lot->replicas.count = 0;
  lot->replicas.total = 0;
}

static void test_gone(void **state) {
  struct lot *lot = *state;
  add(lot, "a", "", true, true);
  add(lot, "b", "slot_b", true, true)->lag_bytes = 500;
  add(lot, "pg_receivewal", "", true, false);
  judge_replicas(lot, 1000);
  assert_int_equal(lot->rows.replicas, 2);
  assert_int_equal(lot->rows.lag_bytes, 500);
  assert_int_equal(lot->rows.count, 3);
  add(lot, "", "slot_b", false, false);
  judge_replicas(lot, 1092);
  assert_int_equal(lot->rows.replicas, 0);
  assert_int_equal(lot->rows.count, 2);
  assert_string_equal(lot->rows.items[0].key, "slot slot_b");
  assert_string_equal(lot->rows.items[0].replica.name, "b");
  assert_string_equal(lot->rows.items[0].reason,
                      "disconnected for 1m 32s, its slot retains 1.0 MB of WAL");
  assert_string_equal(lot->rows.items[1].key, "a@");
  assert_string_equal(lot->rows.items[1].reason, "disconnected for 1m 32s");
  assert_int_equal(lot->rows.items[1].severity, SEVERITY_WARN);
  judge_replicas(lot, 4000); /* the slot has been dropped */
  assert_int_equal(lot->rows.count, 2);
  judge_replicas(lot, 4601); /* forgotten */
  assert_int_equal(lot->rows.count, 0);
}

/* replay_lag starts at zero with each connection of a replica: then its position counts. */
static void test_stuck(void **state) {
  struct lot *lot = *state;
  static const struct {
    double clock, reply_age, reported;
    int64_t replayed, lag_bytes;
    double expected;
  } steps[] = {
      {1000, 0, 0.002, 500, 10, 0.002}, /* only now it is known that there is WAL to replay */
      {1020, 2, 0.002, 500, 900, 18},   /* at its last reply */
      {1030, 2, 0.002, 501, 900, 0.002},
      {1040, 0, 30, 501, 900, 30}, /* the server's own figure is greater */
      {1050, 0, POSTGRES_UNKNOWN, 501, 0, POSTGRES_UNKNOWN},
      {1060, 0, POSTGRES_UNKNOWN, 501, 10, POSTGRES_UNKNOWN},
      {1065, 1, POSTGRES_UNKNOWN, 501, 10, 4},
      {1070, POSTGRES_UNKNOWN, 0.5, 501, 10, 0.5}, /* before 12 the time of a reply is not known */
      {900, 0, 0.5, 501, 10, 0.5},                 /* the clock of the server was set back */
      {1080, 0, 0.5, POSTGRES_UNKNOWN, 10, 0.5},
  };
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    struct postgres_replica *replica = add(lot, "a", "", true, true);
    replica->reply_age = steps[i].reply_age;
    replica->lag_seconds = steps[i].reported;
    replica->replayed = steps[i].replayed;
    replica->lag_bytes = steps[i].lag_bytes;
    judge_replicas(lot, steps[i].clock);
    if (lot->rows.items[0].replica.lag_seconds != steps[i].expected ||
        lot->rows.lag_seconds != steps[i].expected)
      fail_msg("step %zu: %g", i, lot->rows.items[0].replica.lag_seconds);
  }
}

static void add_at(struct lot *lot, const char *name, const char *stage, int64_t bytes,
                   double seconds) {
  struct postgres_replica *replica = add(lot, name, "", true, true);
  replica->lag_bytes = bytes;
  replica->lag_seconds = seconds;
  snprintf(replica->stage, sizeof replica->stage, "%s", stage);
}

/* The stage is that of the replica with the longest lag; without times, of that with the most. */
static void test_stage(void **state) {
  struct lot *lot = *state;
  add_at(lot, "near", "sending", 1, POSTGRES_UNKNOWN);
  add_at(lot, "slow", "replaying", 3, POSTGRES_UNKNOWN);
  add_at(lot, "far", "receiving", 2, POSTGRES_UNKNOWN);
  judge_replicas(lot, 1000);
  assert_string_equal(lot->rows.stage, "replaying on slow");
  add_at(lot, "slow", "replaying", 1000, 2);
  add_at(lot, "near", "sending", 1, 3);
  judge_replicas(lot, 1001);
  assert_string_equal(lot->rows.stage, "sending on near");
  add_at(lot, "near", "", 0, 5); /* it has caught up just now */
  judge_replicas(lot, 1002);
  assert_string_equal(lot->rows.stage, "");
}

/* Its last report is only a lower bound of its current lag. */
static void test_silent(void **state) {
  struct lot *lot = *state;
  struct postgres_replica *replica = add(lot, "a", "", true, true);
  replica->lag_seconds = 0.002;
  replica->reply_age = 30; /* the primary may not even have asked */
  add(lot, "pg_receivewal", "", true, false)->reply_age = 400;
  judge_replicas(lot, 1000);
  assert_int_equal(lot->rows.items[0].severity, SEVERITY_OK);
  assert_int_equal(lot->rows.items[1].severity, SEVERITY_OK);
  replica = add(lot, "a", "", true, true);
  replica->lag_seconds = 0.002;
  replica->reply_age = 36;
  judge_replicas(lot, 1002);
  assert_int_equal(lot->rows.items[0].severity, SEVERITY_WARN);
  assert_string_equal(lot->rows.items[0].reason,
                      "no reply for 36s, so its lag is at least that long");
  assert_true(lot->rows.items[0].replica.lag_seconds == 36 && lot->rows.lag_seconds == 36);
  add(lot, "a", "", true, true)->reply_age = 200;
  judge_replicas(lot, 1004);
  assert_int_equal(lot->rows.items[0].severity, SEVERITY_CRIT);
}

/* Replicas that look alike are distinguished by their number. */
static void test_twins(void **state) {
  struct lot *lot = *state;
  for (int i = 0; i < 3; i++)
    add(lot, "walreceiver", "", true, true);
  judge_replicas(lot, 1000);
  assert_string_equal(lot->rows.items[2].key, "walreceiver@ #3");
  for (int i = 0; i < 2; i++)
    add(lot, "walreceiver", "", true, true);
  judge_replicas(lot, 1002);
  assert_int_equal(lot->rows.count, 3);
  assert_string_equal(lot->rows.items[2].key, "walreceiver@ #3");
  assert_int_equal(lot->rows.items[2].severity, SEVERITY_WARN);
}

/* A replica that is missing from a truncated list may still exist; logical ones come and go. */
static void test_not_gone(void **state) {
  struct lot *lot = *state;
  add(lot, "sync worker", "", true, true)->logical = true;
  judge_replicas(lot, 1000);
  judge_replicas(lot, 1002);
  assert_int_equal(lot->rows.count, 0);
  add(lot, "a", "", true, true);
  judge_replicas(lot, 1004);
  for (int i = 0; i < POSTGRES_REPLICAS_MAX; i++)
    add(lot, "b", "", true, true);
  lot->replicas.total = POSTGRES_REPLICAS_MAX + 1;
  judge_replicas(lot, 1006);
  assert_int_equal(lot->rows.count, POSTGRES_REPLICAS_MAX);
  assert_int_equal(lot->rows.total, POSTGRES_REPLICAS_MAX + 1);
}

static void test_unused_slot(void **state) {
  struct lot *lot = *state;
  add(lot, "", "old", false, false)->inactive_age = 86400.0 * 3;
  judge_replicas(lot, 1000);
  assert_string_equal(lot->rows.items[0].reason, "slot inactive for 3d 0h, retains 1.0 MB of WAL");
  assert_int_equal(lot->rows.items[0].severity, SEVERITY_WARN);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cut_off),
      cmocka_unit_test(test_frozen),
      cmocka_unit_test(test_at_the_first_look),
      cmocka_unit_test(test_watched),
      cmocka_unit_test(test_archive),
      cmocka_unit_test(test_without_rights),
      cmocka_unit_test(test_paused),
      cmocka_unit_test(test_extremes),
      TEST(test_gone),
      TEST(test_silent),
      TEST(test_stuck),
      TEST(test_stage),
      TEST(test_twins),
      TEST(test_not_gone),
      TEST(test_unused_slot),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
