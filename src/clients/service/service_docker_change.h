/* One change of a container, and one look at what became of it. */
#pragma once

#include "clients/docker/docker.h"
#include "clients/docker/docker_change.h"
#include "clients/service/service_driver.h"

struct docker_change; /* one under way */

/* Compares the place and the container with what was planned, then sends the change once. done
 * comes as for struct service_driver's `change`. What it is given is borrowed until then. *sent:
 * from then on it may have had an effect. */
struct docker_change *docker_change_start(struct io *io, const struct docker_endpoint *endpoint,
                                          const struct docker_verb *verb,
                                          const struct service_identity *identity,
                                          int64_t timeout_ms, bool *sent, service_change_cb done,
                                          void *arg);
/* As for `follow`. */
struct docker_change *docker_follow_start(struct io *io, const struct docker_endpoint *endpoint,
                                          struct docker_wait *wait, const char *id,
                                          int64_t timeout_ms, service_change_cb done, void *arg);
void docker_change_cancel(struct docker_change *change);
