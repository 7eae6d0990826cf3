/* The view's state; private to its files. */
#pragma once

#include "ui/dialog/dialog.h"
#include "ui/draw/hits.h"
#include "ui/log/log_view.h"
#include "ui/panes/layout_hold.h"
#include "ui/view/draw/history_state.h"
#include "ui/view/screens/alarm_form.h"
#include "ui/wall/wall.h"

struct command_line;
struct view_options;
struct keymap;

enum view_page {
  PAGE_PANES,
  PAGE_DETAIL,   /* of one row, target or event */
  PAGE_CHART,    /* one figure over time */
  PAGE_LIST,     /* the pages of a row and of its target (model/page.h) */
  PAGE_LOG,      /* the logs of a row; log.page says which page of them */
  PAGE_INCIDENT, /* the time line of the current incident */
  PAGE_RUNBOOKS, /* those that match a row (model/runbook/runbook_offers.h) */
  PAGE_RUNBOOK,  /* one of them, with its dry run */
  PAGE_COLUMNS,  /* the chooser of a table's columns */
  PAGE_EVENTS,   /* the history of events (model/event/event_page.h) */
  PAGE_HELP,
  PAGE_WALL, /* the picture of --wall */
};

/* The subject of the details; a copy, since it may be gone when it is drawn. */
struct detail {
  char *title;
  char *label; /* of the row */
  bool of_event;
  int64_t at_ms;    /* of the event */
  int64_t since_ms; /* onset of its finding, if that is another time; 0 */
  enum severity severity;
  bool change;
  char *text;
  char *earlier; /* of an event: the earlier ones of its finding, a line each */
  size_t target_index;
  char *table, *key; /* NULL: the target itself */
};

/* The figure of a chart: a cell, found again at each frame. */
struct chart_page {
  char *title;
  size_t target_index;
  char *table, *key;
  size_t column;
};

/* The list of pages: whose, and which one is selected. */
struct page_list {
  size_t target_index;
  char *table, *key, *label; /* NULL: the target itself */
  size_t at;
};

struct columns_item {
  size_t column;
  bool shown;
  int width; /* 0: as the values need */
};

/* The chooser: the table, and all of its columns in their order. */
struct columns_page {
  char *table; /* id */
  size_t target_index, column_count;
  char name[COLUMN_CHOICE_ID_MAX]; /* "postgres.sessions" */
  struct columns_item items[COLUMNS_MAX];
  size_t count, at;
  int widths[COLUMNS_MAX]; /* of the columns, as they were on the screen */
  bool changed;            /* and not saved */
};

enum { NOTICE_MAX = 320, VIEW_WIDTH_LEAST = 30, VIEW_HEIGHT_LEAST = 6 };

struct view {
  char *user;
  struct keymap *keymap; /* ui/view/keys/keymap.h */
  struct pane *panes[LAYOUT_PANES_MAX];
  size_t pane_count, focus;
  int widths[LAYOUT_PANES_MAX]; /* inside, as last drawn */
  enum pane_room rooms[LAYOUT_PANES_MAX];
  struct layout_hold hold;              /* the places of the panes */
  struct pane *opened[MODEL_PAGES_MAX]; /* of the model's open pages; the last one is focused */
  size_t opened_count;
  struct pane *findings; /* the list of findings */
  bool listing;          /* it is shown instead of the panes */
  int listing_width;     /* inside, as last drawn */
  struct page_list list;
  size_t row_pages, pages; /* of the selected row, and with its target's, as last drawn */
  int opened_width;        /* of the open page, inside, as last drawn */
  uint64_t copied;         /* the row that was copied last; 0: none */
  enum view_page page, page_before_help, page_before_log, page_before_list, page_before_chart,
      page_before_runbooks, page_before_history;
  size_t runbook_at; /* the selected one of the list */
  bool runbook_run;  /* the one that is shown is a run, as last drawn */
  int abandoning;    /* 1: the key before this one asked to abandon the run that is shown */
  struct detail detail;
  struct chart_page chart;
  struct wall wall;
  struct columns_page columns;
  struct columns_choices choices;
  char *columns_path;    /* of the user's file; NULL: there is no place for it */
  uint64_t columns_hash; /* of its text, as it was read or written last; 0: there was none */
  struct log_view log;
  struct history history;
  const char *(*no_logs)(const struct model *model, const struct subject *subject);
  int scroll;       /* of the details or the help */
  int page_height;  /* lines of them that are visible */
  int page_lines;   /* total lines */
  struct hits hits; /* of the lists that are no panes, as last drawn */
  bool utc, zoomed, paused;
  bool listed;         /* one of several environments: Esc and q lead to their list */
  bool touched;        /* a key was pressed: from then on the focus is where a person puts it */
  size_t head_lines;   /* of findings in the header */
  int64_t head_ms;     /* when they were last needed */
  bool has_findings;   /* some count and are not silenced, as last drawn */
  bool has_silenced;   /* some are silenced, as last drawn */
  bool opened_sorts;   /* the open page has named orders */
  bool opened_windows; /* its figures count from a mark on */
  bool has_logs;       /* the selection has, as last drawn */
  bool acts;           /* there are actions for the selection, as last drawn */
  bool typing;         /* the filter of the focused pane is being typed */
  bool help_typing;    /* what the help is searched for is being typed */
  char help_filter[PANE_FILTER_MAX]; /* only its lines with this text; "": all */
  bool help_part;                /* the heading above the line has it: its whole part is shown */
  bool saving;                   /* the name of a file is being typed, in `command` */
  bool commanding;               /* a line after `:` is being typed */
  char command[DIALOG_TEXT_MAX]; /* the name of the file */
  struct command_line *command_line; /* ui/view/command/command_line.h */
  const char *const *commands;       /* names after `:`; NULL-terminated, may be NULL */
  struct dialog dialog;
  struct alarm_form alarm; /* a finding is being acknowledged or silenced */
  int64_t paused_ms;
  char notice[NOTICE_MAX]; /* until the next key */
  struct arena arena;      /* texts that the last request borrows */
};

static inline struct pane *view_focused(const struct view *view) {
  if (view->opened_count > 0)
    return view->opened[view->opened_count - 1];
  if (view->listing)
    return view->findings;
  return view->pane_count ? view->panes[view->focus] : NULL;
}

/* The moment that is shown. */
static inline int64_t view_now(const struct view *view, int64_t now_ms) {
  return view->paused ? view->paused_ms : now_ms;
}

/* The keys of the configuration, or those of the table. */
void view_keys_set(struct view *view, const struct view_options *options);
/* Makes the panes those that the model asks for. */
void view_sync_panes(struct view *view, const struct model *model);
/* Whether the selection has logs. */
bool view_has_logs(const struct view *view, const struct frame *frame);
/* Builds the focused pane, which may be an open page or the list of findings, as it was last drawn.
 */
void view_build_focused(struct view *view, const struct frame *frame);

/* The bottom line: a notice, the filter as it is typed, or the keys that work here and now. */
void footer_draw(const struct view *view, const struct frame *frame, int y);

/* A key while the filter is typed; true when it belonged to the text. Other keys are handled as
 * usual. */
bool filter_key(struct view *view, struct pane *pane, struct key key);

void detail_fini(struct detail *detail);
/* Copies the subject of the line. */
void detail_set(struct detail *detail, const struct frame *frame, const struct line *line);
/* Draws the details into the area, which has a border. */
void detail_draw(struct view *view, const struct frame *frame, struct rect area);
/* The head and the time line of the current incident. */
void incident_draw(struct view *view, const struct frame *frame, struct rect area);
/* The history of events, and its filter as it is typed. */
void history_draw(struct view *view, const struct frame *frame, struct rect area);
void history_typing_draw(const struct view *view, const struct frame *frame, int y);
void chart_fini(struct chart_page *chart);
void chart_draw(struct view *view, const struct frame *frame, struct rect area);
