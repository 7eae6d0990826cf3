/* Exercises the evaluation of a Kafka cluster's snapshots: their history, lag, trend, age,
 * judgement and rows, over up to 64 collections of groups that come and go. Holds: no lag below
 * zero, no rate that is not a number, points in order of time, a severity with its reason, a
 * complete sample. */
#include "fuzz.h"

#include "collectors/kafka/kafka_rows.h"
#include "collectors/kafka/kafka_table.h"

enum { TOPICS = 2, PARTITIONS = 3, GROUPS = 3, SHARES = TOPICS * PARTITIONS };

struct world {
  struct kafka_history *history;
  struct kafka_rules rules;
  int64_t now_ms;
  struct kafka_partition partitions[TOPICS][PARTITIONS];
  struct kafka_topic topics[TOPICS];
  struct kafka_member member;
  struct kafka_share shares[GROUPS][SHARES];
  struct kafka_group groups[GROUPS];
  struct kafka_snapshot snapshot;
};

/* An offset: near the last one, far away, at the end of the range, or missing. */
static int64_t offset(struct fuzz_input *input, int64_t last) {
  const uint8_t kind = fuzz_byte(input);
  switch (kind % 8) {
  case 0:
    return KAFKA_NO_OFFSET;
  case 1:
    return INT64_MAX - kind;
  case 2:
    return fuzz_int(input, 8) & INT64_MAX;
  case 3:
    return last;
  default:
    return last > INT64_MAX - 256 ? last : (last < 0 ? 0 : last) + fuzz_byte(input);
  }
}

static void change_topics(struct world *world, struct fuzz_input *input) {
  for (int i = 0; i < TOPICS; i++) {
    world->topics[i].partition_count = fuzz_byte(input) % (PARTITIONS + 1);
    for (int j = 0; j < PARTITIONS; j++) {
      struct kafka_partition *partition = &world->partitions[i][j];
      partition->leader = (int32_t)fuzz_byte(input) - 1;
      partition->wanted = true;
      partition->end = offset(input, partition->end);
      partition->start = offset(input, partition->start);
      partition->error = partition->end < 0 ? "no leader" : NULL;
    }
  }
}

static void change_group(struct world *world, struct fuzz_input *input, int at) {
  struct kafka_group *group = &world->groups[at];
  group->state = (enum kafka_group_state)(fuzz_byte(input) % (KAFKA_GROUP_DEAD + 1));
  group->state_text = "a state";
  group->member_count = fuzz_byte(input) % 2;
  group->error = fuzz_byte(input) % 16 == 15 ? "no coordinator" : NULL;
  group->share_count = 0;
  for (int i = 0; i < TOPICS; i++)
    for (int j = 0; j < PARTITIONS && j < world->topics[i].partition_count; j++) {
      struct kafka_share *share = &world->shares[at][group->share_count++];
      share->topic = (uint32_t)i;
      share->partition = j;
      share->owner = group->member_count && fuzz_byte(input) % 2 ? 0 : -1;
      share->committed = offset(input, share->committed);
    }
}

static void check_points(const struct world *world, const struct kafka_share *share,
                         const char *group) {
  struct kafka_point points[KAFKA_POINTS_MAX], ends[KAFKA_ENDS_MAX];
  const char *topic = world->topics[share->topic].name;
  const struct kafka_log *log = kafka_history_log(world->history, topic, share->partition);
  const struct kafka_track *track =
      kafka_history_track(world->history, group, topic, share->partition);
  if (!log || !track)
    return;
  const size_t count = kafka_history_points(world->history, log, track, points);
  const size_t end_count = kafka_history_ends(world->history, log, ends);
  assert(count <= KAFKA_POINTS_MAX && end_count <= KAFKA_ENDS_MAX);
  for (size_t i = 1; i < count; i++)
    assert(points[i - 1].at_ms < points[i].at_ms);
  for (size_t i = 1; i < end_count; i++)
    assert(ends[i - 1].at_ms <= ends[i].at_ms);
}

static void check_group(const struct world *world, const struct kafka_group_view *view) {
  assert((view->severity == SEVERITY_OK) == (*view->reason == '\0'));
  assert(view->sum.lag >= 0 && view->sum.lost >= 0 && view->sum.known <= view->sum.partitions);
  assert(isfinite(view->sum.rate) && isfinite(view->sum.time_lag));
  for (size_t i = 0; i < view->topic_count; i++)
    for (size_t j = 0; j < view->topics[i].part_count; j++) {
      const struct kafka_part *part = &view->topics[i].parts[j];
      assert(part->lag.lag >= 0 && part->lag.lost >= 0);
      assert(isfinite(part->lag.rate) && isfinite(part->time_lag));
      const double eta = kafka_eta((double)part->lag.lag, part->lag.rate);
      assert(isfinite(eta) && (eta >= 0 || eta == -1));
      check_points(world, part->share, view->group->name);
    }
}

static void check_collection(struct world *world) {
  static const struct table_spec *const specs[] = {&kafka_cluster_table, &kafka_lag_table};
  struct kafka_view view;
  kafka_history_add(world->history, &world->snapshot);
  kafka_view_init(&view, &world->snapshot, world->history, &world->rules);
  for (size_t i = 0; i < view.count; i++)
    check_group(world, &view.groups[i]);
  struct sample *sample = sample_new(specs, 2);
  kafka_rows_fill(sample, "main", &world->snapshot, &view, false);
  fuzz_check_sample(sample);
  sample_free(sample);
  kafka_view_fini(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const names[] = {"a/b", "a", "a%2Fb"};
  struct fuzz_input input = {data, size};
  struct world world = {.rules = {.stall_ms = 30000, .allowed = fuzz_byte(&input)},
                        .now_ms = 1000000,
                        .member = {.client = "c", .host = "/10.0.0.1"}};
  world.history = kafka_history_new(60000, world.rules.allowed);
  for (int i = 0; i < TOPICS; i++)
    world.topics[i] = (struct kafka_topic){.name = names[i], .partitions = world.partitions[i]};
  for (int i = 0; i < GROUPS; i++)
    world.groups[i] =
        (struct kafka_group){.name = names[i], .members = &world.member, .shares = world.shares[i]};
  world.snapshot.topics = world.topics;
  world.snapshot.groups = world.groups;
  world.snapshot.topic_count = TOPICS;
  for (int turn = 0; turn < 64 && input.size > 0; turn++) {
    world.now_ms += 1 + fuzz_int(&input, 2);
    world.snapshot.committed_ms = world.snapshot.ended_ms = world.now_ms;
    world.snapshot.group_count = fuzz_byte(&input) % (GROUPS + 1);
    change_topics(&world, &input);
    for (int i = 0; i < GROUPS; i++)
      change_group(&world, &input, i);
    check_collection(&world);
  }
  kafka_history_free(world.history);
  return 0;
}
