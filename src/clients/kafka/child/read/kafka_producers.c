/* A coordinator writes down that a transaction takes in a partition before the producer writes its
 * first message there: the records of that moment are enough, however long ago it was. */
#include "clients/kafka/child/read/kafka_producers.h"

#include "clients/kafka/child/read/kafka_fetch.h"
#include "clients/kafka/child/read/kafka_offsets.h"
#include "clients/kafka/kafka_transaction.h"
#include "core/bytes.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
  HOLDERS_MAX = 4,     /* transactions that may be the one; further ones are not named */
  PARTITIONS_MAX = 64, /* of the topic: 50 by default */
  RECORDS_MAX = 500,   /* of each */
  BEFORE_MS = 10000,   /* the clocks of broker and producer differ */
  FETCH_MS = 2000,
  RETRY_MS = 30000,
};

#define NEEDS_READ "needs READ on " KAFKA_TRANSACTION_TOPIC
#define NOT_FOUND "its coordinator has no open transaction with this partition"

struct holder {
  char name[KAFKA_NAME_MAX]; /* its transactional.id, cut */
  size_t length;
  int64_t producer;
};

/* Of one next message: the transactions that have its partition, as of the records so far. */
struct holders {
  struct holder items[HOLDERS_MAX];
  size_t count;
  bool wanted;
};

struct looking {
  struct kafka_snapshot *snapshot;
  struct holders *holders; /* by next message */
};

/* ---- what is known already */

static bool is_first_of_open(const struct kafka_snapshot *snapshot, const struct kafka_next *next) {
  const struct kafka_topic *topic = &snapshot->topics[next->topic];
  return !next->error && next->offset != KAFKA_NO_OFFSET &&
         next->partition < topic->partition_count &&
         topic->partitions[next->partition].stable >= 0 &&
         topic->partitions[next->partition].stable <= next->offset &&
         next->offset < topic->partitions[next->partition].end;
}

static bool take_known(const struct kafka_producers *producers, struct kafka_snapshot *snapshot,
                       struct kafka_next *next) {
  for (size_t i = 0; i < producers->count; i++) {
    const struct kafka_known *known = &producers->items[i];
    if (known->partition != next->partition || known->offset != next->offset ||
        strcmp(known->topic, snapshot->topics[next->topic].name) != 0)
      continue;
    next->producer = known->producer;
    next->transactional_id =
        known->transactional_id
            ? arena_text(&snapshot->arena, known->transactional_id, strlen(known->transactional_id))
            : NULL;
    next->producer_error = known->transactional_id ? NULL : NOT_FOUND;
    return true;
  }
  return false;
}

static void known_replace(struct kafka_producers *producers,
                          const struct kafka_snapshot *snapshot) {
  struct kafka_known *items = mem_new((snapshot->next_count + 1) * sizeof *items);
  size_t count = 0;
  for (size_t i = 0; i < snapshot->next_count; i++) {
    const struct kafka_next *next = &snapshot->nexts[i];
    if (next->transactional_id ||
        (next->producer_error && strcmp(next->producer_error, NOT_FOUND) == 0))
      items[count++] = (struct kafka_known){
          .topic = mem_dup(snapshot->topics[next->topic].name),
          .partition = next->partition,
          .offset = next->offset,
          .producer = next->producer,
          .transactional_id = next->transactional_id ? mem_dup(next->transactional_id) : NULL};
  }
  for (size_t i = 0; i < producers->count; i++) {
    free(producers->items[i].topic);
    free(producers->items[i].transactional_id);
  }
  free(producers->items);
  producers->items = items;
  producers->count = count;
}

/* ---- records */

static void drop(struct holders *holders, const char *name, size_t length) {
  for (size_t i = 0; i < holders->count; i++)
    if (holders->items[i].length == length && memcmp(holders->items[i].name, name, length) == 0) {
      holders->items[i] = holders->items[--holders->count];
      return;
    }
}

static void take_record(void *arg, size_t index, const rd_kafka_message_t *message) {
  struct looking *looking = arg;
  struct kafka_snapshot *snapshot = looking->snapshot;
  struct kafka_transaction transaction;
  const char *name;
  size_t length;
  (void)index;
  if (!kafka_transaction_key(message->key, message->key_len, &name, &length))
    return;
  length = length < KAFKA_NAME_MAX ? length : KAFKA_NAME_MAX;
  const bool good = kafka_transaction_value(message->payload, message->len, &transaction);
  for (size_t i = 0; i < snapshot->next_count; i++) {
    struct holders *holders = &looking->holders[i];
    const struct kafka_next *next = &snapshot->nexts[i];
    drop(holders, name, length);
    if (!holders->wanted || !good || !transaction.open || holders->count == HOLDERS_MAX ||
        !kafka_transaction_has(&transaction, snapshot->topics[next->topic].name, next->partition))
      continue;
    struct holder *holder = &holders->items[holders->count++];
    *holder = (struct holder){.length = length, .producer = transaction.producer};
    memcpy(holder->name, name, length);
  }
}

static const char *name_text(struct arena *arena, const struct holder *holder) {
  bool cut;
  return bytes_text(arena, holder->name, holder->length, holder->length, &cut);
}

/* "one of a (producer 7), b (producer 8)" */
static const char *one_of(struct arena *arena, const struct holders *holders) {
  const char *text = "one of ";
  for (size_t i = 0; i < holders->count; i++)
    text =
        arena_printf(arena, "%s%s%s (producer %lld)", text, i > 0 ? ", " : "",
                     name_text(arena, &holders->items[i]), (long long)holders->items[i].producer);
  return text;
}

static void conclude(struct looking *looking, const char *error) {
  struct arena *arena = &looking->snapshot->arena;
  for (size_t i = 0; i < looking->snapshot->next_count; i++) {
    const struct holders *holders = &looking->holders[i];
    struct kafka_next *next = &looking->snapshot->nexts[i];
    if (!holders->wanted)
      continue;
    if (holders->count == 1 && !error) {
      next->producer = holders->items[0].producer;
      next->transactional_id = name_text(arena, &holders->items[0]);
    } else {
      next->producer_error = error                 ? error
                             : holders->count == 0 ? NOT_FOUND
                                                   : one_of(arena, holders);
    }
  }
}

/* ---- the topic */

/* False: it is not among the topics that this user may see. */
static bool log_find(struct kafka_session *session, struct arena *arena, struct kafka_topic *log) {
  const struct rd_kafka_metadata *metadata = session->metadata;
  for (int i = 0; metadata && i < metadata->topic_cnt; i++) {
    const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
    if (strcmp(topic->topic, KAFKA_TRANSACTION_TOPIC) != 0)
      continue;
    const int count = topic->partition_cnt < PARTITIONS_MAX ? topic->partition_cnt : PARTITIONS_MAX;
    *log = (struct kafka_topic){
        .name = KAFKA_TRANSACTION_TOPIC,
        .partitions = arena_alloc(arena, (size_t)(count + 1) * sizeof *log->partitions)};
    log->partition_count = log->partitions ? count : 0;
    for (int32_t p = 0; p < log->partition_count; p++)
      log->partitions[p] =
          (struct kafka_partition){.leader = -1, .start = KAFKA_NO_OFFSET, .end = KAFKA_NO_OFFSET};
    for (int p = 0; p < topic->partition_cnt; p++)
      if (topic->partitions[p].id >= 0 && topic->partitions[p].id < log->partition_count)
        log->partitions[topic->partitions[p].id].leader = topic->partitions[p].leader;
    return log->partition_count > 0;
  }
  return false;
}

/* The records since that time. NULL, or why they are not all of them. */
static const char *log_read(struct looking *looking, struct kafka_session *session,
                            struct kafka_topic *log, int64_t since_ms) {
  struct kafka_fetch fetches[PARTITIONS_MAX] = {0};
  struct kafka_place places[PARTITIONS_MAX];
  struct err err = {0};
  size_t count = 0, to_read = 0;
  const char *error = NULL;
  for (int32_t p = 0; p < log->partition_count; p++)
    if (log->partitions[p].leader >= 0)
      places[count++] = (struct kafka_place){log, p};
    else
      error = KAFKA_TRANSACTION_TOPIC ": partitions without a leader";
  if (!kafka_offsets_read(session, places, count, since_ms, &err) ||
      !kafka_offsets_read(session, places, count, KAFKA_AT_END, &err))
    return KAFKA_TRANSACTION_TOPIC " was not read in time";
  for (size_t i = 0; i < count; i++) {
    const struct kafka_partition *at = &log->partitions[places[i].partition];
    if (at->error)
      error = at->error;
    else if (at->start != KAFKA_NO_OFFSET && at->start < at->end)
      fetches[to_read++] = (struct kafka_fetch){.topic = log->name,
                                                .partition = places[i].partition,
                                                .offset = at->start,
                                                .before = at->end,
                                                .most = RECORDS_MAX};
  }
  const int left_ms = kafka_session_left(session) / 3;
  kafka_fetch_read(session, fetches, to_read, left_ms < FETCH_MS ? left_ms : FETCH_MS, take_record,
                   looking);
  for (size_t i = 0; i < to_read; i++)
    if (fetches[i].error)
      error = strcmp(kafka_fetch_reason(fetches[i].error), fetches[i].error) != 0
                  ? NEEDS_READ
                  : fetches[i].error;
  return error;
}

static void look(struct looking *looking, struct kafka_session *session,
                 struct kafka_producers *producers) {
  const struct kafka_snapshot *snapshot = looking->snapshot;
  struct kafka_topic log;
  int64_t oldest_ms = INT64_MAX;
  for (size_t i = 0; i < snapshot->next_count; i++)
    if (looking->holders[i].wanted && snapshot->nexts[i].time_ms < oldest_ms)
      oldest_ms = snapshot->nexts[i].time_ms;
  if (oldest_ms == INT64_MAX)
    return;
  if (!producers->error || clock_now_ms() >= producers->retry_ms) {
    producers->error = NEEDS_READ;
    if (log_find(session, &looking->snapshot->arena, &log)) {
      kafka_session_step(session, "whose the transactions are");
      producers->error =
          log_read(looking, session, &log, oldest_ms > BEFORE_MS ? oldest_ms - BEFORE_MS : 0);
    }
    producers->retry_ms = clock_now_ms() + RETRY_MS;
  }
  conclude(looking, producers->error);
}

void kafka_producers_read(struct kafka_session *session, struct kafka_producers *producers,
                          struct kafka_snapshot *snapshot) {
  struct looking looking = {snapshot,
                            mem_new((snapshot->next_count + 1) * sizeof *looking.holders)};
  for (size_t i = 0; i < snapshot->next_count; i++) {
    struct kafka_next *next = &snapshot->nexts[i];
    looking.holders[i].wanted =
        is_first_of_open(snapshot, next) && !take_known(producers, snapshot, next);
  }
  look(&looking, session, producers);
  known_replace(producers, snapshot);
  free(looking.holders);
}
