#include "actions/redis/redis_conn.h"

#include "actions/redis/redis_link.h"
#include "actions/redis/redis_work.h"
#include "core/mem.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

struct redis_conn {
  struct step_part part; /* first */
  struct step *step;
  struct redis_link *link;
  const struct redisReply *reply; /* of the question that was answered just now; NULL: an error */
  size_t queued;
  bool waits;    /* the step waits for a reply */
  bool answered; /* it is there: `reply`, or step->err */
  char *info;
};

static void close_part(struct step_part *part) {
  struct redis_conn *conn = (struct redis_conn *)part;
  redis_link_close(conn->link);
  free(conn->info);
  free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return redis_link_effects(((const struct redis_conn *)part)->link);
}

/* ---- questions */

static void on_reply(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_conn *conn = self;
  assert(conn->waits &&
         "a step takes the replies that it has queued for before it waits otherwise");
  conn->waits = false;
  conn->answered = true;
  conn->reply = err ? NULL : reply;
  if (err)
    conn->step->err = *err;
  step_wake(conn->step);
}

const struct redisReply *redis_next(struct redis_conn *conn) {
  assert(conn->queued > 0);
  conn->queued--;
  conn->answered = false;
  conn->waits = true;
  while (!conn->answered)
    if (!step_wait(conn->step, INT64_MAX))
      return NULL;
  return conn->reply;
}

void redis_queue_words(struct redis_conn *conn, bool change, int count, const char *const *words,
                       const size_t *lengths) {
  conn->queued++;
  if (conn->step->dropped)
    return;
  if (change)
    redis_link_do(conn->link, on_reply, count, words, lengths);
  else
    redis_link_ask(conn->link, on_reply, count, words, lengths);
}

const struct redisReply *redis_ask_words(struct redis_conn *conn, int count,
                                         const char *const *words, const size_t *lengths) {
  redis_queue_words(conn, false, count, words, lengths);
  return redis_next(conn);
}

const struct redisReply *redis_change_words(struct redis_conn *conn, int count,
                                            const char *const *words, const size_t *lengths) {
  redis_queue_words(conn, true, count, words, lengths);
  return redis_next(conn);
}

/* ---- opening */

static bool is_redis(struct redis_conn *conn) {
  char run_id[64];
  if (redis_told_is(conn->info, "redis_mode", "sentinel") ||
      redis_told_is(conn->info, "server_mode", "sentinel"))
    return step_fail(conn->step, ERR_UNSUPPORTED, "a Sentinel, which holds no keys");
  if (redis_told(conn->info, "run_id", run_id, sizeof run_id) && *run_id)
    return true;
  return step_fail(conn->step, ERR_UNSUPPORTED,
                   "INFO has no run_id, so this server cannot be told from another");
}

static bool is_same_server(struct redis_conn *conn) {
  char run_id[64];
  const struct plan *plan = conn->step->act->plan;
  const char *planned = plan ? redis_pin(plan, "run_id") : "";
  if (!*planned)
    return true;
  redis_told(conn->info, "run_id", run_id, sizeof run_id);
  if (strcmp(run_id, planned) == 0)
    return true;
  return step_fail(conn->step, ERR_INVALID,
                   "another server answers at %.60s, or it was restarted: run_id %.12s..., in the "
                   "plan %.12s...: plan again",
                   redis_conn_address(conn), run_id, planned);
}

static bool takes_writes(struct redis_conn *conn) {
  char host[128];
  int64_t port = 0;
  if (!redis_told_is(conn->info, "role", "slave"))
    return true;
  redis_told(conn->info, "master_host", host, sizeof host);
  redis_told_int(conn->info, "master_port", &port);
  return step_fail(conn->step, ERR_UNSUPPORTED, "read-only replica: run this on its primary, %s:%d",
                   host, (int)port);
}

static void explain_denied(struct step *step) {
  struct err was = step->err;
  if (was.kind == ERR_DENIED && strncmp(was.text, "NOPERM", 6) == 0)
    step_fail(step, ERR_DENIED, "%.180s: its ACL user needs +info", was.text);
  if (was.kind == ERR_DENIED && strncmp(was.text, "NOAUTH", 6) == 0)
    step_fail(step, ERR_DENIED, "%.180s: set its password in the configuration, or REDISCLI_AUTH",
              was.text);
}

struct redis_conn *redis_conn_open(struct step *step, enum redis_need need, int db) {
  struct redis_conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  conn->queued = 1; /* INFO, with which a link begins */
  conn->link = redis_link_open(step->act, db, on_reply, conn);
  step_add(step, &conn->part);
  const struct redisReply *info = redis_next(conn);
  if (!info) {
    explain_denied(step);
    return NULL;
  }
  conn->info = redis_info_copy(info);
  if (!is_redis(conn) || !is_same_server(conn) || (need == REDIS_WRITES && !takes_writes(conn)))
    return NULL;
  return conn;
}

const char *redis_conn_info(const struct redis_conn *conn) {
  return conn->info;
}

const char *redis_conn_address(const struct redis_conn *conn) {
  return redis_link_address(conn->link);
}

bool redis_conn_is_up(const struct redis_conn *conn) {
  return redis_link_stands(conn->link);
}

size_t redis_reply_count(const struct redisReply *reply) {
  return reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}
