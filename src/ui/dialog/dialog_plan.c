/* The whole plan, and its confirmation.
 *
 * Cancel has the focus: Enter alone means no. The letter y confirms, or a typed phrase and Enter;
 * and that key only counts after a moment without any other, so that typeahead, a held key and a
 * paste that a terminal does not mark as one never confirm. It only counts on a screen that shows
 * the whole question. */
#include "ui/dialog/dialog.h"
#include "ui/draw/text_field.h"
#include "ui/draw/widget.h"
#include "ui/terminal/terminal.h"

#include "core/text/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { DANGER_CELLS = 24 }; /* DESTRUCTIVE PRODUCTION in the border */

/* What keeps the next key from confirming the plan. */
enum hold {
  HOLD_NOT,    /* nothing: armed */
  HOLD_PHRASE, /* the phrase is not complete */
  HOLD_QUICK,  /* too soon after the last key */
  HOLD_OLD,    /* it must be planned again */
  HOLD_UNSEEN, /* the screen is too small for the question */
  HOLD_AGREED, /* it is confirmed, and the pipeline has not reacted yet */
};

static const char *typed_text(const struct dialog_page *page) {
  return page->dialog->fields[0];
}

static const struct plan *plan_of(const struct dialog_page *page) {
  return page->operation->plan;
}

static bool wants_y(const struct dialog_page *page) {
  return plan_confirmation(plan_of(page)) == CONFIRM_YES;
}

static enum hold hold_of(const struct dialog_page *page) {
  const struct dialog *dialog = page->dialog;
  int64_t now_ms = page->frame->now_ms;
  if (dialog->agreed && page->operation->err.kind == ERR_NONE)
    return HOLD_AGREED;
  if (plan_is_old(plan_of(page), now_ms))
    return HOLD_OLD;
  if (!wants_y(page) && !plan_agreed(plan_of(page), typed_text(page)))
    return HOLD_PHRASE;
  if (!dialog_is_quiet(dialog, now_ms))
    return HOLD_QUICK;
  return dialog->seen ? HOLD_NOT : HOLD_UNSEEN;
}

/* ---- the page */

static void plan_title(const struct dialog_page *page, char *out, size_t size) {
  const struct plan *plan = plan_of(page);
  snprintf(out, size, "%s%s%s: %s", plan->environment ? plan->environment : "",
           plan->environment ? " " : "", plan->target, plan->action->title);
}

static void plan_line_add(void *arg, enum plan_part part, bool strong, const char *text) {
  struct dialog_page *page = arg;
  bool first = page->lines->count == 0;
  unsigned style = part == PLAN_WARNING ? STYLE_WARN : part == PLAN_LOSS ? STYLE_CRIT : STYLE_TEXT;
  if (!strong) {
    page_text(page, style, 2, NULL, text);
    return;
  }
  if (!first)
    page_blank(page);
  if (!first && style == STYLE_TEXT)
    style = STYLE_LABEL;
  page_text(page, style | STYLE_STRONG, 0, NULL, text);
}

static void plan_build(struct dialog_page *page) {
  char title[128];
  plan_title(page, title, sizeof title);
  if (text_width(title) + DANGER_CELLS > page->width) /* the border has no room for all of it */
    page_text(page, STYLE_TEXT | STYLE_STRONG, 0, NULL, title);
  page->hang = 2;
  plan_lines(plan_of(page), plan_line_add, page);
}

/* "Planned 4s ago from data 2s old; expires in 26s." */
static void put_age(struct dialog_page *page) {
  const struct plan *plan = plan_of(page);
  char age[AGE_MAX], made[AGE_MAX + 8] = "just now", data[AGE_MAX], left[AGE_MAX];
  int64_t now_ms = page->frame->now_ms, rest = plan->made_ms + PLAN_LIFETIME_MS - now_ms;
  if (now_ms - plan->made_ms >= 1000)
    snprintf(made, sizeof made, "%s ago", age_text(age, now_ms - plan->made_ms));
  age_text(data, plan->made_ms > plan->data_ms ? plan->made_ms - plan->data_ms : 0);
  age_text(left, rest + 999);
  if (plan_is_old(plan, now_ms))
    page_printf(page, STYLE_WARN | STYLE_STRONG, 0, "Planned %s: expired.", made);
  else
    page_printf(page, STYLE_DIM, 0, "Planned %s from data %s old; expires in %s.", made, data,
                left);
}

/* The plan's title in the middle of a sentence; "VACUUM" keeps its capitals. */
static const char *deed(const struct dialog_page *page) {
  const char *title = plan_of(page)->title;
  const char *text = title && *title ? title : plan_of(page)->action->title;
  bool word = islower((unsigned char)text[0] ? (unsigned char)text[1] : 0) || text[1] == ' ';
  return arena_printf(page->arena, "%c%s", word ? tolower((unsigned char)*text) : *text,
                      *text ? text + 1 : "");
}

static void put_question(struct dialog_page *page) {
  char phrase[PLAN_PHRASE_MAX];
  plan_phrase(plan_of(page), phrase);
  if (wants_y(page))
    page_printf(page, STYLE_TEXT | STYLE_STRONG, 0, "[>Cancel<]   type y to %s", deed(page));
  else
    page_printf(page, STYLE_TEXT | STYLE_STRONG, 0, "[>Cancel<]   type %s, then Enter", phrase);
}

/* In the place of the buttons of other programs. The focus is on Cancel until the confirmation is
 * complete; words and signs show it. */
static void put_agreement(struct dialog_page *page) {
  const unsigned strong = STYLE_TEXT | STYLE_STRONG, danger = STYLE_CRIT | STYLE_STRONG;
  bool y = wants_y(page);
  enum hold hold = hold_of(page);
  if (hold == HOLD_UNSEEN)
    hold = HOLD_NOT; /* what this frame is about to show */
  switch (hold) {
  case HOLD_AGREED:
    page_text(page, strong, 0, NULL, "Confirmed: starting.");
    return;
  case HOLD_OLD:
    page_text(page, strong, 0, NULL, "[>Cancel<]   Ctrl-R makes a new plan");
    return;
  case HOLD_PHRASE:
    put_question(page);
    break;
  case HOLD_QUICK:
    if (y)
      put_question(page);
    else
      page_text(page, strong, 0, NULL, "[ Cancel ]   one moment...");
    break;
  default:
    if (y)
      page_printf(page, strong, 0, "[>Cancel<]   y: %s", deed(page));
    else
      page_printf(page, danger, 0, "[ Cancel ] [>Enter: %s<]", deed(page));
  }
  if (!y)
    page_printf(page, STYLE_NOTICE | STYLE_STRONG, 0, "> %s_", typed_text(page));
}

static void plan_foot(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  if (operation->err.kind != ERR_NONE)
    page_printf(page, STYLE_CRIT | STYLE_STRONG, 0, "Not executed: %s", operation->err.text);
  put_age(page);
  put_agreement(page);
}

/* ---- copying */

struct copied {
  char *text;
  size_t length;
  bool cut;
};

static const char cut_mark[] = "(truncated: too long to copy)\n";

static void copy_line(void *arg, enum plan_part part, bool strong, const char *text) {
  struct copied *copied = arg;
  char line[PLAN_TEXT_MAX * 3 + 4] = "  ";
  size_t indent = strong ? 0 : 2;
  (void)part;
  text_sanitize(line + indent, sizeof line - indent - 2, text, strnlen(text, PLAN_TEXT_MAX), false);
  size_t length = strlen(line);
  line[length++] = '\n';
  if (copied->cut || copied->length + length + sizeof cut_mark > TERMINAL_COPY_MAX) {
    copied->cut = true;
    return;
  }
  memcpy(copied->text + copied->length, line, length);
  copied->length += length;
}

static struct request run_copy(struct dialog_page *page, int argument) {
  struct request request = dialog_request(page, REQUEST_COPY);
  struct copied copied = {.text = arena_alloc(page->arena, TERMINAL_COPY_MAX + 1)};
  (void)argument;
  if (!copied.text)
    return (struct request){.kind = REQUEST_NONE};
  plan_lines(plan_of(page), copy_line, &copied);
  if (copied.cut)
    memcpy(copied.text + copied.length, cut_mark, sizeof cut_mark);
  dialog_say(page->dialog, "Copied to the terminal's clipboard%s", copied.cut ? ", truncated" : "");
  request.text = copied.text;
  return request;
}

/* ---- the confirmation */

static const struct request nothing = {.kind = REQUEST_NONE};

/* The confirming key was pressed. */
static struct request agree(struct dialog_page *page, const char *text) {
  struct request request = dialog_request(page, REQUEST_AGREE);
  switch (hold_of(page)) {
  case HOLD_NOT:
    request.text = arena_printf(page->arena, "%s", text);
    page->dialog->agreed = true;
    *page->dialog->fields[0] = '\0';
    return request;
  case HOLD_PHRASE:
    dialog_say(page->dialog, "The text does not match: nothing was done");
    break;
  case HOLD_QUICK:
    dialog_say(page->dialog, "Too soon after the previous key: press it again");
    break;
  case HOLD_OLD:
    dialog_say(page->dialog, "The plan has expired: press Ctrl-R for a new one");
    break;
  case HOLD_UNSEEN:
    dialog_say(page->dialog, "The screen is too small to show the question: enlarge it");
    break;
  case HOLD_AGREED:
    break;
  }
  return nothing;
}

static struct request run_enter(struct dialog_page *page, int argument) {
  const struct dialog *dialog = page->dialog;
  (void)argument;
  if (hold_of(page) == HOLD_AGREED)
    return nothing;
  if (!wants_y(page) && *typed_text(page))
    return agree(page, typed_text(page));
  if (dialog_is_quiet(dialog, page->frame->now_ms))
    return dialog_request(page, REQUEST_DISMISS); /* Cancel has the focus */
  dialog_say(page->dialog, "Too soon after the previous key: press it again");
  return nothing;
}

static struct request run_yes(struct dialog_page *page, int argument) {
  (void)argument;
  return wants_y(page) ? agree(page, "y") : nothing;
}

static bool plan_type(struct dialog_page *page, struct key key, struct request *request) {
  (void)request;
  if (key.code == KEY_CODE_PASTED) {
    dialog_say(page->dialog, "Pasted text is not accepted here: type it");
    return true;
  }
  return !wants_y(page) && text_field_key(page->dialog->fields[0], PLAN_PHRASE_MAX, key, false);
}

static bool offers_yes(const struct dialog_page *page) {
  return wants_y(page) && hold_of(page) == HOLD_NOT;
}

static bool offers_enter(const struct dialog_page *page) {
  return !wants_y(page) && hold_of(page) == HOLD_NOT;
}

#define RUNE(c) KEY_CODE_RUNE, c
#define CODE(c) KEY_CODE_##c, 0
#define CTRL(c) KEY_CODE_CTRL, c

static const struct dialog_binding bindings[] = {
    {RUNE('y'), "y", "execute", "confirm a reversible action", run_yes, 0, offers_yes},
    {CODE(ENTER), "Enter", "execute", "after the typed text: confirm; alone: cancel", run_enter, 0,
     offers_enter},
    {CODE(ESC), "Esc", "cancel", "cancel without any change", dialog_ask, REQUEST_DISMISS, NULL},
    {CTRL('r'), "Ctrl-R", "replan", "make a new plan from current data", dialog_ask, REQUEST_REPLAN,
     NULL},
    {CTRL('y'), "Ctrl-Y", "copy", "copy the plan to the terminal's clipboard", run_copy, 0, NULL},
};

const struct dialog_class dialog_plan = {
    .name = "Plan",
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .fixed = true,
    .title = plan_title,
    .build = plan_build,
    .foot = plan_foot,
    .type = plan_type,
};
