/* The order of things, and what waits for what:
 *
 *   list of groups, metadata
 *     -> list again                         (where librdkafka did not know all brokers before)
 *       -> description of all, committed offsets of each (at once, IN_FLIGHT_MAX at the most)
 *         -> end offsets of the partitions in question (after the committed ones: no lag below 0)
 *           -> start offsets
 *             -> ends again, where a committed offset is beyond the end
 */
#include "io/kafka_collect.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/kafka_error.h"
#include "io/kafka_groups.h"
#include "io/kafka_metadata.h"
#include "io/kafka_offsets.h"

#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT_MAX = 64 };

/* What an answer is about: one of these, or a group's offsets from OFFSETS on. */
enum { LIST, DESCRIPTION, OFFSETS };

struct collecting {
  struct kafka_session *session;
  struct kafka_snapshot *snapshot;
  struct kafka_groups groups;
  size_t asked, pending; /* groups whose offsets were asked for; answers that are to come */
  struct err *err;
};

static const char **globs_copy(struct arena *arena, char *const *globs, size_t count) {
  const char **copy = arena_alloc(arena, count * sizeof *copy);
  for (size_t i = 0; i < count; i++)
    copy[i] = arena_text(arena, globs[i], strlen(globs[i]));
  return copy;
}

void kafka_collection_init(struct kafka_collection *collection, const struct kafka_query *query) {
  struct kafka_snapshot *snapshot = kafka_snapshot_new();
  *collection = (struct kafka_collection){
      .groups = globs_copy(&snapshot->arena, query->groups, query->group_count),
      .group_count = query->group_count,
      .topics = globs_copy(&snapshot->arena, query->topics, query->topic_count),
      .topic_count = query->topic_count,
      .snapshot = snapshot};
}

static void step(struct collecting *c, const char *what) {
  atomic_store(&c->session->watch->step, what);
}

/* A part of what is left in percent, so that one broker's silence leaves time for the rest. */
static int share_of_left(struct collecting *c, int percent) {
  return (int)((int64_t)kafka_session_left(c->session) * percent / 100);
}

/* Of the brokers in the metadata; `answered`: that have answered, else: that were asked. */
static size_t count_brokers(struct kafka_session *session, bool answered) {
  size_t count = 0;
  for (int i = 0; i < session->metadata->broker_cnt; i++) {
    int32_t id = session->metadata->brokers[i].id;
    count += answered ? kafka_roll_has_answered(&session->roll, id)
                      : kafka_roll_was_asked(&session->roll, id);
  }
  return count;
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

/* When nobody has answered, the event itself need not be an error. */
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

/* librdkafka asks nobody whose id it does not know: of a cold client that may be any broker, and
 * the ids of bootstrap addresses come a moment after the metadata. The list comes first all the
 * same, for while it is waited for, a refusal or a cancel is seen at once. */
static rd_kafka_event_t *list_of_all(struct collecting *c) {
  enum { ATTEMPTS = 20, PAUSE_MS = 5 };
  rd_kafka_event_t *event = ask_list(c);
  if (event && list_error(c->session, event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    kafka_session_answered(c->session);
    if (!kafka_metadata_refresh(c->session, false, c->err)) {
      rd_kafka_event_destroy(event);
      return NULL;
    }
  }
  for (int attempt = 1; event && c->session->metadata && attempt < ATTEMPTS; attempt++) {
    bool all = count_brokers(c->session, false) == (size_t)c->session->metadata->broker_cnt;
    if (all || share_of_left(c, 50) < PAUSE_MS * ATTEMPTS)
      break;
    rd_kafka_event_destroy(event);
    kafka_session_pause(c->session, PAUSE_MS);
    event = ask_list(c);
  }
  return event;
}

/* Errors of brokers that answered, or that the metadata no longer names (librdkafka goes on asking
 * them): only the first are ours. */
static void note_list(struct collecting *c, const rd_kafka_ListConsumerGroups_result_t *result) {
  size_t errors;
  const rd_kafka_error_t **error = rd_kafka_ListConsumerGroups_result_errors(result, &errors);
  bool all = count_brokers(c->session, true) == (size_t)c->session->metadata->broker_cnt;
  for (size_t i = 0; i < errors; i++) {
    rd_kafka_resp_err_t code = rd_kafka_error_code(error[i]);
    c->snapshot->list_failed |= code > 0;
    if (code > 0 || (!all && !c->snapshot->list_reason))
      c->snapshot->list_reason = arena_printf(&c->snapshot->arena, "%s", kafka_error_reason(code));
  }
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
  kafka_groups_choose(&c->groups, rd_kafka_event_ListConsumerGroups_result(event));
  rd_kafka_event_destroy(event);
  return true;
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

/* Marks what the groups' partitions are; returns how many of them the metadata does not know. */
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

/* The partitions that can be asked for; the caller frees them. */
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
      else if (partition->wanted)
        places[(*count)++] = (struct kafka_place){&topics->items[t], p};
    }
  return places;
}

static bool ask_logs(struct collecting *c) {
  struct kafka_topics *topics = &c->groups.topics;
  kafka_topics_attach(topics, &c->snapshot->arena, c->session->metadata);
  size_t unknown = want_partitions(c);
  if (unknown > c->session->unknown) { /* a new topic; what was deleted stays unknown for days */
    if (!kafka_metadata_refresh(c->session, true, c->err))
      return false;
    kafka_topics_attach(topics, &c->snapshot->arena, c->session->metadata);
    unknown = want_partitions(c);
  }
  c->session->unknown = unknown;
  size_t count;
  struct kafka_place *places = places_new(c, &count);
  step(c, "end offsets");
  bool good = kafka_offsets_read(c->session, places, count, KAFKA_AT_END, c->err);
  c->snapshot->ended_ms = clock_now_ms();
  step(c, "start offsets");
  good = good && kafka_offsets_read(c->session, places, count, KAFKA_AT_START, c->err);
  free(places);
  return good;
}

static void topics_move(struct collecting *c) {
  struct kafka_topics *topics = &c->groups.topics;
  struct kafka_snapshot *snapshot = c->snapshot;
  snapshot->topics = arena_alloc(&snapshot->arena, topics->count * sizeof *snapshot->topics);
  if (!snapshot->topics) {
    snapshot->group_count = 0; /* the ceiling: it has been noted */
    return;
  }
  if (topics->count > 0)
    memcpy(snapshot->topics, topics->items, topics->count * sizeof *snapshot->topics);
  snapshot->topic_count = topics->count;
}

bool kafka_collect(struct kafka_session *session, struct kafka_collection *collection,
                   struct err *err) {
  struct collecting c = {.session = session, .snapshot = collection->snapshot, .err = err};
  c.groups.collection = collection;
  bool good = list_groups(&c) && ask_groups(&c) && ask_logs(&c);
  if (good) {
    topics_move(&c);
    kafka_metadata_summarize(session, c.snapshot);
    c.snapshot->requests = session->requests;
  }
  kafka_groups_fini(&c.groups);
  return good;
}
