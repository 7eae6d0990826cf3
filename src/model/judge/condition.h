/* A condition over what targets have published: a figure beyond a limit, or a target's state.
 * Alert rules and runbooks are made of them. No input or output; the time is passed in. */
#pragma once

#include "core/text/format.h"
#include "model/model.h"

/* Of `is` in an alert rule: the severity of a target is at least that. Ends with NULL. A runbook
 * may also say `is: ok`: it is known to be fine. */
extern const char *const condition_is_choices[];

/* All kinds with the tables of their samples: the collectors are not known here. */
struct condition_lookup {
  /* NULL beyond the end. */
  const struct target_kind *(*kind)(size_t i, const struct table_spec *const **tables,
                                    size_t *table_count);
};

/* As written. NULL: unset. */
struct condition_words {
  const char *metric, *is, *target, *row, *above, *below;
};

struct condition {
  const struct target_kind *kind;   /* of the targets that it is about; NULL (is): of any kind */
  const struct target_kind *except; /* never of this kind; NULL: no exception */
  const char *whose, *row;          /* patterns for names; NULL: all */
  const char *metric;               /* NULL: the condition is `is` */
  const struct table_spec *table;   /* of the metric; NULL: each target has a table of its own */
  size_t column;
  bool below;
  double limit;
  enum severity is; /* the worst severity that is still fine */
  bool ok;          /* `is: ok`: it holds where that is the severity */
};

/* Borrows the words. False with err where they contradict each other, or name what does not exist.
 */
bool condition_read(struct condition *condition, const struct condition_words *words,
                    const struct condition_lookup *lookup, struct err *err) MUST_CHECK;
/* Whether there is such a metric: the first part of condition_read. */
bool condition_metric_check(const char *metric, const struct condition_lookup *lookup,
                            struct err *err) MUST_CHECK;
/* False with err where the configuration has no target that it is about: it would never hold. */
bool condition_has_targets(const struct condition *condition, const struct config *config,
                           struct err *err) MUST_CHECK;
/* Whether the name matches; NULL: all do. '*' stands for any text. */
bool condition_matches(const char *pattern, const char *name);
bool condition_is_about(const struct condition *condition, const struct target *target);

/* ---- whether it holds */

enum condition_state {
  CONDITION_HOLDS,
  CONDITION_FINE,    /* known, and it does not hold */
  CONDITION_UNKNOWN, /* no value: see why */
  CONDITION_ABSENT,  /* the target has no fresh data */
};

/* A row, or a target, that the condition looks at. */
struct condition_place {
  enum condition_state state;
  size_t target_index;
  const struct table *table; /* NULL: the state of a target, or absent */
  size_t column;
  const struct row *row; /* NULL: the target itself */
  const char *label;     /* of the row; of the target where there is none, or only one row */
  struct value value;    /* of a metric, HOLDS and FINE */
  double number;
  enum severity severity; /* of `is` */
  const char *why;        /* UNKNOWN */
};
typedef void (*condition_seen)(void *arg, const struct condition_place *place);

/* Calls seen for each place; returns how many targets it is about. findings: those of the model, or
 * newer ones. */
size_t condition_walk(const struct condition *condition, const struct model *model,
                      const struct findings *findings, int64_t now_ms, condition_seen seen,
                      void *arg);

/* The limit, and a value, as shown. column NULL: without a unit. Return out. */
const char *condition_limit(char out[FORMAT_MAX], const struct condition *condition,
                            const struct column_spec *column);
const char *condition_value(char out[FORMAT_MAX], struct value value,
                            const struct column_spec *column);
/* "critical", "warning", "unknown", "ok": a state as `is` names it. */
const char *condition_state_word(enum severity severity);

enum condition_answer { CONDITION_NO, CONDITION_YES, CONDITION_NOT_KNOWN };
enum { CONDITION_TEXT_MAX = 256 };

/* The condition as a whole. */
struct condition_result {
  enum condition_answer answer;
  size_t judged, held, unknown;   /* places */
  char words[CONDITION_TEXT_MAX]; /* "main ecap: 12,345", "not known: no fresh data of main" */
};
/* every: each place must hold, and be known; otherwise one is enough. */
void condition_judge(struct condition_result *result, const struct condition *condition, bool every,
                     const struct model *model, const struct findings *findings, int64_t now_ms);
/* "kafka.lag of main ecap above 10,000", as a person would say it. Returns out. */
const char *condition_text(char out[CONDITION_TEXT_MAX], const struct condition *condition);
