/* The questions of each collection: one by one, or those that are expected together, and as
 * prepared statements where that is safe (postgres_prepared.h). */
#pragma once

#include "clients/postgres/pg.h"
#include "collectors/postgres/postgres_prepared.h"

enum postgres_question {
  QUESTION_ACTIVITY,
  QUESTION_SEEN, /* the same, by a role that sees all sessions */
  QUESTION_STATISTICS,
  QUESTION_STANDBY,
  QUESTION_REPLICAS,
  QUESTION_QUIET, /* whether there are few sessions, and none waits: then they are all */
  QUESTION_SESSIONS,
  POSTGRES_QUESTIONS
};

struct postgres_together; /* the answers to those that were asked together, while they are taken */

struct postgres_usual {
  struct pg *pg; /* borrowed, as are the next two */
  const struct postgres_timeouts *timeouts;
  uint32_t *requests; /* counts what is sent */
  struct postgres_prepared prepared;
  size_t asked[POSTGRES_QUESTIONS], asked_count; /* together */
  const struct postgres_together *together;

  /* The one that is asked by itself. */
  enum postgres_question nth;
  char *message; /* as it is without a prepared statement; NULL: none */
  pg_cb answered;
  void *owner;

  /* Of those together. */
  pg_cb lost;
  void (*take)(void *owner);
};

void postgres_usual_fini(struct postgres_usual *usual);
/* A collection begins. is_own: the session is stacktop's own, and was asked before. */
void postgres_usual_begin(struct postgres_usual *usual, bool is_own);
/* Sends a query that is not among them; frees it. */
void postgres_usual_send(struct postgres_usual *usual, char *query, pg_cb done, void *owner);
/* Asks one, unless its answer has come with those of others: then `done` is called at once. */
void postgres_usual_ask(struct postgres_usual *usual, enum postgres_question nth, pg_cb done,
                        void *owner);
/* Asks those that the collection is expected to ask, in its order. Once they are answered, `take`
 * asks one after the other; `lost` is called instead, with the error, if the connection is lost.
 * False: fewer than two may be asked so, nothing was sent. */
bool postgres_usual_ask_together(struct postgres_usual *usual, const size_t *nths, size_t count,
                                 pg_cb lost, void (*take)(void *owner), void *owner) MUST_CHECK;
/* Whether it would be prepared when it is next asked. */
bool postgres_usual_is_new(const struct postgres_usual *usual, enum postgres_question nth);
