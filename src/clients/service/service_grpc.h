/* The health check of gRPC (grpc.health.v1.Health/Check): what is sent, and what the answer means.
 * Pure. The messages are two fields of protobuf, which are written and read here. */
#pragma once

#include "core/err.h"
#include "model/target.h"

#include <stddef.h>

enum { GRPC_SERVICE_MAX = 120, GRPC_REQUEST_MAX = GRPC_SERVICE_MAX + 16, GRPC_REASON_MAX = 200 };

struct service_grpc {
  bool serving;
  char state[16];               /* "SERVING", "NOT_SERVING", "UNIMPLEMENTED", ... */
  char reason[GRPC_REASON_MAX]; /* why it is not serving; may quote the server */
};

bool service_grpc_name_check(const char *service, struct err *err) MUST_CHECK;
/* Whether the options go together. */
bool service_grpc_check(const struct target *target, struct err *err) MUST_CHECK;

/* The body of the request. service: "" or NULL for the server as a whole. Returns its length. */
size_t service_grpc_request(const char *service, char out[GRPC_REQUEST_MAX]);

/* headers: all that came, with the trailers at their end, a line each. False with err if it is not
 * an answer of gRPC. */
bool service_grpc_read(int status, const char *headers, const char *body, size_t len,
                       const char *service, struct service_grpc *grpc, struct err *err) MUST_CHECK;
