#include "io/tls/tls_probe.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "io/limit.h"
#include "io/net/dial.h"
#include "io/net/tcp.h"
#include "io/tls/tls_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tls_probe {
  struct io *io;
  tls_probe_cb done;
  void *arg;
  char host[HOST_MAX], name[HOST_MAX];
  struct dial *dial; /* while it connects */
  int socket;        /* -1: none */
  uv_poll_t poll;
  bool polled;
  struct tls_talk talk; /* before TLS */
  bool shaking;
  SSL_CTX *context;
  SSL *ssl;
  bool seen; /* the server has shown its certificate */
  struct tls_facts facts;
  uv_timer_t timer; /* delivers an error in the next turn */
  struct err err;
};

/* ---- its end */

static void on_timer_closed(uv_handle_t *handle) {
  free(handle->data);
}

/* The socket is closed once the poll is, and the timer last. */
static void on_poll_closed(uv_handle_t *handle) {
  struct tls_probe *probe = handle->data;
  close(probe->socket);
  uv_close((uv_handle_t *)&probe->timer, on_timer_closed);
}

void tls_probe_cancel(struct tls_probe *probe) {
  if (probe->dial)
    dial_cancel(probe->dial);
  SSL_free(probe->ssl);
  SSL_CTX_free(probe->context);
  probe->ssl = NULL;
  probe->context = NULL;
  uv_timer_stop(&probe->timer);
  if (probe->polled) {
    uv_close((uv_handle_t *)&probe->poll, on_poll_closed);
    return;
  }
  if (probe->socket >= 0)
    close(probe->socket);
  uv_close((uv_handle_t *)&probe->timer, on_timer_closed);
}

static void probe_end(struct tls_probe *probe) {
  const struct tls_facts facts = probe->facts;
  const struct err err = probe->err;
  const bool good = err.kind == ERR_NONE;
  const tls_probe_cb done = probe->done;
  void *arg = probe->arg;
  tls_probe_cancel(probe);
  done(arg, good ? &facts : NULL, good ? NULL : &err);
}

static void on_failed_at_once(uv_timer_t *timer) {
  probe_end(timer->data);
}

const char *tls_probe_step(const struct tls_probe *probe) {
  if (probe->dial)
    return dial_is_resolving(probe->dial) ? "name not resolved" : "no connection";
  return probe->shaking ? "connected, but TLS not established" : tls_talk_step(&probe->talk);
}

/* ---- the handshake */

/* In place of OpenSSL's own verification: everything is accepted, and what is wrong is kept. */
static int on_verify(X509_STORE_CTX *store, void *arg) {
  struct tls_probe *probe = arg;
  X509 *own = X509_STORE_CTX_get0_cert(store);
  if (!own)
    return 1;
  tls_read(&probe->facts, own, X509_STORE_CTX_get0_untrusted(store),
           SSL_CTX_get_cert_store(probe->context), probe->name, SSL_version(probe->ssl),
           SSL_get_version(probe->ssl));
  probe->seen = true;
  return 1;
}

static int on_wanted(SSL *ssl, void *arg) {
  struct tls_probe *probe = arg;
  (void)ssl;
  probe->facts.wants_certificate = true;
  return 1; /* none is sent */
}

static bool is_address(const char *text) {
  unsigned char address[sizeof(struct in6_addr)];
  return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* Whatever a server speaks is to be seen, so more is allowed than a client should. */
static bool context_make(struct tls_probe *probe, const char *ca_file) {
  X509_STORE *store = tls_store_new(ca_file, &probe->err);
  if (!store)
    return false;
  probe->context = SSL_CTX_new(TLS_client_method());
  if (!probe->context)
    mem_failed();
  SSL_CTX_set_cert_store(probe->context, store); /* takes it */
  SSL_CTX_set_security_level(probe->context, 0);
  SSL_CTX_set_min_proto_version(probe->context, TLS1_VERSION);
  SSL_CTX_set_cipher_list(probe->context, "ALL");
  SSL_CTX_set_options(probe->context, SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set_verify(probe->context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_cert_verify_callback(probe->context, on_verify, probe);
  SSL_CTX_set_cert_cb(probe->context, on_wanted, probe);
  SSL_CTX_set_tlsext_status_type(probe->context, TLSEXT_STATUSTYPE_ocsp);
  probe->ssl = SSL_new(probe->context);
  if (!probe->ssl)
    mem_failed();
  SSL_set_connect_state(probe->ssl);
  return is_address(probe->name) || SSL_set_tlsext_host_name(probe->ssl, probe->name) == 1 ||
         err_set(&probe->err, ERR_INVALID, "\"%.100s\" is not the name of a host", probe->name);
}

static void take_staple(struct tls_probe *probe) {
  const unsigned char *bytes = NULL;
  const long len = SSL_get_tlsext_status_ocsp_resp(probe->ssl, &bytes);
  if (bytes && len > 0)
    probe->facts.staple = tls_staple_read(bytes, len, SSL_get_peer_cert_chain(probe->ssl),
                                          SSL_CTX_get_cert_store(probe->context));
}

static void handshake_failed(struct tls_probe *probe, int status, int error) {
  const unsigned long code = ERR_peek_last_error();
  const char *reason = code ? ERR_reason_error_string(code) : NULL;
  const int kind = SSL_get_error(probe->ssl, status);
  if (probe->seen) /* it requires a client certificate, or hangs up: its own was shown */
    return;
  if (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER ||
      ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST)
    err_set(&probe->err, ERR_PROTOCOL, "the server does not speak TLS on this port");
  else if (kind == SSL_ERROR_SYSCALL && error)
    err_set(&probe->err, err_kind_of_errno(-error), "TLS: %s", strerror(error));
  else if (kind == SSL_ERROR_SYSCALL || kind == SSL_ERROR_ZERO_RETURN ||
           ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    err_set(&probe->err, ERR_CLOSED, "the server closed the connection during the TLS handshake");
  else
    err_set(&probe->err, ERR_PROTOCOL, "TLS: %s", reason ? reason : "handshake failed");
}

/* Whether it has ended. */
static bool shake(struct tls_probe *probe, int *events) {
  ERR_clear_error();
  errno = 0;
  const int status = SSL_do_handshake(probe->ssl);
  const int error = errno;
  if (status == 1) {
    take_staple(probe);
    if (!probe->seen)
      err_set(&probe->err, ERR_PROTOCOL, "TLS: the server has no certificate");
    SSL_shutdown(probe->ssl); /* its close_notify only, into the socket's buffer */
    return true;
  }
  switch (SSL_get_error(probe->ssl, status)) {
  case SSL_ERROR_WANT_READ:
    *events = UV_READABLE;
    return false;
  case SSL_ERROR_WANT_WRITE:
    *events = UV_WRITABLE;
    return false;
  default:
    handshake_failed(probe, status, error);
    return true;
  }
}

/* ---- the connection */

static void on_ready(uv_poll_t *poll, int status, int ready) {
  struct tls_probe *probe = poll->data;
  int events = UV_READABLE;
  (void)status;
  (void)ready;
  if (!probe->shaking) {
    switch (tls_talk_go(&probe->talk, probe->socket, &probe->err)) {
    case TLS_TALK_FAILED:
      probe_end(probe);
      return;
    case TLS_TALK_READS:
      uv_poll_start(poll, UV_READABLE, on_ready);
      return;
    case TLS_TALK_DONE:
      probe->shaking = true;
    }
  }
  if (shake(probe, &events))
    probe_end(probe);
  else
    uv_poll_start(poll, events, on_ready);
}

static void on_dialed(void *arg, const struct dial_result *result, const struct err *err) {
  struct tls_probe *probe = arg;
  probe->dial = NULL;
  if (!result) {
    probe->err = *err;
    probe_end(probe);
    return;
  }
  probe->socket = result->socket;
  if (SSL_set_fd(probe->ssl, probe->socket) != 1 ||
      uv_poll_init_socket(probe->io->loop, &probe->poll, probe->socket) != 0) {
    err_set(&probe->err, ERR_IO, "cannot watch the connection");
    probe_end(probe);
    return;
  }
  probe->polled = true;
  probe->poll.data = probe;
  uv_poll_start(&probe->poll, UV_WRITABLE, on_ready);
}

struct tls_probe *tls_probe_start(struct io *io, const struct tls_question *question,
                                  tls_probe_cb done, void *arg) {
  struct tls_probe *probe = mem_new(sizeof *probe);
  *probe = (struct tls_probe){.io = io, .done = done, .arg = arg, .socket = -1};
  snprintf(probe->host, sizeof probe->host, "%s", question->host);
  snprintf(probe->name, sizeof probe->name, "%s", question->name ? question->name : question->host);
  const size_t len = strlen(probe->name);
  if (len > 1 && probe->name[len - 1] == '.') /* no certificate has that dot */
    probe->name[len - 1] = '\0';
  tls_talk_begin(&probe->talk, question->start);
  uv_timer_init(io->loop, &probe->timer);
  probe->timer.data = probe;
  if (!limit_files_free(1, &probe->err) || !context_make(probe, question->ca_file))
    uv_timer_start(&probe->timer, on_failed_at_once, 0, 0);
  else
    probe->dial = dial_start(io, probe->host, question->port, on_dialed, probe);
  return probe;
}
