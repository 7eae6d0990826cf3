/* The input of a Kafka client: where the brokers are, and what to collect. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

/* How to reach the brokers. All members are borrowed for the call only. */
struct kafka_config {
  const char *bootstrap; /* "kafka:9092, kafka2:9092" */
  char *const *names;    /* librdkafka properties, as configured; */
  char *const *values;   /* values[i] belongs to names[i] */
  size_t property_count;
};

/* Whether it is a list of host:port (default port 9092). */
bool kafka_bootstrap_check(const char *text, struct err *err) MUST_CHECK;

/* What is read besides, for a page. */
enum kafka_look {
  KAFKA_LOOK_GROUPS,   /* nothing */
  KAFKA_LOOK_NEXT,     /* the message at the committed offset of partitions with a lag, and the
                          settings of the topics */
  KAFKA_LOOK_TOPICS,   /* all topics that match, with their replicas and offsets */
  KAFKA_LOOK_SETTINGS, /* also their settings, and the ends of committed transactions */
  KAFKA_LOOK_STABLE,   /* also the ends of committed transactions, and what they wait for */
  KAFKA_LOOK_BROKERS,  /* all topics with their replicas, and the racks of the brokers */
  KAFKA_LOOK_MESSAGES, /* the newest messages of a partition */
};

/* What to collect. Borrowed for the call only. */
struct kafka_query {
  char *const *groups; /* globs: groups that match one of them are read; none: no group is */
  size_t group_count;
  char *const *topics; /* globs; none: all topics */
  size_t topic_count;
  enum kafka_look look;
  int32_t partition;   /* of KAFKA_LOOK_MESSAGES */
  bool held;           /* also whether an open transaction holds groups back that are behind */
  bool settings;       /* also the settings of topics and brokers that are not the default */
  int64_t deadline_ms; /* on the steady clock */
};

/* How long a client may take to end before its process is killed. */
enum { KAFKA_CLOSE_MS = 500 };
