/* Who does harm to whom: pure. */
#pragma once

#include "collectors/postgres/postgres_known.h"

struct postgres_rules {
  double long_query;          /* seconds; WARN from there on */
  double idle_in_transaction; /* the same */
  double blocking_warn;       /* how long others have been kept waiting */
  double blocking_crit;
};

/* Makes a tree of the sessions: each hangs below the first of its blockers that makes no circle.
 * Blockers that are not listed are added as strangers, prepared transactions (pid 0) too. Judges
 * those that wait for nobody, for they are the cause: those below only suffer. Sets all that
 * postgres_known.h names as filled in here, and the order. */
void postgres_judge(struct postgres_sessions *sessions, const struct postgres_rules *rules);

/* More may be blocked than are known: of the waiters, or of a waiter's blockers, only the first
 * ones were asked for. Every count of blocked sessions is a lower bound then. */
bool postgres_waiters_are_cut(const struct postgres_sessions *sessions);
