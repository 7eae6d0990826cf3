#include "clients/docker/docker_target.h"

#include <stdlib.h>

bool docker_target_endpoint(const struct target *target, struct docker_endpoint *endpoint,
                            struct err *err) {
  const char *text = target_text(target, "endpoint");
  const char *verify = getenv("DOCKER_TLS_VERIFY");
  char usual[DOCKER_URL_MAX];
  const bool tls = target_text(target, "ca_file") || target_text(target, "cert_file") ||
                   (!text && verify && *verify);
  if (!docker_endpoint_parse(text ? text : docker_endpoint_usual(usual), tls, endpoint, err))
    return false;
  endpoint->ca_file = target_text(target, "ca_file");
  endpoint->cert_file = target_text(target, "cert_file");
  endpoint->key_file = target_text(target, "key_file");
  return true;
}
