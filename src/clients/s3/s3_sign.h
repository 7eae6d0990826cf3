/* AWS Signature Version 4 of a request in one piece: the headers that a request needs besides its
 * own. Pure; by libcrypto. curl signs too (CURLOPT_AWS_SIGV4), but before 8.3 it signs the query as
 * it comes, neither sorted nor with "=" after a name without a value (curl#9717, curl#8107), and
 * Debian 12 has 7.88. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

enum { S3_DATE_MAX = 17, S3_HASH_MAX = 65 };

struct s3_login {
  const char *access_key, *secret_key;
  const char *session_token; /* NULL: none */
  const char *region;
};

struct s3_signing {
  const struct s3_login *login;
  const char *method; /* "GET" */
  const char *host;   /* the Host header */
  const char *path;   /* encoded, as it is sent: "/bucket/a%20b" */
  const char *query;  /* encoded and sorted by name, "=" after each: "list-type=2&prefix=a%2F" */
  const char *body;   /* "" without one */
  int64_t time_s;     /* since 1970 */
};

/* Values of the headers x-amz-date, x-amz-content-sha256 and Authorization. With a session token
 * X-Amz-Security-Token is signed too. */
struct s3_signed {
  char date[S3_DATE_MAX];
  char hash[S3_HASH_MAX];
  char *authorization; /* for the caller to free */
};
/* False if libcrypto fails. */
bool s3_sign(const struct s3_signing *signing, struct s3_signed *out, struct err *err) MUST_CHECK;

/* Appends text to out, each byte that is not a letter, a digit, '-', '.', '_' or '~' escaped; a
 * slash stays in a path. False if it does not fit. */
bool s3_encode(char *out, size_t size, const char *text, bool path) MUST_CHECK;
