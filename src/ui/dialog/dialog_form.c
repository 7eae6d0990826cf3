/* The form: the parameters of an action, one field each. And the wait for the survey after it. */
#include "ui/dialog/dialog.h"
#include "ui/draw/text_field.h"
#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>

enum { NAME_CELLS_LEAST = 8, NAME_CELLS_MOST = 24, GAP = 2 };

static size_t field_count(const struct dialog_page *page) {
  size_t count = page->operation->action->param_count;
  return count < DIALOG_FIELDS_MAX ? count : DIALOG_FIELDS_MAX;
}

static const struct option *focused_param(const struct dialog_page *page) {
  return &page->operation->action->params[page->dialog->selected];
}

/* ---- the page */

static int name_cells(const struct dialog_page *page) {
  int cells = NAME_CELLS_LEAST;
  for (size_t i = 0; i < field_count(page); i++) {
    int length = (int)strlen(page->operation->action->params[i].name);
    cells = length > cells ? length : cells;
  }
  return GAP + (cells < NAME_CELLS_MOST ? cells : NAME_CELLS_MOST);
}

static void put_choices(struct dialog_page *page, const struct option *param, int indent) {
  char text[DIALOG_TEXT_MAX] = "";
  for (const char *const *choice = option_choices(param); *choice; choice++) {
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", *choice);
  }
  page_printf(page, STYLE_DIM, indent, "one of %s; Left and Right change it", text);
}

static void put_hints(struct dialog_page *page, const struct option *param, int indent) {
  page_printf(page, STYLE_DIM, indent, "%s%s", param->help, param->required ? " (required)" : "");
  char allowed[OPTION_ALLOWED_MAX];
  if (option_choices(param))
    put_choices(page, param, indent);
  else if (*option_allowed(param, allowed))
    page_printf(page, STYLE_DIM, indent, "%s%s%s", allowed, param->example ? ", for example " : "",
                param->example ? param->example : "");
  else if (param->example)
    page_printf(page, STYLE_DIM, indent, "for example %s", param->example);
}

static void put_field(struct dialog_page *page, size_t index, int indent) {
  const struct operation *operation = page->operation;
  const struct option *param = &operation->action->params[index];
  const struct dialog *dialog = page->dialog;
  bool focused = dialog->selected == index;
  size_t from = page->lines->count;
  page_text(page, focused ? STYLE_NOTICE | STYLE_STRONG : STYLE_TEXT, indent,
            arena_printf(page->arena, "%.*s", indent - 2, param->name),
            arena_printf(page->arena, "%s%s", dialog->fields[index], focused ? "_" : ""));
  if (operation->param_wrong == (int)index && operation->err.kind != ERR_NONE)
    page_text(page, STYLE_CRIT | STYLE_STRONG, indent, NULL, operation->err.text);
  if (!focused)
    return;
  put_hints(page, param, indent);
  page_select(page, from);
}

static void form_build(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  int indent = name_cells(page);
  page_text(page, STYLE_TEXT, 0, NULL, operation->action->what);
  page_blank(page);
  for (size_t i = 0; i < field_count(page); i++)
    put_field(page, i, indent);
}

static void form_foot(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  if (operation->err.kind != ERR_NONE && operation->param_wrong < 0)
    page_text(page, STYLE_CRIT | STYLE_STRONG, 0, NULL, operation->err.text);
  page_text(page, STYLE_DIM, 0, NULL, "Enter makes the plan. Nothing is changed yet.");
}

/* ---- keys */

static struct request run_cycle(struct dialog_page *page, int step) {
  const struct request nothing = {.kind = REQUEST_NONE};
  if (field_count(page) == 0)
    return nothing;
  const char *const *choices = option_choices(focused_param(page));
  char *text = page->dialog->fields[page->dialog->selected];
  int count = 0, at = -1;
  for (; choices && choices[count]; count++)
    if (strcmp(choices[count], text) == 0)
      at = count;
  if (count > 0)
    snprintf(text, DIALOG_TEXT_MAX, "%s", choices[at < 0 ? 0 : (at + count + step) % count]);
  return nothing;
}

static struct request run_field(struct dialog_page *page, int step) {
  size_t count = field_count(page);
  page->dialog->follow = true;
  if (count > 0)
    page->dialog->selected = (page->dialog->selected + count + (size_t)step) % count;
  return (struct request){.kind = REQUEST_NONE};
}

static struct request submit(struct dialog_page *page) {
  size_t count = page->operation->action->param_count;
  struct request request = dialog_request(page, REQUEST_FORM);
  const char **texts = arena_alloc(page->arena, (count + 1) * sizeof *texts);
  if (!texts)
    return (struct request){.kind = REQUEST_NONE};
  for (size_t i = 0; i < field_count(page); i++)
    texts[i] = page->dialog->fields[i];
  page->dialog->wrong = -1; /* an error in the same field is shown again */
  request.texts = texts;
  request.text_count = count;
  return request;
}

static struct request run_enter(struct dialog_page *page, int argument) {
  (void)argument;
  if (page->dialog->selected + 1 < field_count(page))
    return run_field(page, 1);
  return submit(page);
}

static bool form_type(struct dialog_page *page, struct key key, struct request *request) {
  (void)request;
  bool letter = key.code == KEY_CODE_RUNE || key.code == KEY_CODE_PASTED;
  if (field_count(page) == 0)
    return letter;
  /* A field with choices accepts letters too: typing the first letters works like Left and Right.
   */
  return text_field_key(page->dialog->fields[page->dialog->selected], DIALOG_TEXT_MAX, key, true) ||
         letter;
}

static bool offers_next(const struct dialog_page *page) {
  return page->dialog->selected + 1 < field_count(page);
}

static bool offers_submit(const struct dialog_page *page) {
  return !offers_next(page);
}

static bool offers_choices(const struct dialog_page *page) {
  return field_count(page) > 0 && option_choices(focused_param(page));
}

#define RUNE(c) KEY_CODE_RUNE, c
#define CODE(c) KEY_CODE_##c, 0

static const struct dialog_binding form_bindings[] = {
    {CODE(ENTER), "Enter", "next", "next field; in the last field: make the plan", run_enter, 0,
     offers_next},
    {CODE(ENTER), "Enter", "plan", "next field; in the last field: make the plan", run_enter, 0,
     offers_submit},
    {CODE(TAB), "Tab", "field", "next field", run_field, 1, NULL},
    {CODE(DOWN), "Down", NULL, "next field", run_field, 1, NULL},
    {CODE(BACKTAB), "Shift-Tab", NULL, "previous field", run_field, -1, NULL},
    {CODE(UP), "Up", NULL, "previous field", run_field, -1, NULL},
    {CODE(RIGHT), "Right", "choices", "change the field's choice", run_cycle, 1, offers_choices},
    {CODE(LEFT), "Left", NULL, "change the field's choice", run_cycle, -1, NULL},
    {CODE(ESC), "Esc", "cancel", "cancel without any change", dialog_ask, REQUEST_DISMISS, NULL},
};

const struct dialog_class dialog_form = {
    .name = "Form",
    .bindings = form_bindings,
    .binding_count = sizeof form_bindings / sizeof *form_bindings,
    .title = dialog_title,
    .build = form_build,
    .foot = form_foot,
    .type = form_type,
};

/* ---- while the survey runs */

static void survey_build(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  const struct progress *progress = &operation->progress;
  char took[AGE_MAX], done[FORMAT_MAX];
  int64_t ms = page->frame->now_ms - operation->phase_ms;
  page_printf(page, STYLE_TEXT | STYLE_STRONG, 0, "Reading the current state (%s)",
              age_text(took, ms > 0 ? ms : 0));
  if (*progress->step)
    page_text(page, STYLE_TEXT, 0, NULL, progress->step);
  if (progress->unit)
    page_printf(page, STYLE_TEXT, 0, "%s %s", format_count(done, sizeof done, progress->done),
                progress->unit);
  if (operation->cancelling)
    page_text(page, STYLE_WARN | STYLE_STRONG, 0, NULL, "Stopping: shows what was found so far.");
  page_text(page, STYLE_DIM, 0, NULL, "This step changes nothing.");
}

/* What only reads shows what it has found so far; Esc again leaves it. */
static struct request run_stop(struct dialog_page *page, int argument) {
  const struct operation *operation = page->operation;
  const bool shows = operation->action->danger == DANGER_NONE && !operation->cancelling;
  (void)argument;
  return dialog_request(page, shows ? REQUEST_CANCEL : REQUEST_DISMISS);
}

static const struct dialog_binding survey_bindings[] = {
    {CODE(ESC), "Esc", "cancel", "cancel without any change", run_stop, 0, NULL},
};

const struct dialog_class dialog_survey = {
    .name = "Survey",
    .bindings = survey_bindings,
    .binding_count = sizeof survey_bindings / sizeof *survey_bindings,
    .title = dialog_title,
    .build = survey_build,
};
