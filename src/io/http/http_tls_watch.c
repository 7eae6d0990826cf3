#include "io/http/http_tls_watch.h"

#include "core/mem.h"
#include "io/http/http_tls_read.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

/* curl may keep a connection, and with it the SSL_CTX, longer than its transfer: until it has said
 * farewell. A server that asks for another handshake meanwhile would lead to a request that is
 * gone; so the SSL_CTX and the request hold this together. */
struct http_tls_watch {
  int holders;
  int index;
  bool by_openssl;
  struct http_tls *tls; /* NULL: the request has ended */
};

static void release(struct http_tls_watch *watch) {
  if (watch && --watch->holders == 0)
    free(watch);
}

static void on_context_freed(void *context, void *watch, CRYPTO_EX_DATA *data, int index,
                             long number, void *pointer) {
  (void)context;
  (void)data;
  (void)index;
  (void)number;
  (void)pointer;
  release(watch);
}

int http_tls_index_new(void) {
  return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_context_freed);
}

void http_tls_index_free(int index) {
  CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL_CTX, index);
}

/* In place of OpenSSL's own verification, which it calls. */
static int on_verify(X509_STORE_CTX *store, void *arg) {
  struct http_tls_watch *watch = arg;
  const int verdict = X509_verify_cert(store);
  if (!watch->tls)
    return verdict;
  const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  http_tls_read(watch->tls, X509_STORE_CTX_get0_chain(store), ssl ? SSL_version(ssl) : 0,
                ssl ? SSL_get_version(ssl) : "");
  return verdict;
}

static CURLcode on_context(CURL *easy, void *context, void *arg) {
  (void)easy;
  struct http_tls_watch *watch = arg;
  if (SSL_CTX_get_ex_data(context, watch->index) != watch) {
    if (SSL_CTX_set_ex_data(context, watch->index, watch) != 1)
      return CURLE_OUT_OF_MEMORY;
    watch->holders++;
  }
  SSL_CTX_set_cert_verify_callback(context, on_verify, watch);
  return CURLE_OK;
}

/* curl built with another library, such as GnuTLS, has no SSL_CTX, or one that is not OpenSSL's. */
static bool curl_uses_openssl(void) {
  static const char name[] = "OpenSSL/";
  const char *version = curl_version_info(CURLVERSION_NOW)->ssl_version;
  return version && strncmp(version, name, sizeof name - 1) == 0;
}

struct http_tls_watch *http_tls_watch_new(struct http_client *client, CURL *easy,
                                          struct http_tls *tls) {
  struct http_tls_watch *watch = mem_new(sizeof *watch);
  *tls = (struct http_tls){0};
  *watch = (struct http_tls_watch){.holders = 1,
                                   .index = client->tls_index,
                                   .by_openssl = curl_uses_openssl() && client->tls_index >= 0,
                                   .tls = tls};
  if (watch->by_openssl) {
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, watch);
  } else {
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
  }
  return watch;
}

static X509 *certificate_of(const struct curl_slist *fields) {
  static const char name[] = "Cert:";
  for (; fields; fields = fields->next) {
    if (strncmp(fields->data, name, sizeof name - 1) != 0)
      continue;
    BIO *text = BIO_new_mem_buf(fields->data + sizeof name - 1, -1);
    X509 *certificate = text ? PEM_read_bio_X509(text, NULL, NULL, NULL) : NULL;
    BIO_free(text);
    return certificate;
  }
  return NULL;
}

void http_tls_watch_read(struct http_tls_watch *watch, CURL *easy) {
  struct curl_certinfo *sent = NULL;
  if (!watch || watch->by_openssl ||
      curl_easy_getinfo(easy, CURLINFO_CERTINFO, &sent) != CURLE_OK || !sent)
    return;
  STACK_OF(X509) *chain = sk_X509_new_null();
  for (int i = 0; chain && i < sent->num_of_certs; i++) {
    X509 *certificate = certificate_of(sent->certinfo[i]);
    if (certificate && sk_X509_push(chain, certificate) == 0)
      X509_free(certificate);
  }
  http_tls_read(watch->tls, chain, 0, "");
  sk_X509_pop_free(chain, X509_free);
}

void http_tls_watch_end(struct http_tls_watch *watch) {
  if (watch)
    watch->tls = NULL;
  release(watch);
}
