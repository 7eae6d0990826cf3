/* A connection that is lent out between two uses of its owner's: when a server has no slot left, it
 * is the only way in. The owner keeps it for its collections and offers it; whoever cannot connect
 * by the same connection string borrows it for one statement at a time. */
#pragma once

#include "clients/postgres/pg.h"

struct pg_loan;

/* Embedded in the owner, zeroed but for the first four, while it is offered. */
struct pg_share {
  struct pg *pg;
  const char *dsn;
  void (*resume)(void *owner); /* the loan that the owner waited for is over */
  void *owner;
  struct pg_loan *loan; /* under way; the owner may not use pg meanwhile; NULL: none */
  bool waits;           /* set by the owner, who then gets resume; it may unset it */
  struct pg_share *next;
};

/* Embedded in the borrower, zeroed. */
struct pg_loan {
  struct pg_share *share; /* NULL: nothing is under way */
  pg_cb done;
  void *arg;
  char sqlstate[6]; /* of the last answer's error */
};

void pg_share_offer(struct io *io, struct pg_share *share);
/* Before pg is freed. A loan under way ends with ERR_CLOSED. */
void pg_share_withdraw(struct io *io, struct pg_share *share);
/* One that is connected by that string; NULL if there is none. It may be withdrawn in any later
 * turn of the loop. */
struct pg_share *pg_share_find(const struct io *io, const char *dsn);
/* Whether a statement may be asked now. */
bool pg_share_is_free(const struct pg_share *share);

/* pg_share_is_free first. As pg_query (values NULL) or pg_query_params. The owner, where it waits,
 * goes on before done is called. */
void pg_loan_ask(struct pg_loan *loan, struct pg_share *share, const char *sql, size_t count,
                 const char *const *values, pg_cb done, void *arg);
/* Gives up what is under way, if anything is: it hangs up, for an answer could not be waited for.
 * No callback comes. */
void pg_loan_drop(struct pg_loan *loan);
