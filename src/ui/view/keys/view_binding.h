/* A row of the view's table of keys (view_keys.h), and the arguments of its function. */
#pragma once

#include "ui/view/view_state.h"

enum key_place {
  PLACE_OVERVIEW = 1 << 0,
  PLACE_ZOOM = 1 << 1,
  PLACE_DETAIL = 1 << 2,
  PLACE_HELP = 1 << 3,
  PLACE_LOG = 1 << 4,
  PLACE_LOG_RECORD = 1 << 5,
  PLACE_LOG_LIST = 1 << 6,
  PLACE_OPENED = 1 << 7, /* an open page (model/page.h) */
  PLACE_LIST = 1 << 8,   /* the list of pages */
  PLACE_CHART = 1 << 9,
  PLACE_INCIDENT = 1 << 10,
  PLACE_FINDINGS = 1 << 11, /* the list of findings */
  PLACE_RUNBOOKS = 1 << 12, /* the list of runbooks */
  PLACE_RUNBOOK = 1 << 13,  /* one of them */
  PLACE_WALL = 1 << 14,     /* the picture of --wall */
  PLACE_COLUMNS = 1 << 16,  /* the chooser of columns */
  PLACE_EVENTS = 1 << 15,   /* the history of events */
  PLACE_GRID = PLACE_OVERVIEW | PLACE_ZOOM,
  PLACE_PANES = PLACE_GRID | PLACE_OPENED,
  PLACE_PAGES = PLACE_DETAIL | PLACE_HELP | PLACE_INCIDENT | PLACE_RUNBOOK,
  PLACE_LINES = PLACE_PANES | PLACE_FINDINGS, /* where a line is selected */
  PLACE_ACTS = PLACE_LINES | PLACE_DETAIL,    /* where the selection has actions */
  PLACE_LOGS = PLACE_LOG | PLACE_LOG_RECORD | PLACE_LOG_LIST,
  PLACE_ALL = PLACE_LINES | PLACE_PAGES | PLACE_LOGS | PLACE_LIST | PLACE_CHART | PLACE_RUNBOOKS |
              PLACE_RUNBOOK | PLACE_COLUMNS | PLACE_EVENTS,
};

struct keys {
  struct view *view;
  const struct frame *frame;
  struct pane *pane; /* focused; NULL when there is none */
  struct key key;
  bool moved; /* the selection differs from the last frame's */
};

enum binding_flag {
  BINDING_EDGE = 1 << 0,  /* stands at the right end of the bottom line, never dropped */
  BINDING_FIXED = 1 << 1, /* its keys cannot be changed: they always lead out of everything */
};

struct binding {
  /* What the configuration calls it: "row-details". Rows of one name have the same keys, and do
   * the same thing in different places. */
  const char *name;
  const char *keys; /* by default, separated by blanks; the first one is shown in the bottom line */
  const char *words; /* for the bottom line; NULL: not there */
  const char *help;  /* what it does; consecutive rows with the same belong together */
  unsigned places;   /* enum key_place */
  unsigned flags;    /* enum binding_flag */
  struct request (*run)(struct keys *keys, int argument);
  int argument;
  /* Whether the bottom line offers it now; NULL: always. */
  bool (*offered)(const struct view *view);
};

/* The table, in the order of the help and of the bottom line (ui/view/keys/view_bindings.c). */
extern const struct binding view_bindings[];
extern const size_t view_binding_count;
