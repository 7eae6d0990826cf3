/* From what a certificate is to a row and what is wrong with it. Pure. */
#pragma once

#include "io/tls/tls_file.h"
#include "model/sample.h"

enum { TLS_HSTS_NOT_ASKED = -3, TLS_HSTS_NO_ANSWER = -2, TLS_HSTS_MISSING = -1 };

extern const struct table_spec tls_table; /* id "certificates" */

/* What a row is made of. */
struct tls_seen {
  const char *name, *place;
  const struct tls_facts *facts; /* NULL: err says why */
  const struct err *err;
  const struct tls_file *file; /* NULL: a server */
  const char *wanted;          /* name that it has to be for; NULL: none */
  bool insecure;               /* chain and name are not judged */
  int64_t hsts_s;              /* max-age, or TLS_HSTS_... */
  int64_t hsts_least_s;        /* 0: not judged */
};
/* False if the sample is full. */
bool tls_row_add(struct sample *sample, struct table *table, const struct tls_seen *seen,
                 int64_t now_s);

/* The max-age in the headers of an answer, or TLS_HSTS_MISSING. */
int64_t tls_hsts_read(const char *headers);
