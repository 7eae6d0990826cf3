#include "events/event_round.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  PRUNE_MS = 600000,
  ORPHANS_MS = 30000,
  ORPHANS_FIRST_MS = 15000, /* the first collections are through */
  TRUST_MS = 86400000,      /* a clock that looks wrong is believed after so long */
};

struct event_desk *event_desk_new(const char *state, const char *audit_path, const char *place,
                                  const struct event_limits *limits, int64_t steady_ms) {
  struct event_desk *desk = mem_new(sizeof *desk);
  desk->state = mem_dup(state);
  desk->audit_path = audit_path ? mem_dup(audit_path) : NULL;
  desk->limits = *limits;
  desk->began_ms = steady_ms;
  desk->orphans_ms = steady_ms + ORPHANS_FIRST_MS;
  audit_who_self(&desk->who, desk->bytes, sizeof desk->bytes);
  const char *user = desk->who.login ? desk->who.login : desk->who.user;
  snprintf(desk->name, sizeof desk->name, "%.100s@%.100s", user ? user : "?",
           desk->who.host ? desk->who.host : "?");
  desk->self = (struct event_program){.host = desk->who.host ? desk->who.host : "?",
                                      .who = desk->name,
                                      .place = place,
                                      .pid = desk->who.pid,
                                      .pid_start = desk->who.pid_start};
  return desk;
}

void event_desk_free(struct event_desk *desk) {
  if (!desk)
    return;
  event_store_close(desk->store);
  free(desk->state);
  free(desk->audit_path);
  free(desk);
}

static void store_drop(struct event_desk *desk) {
  event_store_close(desk->store);
  desk->store = NULL;
  desk->beat_ms = 0;
}

/* The file may have been removed, or moved aside by another program. */
static bool store_get(struct event_desk *desk, struct event_round *round) {
  if (desk->store && !event_store_is_current(desk->store))
    store_drop(desk);
  if (!desk->store)
    desk->store = event_store_open(desk->state, round->notice, &round->err);
  if (desk->store && !desk->looked) {
    desk->looked = true;
    desk->newest_ms = event_store_newest(desk->store);
  }
  return desk->store != NULL;
}

static bool beat(struct event_desk *desk, struct event_round *round) {
  if (round->steady_ms < desk->beat_ms)
    return true;
  desk->beat_ms = round->steady_ms + EVENT_BEAT_MS;
  return event_store_beat(desk->store, &desk->self, round->wall_ms, &round->err);
}

/* A wrong clock must not remove everything: neither one that was set by much, nor one that makes
 * all that is there look old. */
static bool clock_is_trusted(const struct event_desk *desk, const struct event_round *round) {
  const int64_t oldest_ms = round->wall_ms - desk->limits.keep_ms;
  const bool odd = llabs((long long)round->step_ms) > TRUST_MS ||
                   (desk->newest_ms && desk->newest_ms < oldest_ms);
  return !odd || round->steady_ms - desk->began_ms > TRUST_MS;
}

static bool prune(struct event_desk *desk, struct event_round *round) {
  bool more = false;
  if (round->steady_ms < desk->prune_ms || round->leaving)
    return true;
  if (!event_store_prune(desk->store, &desk->limits, clock_is_trusted(desk, round), round->wall_ms,
                         &more, &round->err))
    return false;
  desk->prune_ms = more ? 0 : round->steady_ms + PRUNE_MS;
  return true;
}

static bool orphans(struct event_desk *desk, struct event_round *round) {
  if (round->steady_ms < desk->orphans_ms || round->leaving)
    return true;
  desk->orphans_ms = round->steady_ms + ORPHANS_MS;
  return event_store_orphans(desk->store, round->wall_ms, &round->orphans, &round->err);
}

static bool parts_run(struct event_desk *desk, struct event_round *round) {
  if (!store_get(desk, round) || !beat(desk, round) ||
      !event_store_write(desk->store, &round->batch, round->wall_ms, &round->err))
    return false;
  round->written = round->batch.count > 0;
  event_batch_fini(&round->batch);
  if (desk->audit_path && !event_store_take_audit(desk->store, desk->audit_path, &round->err))
    return false;
  return prune(desk, round) && orphans(desk, round) &&
         (!round->leaving || event_store_leave(desk->store, round->wall_ms, &round->err));
}

void event_round_run(struct event_desk *desk, struct event_round *round) {
  struct err ignored;
  if (parts_run(desk, round)) {
    round->err = (struct err){0};
    return;
  }
  if (!desk->store || !event_store_is_damaged(desk->store)) {
    if (desk->store)
      store_drop(desk);
    return;
  }
  if (event_store_set_aside(desk->store, &ignored))
    snprintf(round->notice, sizeof round->notice,
             "the event history was damaged: it is now %.200s/events.db.damaged, and a new one has "
             "begun",
             desk->state);
  store_drop(desk);
  if (parts_run(desk, round))
    round->err = (struct err){0};
}
