/* One record of the audit log: who has run which action on which objects, with which result. */
#pragma once

#include "model/action/operation.h"

/* The user. */
struct audit_who {
  const char *user;  /* of the process's uid in /etc/passwd, else USER, else the number */
  const char *login; /* the user before sudo or similar: SUDO_USER, DOAS_USER, or the login that the
                        kernel has recorded (loginuid); or NULL */
  const char *ssh;   /* "10.0.0.7 51234": from SSH_CONNECTION or SSH_CLIENT; or NULL */
  const char *tty;   /* or NULL */
  const char *host;
  int64_t uid, pid, pid_start; /* pid_start: from /proc/self/stat, in ticks since the boot */
};

enum audit_event {
  AUDIT_INTENT,
  AUDIT_OUTCOME,
  AUDIT_ACKNOWLEDGED, /* an unknown outcome, by its id, was investigated */
  AUDIT_UNLOCKED,     /* read-only mode was left for a while */
  AUDIT_LOCKED,       /* read-only mode was entered again */
};
/* "intent", "outcome", "acknowledged", "unlocked", "locked". */
const char *audit_event_name(enum audit_event event);

struct audit_object {
  const char *key, *label;
  const char *result, *words; /* OUTCOME: object_result_name; else NULL */
  struct amount amount;       /* OUTCOME: if something was counted (unit is not NULL) */
};

/* One record. All texts are borrowed. */
struct audit_record {
  enum audit_event event;
  const char *id; /* connects the intent and its outcome; unique: from audit_id */
  int64_t at_ms;
  struct audit_who who;
  const char *platform, *environment; /* each may be NULL */
  const char *kind, *target, *address;
  const char *action, *title, *danger;
  const char *hash;    /* of the plan; may be NULL */
  const char *confirm; /* INTENT: the typed confirmation; may be NULL */
  const struct plan_param *params;
  size_t param_count;
  const char *const *plan; /* INTENT: the plan's lines */
  size_t plan_count;
  const struct audit_object *objects;
  size_t object_count;
  int64_t count; /* unit of the plan's counts */
  const char *unit;
  /* OUTCOME: */
  const char *result; /* outcome_word */
  const char *proof, *error, *undo;
  const struct output *outputs; /* what it printed; its writer has masked secrets and cut it */
  size_t output_count;
  /* ACKNOWLEDGED: the reason, and the host of the acknowledged action (who is the user that
   * acknowledges). */
  const char *reason, *of_host;
  /* Times from the key to the plan, to the confirmation, ...; negative: no such step. */
  int64_t plan_ms, wait_ms, execute_ms, verify_ms;
  /* In a record that was read: how many more there were than the line could hold. */
  int64_t params_left_out, plan_left_out, objects_left_out, outputs_left_out;
};

/* The text of one object with its amount: object_outcome_text for a record. Returns out. */
const char *audit_object_text(char out[OBJECT_TEXT_MAX], const struct audit_object *object);

/* $XDG_STATE_HOME/stacktop, else ~/.local/state/stacktop: where the audit log, plans and undo files
 * are stored unless the configuration sets `state`. The caller frees it; NULL if no home is
 * known. */
char *state_folder(void);
/* Fills *who with texts in `buffer` (1 kB is enough; a text that does not fit is NULL). Does not
 * query a directory service, which may hang. */
void audit_who_self(struct audit_who *who, char *buffer, size_t size);
/* A new id: "20261125T040312.123-4711-1". */
void audit_id(char out[64], int64_t now_ms, int64_t pid, uint32_t serial);

/* The record as JSON, without a newline; the caller frees it. Of a record with more than 4 MiB,
 * what does not fit is omitted and counted. */
char *audit_line(const struct audit_record *record);
