/* What a health endpoint's answer must have beside its status: fields of its JSON, headers. Pure.
 */
#pragma once

#include "core/err.h"

#include <stddef.h>

enum { SERVICE_LACKS_MAX = 192, SERVICE_EXCERPT_MAX = 256 };

/* What is expected: items[i] of names[i]; borrowed. */
struct service_wanted {
  char *const *names;
  char *const *items;
  size_t count;
};

/* The name of a field: "status", "checks.db" (an object in an object, or a name with a point),
 * "nodes.0". */
bool service_field_check(const char *name, struct err *err) MUST_CHECK;

/* Whether the fields of the body have these values; else why not:
 * `checks.db is "down" (expected up)`. */
bool service_json_holds(const char *body, size_t len, bool cut, const struct service_wanted *wanted,
                        char lacks[SERVICE_LACKS_MAX]) MUST_CHECK;

/* Whether the headers, as they came, are there with these texts in them, whatever the case; else
 * why not. An empty text: any value is fine. */
bool service_headers_hold(const char *headers, const struct service_wanted *wanted,
                          char lacks[SERVICE_LACKS_MAX]) MUST_CHECK;

/* The beginning of a body as one clean line; *one_line: it is no more than that, and no HTML. */
void service_excerpt(const char *body, size_t len, char out[SERVICE_EXCERPT_MAX], bool *one_line);
