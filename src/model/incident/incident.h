/* An incident: what its time line says. The time line is the only thing that is stored; everything
 * else is folded from it, so that several programs may add to it at once.
 *
 * Times are wall time, milliseconds since 1970: they outlive the process. */
#pragma once

#include "core/map.h"
#include "model/judge/severity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  INCIDENT_ID_MAX = 32, /* "INC-20261128-031500", "INC-20261128-031500-2" */
  INCIDENT_TITLE_MAX = 200,
  INCIDENT_TEXT_MAX = 2000, /* bytes of a text of an entry */
  INCIDENT_ROLES_MAX = 8,
  INCIDENT_ROLE_MAX = 32,
  INCIDENT_LEVELS = 4, /* P1 to P4 */
  /* Limits of a time line. Findings, changes and actions that come by themselves end at MACHINE;
   * what a person types has room beyond it. */
  INCIDENT_MACHINE_MAX = 5000,
  INCIDENT_ENTRIES_MAX = 8000,
  /* A finding that comes and goes: beyond so many entries, one in FLAP_MS. */
  INCIDENT_FLAPS_MAX = 20,
  INCIDENT_FLAP_MS = 600000,
};

enum incident_kind {
  INCIDENT_OPEN,     /* subject: the title; level */
  INCIDENT_FINDING,  /* word: "begins", "worse", "resolved" */
  INCIDENT_CHANGE,   /* of a server or its configuration, from the event log */
  INCIDENT_HISTORY,  /* that the events before the opening follow; once */
  INCIDENT_EVENT,    /* one of them */
  INCIDENT_ACTION,   /* word: "intent", or the result of an outcome */
  INCIDENT_OPERATOR, /* a dashboard or a watch began or ended; word: "joins", "leaves" */
  INCIDENT_CLOCK,    /* the host's clock was set: step_ms */
  INCIDENT_EVIDENCE,
  INCIDENT_LIMIT, /* what is not recorded, and why */
  /* Typed by a person: */
  INCIDENT_NOTE,
  INCIDENT_STATUS,   /* word: its name */
  INCIDENT_SEVERITY, /* level */
  INCIDENT_ROLE,     /* word: the role; subject: who has it */
  INCIDENT_CLOSE,    /* text: the summary; nothing that comes by itself follows */
};
extern const char *const incident_kind_names[]; /* "open", "finding", ...; NULL at the end */

enum incident_status {
  INCIDENT_INVESTIGATING,
  INCIDENT_IDENTIFIED,
  INCIDENT_MONITORING,
  INCIDENT_RESOLVED,
};
extern const char *const incident_status_names[]; /* NULL at the end */

struct incident_entry {
  enum incident_kind kind;
  int64_t at_ms;
  const char *who;            /* "ann@bastion1": who typed, or whose program has seen it */
  const char *host;           /* of that program */
  int64_t pid, pid_start;     /* the same */
  const char *key;            /* what it is about, the same in all programs; NULL: nothing */
  const char *subject, *word; /* see the kind; may be NULL */
  const char *text;           /* may be NULL */
  enum severity severity;     /* FINDING, EVENT */
  int level;                  /* OPEN, SEVERITY: 1 to 4 */
  int64_t step_ms;            /* CLOCK */
  const char *audit, *action; /* ACTION: id in the audit log, "service.restart" */
  const char *target, *proof; /* ACTION: "postgres ecap"; the outcome's proof or error */
};

/* What is known of a key. */
struct incident_key {
  enum severity severity;    /* FINDING: the worst since it began; OK: resolved, or never seen */
  size_t count;              /* entries with the key */
  size_t base;               /* of these, those that were there when this program began to look */
  size_t own;                /* how often this program has proposed it */
  size_t last;               /* index of the last entry */
  int64_t begun_ms, over_ms; /* FINDING: its begin, as far as it is known; its last end, or 0 */
};

struct incident_role {
  const char *name, *who; /* of entries */
};

struct incident {
  char id[INCIDENT_ID_MAX];
  struct incident_entry *entries; /* in the order of the file */
  size_t count;
  size_t machine;  /* of these, those that came by themselves */
  size_t unread;   /* lines that could not be read */
  struct map keys; /* index in key_items */
  struct incident_key *key_items;
  size_t key_count;
  /* Folded: */
  const char *title; /* never NULL once it is open */
  int level;
  enum incident_status status;
  struct incident_role roles[INCIDENT_ROLES_MAX];
  size_t role_count;
  int64_t opened_ms;       /* 0: there is no entry that opens it */
  int64_t responded_ms;    /* the first act of a person after the opening; 0: none */
  int64_t updated_ms;      /* the last one; the opening if there is none */
  int64_t closed_ms;       /* 0: open */
  int64_t clock_ms;        /* by how much the clock was set since the opening */
  int64_t update_clock_ms; /* the same since the last update */
  bool history, full;
};

void incident_init(struct incident *incident, const char *id);
void incident_fini(struct incident *incident);

/* A copy with texts of its own. */
struct incident_entry incident_entry_copy(const struct incident_entry *entry);
void incident_entry_fini(const struct incident_entry *entry);
/* Entries with texts of their own, on the way to a time line. */
struct incident_batch {
  struct incident_entry *items;
  size_t count;
};
void incident_batch_add(struct incident_batch *batch, const struct incident_entry *entry);
void incident_batch_fini(struct incident_batch *batch);

/* Adds a copy of the entry, as it was read or after it was written. */
void incident_take(struct incident *incident, const struct incident_entry *entry);
/* What was read so far was there before this program began to look. */
void incident_base(struct incident *incident);

/* Whether a program knows that a finding began earlier than the time line says: the programs do not
 * begin to look at the same time. */
bool incident_begins_earlier(const struct incident_key *key, int64_t at_ms);

/* Whether an entry that is about to be written is news: several programs see the same finding, the
 * same change and the same action. It is not if the incident is closed or full (a person's is,
 * longer), or if its key flaps. */
bool incident_wants(const struct incident *incident, const struct incident_entry *entry);
/* The entry was proposed, and is on disk or was no news. */
void incident_proposed(struct incident *incident, const struct incident_entry *entry);
/* The key's state, or NULL. */
struct incident_key *incident_key_find(const struct incident *incident, const char *key);

bool incident_kind_is_typed(enum incident_kind kind);
/* The index in names, which end with NULL; -1. */
int incident_name_find(const char *const *names, const char *name);
/* From one time to another, by the steady clock as far as it is known; -1 if that is not known or
 * one of them is 0. */
int64_t incident_between(const struct incident *incident, int64_t from_ms, int64_t to_ms);
