/* What every adapter needs: the loop and what is shared on it. Made and owned by app. */
#pragma once

#include <uv.h>

struct http_client; /* io/http.h: one curl multi handle for all */

struct io {
  uv_loop_t *loop;
  struct http_client *http; /* made at first use by http_client_get */
};
