/* The header: what is wrong and since when, who looks at what, and what time it is.
 *
 * Its first line has, from left to right: stacktop, the name, the environment, READ-ONLY or
 * UNLOCKED, outcomes that are not on disk, the incident, the counts; at the right LIVE or PAUSED,
 * operator@host, and the clocks. Production is in brackets and capital letters, so that it is
 * unmistakable without colour. The last clock is in the zone of all times on the screen; the other
 * one is the host's or UTC, and is not there where both are the same.
 *
 * Where the line is too narrow, these go or become shorter, in this order, until it fits. Nothing
 * is cut in the middle:
 *
 *    1. "stacktop" goes                          11. "[PRODUCTION]" is "[PROD]"; others go
 *    2. the other clock goes                     12. the clock loses its zone
 *    3. operator@host goes                       13. the name goes
 *    4. the incident says OVERDUE only           14. the clock loses its seconds
 *    5. the count of pending ones goes           15. the clock goes
 *    6. LIVE goes; PAUSED never does             16. the counts of waiting and silenced ones go
 *    7. the incident says "!" for it             17. the outcomes that are not on disk go
 *    8. all counts have signs instead of words   18. the incident goes
 *    9. READ-ONLY is "RO", UNLOCKED "UNL"        19. READ-ONLY and UNLOCKED go
 *   10. the incident has no id                   20. "[PROD]" goes
 *
 * What is critical, a warning, unknown or stale is never dropped. Stale targets are counted apart
 * from what is unknown for another reason; neither is ever "all ok". */
#pragma once

#include "ui/view/view_state.h"

/* The header's lines from the top; returns how many it took. */
int header_draw(struct view *view, const struct frame *frame);
/* Its first line alone. */
void header_draw_first(const struct view *view, const struct frame *frame);
/* One line with the health of all panes, for screens that show one pane at a time. */
void header_draw_tabs(const struct view *view, const struct frame *frame, int y);

/* "staging", "[PRODUCTION]", "[PRODUCTION eu-prod]"; "" without one. Returns out. */
enum { HEADER_ENVIRONMENT_MAX = 160 };
const char *header_environment(const struct config *config, char out[HEADER_ENVIRONMENT_MAX]);
