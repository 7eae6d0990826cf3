/* The history of events: its list, its keys, its filter line. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* Opens it. */
struct request run_history(struct keys *keys, int argument);
/* Goes to the row that the selected event is about; of an incident: shows what came in its time. */
struct request run_history_enter(struct keys *keys, int argument);
/* Only one kind, then the next; only so far back; only the target or the operator of the selected
 * event, and again all. */
enum history_only { HISTORY_KIND, HISTORY_SINCE, HISTORY_TARGET, HISTORY_OPERATOR };
struct request run_history_only(struct keys *keys, int what);
/* Begins to type a filter. */
struct request run_history_filter(struct keys *keys, int argument);
/* The whole text of the selected event, or its usual part. */
struct request run_history_whole(struct keys *keys, int argument);
struct request run_history_copy(struct keys *keys, int argument);

/* Selects the event that was drawn as that; *again: it was selected already. False: it is gone. */
bool history_click(struct keys *keys, const struct hit *hit, bool *again);
struct request history_move(struct keys *keys, int lines);
/* One step back: the filter, then the page. */
struct request history_back(struct keys *keys);
struct request history_typing_key(struct keys *keys, bool *taken);

bool offers_history_row(const struct view *view);
