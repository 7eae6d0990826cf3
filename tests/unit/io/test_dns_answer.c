/* Answers of name servers, byte by byte: each type, aliases, what is not valid, and too many. What
 * real servers answer is tested in tests/e2e/test_dns.py. */
#include "io/net/dns_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct message {
  unsigned char bytes[4096];
  size_t len;
};

static void put(struct message *message, const void *bytes, size_t len) {
  memcpy(message->bytes + message->len, bytes, len);
  message->len += len;
}

/* A question for api.test, at byte 12, and that many records. */
static void begin(struct message *message, unsigned char records) {
  const unsigned char header[] = {0, 1, 0x81, 0x80, 0, 1, 0, records, 0, 0, 0, 0};
  message->len = 0;
  put(message, header, sizeof header);
  put(message, "\3api\4test\0\0\1\0\1", 14);
}

static void record(struct message *message, unsigned char type, unsigned char ttl, const void *data,
                   size_t len) {
  const unsigned char head[] = {0xc0, 12, 0, type, 0, 1, 0, 0, 0, ttl, 0, (unsigned char)len};
  put(message, head, sizeof head);
  put(message, data, len);
}

static struct dns_records read_valid(const struct message *message, const char *type) {
  struct dns_records records;
  struct err err;
  assert_true(dns_answer_read(&records, message->bytes, message->len, dns_type_number(type), &err));
  return records;
}

static void test_types(void **state) {
  (void)state;
  struct message message;
  begin(&message, 5);
  record(&message, 5, 30, "\3WEB\xc0\x10", 6); /* CNAME web.test */
  record(&message, 1, 60, "\n\0\0\2", 4);
  record(&message, 1, 40, "\n\0\0\1", 4);
  record(&message, 16, 9, "\1a\2\x1b]", 5);
  record(&message, 33, 50, "\0\1\0\2\x13\xc4\xc0\x0c", 8);
  struct dns_records records = read_valid(&message, "A");
  assert_int_equal(records.count, 2);
  assert_string_equal(records.texts[0], "10.0.0.1"); /* sorted */
  assert_string_equal(records.texts[1], "10.0.0.2");
  assert_string_equal(records.alias, "web.test");
  assert_int_equal(records.ttl_s, 30);
  dns_records_fini(&records);
  records = read_valid(&message, "SRV");
  assert_string_equal(records.texts[0], "1 2 5060 api.test");
  dns_records_fini(&records);
  records = read_valid(&message, "TXT");
  assert_int_equal(records.count, 1);
  assert_null(strchr(records.texts[0], '\x1b'));
  dns_records_fini(&records);
  records = read_valid(&message, "MX");
  assert_int_equal(records.count, 0);
}

static void test_too_many(void **state) {
  (void)state;
  struct message message;
  begin(&message, DNS_RECORDS_MAX + 1);
  for (unsigned i = 0; i <= DNS_RECORDS_MAX; i++)
    record(&message, 1, 5, (const unsigned char[]){10, 0, 0, (unsigned char)i}, 4);
  struct dns_records records = read_valid(&message, "A");
  assert_int_equal(records.count, DNS_RECORDS_MAX);
  assert_true(records.more);
  dns_records_fini(&records);
}

/* Cut anywhere, it is an error, and nothing is left. */
static void test_cut(void **state) {
  (void)state;
  struct message message;
  struct dns_records records;
  struct err err;
  begin(&message, 2);
  record(&message, 15, 5, "\0\n\4mail\xc0\x10", 9);
  record(&message, 16, 5, "\3abc", 4);
  for (size_t len = 0; len < message.len; len++) {
    assert_false(dns_answer_read(&records, message.bytes, len, dns_type_number("MX"), &err));
    assert_int_equal(records.count, 0);
  }
  records = read_valid(&message, "MX");
  assert_string_equal(records.texts[0], "10 mail.test");
  dns_records_fini(&records);
}

static void test_not_valid(void **state) {
  (void)state;
  struct message message;
  struct dns_records records;
  struct err err;
  static const struct {
    unsigned char type;
    const char *data;
    size_t len;
    const char *asked;
  } bad[] = {
      {1, "\n\0\0", 3, "A"},       /* three bytes of an address */
      {28, "\n\0\0\1", 4, "AAAA"}, /* four of sixteen */
      {16, "\5ab", 3, "TXT"},      /* a string longer than its record */
      {15, "\0\n", 2, "MX"},       /* without a name */
      {5, "\xc0\xff", 2, "CNAME"}, /* a pointer beyond the end */
      {33, "\0\1\0\2\0", 5, "SRV"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    begin(&message, 1);
    record(&message, bad[i].type, 5, bad[i].data, bad[i].len);
    assert_false(
        dns_answer_read(&records, message.bytes, message.len, dns_type_number(bad[i].asked), &err));
    assert_int_equal(err.kind, ERR_PROTOCOL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_types),
      cmocka_unit_test(test_too_many),
      cmocka_unit_test(test_cut),
      cmocka_unit_test(test_not_valid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
