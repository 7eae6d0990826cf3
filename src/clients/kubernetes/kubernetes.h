/* The API of Kubernetes over `kubectl proxy`: one request, one JSON answer. */
#pragma once

#include "clients/kubernetes/kubernetes_proxy.h"
#include "io/http/http.h"

#include <jansson.h>

enum { KUBERNETES_PATH_MAX = 1024, KUBERNETES_BODY_MAX = 32 << 20 };

struct kubernetes_query {
  const char *method; /* NULL: GET */
  const char *path;   /* "/api/v1/nodes?limit=500" */
  const char *json;   /* body; NULL: none */
  const char *type;   /* its type; NULL: application/json */
  bool exact;         /* integers stay integers, as in an answer that is sent back in part */
  int64_t timeout_ms;
};

/* status: of HTTP; 0 without an answer. json: the answer, NULL where there is none; numbers in it
 * are reals unless `exact` was set; borrowed for the callback. date_s: the server's clock, -1 if it
 * does not say. err: no answer, one that is not JSON, or a status that is not 2xx, with the
 * server's own message: ERR_DENIED for 401 and 403, ERR_UNREACHABLE where kubectl cannot reach the
 * server, ERR_PROTOCOL for 5xx, else ERR_INVALID. */
struct kubernetes_answer {
  int status;
  json_t *json;
  int64_t date_s;
  const struct err *err;
};
typedef void (*kubernetes_cb)(void *arg, const struct kubernetes_answer *answer);

struct kubernetes_request; /* one under way */
/* A question takes a connection of an earlier one, a change never does: curl would send it once
 * more where the connection breaks. The proxy has to be ready, and to outlive the request. */
struct kubernetes_request *kubernetes_ask(struct io *io, const struct kubernetes_proxy *proxy,
                                          const struct kubernetes_query *query, kubernetes_cb done,
                                          void *arg);
void kubernetes_cancel(struct kubernetes_request *request);
/* Whether an error without a status means that not a byte of the request was sent. */
bool kubernetes_was_not_sent(const struct err *err);

/* Parses an answer, or a line of a watch. NULL with err. */
json_t *kubernetes_parse(const char *text, size_t len, bool exact, struct err *err);
/* The error that a status that is not 2xx stands for: the message of a Status object, or the plain
 * text of kubectl. */
void kubernetes_status_error(int status, const json_t *json, const char *body, struct err *err);

/* A path from a form whose texts ("%s") are escaped: no name leads to another path. False if it
 * does not fit. */
bool kubernetes_path(char out[KUBERNETES_PATH_MAX], const char *form, ...)
    __attribute__((format(printf, 2, 3))) MUST_CHECK;
