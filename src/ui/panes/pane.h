/* A pane: a titled box with lines, one of which is selected.
 *
 * What a kind of pane shows is its class (one file, and one line in panes.def): the list of its
 * lines and how one is drawn. Everything else is the same for all and lives in pane.c: the box,
 * scrolling, and the selection, which follows its line by identity. Lines point into the model:
 * they are made anew in each call and dropped at its end. */
#pragma once

#include "ui/draw/frame.h"
#include "ui/panes/marks.h"
#include "ui/table/pairs.h"
#include "ui/table/rows.h"

enum {
  PANE_FILTER_MAX = 64,   /* bytes of a filter */
  PANE_TABLES_MAX = 32,   /* tables of a kind; others are not shown */
  PANE_TOGGLES_MAX = 128, /* rows opened or closed by hand; the oldest is forgotten */
  PANE_ID_MAX = 40,
};

enum line_kind {
  LINE_TARGET,  /* the head of one of several targets, or what keeps one from being seen */
  LINE_SUMMARY, /* pairs of a summary table */
  LINE_TITLE,   /* of a further table */
  LINE_HEADING, /* titles of columns */
  LINE_ROW,
  LINE_EMPTY, /* "no sessions" */
  LINE_EVENT,
};

struct line {
  enum line_kind kind;
  bool selectable;
  size_t target_index;
  const struct table *table;
  struct ordered_row row; /* ROW, SUMMARY */
  int part;               /* SUMMARY, EVENT: which of its lines */
  bool named;             /* TARGET: bears the target's name */
  const char *text;       /* TARGET: what is wrong; EVENT: what happened; or a further line of it */
  size_t left_out;        /* TARGET: rows that had no room in the overview */
  const struct event *event;  /* EVENT */
  const char *table_id, *key; /* the identity, with the target_index; may be NULL */
};

struct lines {
  struct line *items;
  size_t count, capacity;
};

/* What is selected, and where it was when it was last seen. */
struct selection {
  bool picked; /* a person works on the pane: the row stays selected; else the first one is */
  size_t target_index;
  char *table, *key;
  size_t index; /* in the lines */
  bool seen;    /* there was a line to select */
  bool wanted;  /* what is selected next is picked */
};

/* What is remembered of a table, and where its figures stand in this frame. */
struct pane_table {
  struct columns_memory memory;
  int sort_column; /* -1: as collected */
  bool inverted;
  bool tree; /* a row has children */
  struct columns columns;
  struct pairs pairs; /* of a summary */
};

struct pane_toggle {
  uint64_t row; /* a hash of its identity */
  bool open;
};

struct rect {
  int x, y, width, height;
};

struct pane_class;

struct pane {
  const struct pane_class *class;
  char id[PANE_ID_MAX]; /* the kind of the targets, or the class' own */
  char title[PANE_ID_MAX];
  int number; /* its key; 0: none is left */
  struct lines lines;
  int feet; /* lines that `foot` has to say, as of the last build */
  int body; /* lines inside that the class may fit its lines to; 0: as many as it likes */
  int page; /* lines of the part that scrolls, as last drawn */
  size_t scroll, pinned; /* lines above the view of those that move; lines that never move */
  struct selection selection;
  struct marks marks;
  char filter[PANE_FILTER_MAX];
  size_t filter_matches, filter_total;
  struct pane_table *tables[PANE_TABLES_MAX];
  size_t table_count;
  struct pane_toggle toggles[PANE_TOGGLES_MAX];
  size_t toggle_count, toggle_next;
  int need; /* lines it would fill, with a memory as columns have it */
  int64_t need_until_ms;
  enum severity weight; /* its severity as the layout sees it, held likewise */
  int64_t weight_until_ms;
};

struct pane_list; /* ui/panes/pane_list.h */

/* What a pane's title says. */
struct pane_verdict {
  enum severity severity;
  bool stale;    /* nothing here may look healthy */
  char text[64]; /* "3/4 ok", "ok", "down 14s" */
};

/* How much there is to be shown. */
enum pane_room {
  PANE_TIGHT,  /* a few lines: no headings */
  PANE_SMALL,  /* one line for a summary */
  PANE_NORMAL, /* one pane among others */
  PANE_WIDE,   /* the whole screen */
};

struct pane_class {
  const char *id;
  int need_most; /* lines beyond which it does not compete with other panes; 0: no limit */
  bool spreads;  /* has its lines made again for the room it got, and takes what is left of it */
  /* Calls pane_wanted for each pane of this class that the model asks for, in order. */
  void (*list)(const struct model *model, struct pane_list *list);
  /* Appends the lines to pane->lines and sets pane->pinned. width: cells of a line. */
  void (*build)(struct pane *pane, const struct frame *frame, int width, enum pane_room room);
  void (*verdict)(const struct pane *pane, const struct frame *frame, struct pane_verdict *verdict);
  /* Figures at the right of the upper border, of which `width` cells are free; returns the cells
   * that were used. May be NULL. */
  int (*headline)(struct pane *pane, const struct frame *frame, int right, int y, int width);
  void (*draw_line)(struct pane *pane, const struct frame *frame, const struct line *line, int x,
                    int y, int width);
  /* Draws something of use into what the lines leave free, where the pane has the screen. May be
   * NULL. */
  void (*fill)(struct pane *pane, const struct frame *frame, struct rect rect);
  /* Draws what belongs to the end of the pane (notes) into at most `lines` lines that end above y;
   * returns the lines used. May be NULL. */
  int (*foot)(struct pane *pane, const struct frame *frame, int x, int y, int width, int lines);
};

/* In ui/panes/panes.def. */
extern const struct pane_class *const pane_classes[];
extern const size_t pane_class_count;

void pane_init(struct pane *pane, const struct pane_class *class, const char *id,
               const char *title);
void pane_fini(struct pane *pane);

/* Makes the lines for a pane of that inner width, and finds the selection among them. *gone (may be
 * NULL) is set when a selected line is no more and its neighbour is selected instead. */
void pane_build(struct pane *pane, const struct frame *frame, int width, enum pane_room room,
                bool *gone);
/* Drops what points into the model. */
void pane_release(struct pane *pane);
/* How many lines it would like, held for a while. After pane_build. */
int pane_need(struct pane *pane, const struct frame *frame);

enum pane_look {
  PANE_TOP = 1 << 0,    /* nothing above: its upper border has corners */
  PANE_BOTTOM = 1 << 1, /* nothing below: it draws its lower border; else that is the next pane's
                           upper one */
  PANE_FOCUSED = 1 << 2,
  PANE_ZOOMED = 1 << 3,
  PANE_ALONE = 1 << 4, /* nothing but the events beside it: what it leaves free is filled */
};

/* Draws the box and the lines into `rect`; pane_build comes before, for a width
 * that is less by the two borders. */
void pane_draw(struct pane *pane, const struct frame *frame, struct rect rect, unsigned look);

/* Appends a line; returns it, zeroed but for its kind. */
struct line *pane_line(struct pane *pane, enum line_kind kind);
/* What is remembered of a table; NULL beyond PANE_TABLES_MAX. */
struct pane_table *pane_table(struct pane *pane, const char *id);
/* Whether a row's children are shown; without a toggle, `by_default`. */
bool pane_row_is_open(const struct pane *pane, size_t target_index, const char *table,
                      const char *key, bool by_default);
void pane_row_toggle(struct pane *pane, size_t target_index, const char *table, const char *key,
                     bool open);

/* Whether a line of that identity is the one that a person picked. */
bool pane_is_selected(const struct pane *pane, size_t target_index, const char *table,
                      const char *key);
/* The selected line; NULL when none can be selected. */
const struct line *pane_selected(const struct pane *pane);
/* A hash of the identity of the selected line, as of the last build. */
uint64_t pane_selection_identity(const struct pane *pane);
/* Selects the line and keeps its identity. */
void pane_select(struct pane *pane, size_t index, bool picked);
/* A person works on the pane from now on: what is selected, as it was last drawn, stays selected
 * wherever it moves; where nothing was drawn yet, what is drawn first. */
void pane_pin(struct pane *pane);
/* Moves by `count` selectable lines, to the ends at the most. */
void pane_move(struct pane *pane, int count);
/* Position among the lines that can be selected, but for summaries: from 1; 0 before the first. */
size_t pane_position(const struct pane *pane, size_t *total);
