/* Exercises how the answer of gRPC's health check is read. Holds: it is serving, or not with a
 * reason, or no answer with words; all texts end in their room. */
#include "fuzz.h"

#include "clients/service/service_grpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  struct service_grpc grpc;
  struct err err = {0};
  const int status = fuzz_byte(&input) % 4 ? 200 : 404;
  char *headers = fuzz_text(&input, '\f');
  char *body = malloc(input.size + 1);
  assert(body);
  if (input.size > 0)
    memcpy(body, input.data, input.size);
  if (!service_grpc_read(status, headers, body, input.size, NULL, &grpc, &err)) {
    assert(*err.text);
  } else {
    assert(memchr(grpc.state, '\0', sizeof grpc.state) && *grpc.state);
    assert(memchr(grpc.reason, '\0', sizeof grpc.reason));
    assert(grpc.serving == !*grpc.reason);
  }
  free(body);
  free(headers);
  return 0;
}
