/* Where a Docker engine is: one rule for the collector, the actions, services and logs. */
#pragma once

#include "core/err.h"

#include <stddef.h>

enum { DOCKER_SOCKET_MAX = 108, DOCKER_URL_MAX = 256, DOCKER_FILE_MAX = 512 };

struct docker_endpoint {
  /* Path of its Unix socket, or "ssh://user@host:22"; "": it has none. */
  char socket[DOCKER_SOCKET_MAX];
  bool ssh;                 /* reached by docker_ssh.h */
  char url[DOCKER_URL_MAX]; /* "http://localhost" with a socket, "https://10.0.0.7:2376" */
  char ca_file[DOCKER_FILE_MAX], cert_file[DOCKER_FILE_MAX], key_file[DOCKER_FILE_MAX]; /* or "" */
  bool insecure; /* its certificate is not verified, as its context has it */
};

/* "unix:///var/run/docker.sock", "tcp://10.0.0.7:2375", "https://10.0.0.7:2376",
 * "ssh://user@10.0.0.7:22": the forms of DOCKER_HOST. tls: tcp:// means https. tcp:// without a
 * port means Docker's: 2375, with TLS 2376. Without the files. Pure. */
bool docker_endpoint_parse(const char *text, bool tls, struct docker_endpoint *endpoint,
                           struct err *err) MUST_CHECK;

/* What the configuration says; NULL: nothing. */
struct docker_named {
  const char *endpoint, *ca_file, *cert_file, *key_file;
};
/* The endpoint that the configuration names, else that of the docker command: DOCKER_HOST, else the
 * context (DOCKER_CONTEXT, currentContext of its configuration), else the first of the usual
 * sockets that exists, else Docker's own. With TLS the files are those of the configuration, else
 * of the context, or of DOCKER_CERT_PATH where DOCKER_TLS_VERIFY is set. An error names the place
 * of what is wrong. Reads small files of the user's only where neither an endpoint nor DOCKER_HOST
 * is set. */
bool docker_endpoint_find(const struct docker_named *named, struct docker_endpoint *endpoint,
                          struct err *err) MUST_CHECK;
/* Whether there is a sign of an engine: DOCKER_HOST, a context, or one of the usual sockets. */
bool docker_endpoint_exists(void);
/* The usual sockets of engines, in their order: in out, "" where it does not exist. False beyond
 * the last one. */
bool docker_endpoint_usual(size_t index, char out[DOCKER_SOCKET_MAX]);
/* Whether it is on this host: only then it publishes this host's ports. */
bool docker_endpoint_is_local(const struct docker_endpoint *endpoint);
/* What identifies it for a person, and for a plan. */
const char *docker_endpoint_place(const struct docker_endpoint *endpoint);
