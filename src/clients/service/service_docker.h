/* The Docker engine of a service. */
#pragma once

#include "clients/docker/docker.h"
#include "clients/service/service_driver.h"

extern const struct service_driver service_driver_docker;

/* Whether a text with "://" is an endpoint; for `check` of the option `engine`. */
bool service_docker_engine_check(const char *text, struct err *err) MUST_CHECK;
/* By the option `engine` of a target of the kind "service": the name of a target of the kind
 * "docker", or an endpoint; else DOCKER_HOST, else the usual socket. The files are the target's. */
bool service_docker_endpoint(const struct target *target, struct docker_endpoint *endpoint,
                             struct err *err) MUST_CHECK;
