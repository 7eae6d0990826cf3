/* A pane: a titled box with lines, one of which is selected.
 *
 * The content of a kind of pane is defined by its class (one file, and one line in panes.def): the
 * list of its lines and how one is drawn. All else is shared and is in pane.c: the box, scrolling,
 * and the selection, which follows its line by identity. Lines point into the model: they are
 * created in each call and dropped at its end. */
#pragma once

#include "ui/draw/frame.h"
#include "ui/panes/marks.h"
#include "ui/table/columns_choice.h"
#include "ui/table/pairs.h"
#include "ui/table/rows.h"

enum {
  PANE_FILTER_MAX = 64,   /* bytes of a filter */
  PANE_TABLES_MAX = 128,  /* tables of a kind, and tables of one target; others are not shown */
  PANE_TOGGLES_MAX = 128, /* rows opened or closed by hand; the oldest is forgotten */
  PANE_ID_MAX = 40,
  PANE_TITLE_MAX = 300,
};

enum line_kind {
  LINE_TARGET,  /* the head of one of several targets, or the error that hides one */
  LINE_SUMMARY, /* pairs of a summary table */
  LINE_TITLE,   /* of a further table */
  LINE_HEADING, /* titles of columns */
  LINE_ROW,
  LINE_EMPTY, /* "no sessions" */
  LINE_EVENT,
  LINE_FINDING,
};

struct line {
  enum line_kind kind;
  bool selectable;
  size_t target_index;
  const struct table *table;
  struct ordered_row row; /* ROW, SUMMARY; FINDING: of the row that it is about, if there is one */
  bool is_target;         /* ROW: the only one of its target, and named after it */
  int part;               /* SUMMARY, EVENT, FINDING: which of its lines */
  bool named;             /* TARGET: has the target's name */
  const char *text;       /* TARGET: what is wrong; EVENT: what happened; or a further line of it */
  size_t left_out;        /* TARGET: number of rows that did not fit in the overview */
  const struct event *event;     /* EVENT */
  const struct finding *finding; /* FINDING */
  const char *table_id, *key;    /* the identity, with the target_index; may be NULL */
  const char *id; /* FINDING: its identity instead of key, since a row may have several */
};

/* Whether it stands for a row of a table that is not a summary. */
static inline bool line_has_row(const struct line *line) {
  return line->kind == LINE_ROW || (line->kind == LINE_FINDING && line->row.row &&
                                    !(line->table->spec->flags & TABLE_SUMMARY));
}

struct lines {
  struct line *items;
  size_t count, capacity;
};

/* What is selected, and where it was when it was last seen. */
struct selection {
  bool picked; /* by a person: it stays on its row; otherwise it is on the first one */
  size_t target_index;
  char *table, *key;
  size_t index; /* in the lines */
  bool seen;    /* a line was selectable */
  bool wanted;  /* the next selection counts as picked */
};

/* The state kept for a table, and the columns of its values in this frame. */
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

struct pane_class;

/* A number that grows at once, and shrinks only to the greatest of the last while, so that the
 * screen does not jump. */
struct held {
  int now, before; /* the greatest of this interval, and of the one before */
  int64_t since_ms;
};

enum { PANE_CHARTS_MAX = 6 };

/* Lines inside that a pane would like to have. */
struct pane_need {
  int lines;
  enum severity severity;
  int urgent;      /* of these, the first ones: as far as the last line that is not OK */
  int chart_least; /* further lines that charts can use; 0: it has none */
  int chart_most;
  bool takes_rest; /* lines that nothing else can use are its */
};

struct pane {
  const struct pane_class *class;
  char id[PANE_ID_MAX]; /* the kind of the targets, or the class' own */
  char title[PANE_TITLE_MAX];
  size_t opened; /* it shows the open page of that number, from 1; 0: it is not a page's */
  int number;    /* its key; 0: none is free */
  struct lines lines;
  int feet;         /* number of lines for `foot`, as of the last build */
  int body;         /* lines inside that the class may lay its lines out for; 0: no limit */
  int page;         /* lines of the scrolling part, as last drawn */
  struct rect area; /* where it was last drawn; width 0: it was not */
  uint64_t *drawn;  /* identities of the lines there, from the top; 0: nothing to select */
  size_t drawn_count, drawn_capacity;
  size_t scroll, pinned; /* first visible line of the scrolling part; lines that never scroll */
  struct selection selection;
  const struct finding
      *worst; /* of this frame: what is selected until a person picks; may be NULL */
  struct marks marks;
  struct columns_choices *choices; /* the user's, for all panes; NULL: none */
  char filter[PANE_FILTER_MAX];
  size_t filter_matches, filter_total;
  struct pane_table *tables[PANE_TABLES_MAX];
  size_t table_count;
  struct pane_toggle toggles[PANE_TOGGLES_MAX];
  size_t toggle_count, toggle_next;
  unsigned order;                    /* of a class whose lines have several: FINDINGS_ORDERS */
  struct held need;                  /* lines it would fill */
  struct held urgent;                /* lines as far as the last one that is not OK */
  struct held weight;                /* its severity for the layout */
  uint64_t charted[PANE_CHARTS_MAX]; /* hashes of the rows whose charts it shows: they stay */
};

struct pane_list; /* ui/panes/pane_list.h */

/* The contents of a pane's title. */
struct pane_verdict {
  enum severity severity;
  bool stale;    /* must not look healthy */
  char text[64]; /* "3/4 ok", "ok", "down 14s" */
};

/* How much detail is shown. */
enum pane_room {
  PANE_TIGHT,  /* a few lines: no headings */
  PANE_SMALL,  /* one line for a summary */
  PANE_NORMAL, /* one pane among others */
  PANE_WIDE,   /* the whole screen */
};

struct pane_class {
  const char *id;
  int need_most; /* lines beyond which it does not compete with other panes; 0: no limit */
  bool spreads;  /* its lines are laid out again for its final height, and it takes the rest */
  /* Calls pane_wanted for each pane of this class that the model asks for, in order. */
  void (*list)(const struct model *model, struct pane_list *list);
  /* Appends the lines to pane->lines and sets pane->pinned. width: cells of a line. */
  void (*build)(struct pane *pane, const struct frame *frame, int width, enum pane_room room);
  void (*verdict)(const struct pane *pane, const struct frame *frame, struct pane_verdict *verdict);
  /* Values at the right of the upper border, of which `width` cells are free; returns the cells
   * that were used. May be NULL. */
  int (*headline)(struct pane *pane, const struct frame *frame, int right, int y, int width);
  void (*draw_line)(struct pane *pane, const struct frame *frame, const struct line *line, int x,
                    int y, int width);
  /* How many of its lines, from the first on, are needed to see all that is not OK. May be NULL. */
  int (*urgent)(const struct pane *pane, const struct frame *frame);
  /* Uses the space below the lines. zoomed: the pane has the whole screen. May be NULL. */
  void (*fill)(struct pane *pane, const struct frame *frame, struct rect rect, bool zoomed);
  /* The lines that `fill` needs at least, with *most those that it can use; 0: it has nothing to
   * show. May be NULL. */
  int (*fill_need)(struct pane *pane, const struct frame *frame, int width, int *most);
  /* Draws the notes at the end of the pane into at most `lines` lines that end above y; returns the
   * lines used. May be NULL. */
  int (*foot)(struct pane *pane, const struct frame *frame, int x, int y, int width, int lines);
};

/* In ui/panes/panes.def. */
extern const struct pane_class *const pane_classes[];
extern const struct pane_class pane_events;   /* of which there is one, for the key e */
extern const struct pane_class pane_findings; /* has no place among the panes: the key f shows it */
extern const size_t pane_class_count;
enum { FINDINGS_BY_HARM, FINDINGS_BY_AGE, FINDINGS_BY_TARGET, FINDINGS_ORDERS };

void pane_init(struct pane *pane, const struct pane_class *class, const char *id,
               const char *title);
void pane_fini(struct pane *pane);

/* Builds the lines for a pane of that inner width, and finds the selection among them. *gone (may
 * be NULL) is set when a selected line no longer exists and its neighbour is selected instead. */
void pane_build(struct pane *pane, const struct frame *frame, int width, enum pane_room room,
                bool *gone);
/* Drops all pointers into the model. */
void pane_release(struct pane *pane);
/* What it would like of the screen, with hysteresis; width: inside. After pane_build. */
struct pane_need pane_need(struct pane *pane, const struct frame *frame, int width);

enum pane_look {
  PANE_TOP = 1 << 0,    /* nothing above: its upper border has corners */
  PANE_BOTTOM = 1 << 1, /* nothing below: it draws its lower border; else that is the next pane's
                           upper one */
  PANE_FOCUSED = 1 << 2,
  PANE_ZOOMED = 1 << 3,
};

/* Draws the box and the lines into `rect`; call pane_build first, for a width that is smaller by
 * the two borders. */
void pane_draw(struct pane *pane, const struct frame *frame, struct rect rect, unsigned look);

/* Appends a line; returns it, zeroed but for its kind. */
struct line *pane_line(struct pane *pane, enum line_kind kind);
/* The state of a table; NULL beyond PANE_TABLES_MAX. */
struct pane_table *pane_table(struct pane *pane, const char *id);
/* The same; that of a TABLE_OWN table is its target's alone. */
struct pane_table *pane_table_of(struct pane *pane, size_t target_index,
                                 const struct table_spec *spec);
/* Whether a row's children are shown; `by_default` if it was not toggled. */
bool pane_row_is_open(const struct pane *pane, size_t target_index, const char *table,
                      const char *key, bool by_default);
void pane_row_toggle(struct pane *pane, size_t target_index, const char *table, const char *key,
                     bool open);

/* Whether a line of that identity is the one that a person picked. */
bool pane_is_selected(const struct pane *pane, size_t target_index, const char *table,
                      const char *key);
/* Whether it is a row that is marked, or the row of a marked target. */
bool pane_is_marked(const struct pane *pane, const struct model *model, const struct line *line);
/* The selected line; NULL when none is selectable. */
const struct line *pane_selected(const struct pane *pane);
/* A hash of the identity of the selected line, as of the last build. */
uint64_t pane_selection_identity(const struct pane *pane);
/* The same of a line; 0 if it is not selectable. */
uint64_t pane_line_identity(const struct line *line);
/* Selects the line and keeps its identity. */
void pane_select(struct pane *pane, size_t index, bool picked);
/* A person uses the pane from now on: the selection, as it was last drawn, stays on its row
 * wherever that moves; if nothing was drawn yet, on the first one that is drawn. */
void pane_pin(struct pane *pane);
/* Moves by `count` selectable lines, clamped to the ends. */
void pane_move(struct pane *pane, int count);
/* Selects the line of that row, table or target (table and key may be NULL); false: there is none.
 */
bool pane_select_row(struct pane *pane, size_t target_index, const char *table, const char *key);
/* Position among the selectable lines, not counting summaries: from 1; 0 before the first. */
size_t pane_position(const struct pane *pane, size_t *total);
