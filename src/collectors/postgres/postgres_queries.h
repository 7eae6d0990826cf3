/* The queries to PostgreSQL 10 to 18, and the parsers of their answers.
 *
 * Each query is one message and one transaction of its own, or one of several prepared statements
 * that are asked together (postgres_prepared.h): it is read-only, sees pg_catalog only, and has a
 * statement_timeout and a lock_timeout, by SET LOCAL, so that no setting stays on a connection that
 * a pooler shares. (Before 11 the statement_timeout does not apply to the last statement of a
 * message; there only the caller's deadline does.) A failed query does not affect the others. */
#pragma once

#include "clients/postgres/pg.h"
#include "collectors/postgres/postgres_known.h"
#include "core/err.h"

enum { POSTGRES_VERSION_MIN = 100000 };

struct postgres_timeouts {
  int statement_ms, lock_ms; /* constant, so that pg_stat_statements keeps one entry per value */
};

/* The message for a query of ours: read-only, with its time limits. The caller frees it. */
char *postgres_message(const struct postgres_timeouts *timeouts, const char *query);
/* Each returns a text that the caller frees. version: 150018 for 15.18. */
char *postgres_identity_query(const struct postgres_timeouts *timeouts); /* one cell */
/* sees_all: shorter, and right only if it says sees_all. */
char *postgres_activity_query(const struct postgres_timeouts *timeouts, int version, bool sees_all);
char *postgres_statistics_query(const struct postgres_timeouts *timeouts);
char *postgres_standby_query(const struct postgres_timeouts *timeouts); /* in recovery only */
char *postgres_replicas_query(const struct postgres_timeouts *timeouts, int version);
/* The sessions while they are few, none waits for a lock, and the role sees all: to rank them by
 * harm takes the server twice as long. */
char *postgres_quiet_query(const struct postgres_timeouts *timeouts, int version);
/* At most that many sessions, and the blockers of at most that many waiters. */
char *postgres_sessions_query(const struct postgres_timeouts *timeouts, int version,
                              int sessions_max, int waiters_max);

/* Pure. False (ERR_PROTOCOL) if the answer does not match the query. All texts but the timelines
 * are borrowed from rows. */
bool postgres_activity_read(const struct pg_rows *rows, struct postgres_activity *activity,
                            struct err *err) MUST_CHECK;
bool postgres_statistics_read(const struct pg_rows *rows, struct postgres_statistics *statistics,
                              struct err *err) MUST_CHECK;
bool postgres_standby_read(const struct pg_rows *rows, struct postgres_standby *standby,
                           struct err *err) MUST_CHECK;
bool postgres_replicas_read(const struct pg_rows *rows, struct postgres_replicas *replicas,
                            struct err *err) MUST_CHECK;
bool postgres_sessions_read(const struct pg_rows *rows, struct postgres_sessions *sessions,
                            struct err *err) MUST_CHECK;
/* The answer to postgres_quiet_query; quiet: to the other query it would have been the same. */
bool postgres_quiet_read(const struct pg_rows *rows, struct postgres_sessions *sessions,
                         bool *quiet, struct err *err) MUST_CHECK;
/* Whether the next answer to postgres_quiet_query may do. */
bool postgres_sessions_are_quiet(const struct postgres_sessions *sessions);

/* The columns of the answers, in their order. */
enum postgres_activity_column {
  ACTIVITY_MAX_CONNECTIONS,
  ACTIVITY_RESERVED,
  ACTIVITY_USED,
  ACTIVITY_HIDDEN,
  ACTIVITY_ACTIVE,
  ACTIVITY_IDLE,
  ACTIVITY_IDLE_IN_TRANSACTION,
  ACTIVITY_ABORTED,
  ACTIVITY_OTHER,
  ACTIVITY_DISABLED,
  ACTIVITY_WAITING,
  ACTIVITY_LONGEST_QUERY,
  ACTIVITY_LONGEST_TRANSACTION,
  ACTIVITY_UPTIME,
  ACTIVITY_PID,
  ACTIVITY_IN_RECOVERY,
  ACTIVITY_SEES_ALL,
  ACTIVITY_STARTED,
  ACTIVITY_DOUBTFUL,
  ACTIVITY_XMIN_AGE,
  ACTIVITY_REPLICATES,
  ACTIVITY_COLUMN_COUNT
};

enum postgres_statistics_column {
  STATISTICS_CLOCK,
  STATISTICS_STARTED,
  STATISTICS_COMMITS,
  STATISTICS_ROLLBACKS,
  STATISTICS_HITS,
  STATISTICS_READS,
  STATISTICS_DEADLOCKS,
  STATISTICS_TEMP_BYTES,
  STATISTICS_RESET,
  STATISTICS_XMIN_AGE,
  STATISTICS_FROZEN_AGE,
  STATISTICS_PREPARED,
  STATISTICS_PREPARED_AGE,
  STATISTICS_TIMELINE,
  STATISTICS_COLUMN_COUNT
};

enum postgres_standby_column {
  STANDBY_RECEIVER,
  STANDBY_STATUS,
  STANDBY_CONTACT_AGE,
  STANDBY_PATIENCE,
  STANDBY_HAS_PRIMARY,
  STANDBY_HAS_ARCHIVE,
  STANDBY_PAUSED,
  STANDBY_REPLAY_BYTES,
  STANDBY_REPLAY_SECONDS,
  STANDBY_REPLAYED_AGE,
  STANDBY_REPLAYED,
  STANDBY_HAS_RECEIVED,
  STANDBY_TIMELINE,
  STANDBY_COLUMN_COUNT
};

enum postgres_replicas_column {
  REPLICAS_NAME,
  REPLICAS_CLIENT,
  REPLICAS_SLOT,
  REPLICAS_STATE,
  REPLICAS_SYNC,
  REPLICAS_CONNECTED,
  REPLICAS_REPLAYS,
  REPLICAS_LOGICAL,
  REPLICAS_LAG_BYTES,
  REPLICAS_LAG_SECONDS,
  REPLICAS_KEPT_BYTES,
  REPLICAS_INACTIVE_AGE,
  REPLICAS_REPLY_AGE,
  REPLICAS_REPLAYED,
  REPLICAS_STAGE,
  REPLICAS_TOTAL,
  REPLICAS_COLUMN_COUNT
};

enum postgres_sessions_column {
  SESSIONS_PID,
  SESSIONS_BACKEND_START,
  SESSIONS_TYPE,
  SESSIONS_USER,
  SESSIONS_DATABASE,
  SESSIONS_APPLICATION,
  SESSIONS_CLIENT,
  SESSIONS_STATE,
  SESSIONS_TRANSACTION_AGE,
  SESSIONS_QUERY_AGE,
  SESSIONS_STATE_AGE,
  SESSIONS_WAIT_TYPE,
  SESSIONS_WAIT_EVENT,
  SESSIONS_WAIT,
  SESSIONS_BLOCKERS,
  SESSIONS_XMIN_AGE,
  SESSIONS_LEADER,
  SESSIONS_HIDDEN,
  SESSIONS_QUERY,
  SESSIONS_QUERY_START,
  SESSIONS_STATE_CHANGE,
  SESSIONS_ENCODING,
  SESSIONS_TOTAL,
  SESSIONS_WAITERS,
  SESSIONS_COLUMN_COUNT
};
