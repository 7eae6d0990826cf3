/* One request to an S3 server: signed, sent, and what the server says against it in words. */
#pragma once

#include "clients/s3/s3_read.h"
#include "clients/s3/s3_sign.h"
#include "io/http/http.h"
#include "io/net/tcp.h"
#include "model/target.h"

enum { S3_BODY_MAX = 4 << 20, S3_HOST_MAX = HOST_MAX + 12, S3_PATH_MAX = 512 };

/* Where a server is and how to log in; of a target with the options of s3. Borrows its texts. */
struct s3_client {
  struct io *io;
  const struct target *target;
  struct s3_login login; /* without an access key requests are not signed */
  bool tls;
  bool by_host;           /* the bucket is a part of the host's name */
  char host[S3_HOST_MAX]; /* as the Host header has it */
  char path[S3_PATH_MAX]; /* of the URL, without a slash at its end */
};
bool s3_client_init(struct s3_client *client, struct io *io, const struct target *target,
                    struct err *err) MUST_CHECK;

struct s3_query {
  const char *method; /* NULL: GET */
  const char *bucket; /* NULL: of the service */
  const char *key;    /* of an object; NULL: of the bucket */
  const char *query;  /* see s3_signing.query; NULL: none */
  const char *body;   /* NULL: none */
  bool anonymous;     /* without a login */
  bool raw;           /* the answer is an object and not XML */
  int64_t timeout_ms;
};

/* All borrowed for the callback. */
struct s3_answer {
  int status;       /* of HTTP; 0 without an answer */
  const char *body; /* terminated; NULL without an answer */
  size_t body_len;
  const char *headers;
  int64_t date_s;  /* the server's clock; -1: not said */
  int64_t took_us; /* from the request to the last byte, without connecting */
  struct s3_refusal refusal;
  /* No answer, or one that is not 2xx; also a web page instead of XML. NULL: none. */
  const struct err *err;
};
typedef void (*s3_cb)(void *arg, const struct s3_answer *answer);

struct s3_request; /* one under way */
/* The callback comes once, on the loop's thread, never before this returns, unless s3_cancel comes
 * first. NULL with err if the request cannot be made. */
struct s3_request *s3_ask(const struct s3_client *client, const struct s3_query *query, s3_cb done,
                          void *arg, struct err *err) MUST_CHECK;
void s3_cancel(struct s3_request *request);

/* The value of a header; "" if it is missing. Returns out. */
const char *s3_header(const char *headers, const char *name, char *out, size_t size);
