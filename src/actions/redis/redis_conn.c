#include "actions/redis/redis_conn.h"

#include "clients/redis/redis.h"
#include "core/mem.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void close_part(struct step_part *part) {
  struct redis_conn *conn = (struct redis_conn *)part;
  if (conn->redis)
    redis_close(conn->redis, NULL, NULL);
  if (conn->has_url)
    redis_url_fini(&conn->url);
  redis_info_fini(&conn->info);
  free(conn);
}

/* ---- questions */

static void take_reply(struct redis_conn *conn, bool change, const struct redisReply *reply,
                       const struct err *err) {
  struct err refusal;
  if (err) {
    conn_broken(&conn->conn, err);
    return;
  }
  const bool refused = redis_reply_err(reply, &refusal);
  const redisReply *answer = refused ? NULL : reply;
  if (conn->take && conn->conn.lost.kind == ERR_NONE)
    conn->take(conn->take_arg, answer, refused ? &refusal : NULL);
  conn_answered(&conn->conn, change, answer, refused && !conn->take ? &refusal : NULL);
}

static void on_answered(void *arg, const struct redisReply *reply, const struct err *err) {
  take_reply(arg, false, reply, err);
}

static void on_changed(void *arg, const struct redisReply *reply, const struct err *err) {
  take_reply(arg, true, reply, err);
}

void redis_queue(struct redis_conn *conn, bool changes, int count, const char *const *words,
                 const size_t *lengths) {
  assert(conn->conn.queued < REDIS_QUEUE_MAX);
  if (conn_queue(&conn->conn) &&
      redis_send(conn->redis, count, words, lengths, changes ? on_changed : on_answered, conn,
                 &conn->conn.lost))
    conn->conn.unanswered += changes;
}

bool redis_take_all(struct redis_conn *conn, redis_take take, void *arg) {
  conn->take = take;
  conn->take_arg = arg;
  return conn_wait(&conn->conn);
}

static const struct redisReply *ask(struct redis_conn *conn, bool changes, int count,
                                    const char *const *words, const size_t *lengths) {
  if (!conn)
    return NULL;
  redis_queue(conn, changes, count, words, lengths);
  return redis_take_all(conn, NULL, NULL) ? conn->conn.answer : NULL;
}

const struct redisReply *redis_ask_words(struct redis_conn *conn, int count,
                                         const char *const *words, const size_t *lengths) {
  return ask(conn, false, count, words, lengths);
}

const struct redisReply *redis_change_words(struct redis_conn *conn, int count,
                                            const char *const *words, const size_t *lengths) {
  return ask(conn, true, count, words, lengths);
}

const struct redis_info *redis_ask_info(struct redis_conn *conn) {
  const struct redisReply *reply = redis_ask(conn, "INFO");
  if (!reply)
    return NULL;
  const char *text = redis_reply_text(reply);
  redis_info_fini(&conn->info);
  redis_info_parse(&conn->info, text, strlen(text));
  return &conn->info;
}

/* ---- opening */

static bool is_redis(struct redis_conn *conn) {
  const char *run_id = redis_info_text(&conn->info, "run_id");
  if (redis_info_is(&conn->info, "redis_mode", "sentinel") ||
      redis_info_is(&conn->info, "server_mode", "sentinel"))
    return step_fail(conn->conn.step, ERR_UNSUPPORTED, "a Sentinel, which holds no keys");
  if (run_id && *run_id)
    return true;
  return step_fail(conn->conn.step, ERR_UNSUPPORTED,
                   "INFO has no run_id, so this server cannot be told from another");
}

static bool takes_writes(struct redis_conn *conn) {
  const char *host = redis_info_text(&conn->info, "master_host");
  const char *port = redis_info_text(&conn->info, "master_port");
  if (!redis_info_is(&conn->info, "role", "slave"))
    return true;
  return step_fail(conn->conn.step, ERR_UNSUPPORTED,
                   "read-only replica: run this on its primary, %.128s:%.8s", host ? host : "",
                   port ? port : "");
}

static void explain_denied(struct step *step) {
  struct err was = step->err;
  if (was.kind == ERR_DENIED && strncmp(was.text, "NOPERM", 6) == 0)
    step_fail(step, ERR_DENIED, "%.180s: its ACL user needs +info", was.text);
  if (was.kind == ERR_DENIED && strncmp(was.text, "NOAUTH", 6) == 0)
    step_fail(step, ERR_DENIED, "%.180s: set its password in the configuration, or REDISCLI_AUTH",
              was.text);
}

static struct redis_conn *connect_to(struct step *step, const char *host, int port, int db) {
  struct redis_conn *conn = mem_new(sizeof *conn);
  const struct target *target = step->call->target;
  struct err *lost = &conn->conn.lost;
  conn_add(&conn->conn, step, close_part);
  conn->has_url = redis_url_of(target, &conn->url, lost);
  if (conn->has_url) {
    if (db >= 0)
      conn->url.db = db;
    if (*host) {
      snprintf(conn->url.host, sizeof conn->url.host, "%s", host);
      conn->url.port = port;
      *conn->url.path = '\0';
    }
    conn->redis = redis_open(step->call->io, &conn->url);
    conn->conn.line = redis_line(conn->redis);
  }
  return conn;
}

struct redis_conn *redis_conn_connect(struct step *step, int db) {
  return connect_to(step, "", 0, db);
}

struct redis_conn *redis_conn_connect_to(struct step *step, const char *host, int port) {
  return connect_to(step, host, port, 0);
}

struct redis_conn *redis_conn_open(struct step *step, enum redis_need need, int db) {
  struct redis_conn *conn = redis_conn_connect(step, db);
  if (!redis_ask_info(conn)) {
    explain_denied(step);
    return NULL;
  }
  if (!is_redis(conn) ||
      !conn_is_planned(&conn->conn, "run_id", redis_info_text(&conn->info, "run_id")) ||
      (need == REDIS_WRITES && !takes_writes(conn)))
    return NULL;
  return conn;
}

int redis_planned_db(const struct step *step) {
  return (int)action_identity_number(step->call->plan, 0, "db", -1);
}

const char *redis_reply_text(const struct redisReply *reply) {
#ifdef REDIS_REPLY_VERB
  if (reply->type == REDIS_REPLY_VERB)
    return reply->str;
#endif
  return reply->type == REDIS_REPLY_STRING ? reply->str : "";
}

size_t redis_reply_count(const struct redisReply *reply) {
  return reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

int64_t redis_reply_int(const struct redisReply *reply, int64_t fallback) {
  return reply && reply->type == REDIS_REPLY_INTEGER ? reply->integer : fallback;
}
