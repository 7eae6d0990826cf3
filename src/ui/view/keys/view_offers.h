/* Whether the bottom line offers a key now: never one that does nothing on the selected row. */
#pragma once

#include "ui/view/view_state.h"

bool offers_open(const struct view *view);
bool offers_close(const struct view *view);
bool offers_mark(const struct view *view);
bool offers_acts(const struct view *view);
bool offers_logs(const struct view *view);
bool offers_follow(const struct view *view);
bool offers_log_search(const struct view *view);
bool offers_match(const struct view *view);
bool offers_finding(const struct view *view);
bool offers_findings(const struct view *view);
bool offers_folded(const struct view *view);
bool offers_unfold(const struct view *view);
bool offers_unmark(const struct view *view);
bool offers_sort(const struct view *view);
bool offers_back(const struct view *view);
bool offers_page(const struct view *view);
bool offers_row(const struct view *view);
bool offers_abandon(const struct view *view);
