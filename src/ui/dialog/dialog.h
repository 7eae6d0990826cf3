/* Dialogs: the menu of actions and the questions and results of an operation, over the panes.
 *
 * The content of a dialog is in model->operations and belongs to the pipeline; what belongs to the
 * display and the keyboard is here, and is reset whenever the dialog shows something else. One kind
 * of dialog is one file: it fills a page and has a table of keys. No key in here changes anything:
 * it becomes a request, and the pipeline checks it again. */
#pragma once

#include "model/action/request.h"
#include "ui/draw/hits.h"
#include "ui/terminal/key.h"

enum {
  DIALOG_TEXT_MAX = 512,       /* bytes of a field */
  DIALOG_FIELDS_MAX = 16,      /* parameters of an action */
  DIALOG_QUIET_MS = 300,       /* time without a key before the one that confirms */
  DIALOG_BYTES_MAX = 48 << 20, /* texts of a page that is kept: a plan has at most 16 MB */
  DIALOG_NOTICE_MAX = 160,
};

enum dialog_kind {
  DIALOG_NONE,
  DIALOG_MENU,
  DIALOG_FORM,
  DIALOG_SURVEY,
  DIALOG_CHOICE,
  DIALOG_PLAN,
  DIALOG_RUN, /* from the intent to the outcome */
  DIALOG_END,
  DIALOG_OUTPUT, /* of an operation that has ended */
  DIALOG_KINDS
};

struct dialog_page;

/* A line of the page: a text, or what `draw` draws for `item`. */
struct dialog_line {
  unsigned style;
  int indent;
  const char *text; /* sanitised, fits */
  const char *left; /* before it, in the style of a key: "> T", "[x]"; or NULL */
  void (*draw)(const struct dialog_page *page, size_t item, int x, int y, int width);
  size_t item;
  size_t choice; /* a click selects it: index + 1; 0: nothing */
};

struct dialog_lines {
  struct dialog_line *items;
  size_t count, capacity;
  int widest; /* cells */
};

struct choice;

struct dialog {
  enum dialog_kind kind;
  uint32_t operation; /* the one that it shows */
  int64_t phase_ms;   /* when its phase began, as the operation says */
  int64_t plan_ms;    /* when its plan was made; 0 without one */
  int64_t key_ms;     /* of the last key; initially when it opened */
  bool seen;   /* the last frame showed it, and everything that has to be read before confirming */
  bool agreed; /* confirmed; it is confirmed once */
  bool output; /* END: its output is shown in its place */
  size_t selected;
  int wrong;          /* FORM: the field that the operation's err is about, as last seen */
  int scroll, height; /* among the lines that scroll, as last drawn */
  bool follow;        /* the selected lines must be visible */
  size_t selected_line, selected_lines, pinned;
  struct dialog_lines lines, foot;
  struct arena arena; /* texts of a page that is kept from frame to frame */
  int built_width;    /* of that page; 0: none is kept */
  bool built_ascii;
  bool built_unrecorded; /* as the operation says: it may end while the page is shown */
  int width_held;        /* a box does not get narrower while it is open */
  char fields[DIALOG_FIELDS_MAX][DIALOG_TEXT_MAX]; /* FORM; [0]: the phrase, the filter */
  bool typing;                                     /* CHOICE: the filter; OUTPUT: the search */
  struct choice *choice;
  char notice[DIALOG_NOTICE_MAX]; /* until the next key */
};

void dialog_init(struct dialog *dialog);
void dialog_fini(struct dialog *dialog);
/* Makes it the one that the model asks for. */
void dialog_sync(struct dialog *dialog, const struct model *model, int64_t now_ms);
static inline bool dialog_is_open(const struct dialog *dialog) {
  return dialog->kind != DIALOG_NONE;
}
void dialog_draw(struct dialog *dialog, const struct frame *frame);
/* The keys that work in it, as the bottom line. */
void dialog_draw_keys(struct dialog *dialog, const struct frame *frame, int y);
/* *handled false: a key that works everywhere (Ctrl-L, Ctrl-Z). */
struct request dialog_key(struct dialog *dialog, const struct frame *frame, struct key key,
                          bool *handled);
/* Selects what was drawn there, and nothing more: a dialog confirms nothing by a click. */
void dialog_click(struct dialog *dialog, const struct hit *hit);
/* The time of its next change without an event. */
int64_t dialog_next_ms(const struct dialog *dialog, const struct model *model, int64_t now_ms);

/* ---- for the files of each kind */

struct dialog_page {
  const struct frame *frame;
  struct dialog *dialog;
  const struct operation *operation; /* NULL: the menu */
  struct dialog_lines *lines;
  struct arena *arena;
  int width; /* cells of a line */
  int hang;  /* indentation of the further lines of a text */
};

/* A text over as many lines as it needs; `left` is before the first one. `left` is static or in the
 * page's arena. */
void page_text(struct dialog_page *page, unsigned style, int indent, const char *left,
               const char *text);
void page_printf(struct dialog_page *page, unsigned style, int indent, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same on one line, cut where it does not fit. */
void page_cut(struct dialog_page *page, unsigned style, int indent, const char *left,
              const char *text);
void page_item(struct dialog_page *page,
               void (*draw)(const struct dialog_page *, size_t, int, int, int), size_t item);
void page_blank(struct dialog_page *page);
/* A click on the lines added from `from` on selects that one of the dialog's choices. */
void page_choice(struct dialog_page *page, size_t from, size_t choice);
/* The lines added from `from` on are the selected ones. */
void page_select(struct dialog_page *page, size_t from);

/* A row of a dialog's table of keys; the bottom line and the help are made from it. */
struct dialog_binding {
  enum key_code code;
  uint32_t rune;     /* RUNE, CTRL */
  const char *name;  /* "Enter" */
  const char *words; /* for the bottom line; NULL: not there */
  const char *help;  /* consecutive rows with the same belong together */
  struct request (*run)(struct dialog_page *page, int argument);
  int argument;
  /* Whether the bottom line offers it now; NULL: always. */
  bool (*offered)(const struct dialog_page *page);
};

struct dialog_class {
  const char *name; /* for the help: "A plan" */
  const struct dialog_binding *bindings;
  size_t binding_count;
  bool full;  /* as large as the screen allows */
  bool fixed; /* the page does not change while the dialog is open: it is laid out once per width */
  /* Words for the border. */
  void (*title)(const struct dialog_page *page, char *out, size_t size);
  void (*build)(struct dialog_page *page);
  /* Lines below the page that do not scroll: all of them must be visible to confirm. May be NULL.
   */
  void (*foot)(struct dialog_page *page);
  /* A key that is not looked up in the table: for a text field, or an action's own. True when it
   * was handled; *request is then the result, REQUEST_NONE before. May be NULL. */
  bool (*type)(struct dialog_page *page, struct key key, struct request *request);
};

/* By kind; NULL for DIALOG_NONE. */
extern const struct dialog_class *const dialog_classes[DIALOG_KINDS];
/* The scrolling keys of all but those that move a selection. */
extern const struct dialog_binding dialog_scroll_bindings[];
extern const size_t dialog_scroll_binding_count;

extern const struct dialog_class dialog_menu, dialog_form, dialog_survey, dialog_choice,
    dialog_plan, dialog_run, dialog_end, dialog_output;

/* Whether enough time has passed since the last key for one that confirms. */
static inline bool dialog_is_quiet(const struct dialog *dialog, int64_t now_ms) {
  return now_ms - dialog->key_ms >= DIALOG_QUIET_MS;
}
void dialog_say(struct dialog *dialog, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "ecap: terminate", or the plan's title once there is one. */
void dialog_title(const struct dialog_page *page, char *out, size_t size);
/* A request about the page's operation. */
struct request dialog_request(const struct dialog_page *page, enum request_kind kind);
/* The same as a binding. */
struct request dialog_ask(struct dialog_page *page, int kind);
/* As a binding: shows what is a page below (1) or above (-1). */
struct request dialog_page_scroll(struct dialog_page *page, int direction);
/* The next selected one of `count`. */
void dialog_move(struct dialog *dialog, int by, size_t count);

void choice_free(struct choice *choice);
