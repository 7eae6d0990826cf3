#include "clients/s3/s3_sign.h"

#include "core/mem.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HASH_BYTES = 32 };
static const char algorithm[] = "AWS4-HMAC-SHA256";

bool s3_encode(char *out, size_t size, const char *text, bool path) {
  size_t at = strlen(out);
  for (; *text && at + 4 < size; text++) {
    const unsigned char c = (unsigned char)*text;
    if ((c < 0x80 && isalnum(c)) || strchr("-._~", c) || (path && c == '/'))
      out[at++] = (char)c;
    else
      at += (size_t)snprintf(out + at, size - at, "%%%02X", c);
  }
  out[at] = '\0';
  return !*text;
}

static void hex(const unsigned char hash[HASH_BYTES], char out[S3_HASH_MAX]) {
  for (size_t i = 0; i < HASH_BYTES; i++)
    snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static bool hash_text(const char *text, char out[S3_HASH_MAX]) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(text, strlen(text), hash, &length, EVP_sha256(), NULL) != 1 ||
      length != HASH_BYTES)
    return false;
  hex(hash, out);
  return true;
}

static bool hmac(const void *key, size_t length, const char *text, unsigned char out[HASH_BYTES]) {
  unsigned char made[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key, (int)length, (const unsigned char *)text, strlen(text), made,
            &size) ||
      size != HASH_BYTES)
    return false;
  memcpy(out, made, HASH_BYTES);
  return true;
}

/* Of a day, a region and the service. */
static bool key_make(const struct s3_login *login, const char *day, unsigned char key[HASH_BYTES]) {
  char *first = mem_printf("AWS4%s", login->secret_key);
  const bool good = hmac(first, strlen(first), day, key) &&
                    hmac(key, HASH_BYTES, login->region, key) && hmac(key, HASH_BYTES, "s3", key) &&
                    hmac(key, HASH_BYTES, "aws4_request", key);
  OPENSSL_cleanse(first, strlen(first));
  free(first);
  return good;
}

static char *canonical(const struct s3_signing *signing, const struct s3_signed *out,
                       const char *names) {
  const char *token = signing->login->session_token;
  return mem_printf("%s\n%s\n%s\nhost:%s\nx-amz-content-sha256:%s\nx-amz-date:%s\n%s%s%s\n%s\n%s",
                    signing->method, signing->path, signing->query, signing->host, out->hash,
                    out->date, token ? "x-amz-security-token:" : "", token ? token : "",
                    token ? "\n" : "", names, out->hash);
}

static bool signature_make(const struct s3_signing *signing, const struct s3_signed *out,
                           const char *names, const char *scope, char signature[S3_HASH_MAX]) {
  unsigned char key[HASH_BYTES], made[HASH_BYTES];
  char hash[S3_HASH_MAX], day[9];
  char *request = canonical(signing, out, names);
  snprintf(day, sizeof day, "%.8s", out->date);
  bool good = hash_text(request, hash) && key_make(signing->login, day, key);
  char *text = mem_printf("%s\n%s\n%s\n%s", algorithm, out->date, scope, good ? hash : "");
  good = good && hmac(key, HASH_BYTES, text, made);
  if (good)
    hex(made, signature);
  OPENSSL_cleanse(key, sizeof key);
  free(text);
  free(request);
  return good;
}

bool s3_sign(const struct s3_signing *signing, struct s3_signed *out, struct err *err) {
  const struct s3_login *login = signing->login;
  const char *names = login->session_token
                          ? "host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
                          : "host;x-amz-content-sha256;x-amz-date";
  char signature[S3_HASH_MAX] = "";
  const time_t time = (time_t)signing->time_s;
  struct tm tm;
  *out = (struct s3_signed){0};
  if (!gmtime_r(&time, &tm) || strftime(out->date, sizeof out->date, "%Y%m%dT%H%M%SZ", &tm) == 0 ||
      !hash_text(signing->body, out->hash))
    return err_set(err, ERR_IO, "the request cannot be signed");
  char *scope = mem_printf("%.8s/%s/s3/aws4_request", out->date, login->region);
  if (signature_make(signing, out, names, scope, signature))
    out->authorization = mem_printf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                                    algorithm, login->access_key, scope, names, signature);
  free(scope);
  return out->authorization ||
         err_set(err, ERR_IO, "the request cannot be signed: libcrypto fails");
}
