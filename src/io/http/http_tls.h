/* What a server showed of itself when TLS was established: its certificates and the protocol. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Texts are one line, fit for a terminal; "" where not known. */
struct http_tls {
  bool known;        /* it showed a certificate, whether that could be verified or not */
  int64_t expires_s; /* since 1970: the earliest end in the chain */
  char expiring[96]; /* whose certificate that is; "" if it is the server's own */
  char names[200];   /* "api.example.com, *.example.com and 3 more" */
  char issuer[96];
  char key[48];      /* "RSA 2048" */
  char protocol[16]; /* "TLSv1.3" */
  char weak[128];    /* why key, signature or protocol are weak; "" if they are not */
};
