/* The tables of a PostgreSQL server: its figures, and its sessions as a tree of who waits for whom.
 */
#pragma once

#include "collectors/postgres/postgres_replication.h"
#include "model/sample.h"

enum postgres_summary_column {
  SUMMARY_RATIO,
  SUMMARY_USED,
  SUMMARY_LIMIT,
  SUMMARY_ACTIVE,
  SUMMARY_IDLE,
  SUMMARY_IDLE_IN_TRANSACTION,
  SUMMARY_WAITING,
  SUMMARY_ABORTED,
  SUMMARY_OTHER,
  SUMMARY_LONGEST_QUERY,
  SUMMARY_LONGEST_TRANSACTION,
  SUMMARY_COMMITS,
  SUMMARY_HIT_RATIO,
  SUMMARY_ROLLBACKS,
  SUMMARY_ROLE,
  SUMMARY_LAG_BYTES,
  SUMMARY_LAG_SECONDS,
  SUMMARY_REPLICAS,
  SUMMARY_CONTACT,
  SUMMARY_REPLAYED,
  SUMMARY_DEADLOCKS,
  SUMMARY_TEMP_BYTES,
  SUMMARY_XMIN_AGE,
  SUMMARY_FROZEN_AGE,
  SUMMARY_PREPARED,
  SUMMARY_PREPARED_AGE,
  SUMMARY_RESERVED,
  SUMMARY_VERSION,
  SUMMARY_UPTIME,
  SUMMARY_COLUMN_COUNT
};

enum postgres_session_column {
  SESSION_LABEL,
  SESSION_STATE,
  SESSION_STATE_AGE,
  SESSION_BLOCKS,
  SESSION_WAIT,
  SESSION_BLOCKED_BY,
  SESSION_TRANSACTION_AGE,
  SESSION_QUERY_AGE,
  SESSION_USER,
  SESSION_DATABASE,
  SESSION_APPLICATION,
  SESSION_CLIENT,
  SESSION_WAIT_EVENT,
  SESSION_QUERY,
  SESSION_PID,
  SESSION_BACKEND_START,
  SESSION_IDLE_IN_TRANSACTION,
  SESSION_DIRECT,
  SESSION_BLOCKS_FOR,
  SESSION_XMIN_AGE,
  SESSION_LEADER,
  SESSION_TYPE,
  SESSION_QUERY_START,
  SESSION_STATE_CHANGE,
  SESSION_COLUMN_COUNT
};

enum postgres_replica_column {
  REPLICA_NAME,
  REPLICA_STATE,
  REPLICA_LAG_BYTES,
  REPLICA_LAG_SECONDS,
  REPLICA_TYPE,
  REPLICA_SYNC,
  REPLICA_CLIENT,
  REPLICA_SLOT,
  REPLICA_KEPT,
  REPLICA_COLUMN_COUNT
};

extern const struct table_spec postgres_summary_table, postgres_session_table,
    postgres_replica_table;

/* What one collection found. A part that failed is NULL, with the reason why; the activity cannot:
 * a collection without it has failed. */
struct postgres_findings {
  const char *version; /* "15.18" */
  int version_number;  /* 150018 */
  bool pooled;         /* a pooler stands between the server and us */
  const struct postgres_activity *activity;
  const struct postgres_statistics *statistics;
  const struct err *no_statistics; /* why not */
  const struct postgres_rates *rates;
  const char *no_rates;
  const struct postgres_sessions *sessions; /* judged */
  const struct err *no_sessions;
  const struct postgres_standby_verdict *standby; /* NULL on a primary, too */
  const char *timeline;                           /* "" where not known */
  const struct err *no_standby;                   /* NULL on a primary */
  const struct postgres_replica_rows *replicas;
  const struct err *no_replicas;
  const char *system; /* the cluster's identifier; NULL where not known */
};

/* Fills the tables (summary, sessions, replicas: in that order) and the notes of the sample,
 * copying all texts. */
void postgres_fill(struct sample *sample, const struct postgres_findings *findings);
