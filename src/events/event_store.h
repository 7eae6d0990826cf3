/* The history of events on disk: STATE/events.db, an SQLite database in WAL mode that several
 * programs write to at once. What it holds and how: docs/events.md.
 *
 * Everything here blocks: for a thread. A store is used by one thread at a time. */
#pragma once

#include "audit/audit_record.h"
#include "events/event_batch.h"

struct event_store;

/* Days that events are kept unless the configuration says so, and bytes of the file. */
#define EVENTS_KEEP_DEFAULT "30d"
#define EVENTS_SIZE_DEFAULT "256MB"

struct event_limits {
  int64_t keep_ms;   /* older events are removed */
  int64_t bytes_max; /* the oldest are removed while the file is larger */
};

/* STATE/events.db; the caller frees it. */
char *event_store_path(const char *state);

enum { EVENT_NOTICE_MAX = 320 };

/* For writing: creates the file (0600, 0660 in a shared directory) and its directories. A damaged
 * file is moved aside to events.db.damaged, and `notice` (else "") says so. A file of a newer
 * version is refused. NULL with err. */
struct event_store *event_store_open(const char *state, char notice[EVENT_NOTICE_MAX],
                                     struct err *err) MUST_CHECK;
/* For reading only. NULL with err; of the kind ERR_NONE: there is no file yet. */
struct event_store *event_store_open_read(const char *state, struct err *err) MUST_CHECK;
/* For reading, with the actions that ran while nothing looked on, as far as these can be written.
 */
struct event_store *event_store_open_fresh(const char *state, const char *audit_path,
                                           struct err *err) MUST_CHECK;
void event_store_close(struct event_store *store);
/* Whether the error of the last call says that the file is damaged. */
bool event_store_is_damaged(const struct event_store *store);
/* Moves the file aside to events.db.damaged, unless another program has done so: open again. */
bool event_store_set_aside(struct event_store *store, struct err *err) MUST_CHECK;
/* Whether the path still leads to the open file. */
bool event_store_is_current(const struct event_store *store);

/* ---- writing */

/* Who writes: a dashboard or a watch. */
struct event_program {
  const char *host, *who, *place; /* "bastion1", "ann@bastion1", "dashboard" */
  int64_t pid, pid_start;
};

/* Says that this program looks on, at first and then every EVENT_BEAT_MS: findings that it has
 * reported are seen until it leaves or dies. */
enum { EVENT_BEAT_MS = 20000 };
bool event_store_beat(struct event_store *store, const struct event_program *self, int64_t now_ms,
                      struct err *err) MUST_CHECK;
/* It leaves: what it sees is no longer seen. */
bool event_store_leave(struct event_store *store, int64_t now_ms, struct err *err) MUST_CHECK;

/* Writes all or nothing. A finding that another program has reported is joined, and ends when the
 * last of those that see it says so. After event_store_beat. */
bool event_store_write(struct event_store *store, const struct event_batch *batch, int64_t now_ms,
                       struct err *err) MUST_CHECK;
/* Takes what is new in the audit log, of all programs. */
bool event_store_take_audit(struct event_store *store, const char *audit_path,
                            struct err *err) MUST_CHECK;

/* Open findings that may be over without an event of it: those of programs that are gone, and those
 * of this one, whose end may have been folded into that of others. Of many, a call has the next
 * ones. The caller frees `items` by event_orphans_fini. */
struct event_orphan {
  int64_t id;
  char *target_kind, *target, *table, *row, *column; /* the last three may be NULL */
};
struct event_orphans {
  struct event_orphan *items;
  size_t count;
};
enum { EVENT_ORPHANS_MAX = 200 };
bool event_store_orphans(struct event_store *store, int64_t now_ms, struct event_orphans *orphans,
                         struct err *err) MUST_CHECK;
void event_orphans_fini(struct event_orphans *orphans);

/* Removes what is too old or too much, at most some thousand events per call; *more: there is more
 * to remove. by_age: the clock can be trusted. */
bool event_store_prune(struct event_store *store, const struct event_limits *limits, bool by_age,
                       int64_t now_ms, bool *more, struct err *err) MUST_CHECK;
/* The time of the newest event; 0: there is none. */
int64_t event_store_newest(struct event_store *store);

/* ---- reading */

struct event_place_at {
  int64_t at_ms, id;
};
enum event_way {
  EVENT_WAY_NEWEST, /* from the newest on, newest first */
  EVENT_WAY_OLDEST, /* from the oldest on, oldest first */
  EVENT_WAY_OLDER,  /* those before `from`, newest first */
  EVENT_WAY_NEWER,  /* those after `from`, oldest first */
};

/* The record is borrowed for the call. False stops. */
typedef bool (*event_seen)(void *arg, const struct event_record *record);
struct event_range {
  enum event_way way;
  struct event_place_at from;
  size_t limit; /* 0: none */
};
bool event_store_read(struct event_store *store, const struct event_filter *filter,
                      const struct event_range *range, int64_t now_ms, event_seen seen, void *arg,
                      struct err *err) MUST_CHECK;
/* How many match; and over all, since when. */
bool event_store_count(struct event_store *store, const struct event_filter *filter,
                       int64_t *matches, int64_t *total, int64_t *first_ms,
                       struct err *err) MUST_CHECK;
/* Changes whenever another program has written. */
int64_t event_store_version(struct event_store *store);
/* Ends a call that runs on another thread, with ERR_TIMEOUT. */
void event_store_interrupt(struct event_store *store);
