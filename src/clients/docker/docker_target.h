/* The endpoint of a configured target: what the collector, the actions, services and logs share. */
#pragma once

#include "clients/docker/docker_endpoint.h"
#include "model/target.h"

/* Of a target of the kind "docker" with the options endpoint, ca_file, cert_file and key_file; of a
 * service with the option `engine`, the name of such a target or an endpoint. What is not set is as
 * in docker_endpoint_find. */
bool docker_target_endpoint(const struct target *target, struct docker_endpoint *endpoint,
                            struct err *err) MUST_CHECK;
