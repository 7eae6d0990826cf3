/* The whole screen: what it shows of a model, and what keys do to it.
 *
 * A view draws any model on any canvas, and knows neither curses nor a collector. It keeps what
 * belongs to the eye: the focused pane, the selected row of each (by key, so that it stays when
 * rows move), sort order, filter, zoom, the open help. It keeps no pointer into the model between
 * two calls. What reaches beyond the screen is a request to the caller. */
#pragma once

#include "model/model.h"
#include "model/request.h"
#include "ui/draw/canvas.h"
#include "ui/terminal/key.h"

struct view;

struct view_options {
  bool utc;         /* times in UTC, else in the local zone */
  const char *user; /* "ops@bastion1", for the header; NULL: nothing */
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
