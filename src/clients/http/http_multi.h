/* Inside of clients/http: the curl multi handle on the loop. */
#pragma once

#include <curl/curl.h>
#include <uv.h>

struct http_client {
  uv_loop_t *loop;
  CURLM *multi;
  uv_timer_t timer;
  /* curl has ended the transfer of a handle and does not know it any more; `request` is its
   * CURLOPT_PRIVATE. Set by who makes requests. */
  void (*ended)(void *request, CURLcode code);
};
