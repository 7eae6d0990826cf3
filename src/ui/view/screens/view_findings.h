/* Keys that go from finding to finding, and the list of findings. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* Selects that row, in the overview; on the whole screen if it has no line there. False: the row is
 * gone, and its target is selected. table and key NULL: the target itself. */
bool view_go_to(struct view *view, const struct frame *frame, size_t target_index,
                const char *table, const char *key);
/* Shows the list of findings. */
struct request run_findings(struct keys *keys, int argument);
/* Leaves the list for the row of the selected finding. */
struct request run_go_to_finding(struct keys *keys, int argument);
/* Selects the row of the next (1) or previous (-1) finding that counts, in the order of the list.
 */
struct request run_next_finding(struct keys *keys, int direction);
/* The next (1) or previous (-1) order of the list. */
struct request run_order_findings(struct keys *keys, int step);
/* Opens the form for the selected finding; verb: enum alarm_form_verb. */
struct request run_alarm(struct keys *keys, int verb);
/* Shows (1) or hides (0) the findings under the selected one. */
struct request run_fold(struct keys *keys, int open);
