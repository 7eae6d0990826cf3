/* The content of a dialog, and its keys. */
#include "ui/dialog/dialog.h"

#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TICK_MS = 1000,    /* ages count seconds */
  PROGRESS_MS = 250, /* while an operation is running */
};

const struct dialog_class *const dialog_classes[DIALOG_KINDS] = {
    [DIALOG_MENU] = &dialog_menu,     [DIALOG_FORM] = &dialog_form,
    [DIALOG_SURVEY] = &dialog_survey, [DIALOG_CHOICE] = &dialog_choice,
    [DIALOG_PLAN] = &dialog_plan,     [DIALOG_RUN] = &dialog_run,
    [DIALOG_END] = &dialog_end,       [DIALOG_OUTPUT] = &dialog_output,
};

/* ---- content */

void dialog_init(struct dialog *dialog) {
  *dialog = (struct dialog){.wrong = -1};
  arena_init(&dialog->arena, DIALOG_BYTES_MAX);
}

void dialog_fini(struct dialog *dialog) {
  choice_free(dialog->choice);
  free(dialog->lines.items);
  free(dialog->foot.items);
  arena_fini(&dialog->arena);
}

static enum dialog_kind kind_of(const struct operations *operations) {
  static const enum dialog_kind kinds[] = {
      [OPERATION_FORM] = DIALOG_FORM,     [OPERATION_SURVEY] = DIALOG_SURVEY,
      [OPERATION_CHOICE] = DIALOG_CHOICE, [OPERATION_PLAN] = DIALOG_PLAN,
      [OPERATION_INTENT] = DIALOG_RUN,    [OPERATION_EXECUTE] = DIALOG_RUN,
      [OPERATION_VERIFY] = DIALOG_RUN,    [OPERATION_OUTCOME] = DIALOG_RUN,
      [OPERATION_ENDED] = DIALOG_END,
  };
  const struct operation *front = operations->front;
  if (operations->menu)
    return DIALOG_MENU;
  if (!front)
    return DIALOG_NONE;
  return front->phase == OPERATION_PLAN && !front->plan ? DIALOG_SURVEY : kinds[front->phase];
}

static void preset_fields(struct dialog *dialog, const struct operation *operation) {
  for (size_t i = 0; i < operation->action->param_count && i < DIALOG_FIELDS_MAX; i++) {
    const char *text = operation->texts ? operation->texts[i] : NULL;
    if (!text)
      text = operation->action->params[i].fallback;
    snprintf(dialog->fields[i], DIALOG_TEXT_MAX, "%s", text ? text : "");
  }
}

/* A field that the pipeline rejects gets the focus, once. */
static void follow_wrong(struct dialog *dialog, const struct operation *operation) {
  if (operation->param_wrong == dialog->wrong)
    return;
  dialog->wrong = operation->param_wrong;
  if (dialog->wrong >= 0)
    dialog->selected = (size_t)dialog->wrong;
  dialog->follow = true;
}

static bool is_same(const struct dialog *dialog, const struct dialog *wanted) {
  if (dialog->kind != wanted->kind || dialog->operation != wanted->operation)
    return false;
  if (dialog->kind == DIALOG_CHOICE || dialog->kind == DIALOG_PLAN)
    return dialog->phase_ms == wanted->phase_ms && dialog->plan_ms == wanted->plan_ms;
  return true; /* a rejected form keeps what was typed, a run its scrolling */
}

void dialog_sync(struct dialog *dialog, const struct model *model, int64_t now_ms) {
  const struct operations *operations = &model->operations;
  struct dialog wanted = {
      .kind = kind_of(operations), .key_ms = now_ms, .follow = true, .wrong = -1};
  const struct operation *front = wanted.kind == DIALOG_MENU ? NULL : operations->front;
  if (front && wanted.kind == DIALOG_END && dialog->output && dialog->operation == front->id) {
    wanted.kind = DIALOG_OUTPUT;
    wanted.output = true;
  }
  if (front) {
    wanted.operation = front->id;
    wanted.phase_ms = front->phase_ms;
    wanted.plan_ms = front->plan ? front->plan->made_ms : 0;
  }
  if (!is_same(dialog, &wanted)) {
    dialog_fini(dialog);
    *dialog = wanted;
    arena_init(&dialog->arena, DIALOG_BYTES_MAX);
    if (front && dialog->kind == DIALOG_FORM)
      preset_fields(dialog, front);
  }
  if (front && dialog->kind == DIALOG_FORM)
    follow_wrong(dialog, front);
}

void dialog_say(struct dialog *dialog, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(dialog->notice, sizeof dialog->notice, format, args);
  va_end(args);
}

void dialog_title(const struct dialog_page *page, char *out, size_t size) {
  const struct operation *operation = page->operation;
  if (operation->plan && page->dialog->kind != DIALOG_PLAN)
    snprintf(out, size, "%s", operation->plan->title);
  else
    snprintf(out, size, "%s: %s", page->frame->model->targets[operation->target_index].target->name,
             operation->action->title);
}

/* ---- keys */

struct request dialog_request(const struct dialog_page *page, enum request_kind kind) {
  return (struct request){.kind = kind, .operation = page->operation ? page->operation->id : 0};
}

struct request dialog_ask(struct dialog_page *page, int kind) {
  return dialog_request(page, (enum request_kind)kind);
}

void dialog_click(struct dialog *dialog, const struct hit *hit) {
  if (hit->there && (dialog->kind == DIALOG_MENU || dialog->kind == DIALOG_CHOICE)) {
    dialog->selected = hit->id;
    dialog->follow = true;
  }
}

void dialog_move(struct dialog *dialog, int by, size_t count) {
  size_t last = count > 0 ? count - 1 : 0, step = (size_t)abs(by);
  dialog->follow = true;
  if (by < 0)
    dialog->selected -= step < dialog->selected ? step : dialog->selected;
  else
    dialog->selected = step < last - dialog->selected ? dialog->selected + step : last;
}

static struct request run_scroll(struct dialog_page *page, int lines) {
  struct dialog *dialog = page->dialog;
  int most = (int)(dialog->lines.count - dialog->pinned) - dialog->height;
  dialog->follow = false;
  dialog->scroll += lines;
  if (dialog->scroll > most)
    dialog->scroll = most;
  if (dialog->scroll < 0)
    dialog->scroll = 0;
  return (struct request){.kind = REQUEST_NONE};
}

struct request dialog_page_scroll(struct dialog_page *page, int direction) {
  int height = page->dialog->height;
  return run_scroll(page, direction * (height > 2 ? height - 1 : 1));
}

#define RUNE(c) KEY_CODE_RUNE, c
#define CODE(c) KEY_CODE_##c, 0

enum { TO_THE_END = 1 << 28 };

const struct dialog_binding dialog_scroll_bindings[] = {
    {CODE(DOWN), "Down", NULL, "one line down or up", run_scroll, 1, NULL},
    {RUNE('j'), "j", NULL, "one line down or up", run_scroll, 1, NULL},
    {CODE(UP), "Up", NULL, "one line down or up", run_scroll, -1, NULL},
    {RUNE('k'), "k", NULL, "one line down or up", run_scroll, -1, NULL},
    {CODE(PAGE_DOWN), "PgDn", NULL, "one page down or up", dialog_page_scroll, 1, NULL},
    {CODE(PAGE_UP), "PgUp", NULL, "one page down or up", dialog_page_scroll, -1, NULL},
    {CODE(HOME), "Home", NULL, "to the start or the end", run_scroll, -TO_THE_END, NULL},
    {RUNE('g'), "g", NULL, "to the start or the end", run_scroll, -TO_THE_END, NULL},
    {CODE(END), "End", NULL, "to the start or the end", run_scroll, TO_THE_END, NULL},
    {RUNE('G'), "G", NULL, "to the start or the end", run_scroll, TO_THE_END, NULL},
};
const size_t dialog_scroll_binding_count =
    sizeof dialog_scroll_bindings / sizeof *dialog_scroll_bindings;

static const struct dialog_binding *find(const struct dialog_binding *bindings, size_t count,
                                         struct key key) {
  bool by_rune = key.code == KEY_CODE_RUNE || key.code == KEY_CODE_CTRL;
  for (size_t i = 0; i < count; i++)
    if (bindings[i].code == key.code && (!by_rune || bindings[i].rune == key.rune))
      return &bindings[i];
  return NULL;
}

static struct request dispatch(struct dialog_page *page, struct key key) {
  const struct dialog_class *class = dialog_classes[page->dialog->kind];
  struct request request = {.kind = REQUEST_NONE};
  if (class->type && class->type(page, key, &request))
    return request;
  const struct dialog_binding *binding = find(class->bindings, class->binding_count, key);
  if (!binding)
    binding = find(dialog_scroll_bindings, dialog_scroll_binding_count, key);
  return binding ? binding->run(page, binding->argument) : request;
}

struct request dialog_key(struct dialog *dialog, const struct frame *frame, struct key key,
                          bool *handled) {
  struct dialog_page page = {
      .frame = frame,
      .dialog = dialog,
      .operation = dialog->kind == DIALOG_MENU ? NULL : frame->model->operations.front,
      .arena = frame->arena};
  struct request request = {.kind = REQUEST_NONE};
  *handled = key.code != KEY_CODE_CTRL || (key.rune != 'l' && key.rune != 'z');
  if (*handled) {
    *dialog->notice = '\0';
    if (key.code == KEY_CODE_CTRL && key.rune == 'c') /* as Esc: a stray key must not close it */
      key = (struct key){.code = KEY_CODE_ESC};
    request = dispatch(&page, key);
  }
  dialog->key_ms = frame->now_ms;
  return request;
}

int64_t dialog_next_ms(const struct dialog *dialog, const struct model *model, int64_t now_ms) {
  if (dialog->kind == DIALOG_NONE)
    return INT64_MAX;
  int64_t next = (now_ms / TICK_MS + 1) * TICK_MS;
  if (kind_of(&model->operations) == DIALOG_RUN)
    next = now_ms + PROGRESS_MS;
  int64_t quiet = dialog->key_ms + DIALOG_QUIET_MS;
  return quiet > now_ms && quiet < next ? quiet : next;
}
