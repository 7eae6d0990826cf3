/* The plan, whole, and the agreement to it.
 *
 * Cancel has the focus: Enter alone is no. What agrees is the letter y, or a phrase that is typed
 * and Enter; and that key only counts after a moment without any other, so that typeahead, a held
 * key and a paste that a terminal does not mark as one never agree. */
#include "ui/dialog.h"
#include "ui/text_field.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

static const char *typed_text(const struct dialog_page *page) {
  return page->dialog->fields[0];
}

static bool wants_y(const struct dialog_page *page) {
  return plan_confirmation(page->operation->plan) == CONFIRM_YES;
}

static void plan_title(const struct dialog_page *page, char *out, size_t size) {
  const struct plan *plan = page->operation->plan;
  bool destructive = plan->action->danger == DANGER_DESTRUCTIVE;
  snprintf(out, size, "%s%s%s%s: %s: %s", destructive ? "DESTRUCTIVE " : "",
           plan->production ? "PRODUCTION " : "", plan->environment ? plan->environment : "",
           plan->environment ? " " : "", plan->target, plan->action->title);
}

static void plan_line_add(void *arg, enum plan_part part, bool strong, const char *text) {
  struct dialog_page *page = arg;
  unsigned style = part == PLAN_WARNING ? STYLE_WARN : part == PLAN_LOSS ? STYLE_CRIT : STYLE_TEXT;
  if (strong && page->count > 0)
    page_blank(page);
  if (strong)
    page_text(page,
              (page->count == 0                            ? STYLE_TEXT
               : part >= PLAN_WARNING && part != PLAN_UNDO ? style
                                                           : STYLE_LABEL) |
                  STYLE_STRONG,
              0, NULL, text);
  else
    page_text(page, style, 2, NULL, text);
}

static void plan_build(struct dialog_page *page) {
  plan_lines(page->operation->plan, plan_line_add, page);
}

static const char *age(char out[FORMAT_MAX], int64_t ms) {
  return format_duration(out, FORMAT_MAX, (double)(ms < 0 ? 0 : ms / 1000));
}

static void put_age(struct dialog_page *page) {
  const struct plan *plan = page->operation->plan;
  char made[FORMAT_MAX], data[FORMAT_MAX], left[FORMAT_MAX];
  int64_t now_ms = page->frame->now_ms, rest = plan->made_ms + PLAN_LIFETIME_MS - now_ms;
  age(made, now_ms - plan->made_ms);
  age(data, plan->made_ms - plan->data_ms);
  if (plan_is_old(plan, now_ms))
    page_printf(page, STYLE_WARN | STYLE_STRONG, 0,
                "Made %s ago: too old to agree to. Ctrl-R makes it again.", made);
  else
    page_printf(page, STYLE_DIM, 0,
                "Made %s ago from data %s old; holds for %s. Ctrl-R makes it "
                "again, Ctrl-Y copies it.",
                made, data, age(left, rest));
}

/* What stands where the buttons of other programs stand. The focus is on Cancel until what agrees
 * is complete; it is told by words and signs. */
static void put_agreement(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  const struct plan *plan = operation->plan;
  char phrase[PLAN_PHRASE_MAX];
  bool quiet = dialog_is_quiet(page->dialog, page->frame->now_ms);
  bool complete = wants_y(page) || plan_agreed(plan, typed_text(page));
  plan_phrase(plan, phrase);
  if (operation->err.kind != ERR_NONE)
    page_printf(page, STYLE_CRIT | STYLE_STRONG, 0, "Not done: %s", operation->err.text);
  if (plan_is_old(plan, page->frame->now_ms))
    page_text(page, STYLE_TEXT | STYLE_STRONG, 0, NULL, "[>Cancel<]");
  else if (wants_y(page))
    page_printf(page, STYLE_TEXT | STYLE_STRONG, 0, "[>Cancel<]   %s", quiet ? "y: do it" : "...");
  else if (!complete)
    page_printf(page, STYLE_TEXT | STYLE_STRONG, 0, "[>Cancel<]   to do it type  %s  : %s_", phrase,
                typed_text(page));
  else
    page_printf(page, STYLE_CRIT | STYLE_STRONG, 0, "[ Cancel ]   %s typed; %s", phrase,
                quiet ? "Enter: do it" : "...");
}

static void plan_foot(struct dialog_page *page) {
  put_age(page);
  put_agreement(page);
}

struct copied {
  struct arena *arena;
  const char *text;
};

static void copy_line(void *arg, enum plan_part part, bool strong, const char *text) {
  struct copied *copied = arg;
  char clean[PLAN_TEXT_MAX];
  (void)part;
  text_sanitize(clean, sizeof clean, text, strnlen(text, sizeof clean), false);
  copied->text = arena_printf(copied->arena, "%s%s%s\n", copied->text, strong ? "" : "  ", clean);
}

static struct request copy(struct dialog_page *page) {
  struct copied copied = {page->frame->arena, ""};
  plan_lines(page->operation->plan, copy_line, &copied);
  dialog_say(page->dialog, "Given to the terminal's clipboard");
  return (struct request){.kind = REQUEST_COPY, .text = copied.text};
}

static struct request agree(struct dialog_page *page, const char *text) {
  const struct dialog *dialog = page->dialog;
  if (plan_is_old(page->operation->plan, page->frame->now_ms)) {
    dialog_say(page->dialog, "The plan is too old: Ctrl-R makes it again");
  } else if (!dialog_is_quiet(dialog, page->frame->now_ms)) {
    dialog_say(page->dialog, "Too quick after the last key: wait a moment, then once more");
  } else {
    return (struct request){.kind = REQUEST_AGREE, .text = text};
  }
  return (struct request){.kind = REQUEST_NONE};
}

static struct request plan_enter(struct dialog_page *page) {
  if (wants_y(page) || !*typed_text(page)) {
    if (dialog_is_quiet(page->dialog, page->frame->now_ms))
      return (struct request){.kind = REQUEST_DISMISS}; /* Cancel has the focus */
    return (struct request){.kind = REQUEST_NONE};
  }
  if (plan_agreed(page->operation->plan, typed_text(page)))
    return agree(page, typed_text(page));
  dialog_say(page->dialog, "That is not it: nothing is done");
  return (struct request){.kind = REQUEST_NONE};
}

static struct request plan_control(struct dialog_page *page, uint32_t rune) {
  if (rune == 'r')
    return (struct request){.kind = REQUEST_REPLAN};
  if (rune == 'y')
    return copy(page);
  if (rune == 'u')
    *page->dialog->fields[0] = '\0';
  return (struct request){.kind = REQUEST_NONE};
}

static struct request plan_rune(struct dialog_page *page, struct key key) {
  if (!wants_y(page))
    text_field_key(page->dialog->fields[0], PLAN_PHRASE_MAX, key, false);
  else if (key.rune == 'y')
    return agree(page, "y");
  return (struct request){.kind = REQUEST_NONE};
}

static struct request plan_key(struct dialog_page *page, struct key key) {
  switch (key.code) {
  case KEY_CODE_ESC:
    return (struct request){.kind = REQUEST_DISMISS};
  case KEY_CODE_ENTER:
    return plan_enter(page);
  case KEY_CODE_CTRL:
    return plan_control(page, key.rune);
  case KEY_CODE_PASTED:
    dialog_say(page->dialog, "Pasted text does not count here: type it");
    break;
  case KEY_CODE_RUNE:
    return plan_rune(page, key);
  case KEY_CODE_BACKSPACE:
  case KEY_CODE_DELETE:
    text_field_key(page->dialog->fields[0], PLAN_PHRASE_MAX, key, false);
    break;
  default:
    break;
  }
  return (struct request){.kind = REQUEST_NONE};
}

const struct dialog_class dialog_plan = {
    .keys = "Enter alone or Esc: nothing is done   Up Down PgUp PgDn scroll   Ctrl-U clears",
    .title = plan_title,
    .build = plan_build,
    .foot = plan_foot,
    .key = plan_key,
};
