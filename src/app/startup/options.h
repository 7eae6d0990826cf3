/* The command line. */
#pragma once

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum mode {
  MODE_DASHBOARD,
  MODE_CHECK,
  MODE_CONFIG,
  MODE_ACTIONS,
  MODE_KEYS,
  MODE_PLAN,
  MODE_APPLY,
  MODE_AUDIT,
  MODE_LOGS,
  MODE_SHOW,
  MODE_WATCH,
  MODE_RUNBOOK,
  MODE_INCIDENT,
  MODE_STATUS,
  MODE_EVENTS,
  MODE_INIT,
  MODE_SERVE,
  MODE_ACK,
  MODE_SILENCE,
  MODE_ALARMS,
  MODE_THEMES,
  MODE_HELP,
  MODE_VERSION
};

enum {
  OPTIONS_FIELDS_MAX = 8,
  OPTIONS_CONFIGS_MAX = 64,
  OPTIONS_WIDTH_MIN = 8, /* of --width, in cells */
  OPTIONS_WIDTH = 80,
  OPTIONS_WIDTH_MAX = 1000,
};

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): what belongs together stands together
struct options {
  enum mode mode;
  enum mode help_of;  /* HELP: the mode to describe; MODE_DASHBOARD: the program */
  const char *config; /* -c FILE; NULL: the default places */
  const char *configs[OPTIONS_CONFIGS_MAX]; /* each -c: app/environments/environment_find.h */
  size_t config_count;
  bool member;         /* the process of one of several environments */
  const char *theme;   /* dashboard: NULL: the one of the configuration */
  const char *only;    /* check: KIND or KIND:NAME; NULL: all */
  int64_t timeout_ms;  /* check, show, status: per target; 0: the target's own */
  int64_t duration_ms; /* check, show: 0: one collection */
  bool plugin;         /* check: one line for monitoring */
  bool json;           /* check, actions, plan, audit, logs, show, watch, status */
  bool csv;            /* show */
  const char *sort;    /* show: a column, or a named order; NULL: the page's own */
  const char *table;   /* show: id of the table for --csv and --sort; NULL: the main one */
  long limit;          /* show: rows of a table; 0: the page's own limit */
  bool default_config; /* config --default */
  bool check_config;   /* config --check */
  bool schema_config;  /* config --schema */
  bool yes;            /* init */
  bool no_unicode;     /* -U */
  bool no_color;       /* -C, or NO_COLOR in the environment */
  bool no_mouse;       /* -M */
  bool utc;
  bool read_only;
  bool wall; /* for a wall display: read_only, and it cannot be unlocked */
  const char *const
      *words; /* plan: ACTION TARGET ...; apply: the hash; logs: TARGET[/ROW];
                 show: PAGE TARGET [ROW]; runbook: of its command; init: FILE; in argv */
  size_t word_count;
  const char *confirm;                /* apply: the confirmation phrase; NULL: ask for it */
  const char *action, *target, *user; /* audit: globs; NULL: all */
  const char *since;                  /* audit, logs: a duration or a time; NULL: all */
  bool unknown_only, output;          /* audit */
  const char *acknowledge, *reason;   /* audit: an id, and the reason; NULL: list */
  const char *until, *grep, *exclude, *level, *source, *filter; /* logs; NULL: unset */
  const char *fields[OPTIONS_FIELDS_MAX];                       /* logs: conditions */
  size_t field_count;
  bool follow, patterns;   /* logs */
  bool test;               /* watch */
  const char *kinds;       /* events: "finding,action"; NULL: all; `user` is the operator */
  const char *command;     /* runbook: "run", "list", ...; `words` are its arguments */
  bool dry_run;            /* runbook run */
  bool plain;              /* the dashboard as lines of text */
  bool screen_reader;      /* the dashboard without decoration, one pane at a time */
  bool tmux, no_check;     /* status */
  long width;              /* status: cells of the line */
  bool openmetrics;        /* check: for Prometheus */
  const char *output_file; /* check: where they go; NULL: standard output */
  bool metrics;            /* serve */
  const char *listen;      /* serve: HOST:PORT; NULL: the default */
  bool allow_remote;       /* serve: an address that is not of the loopback */
  const char *severity;    /* ack, silence: the worst that is covered; NULL: warning */
  bool acknowledged;       /* check: acknowledged and silenced do not count */
  bool report;             /* alarms: of the alarms of a time; `since` */
};

/* Reads argv and NO_COLOR; moves the words of `plan` and `apply` to the front. False with a message
 * that names the argument and what was expected. */
bool options_parse(struct options *options, int argc, char **argv, struct err *err) MUST_CHECK;
/* Whether --plugin is among the arguments, even if others are invalid: then every error is
 * UNKNOWN. */
bool options_want_plugin(int argc, char *const *argv);
/* The commands and the options, for the manual and the completions. */
struct option_info {
  const char *name; /* without dashes */
  char letter;      /* '\0': none */
  bool has_value;
  unsigned modes; /* that accept it, as bits; 0: all */
};
/* Each option once, without other spellings. False beyond the last one. */
bool options_info(size_t index, struct option_info *info);
/* The word of each command, and its mode. NULL beyond. */
const char *options_command(size_t index, enum mode *mode);
/* The help of a mode; MODE_DASHBOARD: of the program. (app/startup/usage.c) */
void options_usage(FILE *out, enum mode mode);
