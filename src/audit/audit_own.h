/* What audit.c and audit_follow.c share. */
#pragma once

#include "audit/audit_syslog.h"
#include "audit/audit_told.h"
#include "io/io.h"
#include "io/worker.h"

enum {
  AUDIT_CLOSE_MS = 500, /* how long to wait at the end for lines that are being written */
  AUDIT_POLL_MS = 1000,
  AUDIT_THREADS = 3, /* one appends, one writes to syslog, one follows what others append */
  AUDIT_NOTICES_MAX =
      64,              /* lines for syslog that wait for a hung logger; further ones are omitted */
  AUDIT_KEPT_MAX = 64, /* outcomes that are not on disk */
  AUDIT_RETRY_MS = 1000, /* the first pause before one is written again; it doubles each time */
  AUDIT_RETRY_MAX_MS = 30000,
};

/* One line: in the queue, kept, or owned by the thread that writes it. */
struct append {
  struct worker_task task;
  struct append *next;
  char *path;                 /* NULL: no home is known */
  char *line;                 /* or, to be built on the thread: */
  char *acknowledge, *reason; /* the id to acknowledge, and the reason */
  enum audit_event event;
  char notice[AUDIT_SYSLOG_MAX]; /* "": not used */
  bool written;
  struct err err;
  audit_done done;
  void *arg;
  /* OUTCOME; not used by the thread: */
  char *id, *target, *title;
  int attempts; /* failed attempts; above 0: it is kept, and done was called */
};

struct notice;
struct poll;

struct audit {
  struct io *io;
  char *path; /* NULL: no home is known */
  struct worker_pool *pool;
  uv_timer_t turn;     /* for callbacks that must come in a later turn */
  uv_timer_t deadline; /* of closing */
  uv_timer_t tick;     /* of following */
  uv_timer_t retry;    /* of outcomes that are kept */
  int handles;         /* still to close: these four and the pool */
  bool to_syslog;
  bool noticing; /* a line for syslog is on the thread */
  bool closing, expired, ended;
  bool writing; /* a record is on the thread; about it: */
  enum audit_event event;
  audit_done done;
  void *done_arg;
  const struct append *on_thread; /* for members that the thread does not use */

  struct append *appends; /* waiting; at most two per operation */
  struct append **append_link;
  struct append *failed; /* could not be started: reported in the next turn */

  struct append *kept; /* outcomes that wait for their next attempt, in order */
  struct append **kept_link;
  size_t kept_count; /* of these, and of those that are queued again or on the thread */
  int64_t retry_ms;  /* the next pause */
  audit_kept_told told;
  void *told_arg;

  struct notice *notices; /* waiting for syslog */
  struct notice **notice_link;
  size_t notice_count;

  struct poll *poll; /* NULL: not followed, or on the thread */
  audit_seen seen;   /* NULL: not followed any more, or not yet */
  void *seen_arg;

  void (*closed)(void *arg);
  void *closed_arg;
};

/* In audit_kept.c. Keeps an outcome that could not be written; err: the reason, as a full
 * sentence. */
void audit_keep(struct audit *audit, struct append *append, const struct err *err);
/* Moves all kept outcomes to the front of the queue. */
void audit_kept_queue(struct audit *audit);
/* A kept outcome is on disk, or is given up because of err. */
void audit_kept_tell(struct audit *audit, const struct append *append, const struct err *err);

/* In audit.c: starts whatever can start. */
void audit_go(struct audit *audit);

/* In audit_follow.c: stops reporting; a running read is abandoned. */
void audit_follow_end(struct audit *audit);
