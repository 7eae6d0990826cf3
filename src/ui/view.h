/* The whole screen: what it shows of a model, and what keys do to it.
 *
 * A view draws any model on any canvas, and knows neither curses nor a collector. It keeps what
 * belongs to the eye: the focused pane, the selected row of each (by key, so that it stays when
 * rows move), sort order, filter, zoom, the open help. It keeps no pointer into the model between
 * two calls. What reaches beyond the screen is a request to the caller. */
#pragma once

#include "model/model.h"
#include "ui/canvas.h"
#include "ui/key.h"

struct view;

struct view_options {
  bool utc;         /* times in UTC, else in the local zone */
  const char *user; /* "ops@bastion1", for the header; NULL: nothing */
};

enum request_kind {
  REQUEST_NONE,
  REQUEST_QUIT,
  REQUEST_SUSPEND,     /* Ctrl-Z */
  REQUEST_REPAINT,     /* Ctrl-L: the terminal's content is not to be trusted */
  REQUEST_COLLECT_NOW, /* Ctrl-R */
  REQUEST_PAUSE,       /* z: collecting stops; the screen keeps showing the moment of the pause */
  REQUEST_RESUME,
  /* Operations (model/operation.h). The pipeline checks each request again. */
  REQUEST_MENU,       /* `a`: what can be done to `subject`; fills operations.offers */
  REQUEST_MENU_CLOSE, /* Esc in it */
  REQUEST_ACT,        /* begin `action` for `subject`: no more than a plan comes of it */
  REQUEST_FORM,       /* the front operation's parameters: texts[param_count] */
  REQUEST_CHOOSE,     /* the picked rows of the survey: their keys in texts */
  REQUEST_AGREE,      /* to the front operation's plan: text is what was typed, "y" or the phrase */
  REQUEST_REPLAN,     /* make it again from fresh data */
  REQUEST_CANCEL,     /* EXECUTE: stop at the next safe point */
  REQUEST_DISMISS,    /* the front operation's dialog goes; what has not begun is given up, what
                         runs goes on behind */
  REQUEST_FRONT,      /* show the dialog of an operation that runs behind; `operation` is its id */
  REQUEST_UNDO,       /* begin what takes the front (or the last) operation back */
  REQUEST_COPY,       /* text to the clipboard of the terminal (OSC 52) */
  REQUEST_COMMAND,    /* a line typed after `:`, in text */
};

/* Texts and keys are borrowed from the view until its next call. */
struct request {
  enum request_kind kind;
  const struct action_spec *action;
  struct subject subject;
  const char *text;
  const char *const *texts;
  size_t text_count;
  uint32_t operation;
};

struct view *view_new(const struct view_options *options);
void view_free(struct view *view);

/* Draws everything; `canvas` may have another size than the last time. A paused view draws the
 * ages of the moment at which it was paused; the model is the caller's to hold still. */
void view_draw(struct view *view, const struct model *model, int64_t now_ms, struct canvas *canvas);
/* What the key does. The screen may have changed: draw again. */
struct request view_key(struct view *view, const struct model *model, int64_t now_ms,
                        struct key key);
/* Says something in the bottom line until the next key; the text is cut to what a line holds. */
void view_notice(struct view *view, const char *text);
/* When what is drawn changes by time alone (an age, a clock): draw again at that time at the
 * latest, even without news. */
int64_t view_next_ms(const struct view *view, const struct model *model, int64_t now_ms);

/* Whether each action's key is a capital letter that no key of the view is, and one of its kind's.
 * False with err that names the first one that is not. specs: NULL-terminated. */
bool view_action_keys_check(const struct action_spec *const *specs, struct err *err) MUST_CHECK;
