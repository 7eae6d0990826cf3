/* Shared by all requests: one curl multi handle on the loop. */
#pragma once

#include "io/io.h"

/* io->http, created if necessary. */
struct http_client *http_client_get(struct io *io);
/* Closes every connection and handle; all requests must have been cancelled. The memory is freed in
 * a later turn of the loop. NULL is allowed. Do not call it from an http_cb. */
void http_client_free(struct http_client *client);
