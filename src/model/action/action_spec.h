/* What is public about an action: its name, key, risk and parameters. Its code is in src/actions,
 * under the same id. */
#pragma once

#include "core/option.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum danger {
  DANGER_REVERSIBLE,  /* its effect can be undone, or nothing is lost: confirmed by `y` */
  DANGER_DESTRUCTIVE, /* something is lost: the name has to be typed */
  DANGER_NONE, /* it only reads: its survey's table is what it is for, and there is no plan */
};

/* Whether the user picks from the candidates of the survey: tables, partitions, clients. */
enum action_choice {
  CHOICE_NONE, /* acts on the rows or the target that it was requested for */
  CHOICE_ONE,
  CHOICE_MANY, /* no candidate is picked at first */
};

struct action_spec {
  const char
      *id; /* "postgres.terminate": KIND.VERB; never renamed, because the audit log contains it */
  const char *kind;  /* kind of its targets: "postgres" */
  const char *table; /* id of the table whose rows it acts on; NULL: the target itself */
  /* Of an action for the target: id of a table of which one row can preset parameters, or, with
   * CHOICE_MANY, several can be the choice (struct action's preset); NULL: none. */
  const char *context;
  /* Of an action with a choice: id of a table, of a page, whose rows have the keys of its
   * candidates: the marked ones are picked at once. NULL: none. */
  const char *picks;
  char *const *targets; /* names of those that it is for */
  size_t target_count;  /* 0: all of its kind */
  uint32_t key;         /* a capital letter, unique in its kind; 0: only in the menu */
  const char *title;    /* "terminate"; short, in lower case */
  const char *past;     /* first word of its plans' titles, in the past tense: "terminated" */
  const char *what;     /* one sentence: what it does, and what it means for the objects */
  const char *runs;     /* what it runs: "pg_terminate_backend(pid)" */
  enum danger danger;
  /* Can be applied to several marked rows at once; without a table, to several targets of its kind:
   * the request's keys are then their names. */
  bool many;
  enum action_choice choice;
  const struct option *params; /* asked for before the survey; a default is preset */
  size_t param_count;
};

/* "reversible", "destructive", "none" */
const char *danger_name(enum danger danger);
/* Whether it can be requested for rows of the table: its own table, or its context. table may be
 * NULL: false. */
bool action_takes_rows(const struct action_spec *spec, const char *table);
/* The same, or the rows are its candidates. */
bool action_fits_rows(const struct action_spec *spec, const char *table);
/* Whether it can be requested for several targets at once. */
bool action_takes_targets(const struct action_spec *spec);
/* Whether it is for the target of that name, which is of its kind. */
bool action_is_for(const struct action_spec *spec, const char *target);
/* The index of the parameter with that name, or -1. */
int action_param(const struct action_spec *spec, const char *name);
