/* Inside of io/http: sees the certificates of a transfer, also of one that fails for them.
 *
 * With OpenSSL as curl's TLS library, when it verifies them: this works on a certificate that is
 * refused, and shows the chain that was verified. Else by CURLINFO_CERTINFO when the transfer has
 * ended: the chain as it was sent, and no protocol. */
#pragma once

#include "io/http/http_multi.h"
#include "io/http/http_tls.h"

struct http_tls_watch;

/* tls is filled until http_tls_watch_end. */
struct http_tls_watch *http_tls_watch_new(struct http_client *client, CURL *easy,
                                          struct http_tls *tls);
/* The transfer has ended: reads what can only be read now. */
void http_tls_watch_read(struct http_tls_watch *watch, CURL *easy);
/* NULL is fine. */
void http_tls_watch_end(struct http_tls_watch *watch);

/* For the client's life. */
int http_tls_index_new(void);
void http_tls_index_free(int index);
