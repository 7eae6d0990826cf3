/* The command line. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum mode {
  MODE_DASHBOARD,
  MODE_CHECK,
  MODE_CONFIG,
  MODE_ACTIONS,
  MODE_PLAN,
  MODE_APPLY,
  MODE_AUDIT,
  MODE_HELP,
  MODE_VERSION
};

struct options {
  enum mode mode;
  enum mode help_of;   /* HELP: of which mode; MODE_DASHBOARD: of the whole */
  const char *config;  /* -c FILE; NULL: the usual places */
  const char *only;    /* check: KIND or KIND:NAME; NULL: all */
  int64_t timeout_ms;  /* check: of each target; 0: its own */
  int64_t duration_ms; /* check: how long it looks; 0: one pass */
  bool plugin;         /* check: one line for monitoring */
  bool json;           /* check, actions, plan, audit */
  bool default_config; /* config --default */
  bool check_config;   /* config --check */
  bool no_unicode;     /* -U */
  bool no_color;       /* -C, or NO_COLOR in the environment */
  bool utc;
  bool read_only;
  bool wall;                /* for a screen that nobody sits at: read_only, and it stays so */
  const char *const *words; /* plan: ACTION TARGET ...; apply: the hash; in argv */
  size_t word_count;
  const char *confirm;                /* apply: what would be typed; NULL: it is asked for */
  const char *action, *target, *user; /* audit: globs; NULL: all */
  const char *since;                  /* audit: a duration or a time; NULL: all */
  bool unknown_only;                  /* audit */
  const char *acknowledge, *reason;   /* audit: an id, and why; NULL: it lists */
};

/* Reads argv, and NO_COLOR; moves the words of `plan` and `apply` to its front. False with a
 * message that names the argument and what was expected. */
bool options_parse(struct options *options, int argc, char **argv, struct err *err) MUST_CHECK;
/* Whether --plugin is among the arguments, whatever else is wrong with them: then every trouble is
 * UNKNOWN. */
bool options_want_plugin(int argc, char *const *argv);
/* The help of a mode; MODE_DASHBOARD: what there is. (app/startup/usage.c) */
void options_usage(FILE *out, enum mode mode);
