/* Internals of io/http: the curl multi handle on the loop. */
#pragma once

#include <curl/curl.h>
#include <uv.h>

struct http_client {
  uv_loop_t *loop;
  CURLM *multi;
  uv_timer_t timer;
  int tls_index; /* of an SSL_CTX: the request that sees its certificates */
  /* curl has ended the transfer of a handle and released it; `request` is its CURLOPT_PRIVATE. Set
   * by the code that makes requests. */
  void (*ended)(void *request, CURLcode code);
};
