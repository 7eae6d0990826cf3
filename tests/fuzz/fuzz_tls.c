/* Exercises what is said of a server's certificates, with certificates made of any bytes.
 * Holds: every text is one clean line that ends in its room; a weakness has its reason; where
 * nothing is known, nothing is said. */
#include "fuzz.h"

#include "io/http/http_tls_read.h"

#define CHECK_TEXT(text)                         \
  do {                                           \
    assert(memchr(text, '\0', sizeof text));     \
    fuzz_check_clean(text, strlen(text), false); \
  } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  STACK_OF(X509) *chain = sk_X509_new_null();
  const unsigned char *at = data, *end = data + size;
  while (at < end) {
    X509 *certificate = d2i_X509(NULL, &at, end - at);
    if (!certificate)
      break;
    sk_X509_push(chain, certificate);
  }
  struct http_tls tls;
  memset(&tls, 0x55, sizeof tls);
  http_tls_read(&tls, chain, size % 2 ? 0x0301 : 0, "TLSv1");
  assert(tls.known == (sk_X509_num(chain) > 0));
  CHECK_TEXT(tls.expiring);
  CHECK_TEXT(tls.names);
  CHECK_TEXT(tls.issuer);
  CHECK_TEXT(tls.key);
  CHECK_TEXT(tls.weak);
  assert(!tls.known || (*tls.names && *tls.issuer));
  sk_X509_pop_free(chain, X509_free);
  return 0;
}
