/* Consecutive snapshots, as from a cluster, and their evaluation. */
#include "collectors/kafka/kafka_rows.h"
#include "collectors/kafka/kafka_table.h"

#include "io/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PARTS = 3 };

/* One group with one topic of PARTS partitions, all held by one member. */
struct world {
  struct kafka_history *history;
  struct kafka_rules rules;
  int64_t now_ms;
  struct kafka_partition partitions[PARTS];
  struct kafka_topic topic;
  struct kafka_member member;
  struct kafka_share shares[PARTS];
  struct kafka_group group;
  struct kafka_snapshot snapshot;
  struct kafka_view view;
};

static int setup(void **state) {
  struct world *w = calloc(1, sizeof *w);
  w->rules = (struct kafka_rules){.stall_ms = 30000, .allowed = 10};
  w->history = kafka_history_new(60000, w->rules.allowed);
  w->now_ms = 1000000;
  w->topic = (struct kafka_topic){
      .name = "transactions", .partitions = w->partitions, .partition_count = PARTS};
  w->member = (struct kafka_member){.client = "c1", .host = "/10.0.0.1"};
  w->group = (struct kafka_group){.name = "g",
                                  .state = KAFKA_GROUP_STABLE,
                                  .state_text = "Stable",
                                  .members = &w->member,
                                  .member_count = 1,
                                  .shares = w->shares,
                                  .share_count = PARTS};
  w->snapshot.topics = &w->topic;
  w->snapshot.topic_count = 1;
  w->snapshot.groups = &w->group;
  w->snapshot.group_count = 1;
  for (int i = 0; i < PARTS; i++) {
    w->partitions[i] = (struct kafka_partition){.wanted = true, .end = 1000};
    w->shares[i] = (struct kafka_share){.partition = i, .committed = 1000};
  }
  *state = w;
  return 0;
}

static int teardown(void **state) {
  struct world *w = *state;
  kafka_view_fini(&w->view);
  kafka_history_free(w->history);
  free(w);
  return 0;
}

/* A collection two seconds later. */
static const struct kafka_group_view *collect(struct world *w) {
  kafka_view_fini(&w->view);
  w->now_ms += 2000;
  w->snapshot.committed_ms = w->snapshot.ended_ms = w->now_ms;
  kafka_history_add(w->history, &w->snapshot);
  kafka_view_init(&w->view, &w->snapshot, w->history, &w->rules);
  return &w->view.groups[0];
}

static void produce(struct world *w, int64_t messages) {
  for (int i = 0; i < PARTS; i++)
    w->partitions[i].end += messages;
}

static void leave(struct world *w) {
  w->group.state = KAFKA_GROUP_EMPTY;
  w->group.member_count = 0;
  for (int i = 0; i < PARTS; i++)
    w->shares[i].owner = -1;
}

static void says(const struct kafka_group_view *group, enum severity severity, const char *status,
                 const char *reason) {
  if (strcmp(group->status, status) != 0 || !strstr(group->reason, reason))
    fail_msg("\"%s\": \"%s\", not \"%s\": \"%s\"", group->status, group->reason, status, reason);
  assert_int_equal(group->severity, severity);
  assert_true((*group->reason != '\0') == (severity != SEVERITY_OK));
}

static void test_calm(void **state) {
  struct world *w = *state;
  const struct kafka_group_view *group = collect(w);
  says(group, SEVERITY_OK, "", ""); /* one collection is not a trend */
  for (int turn = 0; turn < 100; turn++) {
    produce(w, 100);
    for (int i = 0; i < PARTS; i++)
      w->shares[i].committed += 100;
    group = collect(w);
    says(group, SEVERITY_OK, "steady", "");
  }
  assert_int_equal(group->sum.lag, 0);
  assert_true(group->sum.produced > 149 && group->sum.produced < 151);
}

/* A consumer that commits every 8 s is not stuck in between. */
static void test_slow_commits(void **state) {
  struct world *w = *state;
  for (int turn = 0; turn < 120; turn++) {
    produce(w, 100);
    if (turn % 4 == 3)
      for (int i = 0; i < PARTS; i++)
        w->shares[i].committed = w->partitions[i].end - 20;
    const struct kafka_group_view *group = collect(w);
    assert_int_equal(group->severity, SEVERITY_OK);
    if (turn > 20)
      assert_string_equal(group->status, "steady");
  }
}

/* A consumer that commits every 24 s gets three of its intervals. */
static void test_very_slow_commits(void **state) {
  struct world *w = *state;
  for (int turn = 0; turn < 60; turn++) {
    produce(w, 100);
    if (turn % 12 == 11)
      for (int i = 0; i < PARTS; i++)
        w->shares[i].committed = w->partitions[i].end - 20;
    collect(w);
  }
  for (int turn = 0; turn < 34; turn++) {
    produce(w, 100);
    assert_int_equal(collect(w)->severity, SEVERITY_OK);
  }
  for (int turn = 0; turn < 4; turn++)
    collect(w);
  assert_string_equal(w->view.groups[0].status, "stuck");
}

static void test_stuck(void **state) {
  struct world *w = *state;
  collect(w);
  const struct kafka_group_view *group = NULL;
  for (int turn = 0; turn < 14; turn++) {
    produce(w, 56);
    group = collect(w);
    assert_int_equal(group->severity, SEVERITY_OK);
    if (turn > 1)
      assert_string_equal(group->status, "rising");
  }
  for (int turn = 0; turn < 6; turn++) {
    produce(w, 56);
    group = collect(w);
  }
  says(group, SEVERITY_CRIT, "stuck",
       "stuck for 40s: members hold partitions but commit nothing, lag 3,360 +84/s");
  assert_int_equal(group->lasted_ms, 40000);
  /* nothing new arrives: still stuck, but it does not get worse */
  for (int turn = 0; turn < 40; turn++)
    group = collect(w);
  says(group, SEVERITY_WARN, "stuck", "lag 3,360");
  for (int i = 0; i < PARTS; i++)
    w->shares[i].committed += 1000;
  group = collect(w);
  assert_int_equal(group->severity, SEVERITY_OK);
}

/* While the broker was away nothing could be committed: that does not make a consumer stuck. */
static void test_an_outage_is_not_a_stall(void **state) {
  struct world *w = *state;
  const struct kafka_group_view *group = NULL;
  collect(w);
  for (int turn = 0; turn < 3; turn++) {
    produce(w, 56);
    collect(w);
  }
  kafka_history_miss(w->history);
  w->now_ms += 120000;
  for (int turn = 0; turn < 11; turn++) {
    produce(w, 56);
    group = collect(w);
    assert_int_equal(group->severity, SEVERITY_OK);
  }
  for (int turn = 0; turn < 3; turn++)
    group = collect(w);
  says(group, SEVERITY_CRIT, "stuck", "stuck for ");
}

static void test_one_partition_stuck(void **state) {
  struct world *w = *state;
  collect(w);
  const struct kafka_group_view *group = NULL;
  for (int turn = 0; turn < 20; turn++) {
    produce(w, 100);
    w->shares[0].committed += 100;
    w->shares[2].committed += 100;
    group = collect(w);
  }
  says(group, SEVERITY_CRIT, "stuck",
       "stuck for 40s on transactions/1: members hold partitions but commit nothing, lag 2,000");
  assert_int_equal(group->topics[0].parts[0].share->partition, 1); /* the worst first */
}

/* What is open in partition 1; the group has read all before it. */
static void open_transaction(struct world *w, struct kafka_next *next, int64_t stable) {
  for (int i = 0; i < PARTS; i++)
    w->partitions[i].stable = i == 1 ? stable : w->partitions[i].end;
  *next = (struct kafka_next){.partition = 1,
                              .committed = stable,
                              .read_to = w->shares[1].committed,
                              .offset = stable,
                              .time_ms = clock_now_ms() + clock_wall_offset_ms() - 90500};
  w->snapshot.nexts = next;
  w->snapshot.next_count = 1;
  w->snapshot.has_stable = true;
}

static void test_held_back(void **state) {
  struct world *w = *state;
  struct kafka_next next;
  collect(w);
  const struct kafka_group_view *group = NULL;
  for (int turn = 0; turn < 20; turn++) {
    produce(w, 100);
    w->shares[0].committed += 100;
    w->shares[2].committed += 100;
    group = collect(w);
    assert_int_equal(kafka_view_stands_still(&w->view, &w->rules), turn >= 7);
  }
  open_transaction(w, &next, w->shares[1].committed);
  group = collect(w);
  says(
      group, SEVERITY_CRIT, "held back",
      "held back for 42s on transactions/1 by a transaction open for 1m 30s, not by its consumers: "
      "lag 2,000");
  next.transactional_id = "billing-1";
  next.producer = 17;
  says(collect(w), SEVERITY_CRIT, "held back",
       " by a transaction of billing-1 open for 1m 30s, not by its consumers: lag 2,000 +48/s; "
       "producer 17");
  open_transaction(w, &next, w->shares[1].committed + 1); /* behind the marker of another one */
  says(collect(w), SEVERITY_CRIT, "held back", "on transactions/1 by a transaction open");
  next.time_ms = -1;
  says(collect(w), SEVERITY_CRIT, "held back", "by an open transaction, not by its consumers");
  next.read_to++; /* there is a message that it could read */
  says(collect(w), SEVERITY_CRIT, "stuck", "stuck for 50s on transactions/1: members hold");
  next.committed = w->shares[1].committed; /* the next message of the group itself */
  says(collect(w), SEVERITY_CRIT, "held back", "by an open transaction, not by its consumers");
  next.offset--;
  says(collect(w), SEVERITY_CRIT, "stuck", "stuck for 54s on transactions/1: members hold");
  open_transaction(w, &next, w->partitions[1].end); /* nothing is open */
  says(collect(w), SEVERITY_CRIT, "stuck", "stuck for 56s on transactions/1: members hold");
  open_transaction(w, &next, w->shares[1].committed - 1); /* it reads uncommitted messages */
  says(collect(w), SEVERITY_CRIT, "stuck", "stuck for 58s on transactions/1: members hold");
}

static void test_skew(void **state) {
  struct world *w = *state;
  struct kafka_member members[2] = {w->member, {.client = "c2", .host = "/10.0.0.2"}};
  const struct kafka_group_view *group = NULL;
  w->group.members = members;
  w->group.member_count = 2;
  w->shares[2].owner = 1;
  collect(w);
  for (int turn = 0; turn < 20; turn++) {
    w->partitions[0].end += 1000;
    w->shares[0].committed += 100;
    for (int i = 1; i < PARTS; i++)
      w->shares[i].committed = w->partitions[i].end += 4;
    group = collect(w);
  }
  says(group, SEVERITY_WARN, "skew",
       "skew: transactions/0 gets 99% of the messages, its member reads 50/s of 500/s, 1 of 2 "
       "members "
       "are idle; lag 18,000");
  for (int turn = 0; turn < 40; turn++) { /* its member keeps up: no fault */
    w->partitions[0].end += 1000;
    w->shares[0].committed += 1400;
    for (int i = 1; i < PARTS; i++)
      w->shares[i].committed = w->partitions[i].end += 4;
    group = collect(w);
  }
  assert_int_equal(group->severity, SEVERITY_OK);
}

/* Idle for hours, then a burst: it has not been stuck for hours. */
static void test_burst_after_silence(void **state) {
  struct world *w = *state;
  for (int turn = 0; turn < 200; turn++)
    collect(w);
  produce(w, 5000);
  assert_int_equal(collect(w)->severity, SEVERITY_OK);
  assert_true(w->view.groups[0].parts[0].flat_ms == 2000);
}

static void test_no_members(void **state) {
  struct world *w = *state;
  collect(w);
  leave(w);
  const struct kafka_group_view *group = NULL;
  for (int turn = 0; turn < 20; turn++) {
    produce(w, 56);
    group = collect(w);
  }
  says(group, SEVERITY_WARN, "no members", "no members, lag 3,360, growing +84/s");
  for (int turn = 0; turn < 40; turn++)
    group = collect(w);
  says(group, SEVERITY_OK, "no members", ""); /* the threshold applies to the rest */
}

/* A backlog that expires before it is read is worse than one that waits. */
static void test_lost_without_members(void **state) {
  struct world *w = *state;
  produce(w, 500);
  collect(w);
  for (int i = 0; i < PARTS; i++)
    w->partitions[i].start = 1234;
  says(collect(w), SEVERITY_CRIT, "lost data", "702 messages were deleted before they were read");
  leave(w);
  says(collect(w), SEVERITY_CRIT, "lost data", "before they were read; no members");
  for (int turn = 0; turn < 60; turn++)
    collect(w);
  says(&w->view.groups[0], SEVERITY_CRIT, "lost data", "no members");
}

/* A member that reads 2 messages per second works through one partition after the other, in bursts:
 * it is slow. Replayed from the sandbox's scene "lag": 4 minutes, partition by partition. */
static void test_slow_is_not_stuck(void **state) {
  struct world *w = *state;
  for (int turn = 0; turn < 5; turn++)
    collect(w);
  produce(w, 13000);
  int at = 0, waited = 0, flips = 0;
  char last[48] = "";
  for (int turn = 0; turn < 120; turn++) {
    produce(w, 266);
    if (turn % 3 != 2) /* each third collection sees no commit */
      w->shares[at].committed += 6;
    if (++waited == 25) { /* its queue gives it another partition */
      at = (at + 1) % PARTS;
      waited = 0;
    }
    const struct kafka_group_view *group = collect(w);
    if (strcmp(group->status, "stuck") == 0 || group->severity != SEVERITY_OK)
      fail_msg("turn %d: %s: %s", turn, group->status, group->reason);
    flips += strcmp(last, group->status) != 0;
    snprintf(last, sizeof last, "%s", group->status);
  }
  assert_in_range(flips, 1, 2); /* "rising", and it stays */
  /* the same member stops altogether: that is stuck, and soon */
  for (int turn = 0; turn < 17; turn++) {
    produce(w, 266);
    collect(w);
  }
  says(&w->view.groups[0], SEVERITY_CRIT, "stuck",
       "stuck for 36s: members hold partitions but commit nothing"); /* not since its turn was */
}

/* A consumer that commits sometimes after 4 s, sometimes after 40: late is not stuck, each time
 * again. */
static void test_bursty_commits_do_not_flap(void **state) {
  struct world *w = *state;
  int stuck = 0;
  bool was = false;
  for (int turn = 0; turn < 300; turn++) {
    produce(w, 30);
    if (turn % 26 < 12 ? turn % 2 == 0 : turn % 26 == 25)
      for (int i = 0; i < PARTS; i++)
        w->shares[i].committed += turn % 26 == 25 ? 400 : 50;
    bool is = strcmp(collect(w)->status, "stuck") == 0;
    stuck += is && !was;
    was = is;
  }
  assert_in_range(stuck, 0, 1); /* until its pattern is known */
}

/* After a burst the rate is the current growth of the lag, at once for the group, its topic, its
 * partitions and the cluster; the trend and the time to wait agree with it. */
static void test_figures_agree(void **state) {
  struct world *w = *state;
  const struct kafka_group_view *group = NULL;
  for (int turn = 0; turn < 20; turn++) {
    produce(w, 40);
    for (int i = 0; i < PARTS; i++)
      w->shares[i].committed += 40;
    collect(w);
  }
  produce(w, 14000);
  for (int turn = 0; turn < 6; turn++) {
    produce(w, 266);
    for (int i = 0; i < PARTS; i++)
      w->shares[i].committed += 8;
    group = collect(w);
  }
  assert_true(group->sum.rate > 380 && group->sum.rate < 392); /* 3 * 258 in 2 s */
  assert_int_equal(group->sum.trend, KAFKA_RISING);
  assert_true(group->topics[0].sum.rate == group->sum.rate);
  assert_true(w->view.sum.rate == group->sum.rate);
  double parts = 0;
  for (int i = 0; i < PARTS; i++)
    parts += group->parts[i].lag.rate;
  assert_true(parts > group->sum.rate - 0.1 && parts < group->sum.rate + 0.1);
  double flow = group->sum.produced - group->sum.consumed;
  assert_true(flow > group->sum.rate - 0.1 && flow < group->sum.rate + 0.1);
  /* a sawtooth is steady, and then no rate is shown next to it */
  for (int turn = 0; turn < 90; turn++) {
    produce(w, 100);
    if (turn % 5 == 4)
      for (int i = 0; i < PARTS; i++)
        w->shares[i].committed += 500;
    group = collect(w);
    assert_true((group->sum.trend == KAFKA_STEADY) == (group->sum.rate == 0));
  }
  assert_int_equal(group->sum.trend, KAFKA_STEADY);
}

/* The time until the lag is 0 says from how short a time it is known: group, topic and partition.
 */
static void test_the_eta_says_from_what(void **state) {
  struct world *w = *state;
  static const struct table_spec *const specs[] = {&kafka_lag_table};
  const struct kafka_group_view *group = NULL;
  produce(w, 14000);
  for (int turn = 0; turn < 6; turn++) {
    for (int i = 0; i < PARTS; i++)
      w->shares[i].committed += 20;
    group = collect(w);
  }
  struct sample *sample = sample_new(specs, 1);
  assert_true(kafka_rows_group(sample, &sample->tables[0], group));
  assert_true(sample->tables[0].row_count >= 3);
  for (size_t i = 0; i < sample->tables[0].row_count; i++) {
    const struct value eta = sample->tables[0].rows[i].cells[KAFKA_LAG_ETA];
    assert_int_equal(eta.type, VALUE_REAL);
    assert_true(eta.real > 1000);
    assert_true(eta.from_s >= 5 && eta.from_s <= 10);
  }
  sample_free(sample);
}

static void test_rewound(void **state) {
  struct world *w = *state;
  collect(w);
  w->shares[1].committed = 400;
  says(collect(w), SEVERITY_WARN, "rewound", "back on transactions/1: 600 messages");
}

/* Seen at once: the end was read after the commit, and once more. */
static void test_recreated(void **state) {
  struct world *w = *state;
  for (int i = 0; i < PARTS; i++)
    w->partitions[i].end = 5;
  says(collect(w), SEVERITY_WARN, "ahead",
       "committed offset beyond the end: the topic was recreated");
  for (int turn = 0; turn < 5; turn++)
    collect(w);
  for (int i = 0; i < PARTS; i++)
    w->shares[i].committed = 5;
  const struct kafka_group_view *group = collect(w);
  assert_int_equal(group->severity, SEVERITY_OK);
  assert_true(group->sum.produced >= 0); /* no rate from the old log to the new */
}

/* A broker may claim any offset: sums count only plausible ones. */
static void test_no_end_of_lag(void **state) {
  struct world *w = *state;
  collect(w);
  for (int i = 0; i < PARTS; i++) {
    w->partitions[i].end = INT64_MAX;
    w->shares[i].committed = 0;
  }
  assert_true(collect(w)->sum.lag == INT64_MAX);
  assert_true(w->view.sum.lag == INT64_MAX);
}

/* Nothing committed, and there are messages: the lag is unknown, which is not "no lag". */
static void test_no_commit(void **state) {
  struct world *w = *state;
  for (int i = 0; i < PARTS; i++)
    w->shares[i].committed = KAFKA_NO_OFFSET;
  leave(w);
  const struct kafka_group_view *group = collect(w);
  says(group, SEVERITY_WARN, "no commit", "lag not known, 0 of 3 partitions");
  assert_int_equal(group->sum.known, 0);
  assert_string_equal(group->parts[0].error, "no commit yet");
}

/* Nothing committed and nothing to read is no lag. */
static void test_no_commit_to_an_empty_log(void **state) {
  struct world *w = *state;
  for (int i = 1; i < PARTS; i++) {
    w->shares[i].committed = KAFKA_NO_OFFSET;
    w->partitions[i].start = w->partitions[i].end = 0;
  }
  collect(w);
  const struct kafka_group_view *group = collect(w);
  says(group, SEVERITY_OK, "steady", "");
  assert_int_equal(group->sum.known, 3);
  assert_int_equal(group->sum.lag, 0);
}

/* Commits on 1 of 3 partitions: the known lag is a lower bound. */
static void test_commits_on_some(void **state) {
  struct world *w = *state;
  leave(w);
  produce(w, 100);
  for (int i = 1; i < PARTS; i++)
    w->shares[i].committed = KAFKA_NO_OFFSET;
  says(collect(w), SEVERITY_WARN, "1 of 3",
       "lag at least 100, 1 of 3 partitions: no commits for the others");
}

/* All that were kept are known; there are more. */
static void test_partitions_beyond_the_ceiling(void **state) {
  struct world *w = *state;
  leave(w);
  produce(w, 100);
  w->group.cut = true;
  says(collect(w), SEVERITY_UNKNOWN, "3 of more than 3",
       "lag at least 300, 3 of more than 3 partitions: too many partitions to watch all");
}

/* Members that hold partitions and have never committed are as stuck as those that stopped. */
static void test_never_committed(void **state) {
  struct world *w = *state;
  for (int i = 0; i < PARTS; i++)
    w->shares[i].committed = KAFKA_NO_OFFSET;
  collect(w);
  for (int turn = 0; turn < 14; turn++) {
    produce(w, 56);
    says(collect(w), SEVERITY_WARN, "no commit", "no offset was ever committed");
  }
  produce(w, 56);
  says(collect(w), SEVERITY_CRIT, "stuck",
       "stuck for 30s: members hold partitions but have never committed, 2,520 messages arrived "
       "since");
  for (int i = 0; i < PARTS; i++)
    w->shares[i].committed = w->partitions[i].end;
  assert_int_equal(collect(w)->severity, SEVERITY_OK);
}

/* A member that has just joined may still commit. */
static void test_new_partitions_get_time(void **state) {
  struct world *w = *state;
  w->group.share_count = 1;
  for (int turn = 0; turn < 3; turn++)
    collect(w);
  w->group.share_count = PARTS;
  w->shares[1].committed = w->shares[2].committed = KAFKA_NO_OFFSET;
  says(collect(w), SEVERITY_OK, "1 of 3", "");
  for (int turn = 0; turn < 15; turn++)
    collect(w);
  says(&w->view.groups[0], SEVERITY_WARN, "1 of 3", "lag at least 0, 1 of 3 partitions");
}

static void test_incomplete(void **state) {
  struct world *w = *state;
  produce(w, 100);
  w->partitions[1].end = KAFKA_NO_OFFSET;
  w->partitions[1].error = "no leader";
  const struct kafka_group_view *group = collect(w);
  assert_int_equal(group->sum.lag, 200);
  assert_int_equal(group->sum.known, 2);
  assert_int_equal(group->sum.partitions, 3);
  assert_string_equal(group->topics[0].parts[2].error, "no leader");
  says(group, SEVERITY_UNKNOWN, "2 of 3", "lag at least 200, 2 of 3 partitions: no leader");
  /* another finding does not hide it */
  w->partitions[0].start = 1050;
  says(collect(w), SEVERITY_CRIT, "lost data", "; lag of 2 of 3 partitions");
}

static void test_denied(void **state) {
  struct world *w = *state;
  w->group.error = "needs DESCRIBE on the group";
  w->group.denied = true;
  w->group.share_count = 0;
  says(collect(w), SEVERITY_UNKNOWN, "denied", "needs DESCRIBE on the group");
}

/* Members that are hidden are not reported as absent. */
static void test_unknown_state(void **state) {
  struct world *w = *state;
  collect(w);
  leave(w);
  w->group.state = KAFKA_GROUP_UNKNOWN;
  w->group.state_text = "unknown state: needs librdkafka 2.10";
  for (int turn = 0; turn < 20; turn++) {
    produce(w, 56);
    collect(w);
  }
  says(&w->view.groups[0], SEVERITY_WARN, "stuck", "stuck for 40s: no commits");
}

static void test_forgets(void **state) {
  struct world *w = *state;
  collect(w);
  assert_int_equal(kafka_history_count(w->history), PARTS);
  w->group.share_count = 1;
  for (int turn = 0; turn < KAFKA_KEEP; turn++)
    collect(w);
  assert_int_equal(kafka_history_count(w->history), 1);
  w->snapshot.group_count = 0;
  for (int turn = 0; turn < KAFKA_KEEP; turn++) {
    kafka_view_fini(&w->view);
    kafka_history_add(w->history, &w->snapshot);
    w->view = (struct kafka_view){0};
  }
  assert_int_equal(kafka_history_count(w->history), 0);
  assert_null(kafka_history_track(w->history, "g", "transactions", 0));
}

/* Collections faster than the window's columns still cover the whole window. */
static void test_fast_interval(void **state) {
  struct world *w = *state;
  for (int turn = 0; turn < 600; turn++) {
    produce(w, 10);
    w->now_ms -= 1800; /* 0.2 s apart */
    collect(w);
  }
  const struct kafka_log *log = kafka_history_log(w->history, "transactions", 0);
  const struct kafka_track *track = kafka_history_track(w->history, "g", "transactions", 0);
  struct kafka_point points[KAFKA_POINTS_MAX];
  size_t count = kafka_history_points(w->history, log, track, points);
  assert_in_range(points[count - 1].at_ms - points[0].at_ms, 50000, 60000);
  assert_int_equal(points[count - 1].at_ms, w->now_ms);
  assert_true(w->view.sum.produced > 149 && w->view.sum.produced < 151);
}

/* Half an hour of lag is older than the window, and still known. */
static void test_old_lag(void **state) {
  struct world *w = *state;
  collect(w);
  for (int turn = 0; turn < 600; turn++) {
    produce(w, 10);
    collect(w);
  }
  const struct kafka_part *part = &w->view.groups[0].parts[0];
  assert_int_equal(part->time_kind, KAFKA_TIME_SEEN);
  assert_true(part->time_lag > 1100 && part->time_lag <= 1200);
}

static struct value cell(const struct row *row, int column) {
  return row->cells[column];
}

static void test_rows(void **state) {
  struct world *w = *state;
  static const struct table_spec *const tables[] = {&kafka_cluster_table, &kafka_lag_table};
  char name[] = "a/b%c";
  w->group.name = name;
  produce(w, 100);
  w->partitions[2].end += 50;
  w->shares[0].committed = KAFKA_NO_OFFSET;
  collect(w);
  struct sample *sample = sample_new(tables, 2);
  struct kafka_broker broker = {.id = 1, .address = "127.0.0.1:9092", .answered = true};
  w->snapshot.brokers = &broker;
  w->snapshot.broker_count = 1;
  kafka_rows_fill(sample, "main", &w->snapshot, &w->view, true);
  const struct table *lag = sample_table_view(sample, "lag");
  assert_int_equal(lag->row_count, 2 + PARTS);
  assert_string_equal(lag->rows[0].key, "a%2Fb%25c");
  assert_string_equal(lag->rows[1].key, "a%2Fb%25c/transactions");
  assert_string_equal(lag->rows[1].parent, lag->rows[0].key);
  assert_string_equal(lag->rows[2].key, "a%2Fb%25c/transactions/2");
  for (int i = 0; i < 2; i++) { /* the group, and its topic */
    assert_int_equal(cell(&lag->rows[i], KAFKA_LAG_LAG).integer, 250);
    assert_true(cell(&lag->rows[i], KAFKA_LAG_LAG).at_least);
    assert_true(cell(&lag->rows[i], KAFKA_LAG_LOST).at_least);
    assert_string_equal(cell(&lag->rows[i], KAFKA_LAG_COUNTED).text, "2 of 3 partitions");
  }
  assert_false(cell(&lag->rows[2], KAFKA_LAG_LAG).at_least); /* one partition's is exact */
  assert_int_equal(cell(&lag->rows[0], KAFKA_LAG_RATE).type, VALUE_NONE);
  assert_string_equal(cell(&lag->rows[0], KAFKA_LAG_RATE).text, "needs two collections");
  const struct row *last = &lag->rows[4];
  assert_int_equal(cell(last, KAFKA_LAG_LAG).type, VALUE_NONE);
  assert_string_equal(cell(last, KAFKA_LAG_LAG).text, "no commit yet");
  assert_int_equal(cell(last, KAFKA_LAG_END).integer, 1100);
  assert_string_equal(cell(last, KAFKA_LAG_HOST).text, "10.0.0.1");
  const struct row *cluster = &sample_table_view(sample, "cluster")->rows[0];
  assert_int_equal(cell(cluster, KAFKA_CLUSTER_LAG).integer, 250);
  assert_true(cell(cluster, KAFKA_CLUSTER_LAG).at_least);
  assert_false(cell(cluster, KAFKA_CLUSTER_GROUPS).at_least);
  assert_string_equal(cell(cluster, KAFKA_CLUSTER_COUNTED).text, "2 of 3 partitions");
  assert_int_equal(cell(cluster, KAFKA_CLUSTER_CONTROLLER).type, VALUE_NONE);
  assert_int_equal(sample->note_count, 1); /* of the only pass */
  sample_free(sample);
}

static const struct row *cluster_row(struct world *w, struct sample **sample) {
  static const struct table_spec *const tables[] = {&kafka_cluster_table, &kafka_lag_table};
  *sample = sample_new(tables, 2);
  kafka_rows_fill(*sample, "main", &w->snapshot, &w->view, false);
  return &sample_table_view(*sample, "cluster")->rows[0];
}

/* Two groups read the same partitions: sums over both count each twice, and say what they count. */
static void test_two_groups_of_one_topic(void **state) {
  struct world *w = *state;
  struct sample *sample;
  struct kafka_group groups[] = {w->group, w->group};
  struct kafka_share shares[PARTS];
  memcpy(shares, w->shares, sizeof shares);
  shares[0].committed = KAFKA_NO_OFFSET;
  groups[1].name = "h";
  groups[1].shares = shares;
  w->snapshot.groups = groups;
  w->snapshot.group_count = 2;
  w->snapshot.topics_hidden = true;
  produce(w, 100);
  collect(w);
  const struct row *row = cluster_row(w, &sample);
  assert_string_equal(cell(row, KAFKA_CLUSTER_COUNTED).text, "5 of 6 group partitions");
  assert_int_equal(cell(row, KAFKA_CLUSTER_LAG).integer, 500);
  assert_non_null(strstr(row->reason, "the lag counts 3 partitions, others may be hidden"));
  sample_free(sample);
}

/* Skipped groups have a lag, too. */
static void test_groups_beyond_the_ceiling(void **state) {
  struct world *w = *state;
  struct sample *sample;
  w->snapshot.groups_left_out = 7;
  produce(w, 100);
  collect(w);
  const struct row *row = cluster_row(w, &sample);
  assert_true(cell(row, KAFKA_CLUSTER_LAG).at_least);
  assert_true(cell(row, KAFKA_CLUSTER_GROUPS).at_least);
  assert_string_equal(cell(row, KAFKA_CLUSTER_COUNTED).text, "3 of more than 3 partitions");
  assert_false(cell(&sample_table_view(sample, "lag")->rows[0], KAFKA_LAG_LAG).at_least);
  sample_free(sample);
}

/* A broker that is silent may coordinate any number of groups. */
static void test_a_silent_broker(void **state) {
  struct world *w = *state;
  struct sample *sample;
  struct kafka_broker brokers[] = {
      {1, "10.0.0.1:9092", true}, {2, "10.0.0.2:9092", false}, {3, "10.0.0.3:9092", true}};
  collect(w);
  w->snapshot.brokers = brokers;
  w->snapshot.broker_count = 3;
  w->snapshot.cluster_id = "MkU3OEVBNTcwNTJENDM2Qk";
  w->snapshot.group_count = 0; /* it was that broker's */
  collect(w);
  const struct row *row = cluster_row(w, &sample);
  assert_int_equal(row->severity, SEVERITY_UNKNOWN);
  assert_string_equal(row->reason, "groups may be missing: only 2 of 3 brokers answered: broker 2 "
                                   "(10.0.0.2:9092) does not answer; groups not listed: g");
  assert_int_equal(cell(row, KAFKA_CLUSTER_GROUPS).type, VALUE_NONE);
  assert_int_equal(cell(row, KAFKA_CLUSTER_LAG).type, VALUE_NONE);
  assert_int_equal(cell(row, KAFKA_CLUSTER_CONTROLLER).type, VALUE_NONE);
  assert_string_equal(sample->facts[FACT_SERVER], "MkU3OEVBNTcwNTJENDM2Qk");
  assert_string_equal(sample->facts[FACT_MEMBERS], "brokers 1, 2, 3");
  sample_free(sample);
}

static void test_no_rights_at_all(void **state) {
  struct world *w = *state;
  struct sample *sample;
  w->snapshot.group_count = 0;
  w->snapshot.rights = "needs DESCRIBE on the groups, or on the cluster";
  collect(w);
  const struct row *row = cluster_row(w, &sample);
  assert_int_equal(row->severity, SEVERITY_UNKNOWN);
  assert_non_null(strstr(row->reason, "needs DESCRIBE on the groups"));
  assert_int_equal(cell(row, KAFKA_CLUSTER_GROUPS).type, VALUE_NONE);
  sample_free(sample);
}

/* Brokers omit topics without the right to see them: it is only known that there are more. */
static void test_hidden_topics(void **state) {
  struct world *w = *state;
  struct sample *sample;
  w->snapshot.topics_hidden = true;
  collect(w);
  const struct row *row = cluster_row(w, &sample);
  assert_int_equal(row->severity, SEVERITY_UNKNOWN);
  assert_non_null(strstr(row->reason, "the lag counts 3 partitions, others may be hidden"));
  sample_free(sample);
}

/* The cluster's sum, too, says how many it covers. */
static void test_counted(void **state) {
  struct world *w = *state;
  struct sample *sample;
  produce(w, 100);
  w->partitions[1].end = KAFKA_NO_OFFSET;
  w->partitions[1].error = "no leader";
  collect(w);
  const struct row *row = cluster_row(w, &sample);
  assert_int_equal(cell(row, KAFKA_CLUSTER_LAG).integer, 200);
  assert_string_equal(cell(row, KAFKA_CLUSTER_COUNTED).text, "2 of 3 partitions");
  const struct table *lag = sample_table_view(sample, "lag");
  assert_string_equal(cell(&lag->rows[0], KAFKA_LAG_COUNTED).text, "2 of 3 partitions");
  assert_string_equal(cell(&lag->rows[0], KAFKA_LAG_STATUS).text, "2 of 3");
  assert_string_equal(cell(&lag->rows[1], KAFKA_LAG_STATUS).text, "2 of 3");
  sample_free(sample);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_calm),
      TEST(test_slow_commits),
      TEST(test_very_slow_commits),
      TEST(test_stuck),
      TEST(test_an_outage_is_not_a_stall),
      TEST(test_one_partition_stuck),
      TEST(test_held_back),
      TEST(test_skew),
      TEST(test_burst_after_silence),
      TEST(test_no_members),
      TEST(test_lost_without_members),
      TEST(test_slow_is_not_stuck),
      TEST(test_bursty_commits_do_not_flap),
      TEST(test_the_eta_says_from_what),
      TEST(test_figures_agree),
      TEST(test_rewound),
      TEST(test_recreated),
      TEST(test_no_end_of_lag),
      TEST(test_no_commit),
      TEST(test_no_commit_to_an_empty_log),
      TEST(test_commits_on_some),
      TEST(test_partitions_beyond_the_ceiling),
      TEST(test_two_groups_of_one_topic),
      TEST(test_groups_beyond_the_ceiling),
      TEST(test_never_committed),
      TEST(test_new_partitions_get_time),
      TEST(test_incomplete),
      TEST(test_denied),
      TEST(test_unknown_state),
      TEST(test_forgets),
      TEST(test_fast_interval),
      TEST(test_old_lag),
      TEST(test_rows),
      TEST(test_a_silent_broker),
      TEST(test_no_rights_at_all),
      TEST(test_hidden_topics),
      TEST(test_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
