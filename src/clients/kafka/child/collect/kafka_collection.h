/* The input of one collection. */
#pragma once

#include "clients/kafka/child/collect/kafka_past.h"
#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/child/read/kafka_producers.h"
#include "clients/kafka/kafka_query.h"
#include "clients/kafka/kafka_snapshot.h"

struct kafka_collection {
  const char **groups, **topics; /* globs, in the snapshot's arena */
  size_t group_count, topic_count;
  enum kafka_look look;
  bool held, settings;
  int32_t partition;               /* of KAFKA_LOOK_MESSAGES */
  struct kafka_session *committed; /* reads committed transactions only; NULL: not needed */
  struct kafka_snapshot *snapshot;
  struct kafka_past *past;           /* read, and replaced if all brokers list their groups */
  struct kafka_producers *producers; /* of the open transactions of the last collection */
};
