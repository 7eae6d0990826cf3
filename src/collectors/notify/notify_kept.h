/* What a channel has reported, as one line of JSON, and back: so that a restart neither reports it
 * again nor loses its end. Pure. */
#pragma once

#include "collectors/notify/notify_news.h"

/* The findings that were reported, and when messages were sent in the last hour. wall_offset_ms:
 * from the steady clock to wall time. The caller frees it. */
char *notify_kept_make(const struct notify_memory *memory, int64_t now_ms, int64_t wall_offset_ms);
/* False with err: it cannot be read, and nothing is taken. *gone: findings of targets that are no
 * longer there, or disabled: left out. */
bool notify_kept_take(struct notify_memory *memory, const struct model *model, const char *text,
                      int64_t now_ms, int64_t wall_offset_ms, size_t *gone,
                      struct err *err) MUST_CHECK;
