/* TLS of a line, over its non-blocking socket, by OpenSSL. Nothing here waits. */
#pragma once

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct line_tls;

/* Files in PEM; NULL or "": none. Borrowed. */
struct line_tls_options {
  const char *ca_file;              /* by which the server is verified; none: those of the system */
  const char *cert_file, *key_file; /* of the client; key_file none: it is in cert_file */
  bool insecure;                    /* the server's certificate is not verified */
};

enum line_tls_state {
  LINE_TLS_DONE,   /* the handshake has ended */
  LINE_TLS_READS,  /* it waits until the socket can be read */
  LINE_TLS_WRITES, /* or written */
  LINE_TLS_FAILED, /* with err */
};

/* For a connected socket to that host, which the certificate has to name. NULL with err: a file
 * cannot be used. */
struct line_tls *line_tls_new(const struct line_tls_options *options, const char *host, int socket,
                              struct err *err);
void line_tls_free(struct line_tls *tls); /* NULL is fine; the socket stays open */
enum line_tls_state line_tls_shake(struct line_tls *tls, struct err *err);
/* The number of bytes; 0: the server has closed; -1: none for now, or with err (kind not ERR_NONE)
 * an error. */
ssize_t line_tls_read(struct line_tls *tls, char *bytes, size_t size, struct err *err);
/* Whether bytes were received and decrypted that were not read: the socket does not tell. */
bool line_tls_pending(const struct line_tls *tls);
/* The number of bytes; -1 as above. */
ssize_t line_tls_write(struct line_tls *tls, const char *bytes, size_t length, struct err *err);
