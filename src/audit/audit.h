/* The audit: a file of JSON lines, appended to and never changed. One line (the intent) is on disk
 * before an action's effect, another (the outcome) after it. Several programs of several people may
 * write to it at once, and each sees what the others do. docs/audit.md has the format.
 *
 * The disk is waited for on a thread (io/worker.h), never on the loop's. */
#pragma once

#include "audit/audit_record.h"
#include "audit/audit_told.h"
#include "io/io.h"

struct audit;

struct audit_options {
  const char *path; /* absolute; its folder is made (0700) when it is not there; NULL: no home is
                       known, so that each record fails with these words */
  bool to_syslog;   /* a line to LOG_AUTHPRIV too */
};

/* Opens nothing yet. */
struct audit *audit_new(struct io *io, const struct audit_options *options);

/* Appends one line with one write and fsyncs it; one after the other, in the order of the calls.
 * done(arg, err) comes once, on the loop's thread, never before this returns, and always before
 * audit_close's closed: err NULL when it is on disk. It may be NULL, for one who leaves. After
 * audit_close only from within a done that was still owed. Errors say what to do: "the audit
 * /x/audit.jsonl cannot be written (no space left on device): nothing is done without a record".
 * The file is opened anew by its path when it was rotated away; it must be a regular file of ours;
 * a line that was written in part is taken back. The record is copied. */
void audit_append(struct audit *audit, const struct audit_record *record, audit_done done,
                  void *arg);

/* An outcome that could not be written is kept, and written again: after 1 s, 2 s, 4 s, ... 30 s,
 * before any further line, and once more in audit_close. told comes for each: first, before the
 * done of its append, with attempts 1; after each further attempt that fails; and in the end,
 * always before audit_close's closed, when it is on disk or is given up. While AUDIT_KEPT_MAX are
 * kept, no intent is written. */
void audit_on_kept(struct audit *audit, audit_kept_told told, void *arg);

/* Acknowledges an unknown outcome: an intent without an outcome whose process is gone, or an
 * outcome that is recorded as unknown. id: as it stands in the file, or ID@HOST where two hosts
 * have the same. False with err for one that is not there, is under way, has a known outcome, or is
 * acknowledged already; two at once cannot both succeed. Blocks: of `stacktop audit`. */
bool audit_acknowledge_now(const struct audit_options *options, const char *id, const char *reason,
                           struct err *err) MUST_CHECK;
/* The same on the thread that appends. done as of audit_append. */
void audit_acknowledge(struct audit *audit, const char *id, const char *reason, audit_done done,
                       void *arg);

/* Whatever others append from now on, as it comes (within a second or two), and at first once each
 * outcome that is unknown and that nobody has acknowledged, and each intent without an outcome
 * (`unknown`: its process is gone, or it is of another host and more than a day old; else it is
 * under way). Lines that make no sense are passed over. Of a record that is
 * seen, event, id, at_ms, who.user, who.host, action, kind, target and title are never NULL; result
 * is not in an outcome, nor key and label of an object. To be asked for once; until audit_close it
 * keeps the loop alive. */
void audit_follow(struct audit *audit, audit_seen seen, void *arg);

/* Waits half a second at most for lines that are to be written; those that are not on disk then
 * are told so by their done. Nothing is seen any more. closed(arg) comes in a later turn. */
void audit_close(struct audit *audit, void (*closed)(void *arg), void *arg);

/* Of `stacktop audit`: reads the file (blocking: it is a mode of its own) and calls seen for each
 * line that passes, in order. False with err when it cannot be read; a file that is not there is an
 * empty one. */
struct audit_filter {
  const char *action, *target, *user; /* globs; NULL: all */
  int64_t since_ms;                   /* 0: all */
  bool unknown_only;                  /* intents without an outcome, outcomes that are unknown;
                                         none that was acknowledged */
};
/* `unknown` as for audit_follow. user: of who.user or who.login. */
bool audit_read(const char *path, const struct audit_filter *filter, audit_seen seen, void *arg,
                struct err *err) MUST_CHECK;
