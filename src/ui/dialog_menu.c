/* The menu: what can be done to a row or a target, and why the rest cannot. */
#include "ui/dialog.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

enum { KEY_CELLS = 3, TITLE_CELLS = 26 };

static void menu_title(const struct dialog_page *page, char *out, size_t size) {
  const struct operations *operations = &page->frame->model->operations;
  snprintf(out, size, "What can be done: %s", operations->menu_title);
}

static void put_offer(struct dialog_page *page, const struct action_offer *offer, bool selected) {
  const struct action_spec *action = offer->action;
  size_t from = page->count;
  const char *key = action->key ? arena_printf(page->frame->arena, "%c", (char)action->key) : NULL;
  unsigned style = offer->why ? (unsigned)STYLE_DIM : STYLE_TEXT | STYLE_STRONG;
  page_text(page, style, KEY_CELLS, key,
            arena_printf(page->frame->arena, "%-*s  %s%s%s", TITLE_CELLS, action->title,
                         offer->why ? "not now: " : danger_name(action->danger),
                         offer->why ? offer->why : "", ""));
  if (selected) {
    page_text(page, STYLE_TEXT, KEY_CELLS + 2, NULL, action->what);
    page_printf(page, STYLE_DIM, KEY_CELLS + 2, "runs %s", action->runs);
    page_select(page, from);
  }
}

static void menu_build(struct dialog_page *page) {
  const struct operations *operations = &page->frame->model->operations;
  if (operations->offer_count == 0)
    page_text(page, STYLE_TEXT, 0, NULL, "Nothing can be done to it from here.");
  for (size_t i = 0; i < operations->offer_count; i++)
    put_offer(page, &operations->offers[i], i == page->dialog->selected);
}

static struct request begin(struct dialog_page *page, const struct action_offer *offer) {
  if (offer->why) {
    dialog_say(page->dialog, "Not now: %s", offer->why);
    return (struct request){.kind = REQUEST_NONE};
  }
  return (struct request){.kind = REQUEST_ACT,
                          .action = offer->action,
                          .subject = page->frame->model->operations.menu_subject};
}

static void move(struct dialog_page *page, int count, size_t offers) {
  struct dialog *dialog = page->dialog;
  page->used = dialog->follow = true;
  if (count < 0)
    dialog->selected -= dialog->selected > 0;
  else if (dialog->selected + 1 < offers)
    dialog->selected++;
}

static struct request menu_rune(struct dialog_page *page, uint32_t rune) {
  const struct operations *operations = &page->frame->model->operations;
  for (size_t i = 0; i < operations->offer_count; i++)
    if (operations->offers[i].action->key == rune) {
      page->dialog->selected = i;
      return begin(page, &operations->offers[i]);
    }
  if (rune == 'j' || rune == 'k')
    move(page, rune == 'j' ? 1 : -1, operations->offer_count);
  if (rune == 'a' || rune == 'q')
    return (struct request){.kind = REQUEST_MENU_CLOSE};
  return (struct request){.kind = REQUEST_NONE};
}

static struct request menu_key(struct dialog_page *page, struct key key) {
  const struct operations *operations = &page->frame->model->operations;
  size_t offers = operations->offer_count;
  switch (key.code) {
  case KEY_CODE_ESC:
    return (struct request){.kind = REQUEST_MENU_CLOSE};
  case KEY_CODE_UP:
    move(page, -1, offers);
    break;
  case KEY_CODE_DOWN:
    move(page, 1, offers);
    break;
  case KEY_CODE_ENTER:
    if (page->dialog->selected < offers)
      return begin(page, &operations->offers[page->dialog->selected]);
    break;
  case KEY_CODE_RUNE:
    return menu_rune(page, key.rune);
  default:
    break;
  }
  return (struct request){.kind = REQUEST_NONE};
}

const struct dialog_class dialog_menu = {
    .keys = "Enter or its key: make a plan (nothing is done yet)   Up Down move   Esc closes",
    .title = menu_title,
    .build = menu_build,
    .key = menu_key,
};
