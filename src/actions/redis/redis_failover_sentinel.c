/* redis.failover by a Sentinel: what it watches, SENTINEL FAILOVER, and the new master. */
#include "actions/redis/redis_failover.h"
#include "clients/redis/redis_nodes.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
  MASTERS_MAX = 256,
  MASTERS_ASKED_MAX = 16, /* for their offsets, over a connection to each */
  REPLICAS_MAX = 64,
  SEEN_MS = 5000, /* Sentinel itself does not choose one that was silent for longer */
  SWITCHED_MS = 60000,
  GIVEN_UP_MS = 3000,
  LOOK_AGAIN_MS = 200,
};

/* What the Sentinel says of a primary. */
struct watched {
  char name[128], place[FAILOVER_PLACE_MAX], run_id[FAILOVER_ID_MAX], flags[128], role[24];
  int64_t epoch;
};

static void watched_read(const struct redisReply *item, struct watched *watched) {
  snprintf(watched->name, sizeof watched->name, "%s", redis_field_text(item, "name"));
  failover_place(watched->place, redis_field_text(item, "ip"), redis_field_text(item, "port"));
  snprintf(watched->run_id, sizeof watched->run_id, "%s", redis_field_text(item, "runid"));
  snprintf(watched->flags, sizeof watched->flags, "%s", redis_field_text(item, "flags"));
  snprintf(watched->role, sizeof watched->role, "%s", redis_field_text(item, "role-reported"));
  watched->epoch = redis_number(redis_field(item, "config-epoch"));
}

static bool watched_ask(struct redis_conn *conn, const char *name, struct watched *watched) {
  const struct redisReply *reply = redis_ask(conn, "SENTINEL", "MASTER", name);
  if (reply)
    watched_read(reply, watched);
  return reply != NULL;
}

/* ---- its replicas */

/* As the Sentinel chooses, but stricter: one whose link to the master is down is never good. */
static const char *bad_of(const struct redisReply *item) {
  const char *flags = redis_field_text(item, "flags");
  const int64_t seen = redis_number(redis_field(item, "last-ok-ping-reply"));
  if (redis_flags_have(flags, "s_down") || redis_flags_have(flags, "o_down"))
    return "it is down";
  if (redis_flags_have(flags, "disconnected"))
    return "the Sentinel is not connected to it";
  if (redis_number(redis_field(item, "slave-priority")) == 0)
    return "its priority is 0";
  if (strcmp(redis_field_text(item, "master-link-status"), "ok") != 0)
    return "its link to the master is down";
  return seen < 0 || seen > SEEN_MS ? "it did not answer the Sentinel in the last 5s" : NULL;
}

struct replicas {
  struct failover_replica items[REPLICAS_MAX];
  size_t count, good;
  const struct failover_replica *best;
};

/* Whether the Sentinel prefers it: priority, offset, run id. */
static bool is_better(const struct failover_replica *one, const struct failover_replica *other) {
  if (!other || one->priority != other->priority)
    return !other || one->priority < other->priority;
  if (one->offset != other->offset)
    return one->offset > other->offset;
  return strcmp(one->id, other->id) < 0;
}

static bool replicas_ask(struct redis_conn *conn, const char *name, struct replicas *replicas) {
  *replicas = (struct replicas){.count = 0};
  const struct redisReply *reply = redis_ask(conn, "SENTINEL", "SLAVES", name);
  if (!reply)
    return false;
  for (size_t i = 0; i < redis_reply_count(reply) && replicas->count < REPLICAS_MAX; i++) {
    const struct redisReply *item = reply->element[i];
    struct failover_replica *replica = &replicas->items[replicas->count++];
    const int64_t seen = redis_number(redis_field(item, "last-ok-ping-reply"));
    *replica =
        (struct failover_replica){.offset = redis_number(redis_field(item, "slave-repl-offset")),
                                  .lag = -1,
                                  .priority = redis_number(redis_field(item, "slave-priority")),
                                  .seen_s = seen < 0 ? -1 : (double)seen / 1e3,
                                  .bad = bad_of(item)};
    failover_place(replica->place, redis_field_text(item, "ip"), redis_field_text(item, "port"));
    snprintf(replica->id, sizeof replica->id, "%s", redis_field_text(item, "runid"));
    replicas->good += !replica->bad;
    if (!replica->bad && is_better(replica, replicas->best))
      replicas->best = replica;
  }
  return true;
}

/* By the master, because the Sentinel knows offsets that are up to 10 s old. It may not let us in,
 * or not answer: then the lag is not known. */
static void lags_ask(struct step *step, const struct watched *watched, struct replicas *replicas) {
  struct redis_conn *master = failover_connect(step, watched->place);
  replicas->best = NULL;
  for (size_t i = 0; i < replicas->count; i++) {
    struct failover_replica *replica = &replicas->items[i];
    int64_t offset = -1;
    if (master)
      replica->lag = failover_lag(&master->info, replica->place, &offset);
    if (offset >= 0)
      replica->offset = offset;
    if (!replica->bad && is_better(replica, replicas->best))
      replicas->best = replica;
  }
}

/* ---- the survey */

/* The server's words: "OK 3 usable Sentinels. Quorum ...", "NOQUORUM ...". False: no quorum. */
static bool quorum_ask(struct step *step, struct redis_conn *conn, const char *name,
                       const char **words) {
  const struct redisReply *reply = redis_ask(conn, "SENTINEL", "CKQUORUM", name);
  *words = arena_printf(&step->arena, "%.200s", reply ? reply->str : step->err.text);
  return reply != NULL;
}

static const char *problem_of(struct step *step, const struct watched *watched,
                              const struct replicas *replicas, bool quorum, const char *words) {
  if (redis_flags_have(watched->flags, "failover_in_progress"))
    return arena_printf(&step->arena, "a failover of %s is already running", watched->name);
  if (!quorum)
    return arena_printf(&step->arena, "no quorum: %s", words);
  if (replicas->best)
    return NULL;
  return replicas->count == 0 ? arena_printf(&step->arena, "%s has no replica", watched->name)
                              : arena_printf(&step->arena, "no good replica: of %s, %s",
                                             replicas->items[0].place, replicas->items[0].bad);
}

static bool survey_one(struct step *step, struct redis_conn *conn, const struct watched *watched,
                       bool asks_master) {
  struct replicas replicas;
  const char *words;
  if (!replicas_ask(conn, watched->name, &replicas))
    return false;
  const bool quorum = quorum_ask(step, conn, watched->name, &words);
  if (step->dropped || conn->conn.lost.kind != ERR_NONE)
    return false;
  if (asks_master)
    lags_ask(step, watched, &replicas);
  failover_add(step,
               &(struct failover){.key = watched->name,
                                  .node = watched->name,
                                  .from = watched->place,
                                  .from_id = watched->run_id,
                                  .epoch = watched->epoch,
                                  .to = replicas.best,
                                  .replicas = arena_printf(&step->arena, "%zu of %zu good",
                                                           replicas.good, replicas.count),
                                  .quorum = words,
                                  .problem = problem_of(step, watched, &replicas, quorum, words)});
  for (size_t i = 0; i < replicas.count; i++)
    failover_tell(step, watched->name, &replicas.items[i]);
  return true;
}

bool sentinel_survey(struct step *step, struct redis_conn *conn) {
  const struct action_request *request = step->call->request;
  const char *chosen = request->chosen_count == 1 ? request->chosen[0] : NULL;
  const struct redisReply *reply = redis_ask(conn, "SENTINEL", "MASTERS");
  struct watched *list = arena_alloc(&step->arena, MASTERS_MAX * sizeof *list);
  size_t count = 0;
  if (!reply || !list)
    return false;
  for (size_t i = 0; i < redis_reply_count(reply) && count < MASTERS_MAX; i++) {
    watched_read(reply->element[i], &list[count]);
    count += !chosen || strcmp(chosen, list[count].name) == 0;
  }
  if (count == 0)
    return step_fail(step, ERR_INVALID, "the Sentinel watches no primary%s%.100s",
                     chosen ? " named " : "", chosen ? chosen : "");
  for (size_t i = 0; i < count; i++)
    if (!survey_one(step, conn, &list[i], count <= MASTERS_ASKED_MAX))
      return false;
  return true;
}

/* ---- execute */

static bool refused(struct step *step, const char *words) {
  outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_REFUSED, "%s", words);
  return true;
}

bool sentinel_execute(struct step *step, struct redis_conn *conn) {
  const char *name = failover_planned(step, "name"), *to = failover_planned(step, "to"), *words;
  struct watched now;
  struct replicas replicas;
  bool good = false;
  if (!watched_ask(conn, name, &now) || !replicas_ask(conn, name, &replicas))
    return false;
  if (strcmp(now.place, failover_planned(step, "from")) != 0 ||
      strcmp(now.run_id, failover_planned(step, "from_id")) != 0 ||
      now.epoch != action_identity_number(step->call->plan, 0, "epoch", -1)) {
    outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_GONE,
                    "%s has another master, or another epoch, since the plan: %.80s", name,
                    now.place);
    return true;
  }
  for (size_t i = 0; i < replicas.count; i++)
    good = good || (!replicas.items[i].bad && strcmp(replicas.items[i].place, to) == 0);
  if (!good)
    return refused(step, arena_printf(&step->arena, "%s can no longer take over: plan again", to));
  if (!quorum_ask(step, conn, name, &words))
    return refused(step, words);
  if (redis_change(conn, "SENTINEL", "FAILOVER", name))
    return step_sent(step, "the failover has begun");
  if (strncmp(step->err.text, "INPROG", 6) == 0)
    return refused(step, "a failover is already running");
  if (strncmp(step->err.text, "NOGOODSLAVE", 11) == 0)
    return refused(step, "the Sentinel finds no replica that can take over");
  return false;
}

/* ---- verify */

/* What the new master itself says; where it does not let us in, what the Sentinel reports. */
static bool prove(struct step *step, struct redis_conn *conn, const struct watched *now,
                  int64_t took_ms) {
  const char *took = shown_duration(&step->arena, took_ms);
  const bool planned = strcmp(now->place, failover_planned(step, "to")) == 0;
  struct replicas replicas;
  int64_t connected = 0;
  if (!replicas_ask(conn, now->name, &replicas))
    return false;
  const struct redis_conn *master = failover_connect(step, now->place);
  if (master && !redis_info_is(&master->info, "role", "master"))
    return step_prove(step, OBJECT_UNKNOWN, "the Sentinel names %s, which says that it is %.20s",
                      now->place, redis_info_text(&master->info, "role"));
  if (master)
    redis_info_count(&master->info, "connected_slaves", &connected);
  return step_prove(step, OBJECT_DONE,
                    "%s is the master after %s (%s)%s; %" PRId64 " of %zu replicas follow it",
                    now->place, took, master ? "its own INFO" : "the Sentinel's report",
                    planned ? "" : ", not the planned replica",
                    master ? connected : (int64_t)replicas.good, replicas.count);
}

/* The name leads to the new master, which says that it is one, and no failover runs. */
bool sentinel_verify(struct step *step, struct redis_conn *conn) {
  const int64_t started_ms = clock_now_ms();
  const char *name = failover_planned(step, "name"), *from = failover_planned(step, "from");
  struct watched now;
  while (watched_ask(conn, name, &now)) {
    const int64_t took_ms = clock_now_ms() - started_ms;
    const bool runs = redis_flags_have(now.flags, "failover_in_progress");
    const bool moved = strcmp(now.place, from) != 0;
    if (!runs && moved && strcmp(now.role, "master") == 0)
      return prove(step, conn, &now, took_ms);
    if (!runs && !moved && took_ms > GIVEN_UP_MS) {
      outcome_set_all(step->call->outcome, OBJECT_SENT, OBJECT_REFUSED,
                      "the Sentinel gave the failover up: %s is still the master", from);
      return true;
    }
    if (took_ms > SWITCHED_MS)
      return step_prove(step, OBJECT_UNKNOWN, "the failover still runs after %s: %s is the master",
                        shown_duration(&step->arena, took_ms), now.place);
    if (!step_sleep(step, LOOK_AGAIN_MS))
      break;
  }
  return false;
}
