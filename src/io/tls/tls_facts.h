/* What a certificate and its chain are: of a server or of a file. */
#pragma once

#include "io/http/http_tls.h"

#include <stdbool.h>
#include <stdint.h>

enum tls_chain {
  TLS_CHAIN_UNKNOWN,    /* it was not verified */
  TLS_CHAIN_VERIFIED,   /* up to a trusted certificate */
  TLS_CHAIN_SELF,       /* the certificate is signed by itself, and not trusted */
  TLS_CHAIN_INCOMPLETE, /* an issuer is neither there nor trusted */
  TLS_CHAIN_UNTRUSTED,  /* it ends at an authority that is not trusted */
  TLS_CHAIN_INVALID,    /* anything else: see chain_error */
};

enum tls_staple { TLS_STAPLE_NONE, TLS_STAPLE_GOOD, TLS_STAPLE_REVOKED, TLS_STAPLE_INVALID };

enum { TLS_FINGERPRINT_SIZE = 65, TLS_ERROR_SIZE = 200 };

/* Texts are one line, fit for a terminal; "" where not known. */
struct tls_facts {
  struct http_tls shown; /* of the verified chain, or of as much of it as there is */
  char subject[96];      /* of the certificate */
  char fingerprint[TLS_FINGERPRINT_SIZE]; /* SHA-256, in hexadecimal digits */
  int64_t begins_s;                       /* since 1970: the latest begin in the chain */
  int sent;                               /* certificates that were sent, or are in the file */
  enum tls_chain chain;
  char missing[96];                 /* subject of the issuer that is missing or not trusted */
  char chain_error[TLS_ERROR_SIZE]; /* TLS_CHAIN_INVALID: why */
  bool named;                       /* it was compared with a name */
  bool name_fits;                   /* and is for that name */
  enum tls_staple staple;           /* of a server: the answer about revocation that it showed */
  bool wants_certificate;           /* the server asked for a certificate of the client */
};

const char *tls_chain_word(enum tls_chain chain); /* "verified", "self-signed", ... */
