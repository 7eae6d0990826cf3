/* Whether a standby still receives WAL, and which replicas of a primary are gone: pure, with a
 * memory between collections, because the server does not report replicas that are gone. */
#pragma once

#include "collectors/postgres/postgres_known.h"

/* Memory about the server of one connection. Zeroed: empty. */
struct postgres_memory {
  bool standby;
  double contact;   /* server time of the primary's last message; 0: not known */
  double cut_off;   /* when it was first seen not receiving; 0: it receives */
  int64_t replayed; /* replayed position at the previous collection; 0: not known */
  struct postgres_remembered {
    char key[200];
    struct postgres_replica last; /* as last seen */
    double seen;                  /* in server time */
    double stuck; /* when WAL was first seen that it still has not begun to replay; 0: none */
  } replicas[POSTGRES_REPLICAS_MAX];
  size_t count;
};

struct postgres_standby_verdict {
  enum severity severity;
  char reason[224]; /* "" when the severity is OK */
  bool cut_off;     /* it should stream from a primary, but does not */
  bool archive_only;
  double contact_age;  /* seconds; UNKNOWN */
  double replayed_age; /* the same */
  double lag_seconds;  /* UNKNOWN: see no_lag */
  int64_t lag_bytes;
  const char *no_lag; /* why not; static */
  const char *stage;  /* where the lag arises; static, or NULL */
};

/* clock: of the server, seconds since 1970. A streaming standby may be silent for half of
 * wal_receiver_timeout: then it sends a request, and an idle primary answers. A standby that is cut
 * off is a warning for 30 s, then critical. A single collection cannot distinguish 3 s from 3 days,
 * and 3 days must not stay a warning: so it is critical unless the start of the server or a
 * replayed commit shows that it is less. */
void postgres_standby_judge(const struct postgres_standby *standby, double clock, double uptime,
                            struct postgres_memory *memory,
                            struct postgres_standby_verdict *verdict);

struct postgres_replica_row {
  char key[200];
  struct postgres_replica replica; /* if gone: as last seen, without connection and lag */
  enum severity severity;
  char reason[224];
};

struct postgres_replica_rows {
  struct postgres_replica_row items[2 * POSTGRES_REPLICAS_MAX];
  size_t count;
  int64_t total;    /* total number that match */
  int64_t replicas; /* connected replicas that replay */
  int64_t lag_bytes;
  double lag_seconds; /* the worst of these; or UNKNOWN */
  char stage[128];    /* of the worst: "replaying on NAME"; "" if not known */
};

/* A replica replies every 10 s by default (wal_receiver_status_interval), and whenever the primary
 * requests it, after half of wal_sender_timeout. If it is silent for longer, it or its walsender
 * hangs: its last reported lag is only a lower bound.
 *
 * replay_lag starts at zero when a replica connects again, and is NULL until WAL is sent to it,
 * even if its replay stands still (a pause, a conflicting query). If the position has not moved
 * from one collection to a later reply, although there was WAL to replay, then the lag is at least
 * that long. */
enum { POSTGRES_REPLY_WARN_S = 35, POSTGRES_REPLY_CRIT_S = 120 };

/* A replica that was connected before and no longer is has a row with a severity until it is back,
 * or until forget_after seconds have passed. An unused slot has one as long as it exists. Receivers
 * of WAL and of base backups have none. */
void postgres_replicas_judge(const struct postgres_replicas *replicas, double clock,
                             double forget_after, struct postgres_memory *memory,
                             struct postgres_replica_rows *rows);
