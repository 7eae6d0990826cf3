/* What is said of certificates, with certificates made here: names that are hostile, keys and
 * signatures that are weak. */
#include "io/http/http_error.h"
#include "io/http/http_tls_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

struct made {
  const char *subject, *issuer;
  const char *names; /* subjectAltName; NULL: none */
  int bits;          /* of its RSA key; 0: an EC key */
  int64_t expires_s;
  const EVP_MD *digest;
};

static X509 *make(struct made made) {
  EVP_PKEY *key = made.bits ? EVP_RSA_gen((unsigned)made.bits) : EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_TIME_set(X509_getm_notBefore(certificate), 0);
  ASN1_TIME_set(X509_getm_notAfter(certificate), made.expires_s);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             (const unsigned char *)made.subject, -1, -1, 0);
  X509_NAME_add_entry_by_txt(X509_get_issuer_name(certificate), "CN", MBSTRING_UTF8,
                             (const unsigned char *)made.issuer, -1, -1, 0);
  if (made.names) {
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, made.names);
    assert_non_null(names);
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
  }
  assert_true(X509_sign(certificate, key, made.digest ? made.digest : EVP_sha256()) > 0);
  EVP_PKEY_free(key);
  return certificate;
}

static struct http_tls read_chain(const struct made *made, size_t count, int version,
                                  const char *protocol) {
  STACK_OF(X509) *chain = sk_X509_new_null();
  for (size_t i = 0; i < count; i++)
    sk_X509_push(chain, make(made[i]));
  struct http_tls tls;
  memset(&tls, 0x55, sizeof tls);
  http_tls_read(&tls, chain, version, protocol);
  sk_X509_pop_free(chain, X509_free);
  return tls;
}

static void test_nothing(void **state) {
  (void)state;
  struct http_tls tls;
  memset(&tls, 0x55, sizeof tls);
  http_tls_read(&tls, NULL, 0, "");
  assert_false(tls.known);
  assert_string_equal(tls.names, "");
  assert_string_equal(tls.weak, "");
}

static void test_chain(void **state) {
  (void)state;
  const struct made chain[] = {
      {.subject = "api",
       .issuer = "middle",
       .names = "DNS:api.example.com,IP:::1,URI:x:y",
       .expires_s = 3000000000},
      {.subject = "middle", .issuer = "root", .bits = 2048, .expires_s = 2000000000},
      {.subject = "root", .issuer = "root", .digest = EVP_sha1(), .expires_s = 4000000000},
  };
  struct http_tls tls = read_chain(chain, 3, TLS1_3_VERSION, "TLSv1.3");
  assert_true(tls.known);
  assert_string_equal(tls.names, "api.example.com, ::1");
  assert_string_equal(tls.issuer, "middle");
  assert_string_equal(tls.key, "EC 256");
  assert_int_equal(tls.expires_s, 2000000000);
  assert_string_equal(tls.expiring, "middle");
  assert_string_equal(tls.weak, ""); /* a root's own signature says nothing */
}

static void test_weak(void **state) {
  (void)state;
  const struct made good = {.subject = "a", .issuer = "b", .expires_s = 2000000000};
  struct made weak[2] = {good, {.subject = "b", .issuer = "c", .expires_s = 2000000000}};
  weak[1].bits = 1024;
  assert_string_equal(read_chain(weak, 2, TLS1_2_VERSION, "TLSv1.2").weak,
                      "RSA key of 1024 bits of b");
  weak[0].digest = EVP_sha1();
  assert_string_equal(read_chain(weak, 2, TLS1_2_VERSION, "TLSv1.2").weak, "signature by SHA1");
  weak[0].digest = EVP_md5();
  weak[0].bits = 2048; /* there is no MD5 with EC */
  assert_string_equal(read_chain(weak, 1, TLS1_1_VERSION, "TLSv1.1").weak, "signature by MD5");
  assert_string_equal(read_chain(&good, 1, TLS1_1_VERSION, "TLSv1.1").weak, "protocol TLSv1.1");
  assert_string_equal(read_chain(&good, 1, TLS1_2_VERSION, "TLSv1.2").weak, "");
  assert_string_equal(read_chain(&good, 1, 0, "").weak, ""); /* not known */
}

static void test_hostile_names(void **state) {
  (void)state;
  const struct made made = {.subject = "\033]0;owned\007\r\nx",
                            .issuer = "\033[2J",
                            .names = "DNS:\033[31mred,DNS:ok.example",
                            .expires_s = 1};
  struct http_tls tls = read_chain(&made, 1, 0, "");
  for (const char *text = tls.names; *text; text++)
    assert_true((unsigned char)*text >= ' ');
  for (const char *text = tls.issuer; *text; text++)
    assert_true((unsigned char)*text >= ' ');
  assert_non_null(strstr(tls.names, "ok.example"));

  char names[8192] = "";
  for (int i = 0; i < 300; i++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%sDNS:n%d.example.com",
             i ? "," : "", i);
  const struct made many = {.subject = "a", .issuer = "b", .names = names, .expires_s = 1};
  tls = read_chain(&many, 1, 0, "");
  assert_memory_equal(tls.names, "n0.example.com, n1.example.com, ", 32);
  int shown = 0, more = 0;
  for (const char *at = tls.names; (at = strstr(at, ".example.com")); at++)
    shown++;
  assert_int_equal(sscanf(strstr(tls.names, " and "), " and %d more", &more), 1);
  assert_int_equal(shown + more, 300);
}

static void test_error(void **state) {
  (void)state;
  const struct http_tls tls = {
      .known = true, .expires_s = 1795600000, .expiring = "middle", .names = "other.example"};
  struct err err;
  err_set(&err, ERR_PROTOCOL, "TLS: certificate has expired");
  http_error_tls(&tls, 1795600000 + 2 * 86400, &err);
  assert_string_equal(err.text,
                      "TLS: certificate has expired 2d 0h ago, at 2026-11-25 09:46:40 UTC "
                      "(the one of middle)");
  err_set(&err, ERR_TIMEOUT, "no connection within 3s");
  http_error_tls(&tls, 0, &err);
  assert_string_equal(err.text, "no connection within 3s");
  err_set(&err, ERR_PROTOCOL, "TLS: certificate has expired");
  http_error_tls(&(struct http_tls){0}, 0, &err);
  assert_string_equal(err.text, "TLS: certificate has expired");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing), cmocka_unit_test(test_chain),
      cmocka_unit_test(test_weak),    cmocka_unit_test(test_hostile_names),
      cmocka_unit_test(test_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
