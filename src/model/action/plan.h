/* A plan: what an action would do to which objects, in every detail, before it is confirmed.
 *
 * An action makes it from the model and the parameters, by a pure function. It holds no pointers
 * into them: the identity of each object is copied, and the plan is what is executed, so that what
 * runs is what was shown. The same lines are shown in the dialog, printed by `stacktop plan`,
 * copied and audited. All texts are in its arena; texts of a server are unchanged: sanitise them
 * for display. */
#pragma once

#include "core/arena.h"
#include "model/action/action_spec.h"

enum {
  PLAN_BYTES_MAX = 16 << 20,
  PLAN_OBJECTS_MAX = 20000, /* beyond it there is no plan: pick fewer */
  PLAN_TEXT_MAX = 8 << 10,
  PLAN_LIFETIME_MS = 30000, /* in the dialog; older plans have to be made again */
};

enum plan_part {
  PLAN_EFFECT,       /* the commands, as one would type them: SQL, redis-cli, kafka-*.sh */
  PLAN_BLAST,        /* the impact, in numbers: "frees 3 sessions that wait for it" */
  PLAN_PRECONDITION, /* preconditions, checked again during execution */
  PLAN_WARNING,      /* warnings */
  PLAN_LOSS,         /* what cannot be undone */
  PLAN_UNDO,         /* how to undo it */
  PLAN_PART_COUNT
};

struct plan_text {
  enum plan_part part;
  const char *text; /* one line */
};

struct plan_column {
  const char *title; /* "OLD"; static */
  bool right;        /* right-aligned numbers */
};

struct plan_object {
  const char *key;         /* unique in the plan: "8123/1700000000.123456" */
  const char *label;       /* for display: "pid 8123" */
  const char **cells;      /* one per column of the plan, for display; NULL: empty */
  const char **identities; /* one per identity of the plan: checked during execution */
};

struct plan_param {
  const char *name, *value; /* as typed or preset; never a secret */
};

struct plan {
  struct arena arena;
  const struct action_spec *action;
  const char *kind, *target; /* of the target: "postgres", "ecap" */
  const char *address;       /* its address when the plan was made; NULL if not known */
  /* The server's own identity: a system identifier, a cluster id; NULL if not known. The plan is
   * executed on no other server. */
  const char *server;
  const char *start;       /* run of the server, if the objects belong to one; NULL: any */
  const char *database;    /* the part of it that contains the objects, by an identity; NULL: any */
  const char *environment; /* NULL if unset */
  bool production;
  const char *title; /* "Terminate 2 sessions of ecap" */
  /* The confirmation phrase of a destructive plan: the name of the one object that contains all
   * objects (the group of the offsets); NULL: the label of the only object. */
  const char *name;
  bool whole;       /* it affects the whole server: confirmed as if it had several objects */
  const char *unit; /* unit of `count`: "sessions", "keys"; "" if none is shown */
  int64_t count;    /* number of affected things; by default that of the objects */
  struct plan_param *params;
  size_t param_count;
  const struct plan_column *columns; /* static */
  size_t column_count;
  const char *const *identities; /* names of the identities; static */
  size_t identity_count;
  struct plan_object *objects;
  size_t object_count, object_capacity;
  struct plan_text *texts; /* in the order in which they were added */
  size_t text_count, text_capacity;
  size_t hidden;    /* objects that the screen's filter hides */
  int64_t data_ms;  /* time of the data that the plan is based on */
  int64_t made_ms;  /* time at which it was made */
  const char *hash; /* set when it is stored; NULL before */
};

/* An empty plan for the target. environment may be NULL. */
struct plan *plan_new(const struct action_spec *action, const char *target, const char *environment,
                      bool production);
void plan_free(struct plan *plan); /* NULL is fine */

const char *plan_copy(struct plan *plan, const char *text);
const char *plan_printf(struct plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a line. Newlines in it become blanks. */
void plan_say(struct plan *plan, enum plan_part part, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds an object with copies of key and label and empty cells and identities; NULL beyond a limit:
 * there is no plan then. Set columns and identities first. It may move when the next one is
 * added. */
struct plan_object *plan_object(struct plan *plan, const char *key, const char *label);
void plan_param_add(struct plan *plan, const char *name, const char *value);
const char *plan_param(const struct plan *plan, const char *name); /* NULL if there is none */

/* How it is confirmed: y, the object's name, or the environment and the count. */
enum confirmation { CONFIRM_YES, CONFIRM_NAME, CONFIRM_COUNT };
enum confirmation plan_confirmation(const struct plan *plan);
enum { PLAN_PHRASE_MAX = 300, PLAN_NAME_MAX = 100 };
/* The confirmation phrase. Reversible: "y". Destructive: the name of the object, "8123", so that
 * the phrase for one object does not confirm another. In production, both: the environment and the
 * name, "eu-prod 8123". For several objects or the whole server: the environment (or else the
 * target) and the count, "staging 3". One object counts as one, whatever it contains: a pattern of
 * a million keys is confirmed by the pattern. A name that is hard to type (longer than
 * PLAN_NAME_MAX, control characters, not ASCII, invisible blanks) is replaced by the name of the
 * target and the count, in production after the environment. Returns out. */
const char *plan_phrase(const struct plan *plan, char out[PLAN_PHRASE_MAX]);
bool plan_agreed(const struct plan *plan, const char *typed);
/* Whether it is too old and must be made again. */
bool plan_is_old(const struct plan *plan, int64_t now_ms);

/* The whole plan line by line, as shown, printed, copied and audited; without times, which change.
 * A line is valid only during the call and is not sanitised. `strong`: a heading. */
typedef void (*plan_line)(void *arg, enum plan_part part, bool strong, const char *text);
void plan_lines(const struct plan *plan, plan_line line, void *arg);
/* The heading of a part's lines: "Impact", "Commands", "Preconditions", "Cannot be undone",
 * "Undo". */
const char *plan_part_title(enum plan_part part);
