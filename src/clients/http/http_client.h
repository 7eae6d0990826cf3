/* What all requests share: one curl multi handle on the loop. */
#pragma once

#include "io/io.h"

/* io->http, made if need be. */
struct http_client *http_client_get(struct io *io);
/* Closes every connection and handle; what is under way must have been cancelled. The memory is
 * freed in a later turn of the loop. NULL is fine. Not from an http_cb. */
void http_client_free(struct http_client *client);
