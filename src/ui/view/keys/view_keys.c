#include "ui/view/keys/view_keys.h"

#include "ui/view/command/command_line.h"
#include "ui/view/draw/help.h"
#include "ui/view/keys/key_words.h"
#include "ui/view/keys/keymap.h"
#include "ui/view/keys/view_mouse.h"
#include "ui/view/screens/view_events.h"
#include "ui/view/screens/view_log.h"
#include "ui/view/screens/view_runbooks.h"
#include "ui/view/view.h"
#include "ui/view/view_act.h"
#include "ui/view/view_copy.h"
#include "ui/view/view_place.h"
#include "ui/view/view_wall.h"

#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};

/* R restarts in other programs: where no action has the capital of the key, it is the same key. */
static bool is_capital_of_runbooks(const struct keys *keys) {
  char name[KEY_TEXT_MAX];
  view_key_name(keys->view, "runbooks-show", name);
  return keys->key.code == KEY_CODE_RUNE && name[0] >= 'a' && name[0] <= 'z' && !name[1] &&
         keys->key.rune == (uint32_t)(name[0] - 'a' + 'A');
}

static struct request dispatch(struct keys *keys) {
  enum key_place place = view_place(keys->view);
  for (size_t i = 0; i < view_binding_count; i++) {
    const struct binding *binding = &view_bindings[i];
    if ((binding->places & place) && keymap_has(keys->view->keymap, i, keys->key))
      return binding->run(keys, binding->argument);
  }
  if (place == PLACE_WALL)
    view_wall_hint(keys->view);
  if (!(place & PLACE_ACTS))
    return nothing;
  return is_capital_of_runbooks(keys) && !act_has_key(keys) ? run_runbooks(keys, 0)
                                                            : act_by_key(keys);
}

/* Ctrl-L and Ctrl-Z work in every text field. */
static bool is_for_everywhere(struct key key) {
  return key.code == KEY_CODE_CTRL && (key.rune == 'l' || key.rune == 'z');
}

/* An open dialog gets all keys; a key that was pressed for the previous screen never reaches it: it
 * is brought up to date with the model first. */
static struct request key_handle(struct keys *keys) {
  struct view *view = keys->view;
  if (key_is_mouse(keys->key))
    return view_mouse(keys);
  if (dialog_is_open(&view->dialog)) {
    struct frame frame = *keys->frame;
    bool handled;
    frame.now_ms = frame.clock_ms; /* operations continue while the panes are paused */
    struct request request = dialog_key(&view->dialog, &frame, keys->key, &handled);
    return handled ? request : dispatch(keys);
  }
  if (view->alarm.open && !is_for_everywhere(keys->key))
    return alarm_form_key(&view->alarm, keys->frame->arena, keys->key);
  if (view->saving && !is_for_everywhere(keys->key))
    return save_key(keys);
  if (view->commanding && !is_for_everywhere(keys->key))
    return command_line_key(keys);
  if (view->page == PAGE_LOG && view->log.typing && !is_for_everywhere(keys->key)) {
    bool taken;
    struct request request = view_log_typing(keys, &taken);
    if (taken)
      return request;
  }
  if (view->page == PAGE_HELP && view->help_typing && !is_for_everywhere(keys->key) &&
      help_key(view, keys->key))
    return nothing;
  if (view->page == PAGE_EVENTS && view->history.typing && !is_for_everywhere(keys->key)) {
    bool taken;
    struct request request = history_typing_key(keys, &taken);
    if (taken)
      return request;
  }
  if (view->typing && keys->pane && filter_key(view, keys->pane, keys->key))
    return nothing;
  return dispatch(keys);
}

struct request view_key(struct view *view, const struct model *model, int64_t now_ms,
                        struct key key) {
  struct arena *arena = &view->arena; /* texts that a request borrows live until the next key */
  arena_fini(arena);
  arena_init(arena, FRAME_BYTES_MAX);
  struct frame frame = {.model = model,
                        .now_ms = view_now(view, now_ms),
                        .utc = view->utc,
                        .arena = arena,
                        .clock_ms = now_ms};
  view_sync_panes(view, model);
  view->touched = true;
  view->command_line->ran = false;
  view->wall.key_ms = now_ms;
  view_runbooks_sync(view, model);
  *view->notice = '\0';
  view->abandoning -= view->abandoning > 0;
  struct keys keys = {view, &frame, view_focused(view), key, false};
  uint64_t before = keys.pane ? pane_selection_identity(keys.pane) : 0;
  if (keys.pane && !view->typing)
    pane_pin(keys.pane);
  view_build_focused(view, &frame);
  keys.moved = keys.pane && pane_selection_identity(keys.pane) != before;
  dialog_sync(&view->dialog, model, now_ms);
  struct request request = view_wall_guard(view, key, key_handle(&keys));
  if (keys.pane)
    pane_release(keys.pane);
  if (view_focused(view) != keys.pane)
    pane_pin(view_focused(view));
  return request;
}

/* ---- the keys that actions may have */

static bool key_taken(const struct keymap *map, uint32_t rune, struct err *err) {
  const struct key key = {KEY_CODE_RUNE, rune};
  for (size_t i = 0; i < view_binding_count; i++)
    if (view_bindings[i].places & PLACE_ACTS && keymap_has(map, i, key))
      return !err_set(err, ERR_INVALID, "%c is taken: %s", (int)rune, view_bindings[i].help);
  return false;
}

bool view_action_key_check(const struct key_setting *settings, size_t count, uint32_t key,
                           struct err *err) {
  struct keymap map;
  struct err ignored; /* a setting that is wrong has an error of its own */
  if (key < 'A' || key > 'Z')
    return err_set(err, ERR_INVALID, "is not a capital letter");
  keymap_init(&map);
  for (size_t i = 0; i < count; i++)
    if (!keymap_set(&map, &settings[i], &ignored))
      continue;
  const bool taken = key_taken(&map, key, err);
  keymap_fini(&map);
  return !taken;
}

bool view_action_keys_check(const struct action_spec *const *specs, struct err *err) {
  for (const struct action_spec *const *spec = specs; *spec; spec++) {
    uint32_t key = (*spec)->key;
    struct err why;
    if (key == 0)
      continue;
    if (!view_action_key_check(NULL, 0, key, &why))
      return err_set(err, ERR_INVALID, "%s: its key %s", (*spec)->id, why.text);
    for (const struct action_spec *const *other = specs; other != spec; other++)
      if ((*other)->key == key && strcmp((*other)->kind, (*spec)->kind) == 0)
        return err_set(err, ERR_INVALID, "%s and %s have the same key %c", (*other)->id,
                       (*spec)->id, (int)key);
  }
  return true;
}

bool view_keys_check(const struct key_setting *settings, size_t count, size_t index,
                     const struct action_spec *const *specs, struct err *err) {
  struct keymap map;
  struct err ignored;
  keymap_init(&map);
  bool good = true;
  for (size_t i = 0; i < count; i++) { /* another one that is wrong has an error of its own */
    const bool set = keymap_set(&map, &settings[i], i == index ? err : &ignored);
    good = good && (set || i != index);
  }
  good = good && keymap_check(&map, &settings[index], specs, err);
  keymap_fini(&map);
  return good;
}
