/* The connection of a step to a Redis server: its own, never the collector's. */
#pragma once

#include "actions/conn.h"
#include "clients/redis/redis_info.h"
#include "clients/redis/redis_url.h"

struct redisReply; /* hiredis/hiredis.h */

enum redis_need {
  REDIS_ANY,    /* a replica is good enough */
  REDIS_WRITES, /* not a read-only replica */
};
enum { REDIS_QUEUE_MAX = 4000 }; /* commands that wait for their answer */

typedef void (*redis_take)(void *arg, const struct redisReply *reply, const struct err *err);

struct redis_conn {
  struct conn conn;       /* first */
  struct redis_info info; /* as of the opening, or of the last redis_ask_info */

  /* Private. */
  struct redis_url url;
  bool has_url;
  struct redis *redis; /* NULL: never connected */
  redis_take take;     /* for each reply; NULL: the step reads the only one */
  void *take_arg;
};

/* Connects by the target's url, username and password, selects the database (-1: the url's), and
 * reads INFO. NULL with step->err where it is not a Redis that holds keys, not the server of the
 * step's plan (identity "run_id"), or lacks a requirement. */
struct redis_conn *redis_conn_open(struct step *step, enum redis_need need, int db);
/* Connects without a question: for a server that answers BUSY to INFO, and to SELECT (db 0 sends
 * none). A failure to connect is the error of the first question. */
struct redis_conn *redis_conn_connect(struct step *step, int db);
/* The same to another server, with the target's login: a node that the target's server names. The
 * host is an address; "" stands for the target's own. */
struct redis_conn *redis_conn_connect_to(struct step *step, const char *host, int port);
int redis_planned_db(const struct step *step); /* the identity "db" of the step's plan */

/* One command and its reply, valid until the next question; words may hold any bytes, lengths is
 * NULL where all are terminated. NULL with step->err: the server's error, or the connection's; also
 * for conn NULL, where step->err already says why there is none. */
const struct redisReply *redis_ask_words(struct redis_conn *conn, int count,
                                         const char *const *words, const size_t *lengths);
/* The same for a command that changes something: without an answer, it may have happened. */
const struct redisReply *redis_change_words(struct redis_conn *conn, int count,
                                            const char *const *words, const size_t *lengths);
#define REDIS_WORDS(...)                                             \
  sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), \
      (const char *const[]){__VA_ARGS__}, NULL
/* redis_ask(conn, "SLOWLOG", "LEN") */
#define redis_ask(conn, ...) redis_ask_words(conn, REDIS_WORDS(__VA_ARGS__))
#define redis_change(conn, ...) redis_change_words(conn, REDIS_WORDS(__VA_ARGS__))
const struct redis_info *redis_ask_info(struct redis_conn *conn); /* NULL with step->err */

/* Many commands at once: queue each, at most REDIS_QUEUE_MAX, then take all replies. `take` gets
 * each in its order, a reply or the server's error, and must not ask. False with step->err when the
 * connection was lost before the last one. */
void redis_queue(struct redis_conn *conn, bool changes, int count, const char *const *words,
                 const size_t *lengths);
bool redis_take_all(struct redis_conn *conn, redis_take take, void *arg);

/* A text, terminated; "" for anything else. */
const char *redis_reply_text(const struct redisReply *reply);
/* The number of elements of an array; 0 for anything else. */
size_t redis_reply_count(const struct redisReply *reply);
/* An integer; the fallback for anything else. */
int64_t redis_reply_int(const struct redisReply *reply, int64_t fallback);
