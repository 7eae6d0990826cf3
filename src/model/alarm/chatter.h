/* Chattering: findings that come and go. One that has changed CHATTER_CHANGES times within
 * CHATTER_WINDOW_MS is flapping: it stays, with the worst severity of that time, and says so,
 * instead of beginning and ending again and again. It ends once nothing has changed for that long.
 * (ISA-18.2 calls three alarms a minute chattering; here a change counts, and more slowly.) */
#pragma once

#include "core/map.h"
#include "model/judge/finding.h"

enum {
  CHATTER_CHANGES = 8,
  CHATTER_KEPT = 32, /* changes of a finding that are counted */
  CHATTER_WINDOW_MS = 300000,
  CHATTER_FINDINGS_MAX = 4096, /* that are followed; of a storm, the first ones */
};

/* A finding that was there within the last while. */
struct chatter_follow {
  struct finding finding; /* as last seen; its texts are copies */
  bool on, seen;          /* it is there; as of this evaluation */
  bool flapping;
  enum severity worst;           /* since it flaps */
  int64_t changes[CHATTER_KEPT]; /* a ring */
  size_t change_count;           /* in all */
};

struct chatter {
  struct chatter_follow **items;
  size_t count;
  struct map places; /* by the finding's identity */
};

struct chatter *chatter_new(void);
void chatter_free(struct chatter *chatter);

/* Whether such a finding is followed: not one that is pending, stale or only a number of others. */
bool chatter_follows(const struct finding *finding);
/* It is there now. */
void chatter_see(struct chatter *chatter, const struct finding *finding, int64_t now_ms);
/* It has changed. */
void chatter_note(struct chatter_follow *follow, int64_t now_ms);
/* Changes within the window. */
size_t chatter_changes(const struct chatter_follow *follow, int64_t now_ms);
/* With the new indexes of targets; those that are gone (SIZE_MAX) are forgotten. */
void chatter_rebase(struct chatter *chatter, const size_t *to);
/* Forgets what is over and has not changed for a while. */
void chatter_sweep(struct chatter *chatter, int64_t now_ms);
/* Whether the outage of a target flaps, and since then was as bad: it is no news. */
bool chatter_has_outage(const struct chatter *chatter, size_t target_index, enum severity severity);
