#include "ui/view/view_act.h"

#include "ui/panes/pane_kind.h"

#include <stdio.h>
#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};

/* ---- the subject */

static bool one_row(const struct frame *frame, const char *table, const char *key,
                    struct subject *subject) {
  const char **keys = arena_alloc(frame->arena, sizeof *keys);
  if (!keys)
    return false;
  keys[0] = key;
  subject->table = table;
  subject->keys = keys;
  subject->key_count = 1;
  return true;
}

/* Marked rows that the filter hides. */
static size_t hidden_count(const struct pane *pane, const struct model *model) {
  size_t seen = 0;
  if (!*pane->filter)
    return 0;
  for (size_t i = 0; i < pane->lines.count; i++)
    seen += pane_is_marked(pane, model, &pane->lines.items[i]);
  return pane->marks.count - seen;
}

/* The marked rows in the order of the table. */
static bool marked_rows(const struct pane *pane, const struct frame *frame,
                        struct subject *subject) {
  const struct marks *marks = &pane->marks;
  const struct target_state *state = &frame->model->targets[marks->target_index];
  const struct table *table = state->sample ? sample_table_view(state->sample, marks->table) : NULL;
  const char **keys = arena_alloc(frame->arena, marks->count * sizeof *keys);
  if (!table || !keys)
    return false;
  for (size_t i = 0; i < table->row_count && subject->key_count < marks->count; i++)
    if (marks_has(marks, marks->target_index, marks->table, table->rows[i].key))
      keys[subject->key_count++] = table->rows[i].key;
  subject->table = marks->table;
  subject->keys = keys;
  subject->hidden = hidden_count(pane, frame->model);
  return subject->key_count > 0;
}

/* Whether the row stands for its target, and something can be done to several of them at once. */
static bool is_markable_target(const struct model *model, const struct line *line) {
  const struct action_spec *const *specs = model->operations.specs;
  const char *kind = model->targets[line->target_index].target->kind->kind;
  for (; line->is_target && specs && *specs; specs++)
    if (strcmp((*specs)->kind, kind) == 0 && action_takes_targets(*specs))
      return true;
  return false;
}

/* The marked targets in the order of the configuration; the first is that of the request. */
static bool marked_targets(const struct pane *pane, const struct frame *frame,
                           struct subject *subject) {
  const struct marks *marks = &pane->marks;
  const struct model *model = frame->model;
  const char **keys = arena_alloc(frame->arena, marks->count * sizeof *keys);
  for (size_t i = 0; keys && i < model->target_count; i++) {
    const char *name = model->targets[i].target->name;
    if (!pane_kind_has(pane, model, i) || !marks_has(marks, 0, MARKS_TARGETS, name))
      continue;
    if (subject->key_count == 0)
      subject->target_index = i;
    if (subject->key_count < marks->count)
      keys[subject->key_count++] = name;
  }
  subject->keys = keys;
  subject->hidden = hidden_count(pane, model);
  return subject->key_count > 0;
}

static bool subject_of_detail(const struct view *view, const struct frame *frame,
                              struct subject *subject) {
  const struct detail *detail = &view->detail;
  if (detail->of_event || detail->target_index >= model_state_count(frame->model))
    return false;
  const struct sample *sample = frame->model->targets[detail->target_index].sample;
  const struct table *table =
      sample && detail->table ? sample_table_view(sample, detail->table) : NULL;
  subject->target_index = frame->model->targets[detail->target_index].target_index;
  if (!detail->table || (table && table->spec->flags & TABLE_SUMMARY))
    return true;
  return table && detail->key && table_find(table, detail->key) &&
         one_row(frame, detail->table, detail->key, subject);
}

bool view_subject(const struct view *view, const struct frame *frame, struct subject *subject) {
  *subject = (struct subject){0};
  if (view->page == PAGE_DETAIL)
    return subject_of_detail(view, frame, subject);
  const struct pane *pane = view_focused(view);
  const struct line *line = pane && view->page == PAGE_PANES ? pane_selected(pane) : NULL;
  if (!line || line->kind == LINE_EVENT)
    return false;
  subject->target_index = frame->model->targets[line->target_index].target_index;
  if (!line_has_row(line))
    return true;
  if (marks_are_of(&pane->marks, line->target_index, line->table_id))
    return marked_rows(pane, frame, subject);
  if (line->is_target && marks_are_targets(&pane->marks))
    return marked_targets(pane, frame, subject);
  return one_row(frame, line->table_id, line->key, subject);
}

bool view_acts_on(const struct action_spec *spec, const struct model *model,
                  const struct subject *subject) {
  if (spec->key == 0 ||
      strcmp(spec->kind, model->targets[subject->target_index].target->kind->kind) != 0)
    return false;
  return !spec->table || (subject->table && strcmp(spec->table, subject->table) == 0);
}

static bool is_of_kind(const struct action_spec *spec, const struct model *model,
                       const struct subject *subject) {
  return strcmp(spec->kind, model->targets[subject->target_index].target->kind->kind) == 0;
}

bool view_act_is_possible(const struct action_spec *spec, const struct model *model,
                          const struct subject *subject) {
  const struct operations *operations = &model->operations;
  return is_of_kind(spec, model, subject) &&
         (!spec->table || (subject->table && strcmp(spec->table, subject->table) == 0)) &&
         !(operations->lock == LOCK_READ_ONLY && spec->danger != DANGER_NONE) &&
         action_is_for(spec, model->targets[subject->target_index].target->name) &&
         (!operations->may || operations->may(operations->may_arg, spec, subject));
}

/* Whether there is a subject, and it is the one on the screen: not one that has replaced it since
 * the screen was drawn. */
static bool subject_seen(struct keys *keys, struct subject *subject) {
  struct view *view = keys->view;
  if (view->page == PAGE_PANES && keys->moved) {
    snprintf(view->notice, sizeof view->notice,
             "The selection just changed: check the row, then press the key again");
    return false;
  }
  if (view_subject(view, keys->frame, subject))
    return true;
  snprintf(view->notice, sizeof view->notice, "Select a row or a target first");
  return false;
}

/* ---- keys */

/* The selected row, if it may be marked; otherwise NULL, with a notice. */
static const struct line *line_to_mark(struct keys *keys) {
  struct view *view = keys->view;
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  if (!line || line->kind != LINE_ROW) {
    snprintf(view->notice, sizeof view->notice, "Only rows of a table can be marked");
    return NULL;
  }
  if (keys->moved) {
    snprintf(view->notice, sizeof view->notice, "The selection just changed: check the row");
    return NULL;
  }
  return line;
}

static bool mark_toggle(struct keys *keys, const struct line *line) {
  const struct model *model = keys->frame->model;
  if (is_markable_target(model, line)
          ? marks_toggle(&keys->pane->marks, 0, MARKS_TARGETS,
                         model->targets[line->target_index].target->name)
          : marks_toggle(&keys->pane->marks, line->target_index, line->table_id, line->key))
    return true;
  snprintf(keys->view->notice, sizeof keys->view->notice, "At most %d rows can be marked",
           MARKS_MAX);
  return false;
}

struct request run_mark(struct keys *keys, int argument) {
  const struct line *line = line_to_mark(keys);
  (void)argument;
  if (line) {
    mark_toggle(keys, line);
    pane_move(keys->pane, 1);
  }
  return nothing;
}

/* Whether a row is marked together with another: of the same table, at the same level, and not only
 * shown because a row below it matches the filter. */
static bool is_alike(const struct model *model, const struct line *line, const struct line *like) {
  if (line->kind != LINE_ROW || !line->row.match || line->row.depth != like->row.depth)
    return false;
  if (is_markable_target(model, like))
    return is_markable_target(model, line);
  return line->target_index == like->target_index && strcmp(line->table_id, like->table_id) == 0;
}

struct request run_mark_all(struct keys *keys, int argument) {
  const struct line *like = line_to_mark(keys);
  const struct model *model = keys->frame->model;
  size_t unmarked = 0;
  (void)argument;
  if (!like)
    return nothing;
  struct pane *pane = keys->pane;
  for (size_t i = 0; i < pane->lines.count; i++)
    unmarked += is_alike(model, &pane->lines.items[i], like) &&
                !pane_is_marked(pane, model, &pane->lines.items[i]);
  for (size_t i = 0; i < pane->lines.count; i++) {
    const struct line *line = &pane->lines.items[i];
    if (is_alike(model, line, like) && (unmarked == 0 || !pane_is_marked(pane, model, line)) &&
        !mark_toggle(keys, line))
      break;
  }
  return nothing;
}

struct request run_detail(struct keys *keys, int argument) {
  (void)argument;
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  if (!line) {
    snprintf(keys->view->notice, sizeof keys->view->notice, "No row is selected");
    return nothing;
  }
  if (keys->moved) {
    snprintf(keys->view->notice, sizeof keys->view->notice,
             "The selected row is gone: the row next to it is selected");
    return nothing;
  }
  detail_set(&keys->view->detail, keys->frame, line);
  keys->view->page = PAGE_DETAIL;
  keys->view->scroll = 0;
  return nothing;
}

struct request run_menu(struct keys *keys, int argument) {
  struct request request = {.kind = REQUEST_MENU};
  (void)argument;
  return subject_seen(keys, &request.subject) ? request : nothing;
}

/* The newest of those running in the background. */
struct request run_front(struct keys *keys, int argument) {
  const struct operations *operations = &keys->frame->model->operations;
  (void)argument;
  if (operations->count == 0)
    return nothing;
  return (struct request){.kind = REQUEST_FRONT,
                          .operation = operations->items[operations->count - 1]->id};
}

/* The action of the target's kind that has the key, whatever it works on. */
static const struct action_spec *spec_of_key(const struct keys *keys, const char *kind) {
  const struct action_spec *const *specs = keys->frame->model->operations.specs;
  for (; specs && *specs; specs++)
    if ((*specs)->key == keys->key.rune && strcmp((*specs)->kind, kind) == 0)
      return *specs;
  return NULL;
}

bool act_has_key(const struct keys *keys) {
  const struct model *model = keys->frame->model;
  struct subject subject;
  return view_subject(keys->view, keys->frame, &subject) &&
         spec_of_key(keys, model->targets[subject.target_index].target->kind->kind);
}

struct request act_request(struct keys *keys, const struct action_spec *spec) {
  struct request request = {.kind = REQUEST_ACT};
  struct subject *subject = &request.subject;
  if (!subject_seen(keys, subject))
    return nothing;
  if (spec->table && !(subject->table && strcmp(spec->table, subject->table) == 0)) {
    snprintf(keys->view->notice, sizeof keys->view->notice, "%s needs a row of the table \"%s\"",
             spec->title, spec->table);
    return nothing;
  }
  if (subject->table &&
      !action_takes_rows(spec, subject->table)) { /* the row is only where the key was pressed */
    subject->table = NULL;
    subject->keys = NULL;
    subject->key_count = subject->hidden = 0;
  }
  request.action = spec;
  return request;
}

struct request act_by_key(struct keys *keys) {
  const struct model *model = keys->frame->model;
  struct subject subject;
  if (keys->key.code != KEY_CODE_RUNE || keys->key.rune == 0 ||
      !view_subject(keys->view, keys->frame, &subject))
    return nothing;
  const struct action_spec *spec =
      spec_of_key(keys, model->targets[subject.target_index].target->kind->kind);
  return spec ? act_request(keys, spec) : nothing;
}
