/* What is known of a PostgreSQL server after its answers have been read: numbers and texts without
 * any libpq. Whatever is not known is UNKNOWN; no count, age or size is ever negative. */
#pragma once

#include "model/severity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POSTGRES_UNKNOWN = -1 };

/* Ceilings: sessions that are asked for, those among them whose blockers are asked for, and
 * blockers of one session that are kept. Blockers that are no listed session get a row of their
 * own, up to POSTGRES_STRANGERS_MAX. */
enum {
  POSTGRES_SESSIONS_MAX = 200,
  POSTGRES_WAITERS_MAX = 100,
  POSTGRES_BLOCKERS_MAX = 64,
  POSTGRES_STRANGERS_MAX = 50,
  POSTGRES_QUERY_BYTES = 1024, /* of a query that are read */
};

/* Connections and settings. */
struct postgres_activity {
  int64_t max_connections, reserved; /* reserved: for superusers, and since 16 for others too */
  int64_t used;                      /* client connections of all databases, ours included */
  int64_t hidden;                    /* of these: whose state we may not see */
  int64_t doubtful;                  /* of the hidden: may be parallel workers */
  /* They add up to used. Ours is idle; other: hidden, disabled, starting, a walsender before 12. */
  int64_t active, idle, idle_in_transaction, aborted, other;
  int64_t disabled;                          /* of the others: their track_activities is off */
  int64_t waiting;                           /* for a lock */
  double longest_query, longest_transaction; /* seconds; unknown when there is none */
  double uptime;
  int64_t pid;        /* our session's, as the server knows it */
  int64_t started_us; /* the server, since 1970 */
  bool in_recovery;
  bool sees_all; /* we have pg_read_all_stats, as by pg_monitor */
};

/* Counters since the statistics' reset, of all databases together, and horizons. */
struct postgres_statistics {
  double clock;   /* the server's, seconds since 1970 */
  double started; /* its start, on the same clock */
  int64_t commits, rollbacks, hits, reads, deadlocks, temp_bytes;
  double reset;       /* the latest of any database, on that clock; or UNKNOWN */
  int64_t xmin_age;   /* transactions since the oldest one that somebody may still see */
  int64_t frozen_age; /* transactions since the oldest unfrozen one: wraparound is at 2^31 */
  int64_t prepared;
  double prepared_age; /* seconds, of the oldest; UNKNOWN without one */
  char timeline[12];   /* of the WAL that is written; "" on a standby */
};

/* What a standby says of its source. A right that is missing leaves much of it unknown. */
enum postgres_known { POSTGRES_NOT_KNOWN = -1, POSTGRES_NO, POSTGRES_YES };

struct postgres_standby {
  bool receiver;                   /* there is a WAL receiver */
  char status[24];                 /* "streaming"; "": not known */
  double contact_age;              /* seconds since the primary's last message */
  double patience;                 /* wal_receiver_timeout in seconds; 0: none */
  enum postgres_known has_primary; /* primary_conninfo is set */
  enum postgres_known has_archive; /* restore_command is set */
  bool paused;
  int64_t replay_bytes;  /* received or known to be there, not replayed */
  double replay_seconds; /* 0 when all received is replayed */
  double replayed_age;   /* seconds since the last replayed commit */
  int64_t replayed;      /* the place in the WAL up to which all is replayed */
  bool has_received;     /* it has streamed since its start */
  char timeline[12];     /* of the WAL that is received; "" where not known */
};

/* A connection in pg_stat_replication, a slot, or both. */
struct postgres_replica {
  /* "" where there is none, or the right to see it is missing. */
  char name[96], client[64], slot[64], state[24], sync[16];
  bool connected;
  bool replays; /* it is a replica, and not a mere receiver of WAL or of a base backup */
  bool logical;
  int64_t lag_bytes;
  double lag_seconds;
  int64_t kept_bytes;  /* WAL that its slot keeps */
  double inactive_age; /* of the slot; since 17 */
  double reply_age;    /* since its last message; since 12 */
};

enum { POSTGRES_REPLICAS_MAX = 64 };

struct postgres_replicas {
  struct postgres_replica items[POSTGRES_REPLICAS_MAX];
  size_t count;
  int64_t total; /* of which items holds the first */
};

struct postgres_session {
  int64_t pid;              /* 0: prepared transactions */
  int64_t backend_start_us; /* since 1970 */
  const char *type;         /* "client backend", "autovacuum worker"; NULL: not known */
  const char *user, *database, *application, *client, *state, *wait_type, *wait_event, *query;
  const char *encoding;                   /* of its database: "LATIN1"; its query is of it, escaped
                                             (clients/postgres/pg_text.h) */
  const char *query_start, *state_change; /* as psql takes it, to the microsecond; or NULL */
  double transaction_age, query_age, state_age; /* seconds */
  double wait;                                  /* for a lock: seconds, UNKNOWN before 14 */
  int64_t xmin_age, leader;
  bool hidden;       /* we may not see more than pid, user, database and application */
  bool waiting;      /* for a lock */
  bool blockers_cut; /* there are more */
  int64_t blockers[POSTGRES_BLOCKERS_MAX];
  size_t blocker_count;

  /* Filled in by postgres_judge. */
  const char *label;  /* the state as a column has it, "idle in txn"; else the type; or NULL */
  bool stranger;      /* somebody waits for it, but it is no listed session */
  int parent;         /* index of the session that it waits for, or -1 */
  size_t direct, all; /* sessions that wait for it; with those that wait for them */
  double blocks_for;  /* the longest wait of these in seconds; 0 without any */
  enum severity severity;
  char reason[224]; /* "" when the severity is OK */
  double lasted;    /* seconds for which what the reason says has been so; 0: not known */
};

struct postgres_sessions {
  struct postgres_session items[POSTGRES_SESSIONS_MAX + POSTGRES_STRANGERS_MAX];
  size_t count;
  int64_t total;   /* sessions that could have been listed */
  int64_t waiters; /* for locks; of POSTGRES_WAITERS_MAX the blockers are known */
  /* Filled in by postgres_judge: indices, parents before children, the worst first. */
  size_t order[POSTGRES_SESSIONS_MAX + POSTGRES_STRANGERS_MAX];
};
