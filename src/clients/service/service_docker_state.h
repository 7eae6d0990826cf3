/* What the containers of a service say together: pure. */
#pragma once

#include "clients/docker/docker_judge.h"
#include "clients/service/service_driver.h"

/* Which containers are of a service. */
struct service_docker_place {
  const char *container; /* by its name; NULL: by labels */
  const char *service;   /* of compose */
  char project[100];     /* "": any, but only one */
  int64_t port;          /* which they publish on this host, or listen on there; 0: any */
};
/* What a name of a project, a service or a container is: letters, digits, '.', '_' and '-'. */
bool service_docker_name_check(const char *text, size_t length, struct err *err) MUST_CHECK;
/* compose: "api", "PROJECT/api". */
void service_docker_place_read(struct service_docker_place *place, const char *runtime,
                               const char *text);

/* By its name and address, where no runtime is configured: the compose service of that name on this
 * host that publishes its port. False where the address is not of this host. */
bool service_docker_place_guess(struct service_docker_place *place, const struct target *target);

/* Keeps those of the list that are of the service, by their number. False with err where they are
 * of more than one project, or too many. */
bool service_docker_pick(const struct service_docker_place *place,
                         struct docker_container *containers, size_t *count, struct err *err);

/* One container with what is known of it. */
struct service_container {
  struct docker_reading reading;
  const struct restarts *restarts;
  enum service_variable variables[SERVICE_VARIABLES_MAX];
};

/* place: the engine's. now_s: its clock. Texts live in the arena, or are those of the containers.
 */
void service_docker_state(const struct service_container *containers, size_t count,
                          size_t variable_count, const char *place, double now_s,
                          struct arena *arena, struct service_state *state);
