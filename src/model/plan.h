/* A plan: what would be done to whom, in every detail, before anybody is asked to agree.
 *
 * An action makes it from the model and the parameters, by a pure function. It points at nothing:
 * every object's identity is copied, and what is executed is the plan, so that what runs is what
 * was shown. The same lines are shown in the dialog, printed by `stacktop plan`, copied and
 * audited. All texts lie in its arena; those that a server wrote are as it wrote them: sanitise to
 * show. */
#pragma once

#include "core/arena.h"
#include "model/action_spec.h"

enum {
  PLAN_BYTES_MAX = 16 << 20,
  PLAN_OBJECTS_MAX = 20000, /* beyond it there is no plan: pick fewer */
  PLAN_TEXT_MAX = 8 << 10,
  PLAN_LIFETIME_MS = 30000, /* in the dialog; an older one has to be made again */
};

enum plan_part {
  PLAN_EFFECT,       /* the exact effect as a person would type it: SQL, redis-cli, kafka-*.sh */
  PLAN_BLAST,        /* what it means, in numbers: "frees 3 sessions that wait for it" */
  PLAN_PRECONDITION, /* what must hold, and is checked again in the effect itself */
  PLAN_WARNING,      /* what a careful colleague would say */
  PLAN_LOSS,         /* what cannot be undone */
  PLAN_UNDO,         /* how it can be */
  PLAN_PART_COUNT
};

struct plan_text {
  enum plan_part part;
  const char *text; /* one line */
};

struct plan_column {
  const char *title; /* "OLD"; static */
  bool right;        /* numbers */
};

struct plan_object {
  const char *key;         /* its identity, unique in the plan: "8123/1700000000.123456" */
  const char *label;       /* for people: "pid 8123" */
  const char **cells;      /* one a column of the plan: for people; NULL: empty */
  const char **identities; /* one an identity of the plan: what the effect is bound to */
};

struct plan_param {
  const char *name, *value; /* as typed or preset; a secret never is a parameter */
};

struct plan {
  struct arena arena;
  const struct action_spec *action;
  const char *kind, *target; /* of the target: "postgres", "ecap" */
  const char *address;       /* where it was when the plan was made; NULL if not known */
  /* Which server it is, as it identifies itself: a system identifier, a cluster id; NULL if that is
   * not known. The effect is for no other. */
  const char *server;
  const char *start;       /* which run of it, where the objects belong to one; NULL: any */
  const char *database;    /* the part of it in which the objects are, by an identity; NULL: any */
  const char *environment; /* NULL if unset */
  bool production;
  const char *title; /* "Terminate 2 sessions of ecap" */
  /* What is to be typed where it is destructive: the name, as people know it, of the one object to
   * which all objects belong (the group whose offsets they are); NULL: the label of the only
   * object. */
  const char *name;
  bool whole;       /* it is done to the whole server: agreed to as if to several */
  const char *unit; /* what `count` counts: "sessions", "keys"; "" if it is not told */
  int64_t count;    /* how many are affected; the number of objects by default */
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
  int64_t data_ms;  /* when what it is made from was read */
  int64_t made_ms;  /* when it was made */
  const char *hash; /* set by the code that writes it out; NULL before */
};

/* An empty one for the target. environment may be NULL. */
struct plan *plan_new(const struct action_spec *action, const char *target, const char *environment,
                      bool production);
void plan_free(struct plan *plan); /* NULL is fine */

const char *plan_copy(struct plan *plan, const char *text);
const char *plan_printf(struct plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a line. Newlines in it become blanks. */
void plan_say(struct plan *plan, enum plan_part part, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds an object, key and label copied, cells and identities empty; NULL beyond a ceiling: there is
 * no plan then. Set columns and identities before. It may move with the next one. */
struct plan_object *plan_object(struct plan *plan, const char *key, const char *label);
void plan_param_add(struct plan *plan, const char *name, const char *value);
const char *plan_param(const struct plan *plan, const char *name); /* NULL if there is none */

/* How it is to be agreed to: y, the object's name, or the environment and the count. */
enum confirmation { CONFIRM_YES, CONFIRM_NAME, CONFIRM_COUNT };
enum confirmation plan_confirmation(const struct plan *plan);
enum { PLAN_PHRASE_MAX = 300, PLAN_NAME_MAX = 100 };
/* What has to be typed. Reversible: "y". Destructive: the object's own name, "8123", so that the
 * phrase for one object agrees to no other. In production, both kinds: the environment and that
 * name, "eu-prod 8123". For several, or the whole server: the environment (the target where there
 * is none) and the count, "staging 3". One object is one whatever it holds: a pattern of a million
 * keys is agreed to by the pattern. A name that not everybody can type (longer than
 * PLAN_NAME_MAX, control characters, not ASCII, blanks that cannot be seen) is replaced by the
 * target's name and the count. Returns out. */
const char *plan_phrase(const struct plan *plan, char out[PLAN_PHRASE_MAX]);
bool plan_agreed(const struct plan *plan, const char *typed);
/* Whether it must be made again. */
bool plan_is_old(const struct plan *plan, int64_t now_ms);

/* The plan whole, line by line, as it is shown, printed, copied and audited; without times, which
 * change. A line is only valid during the call, and is not sanitised. `strong`: a heading. */
typedef void (*plan_line)(void *arg, enum plan_part part, bool strong, const char *text);
void plan_lines(const struct plan *plan, plan_line line, void *arg);
/* The word before a part's lines: "Runs", "Means", "Only if", "Careful", "Cannot be undone",
 * "Undo". */
const char *plan_part_title(enum plan_part part);
