/* Turns curl's errors into messages for the operator. */
#pragma once

#include "core/err.h"
#include "io/http/http_tls.h"

#include <curl/curl.h>

/* code: not CURLE_OK. os_error: CURLINFO_OS_ERRNO. detail: curl's own sentence, or "". */
void http_error(CURLcode code, int os_error, const char *detail, struct err *err);

/* Adds to an error for a certificate what is known of it: since when it is expired, which names it
 * is for, how weak its key is. */
void http_error_tls(const struct http_tls *tls, int64_t now_s, struct err *err);
