#include "collectors/kafka/kafka_view.h"

#include "core/count.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

/* The lag of several partitions over time; [0] is the current one. A column counts if all are
 * known. */
struct course {
  int64_t at_ms[KAFKA_POINTS_MAX];
  double lag[KAFKA_POINTS_MAX];
  size_t known[KAFKA_POINTS_MAX];
};

struct viewing {
  const struct kafka_snapshot *snapshot;
  const struct kafka_history *history;
  const struct kafka_rules *rules;
  int64_t now_ms;
  int64_t from_ms; /* of the current group: where its recent part begins */
  int64_t gap_ms;  /* the longest gap between commits, of all that move */
  struct course *of_topic, *of_group, *of_all;
};

static void course_add(struct course *course, const struct kafka_point *points, size_t count) {
  for (size_t age = 0; age < count; age++) {
    const struct kafka_point *point = &points[count - 1 - age];
    course->at_ms[age] = point->at_ms;
    if (point->committed < 0 || point->end < 0)
      continue;
    course->lag[age] += point->end > point->committed ? (double)(point->end - point->committed) : 0;
    course->known[age]++;
  }
}

/* The columns in which all partitions with a known lag are known, oldest first. */
static size_t course_points(const struct course *course, size_t known, int64_t from_ms,
                            int64_t at_ms[KAFKA_POINTS_MAX], double lag[KAFKA_POINTS_MAX]) {
  size_t count = 0;
  for (size_t age = KAFKA_POINTS_MAX; age-- > 0;) {
    if (known == 0 || course->known[age] != known || course->at_ms[age] < from_ms)
      continue;
    at_ms[count] = course->at_ms[age];
    lag[count++] = course->lag[age];
  }
  return count;
}

/* Where the recent part begins, by time. */
static int64_t course_from(const struct course *course, size_t known, int64_t gap_ms,
                           int64_t allowed) {
  int64_t at_ms[KAFKA_POINTS_MAX];
  double lag[KAFKA_POINTS_MAX];
  size_t count = course_points(course, known, 0, at_ms, lag);
  return count > 0 ? at_ms[kafka_recent(at_ms, lag, count, gap_ms, allowed)] : 0;
}

static void sum_trend(struct kafka_sum *sum, const struct course *course, int64_t from_ms,
                      int64_t allowed) {
  int64_t at_ms[KAFKA_POINTS_MAX];
  double lag[KAFKA_POINTS_MAX];
  size_t count = course_points(course, sum->by_commit, from_ms, at_ms, lag);
  sum->trend = kafka_trend_of(at_ms, lag, count, allowed, &sum->rate);
  sum->has_rate = sum->trend != KAFKA_TREND_UNKNOWN;
  sum->window_s = sum->has_rate ? (double)(at_ms[count - 1] - at_ms[0]) / 1000 : 0;
}

static const struct kafka_partition *partition_of(const struct kafka_topic *topic,
                                                  int32_t partition) {
  return partition < topic->partition_count ? &topic->partitions[partition] : NULL;
}

static const char *error_of(const struct kafka_group *group, const struct kafka_share *share,
                            const struct kafka_topic *topic,
                            const struct kafka_partition *partition) {
  if (group->error)
    return group->error;
  if (share->error)
    return share->error;
  if (!partition)
    return topic->error ? topic->error : "no such partition";
  if (partition->end < 0)
    return partition->error ? partition->error : "its end offset is not known";
  return share->committed < 0 ? "no commit yet" : NULL;
}

static void part_age(const struct viewing *v, const struct kafka_log *log,
                     struct kafka_part *part) {
  struct kafka_point ends[KAFKA_ENDS_MAX];
  part->time_kind = KAFKA_TIME_UNKNOWN;
  if (!part->lag.has_lag)
    return;
  if (part->lag.lag == 0) { /* nothing is unread */
    part->time_kind = KAFKA_TIME_SEEN;
    part->time_lag = 0;
    return;
  }
  size_t count = kafka_history_ends(v->history, log, ends);
  part->time_kind = kafka_time_lag(ends, count, part->share->committed, v->now_ms,
                                   part->lag.produced, &part->time_lag);
}

static int64_t stall_of(const struct kafka_rules *rules, const struct kafka_track *track,
                        bool has_owner) {
  int64_t patient_ms = has_owner ? 3 * track->gap_ms : 0;
  return patient_ms > rules->stall_ms ? patient_ms : rules->stall_ms;
}

/* The first message of the open transaction, if it was read (kafka_query.held), or, on the page of
 * a group, its next message. */
static const struct kafka_next *next_of(const struct kafka_snapshot *snapshot,
                                        const struct kafka_share *share, int64_t stable) {
  for (size_t i = 0; i < snapshot->next_count; i++) {
    const struct kafka_next *next = &snapshot->nexts[i];
    if (next->topic == share->topic && next->partition == share->partition &&
        (next->committed == share->committed || next->committed == stable))
      return next;
  }
  return NULL;
}

/* A group that reads uncommitted messages is beyond the transaction. Markers that end a transaction
 * are offsets, too, but no messages: what counts is that no message is left to read before it. */
static void part_held(const struct viewing *v, const struct kafka_partition *partition,
                      struct kafka_part *part) {
  const struct kafka_share *share = part->share;
  part->held_ms = -1;
  if (!v->snapshot->has_stable || !partition || partition->stable < 0 ||
      partition->stable >= partition->end || share->committed < 0 ||
      share->committed > partition->stable)
    return;
  const struct kafka_next *next = next_of(v->snapshot, share, partition->stable);
  const bool own = next && next->committed == share->committed;
  part->held = share->committed == partition->stable ||
               (own && next->offset != KAFKA_NO_OFFSET && next->offset >= partition->stable) ||
               (next && !own && share->committed >= next->read_to);
  part->held_by = part->held ? next : NULL;
  const int64_t wall_ms = clock_now_ms() + clock_wall_offset_ms();
  if (part->held && next && next->time_ms >= 0)
    part->held_ms = next->time_ms < wall_ms ? wall_ms - next->time_ms : 0;
}

/* Sets lag, age and stall from the history. */
static void part_judge(const struct viewing *v, const struct kafka_group *group,
                       const struct kafka_topic *topic, struct kafka_part *part) {
  const struct kafka_share *share = part->share;
  const struct kafka_log *log = kafka_history_log(v->history, topic->name, share->partition);
  const struct kafka_track *track =
      kafka_history_track(v->history, group->name, topic->name, share->partition);
  struct kafka_point points[KAFKA_POINTS_MAX] = {{v->now_ms, share->committed, part->end}};
  struct kafka_lag_facts facts = {.points = points,
                                  .count = 1,
                                  .start = part->start,
                                  .has_owner = share->owner >= 0,
                                  .stall_ms = v->rules->stall_ms,
                                  .allowed = v->rules->allowed};
  if (log && track) {
    facts.count = kafka_history_points(v->history, log, track, points);
    facts.flat_ms = track->changed_ms > 0 ? v->now_ms - track->changed_ms : 0;
    facts.stall_ms = stall_of(v->rules, track, facts.has_owner);
    facts.blank_ms = track->blank_ms > 0 ? v->now_ms - track->blank_ms : 0;
    facts.blank_end = track->blank_end;
    part->moves = track->moved_ms > 0 && v->now_ms - track->moved_ms < facts.stall_ms;
    part->fresh = track->since_ms > kafka_history_began_ms(v->history) &&
                  v->now_ms - track->since_ms < v->rules->stall_ms;
    /* invisible members are not reported as absent */
    facts.has_owner = facts.has_owner || group->state == KAFKA_GROUP_UNKNOWN;
  }
  facts.from_ms = v->from_ms;
  part->stall_ms = facts.stall_ms;
  kafka_lag_judge(&facts, &part->lag);
  part->flat_ms = share->committed < 0 ? facts.blank_ms : facts.flat_ms;
  if (log)
    part_age(v, log, part);
  course_add(v->of_topic, points, facts.count);
}

static void sum_add(struct kafka_sum *sum, const struct kafka_part *part) {
  const struct kafka_lag *lag = &part->lag;
  sum->partitions++;
  if (!lag->has_lag)
    return;
  sum->known++;
  sum->by_commit += lag->by_commit;
  sum->lag = count_add(sum->lag, lag->lag);
  sum->lost = count_add(sum->lost, lag->lost);
  if (lag->has_rates) {
    sum->has_flows = true;
    sum->consumed += lag->consumed;
    sum->produced += lag->produced;
  }
  if (part->time_kind > sum->time_kind)
    sum->time_kind = part->time_kind;
  if (part->time_kind != KAFKA_TIME_UNKNOWN && part->time_lag > sum->time_lag)
    sum->time_lag = part->time_lag;
}

static void sum_join(struct kafka_sum *sum, const struct kafka_sum *other) {
  sum->partitions += other->partitions;
  sum->known += other->known;
  sum->cut = sum->cut || other->cut;
  sum->lag = count_add(sum->lag, other->lag);
  sum->lost = count_add(sum->lost, other->lost);
  sum->by_commit += other->by_commit;
  sum->has_flows = sum->has_flows || other->has_flows;
  sum->consumed += other->consumed;
  sum->produced += other->produced;
  if (other->time_kind > sum->time_kind)
    sum->time_kind = other->time_kind;
  if (other->time_lag > sum->time_lag)
    sum->time_lag = other->time_lag;
}

static void course_join(struct course *course, const struct course *other) {
  for (size_t age = 0; age < KAFKA_POINTS_MAX; age++) {
    if (other->known[age] == 0)
      continue;
    course->at_ms[age] = other->at_ms[age];
    course->lag[age] += other->lag[age];
    course->known[age] += other->known[age];
  }
}

static void tally_add(struct kafka_group_view *view, const struct kafka_part *part,
                      const struct kafka_topic *topic) {
  struct kafka_tally *tally = &view->tallies[part->lag.status];
  if (!tally->worst || part->lag.lag > tally->worst->lag.lag) {
    tally->worst = part;
    tally->worst_topic = topic;
  }
  if (tally->count == 0 || part->flat_ms < tally->flat_ms)
    tally->flat_ms = part->flat_ms;
  tally->count++;
  tally->held += part->held;
  if (tally->count == 1 || part->held_ms > tally->held_ms) {
    tally->held_ms = part->held_ms;
    tally->held_by = part->held_by;
  }
  tally->blank += part->lag.status == KAFKA_STALL && !part->lag.has_lag;
  tally->lag = count_add(tally->lag, part->lag.lag);
  tally->grown = count_add(tally->grown, part->lag.grown > 0 ? part->lag.grown : 0);
  tally->rate += part->lag.rate;
}

static int part_compare(const void *a, const void *b) {
  const struct kafka_part *x = a, *y = b;
  if (x->lag.has_lag != y->lag.has_lag)
    return x->lag.has_lag ? -1 : 1;
  if (x->lag.lag != y->lag.lag)
    return x->lag.lag > y->lag.lag ? -1 : 1;
  return x->share->partition - y->share->partition;
}

static int topic_compare(const void *a, const void *b) {
  const struct kafka_topic_view *x = a, *y = b;
  if (x->sum.lag != y->sum.lag)
    return x->sum.lag > y->sum.lag ? -1 : 1;
  return strcmp(x->topic->name, y->topic->name);
}

static int group_compare(const void *a, const void *b) {
  const struct kafka_group_view *x = a, *y = b;
  if (x->severity != y->severity)
    return (int)y->severity - (int)x->severity;
  if (x->sum.lag != y->sum.lag)
    return x->sum.lag > y->sum.lag ? -1 : 1;
  return strcmp(x->group->name, y->group->name);
}

static void topic_init(struct viewing *v, struct kafka_group_view *view,
                       struct kafka_topic_view *of) {
  memset(v->of_topic, 0, sizeof *v->of_topic);
  of->sum.cut = view->group->cut; /* of which topic is not known */
  for (size_t i = 0; i < of->part_count; i++) {
    struct kafka_part *part = &of->parts[i];
    const struct kafka_partition *partition = partition_of(of->topic, part->share->partition);
    part->start = partition ? partition->start : KAFKA_NOTHING;
    part->end = partition ? partition->end : KAFKA_NOTHING;
    part->error = error_of(view->group, part->share, of->topic, partition);
    part_judge(v, view->group, of->topic, part);
    part_held(v, partition, part);
    sum_add(&of->sum, part);
    view->has_owners = view->has_owners || part->share->owner >= 0;
  }
  sum_trend(&of->sum, v->of_topic, v->from_ms, v->rules->allowed);
  sum_join(&view->sum, &of->sum);
}

/* Whether it has more to read than usually accumulates between its commits. */
static bool is_behind(const struct kafka_part *part, int64_t allowed) {
  const double patience_s = 5;
  const struct kafka_lag *lag = &part->lag;
  if (!lag->has_rates || lag->lag <= allowed)
    return false;
  double gap_s = (double)part->stall_ms / 3000;
  return (double)lag->lag > lag->consumed * (gap_s + patience_s) + (double)allowed;
}

/* A member that reads one partition and is behind there is slow, not stuck: its other partitions
 * wait. */
static void let_wait(struct viewing *v, struct kafka_group_view *view) {
  const struct kafka_group *group = view->group;
  bool *busy = mem_new(group->member_count * sizeof *busy);
  for (size_t i = 0; i < group->share_count; i++) {
    const struct kafka_part *part = &view->parts[i];
    int32_t owner = part->share->owner;
    if (owner >= 0 && (size_t)owner < group->member_count && part->moves &&
        is_behind(part, v->rules->allowed))
      busy[owner] = true;
  }
  for (size_t i = 0; i < group->share_count; i++) {
    struct kafka_part *part = &view->parts[i];
    int32_t owner = part->share->owner;
    if (part->lag.status == KAFKA_STALL && owner >= 0 && (size_t)owner < group->member_count &&
        busy[owner])
      part->lag.status = part->lag.has_lag ? KAFKA_OK : KAFKA_NO_COMMIT;
  }
  free(busy);
}

/* The group as a whole comes first: its recent part applies to all its figures. */
static void group_course(struct viewing *v, const struct kafka_group *group) {
  int64_t gap_ms = 0;
  size_t known = 0;
  memset(v->of_group, 0, sizeof *v->of_group);
  for (size_t i = 0; i < group->share_count; i++) {
    const struct kafka_share *share = &group->shares[i];
    const char *topic = v->snapshot->topics[share->topic].name;
    const struct kafka_log *log = kafka_history_log(v->history, topic, share->partition);
    const struct kafka_track *track =
        kafka_history_track(v->history, group->name, topic, share->partition);
    if (!log || !track)
      continue;
    struct kafka_point points[KAFKA_POINTS_MAX];
    size_t count = kafka_history_points(v->history, log, track, points);
    course_add(v->of_group, points, count);
    known += points[count - 1].committed >= 0 && points[count - 1].end >= 0;
    if (track->moved_ms >= points[0].at_ms && track->gap_ms > gap_ms)
      gap_ms = track->gap_ms;
  }
  v->from_ms = course_from(v->of_group, known, gap_ms, v->rules->allowed);
  v->gap_ms = gap_ms > v->gap_ms ? gap_ms : v->gap_ms;
  course_join(v->of_all, v->of_group);
}

static void topics_init(struct viewing *v, struct kafka_group_view *view) {
  const struct kafka_group *group = view->group;
  for (size_t from = 0, to; from < group->share_count; from = to) {
    uint32_t topic = group->shares[from].topic;
    for (to = from; to < group->share_count && group->shares[to].topic == topic; to++)
      view->parts[to].share = &group->shares[to];
    view->topics = mem_resize(view->topics, (view->topic_count + 1) * sizeof *view->topics);
    struct kafka_topic_view *of = &view->topics[view->topic_count++];
    *of = (struct kafka_topic_view){
        .topic = &v->snapshot->topics[topic], .parts = &view->parts[from], .part_count = to - from};
    topic_init(v, view, of);
  }
}

static void group_init(struct viewing *v, struct kafka_group_view *view,
                       const struct kafka_group *group) {
  view->group = group;
  view->sum.cut = group->cut;
  view->parts = mem_new(group->share_count * sizeof *view->parts);
  group_course(v, group);
  topics_init(v, view);
  let_wait(v, view);
  for (size_t t = 0; t < view->topic_count; t++) {
    struct kafka_topic_view *of = &view->topics[t];
    qsort(of->parts, of->part_count, sizeof *of->parts, part_compare);
    for (size_t i = 0; i < of->part_count; i++) /* their entries exist now */
      tally_add(view, &of->parts[i], of->topic);
  }
  if (view->topic_count > 1)
    qsort(view->topics, view->topic_count, sizeof *view->topics, topic_compare);
  sum_trend(&view->sum, v->of_group, v->from_ms, v->rules->allowed);
  kafka_judge(view);
}

static void on_missing(void *arg, const char *group) {
  struct kafka_view *view = arg;
  if (view->missing_count < KAFKA_MISSING_MAX)
    view->missing[view->missing_count] = group;
  view->missing_count++;
}

void kafka_view_init(struct kafka_view *view, const struct kafka_snapshot *snapshot,
                     const struct kafka_history *history, const struct kafka_rules *rules) {
  struct course of_topic, of_group, of_all = {0};
  struct viewing v = {.snapshot = snapshot,
                      .history = history,
                      .rules = rules,
                      .now_ms = snapshot->ended_ms,
                      .of_topic = &of_topic,
                      .of_group = &of_group,
                      .of_all = &of_all};
  *view = (struct kafka_view){.count = snapshot->group_count};
  view->groups = mem_new(view->count * sizeof *view->groups);
  for (size_t i = 0; i < view->count; i++) {
    group_init(&v, &view->groups[i], &snapshot->groups[i]);
    sum_join(&view->sum, &view->groups[i].sum);
  }
  view->sum.cut = view->sum.cut || snapshot->groups_left_out > 0;
  sum_trend(&view->sum, &of_all,
            course_from(&of_all, view->sum.by_commit, v.gap_ms, rules->allowed), rules->allowed);
  kafka_history_missing(history, on_missing, view);
  if (view->count > 1)
    qsort(view->groups, view->count, sizeof *view->groups, group_compare);
}

bool kafka_view_stands_still(const struct kafka_view *view, const struct kafka_rules *rules) {
  for (size_t g = 0; g < view->count; g++)
    for (size_t i = 0; i < view->groups[g].group->share_count; i++) {
      const struct kafka_part *part = &view->groups[g].parts[i];
      if (part->lag.by_commit && part->lag.lag > rules->allowed &&
          part->flat_ms >= part->stall_ms / 2)
        return true;
    }
  return false;
}

void kafka_view_fini(struct kafka_view *view) {
  for (size_t i = 0; i < view->count; i++) {
    free(view->groups[i].topics);
    free(view->groups[i].parts);
  }
  free(view->groups);
}
