#include "app/dashboard/dashboard_pages.h"

#include "model/page.h"

static size_t top_of(const struct model *model) {
  return model_state_count(model) - 1;
}

void dashboard_page_open(struct model *model, struct scheduler *scheduler,
                         const struct request *request) {
  const struct subject *subject = &request->subject;
  if (model->page_count == MODEL_PAGES_MAX || subject->target_index >= model->target_count)
    return;
  if (model->page_count > 0)
    scheduler_page_hold(scheduler, top_of(model), true);
  const char *key = subject->key_count > 0 ? subject->keys[0] : NULL;
  const size_t state = model_page_open(model, subject->target_index, request->page,
                                       key ? subject->table : NULL, key, request->text);
  scheduler_page_open(scheduler, state, false);
}

void dashboard_page_close(struct model *model, struct scheduler *scheduler) {
  if (model->page_count == 0)
    return;
  scheduler_page_close(scheduler, top_of(model));
  model_page_close(model);
  if (model->page_count > 0)
    scheduler_page_hold(scheduler, top_of(model), false);
}

void dashboard_page_sort(struct model *model, struct scheduler *scheduler,
                         const struct request *request) {
  const size_t state = top_of(model);
  if (model->page_count > 0 && page_focus_sort(&model->targets[state].focus, request->subject.table,
                                               request->text, request->inverted))
    scheduler_collect_slot(scheduler, state);
}

void dashboard_page_mark(struct model *model, struct scheduler *scheduler) {
  const size_t state = top_of(model);
  if (model->page_count == 0)
    return;
  model->targets[state].focus.marks++;
  scheduler_collect_slot(scheduler, state);
}
