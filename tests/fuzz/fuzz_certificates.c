/* Exercises how a file with certificates is read, and the header of HSTS. Holds: what is read is
 * clean and either facts or an error with words; a key is judged only with a certificate. */
#include "fuzz.h"

#include "collectors/tls/tls_rows.h"
#include "io/tls/tls_file.h"

static void check_clean(const char *text) {
  for (; *text; text++)
    assert((unsigned char)*text >= ' ' && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct tls_files files = {.pattern = "/x", .name = "api.example.com"};
  struct tls_file file = {.path = (char[]){"/x"}};
  tls_file_parse(&file, (const char *)data, size, &files);
  assert(file.err.kind != ERR_NONE || file.facts.shown.known);
  assert(file.err.kind == ERR_NONE || (*file.err.text && file.key == TLS_KEY_NONE));
  check_clean(file.facts.subject);
  check_clean(file.facts.shown.names);
  check_clean(file.facts.shown.issuer);
  check_clean(file.facts.missing);
  free(file.key_path);
  char *headers = malloc(size + 1);
  for (size_t i = 0; i < size; i++)
    headers[i] = data[i] ? (char)data[i] : ' ';
  headers[size] = '\0';
  assert(tls_hsts_read(headers) >= TLS_HSTS_MISSING);
  free(headers);
  return 0;
}
