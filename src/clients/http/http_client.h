/* Inside of io/http: the curl multi handle on the loop. */
#pragma once

#include "clients/http/http.h"

#include <curl/curl.h>

struct http_client {
  uv_loop_t *loop;
  CURLM *multi;
  uv_timer_t timer;
};

/* curl has ended the transfer of `easy` and does not know it any more; its CURLOPT_PRIVATE is the
 * request. */
void http_request_ended(struct http_request *request, CURLcode code);
