/* Exercises what is looked for in a health endpoint's answer: fields of JSON, headers, the
 * beginning of a failure's body. Holds: what is lacking is one clean line that ends in its room,
 * and said whenever something is lacking; an excerpt of one line has no line end. */
#include "fuzz.h"

#include "clients/service/service_expect.h"

static void check_lacks(bool holds, const char lacks[SERVICE_LACKS_MAX]) {
  if (holds)
    return;
  assert(memchr(lacks, '\0', SERVICE_LACKS_MAX) && *lacks);
  for (const char *at = lacks; *at; at++)
    assert((unsigned char)*at >= ' ' && *at != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  bool cut = fuzz_byte(&input) % 8 == 0, one_line;
  char *name = fuzz_text(&input, '\n'), *item = fuzz_text(&input, '\n'), *body = NULL;
  char lacks[SERVICE_LACKS_MAX], excerpt[SERVICE_EXCERPT_MAX];
  struct err err;
  const size_t len = input.size;
  body = malloc(len + 1);
  assert(body);
  if (len > 0)
    memcpy(body, input.data, len);
  body[len] = '\0';
  /* names and texts of the configuration are printable */
  for (char *at = name; *at; at++)
    *at = *at < ' ' || *at == 0x7F ? 'x' : *at;
  for (char *at = item; *at; at++)
    *at = *at < ' ' || *at == 0x7F ? 'x' : *at;
  const struct service_wanted wanted = {&name, &item, 1};
  if (service_field_check(name, &err)) {
    memset(lacks, 0x55, sizeof lacks);
    check_lacks(service_json_holds(body, len, cut, &wanted, lacks), lacks);
  }
  memset(lacks, 0x55, sizeof lacks);
  check_lacks(service_headers_hold(body, &wanted, lacks), lacks);
  service_excerpt(body, len, excerpt, &one_line);
  assert(memchr(excerpt, '\0', sizeof excerpt));
  fuzz_check_clean(excerpt, strlen(excerpt), false);
  free(name);
  free(item);
  free(body);
  return 0;
}
