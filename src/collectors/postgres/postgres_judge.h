/* Which sessions block others: pure. */
#pragma once

#include "collectors/postgres/postgres_known.h"

struct postgres_rules {
  double long_query;          /* seconds; WARN from there on */
  double idle_in_transaction; /* the same */
  double blocking_warn;       /* how long others have been blocked */
  double blocking_crit;
};

/* Makes a tree of the sessions: each is below the first of its blockers that creates no circle.
 * Blockers that are not listed are added as strangers, also prepared transactions (pid 0). Judges
 * the sessions that are not blocked, because they are the cause. Sets all members that
 * postgres_known.h names as filled in here, and the order. */
void postgres_judge(struct postgres_sessions *sessions, const struct postgres_rules *rules);

/* Whether more may be blocked than are known: only the first waiters, or the first blockers of a
 * waiter, were read. Every count of blocked sessions is then a lower bound. */
bool postgres_waiters_are_cut(const struct postgres_sessions *sessions);
