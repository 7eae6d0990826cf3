/* The parsed answers of a PostgreSQL server: numbers and texts without libpq. What is not known is
 * UNKNOWN; counts, ages and sizes are never negative. */
#pragma once

#include "model/judge/severity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POSTGRES_UNKNOWN = -1 };

/* Limits: listed sessions, those among them whose blockers are read, and blockers kept per session.
 * Blockers that are not listed get a row of their own, up to POSTGRES_STRANGERS_MAX. */
enum {
  POSTGRES_SESSIONS_MAX = 200,
  POSTGRES_WAITERS_MAX = 100,
  POSTGRES_BLOCKERS_MAX = 64,
  POSTGRES_STRANGERS_MAX = 50,
  POSTGRES_QUERY_BYTES = 1024, /* bytes of a query that are read */
};

/* Connections and settings. */
struct postgres_activity {
  int64_t max_connections,
      reserved;     /* reserved: for superusers, since 16 also for pg_use_reserved_connections */
  int64_t used;     /* client connections of all databases, including those of stacktop */
  int64_t hidden;   /* of these, sessions whose state is hidden */
  int64_t doubtful; /* of the hidden: possible parallel workers */
  /* The sum is `used`. stacktop's own session is idle; other: hidden, disabled, starting, a
   * walsender before 12. */
  int64_t active, idle, idle_in_transaction, aborted, other;
  int64_t disabled;                          /* of other: track_activities is off */
  int64_t waiting;                           /* for a lock */
  double longest_query, longest_transaction; /* seconds; unknown if there is none */
  double uptime;
  int64_t pid;        /* of stacktop's own session, as the server reports it */
  int64_t started_us; /* of the server, since 1970 */
  bool in_recovery;
  bool sees_all;    /* the role has pg_read_all_stats, as by pg_monitor */
  int64_t xmin_age; /* transactions since the oldest one that is still visible to a session */
  bool replicates;  /* there is a walsender or a replication slot */
};

/* Counters since the reset of the statistics, of all databases together, and horizons. */
struct postgres_statistics {
  double clock;   /* of the server, seconds since 1970 */
  double started; /* its start, on the same clock */
  int64_t commits, rollbacks, hits, reads, deadlocks, temp_bytes;
  double reset;       /* the latest reset of any database, on that clock; or UNKNOWN */
  int64_t xmin_age;   /* as of struct postgres_activity, but visible to whatever holds it */
  int64_t frozen_age; /* transactions since the oldest unfrozen one: wraparound is at 2^31 */
  int64_t prepared;
  double prepared_age; /* seconds, of the oldest; UNKNOWN if there is none */
  char timeline[12];   /* of the current WAL; "" on a standby */
};

/* What a standby reports about its source. Without permission, much of it is unknown. */
enum postgres_known { POSTGRES_NOT_KNOWN = -1, POSTGRES_NO, POSTGRES_YES };

struct postgres_standby {
  bool receiver;                   /* there is a WAL receiver */
  char status[24];                 /* "streaming"; "": not known */
  double contact_age;              /* seconds since the primary's last message */
  double patience;                 /* wal_receiver_timeout in seconds; 0: none */
  enum postgres_known has_primary; /* primary_conninfo is set */
  enum postgres_known has_archive; /* restore_command is set */
  bool paused;
  int64_t replay_bytes;  /* received or known, but not replayed */
  double replay_seconds; /* 0 if all received WAL is replayed */
  double replayed_age;   /* seconds since the last replayed commit */
  int64_t replayed;      /* the WAL position up to which all is replayed */
  bool has_received;     /* it has streamed since its start */
  char timeline[12];     /* of the received WAL; "" if not known */
};

/* A connection in pg_stat_replication, a slot, or both. */
struct postgres_replica {
  /* "" if there is none, or without permission to see it. */
  char name[96], client[64], slot[64], state[24], sync[16];
  bool connected;
  bool replays; /* a replica, not just a receiver of WAL or of a base backup */
  bool logical;
  int64_t lag_bytes;
  double lag_seconds;
  int64_t kept_bytes;  /* WAL that its slot retains */
  double inactive_age; /* of the slot; since 17 */
  double reply_age;    /* since its last message; since 12 */
  int64_t replayed;    /* the WAL position up to which it has replayed */
  char stage[12]; /* where most of its lag arises: "replaying"; "": there is none, or not known */
};

enum { POSTGRES_REPLICAS_MAX = 64 };

struct postgres_replicas {
  struct postgres_replica items[POSTGRES_REPLICAS_MAX];
  size_t count;
  int64_t total; /* total; items has the first ones */
};

struct postgres_session {
  int64_t pid;              /* 0: prepared transactions */
  int64_t backend_start_us; /* since 1970 */
  const char *type;         /* "client backend", "autovacuum worker"; NULL: not known */
  const char *user, *database, *application, *client, *state, *wait_type, *wait_event, *query;
  const char *encoding; /* encoding of its database: "LATIN1"; its query uses it, escaped
                           (clients/postgres/pg_text.h) */
  char query_start[40], state_change[40];       /* in the form of psql, to the microsecond; or "" */
  double transaction_age, query_age, state_age; /* seconds */
  double wait;                                  /* for a lock: seconds, UNKNOWN before 14 */
  int64_t xmin_age, leader;
  bool hidden;       /* only pid, user, database and application are visible */
  bool waiting;      /* for a lock */
  bool blockers_cut; /* there are more */
  int64_t blockers[POSTGRES_BLOCKERS_MAX];
  size_t blocker_count;

  /* Filled in by postgres_judge. */
  const char *label;  /* the state for the column, "idle in txn"; otherwise the type; or NULL */
  bool stranger;      /* a blocker that is not a listed session */
  int parent;         /* index of the session that it waits for, or -1 */
  size_t direct, all; /* sessions that wait for it directly; including those that wait for them */
  double blocks_for;  /* the longest wait of these in seconds; 0 without any */
  enum severity severity;
  char reason[224]; /* "" when the severity is OK */
  double lasted;    /* how long the reason has lasted in seconds; 0: not known */
};

struct postgres_sessions {
  struct postgres_session items[POSTGRES_SESSIONS_MAX + POSTGRES_STRANGERS_MAX];
  size_t count;
  int64_t total;   /* sessions that match; items has the first ones */
  int64_t waiters; /* waiting for locks; the blockers of POSTGRES_WAITERS_MAX are known */
  /* Filled in by postgres_judge: indices, parents before children, the worst first. */
  size_t order[POSTGRES_SESSIONS_MAX + POSTGRES_STRANGERS_MAX];
};
