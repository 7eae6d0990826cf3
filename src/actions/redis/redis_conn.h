/* The connection of a step to a Redis server: its own, never the collector's. */
#pragma once

#include "actions/redis/redis_text.h"
#include "actions/step.h"

struct redis_conn;
struct redisReply; /* hiredis/hiredis.h */

enum redis_need {
  REDIS_ANY,    /* a replica will do */
  REDIS_WRITES, /* not a read-only replica */
};

/* Connects as the target says (url, username, password), selects the database (-1: the url's), and
 * reads INFO. NULL with step->err where it is not a Redis that holds keys, not the server of the
 * step's plan (identity "run_id"), or does not have what is needed. */
struct redis_conn *redis_conn_open(struct step *step, enum redis_need need, int db);
const char *redis_conn_info(const struct redis_conn *conn);    /* INFO's text, as of the opening */
const char *redis_conn_address(const struct redis_conn *conn); /* "127.0.0.1:6379" */
/* Whether it can still be asked: after an error of the server it can, after a lost one it cannot.
 */
bool redis_conn_is_up(const struct redis_conn *conn);

/* One command and its reply, valid until the next question; words may hold any bytes, lengths is
 * NULL where all are terminated. NULL with step->err: the server's error, or the connection's. */
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

/* Several commands at once: queue each, then take as many replies, in their order. At most
 * REDIS_LINK_ASKED_MAX wait. */
void redis_queue_words(struct redis_conn *conn, bool change, int count, const char *const *words,
                       const size_t *lengths);
const struct redisReply *redis_next(struct redis_conn *conn);
/* Elements of an array; 0 of anything else. */
size_t redis_reply_count(const struct redisReply *reply);
