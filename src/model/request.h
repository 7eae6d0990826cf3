/* What a person asks for at the screen: the view makes requests of keys, app and the pipeline do
 * what they say. */
#pragma once

#include "model/operation.h"

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
                         runs continues in the background */
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
