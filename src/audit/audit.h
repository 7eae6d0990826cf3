/* The audit: a file of JSON lines, appended to and never changed. One line (the intent) is on disk
 * before an action's effect, another (the outcome) after it. Several programs of several people may
 * write to it at once, and each sees what the others do. docs/audit.md has the format.
 *
 * The disk is waited for on a thread (io/worker.h), never on the loop's. */
#pragma once

#include "io/io.h"
#include "model/operation.h"

/* Who does it. */
struct audit_who {
  const char *user;  /* of the process' uid by /etc/passwd, else USER, else the number */
  const char *login; /* who became that user: SUDO_USER, DOAS_USER, or whom the kernel
                        remembers to have logged in (loginuid); or NULL */
  const char *ssh;   /* "10.0.0.7 51234": of SSH_CONNECTION or SSH_CLIENT; NULL: none */
  const char *tty;   /* or NULL */
  const char *host;
  int64_t uid, pid, pid_start; /* pid_start: of /proc/self/stat, in ticks since the boot */
};

enum audit_event {
  AUDIT_INTENT,
  AUDIT_OUTCOME,
  AUDIT_ACKNOWLEDGED, /* of an unknown outcome, with its id: somebody has looked */
  AUDIT_UNLOCKED,     /* read-only was ended for a while */
  AUDIT_LOCKED,       /* it is read-only again */
};
/* "intent", "outcome", "acknowledged", "unlocked", "locked". */
const char *audit_event_name(enum audit_event event);

struct audit_victim {
  const char *key, *label;
  const char *result, *words; /* OUTCOME: victim_result_name; else NULL */
  struct amount amount;       /* OUTCOME: where something was counted (unit is not NULL) */
};

/* One line. All texts are borrowed. */
struct audit_record {
  enum audit_event event;
  const char *id; /* joins the intent and its outcome; unique: made by audit_id */
  int64_t at_ms;
  struct audit_who who;
  const char *platform, *environment; /* each may be NULL */
  const char *kind, *target, *address;
  const char *action, *title, *danger;
  const char *hash;    /* of the plan; or NULL */
  const char *confirm; /* INTENT: what was typed; or NULL */
  const struct plan_param *params;
  size_t param_count;
  const char *const *plan; /* INTENT: the plan's lines */
  size_t plan_count;
  const struct audit_victim *victims;
  size_t victim_count;
  int64_t count; /* of what the plan counts */
  const char *unit;
  /* OUTCOME: */
  const char *result; /* outcome_word */
  const char *proof, *error, *undo;
  /* ACKNOWLEDGED: why, and the host of what is acknowledged (who is who acknowledges). */
  const char *reason, *of_host;
  /* From the key to the plan, to the agreement, ...; negative: there was no such step. */
  int64_t plan_ms, wait_ms, execute_ms, verify_ms;
  /* How many more there were than the line could hold; of a record that is read. */
  int64_t params_left_out, plan_left_out, victims_left_out;
};

/* What there is to say of it, with its amount: victim_outcome_text of a record. Returns out. */
const char *audit_victim_text(char out[VICTIM_TEXT_MAX], const struct audit_victim *victim);

struct audit;

struct audit_options {
  const char *path; /* absolute; its folder is made (0700) when it is not there; NULL: no home is
                       known, so that each record fails with these words */
  bool to_syslog;   /* a line to LOG_AUTHPRIV too */
};

/* $XDG_STATE_HOME/stacktop, else ~/.local/state/stacktop: where the audit, plans and undo files are
 * unless the configuration says otherwise. For the caller to free; NULL when no home is known. */
char *state_folder(void);
/* Fills *who with texts that lie in `buffer` (1 kB will do; a text without room is NULL). Asks no
 * directory service, which may hang. */
void audit_who_self(struct audit_who *who, char *buffer, size_t size);
/* A new id: "20261125T040312.123-4711-1". */
void audit_id(char out[64], int64_t now_ms, int64_t pid, uint32_t serial);

/* Opens nothing yet. */
struct audit *audit_new(struct io *io, const struct audit_options *options);

/* Appends one line with one write and fsyncs it; one after the other, in the order of the calls.
 * done(arg, err) comes once, on the loop's thread, never before this returns, and always before
 * audit_close's closed: err NULL when it is on disk. It may be NULL, for one who leaves. After
 * audit_close only from within a done that was still owed. Errors say what to do: "the audit
 * /x/audit.jsonl cannot be written (no space left on device): nothing is done without a record".
 * The file is opened anew by its path when it was rotated away; it must be a regular file of ours;
 * a line that was written in part is taken back. The record is copied. */
typedef void (*audit_done)(void *arg, const struct err *err);
void audit_append(struct audit *audit, const struct audit_record *record, audit_done done,
                  void *arg);

/* An outcome that could not be written is kept, and written again: after 1 s, 2 s, 4 s, ... 30 s,
 * before any further line, and once more in audit_close. told comes for each: first, before the
 * done of its append, with attempts 1; after each further attempt that fails; and in the end,
 * always before audit_close's closed, when it is on disk or is given up. While AUDIT_KEPT_MAX are
 * kept, no intent is written. */
enum audit_kept_state { AUDIT_KEPT, AUDIT_KEPT_WRITTEN, AUDIT_KEPT_LOST };
struct audit_kept {
  enum audit_kept_state state;
  int attempts;
  const char *id, *target, *title; /* of its record */
  const struct err *err;           /* why it is not on disk; WRITTEN: NULL */
};
typedef void (*audit_kept_told)(void *arg, const struct audit_kept *kept);
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
 * is not in an outcome, nor key and label of a victim. To be asked for once; until audit_close it
 * keeps the loop alive. */
typedef void (*audit_seen)(void *arg, const struct audit_record *record, bool unknown);
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
/* The line as JSON, without a newline; for the caller to free. Of a record with more than 4 MiB in
 * it, what does not fit is left out and counted. */
char *audit_line(const struct audit_record *record);
