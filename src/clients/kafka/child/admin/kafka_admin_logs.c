/* The start and end offsets of partitions, and the offsets of a time. */
#include "clients/kafka/child/admin/kafka_admin_run.h"
#include "clients/kafka/child/kafka_error.h"
#include "clients/kafka/child/read/kafka_metadata.h"
#include "clients/kafka/child/read/kafka_offsets.h"
#include "clients/kafka/child/read/kafka_topics.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

struct logs {
  struct kafka_session *session;
  struct kafka_admin *admin;
  struct arena arena; /* of what is only needed here */
  struct kafka_topics topics;
  struct kafka_place *places; /* spots that can be read */
  size_t count;
  struct err *err;
};

static void attach(struct logs *logs) {
  for (size_t i = 0; i < logs->admin->spot_count; i++)
    kafka_topics_intern(&logs->topics, &logs->arena, logs->admin->spots[i].topic);
  kafka_topics_attach(&logs->topics, &logs->arena, logs->session->metadata);
}

static void add_missing(struct logs *logs) {
  struct kafka_admin *admin = logs->admin;
  kafka_admin_sort(admin);
  size_t known = admin->spot_count;
  for (size_t t = 0; t < logs->topics.count; t++) {
    const struct kafka_topic *topic = &logs->topics.items[t];
    for (int32_t p = 0; p < topic->partition_count; p++) {
      struct kafka_admin before = {.spots = admin->spots, .spot_count = known};
      if (!kafka_admin_find(&before, topic->name, p) && !kafka_admin_spot(admin, topic->name, p))
        return;
    }
  }
}

static struct kafka_partition *partition_of(struct logs *logs, const struct kafka_spot *spot,
                                            const struct kafka_topic **topic) {
  *topic = &logs->topics.items[kafka_topics_intern(&logs->topics, &logs->arena, spot->topic)];
  return spot->partition >= 0 && spot->partition < (*topic)->partition_count
             ? &(*topic)->partitions[spot->partition]
             : NULL;
}

static void choose(struct logs *logs) {
  struct kafka_admin *admin = logs->admin;
  logs->places = mem_new(admin->spot_count * sizeof *logs->places);
  for (size_t i = 0; i < admin->spot_count; i++) {
    const struct kafka_topic *topic;
    struct kafka_spot *spot = &admin->spots[i];
    const struct kafka_partition *partition = partition_of(logs, spot, &topic);
    if (!partition)
      spot->error = kafka_error_reason(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
    else if (partition->leader < 0)
      spot->error = kafka_error_reason(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    else
      logs->places[logs->count++] = (struct kafka_place){topic, spot->partition};
  }
}

static void take(struct kafka_spot *spot, const struct kafka_partition *partition, int64_t at,
                 bool mark) {
  spot->error = partition->error;
  if (mark)
    spot->mark = partition->start;
  else if (at == KAFKA_AT_END)
    spot->end = partition->end;
  else if (at == KAFKA_AT_START)
    spot->start = partition->start;
  else
    spot->at = partition->start;
}

static bool read_at(struct logs *logs, int64_t at, bool mark, const char *step) {
  struct kafka_admin *admin = logs->admin;
  kafka_session_step(logs->session, step);
  if (!kafka_offsets_read(logs->session, logs->places, logs->count, at, logs->err))
    return false;
  for (size_t i = 0; i < admin->spot_count; i++) {
    const struct kafka_topic *topic;
    struct kafka_spot *spot = &admin->spots[i];
    const struct kafka_partition *partition = partition_of(logs, spot, &topic);
    if (!partition || spot->error)
      continue;
    take(spot, partition, at, mark);
  }
  return true;
}

bool kafka_admin_logs(struct kafka_session *session, struct kafka_admin *admin, struct err *err) {
  if (!kafka_metadata_refresh(session, true, err))
    return false;
  struct logs logs = {.session = session, .admin = admin, .err = err};
  arena_init(&logs.arena, KAFKA_ADMIN_BYTES_MAX);
  attach(&logs);
  if (admin->whole_topics)
    add_missing(&logs);
  kafka_admin_sort(admin);
  choose(&logs);
  /* the mark after the ends: later messages are younger, and beyond them */
  bool good = (admin->time_ms < 0 || read_at(&logs, admin->time_ms, false, "offsets at a time")) &&
              read_at(&logs, KAFKA_AT_START, false, "start offsets") &&
              read_at(&logs, KAFKA_AT_END, false, "end offsets") &&
              (admin->mark_ms < 0 || read_at(&logs, admin->mark_ms, true, "the youngest messages"));
  free(logs.places);
  kafka_topics_fini(&logs.topics);
  arena_fini(&logs.arena);
  return good;
}

bool kafka_run_look_logs(struct kafka_session *session, struct kafka_admin *admin,
                         struct err *err) {
  return kafka_admin_check_cluster(session, admin, err) && kafka_admin_logs(session, admin, err);
}
