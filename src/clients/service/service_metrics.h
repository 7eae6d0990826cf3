/* The page of metrics of a service, as its options `metrics` and `series` say. */
#pragma once

#include "clients/service/service_series.h"
#include "io/http/http.h"
#include "model/target.h"

enum { METRICS_BYTES_MAX = 8 << 20, METRICS_WAIT_MS = 3000 };

/* Whether these options go together. */
bool service_metrics_check(const struct target *target, struct err *err) MUST_CHECK;

/* The query but for its time; *headers is for the caller to free after it was sent. What may be a
 * secret (bearer, headers) goes only to where health is asked, too. */
struct http_query service_metrics_request(const struct target *target,
                                          struct http_header **headers);

/* Whether it answers with a page; *strict where it has to end with "# EOF". False with err, which
 * holds nothing secret. */
bool service_metrics_answer(const struct http_result *result, bool *strict,
                            struct err *err) MUST_CHECK;
