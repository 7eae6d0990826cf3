/* From certificates to what is said of them: no input or output. */
#pragma once

#include "io/http/http_tls.h"

#include <openssl/x509.h>

/* The chain begins with the server's own certificate; NULL or empty: nothing is known. version is
 * OpenSSL's number of the protocol, and protocol its name: 0 and "" if they are not known. */
void http_tls_read(struct http_tls *tls, STACK_OF(X509) * chain, int version, const char *protocol);
