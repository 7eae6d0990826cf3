/* The loaded configuration: what to watch, and the thresholds. Immutable after loading. */
#pragma once

#include "model/config/key_setting.h"
#include "model/judge/rules.h"
#include "model/log/log_filter.h"
#include "model/own/own_action.h"
#include "model/target.h"

/* What `--wall` does besides its picture; all off by default. */
enum wall_notice { WALL_NOTICE_NONE, WALL_NOTICE_OSC777, WALL_NOTICE_OSC9 };
struct config_wall {
  bool bell;
  enum wall_notice notice;
  char **run; /* a program and its arguments */
  size_t run_count;
  int64_t every_ms;  /* at most one signal in this time */
  int64_t rotate_ms; /* how long a page of findings is shown */
};

/* A row of panes on the screen; weights are shares of its width, and of the height of the screen.
 */
enum { LAYOUT_LINES_MAX = 16, LAYOUT_CELLS_MAX = 8 };
struct layout_cell {
  const char *pane; /* a kind, or "events"; static */
  int weight;
};
struct layout_line {
  int weight;
  struct layout_cell cells[LAYOUT_CELLS_MAX];
  size_t count;
  struct origin origin;
};

struct config {
  char *path;   /* the file it was loaded from; NULL if there was none */
  char **files; /* that were read: those it includes first, then itself */
  size_t file_count;
  struct option_value
      *options; /* as the files have them, by enum config_option; NULL: none is set */
  size_t option_count;
  char *name;        /* name of the platform: "ecap" */
  char *environment; /* "production"; free text; NULL if unset */
  char *theme;       /* NULL: the built-in theme */
  int64_t interval_ms;
  bool read_only; /* nothing may be changed unless unlocked */
  bool no_writes; /* not even by what the configuration asks for: --read-only, --wall, or
                     STACKTOP_READ_ONLY */
  char *state;    /* directory of the audit log, plans and undo files; NULL: the default one */
  struct config_wall wall;
  bool audit_syslog;                    /* also send audit lines to syslog */
  bool events;                          /* keep a history of events on disk, */
  int64_t events_keep_ms, events_bytes; /* so long, and of that size */
  bool discovered;         /* no file: the targets were found on the usual loopback ports */
  struct target **targets; /* those that are watched: a mode may take fewer of them */
  size_t target_count;
  struct target **all; /* all that are configured, in their order: a target may name another */
  size_t all_count;
  struct rules rules;
  struct log_saved *log_filters; /* in the order of the file */
  size_t log_filter_count;
  struct layout_line *layout; /* how the panes are arranged; none: by the size of the screen */
  size_t layout_count;
  struct key_setting *keys; /* of the screen, and of actions */
  size_t key_count;
  bool mouse;
  struct own_action **actions; /* of its own; for all of its targets */
  size_t action_count;
};

struct config *config_new(void); /* defaults: interval 2 s, no targets */
void config_free(struct config *config);
/* Takes the target. */
void config_add(struct config *config, struct target *target);
/* True for the name of a production environment: "production", "prod", "live" and names with "prod"
 * as a word ("eu-prod-1"). */
bool config_is_production(const struct config *config);
/* The target of that name in the same configuration and of the same kind, or itself; NULL: there is
 * none. */
const struct target *target_beside(const struct target *target, const char *name);
