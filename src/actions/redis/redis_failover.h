/* Internals of redis.failover: what its two ways, by a Sentinel and in a cluster, have in common.
 */
#pragma once

#include "actions/redis/redis_found.h"
#include "clients/redis/redis_fields.h"
#include "io/net/tcp.h"

/* The first table of the survey: what can be failed over. Of a Sentinel the key of a row is the
 * name of a primary, of a cluster the id of a node. */
enum failover_column {
  FAILOVER_NODE,     /* as it is confirmed: the name of the primary, the replica's address */
  FAILOVER_FROM,     /* address of the master */
  FAILOVER_TO,       /* address of the replica that takes over; none: there is no good one */
  FAILOVER_LAG,      /* its bytes behind the master; none: not known */
  FAILOVER_REPLICAS, /* "2 of 3 good" */
  FAILOVER_QUORUM,   /* in the server's words */
  FAILOVER_PROBLEM,  /* why it is refused; none: it is not */
  FAILOVER_FROM_ID,  /* run id of Sentinel, id of a node */
  FAILOVER_TO_ID,
  FAILOVER_EPOCH, /* config epoch of the master */
  FAILOVER_COLUMN_COUNT
};

enum { FAILOVER_PLACE_MAX = HOST_MAX + 12, FAILOVER_ID_MAX = 64 };

/* A replica, as far as it is known. */
struct failover_replica {
  char place[FAILOVER_PLACE_MAX], id[FAILOVER_ID_MAX];
  int64_t offset, lag; /* in the stream of the master; -1: not known */
  int64_t priority;    /* of Sentinel: the lowest is chosen, 0 never; -1: not known */
  double seen_s;       /* since its last answer; -1: not known */
  const char *bad;     /* why it cannot take over; NULL: it can */
};

/* "[::1]:7000", "10.0.0.1:7000" */
void failover_place(char place[FAILOVER_PLACE_MAX], const char *host, const char *port);
/* Connects to such a place with the target's login, waits a short time only, and reads INFO.
 * ":7000" is the target's own. NULL with step->err. */
struct redis_conn *failover_connect(struct step *step, const char *place);
/* The bytes that a replica is behind, by its line in the master's INFO; -1: not known. */
int64_t failover_lag(const struct redis_info *master, const char *place, int64_t *offset);

/* A row of the survey. */
struct failover {
  const char *key, *node, *from, *from_id;
  int64_t epoch;
  const struct failover_replica *to;       /* NULL: there is no good one */
  const char *replicas, *quorum, *problem; /* problem NULL: none */
};

void failover_add(struct step *step, const struct failover *failover);
/* Adds a line of the plan about a replica of that row. */
void failover_tell(struct step *step, const char *key, const struct failover_replica *replica);
/* A text of the plan's only object. */
const char *failover_planned(const struct step *step, const char *name);

bool sentinel_survey(struct step *step, struct redis_conn *conn);
bool sentinel_execute(struct step *step, struct redis_conn *conn);
bool sentinel_verify(struct step *step, struct redis_conn *conn);
bool cluster_survey(struct step *step, struct redis_conn *conn);
bool cluster_execute(struct step *step);
bool cluster_verify(struct step *step);
