/* Dialogs: the menu of actions and what an operation asks and shows, over the panes.
 *
 * What a dialog is about lies in model->operations and is the pipeline's; what belongs to the eye
 * and the fingers lies here, and begins anew whenever the dialog is about something else. One kind
 * of dialog is one file: it fills a page and says what keys do. No key in here changes anything: it
 * becomes a request, and the pipeline judges it again. */
#pragma once

#include "ui/frame.h"
#include "ui/view.h"

enum {
  DIALOG_TEXT_MAX = 512,   /* bytes of a field */
  DIALOG_FIELDS_MAX = 16,  /* parameters of an action */
  DIALOG_QUIET_MS = 300,   /* without a key before the one that acts */
  DIALOG_LINES_MAX = 4000, /* of a page; what is beyond says so */
  DIALOG_NOTICE_MAX = 120,
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
};

struct dialog {
  enum dialog_kind kind;
  uint32_t operation; /* that it is about */
  int64_t phase_ms;   /* when its phase began, as the operation says */
  int64_t opened_ms;
  int64_t key_ms; /* of the last key in it; at first when it opened */
  size_t selected;
  int scroll, height, lines;                       /* of the page, as last drawn */
  bool follow;                                     /* the selected line is to be seen */
  int selected_line, selected_lines;               /* on the page, as last drawn */
  char fields[DIALOG_FIELDS_MAX][DIALOG_TEXT_MAX]; /* FORM; [0]: the phrase, the filter */
  bool typing;                                     /* CHOICE: the filter */
  char **checked;                                  /* CHOICE: keys, owned */
  size_t checked_count;
  char notice[DIALOG_NOTICE_MAX]; /* until the next key */
};

/* A line of the page. */
struct dialog_line {
  unsigned style;
  int indent;
  const char *text; /* sanitised, fits */
  const char *left; /* before it, in the style of a key: "T", "[x]"; or NULL */
  bool selected;
};

struct dialog_page {
  const struct frame *frame;
  struct dialog *dialog;
  const struct operation *operation; /* NULL: the menu */
  struct dialog_line *lines;
  size_t count;
  int width; /* cells of a line */
  bool used; /* the key was the dialog's own, although nothing is asked for */
};

void dialog_fini(struct dialog *dialog);
/* Makes it what the model asks for. */
void dialog_sync(struct dialog *dialog, const struct model *model, int64_t now_ms);
static inline bool dialog_is_open(const struct dialog *dialog) {
  return dialog->kind != DIALOG_NONE;
}
void dialog_draw(struct dialog *dialog, const struct frame *frame);
/* *handled false: a key for everywhere (Ctrl-L, Ctrl-Z). */
struct request dialog_key(struct dialog *dialog, const struct frame *frame, struct key key,
                          bool *handled);
/* When it changes by time alone. */
int64_t dialog_next_ms(const struct dialog *dialog, const struct model *model, int64_t now_ms);

/* ---- for the files of the kinds */

/* A text over as many lines as it takes; the first has `left` before it. */
void page_text(struct dialog_page *page, unsigned style, int indent, const char *left,
               const char *text);
void page_printf(struct dialog_page *page, unsigned style, int indent, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void page_blank(struct dialog_page *page);
/* The lines added from `from` on are the selected ones. */
void page_select(struct dialog_page *page, size_t from);

struct dialog_class {
  const char *keys; /* the last line: what keys do */
  /* Words for the border. */
  void (*title)(const struct dialog_page *page, char *out, size_t size);
  void (*build)(struct dialog_page *page);
  /* Lines below the page that do not scroll. May be NULL. */
  void (*foot)(struct dialog_page *page);
  struct request (*key)(struct dialog_page *page, struct key key);
};

extern const struct dialog_class dialog_menu, dialog_form, dialog_survey, dialog_choice,
    dialog_plan, dialog_run, dialog_end;

/* Whether the time since the last key is long enough for a key that acts. */
static inline bool dialog_is_quiet(const struct dialog *dialog, int64_t now_ms) {
  return now_ms - dialog->key_ms >= DIALOG_QUIET_MS;
}
void dialog_say(struct dialog *dialog, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool dialog_checked(const struct dialog *dialog, const char *key);
void dialog_check(struct dialog *dialog, const char *key, bool checked);
