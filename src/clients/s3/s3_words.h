/* What an S3 server says against a request, in words. Pure. */
#pragma once

#include "clients/s3/s3_read.h"

struct s3_denial {
  int status; /* of HTTP, not 2xx */
  const struct s3_refusal *refusal;
  const char *region;   /* of the configuration */
  const char *location; /* where it redirects to; "" */
  int64_t date_s;       /* the server's clock; -1: not said */
  int64_t now_ms;
};
void s3_words(const struct s3_denial *denial, struct err *err);

/* Whether the login itself is refused, or the clock: no request of it will be answered. */
bool s3_is_login_refused(const struct s3_refusal *refusal);
