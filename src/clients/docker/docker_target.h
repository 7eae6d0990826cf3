/* The endpoint of a configured target: what the collector and the actions share. */
#pragma once

#include "clients/docker/docker.h"
#include "model/target.h"

/* Of a target with the options endpoint, ca_file, cert_file and key_file; the files are the
 * target's. */
bool docker_target_endpoint(const struct target *target, struct docker_endpoint *endpoint,
                            struct err *err) MUST_CHECK;
