#include "io/net/line_tls.h"

#include "core/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct line_tls {
  SSL_CTX *context;
  SSL *ssl;
};

static bool given(const char *text) {
  return text && *text;
}

/* Without this OpenSSL asks for the password of a key on the terminal, and waits. */
static int no_password(char *out, int size, int writes, void *arg) {
  (void)out;
  (void)size;
  (void)writes;
  (void)arg;
  return 0;
}

/* The last error of OpenSSL in words, without its codes. */
static const char *words(void) {
  const unsigned long code = ERR_peek_last_error();
  const char *reason = code ? ERR_reason_error_string(code) : NULL;
  return reason ? reason : "no reason given";
}

static bool set_files(SSL_CTX *context, const struct line_tls_options *options, struct err *err) {
  const char *cert = options->cert_file;
  const char *key = given(options->key_file) ? options->key_file : cert;
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (options->insecure)
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  else
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  if (given(options->ca_file) &&
      SSL_CTX_load_verify_locations(context, options->ca_file, NULL) != 1)
    return err_set(err, ERR_INVALID, "ca_file %.120s: %s", options->ca_file, words());
  if (!given(options->ca_file))
    SSL_CTX_set_default_verify_paths(context);
  if (given(cert) && SSL_CTX_use_certificate_chain_file(context, cert) != 1)
    return err_set(err, ERR_INVALID, "cert_file %.120s: %s", cert, words());
  if (given(key) && SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
    return err_set(err, ERR_INVALID, "key_file %.120s: %s", key, words());
  return true;
}

static bool set_host(SSL *ssl, const char *host) {
  unsigned char address[sizeof(struct in6_addr)];
  X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
  if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
    return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
  return SSL_set_tlsext_host_name(ssl, host) == 1 &&
         X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

struct line_tls *line_tls_new(const struct line_tls_options *options, const char *host, int socket,
                              struct err *err) {
  struct line_tls *tls = mem_new(sizeof *tls);
  ERR_clear_error();
  *tls = (struct line_tls){.context = SSL_CTX_new(TLS_client_method())};
  if (!tls->context)
    mem_failed();
  SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
  SSL_CTX_set_options(tls->context, SSL_OP_IGNORE_UNEXPECTED_EOF); /* servers close so */
  SSL_CTX_set_mode(tls->context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!set_files(tls->context, options, err)) {
    line_tls_free(tls);
    return NULL;
  }
  tls->ssl = SSL_new(tls->context);
  if (!tls->ssl)
    mem_failed();
  SSL_set_connect_state(tls->ssl);
  if (set_host(tls->ssl, host) && SSL_set_fd(tls->ssl, socket) == 1)
    return tls;
  err_set(err, ERR_INVALID, "TLS: \"%.100s\" is not the name of a host", host);
  line_tls_free(tls);
  return NULL;
}

void line_tls_free(struct line_tls *tls) {
  if (!tls)
    return;
  SSL_free(tls->ssl);
  SSL_CTX_free(tls->context);
  free(tls);
}

/* ---- errors */

static bool reason_is(int reason) {
  const unsigned long code = ERR_peek_last_error();
  return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == reason;
}

static bool fail(const struct line_tls *tls, int status, int error, struct err *err) {
  const long verified = SSL_get_verify_result(tls->ssl);
  const int kind = SSL_get_error(tls->ssl, status);
  if (reason_is(SSL_R_CERTIFICATE_VERIFY_FAILED))
    return err_set(err, ERR_DENIED,
                   "TLS: the server's certificate is not accepted: %s; ca_file names the CA",
                   X509_verify_cert_error_string(verified));
  if (reason_is(SSL_R_WRONG_VERSION_NUMBER))
    return err_set(err, ERR_PROTOCOL, "the server does not speak TLS on this port");
  if (reason_is(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED) ||
      reason_is(SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE))
    return err_set(err, ERR_DENIED,
                   "TLS: %s: the server may want a certificate: cert_file, key_file", words());
  if (kind == SSL_ERROR_SYSCALL && error)
    return err_set(err, err_kind_of_errno(error), "%s", strerror(error));
  if (kind == SSL_ERROR_SYSCALL || kind == SSL_ERROR_ZERO_RETURN)
    return err_set(err, ERR_CLOSED, "the server closed the connection");
  return err_set(err, ERR_PROTOCOL, "TLS: %s", words());
}

/* What an operation waits for; LINE_TLS_FAILED with err. */
static enum line_tls_state state_of(const struct line_tls *tls, int status, int error,
                                    struct err *err) {
  switch (SSL_get_error(tls->ssl, status)) {
  case SSL_ERROR_WANT_READ:
    return LINE_TLS_READS;
  case SSL_ERROR_WANT_WRITE:
    return LINE_TLS_WRITES;
  default:
    fail(tls, status, error, err);
    return LINE_TLS_FAILED;
  }
}

/* ---- bytes */

enum line_tls_state line_tls_shake(struct line_tls *tls, struct err *err) {
  ERR_clear_error();
  errno = 0;
  const int status = SSL_do_handshake(tls->ssl);
  return status == 1 ? LINE_TLS_DONE : state_of(tls, status, errno, err);
}

ssize_t line_tls_read(struct line_tls *tls, char *bytes, size_t size, struct err *err) {
  ERR_clear_error();
  errno = 0;
  *err = (struct err){0};
  const int count = SSL_read(tls->ssl, bytes, size > INT_MAX ? INT_MAX : (int)size);
  if (count > 0)
    return count;
  if (SSL_get_error(tls->ssl, count) == SSL_ERROR_ZERO_RETURN)
    return 0;
  state_of(tls, count, errno, err);
  return -1;
}

bool line_tls_pending(const struct line_tls *tls) {
  return SSL_pending(tls->ssl) > 0;
}

ssize_t line_tls_write(struct line_tls *tls, const char *bytes, size_t length, struct err *err) {
  ERR_clear_error();
  errno = 0;
  *err = (struct err){0};
  const int count = SSL_write(tls->ssl, bytes, length > INT_MAX ? INT_MAX : (int)length);
  if (count > 0)
    return count;
  state_of(tls, count, errno, err);
  return -1;
}
