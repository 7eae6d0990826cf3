#include "clients/kafka/child/read/kafka_groups.h"

#include "clients/kafka/child/kafka_error.h"
#include "core/mem.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena_of(struct kafka_groups *groups) {
  return &groups->collection->snapshot->arena;
}

void kafka_groups_fini(struct kafka_groups *groups) {
  for (size_t i = 0; i < groups->count; i++)
    free(groups->drafts[i].shares);
  free(groups->drafts);
  kafka_topics_fini(&groups->topics);
  *groups = (struct kafka_groups){0};
}

static bool matches(const char **globs, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (fnmatch(globs[i], name, 0) == 0)
      return true;
  return false;
}

static int draft_compare(const void *a, const void *b) {
  const struct kafka_draft *x = a, *y = b;
  int order = strcmp(x->name, y->name);
  if (!order)
    order = (int)y->listed - (int)x->listed; /* of two, the listed one first */
  return order ? order : (int)x->remembered - (int)y->remembered;
}

static void draft_add(struct kafka_groups *groups, const char *name,
                      const rd_kafka_ConsumerGroupListing_t *listing) {
  struct kafka_draft *draft = &groups->drafts[groups->count++];
  *draft = (struct kafka_draft){.listed = listing != NULL};
  draft->name = arena_text(arena_of(groups), name, strlen(name));
  if (listing)
    draft->listed_state = rd_kafka_ConsumerGroupListing_state(listing);
  draft->group.name = draft->name;
  draft->group.state_text = "not known";
}

/* Brokers may list a group twice (librdkafka#5417); configured and remembered groups are usually
 * listed. */
static void drop_doubles(struct kafka_groups *groups) {
  if (groups->count < 2)
    return;
  qsort(groups->drafts, groups->count, sizeof *groups->drafts, draft_compare);
  size_t kept = 1;
  for (size_t i = 1; i < groups->count; i++)
    if (strcmp(groups->drafts[i].name, groups->drafts[kept - 1].name) != 0)
      groups->drafts[kept++] = groups->drafts[i];
  groups->count = kept;
}

static void add_remembered(struct kafka_groups *groups) {
  const struct kafka_collection *collection = groups->collection;
  for (size_t i = 0; i < collection->past->count; i++)
    if (matches(collection->groups, collection->group_count, collection->past->names[i])) {
      draft_add(groups, collection->past->names[i], NULL);
      groups->drafts[groups->count - 1].remembered = true;
    }
}

void kafka_groups_choose(struct kafka_groups *groups,
                         const rd_kafka_ListConsumerGroups_result_t *result, bool complete) {
  const struct kafka_collection *collection = groups->collection;
  size_t listed, left_out = 0;
  const rd_kafka_ConsumerGroupListing_t **listings =
      rd_kafka_ListConsumerGroups_result_valid(result, &listed);
  groups->drafts = mem_new((KAFKA_GROUPS_MAX + collection->group_count + collection->past->count) *
                           sizeof *groups->drafts);
  for (size_t i = 0; i < listed; i++) {
    const char *name = rd_kafka_ConsumerGroupListing_group_id(listings[i]);
    if (!matches(collection->groups, collection->group_count, name))
      continue;
    if (groups->count < KAFKA_GROUPS_MAX)
      draft_add(groups, name, listings[i]);
    else
      left_out++;
  }
  for (size_t i = 0; i < collection->group_count; i++)
    if (!strpbrk(collection->groups[i], "*?[\\"))
      draft_add(groups, collection->groups[i], NULL);
  if (complete && left_out == 0)
    add_remembered(groups);
  drop_doubles(groups);
  collection->snapshot->groups_left_out = (uint32_t)left_out;
  if (left_out)
    kafka_snapshot_note(collection->snapshot, "%zu more groups match; only %d are shown", left_out,
                        KAFKA_GROUPS_MAX);
}

static struct kafka_draft *draft_find(struct kafka_groups *groups, const char *name) {
  struct kafka_draft key = {.name = name};
  size_t low = 0, high = groups->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (strcmp(groups->drafts[middle].name, key.name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  bool found = low < groups->count && strcmp(groups->drafts[low].name, name) == 0;
  return found ? &groups->drafts[low] : NULL;
}

static bool topic_allowed(struct kafka_groups *groups, const char *name) {
  const struct kafka_collection *collection = groups->collection;
  if (collection->topic_count == 0)
    return true;
  if (!groups->last_name || strcmp(groups->last_name, name) != 0) {
    groups->last_allowed = matches(collection->topics, collection->topic_count, name);
    groups->last_name = arena_text(arena_of(groups), name, strlen(name));
  }
  return groups->last_allowed;
}

static void share_add(struct kafka_groups *groups, struct kafka_draft *draft, const char *topic,
                      struct kafka_share share) {
  if (!topic_allowed(groups, topic)) {
    draft->filtered = true;
    return;
  }
  if (share.partition < 0)
    return;
  if (groups->share_total == KAFKA_SHARES_MAX) {
    groups->cut = draft->group.cut = true;
    return;
  }
  if (draft->share_count == draft->share_capacity) {
    draft->share_capacity = draft->share_capacity ? draft->share_capacity * 2 : 64;
    draft->shares = mem_resize(draft->shares, draft->share_capacity * sizeof *draft->shares);
  }
  share.topic = kafka_topics_intern(&groups->topics, arena_of(groups), topic);
  draft->shares[draft->share_count++] = share;
  groups->share_total++;
}

/* Described as Dead: librdkafka before 2.10 gets this for any group of the new protocol (KIP-848).
 * The list distinguishes it from a group that does not exist. */
static void set_dead(struct kafka_draft *draft) {
  struct kafka_group *group = &draft->group;
  if (!draft->listed) {
    group->state = KAFKA_GROUP_DEAD;
    group->state_text = "no such group";
  } else if (draft->listed_state == RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY) {
    group->state = KAFKA_GROUP_EMPTY;
    group->state_text = rd_kafka_consumer_group_state_name(draft->listed_state);
  } else if (draft->listed_state != RD_KAFKA_CONSUMER_GROUP_STATE_DEAD) {
    group->state = KAFKA_GROUP_UNKNOWN;
    group->state_text = "unknown state: needs librdkafka 2.10";
  } else {
    group->state = KAFKA_GROUP_DEAD;
  }
}

static void set_state(struct kafka_draft *draft, rd_kafka_consumer_group_state_t state) {
  struct kafka_group *group = &draft->group;
  group->state_text = rd_kafka_consumer_group_state_name(state);
  switch (state) {
  case RD_KAFKA_CONSUMER_GROUP_STATE_STABLE:
    group->state = KAFKA_GROUP_STABLE;
    break;
  case RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY:
    group->state = KAFKA_GROUP_EMPTY;
    break;
  case RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE:
  case RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE:
    group->state = KAFKA_GROUP_REBALANCING;
    break;
  case RD_KAFKA_CONSUMER_GROUP_STATE_DEAD:
    set_dead(draft);
    break;
  default:
    group->state = KAFKA_GROUP_UNKNOWN;
    break;
  }
}

static void member_add(struct kafka_groups *groups, struct kafka_draft *draft, size_t index,
                       const rd_kafka_MemberDescription_t *from) {
  struct arena *arena = arena_of(groups);
  struct kafka_member *member = &draft->group.members[index];
  const char *client = rd_kafka_MemberDescription_client_id(from);
  const char *host = rd_kafka_MemberDescription_host(from);
  member->client =
      arena_text(arena, client ? client : "", strnlen(client ? client : "", KAFKA_NAME_MAX));
  const char *id = rd_kafka_MemberDescription_consumer_id(from);
  const char *instance = rd_kafka_MemberDescription_group_instance_id(from);
  member->id = arena_text(arena, id ? id : "", strnlen(id ? id : "", KAFKA_NAME_MAX));
  member->instance =
      instance ? arena_text(arena, instance, strnlen(instance, KAFKA_NAME_MAX)) : NULL;
  member->host = arena_text(arena, host ? host : "", strnlen(host ? host : "", KAFKA_NAME_MAX));
  const rd_kafka_MemberAssignment_t *assignment = rd_kafka_MemberDescription_assignment(from);
  const rd_kafka_topic_partition_list_t *held =
      assignment ? rd_kafka_MemberAssignment_partitions(assignment) : NULL;
  member->partitions = held ? (uint32_t)held->cnt : 0;
  for (int i = 0; held && i < held->cnt; i++)
    share_add(groups, draft, held->elems[i].topic,
              (struct kafka_share){.partition = held->elems[i].partition,
                                   .owner = (int32_t)index,
                                   .committed = KAFKA_NO_OFFSET});
}

static void take_place(struct kafka_groups *groups, struct kafka_draft *draft,
                       const rd_kafka_ConsumerGroupDescription_t *from) {
  struct arena *arena = arena_of(groups);
  const char *assignor = rd_kafka_ConsumerGroupDescription_partition_assignor(from);
  const rd_kafka_Node_t *node = rd_kafka_ConsumerGroupDescription_coordinator(from);
  if (assignor)
    draft->group.assignor = arena_text(arena, assignor, strnlen(assignor, KAFKA_NAME_MAX));
  if (!node || !rd_kafka_Node_host(node))
    return;
  const char *host = rd_kafka_Node_host(node);
  draft->group.coordinator =
      arena_printf(arena, strchr(host, ':') ? "%d ([%.255s]:%u)" : "%d (%.255s:%u)",
                   rd_kafka_Node_id(node), host, rd_kafka_Node_port(node));
}

static void describe(struct kafka_groups *groups, struct kafka_draft *draft,
                     const rd_kafka_ConsumerGroupDescription_t *from) {
  const rd_kafka_error_t *error = rd_kafka_ConsumerGroupDescription_error(from);
  if (error && rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) {
    set_dead(draft);
    return;
  }
  if (error) {
    kafka_signs_note(&groups->signs, rd_kafka_error_code(error));
    draft->group.state_text = kafka_error_reason(rd_kafka_error_code(error));
    return;
  }
  set_state(draft, rd_kafka_ConsumerGroupDescription_state(from));
  take_place(groups, draft, from);
  size_t count = rd_kafka_ConsumerGroupDescription_member_count(from);
  draft->group.members = arena_alloc(arena_of(groups), count * sizeof *draft->group.members);
  draft->group.member_count = draft->group.members ? count : 0;
  for (size_t i = 0; i < draft->group.member_count; i++)
    member_add(groups, draft, i, rd_kafka_ConsumerGroupDescription_member(from, i));
}

void kafka_groups_describe(struct kafka_groups *groups,
                           const rd_kafka_DescribeConsumerGroups_result_t *result) {
  size_t count;
  const rd_kafka_ConsumerGroupDescription_t **found =
      rd_kafka_DescribeConsumerGroups_result_groups(result, &count);
  for (size_t i = 0; i < count; i++) {
    struct kafka_draft *draft =
        draft_find(groups, rd_kafka_ConsumerGroupDescription_group_id(found[i]));
    if (draft)
      describe(groups, draft, found[i]);
  }
}

void kafka_groups_undescribed(struct kafka_groups *groups, rd_kafka_resp_err_t code) {
  kafka_signs_note(&groups->signs, code);
  for (size_t i = 0; i < groups->count; i++)
    groups->drafts[i].group.state_text = kafka_error_reason(code);
}

void kafka_groups_uncommitted(struct kafka_groups *groups, size_t group, rd_kafka_resp_err_t code) {
  kafka_signs_note(&groups->signs, code);
  groups->drafts[group].group.error = kafka_error_reason(code);
  groups->drafts[group].group.denied = kafka_error_is_denied(code);
}

void kafka_groups_committed(struct kafka_groups *groups, size_t group,
                            const rd_kafka_ListConsumerGroupOffsets_result_t *result) {
  size_t count;
  const rd_kafka_group_result_t **results =
      rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
  const rd_kafka_error_t *error = count > 0 ? rd_kafka_group_result_error(results[0]) : NULL;
  if (error || count == 0) {
    kafka_groups_uncommitted(groups, group,
                             error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR__BAD_MSG);
    return;
  }
  const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(results[0]);
  for (int i = 0; list && i < list->cnt; i++) {
    const rd_kafka_topic_partition_t *from = &list->elems[i];
    share_add(groups, &groups->drafts[group], from->topic,
              (struct kafka_share){.partition = from->partition,
                                   .owner = -1,
                                   .committed = from->offset < 0 ? KAFKA_NO_OFFSET : from->offset,
                                   .error = from->err ? kafka_error_reason(from->err) : NULL});
  }
}

static int share_compare(const void *a, const void *b) {
  const struct kafka_share *x = a, *y = b;
  if (x->topic != y->topic)
    return x->topic < y->topic ? -1 : 1;
  return x->partition < y->partition ? -1 : x->partition > y->partition;
}

/* Joins the assigned partitions with the committed offsets. */
static void shares_finish(struct kafka_groups *groups, struct kafka_draft *draft) {
  size_t kept = 0;
  if (draft->share_count > 1)
    qsort(draft->shares, draft->share_count, sizeof *draft->shares, share_compare);
  for (size_t i = 0; i < draft->share_count; i++) {
    struct kafka_share *share = &draft->shares[i];
    struct kafka_share *last = kept > 0 ? &draft->shares[kept - 1] : NULL;
    if (!last || share_compare(last, share) != 0) {
      draft->shares[kept++] = *share;
      continue;
    }
    last->owner = share->owner > last->owner ? share->owner : last->owner;
    last->committed = share->committed > last->committed ? share->committed : last->committed;
    last->error = last->error ? last->error : share->error;
  }
  struct kafka_group *group = &draft->group;
  group->shares = arena_alloc(arena_of(groups), kept * sizeof *group->shares);
  group->share_count = group->shares ? kept : 0;
  if (group->share_count > 0)
    memcpy(group->shares, draft->shares, kept * sizeof *group->shares);
  free(draft->shares); /* the next group needs as much again */
  draft->shares = NULL;
}

/* A group without members exists by its offsets: a broker omits invisible ones without an error. */
static void note_hidden(struct kafka_draft *draft) {
  struct kafka_group *group = &draft->group;
  if (group->error || draft->filtered || !draft->listed || group->share_count > 0 ||
      group->state != KAFKA_GROUP_EMPTY)
    return;
  group->error = "no offsets: none are committed, or DESCRIBE on the topics is missing";
}

void kafka_groups_finish(struct kafka_groups *groups) {
  struct kafka_snapshot *snapshot = groups->collection->snapshot;
  snapshot->groups = arena_alloc(&snapshot->arena, groups->count * sizeof *snapshot->groups);
  for (size_t i = 0; snapshot->groups && i < groups->count; i++) {
    if (groups->drafts[i].remembered && groups->drafts[i].group.state == KAFKA_GROUP_DEAD)
      continue;
    shares_finish(groups, &groups->drafts[i]);
    note_hidden(&groups->drafts[i]);
    snapshot->groups[snapshot->group_count++] = groups->drafts[i].group;
  }
  if (groups->cut || snapshot->arena.exhausted)
    kafka_snapshot_note(snapshot, "more partitions exist; only %d are shown", KAFKA_SHARES_MAX);
}

static size_t missing_of(const struct kafka_groups *groups, const struct kafka_group *group) {
  size_t missing = 0;
  for (size_t from = 0, to; from < group->share_count; from = to) {
    uint32_t topic = group->shares[from].topic;
    for (to = from; to < group->share_count && group->shares[to].topic == topic; to++)
      continue;
    size_t known = (size_t)groups->topics.items[topic].partition_count;
    missing += known > to - from ? known - (to - from) : 0;
  }
  return missing;
}

/* Both are sorted by topic and partition, and so is the result. */
static size_t fill_in(const struct kafka_groups *groups, const struct kafka_group *group,
                      struct kafka_share *out, size_t most) {
  size_t count = 0;
  for (size_t at = 0; at < group->share_count;) {
    uint32_t topic = group->shares[at].topic;
    int32_t known = groups->topics.items[topic].partition_count;
    for (int32_t p = 0; p < known || (at < group->share_count && group->shares[at].topic == topic);
         p++) {
      bool there = at < group->share_count && group->shares[at].topic == topic;
      if (count == most)
        return count;
      if (there && (group->shares[at].partition == p || p >= known))
        out[count++] = group->shares[at++];
      else if (p < known)
        out[count++] = (struct kafka_share){
            .topic = topic, .partition = p, .owner = -1, .committed = KAFKA_NO_OFFSET};
    }
  }
  return count;
}

void kafka_groups_complete(struct kafka_groups *groups) {
  struct kafka_snapshot *snapshot = groups->collection->snapshot;
  for (size_t i = 0; i < snapshot->group_count; i++) {
    struct kafka_group *group = &snapshot->groups[i];
    size_t missing = missing_of(groups, group);
    if (missing == 0)
      continue;
    if (missing > KAFKA_SHARES_MAX - groups->share_total) {
      kafka_snapshot_note(snapshot, "more partitions exist; only %d are shown", KAFKA_SHARES_MAX);
      group->cut = true;
      continue;
    }
    size_t most = group->share_count + missing;
    struct kafka_share *shares = arena_alloc(&snapshot->arena, most * sizeof *shares);
    if (!shares) {
      group->cut = true;
      continue;
    }
    group->share_count = fill_in(groups, group, shares, most);
    group->shares = shares;
    groups->share_total += missing;
  }
}
