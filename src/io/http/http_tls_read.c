#include "io/http/http_tls_read.h"

#include "core/text/text.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RSA_BITS_LEAST = 2048, NAME_MAX_BYTES = 256 };

/* A part of a name such as its CN. */
static bool name_part(const X509_NAME *name, int nid, char *out, size_t size) {
  int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0)
    return false;
  unsigned char *text = NULL;
  int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (len <= 0) {
    OPENSSL_free(text);
    return false;
  }
  text_sanitize(out, size, (const char *)text, (size_t)len, false);
  OPENSSL_free(text);
  return *out != '\0';
}

static void name_read(const X509_NAME *name, char *out, size_t size) {
  if (!name_part(name, NID_commonName, out, size) &&
      !name_part(name, NID_organizationalUnitName, out, size) &&
      !name_part(name, NID_organizationName, out, size))
    snprintf(out, size, "unnamed");
}

/* "" where it is neither a host name nor an address. */
static void alternative_read(const GENERAL_NAME *name, char out[NAME_MAX_BYTES]) {
  int type;
  const void *value = GENERAL_NAME_get0_value(name, &type);
  *out = '\0';
  if (type == GEN_DNS) {
    const ASN1_STRING *text = value;
    text_sanitize(out, NAME_MAX_BYTES, (const char *)ASN1_STRING_get0_data(text),
                  (size_t)ASN1_STRING_length(text), false);
  } else if (type == GEN_IPADD) {
    const ASN1_OCTET_STRING *bytes = value;
    const int len = ASN1_STRING_length(bytes);
    if (len == 4 || len == 16)
      inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), out, NAME_MAX_BYTES);
  }
}

/* The names that it is for; a certificate without any may still have a CN. */
static void names_read(const X509 *certificate, char *out, size_t size) {
  static const size_t for_more = sizeof " and 1000000 more";
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  size_t used = 0;
  int more = 0;
  *out = '\0';
  for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
    char name[NAME_MAX_BYTES];
    alternative_read(sk_GENERAL_NAME_value(names, i), name);
    const size_t len = strlen(name);
    if (len == 0)
      continue;
    if (more > 0 || used + len + 2 + for_more > size)
      more++;
    else
      used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", name);
  }
  GENERAL_NAMES_free(names);
  if (more > 0)
    snprintf(out + used, size - used, "%s%d more", used > 0 ? " and " : "", more);
  else if (used == 0)
    name_read(X509_get_subject_name(certificate), out, size);
}

static bool is_self_signed(const X509 *certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

static int64_t expires_s(const X509 *certificate) {
  struct tm tm;
  return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* The first reason stays: the server's own certificate comes before its authorities'. */
static void note_weak(struct http_tls *tls, const char *whose, const char *what, const char *why) {
  if (!*tls->weak)
    snprintf(tls->weak, sizeof tls->weak, "%s%.60s%s%s", what, why, *whose ? " of " : "", whose);
}

static void judge_certificate(struct http_tls *tls, const X509 *certificate, const char *whose) {
  const EVP_PKEY *key = X509_get0_pubkey(certificate);
  char text[sizeof tls->key];
  if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < RSA_BITS_LEAST) {
    snprintf(text, sizeof text, "%d bits", EVP_PKEY_get_bits(key));
    note_weak(tls, whose, "RSA key of ", text);
  }
  /* the own signature of an authority is not verified by clients */
  int digest = NID_undef;
  if (!is_self_signed(certificate) || !*whose)
    OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, NULL);
  if (digest == NID_sha1 || digest == NID_md5)
    note_weak(tls, whose, "signature by ", OBJ_nid2sn(digest));
}

static void key_read(struct http_tls *tls, const X509 *certificate) {
  const EVP_PKEY *key = X509_get0_pubkey(certificate);
  const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;
  if (type)
    snprintf(tls->key, sizeof tls->key, "%.30s %d", type, EVP_PKEY_get_bits(key));
}

void http_tls_read(struct http_tls *tls, STACK_OF(X509) * chain, int version,
                   const char *protocol) {
  *tls = (struct http_tls){0};
  snprintf(tls->protocol, sizeof tls->protocol, "%s", protocol);
  const X509 *own = sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : NULL;
  if (!own)
    return;
  tls->known = true;
  names_read(own, tls->names, sizeof tls->names);
  name_read(X509_get_issuer_name(own), tls->issuer, sizeof tls->issuer);
  key_read(tls, own);
  tls->expires_s = expires_s(own);
  judge_certificate(tls, own, "");
  for (int i = 1; i < sk_X509_num(chain); i++) {
    const X509 *above = sk_X509_value(chain, i);
    char whose[sizeof tls->expiring];
    name_read(X509_get_subject_name(above), whose, sizeof whose);
    judge_certificate(tls, above, whose);
    if (expires_s(above) < tls->expires_s) {
      tls->expires_s = expires_s(above);
      memcpy(tls->expiring, whose, sizeof whose);
    }
  }
  if (version != 0 && version < TLS1_2_VERSION)
    note_weak(tls, "", "protocol ", protocol);
}
