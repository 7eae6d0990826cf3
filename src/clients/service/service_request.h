/* What is sent to a service's health endpoint, as its target says. */
#pragma once

#include "io/http/http.h"
#include "model/target.h"

#include <stddef.h>

/* The checks of the options, which never repeat what may be a secret. */
extern const char *const service_methods[];                                    /* ends with NULL */
bool service_header_name_check(const char *name, struct err *err) MUST_CHECK;  /* to be sent */
bool service_header_token_check(const char *name, struct err *err) MUST_CHECK; /* of any */
bool service_header_check(const char *text, struct err *err) MUST_CHECK;

/* Whether the options of the request go together. */
bool service_request_check(const struct target *target, struct err *err) MUST_CHECK;

/* All but the URL and the time. The texts are the target's; *headers is for the caller to free
 * after the query was sent. */
struct http_query service_request(const struct target *target, struct http_header **headers);
