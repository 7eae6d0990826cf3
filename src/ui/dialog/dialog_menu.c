/* The menu: the actions for a row or a target, and why others are not available. */
#include "ui/dialog/dialog.h"

#include "core/text/text.h"

#include <stdio.h>
#include <string.h>

enum { KEY_CELLS = 2, TITLE_CELLS_MOST = 28, DANGER_CELLS = 13 };

static const struct operations *operations_of(const struct dialog_page *page) {
  return &page->frame->model->operations;
}

static void menu_title(const struct dialog_page *page, char *out, size_t size) {
  const char *whom = operations_of(page)->menu_title;
  snprintf(out, size, "Actions: %s", whom ? whom : "");
}

static int title_cells(const struct operations *operations) {
  int cells = 0;
  for (size_t i = 0; i < operations->offer_count; i++) {
    int width = text_width(operations->offers[i].action->title);
    cells = width > cells ? width : cells;
  }
  return cells < TITLE_CELLS_MOST ? cells : TITLE_CELLS_MOST;
}

/* "T  terminate  destructive  ends the session: ...", on one line. */
static void put_offer(struct dialog_page *page, const struct action_offer *offer, int cells,
                      bool selected) {
  const struct action_spec *action = offer->action;
  const char *left = arena_printf(page->arena, "%c", action->key ? (char)action->key : ' ');
  const char *text =
      offer->why
          ? arena_printf(page->arena, "%-*s  unavailable: %s", cells, action->title, offer->why)
          : arena_printf(page->arena, "%-*s  %-*s %s", cells, action->title, DANGER_CELLS - 1,
                         action->danger == DANGER_NONE ? "only reads" : danger_name(action->danger),
                         selected ? "" : action->what);
  unsigned strong = selected ? (unsigned)STYLE_STRONG : 0;
  unsigned style = offer->why                             ? STYLE_DIM
                   : action->danger == DANGER_DESTRUCTIVE ? STYLE_WARN
                                                          : STYLE_TEXT;
  if (selected && offer->why)
    page_text(page, style, KEY_CELLS, left, text);
  else
    page_cut(page, style | strong, KEY_CELLS, left, text);
}

static void put_selected(struct dialog_page *page, const struct action_offer *offer, int cells) {
  size_t from = page->lines->count;
  put_offer(page, offer, cells, true);
  page_text(page, STYLE_TEXT, KEY_CELLS + 2, NULL, offer->action->what);
  page_printf(page, STYLE_LABEL, KEY_CELLS + 2, "runs %s", offer->action->runs);
  page_select(page, from);
}

/* "For the row", "For the target ecap": before the first one of each, where there are both. */
static void put_heading(struct dialog_page *page, size_t offer) {
  const struct operations *operations = operations_of(page);
  const struct action_offer *offers = operations->offers;
  const struct subject *subject = &operations->menu_subject;
  if (!offers[0].of_rows || (offer > 0 && offers[offer - 1].of_rows == offers[offer].of_rows))
    return;
  if (offer > 0)
    page_blank(page);
  if (!offers[offer].of_rows)
    page_printf(page, STYLE_LABEL | STYLE_STRONG, 0, "For the target %s",
                page->frame->model->targets[subject->target_index].target->name);
  else if (subject->key_count > 1)
    page_printf(page, STYLE_LABEL | STYLE_STRONG, 0, "For the %zu marked rows", subject->key_count);
  else
    page_text(page, STYLE_LABEL | STYLE_STRONG, 0, NULL, "For the selected row");
}

static void menu_build(struct dialog_page *page) {
  const struct operations *operations = operations_of(page);
  struct dialog *dialog = page->dialog;
  int cells = title_cells(operations);
  if (operations->offer_count == 0)
    page_text(page, STYLE_TEXT, 0, NULL, "There is no action for this row or target.");
  if (dialog->selected >= operations->offer_count)
    dialog->selected = operations->offer_count > 0 ? operations->offer_count - 1 : 0;
  for (size_t i = 0; i < operations->offer_count; i++) {
    put_heading(page, i);
    const size_t from = page->lines->count;
    if (i == dialog->selected)
      put_selected(page, &operations->offers[i], cells);
    else
      put_offer(page, &operations->offers[i], cells, false);
    page_choice(page, from, i);
  }
}

static struct request begin(struct dialog_page *page, const struct action_offer *offer) {
  struct request request = {
      .kind = REQUEST_ACT, .action = offer->action, .subject = operations_of(page)->menu_subject};
  if (!offer->why)
    return request;
  dialog_say(page->dialog, "Unavailable: %s", offer->why);
  return (struct request){.kind = REQUEST_NONE};
}

static struct request run_move(struct dialog_page *page, int by) {
  dialog_move(page->dialog, by, operations_of(page)->offer_count);
  return (struct request){.kind = REQUEST_NONE};
}

/* Enter acts on the selected one, so it stays on the screen: one that is longer than the screen is
 * read to its end first. */
static struct request run_page(struct dialog_page *page, int direction) {
  const struct dialog *dialog = page->dialog;
  const int first = (int)(dialog->selected_line - dialog->pinned),
            last = first + (int)dialog->selected_lines - 1;
  const bool more =
      direction > 0 ? last >= dialog->scroll + dialog->height : first < dialog->scroll;
  if (more)
    return dialog_page_scroll(page, direction);
  return run_move(page, direction * (dialog->height > 2 ? dialog->height - 1 : 1));
}

static struct request run_begin(struct dialog_page *page, int argument) {
  const struct operations *operations = operations_of(page);
  (void)argument;
  if (page->dialog->selected >= operations->offer_count)
    return (struct request){.kind = REQUEST_NONE};
  return begin(page, &operations->offers[page->dialog->selected]);
}

/* An action's own key: of two with the same one, the one that is available. */
static bool menu_type(struct dialog_page *page, struct key key, struct request *request) {
  const struct operations *operations = operations_of(page);
  size_t at = operations->offer_count;
  if (key.code != KEY_CODE_RUNE || key.rune == 0)
    return false;
  for (size_t i = operations->offer_count; i-- > 0;)
    if (operations->offers[i].action->key == key.rune &&
        (at == operations->offer_count || !operations->offers[i].why))
      at = i;
  if (at == operations->offer_count)
    return false;
  page->dialog->selected = at;
  page->dialog->follow = true;
  *request = begin(page, &operations->offers[at]);
  return true;
}

enum { TO_THE_END = 1 << 28 };

#define RUNE(c) KEY_CODE_RUNE, c
#define CODE(c) KEY_CODE_##c, 0

static const struct dialog_binding bindings[] = {
    {CODE(ENTER), "Enter", "plan", "plan the selected action; nothing is changed yet", run_begin, 0,
     NULL},
    {CODE(DOWN), "Down", NULL, "next or previous action", run_move, 1, NULL},
    {RUNE('j'), "j", NULL, "next or previous action", run_move, 1, NULL},
    {CODE(UP), "Up", NULL, "next or previous action", run_move, -1, NULL},
    {RUNE('k'), "k", NULL, "next or previous action", run_move, -1, NULL},
    {CODE(PAGE_DOWN), "PgDn", NULL, "one page down or up", run_page, 1, NULL},
    {CODE(PAGE_UP), "PgUp", NULL, "one page down or up", run_page, -1, NULL},
    {CODE(HOME), "Home", NULL, "first or last action", run_move, -TO_THE_END, NULL},
    {RUNE('g'), "g", NULL, "first or last action", run_move, -TO_THE_END, NULL},
    {CODE(END), "End", NULL, "first or last action", run_move, TO_THE_END, NULL},
    {RUNE('G'), "G", NULL, "first or last action", run_move, TO_THE_END, NULL},
    {CODE(ESC), "Esc", "back", "close", dialog_ask, REQUEST_MENU_CLOSE, NULL},
    {RUNE('a'), "a", NULL, "close", dialog_ask, REQUEST_MENU_CLOSE, NULL},
    {RUNE('q'), "q", NULL, "close", dialog_ask, REQUEST_MENU_CLOSE, NULL},
};

const struct dialog_class dialog_menu = {
    .name = "Action menu",
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .title = menu_title,
    .build = menu_build,
    .type = menu_type,
};
