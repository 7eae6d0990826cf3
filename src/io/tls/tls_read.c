#include "io/tls/tls_read.h"

#include "core/err.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/http/http_tls_read.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *tls_chain_word(enum tls_chain chain) {
  static const char *const words[] = {
      [TLS_CHAIN_UNKNOWN] = "not verified",   [TLS_CHAIN_VERIFIED] = "verified",
      [TLS_CHAIN_SELF] = "self-signed",       [TLS_CHAIN_INCOMPLETE] = "incomplete",
      [TLS_CHAIN_UNTRUSTED] = "untrusted CA", [TLS_CHAIN_INVALID] = "invalid",
  };
  return words[chain];
}

static void name_read(const X509_NAME *name, char *out, size_t size) {
  static const int parts[] = {NID_commonName, NID_organizationalUnitName, NID_organizationName};
  snprintf(out, size, "unnamed");
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const int at = X509_NAME_get_index_by_NID(name, parts[i], -1);
    unsigned char *text = NULL;
    if (at < 0)
      continue;
    const int len =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (len > 0)
      text_sanitize(out, size, (const char *)text, (size_t)len, false);
    OPENSSL_free(text);
    if (len > 0)
      return;
  }
}

static void fingerprint_read(const X509 *certificate, char out[TLS_FINGERPRINT_SIZE]) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned len = 0;
  *out = '\0';
  if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1)
    return;
  for (unsigned i = 0; i < len && 2 * i + 2 < TLS_FINGERPRINT_SIZE; i++)
    snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
}

static int64_t begins_s(const X509 *certificate) {
  struct tm tm;
  return ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* Of names, OpenSSL does the matching: wildcards, and the CN where there are no other names. */
static bool fits(X509 *certificate, const char *name) {
  unsigned char address[sizeof(struct in6_addr)];
  if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
    return X509_check_ip_asc(certificate, name, 0) == 1;
  return X509_check_host(certificate, name, 0, 0, NULL) == 1;
}

/* ---- the chain */

/* The most telling error stays: where the chain ends, before what is wrong in it. */
static void take_error(struct tls_facts *facts, int error, const X509 *certificate) {
  enum tls_chain chain;
  switch (error) {
  case X509_V_ERR_CERT_HAS_EXPIRED: /* the time that is left says so */
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return;
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    chain = TLS_CHAIN_SELF;
    break;
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    chain = TLS_CHAIN_UNTRUSTED;
    break;
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    chain = TLS_CHAIN_INCOMPLETE;
    break;
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: /* follows from the one above */
  case X509_V_ERR_CERT_UNTRUSTED:
    if (facts->chain != TLS_CHAIN_VERIFIED)
      return;
    chain = TLS_CHAIN_INCOMPLETE;
    break;
  default:
    chain = TLS_CHAIN_INVALID;
  }
  if (facts->chain != TLS_CHAIN_VERIFIED && facts->chain != TLS_CHAIN_INVALID)
    return;
  facts->chain = chain;
  if (chain == TLS_CHAIN_INVALID)
    snprintf(facts->chain_error, sizeof facts->chain_error, "%s",
             X509_verify_cert_error_string(error));
  else if (certificate)
    name_read(X509_get_issuer_name(certificate), facts->missing, sizeof facts->missing);
}

static int on_verified(int ok, X509_STORE_CTX *context) {
  struct tls_facts *facts = X509_STORE_CTX_get_app_data(context);
  if (!ok)
    take_error(facts, X509_STORE_CTX_get_error(context), X509_STORE_CTX_get_current_cert(context));
  return 1; /* all that is wrong is collected */
}

void tls_read(struct tls_facts *facts, X509 *own, STACK_OF(X509) * others, X509_STORE *store,
              const char *name, int version, const char *protocol) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  *facts = (struct tls_facts){.sent = sk_X509_num(others)};
  if (!context || X509_STORE_CTX_init(context, store, own, others) != 1)
    mem_failed();
  facts->chain = TLS_CHAIN_VERIFIED;
  X509_STORE_CTX_set_app_data(context, facts);
  X509_STORE_CTX_set_verify_cb(context, on_verified);
  if (X509_verify_cert(context) != 1 && facts->chain == TLS_CHAIN_VERIFIED) {
    facts->chain = TLS_CHAIN_INVALID;
    snprintf(facts->chain_error, sizeof facts->chain_error, "%s",
             X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
  }
  STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
  http_tls_read(&facts->shown, chain, version, protocol);
  for (int i = 0; i < sk_X509_num(chain); i++)
    if (begins_s(sk_X509_value(chain, i)) > facts->begins_s)
      facts->begins_s = begins_s(sk_X509_value(chain, i));
  X509_STORE_CTX_free(context);
  name_read(X509_get_subject_name(own), facts->subject, sizeof facts->subject);
  fingerprint_read(own, facts->fingerprint);
  facts->named = name != NULL;
  facts->name_fits = name && fits(own, name);
  ERR_clear_error();
}

/* ---- revocation */

enum tls_staple tls_staple_read(const unsigned char *bytes, long len, STACK_OF(X509) * others,
                                X509_STORE *store) {
  enum tls_staple staple = TLS_STAPLE_INVALID;
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &bytes, len);
  OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
  if (basic && OCSP_basic_verify(basic, others, store, 0) == 1 && OCSP_resp_count(basic) > 0) {
    int reason;
    ASN1_GENERALIZEDTIME *revoked, *from, *until;
    const int status =
        OCSP_single_get0_status(OCSP_resp_get0(basic, 0), &reason, &revoked, &from, &until);
    if (OCSP_check_validity(from, until, 300, -1) == 1)
      staple = status == V_OCSP_CERTSTATUS_GOOD      ? TLS_STAPLE_GOOD
               : status == V_OCSP_CERTSTATUS_REVOKED ? TLS_STAPLE_REVOKED
                                                     : TLS_STAPLE_INVALID;
  }
  OCSP_BASICRESP_free(basic);
  OCSP_RESPONSE_free(response);
  ERR_clear_error();
  return staple;
}

X509_STORE *tls_store_new(const char *ca_file, struct err *err) {
  X509_STORE *store = X509_STORE_new();
  if (!store)
    mem_failed();
  ERR_clear_error();
  if (!ca_file)
    X509_STORE_set_default_paths(store);
  else if (X509_STORE_load_file(store, ca_file) != 1) {
    const unsigned long code = ERR_peek_error(); /* the first one: those behind it say less */
    const char *why =
        ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    err_set(err, ERR_INVALID, "ca_file %.120s: %s", ca_file, why ? why : "no certificate in it");
    X509_STORE_free(store);
    store = NULL;
  }
  ERR_clear_error();
  return store;
}
