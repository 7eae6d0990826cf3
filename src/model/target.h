/* A configured target. Immutable after loading; owned by the configuration. */
#pragma once

#include "core/option.h"
#include "model/judge/data_check.h"
#include "model/judge/rules.h"

struct target;

/* What the configuration and the command line need to know about a kind of target. */
struct target_kind {
  const char *kind;  /* "postgres": in JSON and in --only */
  const char *key;   /* the list's name in the configuration: "services" */
  const char *title; /* "PostgreSQL" */
  const struct option *options;
  size_t option_count;
  /* Least time between two collections, unless the target sets its own: where they cost much. */
  int64_t interval_ms;
  /* Kinds of targets that one may name, ended with NULL: it is another one when these are. NULL:
   * none. */
  const char *const *names;
  bool is_rule;    /* it watches nothing itself (an alert rule, a channel): no actions, no logs */
  bool has_checks; /* its targets may have `checks:`, SQL whose result is judged */
  /* Whether the options of a target fit together, and what they name is configured; once the whole
   * file is read. Must not block. NULL: any do. */
  bool (*check)(const struct target *target, struct err *err);
};

struct config;
struct target {
  const struct target_kind *kind;
  const struct config *config; /* that it belongs to; NULL: none. For targets that name others */
  char *name;
  struct origin origin;   /* its name */
  struct origin *origins; /* of what all kinds have, by enum target_common; NULL: defaults */
  int64_t interval_ms;    /* between two starts */
  int64_t timeout_ms;     /* of one collection; 0: the collector's default */
  bool read_only;         /* refuse all actions, even when unlocked */
  char *disabled; /* why it is not watched; NULL: it is watched. Nothing is ever sent to it */
  char **logs;    /* files with its logs: absolute paths, with wildcards */
  size_t log_count;
  char **depends_on; /* "KIND:NAME" or "KIND:NAME/ROW": if that is CRIT, it explains this one */
  size_t depends_count;
  struct rules
      rules; /* its own thresholds, which take precedence over those of the configuration */
  struct option_value *values; /* one per option of the kind, in the same order */
  struct data_check *checks;   /* in the order of the file; only if the kind has them */
  size_t check_count;
};

struct target *target_new(const struct target_kind *kind, const char *name); /* defaults set */
void target_free(struct target *target);
/* Gives it the interval of the configuration, or that of its kind if that is longer, unless it has
 * its own. */
void target_settle_interval(struct target *target, int64_t interval_ms);

/* The value of the option with that name; asserts that the kind has this option. */
const struct option_value *target_option(const struct target *target, const char *name);
const char *target_text(const struct target *target, const char *name); /* NULL if unset */
int64_t target_number(const struct target *target, const char *name);   /* 0 if unset */
