/* The whole screen: what it shows of a model, and what keys do to it.
 *
 * A view draws any model on any canvas, and knows neither curses nor a collector. It keeps what
 * belongs to the eye: the focused pane, the selected row of each (by key, so that it stays when
 * rows move), sort order, filter, zoom, the open help. It keeps no pointer into the model between
 * two calls. What reaches beyond the screen is a request to the caller. */
#pragma once

#include "core/model.h"
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
};

struct request {
  enum request_kind kind;
};

struct view *view_new(const struct view_options *options);
void view_free(struct view *view);

/* Draws everything; `canvas` may have another size than the last time. A paused view draws the
 * ages of the moment at which it was paused; the model is the caller's to hold still. */
void view_draw(struct view *view, const struct model *model, int64_t now_ms, struct canvas *canvas);
/* What the key does. The screen may have changed: draw again. */
struct request view_key(struct view *view, const struct model *model, int64_t now_ms,
                        struct key key);
/* When what is drawn changes by time alone (an age, a clock): draw again at that time at the
 * latest, even without news. */
int64_t view_next_ms(const struct view *view, const struct model *model, int64_t now_ms);
