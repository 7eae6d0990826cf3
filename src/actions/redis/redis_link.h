/* The connection of one step of a Redis action: its own, never the collector's. It connects as the
 * collector does (url, username, password), says SELECT where another database is wanted, and asks
 * INFO: who answers, in which role. */
#pragma once

#include "actions/action.h"

struct redis_link;
struct redisReply; /* hiredis/hiredis.h */

/* With a reply, or with an error: the server's (NOPERM ...), after which the link may still be
 * asked (redis_link_stands), or the connection's. Both borrowed for the call. */
typedef void (*redis_link_cb)(void *self, const struct redisReply *reply, const struct err *err);

enum {
  REDIS_LINK_PATIENCE_MS = 30000, /* for one answer; the connection is given up after it */
  REDIS_LINK_ASKED_MAX = 4000,    /* questions that wait for their answer; asserted */
};

/* db: -1 for the url's. ready comes once, in a later turn, with the reply to INFO; after an error
 * nothing may be asked. It keeps nothing of act. */
struct redis_link *redis_link_open(struct act *act, int db, redis_link_cb ready, void *self);
/* One command; words may hold any bytes, lengths is NULL where all are terminated. Several may be
 * asked at once: the answers come in their order, each in a later turn. */
void redis_link_ask(struct redis_link *link, redis_link_cb done, int argc, const char *const *argv,
                    const size_t *lengths);
/* The same for a command that changes something: it is counted until it is answered. */
void redis_link_do(struct redis_link *link, redis_link_cb done, int argc, const char *const *argv,
                   const size_t *lengths);
/* Commands of redis_link_do without an answer: they may have happened. */
size_t redis_link_effects(const struct redis_link *link);
/* Calls tick(self) once, after ms. A second one replaces the first. */
void redis_link_wait(struct redis_link *link, int64_t ms, void (*tick)(void *self));
/* Whether the connection stands. */
bool redis_link_stands(const struct redis_link *link);
const char *redis_link_address(const struct redis_link *link); /* "127.0.0.1:6379" */
/* Hangs up at once; no callback comes any more; frees itself later on the loop. NULL is fine. */
void redis_link_close(struct redis_link *link);
