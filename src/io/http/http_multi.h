/* Internals of io/http: the curl multi handle on the loop. */
#pragma once

#include <curl/curl.h>
#include <uv.h>

/* First member of what curl has as CURLOPT_PRIVATE. */
struct http_transfer {
  /* curl has ended the transfer of its handle and released it. */
  void (*ended)(void *transfer, CURLcode code);
};

struct http_client {
  uv_loop_t *loop;
  CURLM *multi;
  uv_timer_t timer;
  int tls_index; /* of an SSL_CTX: the request that sees its certificates */
};
