/* A connection that its owner lends between its own uses: if a server has no connection slot left,
 * it is the only way in. The owner keeps it for its collections and offers it; code that cannot
 * connect with the same connection string borrows it for one statement at a time. */
#pragma once

#include "clients/postgres/pg.h"

struct pg_loan;

/* Embedded in the owner, zeroed except for the first four members, while it is offered. */
struct pg_share {
  struct pg *pg;
  const char *dsn;
  void (*resume)(void *owner); /* the loan that the owner waited for has ended */
  void *owner;
  struct pg_loan *loan; /* running; the owner must not use pg meanwhile; NULL: none */
  bool waits;           /* set by the owner to get resume; it may unset it */
  struct pg_share *next;
};

/* Embedded in the borrower, zeroed. */
struct pg_loan {
  struct pg_share *share; /* NULL: nothing is running */
  pg_cb done;
  void *arg;
  char sqlstate[6]; /* of the last answer's error */
};

void pg_share_offer(struct io *io, struct pg_share *share);
/* Call it before pg is freed. A running loan ends with ERR_CLOSED. */
void pg_share_withdraw(struct io *io, struct pg_share *share);
/* A share that is connected by that string; NULL if there is none. It may be withdrawn in any later
 * turn of the loop. */
struct pg_share *pg_share_find(const struct io *io, const char *dsn);
/* Whether a statement can be sent now. */
bool pg_share_is_free(const struct pg_share *share);

/* Requires pg_share_is_free. As pg_query (values NULL) or pg_query_params. If the owner waits, it
 * resumes before done is called. */
void pg_loan_ask(struct pg_loan *loan, struct pg_share *share, const char *sql, size_t count,
                 const char *const *values, pg_cb done, void *arg);
/* Drops a running statement: closes the connection, because waiting for an answer would block its
 * owner. No callback comes. */
void pg_loan_drop(struct pg_loan *loan);
