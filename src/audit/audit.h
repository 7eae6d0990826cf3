/* The audit log: a file of JSON lines that is only appended to. One line (the intent) is on disk
 * before an action takes effect, another (the outcome) after it. Several programs of several users
 * may write to it at once, and each sees the actions of the others. Format: docs/audit.md.
 *
 * A thread waits for the disk (io/worker.h), never the loop's thread. */
#pragma once

#include "audit/audit_record.h"
#include "audit/audit_told.h"
#include "io/io.h"

struct audit;

struct audit_options {
  const char *path; /* absolute; its directory is created (0700) if missing; NULL: no home is known,
                       so each record fails with that reason */
  bool to_syslog;   /* also send a line to LOG_AUTHPRIV */
};

/* Does not open the file yet. */
struct audit *audit_new(struct io *io, const struct audit_options *options);

/* Appends one line with one write and an fsync; one after another, in the order of the calls.
 * done(arg, err) is called once, on the loop's thread, after this returns and before audit_close's
 * closed: err is NULL if the line is on disk. done may be NULL for a caller that exits. After
 * audit_close, call it only within a pending done. Errors give the cause: "cannot write the audit
 * log /x/audit.jsonl (no space left on the disk): the action was not started". The file is reopened
 * by its path if it was rotated; it must be a regular file of this user; a partly written line is
 * removed. The record is copied. */
void audit_append(struct audit *audit, const struct audit_record *record, audit_done done,
                  void *arg);

/* An outcome that could not be written is kept and written again: after 1 s, 2 s, 4 s, ... 30 s,
 * before any further line, and once more in audit_close. told is called for each: first with
 * attempts 1, before the done of its append; after each further failed attempt; and finally, before
 * audit_close's closed, when it is on disk or is given up. While AUDIT_KEPT_MAX are kept, no intent
 * is written. */
void audit_on_kept(struct audit *audit, audit_kept_told told, void *arg);

/* Acknowledges an unknown outcome: an intent without an outcome whose process is gone, or an
 * outcome that is recorded as unknown. id: as in the file, or ID@HOST if two hosts have the same
 * id. False with err for an action that does not exist, is in progress, has a known outcome, or is
 * already acknowledged; two concurrent calls cannot both succeed. Blocks: for `stacktop audit`. */
bool audit_acknowledge_now(const struct audit_options *options, const char *id, const char *reason,
                           struct err *err) MUST_CHECK;
/* The same on the appending thread. done as in audit_append. */
void audit_acknowledge(struct audit *audit, const char *id, const char *reason, audit_done done,
                       void *arg);

/* Reports records that others append, as they appear (within a second or two); first, once, each
 * unknown outcome that is not acknowledged and each intent without an outcome (`unknown`: its
 * process is gone, or it is of another host and more than a day old; otherwise it is in progress).
 * Invalid lines are skipped. In a reported record, event, id, at_ms, who.user, who.host, action,
 * kind, target and title are never NULL, nor are result in an outcome and key and label of an
 * object. Call it once; it keeps the loop alive until audit_close. */
void audit_follow(struct audit *audit, audit_seen seen, void *arg);

/* Waits at most half a second for lines that are being written; their done reports those that are
 * not on disk then. Nothing more is reported to followers. closed(arg) comes in a later turn. */
void audit_close(struct audit *audit, void (*closed)(void *arg), void *arg);

/* For `stacktop audit`: reads the file (blocking, in its own mode) and calls seen for each matching
 * line, in order. False with err if the file cannot be read; a missing file is an empty one. */
struct audit_filter {
  const char *action, *target, *user; /* globs; NULL: all */
  int64_t since_ms;                   /* 0: all */
  bool
      unknown_only; /* intents without an outcome and unknown outcomes, without acknowledged ones */
};
/* `unknown` as for audit_follow. user: of who.user or who.login. */
bool audit_read(const char *path, const struct audit_filter *filter, audit_seen seen, void *arg,
                struct err *err) MUST_CHECK;
