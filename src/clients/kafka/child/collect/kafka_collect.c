/* The order of the requests, and their dependencies:
 *
 *   list of groups, metadata
 *     -> list again                         (if librdkafka did not know all brokers before)
 *       -> description of all, committed offsets of each (in parallel, at most IN_FLIGHT_MAX)
 *         -> end offsets of these partitions (after the committed ones: no lag below 0)
 *           -> start offsets
 *             -> ends again, if a committed offset is beyond the end
 */
#include "clients/kafka/child/collect/kafka_collect.h"

#include "clients/kafka/child/collect/kafka_configs.h"
#include "clients/kafka/child/collect/kafka_held.h"
#include "clients/kafka/child/collect/kafka_layout.h"
#include "clients/kafka/child/collect/kafka_next.h"
#include "clients/kafka/child/kafka_error.h"
#include "clients/kafka/child/read/kafka_groups.h"
#include "clients/kafka/child/read/kafka_metadata.h"
#include "clients/kafka/child/read/kafka_offsets.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT_MAX = 64 };

/* What an answer is about: one of these, or the offsets of a group from OFFSETS on. */
enum { LIST, DESCRIPTION, OFFSETS };

struct collecting {
  struct kafka_session *session;
  struct kafka_snapshot *snapshot;
  struct kafka_groups groups;
  size_t asked, pending; /* groups whose offsets were requested; expected answers */
  bool complete;         /* all brokers have listed their groups */
  struct err *err;
};

static const char **globs_copy(struct arena *arena, char *const *globs, size_t count) {
  const char **copy = arena_alloc(arena, count * sizeof *copy);
  for (size_t i = 0; i < count; i++)
    copy[i] = arena_text(arena, globs[i], strlen(globs[i]));
  return copy;
}

void kafka_collection_init(struct kafka_collection *collection, const struct kafka_query *query,
                           struct kafka_past *past) {
  struct kafka_snapshot *snapshot = kafka_snapshot_new();
  *collection = (struct kafka_collection){
      .groups = globs_copy(&snapshot->arena, query->groups, query->group_count),
      .group_count = query->group_count,
      .topics = globs_copy(&snapshot->arena, query->topics, query->topic_count),
      .topic_count = query->topic_count,
      .look = query->look,
      .partition = query->partition,
      .held = query->held,
      .settings = query->settings,
      .snapshot = snapshot,
      .past = past};
}

static void step(struct collecting *c, const char *what) {
  kafka_session_step(c->session, what);
}

/* A percentage of the remaining time, so that one silent broker leaves time for the rest. */
static int share_of_left(struct collecting *c, int percent) {
  return (int)((int64_t)kafka_session_left(c->session) * percent / 100);
}

/* The number of brokers of the metadata that have answered. */
static size_t answered_count(struct kafka_session *session) {
  size_t count = 0;
  for (int i = 0; i < session->metadata->broker_cnt; i++)
    count += kafka_roll_has_answered(&session->roll, session->metadata->brokers[i].id);
  return count;
}

/* Whether librdkafka has contacted all brokers of the metadata: each has answered or has an
 * error. */
static bool asked_all(struct kafka_session *session, rd_kafka_event_t *event) {
  size_t errors;
  rd_kafka_ListConsumerGroups_result_errors(rd_kafka_event_ListConsumerGroups_result(event),
                                            &errors);
  return answered_count(session) + errors >= (size_t)session->metadata->broker_cnt;
}

static rd_kafka_event_t *ask_list(struct collecting *c) {
  struct kafka_session *session = c->session;
  bool alone = session->metadata && session->metadata->broker_cnt == 1;
  kafka_roll_begin(&session->roll);
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, LIST, share_of_left(c, alone ? 100 : 50));
  rd_kafka_ListConsumerGroups(session->rk, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  size_t subject;
  return kafka_session_wait(session, &subject, c->err);
}

/* If no broker has answered, the event itself may be without an error. */
static rd_kafka_resp_err_t list_error(struct kafka_session *session, rd_kafka_event_t *event) {
  size_t errors;
  const rd_kafka_ListConsumerGroups_result_t *result =
      rd_kafka_event_ListConsumerGroups_result(event);
  if (rd_kafka_event_error(event) || !result)
    return rd_kafka_event_error(event) ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__BAD_MSG;
  const rd_kafka_error_t **error = rd_kafka_ListConsumerGroups_result_errors(result, &errors);
  return errors > 0 && !kafka_roll_anybody(&session->roll) ? rd_kafka_error_code(error[0])
                                                           : RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* librdkafka sends nothing to a broker whose id it does not know: for a new client that may be any
 * broker, and the ids of the bootstrap addresses are known a moment after the metadata. The list is
 * requested first nevertheless, because while waiting for it a refusal or a cancel is noticed at
 * once. */
static rd_kafka_event_t *list_of_all(struct collecting *c) {
  enum { ATTEMPTS = 20, PAUSE_MS = 5 };
  rd_kafka_event_t *event = ask_list(c);
  for (int attempt = 1; event && attempt < ATTEMPTS; attempt++) {
    if (list_error(c->session, event))
      break;
    kafka_session_answered(c->session);
    if (!kafka_metadata_refresh(c->session, false, c->err)) {
      rd_kafka_event_destroy(event);
      return NULL;
    }
    if (asked_all(c->session, event))
      break;
    rd_kafka_event_destroy(event);
    kafka_session_pause(c->session, PAUSE_MS);
    event = ask_list(c);
  }
  return event;
}

/* Errors of brokers that answered, or that the metadata no longer names (librdkafka keeps
 * contacting them): only the former concern us. */
static void note_list(struct collecting *c, const rd_kafka_ListConsumerGroups_result_t *result) {
  size_t errors;
  const rd_kafka_error_t **error = rd_kafka_ListConsumerGroups_result_errors(result, &errors);
  bool all = answered_count(c->session) == (size_t)c->session->metadata->broker_cnt;
  c->groups.signs.all_there = all;
  for (size_t i = 0; i < errors; i++) {
    rd_kafka_resp_err_t code = rd_kafka_error_code(error[i]);
    kafka_signs_note(&c->groups.signs, code);
    c->snapshot->list_failed |= code > 0;
    if (code > 0 || (!all && !c->snapshot->list_reason))
      c->snapshot->list_reason = arena_printf(&c->snapshot->arena, "%s", kafka_error_reason(code));
  }
}

/* A name that the patterns match as far as they are literal, because permissions may be by
 * prefix. */
static const char *probe_name(struct collecting *c, const char **globs, size_t count) {
  const char *glob = count > 0 ? globs[0] : "";
  size_t length = strcspn(glob, "*?[\\");
  return length > 0 ? arena_text(&c->snapshot->arena, glob, length) : "stacktop";
}

static rd_kafka_resp_err_t probe_answer(rd_kafka_event_t *event) {
  size_t count = 0;
  if (rd_kafka_event_error(event))
    return rd_kafka_event_error(event);
  const rd_kafka_group_result_t **results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
  const rd_kafka_error_t *error = count > 0 ? rd_kafka_group_result_error(results[0]) : NULL;
  return error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Without permission the list is empty, without an error: so the offsets of a group are requested,
 * whether it exists or not. */
static bool probe_rights(struct collecting *c) {
  enum { PROBE_MS = 500 };
  step(c, "the rights on groups");
  const struct kafka_collection *collection = c->groups.collection;
  const char *name = probe_name(c, collection->groups, collection->group_count);
  rd_kafka_ListConsumerGroupOffsets_t *question = rd_kafka_ListConsumerGroupOffsets_new(name, NULL);
  int limit_ms = share_of_left(c, 50);
  rd_kafka_AdminOptions_t *options =
      kafka_session_options(c->session, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, OFFSETS,
                            limit_ms < PROBE_MS ? limit_ms : PROBE_MS);
  rd_kafka_ListConsumerGroupOffsets(c->session->rk, &question, 1, options, c->session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_ListConsumerGroupOffsets_destroy(question);
  size_t subject;
  rd_kafka_event_t *event = kafka_session_wait(c->session, &subject, c->err);
  if (!event)
    return false;
  if (kafka_error_is_denied(probe_answer(event)))
    c->snapshot->rights = c->session->metadata->topic_cnt > 0
                              ? "needs DESCRIBE on the groups"
                              : "needs DESCRIBE on the groups and on their topics";
  rd_kafka_event_destroy(event);
  return true;
}

static bool list_groups(struct collecting *c) {
  step(c, "the list of groups");
  rd_kafka_event_t *event = list_of_all(c);
  if (!event)
    return false;
  rd_kafka_resp_err_t code = list_error(c->session, event);
  if (code) {
    kafka_session_fail(c->session, code, NULL, c->err);
    rd_kafka_event_destroy(event);
    return false;
  }
  kafka_session_answered(c->session);
  note_list(c, rd_kafka_event_ListConsumerGroups_result(event));
  c->complete = c->groups.signs.all_there && !c->snapshot->list_failed;
  kafka_groups_choose(&c->groups, rd_kafka_event_ListConsumerGroups_result(event), c->complete);
  rd_kafka_event_destroy(event);
  return c->groups.count > 0 || probe_rights(c);
}

static void ask_description(struct collecting *c) {
  if (c->groups.count == 0)
    return;
  const char **names = mem_new(c->groups.count * sizeof *names);
  for (size_t i = 0; i < c->groups.count; i++)
    names[i] = c->groups.drafts[i].name;
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      c->session, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, DESCRIPTION, share_of_left(c, 70));
  rd_kafka_DescribeConsumerGroups(c->session->rk, names, c->groups.count, options,
                                  c->session->queue);
  rd_kafka_AdminOptions_destroy(options);
  free(names);
  c->pending++;
}

static void ask_offsets(struct collecting *c) {
  while (c->asked < c->groups.count && c->pending < IN_FLIGHT_MAX) {
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(c->groups.drafts[c->asked].name, NULL);
    rd_kafka_AdminOptions_t *options =
        kafka_session_options(c->session, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
                              OFFSETS + c->asked, share_of_left(c, 70));
    rd_kafka_ListConsumerGroupOffsets(c->session->rk, &question, 1, options, c->session->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    c->asked++;
    c->pending++;
  }
}

static void take_answer(struct collecting *c, rd_kafka_event_t *event, size_t subject) {
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  if (subject == DESCRIPTION && code)
    kafka_groups_undescribed(&c->groups, code);
  else if (subject == DESCRIPTION)
    kafka_groups_describe(&c->groups, rd_kafka_event_DescribeConsumerGroups_result(event));
  else if (code)
    kafka_groups_uncommitted(&c->groups, subject - OFFSETS, code);
  else
    kafka_groups_committed(&c->groups, subject - OFFSETS,
                           rd_kafka_event_ListConsumerGroupOffsets_result(event));
}

static bool ask_groups(struct collecting *c) {
  ask_description(c);
  ask_offsets(c);
  step(c, "groups and their offsets");
  while (c->pending > 0) {
    size_t subject;
    rd_kafka_event_t *event = kafka_session_wait(c->session, &subject, c->err);
    if (!event)
      return false;
    c->pending--;
    take_answer(c, event, subject);
    rd_kafka_event_destroy(event);
    ask_offsets(c);
  }
  c->snapshot->committed_ms = clock_now_ms();
  kafka_groups_finish(&c->groups);
  return true;
}

/* Marks the partitions of the groups; returns how many of them are not in the metadata. */
static size_t want_partitions(struct collecting *c) {
  size_t unknown = 0;
  for (size_t i = 0; i < c->snapshot->group_count; i++) {
    const struct kafka_group *group = &c->snapshot->groups[i];
    for (size_t j = 0; j < group->share_count; j++) {
      struct kafka_topic *topic = &c->groups.topics.items[group->shares[j].topic];
      if (group->shares[j].partition < topic->partition_count)
        topic->partitions[group->shares[j].partition].wanted = true;
      else
        unknown++;
    }
  }
  return unknown;
}

/* It did not answer for its groups within its share of the time. */
static bool is_silent(struct kafka_session *session, int32_t broker) {
  return !kafka_roll_has_answered(&session->roll, broker);
}

static const char *silent_leader(struct collecting *c, int32_t broker) {
  return arena_printf(&c->snapshot->arena, "its leader, broker %d, does not answer", broker);
}

/* The partitions that can be read; the caller frees them. */
static struct kafka_place *places_new(struct collecting *c, size_t *count) {
  const struct kafka_topics *topics = &c->groups.topics;
  size_t most = 0;
  for (size_t t = 0; t < topics->count; t++)
    most += (size_t)topics->items[t].partition_count;
  struct kafka_place *places = mem_new(most * sizeof *places);
  *count = 0;
  for (size_t t = 0; t < topics->count; t++)
    for (int32_t p = 0; p < topics->items[t].partition_count; p++) {
      struct kafka_partition *partition = &topics->items[t].partitions[p];
      if (partition->wanted && partition->leader < 0)
        partition->error = kafka_error_reason(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
      else if (partition->wanted && is_silent(c->session, partition->leader))
        partition->error = silent_leader(c, partition->leader);
      else if (partition->wanted)
        places[(*count)++] = (struct kafka_place){&topics->items[t], p};
    }
  return places;
}

/* Those without an error; `ahead`: of them, those whose end is read once more. */
static size_t places_keep(struct kafka_place *places, size_t count, bool ahead) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    const struct kafka_partition *partition = &places[i].topic->partitions[places[i].partition];
    if (!partition->error && (!ahead || partition->ahead))
      places[kept++] = places[i];
  }
  return kept;
}

/* Whether a committed offset is beyond the end. The first time that may be a broker that has just
 * become the leader; if the end is read again and is the same, it is true. */
static void mark_ahead(struct collecting *c) {
  for (size_t i = 0; i < c->snapshot->group_count; i++) {
    const struct kafka_group *group = &c->snapshot->groups[i];
    for (size_t j = 0; j < group->share_count; j++) {
      const struct kafka_share *share = &group->shares[j];
      struct kafka_topic *topic = &c->groups.topics.items[share->topic];
      if (share->partition >= topic->partition_count)
        continue;
      struct kafka_partition *partition = &topic->partitions[share->partition];
      partition->ahead |= partition->end >= 0 && share->committed > partition->end;
    }
  }
}

/* Of the group or, for a request by name, of the topic. */
static rd_kafka_resp_err_t probe_topic_answer(rd_kafka_event_t *event) {
  size_t count = 0;
  const rd_kafka_resp_err_t code = probe_answer(event);
  if (code)
    return code;
  const rd_kafka_group_result_t **results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
  const rd_kafka_topic_partition_list_t *list =
      count > 0 ? rd_kafka_group_result_partitions(results[0]) : NULL;
  return list && list->cnt > 0 ? list->elems[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A broker omits invisible topics from the committed offsets, without an error. A request for one
 * by name returns the missing permission. Once per session. Not by metadata, which needs a handle:
 * librdkafka keeps it, and asks the brokers for a topic that does not exist once a second. */
static void probe_topics(struct collecting *c) {
  enum { PROBE_MS = 500 };
  struct kafka_session *session = c->session;
  const struct kafka_collection *collection = c->groups.collection;
  if (session->topics_probed)
    return;
  step(c, "the rights on topics");
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list,
                                    probe_name(c, collection->topics, collection->topic_count), 0);
  rd_kafka_ListConsumerGroupOffsets_t *question = rd_kafka_ListConsumerGroupOffsets_new(
      c->groups.count > 0 ? c->groups.drafts[0].name
                          : probe_name(c, collection->groups, collection->group_count),
      list);
  const int limit_ms = share_of_left(c, 20);
  rd_kafka_AdminOptions_t *options =
      kafka_session_options(session, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, OFFSETS,
                            limit_ms < PROBE_MS ? limit_ms : PROBE_MS);
  rd_kafka_ListConsumerGroupOffsets(session->rk, &question, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_ListConsumerGroupOffsets_destroy(question);
  rd_kafka_topic_partition_list_destroy(list);
  size_t subject;
  struct err err;
  rd_kafka_event_t *event = kafka_session_wait(session, &subject, &err);
  if (!event)
    return;
  const rd_kafka_resp_err_t code = probe_topic_answer(event);
  session->topics_probed = code == RD_KAFKA_RESP_ERR_NO_ERROR ||
                           code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                           code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
  session->topics_hidden = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
  rd_kafka_event_destroy(event);
}

static bool ask_logs(struct collecting *c) {
  struct kafka_topics *topics = &c->groups.topics;
  kafka_topics_attach(topics, &c->snapshot->arena, c->session->metadata);
  size_t unknown = want_partitions(c);
  if (unknown > c->session->unknown) { /* a new topic; a deleted one stays unknown for days */
    if (!kafka_metadata_refresh(c->session, true, c->err))
      return false;
    kafka_topics_attach(topics, &c->snapshot->arena, c->session->metadata);
    unknown = want_partitions(c);
  }
  c->session->unknown = unknown;
  kafka_groups_complete(&c->groups);
  want_partitions(c);
  probe_topics(c);
  c->snapshot->topics_hidden = c->session->topics_hidden;
  size_t count;
  struct kafka_place *places = places_new(c, &count);
  step(c, "end offsets");
  bool good = kafka_offsets_read(c->session, places, count, KAFKA_AT_END, c->err);
  c->snapshot->ended_ms = clock_now_ms();
  step(c, "start offsets");
  count = places_keep(places, count, false);
  good = good && kafka_offsets_read(c->session, places, count, KAFKA_AT_START, c->err);
  step(c, "end offsets again");
  mark_ahead(c);
  count = places_keep(places, count, true);
  good = good && kafka_offsets_read(c->session, places, count, KAFKA_AT_END, c->err);
  free(places);
  return good;
}

static void topics_move(struct collecting *c) {
  struct kafka_topics *topics = &c->groups.topics;
  struct kafka_snapshot *snapshot = c->snapshot;
  snapshot->topics = arena_alloc(&snapshot->arena, topics->count * sizeof *snapshot->topics);
  if (!snapshot->topics) {
    snapshot->group_count = 0; /* the limit: it has been noted */
    return;
  }
  if (topics->count > 0)
    memcpy(snapshot->topics, topics->items, topics->count * sizeof *snapshot->topics);
  snapshot->topic_count = topics->count;
}

/* Whether every request was answered, if only by a refusal. */
static bool is_whole(struct collecting *c) {
  const struct kafka_topics *topics = &c->groups.topics;
  if (answered_count(c->session) != (size_t)c->session->metadata->broker_cnt)
    return false;
  for (size_t i = 0; i < c->snapshot->group_count; i++)
    if (c->snapshot->groups[i].error && !c->snapshot->groups[i].denied)
      return false;
  for (size_t t = 0; t < topics->count; t++)
    for (int32_t p = 0; p < topics->items[t].partition_count; p++)
      if (topics->items[t].partitions[p].wanted && topics->items[t].partitions[p].error)
        return false;
  return true;
}

/* A local limit that prevented a request says nothing about the broker. */
static bool no_limit(struct collecting *c) {
  kafka_session_drain(c->session);
  if (c->session->limit.kind == ERR_NONE || is_whole(c))
    return true;
  *c->err = c->session->limit;
  return false;
}

bool kafka_collect(struct kafka_session *session, struct kafka_collection *collection,
                   struct err *err) {
  struct collecting c = {.session = session, .snapshot = collection->snapshot, .err = err};
  c.groups.collection = collection;
  const bool has_groups = collection->group_count > 0;
  bool good = has_groups ? list_groups(&c) && ask_groups(&c) && ask_logs(&c) && no_limit(&c)
                         : kafka_metadata_refresh(session, true, err);
  if (good) {
    topics_move(&c);
    kafka_metadata_summarize(session, c.snapshot);
    if (!has_groups)
      c.snapshot->committed_ms = c.snapshot->ended_ms = clock_now_ms();
    if (collection->held)
      kafka_held_read(session, collection->committed, c.snapshot);
    if (collection->held && collection->look == KAFKA_LOOK_GROUPS) {
      kafka_next_held(session, collection->committed, c.snapshot);
      kafka_producers_read(session, collection->producers, c.snapshot);
    }
    if (collection->settings)
      kafka_configs_read(session, c.snapshot);
    if (collection->look == KAFKA_LOOK_NEXT)
      kafka_next_read(session, c.snapshot);
    else if (collection->look != KAFKA_LOOK_GROUPS)
      good = kafka_layout_read(session, collection, err);
  }
  if (good) {
    c.snapshot->requests = session->requests;
    session->signs = c.groups.signs;
    if (c.complete && has_groups)
      kafka_past_keep(collection->past, c.snapshot);
  }
  kafka_groups_fini(&c.groups);
  return good;
}
