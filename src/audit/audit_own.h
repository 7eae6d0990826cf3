/* What audit.c and audit_follow.c share. */
#pragma once

#include "audit/audit.h"
#include "io/worker.h"

enum {
  AUDIT_CLOSE_MS = 500, /* how long lines that are being written are waited for at the end */
  AUDIT_POLL_MS = 1000,
  AUDIT_THREADS = 3, /* one appends, one tells syslog, one looks for what others append */
  AUDIT_NOTICES_MAX =
      64, /* lines for syslog that wait for a logger that hangs; others are left out */
};

struct append;
struct notice;
struct poll;

struct audit {
  struct io *io;
  char *path; /* NULL: no place is known */
  struct worker_pool *pool;
  uv_timer_t turn;     /* for what must come in a later turn */
  uv_timer_t deadline; /* of closing */
  uv_timer_t tick;     /* of following */
  int handles;         /* to be closed: those three and the pool */
  bool to_syslog;
  bool noticing; /* a line for syslog is on the thread */
  bool closing, expired, ended;
  bool writing; /* a record is on the thread; of it: */
  enum audit_event event;
  audit_done done;
  void *done_arg;

  struct append *appends; /* that wait; at most two an operation */
  struct append **append_link;
  struct append *failed; /* could not be started: to be told in the next turn */

  struct notice *notices; /* for syslog, that wait */
  struct notice **notice_link;
  size_t notice_count;

  struct poll *poll; /* NULL: not followed, or on the thread */
  audit_seen seen;   /* NULL: not followed any more, or not yet */
  void *seen_arg;

  void (*closed)(void *arg);
  void *closed_arg;
};

/* Of audit_follow.c: nothing is told any more; what is on the thread is left to itself. */
void audit_follow_end(struct audit *audit);
