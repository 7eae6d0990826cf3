#include "clients/s3/s3_words.h"

#include "core/text/format.h"

#include <string.h>

struct words {
  const char *code;
  enum err_kind kind;
  const char *text;
};
static const struct words known[] = {
    {"AccessDenied", ERR_DENIED, "access is denied"},
    {"InvalidAccessKeyId", ERR_DENIED, "the server does not know this access_key"},
    {"XAdminUserNotFound", ERR_DENIED, "the server does not know this access_key"}, /* Versity */
    {"SignatureDoesNotMatch", ERR_DENIED,
     "the signature is not accepted: secret_key is wrong, or a proxy changes the host or the path"},
    {"ExpiredToken", ERR_DENIED, "session_token has expired"},
    {"InvalidToken", ERR_DENIED, "session_token is not valid"},
    {"NoSuchBucket", ERR_INVALID, "the bucket does not exist"},
    {"NoSuchKey", ERR_INVALID, "the object does not exist"},
    {"SlowDown", ERR_PROTOCOL, "the server asks for fewer requests (SlowDown)"},
};

bool s3_is_login_refused(const struct s3_refusal *refusal) {
  static const char *const codes[] = {
      "InvalidAccessKeyId", "XAdminUserNotFound",   "SignatureDoesNotMatch",       "ExpiredToken",
      "InvalidToken",       "RequestTimeTooSkewed", "AuthorizationHeaderMalformed"};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (strcmp(refusal->code, codes[i]) == 0)
      return true;
  return false;
}

static void clock_words(const struct s3_denial *denial, struct err *err) {
  char shown[FORMAT_MAX];
  const int64_t server_ms = denial->refusal->server_ms >= 0 ? denial->refusal->server_ms
                            : denial->date_s >= 0           ? denial->date_s * 1000
                                                            : denial->now_ms;
  const double ahead = (double)(denial->now_ms - server_ms) / 1000;
  if (ahead > -60 && ahead < 60)
    err_set(err, ERR_INVALID, "the server finds the time of the request wrong: check both clocks");
  else
    err_set(err, ERR_INVALID,
            "the clock of this host is %s %s that of the server: set the one that is wrong",
            format_duration(shown, sizeof shown, ahead < 0 ? -ahead : ahead),
            ahead < 0 ? "behind" : "ahead of");
}

static bool is_elsewhere(const struct s3_denial *denial) {
  const struct s3_refusal *refusal = denial->refusal;
  return *refusal->region && strcmp(refusal->region, denial->region) != 0 &&
         (denial->status == 301 || denial->status == 307 || denial->status == 400);
}

static void region_words(const struct s3_denial *denial, struct err *err) {
  const struct s3_refusal *refusal = denial->refusal;
  err_set(err, ERR_INVALID, "the region is %.60s and not %.60s: set region%s%.80s", refusal->region,
          denial->region, *refusal->endpoint ? ", and url for " : "", refusal->endpoint);
}

void s3_words(const struct s3_denial *denial, struct err *err) {
  const struct s3_refusal *refusal = denial->refusal;
  const int status = denial->status;
  if (is_elsewhere(denial)) {
    region_words(denial, err);
    return;
  }
  if (strcmp(refusal->code, "RequestTimeTooSkewed") == 0) {
    clock_words(denial, err);
    return;
  }
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(refusal->code, known[i].code) == 0) {
      err_set(err, known[i].kind, "%s", known[i].text);
      return;
    }
  if (*refusal->code)
    err_set(err, status == 403 || status == 401 ? ERR_DENIED : ERR_INVALID,
            "%.60s: %.160s (HTTP status %d)", refusal->code, refusal->message, status);
  else if (*denial->location)
    err_set(err, ERR_PROTOCOL, "HTTP status %d: it redirects to %.150s; set url", status,
            denial->location);
  else
    err_set(err, status >= 500 ? ERR_PROTOCOL : ERR_INVALID,
            "HTTP status %d without an error of S3: does url lead to the S3 API?", status);
}
