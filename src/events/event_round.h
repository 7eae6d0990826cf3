/* One round of recording, on a thread that has the desk alone meanwhile. */
#pragma once

#include "events/event_store.h"

enum { EVENT_SELF_BYTES = 1024 };

/* What a program keeps between two rounds. */
struct event_desk {
  char *state, *audit_path; /* audit_path NULL: none */
  struct event_limits limits;
  struct event_program self;
  struct audit_who who;
  char bytes[EVENT_SELF_BYTES], name[256];
  struct event_store *store; /* NULL: not open */
  int64_t began_ms;          /* steady times */
  int64_t beat_ms, prune_ms, orphans_ms;
  int64_t newest_ms; /* wall time of the newest event before this program began; 0: none */
  bool looked;       /* newest_ms is known */
};

struct event_round {
  struct event_batch batch; /* to be written; emptied once it is */
  int64_t steady_ms, wall_ms;
  int64_t step_ms; /* by how much the host's clock was set since the program began */
  bool leaving;
  /* What came of it: */
  bool written;
  char notice[EVENT_NOTICE_MAX];
  struct event_orphans orphans;
  struct err err; /* ERR_NONE: all went well */
};

/* place is static. */
struct event_desk *event_desk_new(const char *state, const char *audit_path, const char *place,
                                  const struct event_limits *limits, int64_t steady_ms);
void event_desk_free(struct event_desk *desk);
void event_round_run(struct event_desk *desk, struct event_round *round);
