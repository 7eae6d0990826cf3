#include "ui/view/view_step.h"

#include "model/judge/next_step.h"
#include "ui/view/keys/key_words.h"
#include "ui/view/screens/view_log.h"
#include "ui/view/screens/view_runbooks.h"
#include "ui/view/view_act.h"
#include "ui/view/view_pages.h"

#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};

/* ---- the finding */

static bool same(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

/* The worst of the row; of the target as a whole if that has one, since its rows are then old. */
static const struct finding *finding_at(const struct findings *findings, size_t target_index,
                                        const char *table, const char *row) {
  const struct finding *of_row = NULL;
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    if (finding->target_index != target_index)
      continue;
    if (!finding->table)
      return finding;
    if (!of_row && same(finding->table, table) && same(finding->row, row))
      of_row = finding;
  }
  return of_row;
}

static const struct finding *finding_now(const struct view *view, const struct frame *frame) {
  const struct model *model = frame->model;
  const struct detail *detail = &view->detail;
  if (view->page == PAGE_DETAIL)
    return detail->of_event || detail->target_index >= model->target_count
               ? NULL
               : finding_at(model->findings, detail->target_index, detail->table, detail->key);
  const struct pane *pane = view_focused(view);
  const struct line *line = pane && view->page == PAGE_PANES ? pane_selected(pane) : NULL;
  if (!line || line->kind == LINE_EVENT || line->target_index >= model->target_count)
    return NULL;
  return line->finding ? line->finding
                       : finding_at(model->findings, line->target_index, line->table_id, line->key);
}

/* Of its column, if it is about a threshold. */
static const char *metric_of(const struct model *model, const struct finding *finding) {
  const struct sample *sample = model->targets[finding->target_index].sample;
  const struct table *table =
      sample && finding->table ? sample_table_view(sample, finding->table) : NULL;
  const int column = table && finding->column ? table_column(table->spec, finding->column) : -1;
  return column >= 0 ? table->spec->columns[column].metric : NULL;
}

/* ---- whether a step is possible */

static const struct action_spec *action_of(const struct view *view, const struct frame *frame,
                                           const char *id) {
  const struct operations *operations = &frame->model->operations;
  struct subject subject;
  if (!operations->specs || !view_subject(view, frame, &subject))
    return NULL;
  for (const struct action_spec *const *spec = operations->specs; *spec; spec++)
    if (strcmp((*spec)->id, id) == 0)
      return view_act_is_possible(*spec, frame->model, &subject) ? *spec : NULL;
  return NULL;
}

static bool try_step(const struct view *view, const struct frame *frame, const char *id,
                     struct view_step *step) {
  const struct model *model = frame->model;
  if (strcmp(id, NEXT_STEP_DETAILS) == 0)
    step->kind = view->page == PAGE_DETAIL ? VIEW_STEP_NONE : VIEW_STEP_DETAILS;
  else if (strcmp(id, NEXT_STEP_RUNBOOKS) == 0)
    step->kind = VIEW_STEP_RUNBOOKS;
  else if (strcmp(id, NEXT_STEP_LOGS) == 0)
    step->kind = view_has_logs(view, frame) ? VIEW_STEP_LOGS : VIEW_STEP_NONE;
  else if ((step->action = action_of(view, frame, id)))
    step->kind = VIEW_STEP_ACTION;
  else if (model->pages && (step->page = page_find(model->pages, id)) &&
           view_page_is_possible(model, step->finding, step->page))
    step->kind = VIEW_STEP_PAGE;
  return step->kind != VIEW_STEP_NONE;
}

void view_step_find(const struct view *view, const struct frame *frame, struct view_step *step) {
  const struct model *model = frame->model;
  *step = (struct view_step){.finding = finding_now(view, frame)};
  if (!step->finding)
    return;
  const struct next_step *steps = next_step_find(
      model->next_steps, model->targets[step->finding->target_index].target->kind->kind,
      step->finding, metric_of(model, step->finding));
  for (size_t i = 0; steps && i < NEXT_STEPS_MAX && steps->steps[i]; i++)
    if (try_step(view, frame, steps->steps[i], step))
      return;
}

/* ---- the key */

struct request run_finding_step(struct keys *keys, int argument) {
  struct view *view = keys->view;
  struct view_step step;
  if (view->page == PAGE_PANES && keys->moved) {
    view_say(view, "The selection just changed: check the row, then press the key again");
    return nothing;
  }
  view_step_find(view, keys->frame, &step);
  switch (step.kind) {
  case VIEW_STEP_NONE:
    view_say(view, step.finding ? "There is no further step: this is all that is known"
                                : "The selected row has no finding");
    return nothing;
  case VIEW_STEP_ACTION:
    return act_request(keys, step.action);
  case VIEW_STEP_PAGE:
    return view_page_of_finding(keys, step.finding, step.page);
  case VIEW_STEP_LOGS:
    return run_logs(keys, argument);
  case VIEW_STEP_RUNBOOKS:
    return run_runbooks(keys, argument);
  case VIEW_STEP_DETAILS:
    return run_detail(keys, argument);
  }
  return nothing;
}
