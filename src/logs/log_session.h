/* The logs of a row or of a target: which sources it has, all of them in one reader. */
#pragma once

#include "logs/log_reader.h"
#include "model/config/config.h"

/* Whose logs: of a table's row, or of the target itself where they are NULL. */
struct log_origin {
  const struct config *config;
  size_t target_index;
  const char *table, *key;
};

struct log_session;

/* Whether a row of the target can be named without its table: a container, a pod, a unit. */
bool log_session_has_rows(const struct target *target);
/* Whether the target names any logs. */
bool log_session_has(const struct target *target);

/* NULL with the reason if there is nothing to read: "postgres ecap has no logs: ...". Takes its own
 * copies. What the target's `logs` name is read for each of its rows, and the containers of a row
 * or of a service beside it. */
struct log_session *log_session_new(struct io *io, const struct log_origin *origin,
                                    const struct log_want *want, const struct log_filter *filter,
                                    bool ordered, const struct log_reader_hooks *hooks,
                                    struct err *err) MUST_CHECK;
struct log_reader *log_session_reader(const struct log_session *session);
/* As log_reader_is_loading and log_reader_is_done, but for the time before its sources are known.
 */
bool log_session_is_loading(const struct log_session *session);
bool log_session_is_done(const struct log_session *session);
/* May be called in `changed`. NULL is allowed. */
void log_session_close(struct log_session *session);
