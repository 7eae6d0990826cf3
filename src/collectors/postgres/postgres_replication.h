/* Whether a standby still receives, and which replicas of a primary are gone: pure, with a memory
 * from collection to collection, since the server forgets who is gone. */
#pragma once

#include "collectors/postgres/postgres_known.h"

/* Of one connection's server. Zeroed it knows nothing. */
struct postgres_memory {
  bool standby;
  double contact;   /* the server's time of the last word from the primary; 0: not known */
  double cut_off;   /* when it was first seen not to receive; 0: it does */
  int64_t replayed; /* up to there at the collection before; 0: not known */
  struct postgres_remembered {
    char key[200];
    struct postgres_replica last; /* as it was then */
    double seen;                  /* the server's time */
  } replicas[POSTGRES_REPLICAS_MAX];
  size_t count;
};

struct postgres_standby_verdict {
  enum severity severity;
  char reason[224]; /* "" when the severity is OK */
  bool cut_off;     /* it has a primary to stream from, and does not */
  bool archive_only;
  double contact_age;  /* seconds; UNKNOWN */
  double replayed_age; /* the same */
  double lag_seconds;  /* UNKNOWN: see no_lag */
  int64_t lag_bytes;
  const char *no_lag; /* why not; static */
};

/* clock: the server's, seconds since 1970. A standby that streams may be silent for half of
 * wal_receiver_timeout: then it asks, and an idle primary answers.
 * One that is cut off is a warning for 30 s, then critical. Who looks only once cannot tell 3 s
 * from 3 days, and 3 days must not pass for a warning for ever: so it is critical unless the
 * server's start or a replayed commit shows that it has been less. */
void postgres_standby_judge(const struct postgres_standby *standby, double clock, double uptime,
                            struct postgres_memory *memory,
                            struct postgres_standby_verdict *verdict);

struct postgres_replica_row {
  char key[200];
  struct postgres_replica replica; /* of one that is gone: as it was, without connection and lag */
  enum severity severity;
  char reason[224];
};

struct postgres_replica_rows {
  struct postgres_replica_row items[2 * POSTGRES_REPLICAS_MAX];
  size_t count;
  int64_t total;    /* that could have been listed */
  int64_t replicas; /* connected ones that replay */
  int64_t lag_bytes;
  double lag_seconds; /* the worst of these; UNKNOWN */
};

/* A replica replies every 10 s by default (wal_receiver_status_interval), and whenever the primary
 * asks, which it does after half of wal_sender_timeout. One that is silent for longer hangs, or its
 * walsender does: what is known of its lag is what it said last, and no more than a lower bound. */
enum { POSTGRES_REPLY_WARN_S = 35, POSTGRES_REPLY_CRIT_S = 120 };

/* A replica that was connected at a collection before and is no longer is a row with a severity
 * until it is back, or until forget_after seconds have passed. A slot that nobody uses is one as
 * long as it is there. Receivers of WAL and of base backups come and go. */
void postgres_replicas_judge(const struct postgres_replicas *replicas, double clock,
                             double forget_after, struct postgres_memory *memory,
                             struct postgres_replica_rows *rows);
