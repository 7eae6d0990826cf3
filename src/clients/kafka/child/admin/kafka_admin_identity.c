/* Identifies clusters and topics by their ids. */
#include "clients/kafka/child/admin/kafka_admin_run.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

bool kafka_admin_check_cluster(struct kafka_session *session, struct kafka_admin *admin,
                               struct err *err) {
  const char *expected = admin->cluster;
  kafka_session_step(session, "the cluster's id");
  char *id = rd_kafka_clusterid(session->rk, kafka_session_left(session));
  admin->cluster = id ? arena_text(&admin->arena, id, strlen(id)) : NULL;
  rd_kafka_mem_free(session->rk, id);
  if (!expected)
    return true;
  if (!admin->cluster)
    return err_set(err, ERR_INVALID, "the cluster does not report its id, which was %.60s",
                   expected);
  return strcmp(admin->cluster, expected) == 0 ||
         err_set(err, ERR_INVALID,
                 "a different cluster answers at this address: its id was %.60s and is now %.60s",
                 expected, admin->cluster);
}

#if RD_KAFKA_VERSION >= 0x020300ff

static struct kafka_topic_facts *topic_find(const struct kafka_admin *admin, const char *name) {
  for (size_t i = 0; i < admin->topic_count; i++)
    if (strcmp(admin->topics[i].name, name) == 0)
      return &admin->topics[i];
  return NULL;
}

static void take_ids(struct kafka_admin *admin, rd_kafka_event_t *event, size_t from) {
  size_t count;
  const rd_kafka_TopicDescription_t **found =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &count);
  for (size_t i = 0; i < count; i++) {
    const char *name = rd_kafka_TopicDescription_name(found[i]);
    struct kafka_topic_facts *topic = &admin->topics[from]; /* mostly in the order of the request */
    if (from + i < admin->topic_count)
      topic = &admin->topics[from + i];
    if (strcmp(topic->name, name) != 0)
      topic = topic_find(admin, name);
    if (!topic || rd_kafka_TopicDescription_error(found[i]))
      continue;
    const char *id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(found[i]));
    topic->id = arena_text(&admin->arena, id, strlen(id));
  }
}

static bool learn_some(struct kafka_session *session, struct kafka_admin *admin, size_t from,
                       size_t count, struct err *err) {
  const char **names = mem_new(count * sizeof *names);
  for (size_t i = 0; i < count; i++)
    names[i] = admin->topics[from + i].name;
  rd_kafka_TopicCollection_t *topics = rd_kafka_TopicCollection_of_topic_names(names, count);
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, 0, kafka_session_left(session));
  rd_kafka_DescribeTopics(session->rk, topics, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_TopicCollection_destroy(topics);
  free(names);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the topics' ids", err);
  if (!event)
    return false;
  take_ids(admin, event, from);
  rd_kafka_event_destroy(event);
  return true;
}

bool kafka_admin_learn_ids(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) {
  enum { BATCH = 500 };
  for (size_t at = 0; at < admin->topic_count; at += BATCH) {
    size_t left = admin->topic_count - at;
    if (!learn_some(session, admin, at, left < BATCH ? left : BATCH, err))
      return false;
  }
  return true;
}

#else

bool kafka_admin_learn_ids(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) {
  (void)session, (void)admin, (void)err;
  return true;
}

#endif

static void want_topic(struct kafka_admin *now, const char *name, const char *id) {
  bool known = now->topic_count > 0 && strcmp(now->topics[now->topic_count - 1].name, name) == 0;
  if (id && !known)
    now->topics[now->topic_count++] = (struct kafka_topic_facts){.name = name};
}

static const char *id_of(const struct kafka_admin *now, const char *name) {
  for (size_t i = 0; i < now->topic_count; i++)
    if (strcmp(now->topics[i].name, name) == 0)
      return now->topics[i].id;
  return NULL;
}

static bool check_id(const struct kafka_admin *now, const char *name, const char *expected,
                     struct err *err) {
  const char *id = expected ? id_of(now, name) : NULL;
  if (!expected || (id && strcmp(id, expected) == 0))
    return true;
  if (!id)
    return err_set(err, ERR_INVALID, "the topic %.120s no longer exists, or its id cannot be read",
                   name);
  return err_set(err, ERR_INVALID,
                 "the topic %.120s was recreated: its id was %.40s and is now %.40s", name,
                 expected, id);
}

bool kafka_admin_check_ids(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) {
  struct kafka_admin *now = kafka_admin_new();
  now->topics = mem_new((admin->spot_count + 1) * sizeof *now->topics);
  if (admin->topic)
    want_topic(now, admin->topic, admin->topic_id);
  for (size_t i = 0; i < admin->spot_count; i++) /* by topic */
    want_topic(now, admin->spots[i].topic, admin->spots[i].topic_id);
  bool good = now->topic_count == 0 || kafka_admin_learn_ids(session, now, err);
  if (good && admin->topic)
    good = check_id(now, admin->topic, admin->topic_id, err);
  for (size_t i = 0; good && i < admin->spot_count; i++)
    good = check_id(now, admin->spots[i].topic, admin->spots[i].topic_id, err);
  kafka_admin_free(now);
  return good;
}
