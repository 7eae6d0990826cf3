/* Runbooks on the screen: the list of those that lead from the selected row, and one of them with
 * its dry run, from which it is started. What is drawn is in model->runbooks. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* Leaves these pages where nothing is offered any more. */
void view_runbooks_sync(struct view *view, const struct model *model);
void runbook_list_draw(struct view *view, const struct frame *frame, struct rect area);
void runbook_page_draw(struct view *view, const struct frame *frame, struct rect area);
void runbook_list_move(struct view *view, const struct frame *frame, int rows);

/* Those that match the selection. */
struct request run_runbooks(struct keys *keys, int argument);
/* Enter in the list. */
struct request run_runbook_open(struct keys *keys, int argument);
/* Starts the one that is shown. */
struct request run_runbook_start(struct keys *keys, int argument);
/* Asks whether to abandon the run that is shown; does it, if the next key is that of yes. */
struct request run_runbook_abandon(struct keys *keys, int argument);
struct request run_runbook_abandon_yes(struct keys *keys, int argument);
/* Esc: one step back. */
struct request view_runbooks_back(struct view *view);
