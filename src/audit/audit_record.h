/* One line of the audit: who has done what to whom, and what came of it. */
#pragma once

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

struct audit_object {
  const char *key, *label;
  const char *result, *words; /* OUTCOME: object_result_name; else NULL */
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
  const struct audit_object *objects;
  size_t object_count;
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
  int64_t params_left_out, plan_left_out, objects_left_out;
};

/* What there is to say of it, with its amount: object_outcome_text of a record. Returns out. */
const char *audit_object_text(char out[OBJECT_TEXT_MAX], const struct audit_object *object);

/* $XDG_STATE_HOME/stacktop, else ~/.local/state/stacktop: where the audit, plans and undo files are
 * unless the configuration says otherwise. For the caller to free; NULL when no home is known. */
char *state_folder(void);
/* Fills *who with texts that lie in `buffer` (1 kB will do; a text without room is NULL). Asks no
 * directory service, which may hang. */
void audit_who_self(struct audit_who *who, char *buffer, size_t size);
/* A new id: "20261125T040312.123-4711-1". */
void audit_id(char out[64], int64_t now_ms, int64_t pid, uint32_t serial);

/* The line as JSON, without a newline; for the caller to free. Of a record with more than 4 MiB in
 * it, what does not fit is left out and counted. */
char *audit_line(const struct audit_record *record);
