/* The form: the parameters of an action, one field each. */
#include "ui/dialog.h"
#include "ui/text_field.h"

#include <stdio.h>
#include <string.h>

enum { NAME_CELLS = 16 };

static void form_title(const struct dialog_page *page, char *out, size_t size) {
  const struct operation *operation = page->operation;
  snprintf(out, size, "%s: %s", page->frame->model->slots[operation->slot].target->name,
           operation->action->title);
}

static void put_choices(struct dialog_page *page, const struct option *param) {
  char text[DIALOG_TEXT_MAX] = "";
  for (const char *const *choice = param->choices; choice && *choice; choice++) {
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", *choice);
  }
  page_printf(page, STYLE_DIM, NAME_CELLS, "one of %s (Left and Right go through them)", text);
}

static void put_field(struct dialog_page *page, size_t index) {
  const struct operation *operation = page->operation;
  const struct option *param = &operation->action->params[index];
  struct dialog *dialog = page->dialog;
  bool focused = dialog->selected == index;
  size_t from = page->count;
  page_text(page, focused ? STYLE_TEXT | STYLE_STRONG : STYLE_TEXT, NAME_CELLS,
            arena_printf(page->frame->arena, "%c %s%s", focused ? '>' : ' ', param->name,
                         param->required ? " *" : ""),
            arena_printf(page->frame->arena, "%s%s", dialog->fields[index], focused ? "_" : ""));
  if (focused) {
    page_text(page, STYLE_DIM, NAME_CELLS, NULL, param->help);
    if (param->choices || param->type == OPTION_BOOL)
      put_choices(page, param);
    else if (param->example)
      page_printf(page, STYLE_DIM, NAME_CELLS, "for example %s", param->example);
    dialog->selected_line = (int)from;
    dialog->selected_lines = (int)(page->count - from);
  }
  if (operation->param_wrong == (int)index && operation->err.kind != ERR_NONE)
    page_text(page, STYLE_CRIT | STYLE_STRONG, NAME_CELLS, NULL, operation->err.text);
}

static void form_build(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  page_text(page, STYLE_TEXT, 0, NULL, operation->action->what);
  page_blank(page);
  for (size_t i = 0; i < operation->action->param_count && i < DIALOG_FIELDS_MAX; i++)
    put_field(page, i);
  if (operation->err.kind != ERR_NONE && operation->param_wrong < 0) {
    page_blank(page);
    page_text(page, STYLE_CRIT | STYLE_STRONG, 0, NULL, operation->err.text);
  }
}

static const char *const *choices_of(const struct option *param) {
  static const char *const booleans[] = {"true", "false", NULL};
  return param->type == OPTION_BOOL ? booleans : param->choices;
}

static void cycle(struct dialog_page *page, int step) {
  const struct option *param = &page->operation->action->params[page->dialog->selected];
  const char *const *choices = choices_of(param);
  char *text = page->dialog->fields[page->dialog->selected];
  int count = 0, at = -1;
  for (; choices && choices[count]; count++)
    if (strcmp(choices[count], text) == 0)
      at = count;
  if (count == 0)
    return;
  at = at < 0 ? 0 : (at + count + step) % count;
  snprintf(text, DIALOG_TEXT_MAX, "%s", choices[at]);
}

static void go(struct dialog_page *page, int step) {
  size_t count = page->operation->action->param_count;
  page->dialog->follow = true;
  page->dialog->selected = (page->dialog->selected + count + (size_t)step) % count;
}

static struct request submit(struct dialog_page *page) {
  size_t count = page->operation->action->param_count;
  const char **texts = arena_alloc(page->frame->arena, (count + 1) * sizeof *texts);
  if (!texts)
    return (struct request){.kind = REQUEST_NONE};
  for (size_t i = 0; i < count && i < DIALOG_FIELDS_MAX; i++)
    texts[i] = page->dialog->fields[i];
  return (struct request){.kind = REQUEST_FORM, .texts = texts, .text_count = count};
}

static struct request form_key(struct dialog_page *page, struct key key) {
  struct dialog *dialog = page->dialog;
  size_t count = page->operation->action->param_count;
  page->used = true;
  switch (key.code) {
  case KEY_CODE_ESC:
    return (struct request){.kind = REQUEST_DISMISS};
  case KEY_CODE_TAB:
  case KEY_CODE_DOWN:
    go(page, 1);
    break;
  case KEY_CODE_BACKTAB:
  case KEY_CODE_UP:
    go(page, -1);
    break;
  case KEY_CODE_LEFT:
  case KEY_CODE_RIGHT:
    cycle(page, key.code == KEY_CODE_LEFT ? -1 : 1);
    break;
  case KEY_CODE_ENTER:
    if (dialog->selected + 1 >= count)
      return submit(page);
    go(page, 1);
    break;
  default:
    page->used = text_field_key(dialog->fields[dialog->selected], DIALOG_TEXT_MAX, key, true);
  }
  return (struct request){.kind = REQUEST_NONE};
}

const struct dialog_class dialog_form = {
    .keys = "Tab next field   Enter on the last: make a plan (nothing is done yet)   Esc gives up",
    .title = form_title,
    .build = form_build,
    .key = form_key,
};

/* ---- while the survey runs */

static void survey_build(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  page_printf(page, STYLE_TEXT, 0, "Reading what is there (%llds): nothing is changed.",
              (long long)(page->frame->now_ms - operation->phase_ms) / 1000);
  if (*operation->progress.step)
    page_text(page, STYLE_DIM, 0, NULL, operation->progress.step);
  if (operation->progress.unit)
    page_printf(page, STYLE_DIM, 0, "%lld %s", (long long)operation->progress.done,
                operation->progress.unit);
}

static struct request survey_key(struct dialog_page *page, struct key key) {
  (void)page;
  return (struct request){.kind = key.code == KEY_CODE_ESC ? REQUEST_DISMISS : REQUEST_NONE};
}

const struct dialog_class dialog_survey = {
    .keys = "Esc gives up",
    .title = form_title,
    .build = survey_build,
    .key = survey_key,
};
