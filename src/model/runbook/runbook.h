/* A runbook: what a person does about a problem, as steps that stacktop leads through. Read from a
 * file (config/runbook/), immutable then. */
#pragma once

#include "core/err.h"
#include "model/judge/condition.h"
#include "model/runbook/schedule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  RUNBOOK_FILE_MAX = 64 << 10, /* bytes: a run keeps a copy */
  RUNBOOK_STEPS_MAX = 100,
  RUNBOOK_PARAMS_MAX = 32,
  RUNBOOK_CHOICES_MAX = 9,
  RUNBOOK_MATCHES_MAX = 32,
  RUNBOOK_WORDS_MAX = 64,
  RUNBOOK_NAME_MAX = 48,
  RUNBOOK_VALUE_MAX = 1000, /* bytes of a value of a parameter */
};

enum runbook_step_kind {
  RUNBOOK_CHECK, /* a condition, now: then, or otherwise */
  RUNBOOK_SHOW,  /* a page, printed */
  RUNBOOK_ACT,   /* an action: its plan, a confirmation, its outcome */
  RUNBOOK_WAIT,  /* for a condition, until a deadline */
  RUNBOOK_ASK,   /* a person, with choices */
  RUNBOOK_RUN,   /* a program */
  RUNBOOK_KINDS
};
/* "check", "show", ...: the key of a step. */
const char *runbook_kind_name(enum runbook_step_kind kind);

/* Where a run goes after a step: the index of a step, or one of these. */
enum { RUNBOOK_NEXT = -1, RUNBOOK_END = -2, RUNBOOK_STOP = -3 };
/* "next", "end", "stop"; NULL otherwise. */
const char *runbook_place_name(int place);

struct runbook_param {
  char *name, *help;
  char *fallback; /* NULL: required, unless it has a kind */
  char *kind;     /* it is the name of a target of this kind; NULL: any text */
  bool optional;  /* without such a target, what names it is skipped */
};

/* Texts with {PARAMETER}; NULL: unset. */
struct runbook_condition {
  char *metric, *is, *target, *row, *above, *below;
};

struct runbook_choice {
  char *text;
  int place;
};

struct runbook_pair {
  char *name, *value;
};

/* All texts may hold {PARAMETER}, but for the names. */
struct runbook_step {
  enum runbook_step_kind kind;
  char *name;
  char *help;                         /* printed before it; NULL: none */
  struct runbook_condition condition; /* CHECK, WAIT */
  int64_t limit_ms;                   /* WAIT: its deadline; RUN: its time limit */
  char *subject;                      /* SHOW: the page; ACT: the action; ASK: the question */
  char **words; /* SHOW: target and row; ACT: target, rows and picks; RUN: argv */
  size_t word_count;
  struct runbook_pair *pairs; /* ACT: parameters */
  size_t pair_count;
  struct runbook_choice *choices; /* ASK */
  size_t choice_count;
  int then, otherwise; /* places */
  int line, column;
};

/* What it leads from: rows on the screen for which it is offered. One of metric, kind and alert is
 * set. */
struct runbook_match {
  char *metric;              /* rows of the table that has it */
  char *kind;                /* rows and targets of that kind */
  char *alert;               /* pattern for the name of an alert rule */
  char *is;                  /* only if it is at least that bad; NULL: in any state */
  char *target, *row;        /* patterns; NULL: all */
  struct runbook_pair *with; /* values of parameters, made of {target} and {row} */
  size_t with_count;
};

struct runbook {
  char *name, *path; /* "consumer-lag", and the file */
  char *source;      /* its text */
  char *title, *help;
  struct runbook_param *params;
  size_t param_count;
  struct runbook_step *steps;
  size_t step_count;
  struct runbook_condition *verify; /* each must hold at the end */
  size_t verify_count;
  struct runbook_match *matches;
  size_t match_count;
  bool scheduled; /* it says when it is to be done */
  struct schedule schedule;
  int64_t within_ms; /* after that time it is overdue */
};

struct runbook *runbook_new(void);
void runbook_free(struct runbook *runbook);                             /* NULL is fine */
int runbook_step_find(const struct runbook *runbook, const char *name); /* -1: none */

/* ---- parameters */

/* The values of a run, one per parameter. */
struct runbook_values {
  const struct runbook *runbook;
  const char *texts[RUNBOOK_PARAMS_MAX]; /* borrowed; NULL: unset */
};

/* Sets the defaults. */
void runbook_values_init(struct runbook_values *values, const struct runbook *runbook);
/* Takes "NAME=VALUE", which is borrowed. False with err: no such parameter, or a value that cannot
 * be used. */
bool runbook_values_take(struct runbook_values *values, const char *word,
                         struct err *err) MUST_CHECK;
/* Chooses a target for each parameter with a kind that has none: the default if it is configured,
 * else the only one of its kind. False with err: none, or several, or a value that is no such
 * target. Of an optional parameter without a target the value is "". */
bool runbook_values_targets(struct runbook_values *values, const struct config *config,
                            struct err *err) MUST_CHECK;
/* Why it is skipped: it names an optional parameter without a target, or it is a condition without
 * a target about a system that is not configured. Returns out; NULL: it is not skipped. A question
 * never is. */
enum { RUNBOOK_SKIPPED_MAX = 200 };
const char *runbook_step_skipped(char out[RUNBOOK_SKIPPED_MAX], const struct runbook_step *step,
                                 const struct runbook_values *values, const struct config *config,
                                 const struct condition_lookup *lookup);
const char *runbook_condition_skipped(char out[RUNBOOK_SKIPPED_MAX],
                                      const struct runbook_condition *condition,
                                      const struct runbook_values *values,
                                      const struct config *config,
                                      const struct condition_lookup *lookup);
/* False with err that names a parameter without a value. */
bool runbook_values_check(const struct runbook_values *values, struct err *err) MUST_CHECK;
/* Whether the text has a placeholder. */
bool runbook_text_is_filled(const char *text);
/* False with err for a placeholder that is no parameter. */
bool runbook_text_check(const struct runbook *runbook, const char *text,
                        struct err *err) MUST_CHECK;
/* The text with its placeholders filled; NULL stays NULL. The caller frees it. A value fills its
 * place as it is: nothing in it is a placeholder. */
char *runbook_fill(const struct runbook_values *values, const char *text);
/* The first parameter in the text, a text or NULL, whose value is "": it has no target. NULL: none.
 */
const struct runbook_param *runbook_text_absent(const struct runbook_values *values,
                                                const char *text);

/* A condition with its placeholders filled. */
struct runbook_judge {
  char *texts[6];
  struct condition condition; /* borrows them */
};
/* False with err; fini in both cases. */
bool runbook_judge_init(struct runbook_judge *judge, const struct runbook_condition *condition,
                        const struct runbook_values *values, const struct condition_lookup *lookup,
                        struct err *err) MUST_CHECK;
void runbook_judge_fini(struct runbook_judge *judge);
