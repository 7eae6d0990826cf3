/* A source: the systemd journal, of a unit, of units by patterns, or all of it; read by sd-journal
 * on a thread of its own. */
#pragma once

#include "logs/log_source.h"
#include "model/config/config.h"

/* Whether the target has a journal: a systemd target, or a service with a runtime `systemd`. */
bool log_journal_has(const struct target *target);
/* key: a unit; NULL: the target's units, or all of the journal where it names none. Copies what it
 * is given. */
struct log_source *log_journal_new(const struct target *target, const char *key,
                                   const struct log_want *want, const struct log_filter *filter);
