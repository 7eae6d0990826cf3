/* Exercises how the answer of a name server is read, for each type of record, and how a server is
 * asked for TLS in clear. Holds: an answer is valid or an error with words; records are sorted,
 * clean, at most as many as fit; the verdict on what was said before TLS does not read beyond it.
 */
#include "fuzz.h"

#include "io/net/dns_answer.h"
#include "io/tls/tls_talk.h"

static void check_records(const uint8_t *data, size_t size, const char *type) {
  struct dns_records records;
  struct err err = {0};
  uint8_t *copy = malloc(size ? size : 1);
  memcpy(copy, data, size);
  if (!dns_answer_read(&records, copy, size, dns_type_number(type), &err)) {
    assert(*err.text && records.count == 0);
    free(copy);
    return;
  }
  assert(records.count <= DNS_RECORDS_MAX && records.ttl_s >= -1);
  for (size_t i = 0; i < records.count; i++) {
    assert(i == 0 || strcmp(records.texts[i - 1], records.texts[i]) <= 0);
    for (const char *c = records.texts[i]; *c; c++)
      assert((unsigned char)*c >= ' ' && *c != 0x7f);
  }
  dns_records_fini(&records);
  free(copy);
}

static void check_talk(const uint8_t *data, size_t size) {
  char *copy = malloc(size ? size : 1);
  memcpy(copy, data, size);
  for (int step = 0; step < 3; step++)
    tls_talk_judge(TLS_START_SMTP, step, copy, size);
  for (int step = 0; step < 2; step++)
    tls_talk_judge(TLS_START_IMAP, step, copy, size);
  tls_talk_judge(TLS_START_POSTGRES, 0, copy, size);
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  for (size_t i = 0; dns_types[i]; i++)
    check_records(data, size, dns_types[i]);
  check_talk(data, size);
  return 0;
}
