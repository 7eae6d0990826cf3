/* The times of a finding, which are named apart wherever more than one of them is shown:
 *
 *   since   the onset: when it began, as its server or its collector knows; else when it was seen
 *   seen    when this program saw it for the first time
 *   alarm   when it began to count: it was seen for as long as the `for` of its threshold */
#pragma once

#include "model/model.h"

/* Gives the findings of an evaluation their `seen_ms` and `alarm_ms`: those of the same earlier or
 * held one. */
void finding_times_note(const struct model *model, struct findings *after, int64_t now_ms);

/* ", seen at 14:03:12, alarm at 14:08:12": those that are not the same second as an earlier one; ""
 * if there are none. Returns out. */
enum { FINDING_TIMES_MAX = 128 };
const char *finding_times_text(char out[FINDING_TIMES_MAX], const struct finding *finding,
                               const struct model *model, int64_t now_ms, bool utc);
