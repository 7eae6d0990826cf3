/* The next step for the finding of the selection (model/judge/next_step.h): the first one that is
 * possible here and now. */
#pragma once

#include "ui/view/keys/view_binding.h"

struct view_step {
  enum view_step_kind {
    VIEW_STEP_NONE, /* the selection has no finding */
    VIEW_STEP_ACTION,
    VIEW_STEP_PAGE,
    VIEW_STEP_LOGS,
    VIEW_STEP_RUNBOOKS,
    VIEW_STEP_DETAILS,
  } kind;
  const struct finding *finding;
  const struct action_spec *action;
  const struct page_spec *page;
};

/* The step for the worst finding of the selected row, or of its target if that is ill as a whole.
 */
void view_step_find(const struct view *view, const struct frame *frame, struct view_step *step);
/* The key: does it. An action only shows its plan. */
struct request run_finding_step(struct keys *keys, int argument);
