/* redis.failover in a cluster: which replica can take over, CLUSTER FAILOVER on it, and its slots.
 *
 * The command goes to the replica, whatever node the target is. Nodes are asked with the target's
 * login, at the address that CLUSTER NODES has. */
#include "actions/redis/redis_failover.h"
#include "clients/redis/redis_nodes.h"
#include "core/mem.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  NODES_ASKED_MAX = 32, /* in a larger cluster only the chosen node and its master */
  TAKEN_MS = 15000,     /* the cluster gives up after 5 s */
  FOLLOWS_MS = 5000,
  LOOK_AGAIN_MS = 100,
};

/* ---- CLUSTER NODES */

/* On the heap: freed by nodes_free, also when the step is dropped, because questions return. */
struct nodes {
  struct redis_node *list;
  size_t count;
};

static void nodes_free(struct nodes *nodes) {
  free(nodes->list);
  *nodes = (struct nodes){.count = 0};
}

static bool nodes_ask(struct step *step, struct redis_conn *conn, struct nodes *nodes) {
  const struct redisReply *reply = redis_ask(conn, "CLUSTER", "NODES");
  *nodes = (struct nodes){.count = 0};
  if (!reply)
    return false;
  nodes->list = mem_new(REDIS_NODES_MAX * sizeof *nodes->list);
  for (const char *at = redis_reply_text(reply); at && nodes->count < REDIS_NODES_MAX;) {
    at = redis_node_read(at, &nodes->list[nodes->count]);
    nodes->count += at && *nodes->list[nodes->count].id;
  }
  if (nodes->count > 0)
    return true;
  nodes_free(nodes);
  return step_fail(step, ERR_PROTOCOL, "CLUSTER NODES has no nodes");
}

static const struct redis_node *node_find(const struct nodes *nodes, const char *id) {
  for (size_t i = 0; i < nodes->count; i++)
    if (strcmp(nodes->list[i].id, id) == 0)
      return &nodes->list[i];
  return NULL;
}

static const struct redis_node *node_own(const struct nodes *nodes) {
  for (size_t i = 0; i < nodes->count; i++)
    if (redis_node_is(&nodes->list[i], "myself"))
      return &nodes->list[i];
  return NULL;
}

static bool node_fails(const struct redis_node *node) {
  return redis_node_is(node, "fail") || redis_node_is(node, "fail?");
}

/* ---- the survey */

/* The masters with slots vote: most of them have to. */
static const char *votes(struct step *step, const struct nodes *nodes, bool *enough) {
  size_t all = 0, up = 0;
  for (size_t i = 0; i < nodes->count; i++)
    if (redis_node_is(&nodes->list[i], "master") && nodes->list[i].slots > 0) {
      all++;
      up += !node_fails(&nodes->list[i]);
    }
  *enough = up > all / 2;
  return arena_printf(&step->arena, "%zu of %zu masters with slots up, %zu have to vote", up, all,
                      all / 2 + 1);
}

/* What the replica says of itself. */
static const char *bad_by_itself(struct step *step, struct failover_replica *replica) {
  const struct redis_conn *conn = failover_connect(step, replica->place);
  if (!conn)
    return arena_printf(&step->arena, "stacktop does not reach it: %.120s", step->err.text);
  if (!redis_info_is(&conn->info, "role", "slave"))
    return "it says that it is a master";
  redis_info_count(&conn->info, "slave_repl_offset", &replica->offset);
  return redis_info_is(&conn->info, "master_link_status", "up") ? NULL
                                                                : "its link to the master is down";
}

static void replica_read(struct step *step, const struct redis_node *node,
                         const struct redis_node *master, bool asks,
                         struct failover_replica *replica) {
  const int64_t ago =
      node->pong_ms > 0 && !redis_node_is(node, "myself") ? clock_wall_ms() - node->pong_ms : -1;
  *replica = (struct failover_replica){
      .offset = -1, .lag = -1, .priority = -1, .seen_s = ago < 0 ? -1 : (double)ago / 1e3};
  snprintf(replica->place, sizeof replica->place, "%s", node->address);
  snprintf(replica->id, sizeof replica->id, "%s", node->id);
  if (node_fails(node) || redis_node_is(node, "noaddr") || redis_node_is(node, "handshake"))
    replica->bad = "it is down";
  else if (redis_node_is(node, "nofailover"))
    replica->bad = "cluster-replica-no-failover is set";
  else if (!master || node_fails(master))
    replica->bad = "its master is down: the cluster itself fails over";
  else if (asks)
    replica->bad = bad_by_itself(step, replica);
}

struct replicas {
  struct failover_replica *list; /* on the heap */
  size_t count, good;
  const struct failover_replica *best; /* the one with the highest offset */
};

static void replicas_read(struct step *step, const struct nodes *nodes,
                          const struct redis_node *master, bool asks, struct replicas *replicas) {
  struct redis_conn *conn = NULL;
  *replicas = (struct replicas){.list = mem_new(nodes->count * sizeof *replicas->list)};
  for (size_t i = 0; i < nodes->count && !step->dropped; i++) {
    if (strcmp(nodes->list[i].master, master->id) != 0)
      continue;
    struct failover_replica *replica = &replicas->list[replicas->count++];
    int64_t offset = -1;
    replica_read(step, &nodes->list[i], master, asks, replica);
    if (asks && !conn && !node_fails(master))
      conn = failover_connect(step, master->address);
    replica->lag = conn ? failover_lag(&conn->info, replica->place, &offset) : -1;
    if (offset >= 0)
      replica->offset = offset;
    replicas->good += !replica->bad;
    if (!replica->bad && (!replicas->best || replica->offset > replicas->best->offset))
      replicas->best = replica;
  }
}

static const char *none_good(struct step *step, const char *master,
                             const struct replicas *replicas) {
  if (replicas->best)
    return NULL;
  return replicas->count == 0 ? arena_printf(&step->arena, "%s has no replica", master)
                              : arena_printf(&step->arena, "no good replica: of %s, %s",
                                             replicas->list[0].place, replicas->list[0].bad);
}

/* The rows of one master: each of its replicas, and itself, for the best of them. */
static void survey_master(struct step *step, const struct nodes *nodes,
                          const struct redis_node *master, bool asks, const char *words,
                          bool enough) {
  struct replicas replicas;
  replicas_read(step, nodes, master, asks, &replicas);
  const char *quorum = enough ? NULL : arena_printf(&step->arena, "no quorum: %s", words);
  struct failover failover = {
      .from = master->address,
      .from_id = master->id,
      .epoch = master->epoch,
      .replicas = arena_printf(&step->arena, "%zu of %zu good", replicas.good, replicas.count),
      .quorum = words};
  for (size_t i = 0; i < replicas.count; i++) {
    const struct failover_replica *replica = &replicas.list[i];
    failover.key = replica->id;
    failover.node = replica->place;
    failover.to = replica;
    failover.problem = replica->bad ? arena_printf(&step->arena, "%s cannot take over: %s",
                                                   replica->place, replica->bad)
                                    : NULL;
    if (quorum)
      failover.problem = quorum;
    failover_add(step, &failover);
    failover_tell(step, replica->id, replica);
    failover_tell(step, master->id, replica);
  }
  failover.key = master->id;
  failover.node = master->address;
  failover.to = replicas.best;
  failover.problem = quorum ? quorum : none_good(step, master->address, &replicas);
  failover_add(step, &failover);
  free(replicas.list);
}

bool cluster_survey(struct step *step, struct redis_conn *conn) {
  const struct action_request *request = step->call->request;
  struct nodes nodes;
  bool enough;
  if (!nodes_ask(step, conn, &nodes))
    return false;
  const char *words = votes(step, &nodes, &enough);
  const struct redis_node *chosen =
      request->chosen_count == 1 ? node_find(&nodes, request->chosen[0]) : NULL;
  for (size_t i = 0; i < nodes.count; i++) {
    const struct redis_node *node = &nodes.list[i];
    const bool wanted = chosen && (chosen == node || strcmp(chosen->master, node->id) == 0);
    if (redis_node_is(node, "master"))
      survey_master(step, &nodes, node, wanted || (!chosen && nodes.count <= NODES_ASKED_MAX),
                    words, enough);
  }
  nodes_free(&nodes);
  return !step->dropped;
}

/* ---- execute */

/* The replica itself: it must be the node of the plan. NULL with step->err. */
static struct redis_conn *replica_open(struct step *step) {
  const char *to = failover_planned(step, "to"), *id = failover_planned(step, "to_id");
  struct redis_conn *conn = failover_connect(step, to);
  const struct redisReply *reply = conn ? redis_ask(conn, "CLUSTER", "MYID") : NULL;
  if (!reply)
    return NULL;
  if (strcmp(redis_reply_text(reply), id) == 0)
    return conn;
  step_fail(step, ERR_INVALID, "another node answers at %.60s: %.40s, in the plan %.40s", to,
            redis_reply_text(reply), id);
  return NULL;
}

bool cluster_execute(struct step *step) {
  struct redis_conn *conn = replica_open(step);
  struct nodes nodes;
  if (!conn || !nodes_ask(step, conn, &nodes))
    return false;
  const struct redis_node *own = node_own(&nodes);
  const bool same = own && strcmp(own->master, failover_planned(step, "from_id")) == 0;
  nodes_free(&nodes);
  if (!same) {
    outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_GONE,
                    "%s is no longer a replica of the planned master",
                    failover_planned(step, "to"));
    return true;
  }
  if (!redis_info_is(&conn->info, "master_link_status", "up")) {
    outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_REFUSED,
                    "its link to the master is down now");
    return true;
  }
  return redis_change(conn, "CLUSTER", "FAILOVER") && step_sent(step, "the failover has begun");
}

/* ---- verify */

static size_t followers(const struct nodes *nodes, const char *id) {
  size_t count = 0;
  for (size_t i = 0; i < nodes->count; i++)
    count += strcmp(nodes->list[i].master, id) == 0 && !node_fails(&nodes->list[i]);
  return count;
}

/* The replica says that it is the master, and that the old master follows it. */
bool cluster_verify(struct step *step) {
  const char *from = failover_planned(step, "from"), *to = failover_planned(step, "to");
  const int64_t started_ms = clock_now_ms();
  struct redis_conn *conn = replica_open(step);
  struct nodes nodes;
  while (conn && nodes_ask(step, conn, &nodes)) {
    const int64_t took_ms = clock_now_ms() - started_ms;
    const struct redis_node *own = node_own(&nodes);
    const struct redis_node *old = node_find(&nodes, failover_planned(step, "from_id"));
    const bool taken = own && redis_node_is(own, "master");
    const bool follows = taken && old && strcmp(old->master, own->id) == 0;
    const int64_t slots = own ? own->slots : 0;
    const size_t count = own ? followers(&nodes, own->id) : 0;
    nodes_free(&nodes);
    if (taken && (follows || took_ms > FOLLOWS_MS))
      return step_prove(step, OBJECT_DONE,
                        "%s is the master of %" PRId64 " slots after %s; %zu %s; %s %s", to, slots,
                        shown_duration(&step->arena, took_ms), count,
                        count == 1 ? "replica follows it" : "replicas follow it", from,
                        follows ? "is a replica of it" : "does not follow it yet");
    if (took_ms > TAKEN_MS) {
      outcome_set_all(step->call->outcome, OBJECT_SENT, OBJECT_REFUSED,
                      "the failover was given up: %s is still a replica", to);
      return true;
    }
    if (!step_sleep(step, LOOK_AGAIN_MS))
      break;
  }
  return false;
}
