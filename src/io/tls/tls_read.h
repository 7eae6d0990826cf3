/* Inside of io/tls: from certificates to what is said of them. No input or output but the store's.
 */
#pragma once

#include "io/tls/tls_facts.h"

#include <openssl/x509.h>

/* The certificate, and those that came with it (which may include it). store: what is trusted.
 * name: the host name or address that it has to be for; NULL: none. version, protocol: as for
 * http_tls_read. now_s: since 1970. */
void tls_read(struct tls_facts *facts, X509 *own, STACK_OF(X509) * others, X509_STORE *store,
              const char *name, int version, const char *protocol);
/* What a server said with its certificate about its revocation; bytes of an OCSP response. */
enum tls_staple tls_staple_read(const unsigned char *bytes, long len, STACK_OF(X509) * others,
                                X509_STORE *store);
/* The trusted certificates: those of a PEM file, or (NULL) of the system. NULL with err. */
struct err;
X509_STORE *tls_store_new(const char *ca_file, struct err *err);
