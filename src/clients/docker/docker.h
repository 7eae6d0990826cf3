/* The API of a Docker engine (also Podman's service) over HTTP: one request, one JSON answer.
 *
 * Paths are sent without an API version, so that each engine answers in its own newest one. The
 * readers (docker_read.h) take what is missing as not known. */
#pragma once

#include "clients/docker/docker_endpoint.h"
#include "core/json/json_node.h"
#include "io/http/http.h"

enum { DOCKER_PATH_MAX = 512 };

struct docker_query {
  const char *method; /* NULL: GET */
  const char *path;   /* "/containers/json?all=1" */
  const char *json;   /* body; NULL: none */
  int64_t timeout_ms;
  /* Gets the engine's clock, in seconds since 1970, before the callback; -1 where it does not say.
   * NULL: not wanted. */
  int64_t *engine_s;
};

/* A name or id in a path, each byte that is not a letter, a digit, '.', '_' or '-' escaped. False
 * if it does not fit. */
bool docker_path(char out[DOCKER_PATH_MAX], const char *before, const char *name,
                 const char *after) MUST_CHECK;

/* status: of HTTP; 0 without an answer. json: the answer, NULL where it is empty; numbers in it are
 * reals, and NUL bytes in its texts became U+FFFD; borrowed for the callback. err: no answer, an
 * answer that is not JSON, or a status that is not 2xx with the engine's own message: ERR_DENIED
 * for 401 and 403, ERR_PROTOCOL for 5xx, else ERR_INVALID (404 "No such container: api", 409; 304
 * where there is nothing to change). */
typedef void (*docker_cb)(void *arg, int status, json_t *json, const struct err *err);

struct docker_request; /* one under way */
/* A question (GET) takes a connection of an earlier one. A change never does: where the engine
 * hangs up on a kept connection, curl sends once more what may have been done already. */
struct docker_request *docker_ask(struct io *io, const struct docker_endpoint *endpoint,
                                  const struct docker_query *query, docker_cb done, void *arg);
void docker_cancel(struct docker_request *request);
/* An answer that is read as it comes (docker_logs.h): `stream` gets its bytes as that of an
 * http_query does, `done` is called when it ends, then without json. query->timeout_ms: until it
 * begins. */
struct docker_request *docker_stream(struct io *io, const struct docker_endpoint *endpoint,
                                     const struct docker_query *query,
                                     bool (*stream)(void *arg, const char *bytes, size_t len),
                                     docker_cb done, void *arg);
void docker_resume(struct docker_request *request);

/* Whether an error without a status means that not a byte of the request was sent. */
bool docker_was_not_sent(const struct err *err);
