/* A source: the log of one container, from its engine, on the loop.
 *
 * All runs of a container are in one log, so what the last run wrote before it ended is there. With
 * `follow` it asks again when the container has ended, for when it is started again. */
#pragma once

#include "clients/docker/docker.h"
#include "io/io.h"
#include "logs/log_source.h"

/* Copies what it is given. */
struct log_source *log_container_new(struct io *io, const struct docker_endpoint *endpoint,
                                     const char *id, const char *name, const struct log_want *want,
                                     const struct log_filter *filter);
