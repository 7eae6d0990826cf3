/* Turns curl's errors into messages for the operator. */
#pragma once

#include "core/err.h"

#include <curl/curl.h>

/* code: not CURLE_OK. os_error: CURLINFO_OS_ERRNO. detail: curl's own sentence, or "". */
void http_error(CURLcode code, int os_error, const char *detail, struct err *err);
