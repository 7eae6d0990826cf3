/* The API of a Docker engine (also Podman's service) over HTTP: one request, one JSON answer.
 *
 * Paths are sent without an API version, so that each engine answers in its own newest one. The
 * readers (docker_read.h) take what is missing as not known. */
#pragma once

#include "core/json_node.h"
#include "io/http/http.h"

enum { DOCKER_SOCKET_MAX = 108, DOCKER_URL_MAX = 256, DOCKER_PATH_MAX = 512 };

/* Where an engine listens. */
struct docker_endpoint {
  char socket[DOCKER_SOCKET_MAX]; /* path of its Unix socket; "": it has none */
  char url[DOCKER_URL_MAX];       /* "http://localhost" with a socket, "https://10.0.0.7:2376" */
  const char *ca_file, *cert_file, *key_file; /* borrowed; NULL: none */
};

/* "unix:///var/run/docker.sock", "tcp://10.0.0.7:2375", "https://10.0.0.7:2376": the forms of
 * DOCKER_HOST. tls: tcp:// means https. Without the files. */
bool docker_endpoint_parse(const char *text, bool tls, struct docker_endpoint *endpoint,
                           struct err *err) MUST_CHECK;
/* The endpoint to use where none is configured: DOCKER_HOST, else the first of the usual sockets
 * that exists, else Docker's own. Only looks at the environment and at names of files. */
const char *docker_endpoint_usual(char out[DOCKER_URL_MAX]);
/* Of a socket: whether there is one. */
bool docker_endpoint_exists(void);

struct docker_query {
  const char *method; /* NULL: GET */
  const char *path;   /* "/containers/json?all=1" */
  const char *json;   /* body; NULL: none */
  int64_t timeout_ms;
};

/* A name or id in a path, each byte that is not a letter, a digit, '.', '_' or '-' escaped. False
 * if it does not fit. */
bool docker_path(char out[DOCKER_PATH_MAX], const char *before, const char *name,
                 const char *after) MUST_CHECK;

/* status: of HTTP; 0 without an answer. json: the answer, NULL where it is empty; borrowed for the
 * callback. err: no answer, an answer that is not JSON, or a status from 400 up with the engine's
 * own message: ERR_DENIED for 401 and 403, ERR_INVALID for 404 ("No such container: api"), 409 and
 * other 4xx, ERR_PROTOCOL for 5xx. */
typedef void (*docker_cb)(void *arg, int status, json_t *json, const struct err *err);

struct docker_request; /* one under way */
struct docker_request *docker_ask(struct io *io, const struct docker_endpoint *endpoint,
                                  const struct docker_query *query, docker_cb done, void *arg);
void docker_cancel(struct docker_request *request);
