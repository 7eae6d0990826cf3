/* What everybody may know of an action: its name, its key, its danger, its parameters. The code
 * that does it is in src/actions, behind the same id. */
#pragma once

#include "core/option.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum danger {
  DANGER_REVERSIBLE,  /* what it does can be taken back, or is lost by nobody: `y` */
  DANGER_DESTRUCTIVE, /* something is gone afterwards: the name has to be typed */
};

/* Whether a person picks from what the survey has found: tables, partitions, clients. */
enum action_choice {
  CHOICE_NONE, /* it acts on the rows or the target that it was called for */
  CHOICE_ONE,
  CHOICE_MANY, /* nothing is picked at first */
};

struct action_spec {
  const char *id;    /* "postgres.terminate": KIND.VERB; never renamed, the audit has it */
  const char *kind;  /* of the targets that it is for: "postgres" */
  const char *table; /* id of the table whose rows it is for; NULL: the target itself */
  /* Of an action for the target: id of a table of which one row says what of the target is meant,
   * and fills in parameters (struct action's preset); NULL: none. */
  const char *context;
  uint32_t key;      /* a capital letter, one of its kind's; 0: only in the menu */
  const char *title; /* "terminate"; short, begins small */
  const char *past;  /* the first word of its plans' titles, once it is done: "terminated" */
  const char *what;  /* one sentence: what it does, and what becomes of those it is done to */
  const char *runs;  /* what it runs, as people know it: "pg_terminate_backend(pid)" */
  enum danger danger;
  bool many; /* may be done to several marked rows at once */
  enum action_choice choice;
  const struct option *params; /* asked for before the survey; a fallback is preset */
  size_t param_count;
};

/* "reversible", "destructive" */
const char *danger_name(enum danger danger);
/* Whether it can be called for rows of the table: they are its own, or its context. table may be
 * NULL: false. */
bool action_takes_rows(const struct action_spec *spec, const char *table);
/* The index of the parameter with that name, or -1. */
int action_param(const struct action_spec *spec, const char *name);
