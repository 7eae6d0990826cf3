/* The output of an operation, as large as the screen allows, with a search. */
#include "ui/dialog/dialog.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "model/action/output.h"
#include "ui/draw/text_field.h"

#include <stdio.h>
#include <string.h>

/* fields[0] is what is searched for; selected is the line that was found, counted from 1. */

static const struct request nothing = {.kind = REQUEST_NONE};

static void add_line(void *arg, enum output_line_kind kind, enum output_stream stream,
                     const char *line) {
  struct dialog_page *page = arg;
  unsigned style = stream == OUTPUT_STDERR ? STYLE_WARN : STYLE_TEXT;
  if (kind == OUTPUT_LINE_HEADING && page->lines->count > 0)
    page_blank(page);
  if (kind == OUTPUT_LINE_HEADING)
    style = STYLE_LABEL | STYLE_STRONG;
  else if (kind == OUTPUT_LINE_GAP)
    style = STYLE_NOTICE | STYLE_STRONG;
  page_text(page, style, 0, NULL, line);
}

static void output_build(struct dialog_page *page) {
  output_lines(&page->operation->outcome, add_line, page);
  if (page->dialog->arena.exhausted)
    page_text(page, STYLE_NOTICE | STYLE_STRONG, 0, NULL, "... too long for the screen ...");
}

static void output_title(const struct dialog_page *page, char *out, size_t size) {
  char title[128];
  dialog_title(page, title, sizeof title);
  snprintf(out, size, "Output: %s", title);
}

static void output_foot(struct dialog_page *page) {
  const struct dialog *dialog = page->dialog;
  char summary[OUTPUT_SUMMARY_MAX];
  if (dialog->typing)
    page_printf(page, STYLE_NOTICE | STYLE_STRONG, 0, "/%s_", dialog->fields[0]);
  else
    page_text(page, STYLE_DIM, 0, NULL,
              output_summary(&page->operation->outcome, summary, sizeof summary));
}

/* ---- search */

/* From the line found last, or else from the first that is visible. */
static void find(struct dialog_page *page, int step) {
  struct dialog *dialog = page->dialog;
  const size_t count = dialog->lines.count;
  size_t at = dialog->selected_lines > 0 ? dialog->selected_line
                                         : (size_t)dialog->scroll + (step > 0 ? count - 1 : 0);
  if (!*dialog->fields[0] || count == 0)
    return;
  for (size_t i = 0; i < count; i++) {
    at = (at + count + (size_t)step) % count;
    const char *text = dialog->lines.items[at].text;
    if (!text || !text_contains(text, dialog->fields[0]))
      continue;
    dialog->selected = at + 1;
    dialog->selected_line = at;
    dialog->selected_lines = 1;
    dialog->follow = true;
    return;
  }
  dialog->selected_lines = 0;
  dialog_say(dialog, "Not found: %.100s", dialog->fields[0]);
}

static struct request run_find(struct dialog_page *page, int step) {
  find(page, step);
  return nothing;
}

static struct request run_search(struct dialog_page *page, int argument) {
  (void)argument;
  page->dialog->typing = true;
  *page->dialog->fields[0] = '\0';
  return nothing;
}

static struct request run_back(struct dialog_page *page, int argument) {
  (void)argument;
  page->dialog->output = false;
  return nothing;
}

static bool output_type(struct dialog_page *page, struct key key, struct request *request) {
  struct dialog *dialog = page->dialog;
  (void)request;
  if (!dialog->typing)
    return false;
  if (key.code == KEY_CODE_ENTER || key.code == KEY_CODE_ESC) {
    dialog->typing = false;
    if (key.code == KEY_CODE_ESC)
      *dialog->fields[0] = '\0';
    dialog->selected_lines = 0;
    find(page, 1);
    return true;
  }
  return text_field_key(dialog->fields[0], DIALOG_TEXT_MAX, key, true);
}

static bool offers_find(const struct dialog_page *page) {
  return *page->dialog->fields[0] && !page->dialog->typing;
}

#define RUNE(c) KEY_CODE_RUNE, c
#define CODE(c) KEY_CODE_##c, 0

static const struct dialog_binding bindings[] = {
    {CODE(ESC), "Esc", "back", "back to the outcome", run_back, 0, NULL},
    {CODE(ENTER), "Enter", NULL, "back to the outcome", run_back, 0, NULL},
    {RUNE('o'), "o", NULL, "back to the outcome", run_back, 0, NULL},
    {RUNE('/'), "/", "search", "search; n and N: the next or previous line", run_search, 0, NULL},
    {RUNE('n'), "n", "next", "search; n and N: the next or previous line", run_find, 1,
     offers_find},
    {RUNE('N'), "N", NULL, "search; n and N: the next or previous line", run_find, -1, NULL},
};

const struct dialog_class dialog_output = {
    .name = "Output",
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .full = true,
    .fixed = true,
    .title = output_title,
    .build = output_build,
    .foot = output_foot,
    .type = output_type,
};
