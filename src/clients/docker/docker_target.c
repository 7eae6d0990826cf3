#include "clients/docker/docker_target.h"

#include "model/config/config.h"

#include <string.h>

static bool of_engine(const struct target *engine, struct docker_endpoint *endpoint,
                      struct err *err) {
  return docker_endpoint_find(&(struct docker_named){.endpoint = target_text(engine, "endpoint"),
                                                     .ca_file = target_text(engine, "ca_file"),
                                                     .cert_file = target_text(engine, "cert_file"),
                                                     .key_file = target_text(engine, "key_file")},
                              endpoint, err);
}

static const struct target *engine_named(const struct target *target, const char *name) {
  const struct config *config = target->config;
  for (size_t i = 0; config && i < config->all_count; i++)
    if (strcmp(config->all[i]->kind->kind, "docker") == 0 &&
        strcmp(config->all[i]->name, name) == 0)
      return config->all[i];
  return NULL;
}

bool docker_target_endpoint(const struct target *target, struct docker_endpoint *endpoint,
                            struct err *err) {
  if (strcmp(target->kind->kind, "docker") == 0)
    return of_engine(target, endpoint, err);
  const char *engine = target_text(target, "engine");
  const struct target *named = engine ? engine_named(target, engine) : NULL;
  if (named)
    return of_engine(named, endpoint, err);
  if (engine && !strstr(engine, "://"))
    return err_set(err, ERR_INVALID, "engine: no target of the kind docker is named %.80s", engine);
  return docker_endpoint_find(&(struct docker_named){.endpoint = engine}, endpoint, err);
}
