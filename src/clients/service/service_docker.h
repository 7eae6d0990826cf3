/* The Docker engine of a service. */
#pragma once

#include "clients/docker/docker.h"
#include "clients/service/service_docker_state.h"
#include "clients/service/service_driver.h"

extern const struct service_driver service_driver_docker;

/* Whether a text with "://" is an endpoint; for `check` of the option `engine`. */
bool service_docker_engine_check(const char *text, struct err *err) MUST_CHECK;
/* Which containers may be those of a service that names no runtime: it is on this host, and so is
 * its engine. Must not block. */
bool service_docker_guess(struct service_docker_place *place, const struct target *target);
