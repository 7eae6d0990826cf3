#include "io/environment.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const shared[] = {
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR",
    /* where an engine, a cluster and a bus are; not DOCKER_*, of which some are passwords */
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY",
    "DOCKER_API_VERSION", "CONTAINER_HOST", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME",
    "COMPOSE_PROFILES", "KUBECONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
    "DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS",
    /* the socket of an agent, for a program that is ssh */
    "SSH_AUTH_SOCK"};

static bool is_name(const char *name, size_t len, const char *wanted) {
  return strlen(wanted) == len && memcmp(name, wanted, len) == 0;
}

bool environment_is_shared(const char *name, size_t len) {
  for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
    if (is_name(name, len, shared[i]))
      return true;
  return len > 3 && memcmp(name, "LC_", 3) == 0;
}

char **environment_shared(char *const *more, size_t count) {
  size_t all = 0, kept = 0;
  while (environ && environ[all])
    all++;
  char **list = mem_new((all + 1) * sizeof *list);
  for (size_t i = 0; i < all; i++) {
    const char *link = strchr(environ[i], '=');
    const size_t len = link ? (size_t)(link - environ[i]) : 0;
    bool wanted = len > 0 && environment_is_shared(environ[i], len);
    for (size_t name = 0; len > 0 && name < count && !wanted; name++)
      wanted = is_name(environ[i], len, more[name]);
    if (wanted)
      list[kept++] = environ[i];
  }
  list[kept] = NULL;
  return list;
}
