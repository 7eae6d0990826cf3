/* What a first configuration can learn from files of other programs: ports of a compose file, the
 * context of a kubeconfig. Passwords in them are not read. */
#pragma once

#include <stddef.h>

enum { COMPOSE_PORTS_MAX = 64 };

struct compose_port {
  char service[64];
  int host, container; /* TCP ports */
};

struct compose {
  char project[64]; /* "" if the file does not name it */
  struct compose_port ports[COMPOSE_PORTS_MAX];
  size_t count;
};

/* The published ports of its services. A text that is not a compose file has none. */
void compose_parse(const char *text, size_t len, struct compose *compose);
/* "current-context" of a kubeconfig; "" if there is none. Returns out. */
const char *kubeconfig_context(const char *text, size_t len, char *out, size_t size);
