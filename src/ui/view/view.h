/* The whole screen: how it shows a model, and how it handles keys.
 *
 * A view draws any model on any canvas, and depends neither on curses nor on a collector. It keeps
 * the state of the display: the focused pane, the selected row of each (by key, so that it stays
 * when rows move), sort order, filter, zoom, the open help. It keeps no pointer into the model
 * between two calls. Everything beyond the screen is a request to the caller. */
#pragma once

#include "model/action/request.h"
#include "model/config/key_setting.h"
#include "model/model.h"
#include "ui/draw/canvas.h"
#include "ui/terminal/key.h"

struct view;

struct view_options {
  bool utc;         /* times in UTC, otherwise in the local zone */
  const char *user; /* "ops@bastion1", for the header; NULL: nothing */
  /* Why there are no logs for the rows: a sentence, static or of the model; NULL: there are some.
   * NULL: nothing has logs. */
  const char *(*no_logs)(const struct model *model, const struct subject *subject);
  const struct key_setting *keys; /* of the configuration, checked; borrowed for the call */
  size_t key_count;
  bool wall;                   /* for a wall display */
  int64_t wall_rotate_ms;      /* 0: WALL_ROTATE_MS */
  const char *const *commands; /* names after `:`, for Tab; NULL-terminated, static; may be NULL */
};

struct view *view_new(const struct view_options *options);
void view_free(struct view *view);

/* Draws everything; `canvas` may have another size than the last time. A paused view draws the ages
 * of the moment at which it was paused; the caller keeps the model unchanged. */
void view_draw(struct view *view, const struct model *model, int64_t now_ms, struct canvas *canvas);
/* Handles the key. The screen may have changed: draw again. */
struct request view_key(struct view *view, const struct model *model, int64_t now_ms,
                        struct key key);
/* Shows the text in the bottom line until the next key; the text is cut to the width of a line.
 * "{screen-pause}" in it, a name of `keys:`, becomes the key that it has; also in the reasons
 * below. */
void view_notice(struct view *view, const char *text);
/* The columns of tables that the user has saved in the file `path`, which REQUEST_COLUMNS_SAVE
 * writes; text: its contents, NULL if there is none. What is wrong in it is a notice. Again: what
 * is chosen on the screen stays unless the file has changed. */
void view_columns_load(struct view *view, const char *path, const char *text, size_t len);
/* The line after `:` that was just requested was not run: it stays to be corrected, with the reason
 * above it. */
void view_command_wrong(struct view *view, const char *text);
/* The last key was the one that requested it. */
bool view_command_was_last(const struct view *view);
/* A line for the history of `:`, the oldest first. */
void view_history_add(struct view *view, const char *line);
/* Opens the page of model->incident_lines. */
void view_incident(struct view *view);
bool view_shows_incident(const struct view *view);
/* The picture of --wall is shown: what was opened behind it can be closed. */
bool view_shows_wall(const struct view *view);
/* When the screen next changes without new data (an age, a clock): draw again at that time at the
 * latest. */
int64_t view_next_ms(const struct view *view, const struct model *model, int64_t now_ms);

/* Whether a key is one that an action may have: a capital letter that no key of the view is, as the
 * settings have them. */
bool view_action_key_check(const struct key_setting *settings, size_t count, uint32_t key,
                           struct err *err) MUST_CHECK;
/* Whether each action has such a key, by default, and a unique one within its kind. False with err
 * that names the first one that has not. specs: NULL-terminated. */
bool view_action_keys_check(const struct action_spec *const *specs, struct err *err) MUST_CHECK;
/* Whether the entry `index` of `keys:` is right, given the others: a known name, keys that exist,
 * and none that another name or an action has in the same place. specs: all actions with the keys
 * that they have now, NULL-terminated. */
bool view_keys_check(const struct key_setting *settings, size_t count, size_t index,
                     const struct action_spec *const *specs, struct err *err) MUST_CHECK;
