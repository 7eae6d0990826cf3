#include "clients/postgres/pg_share.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void pg_share_offer(struct io *io, struct pg_share *share) {
  share->next = io->pg_shares;
  io->pg_shares = share;
}

static void resume(struct pg_share *share) {
  if (!share->waits)
    return;
  share->waits = false;
  share->resume(share->owner);
}

void pg_share_withdraw(struct io *io, struct pg_share *share) {
  struct pg_share **at = &io->pg_shares;
  while (*at && *at != share)
    at = &(*at)->next;
  if (*at)
    *at = share->next;
  struct pg_loan *loan = share->loan;
  share->waits = false;
  if (!loan)
    return;
  struct err err;
  err_set(&err, ERR_CLOSED, "the connection was closed");
  pg_drop(share->pg);
  share->loan = NULL;
  loan->share = NULL;
  loan->done(loan->arg, NULL, &err);
}

struct pg_share *pg_share_find(const struct io *io, const char *dsn) {
  for (struct pg_share *share = io->pg_shares; share; share = share->next)
    if (pg_phase(share->pg) >= PG_IDLE && strcmp(share->dsn, dsn) == 0)
      return share;
  return NULL;
}

bool pg_share_is_free(const struct pg_share *share) {
  return pg_phase(share->pg) == PG_IDLE && !share->loan;
}

static void on_answer(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pg_loan *loan = arg;
  struct pg_share *share = loan->share;
  struct err copy = err ? *err : (struct err){0};
  snprintf(loan->sqlstate, sizeof loan->sqlstate, "%s", pg_sqlstate(share->pg));
  share->loan = NULL;
  loan->share = NULL;
  resume(share); /* before done: otherwise a borrower with many statements would keep it */
  loan->done(loan->arg, rows, err ? &copy : NULL);
}

void pg_loan_ask(struct pg_loan *loan, struct pg_share *share, const char *sql, size_t count,
                 const char *const *values, pg_cb done, void *arg) {
  assert(pg_share_is_free(share) && !loan->share);
  loan->share = share;
  loan->done = done;
  loan->arg = arg;
  share->loan = loan;
  if (values)
    pg_query_params(share->pg, sql, count, values, on_answer, loan);
  else
    pg_query(share->pg, sql, on_answer, loan);
}

void pg_loan_drop(struct pg_loan *loan) {
  struct pg_share *share = loan->share;
  if (!share)
    return;
  loan->share = NULL;
  share->loan = NULL;
  pg_drop(share->pg);
  resume(share);
}
