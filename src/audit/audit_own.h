/* What audit.c and audit_follow.c share. */
#pragma once

#include "audit/audit_syslog.h"
#include "audit/audit_told.h"
#include "io/io.h"
#include "io/worker.h"

enum {
  AUDIT_CLOSE_MS = 500, /* how long lines that are being written are waited for at the end */
  AUDIT_POLL_MS = 1000,
  AUDIT_THREADS = 3, /* one appends, one tells syslog, one looks for what others append */
  AUDIT_NOTICES_MAX =
      64,              /* lines for syslog that wait for a logger that hangs; others are left out */
  AUDIT_KEPT_MAX = 64, /* outcomes that are not on disk */
  AUDIT_RETRY_MS = 1000, /* the first pause before one is written again; then twice as long ... */
  AUDIT_RETRY_MAX_MS = 30000,
};

/* One line on its way: in the queue, kept, or owned by the thread that writes it. */
struct append {
  struct worker_task task;
  struct append *next;
  char *path;                 /* NULL: no place is known */
  char *line;                 /* or, to be made on the thread: */
  char *acknowledge, *reason; /* the id of what is acknowledged, and why */
  enum audit_event event;
  char notice[AUDIT_SYSLOG_MAX]; /* "": none is wanted */
  bool written;
  struct err err;
  audit_done done;
  void *arg;
  /* OUTCOME; the thread does not look at these: */
  char *id, *target, *title;
  int attempts; /* that have failed; more than 0: it is kept, and done was called */
};

struct notice;
struct poll;

struct audit {
  struct io *io;
  char *path; /* NULL: no place is known */
  struct worker_pool *pool;
  uv_timer_t turn;     /* for what must come in a later turn */
  uv_timer_t deadline; /* of closing */
  uv_timer_t tick;     /* of following */
  uv_timer_t retry;    /* of outcomes that are kept */
  int handles;         /* to be closed: those four and the pool */
  bool to_syslog;
  bool noticing; /* a line for syslog is on the thread */
  bool closing, expired, ended;
  bool writing; /* a record is on the thread; of it: */
  enum audit_event event;
  audit_done done;
  void *done_arg;
  const struct append *on_thread; /* for what the thread does not look at */

  struct append *appends; /* that wait; at most two an operation */
  struct append **append_link;
  struct append *failed; /* could not be started: to be told in the next turn */

  struct append *kept; /* outcomes that wait for their next attempt, in order */
  struct append **kept_link;
  size_t kept_count; /* of these, and of those that are queued again or on the thread */
  int64_t retry_ms;  /* the next pause */
  audit_kept_told told;
  void *told_arg;

  struct notice *notices; /* for syslog, that wait */
  struct notice **notice_link;
  size_t notice_count;

  struct poll *poll; /* NULL: not followed, or on the thread */
  audit_seen seen;   /* NULL: not followed any more, or not yet */
  void *seen_arg;

  void (*closed)(void *arg);
  void *closed_arg;
};

/* Of audit_kept.c. Takes an outcome that could not be written; err: why, in whole words. */
void audit_keep(struct audit *audit, struct append *append, const struct err *err);
/* All that are kept go to the front of the queue. */
void audit_kept_queue(struct audit *audit);
/* One of them is on disk, or is given up because of err. */
void audit_kept_tell(struct audit *audit, const struct append *append, const struct err *err);

/* Of audit.c: starts what can start. */
void audit_go(struct audit *audit);

/* Of audit_follow.c: nothing is told any more; what is on the thread is left to itself. */
void audit_follow_end(struct audit *audit);
