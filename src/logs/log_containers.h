/* The containers that a row or a service means: a source for each, added to a reader. */
#pragma once

#include "logs/log_reader.h"
#include "model/config/config.h"

struct log_containers;

/* Whether the target may have containers: of a Docker engine; a service with a runtime `compose` or
 * `docker`, or with none where there is an engine (service_docker_state.h finds them). */
bool log_containers_has(const struct target *target);
/* key: a container's id, the beginning of one, or its name; NULL: all of the target's. Asks the
 * engine for its list first; what goes wrong is a source that says so. */
struct log_containers *log_containers_new(struct io *io, struct log_reader *reader,
                                          const struct config *config, size_t target_index,
                                          const char *key, const struct log_want *want,
                                          const struct log_filter *filter);
/* The list is not there yet. */
bool log_containers_is_looking(const struct log_containers *containers);
/* Before the reader is closed. NULL is allowed. */
void log_containers_close(struct log_containers *containers);
