#include "io/http/http_error.h"

#include "core/text/format.h"
#include "io/limit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void connect_error(int os_error, const char *detail, struct err *err) {
  enum err_kind kind = err_kind_of_errno(-os_error);
  if (kind == ERR_REFUSED)
    err_set(err, kind, "refused");
  else if (os_error != 0)
    err_set(err, kind, "no connection: %s", strerror(os_error));
  else
    err_set(err, ERR_UNREACHABLE, "no connection: %s", detail);
}

/* "SSL certificate problem: certificate has expired" to "TLS: certificate has expired". */
static void tls_error(const char *detail, struct err *err) {
  static const char problem[] = "problem: ";
  const char *reason = strstr(detail, problem);
  if (strstr(detail, "no alternative certificate subject name") ||
      strstr(detail, "certificate subject name"))
    err_set(err, ERR_PROTOCOL, "TLS: the certificate is for a different host name");
  else if (strstr(detail, "wrong version number"))
    err_set(err, ERR_PROTOCOL, "TLS: the server does not speak TLS (plain http?)");
  else
    err_set(err, ERR_PROTOCOL, "TLS: %s", reason ? reason + strlen(problem) : detail);
}

enum { SOME_FILES = 4 };

/* If curl cannot open a socket or a CA file it does not always report why. */
static bool limit_reached(CURLcode code, int os_error, struct err *err) {
  switch (code) {
  case CURLE_OUT_OF_MEMORY:
    return limit_error(ENOMEM, err);
  case CURLE_COULDNT_CONNECT:
    if (os_error != 0)
      return limit_error(os_error, err);
    return !limit_files_free(SOME_FILES, err);
  /* Its own socket, and those of others, may be closed already. */
  case CURLE_FAILED_INIT:
  case CURLE_SSL_CACERT_BADFILE:
    return !limit_files_free(SOME_FILES, err);
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
    return !limit_files_free(1, err);
  default:
    return false;
  }
}

void http_error(CURLcode code, int os_error, const char *detail, struct err *err) {
  if (limit_reached(code, os_error, err))
    return;
  if (!*detail)
    detail = curl_easy_strerror(code);
  switch (code) {
  case CURLE_URL_MALFORMAT:
    err_set(err, ERR_INVALID, "the URL is not valid: %s", detail);
    return;
  case CURLE_COULDNT_RESOLVE_HOST:
    err_set(err, ERR_UNRESOLVED, "the host name has no address");
    return;
  case CURLE_COULDNT_RESOLVE_PROXY:
    err_set(err, ERR_UNRESOLVED, "the proxy's host name has no address");
    return;
  case CURLE_COULDNT_CONNECT:
    connect_error(os_error, detail, err);
    return;
  case CURLE_OPERATION_TIMEDOUT:
    err_set(err, ERR_TIMEOUT, "no answer within the time limit");
    return;
  case CURLE_GOT_NOTHING:
    err_set(err, ERR_CLOSED, "connection closed without an answer");
    return;
  case CURLE_PARTIAL_FILE:
    err_set(err, ERR_CLOSED, "connection closed in the middle of the answer");
    return;
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
    err_set(err, ERR_CLOSED, "connection reset in the middle of the answer");
    return;
  case CURLE_UNSUPPORTED_PROTOCOL: /* curl takes anything but HTTP/1 and /2 as HTTP/0.9 */
  case CURLE_WEIRD_SERVER_REPLY:
    err_set(err, ERR_PROTOCOL, "the answer is not HTTP");
    return;
  case CURLE_BAD_CONTENT_ENCODING:
    err_set(err, ERR_PROTOCOL, "the compressed answer cannot be decoded");
    return;
  case CURLE_SSL_CERTPROBLEM: /* of the client; OpenSSL's own words for it do not help */
    err_set(err, ERR_INVALID,
            "TLS: cannot use the client certificate; its file must hold it in PEM, "
            "its key must belong to it and have no password");
    return;
  case CURLE_SSL_CACERT_BADFILE:
    err_set(err, ERR_INVALID, "TLS: cannot read the CA file");
    return;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_ISSUER_ERROR:
    tls_error(detail, err);
    return;
  default:
    err_set(err, ERR_PROTOCOL, "%s", detail);
  }
}

__attribute__((format(printf, 2, 3))) static void add(struct err *err, const char *format, ...) {
  size_t used = strlen(err->text);
  va_list args;
  va_start(args, format);
  vsnprintf(err->text + used, sizeof err->text - used, format, args);
  va_end(args);
}

void http_error_tls(const struct http_tls *tls, int64_t now_s, struct err *err) {
  if (!tls->known || strncmp(err->text, "TLS: ", 5) != 0)
    return;
  if (strstr(err->text, "has expired") && tls->expires_s < now_s) {
    char ago[FORMAT_MAX], when[FORMAT_MAX];
    format_duration(ago, sizeof ago, (double)(now_s - tls->expires_s));
    format_time(when, sizeof when, tls->expires_s * 1000, true, true);
    add(err, " %s ago, at %s UTC", ago, when);
    if (*tls->expiring)
      add(err, " (the one of %s)", tls->expiring);
  } else if (strstr(err->text, "different host name")) {
    add(err, ": it is for %s", tls->names);
  } else if (strstr(err->text, "too weak") && *tls->weak) {
    add(err, ": %s", tls->weak);
  } else if (strstr(err->text, "self") || strstr(err->text, "issuer")) {
    add(err, "; its issuer is %s", tls->issuer);
  }
}
