#include "io/net/dns_answer.h"

#include "core/mem.h"
#include "core/text/text.h"

#include <ares.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  HEADER_BYTES = 12,
  RECORD_BYTES = 10, /* type, class, TTL and length */
  TYPE_A = 1,
  TYPE_NS = 2,
  TYPE_CNAME = 5,
  TYPE_PTR = 12,
  TYPE_MX = 15,
  TYPE_TXT = 16,
  TYPE_AAAA = 28,
  TYPE_SRV = 33,
};

const char *const dns_types[] = {"A", "AAAA", "CNAME", "MX", "TXT", "SRV", "NS", "PTR", NULL};

int dns_type_number(const char *type) {
  static const int numbers[] = {TYPE_A,   TYPE_AAAA, TYPE_CNAME, TYPE_MX,
                                TYPE_TXT, TYPE_SRV,  TYPE_NS,    TYPE_PTR};
  for (size_t i = 0; dns_types[i]; i++)
    if (strcmp(dns_types[i], type) == 0)
      return numbers[i];
  return 0;
}

void dns_records_fini(struct dns_records *records) {
  for (size_t i = 0; i < records->count; i++)
    free(records->texts[i]);
  records->count = 0;
}

/* What is being read. */
struct answer {
  const unsigned char *bytes, *at;
  size_t len;
};

static size_t left(const struct answer *answer) {
  return answer->len - (size_t)(answer->at - answer->bytes);
}

static unsigned number16(const unsigned char *at) {
  return (unsigned)at[0] << 8 | at[1];
}

/* The name at a place; the bytes that it takes there, or 0 if it is not valid. In lower case: names
 * have no case. */
static size_t name_read(const struct answer *answer, const unsigned char *at, char *out,
                        size_t size) {
  char *name = NULL;
  long taken = 0;
  if ((size_t)(at - answer->bytes) >= answer->len ||
      ares_expand_name(at, answer->bytes, (int)answer->len, &name, &taken) != ARES_SUCCESS)
    return 0;
  text_sanitize(out, size, name, strlen(name), false);
  ares_free_string(name);
  for (char *c = out; *c; c++)
    *c = (char)tolower((unsigned char)*c);
  return taken > 0 ? (size_t)taken : 0;
}

/* Strings of a TXT, in one. */
static bool strings_read(const unsigned char *data, size_t len, char *out, size_t size) {
  char text[DNS_RECORD_TEXT_MAX];
  size_t used = 0;
  for (size_t at = 0; at < len; at += 1 + (size_t)data[at]) {
    const size_t part = data[at], room = sizeof text - used;
    if (at + 1 + part > len)
      return false;
    memcpy(text + used, data + at + 1, part < room ? part : room);
    used += part < room ? part : room;
  }
  text_sanitize(out, size, text, used, false);
  return true;
}

/* A record of that type as a text; false if it is not valid. */
static bool data_read(const struct answer *answer, int type, size_t len, char *out, size_t size) {
  const unsigned char *data = answer->at;
  char name[256];
  switch (type) {
  case TYPE_A:
    return len == 4 && inet_ntop(AF_INET, data, out, (socklen_t)size);
  case TYPE_AAAA:
    return len == 16 && inet_ntop(AF_INET6, data, out, (socklen_t)size);
  case TYPE_TXT:
    return strings_read(data, len, out, size);
  case TYPE_MX:
    if (len < 3 || name_read(answer, data + 2, name, sizeof name) == 0)
      return false;
    snprintf(out, size, "%u %s", number16(data), *name ? name : ".");
    return true;
  case TYPE_SRV:
    if (len < 7 || name_read(answer, data + 6, name, sizeof name) == 0)
      return false;
    snprintf(out, size, "%u %u %u %s", number16(data), number16(data + 2), number16(data + 4),
             *name ? name : ".");
    return true;
  default:
    return len > 0 && name_read(answer, data, out, size) > 0;
  }
}

static void record_add(struct dns_records *records, const char *text) {
  size_t at = records->count;
  if (records->count == DNS_RECORDS_MAX) {
    records->more = true;
    return;
  }
  while (at > 0 && strcmp(records->texts[at - 1], text) > 0)
    at--;
  memmove(&records->texts[at + 1], &records->texts[at],
          (records->count - at) * sizeof *records->texts);
  records->texts[at] = mem_dup(text);
  records->count++;
}

/* One record of the answer section. */
static bool record_read(struct answer *answer, struct dns_records *records, int type) {
  char text[DNS_RECORD_TEXT_MAX];
  const size_t taken = name_read(answer, answer->at, text, sizeof text);
  if (taken == 0 || left(answer) < taken + RECORD_BYTES)
    return false;
  answer->at += taken;
  const int own = (int)number16(answer->at);
  const int64_t ttl_s = (int64_t)number16(answer->at + 4) << 16 | number16(answer->at + 6);
  const size_t len = number16(answer->at + 8);
  answer->at += RECORD_BYTES;
  if (left(answer) < len)
    return false;
  if (own == type || own == TYPE_CNAME) {
    if (!data_read(answer, own, len, text, sizeof text))
      return false;
    if (records->ttl_s < 0 || ttl_s < records->ttl_s)
      records->ttl_s = ttl_s;
    if (own == type)
      record_add(records, text);
    else
      snprintf(records->alias, sizeof records->alias, "%.255s", text);
  }
  answer->at += len;
  return true;
}

static bool questions_skip(struct answer *answer, unsigned count) {
  char name[256];
  for (unsigned i = 0; i < count; i++) {
    const size_t taken = name_read(answer, answer->at, name, sizeof name);
    if (taken == 0 || left(answer) < taken + 4)
      return false;
    answer->at += taken + 4;
  }
  return true;
}

bool dns_answer_read(struct dns_records *records, const unsigned char *bytes, size_t len, int type,
                     struct err *err) {
  struct answer answer = {.bytes = bytes, .at = bytes, .len = len};
  *records = (struct dns_records){.ttl_s = -1};
  bool valid = len > HEADER_BYTES && len <= UINT16_MAX;
  if (valid) {
    answer.at += HEADER_BYTES;
    valid = questions_skip(&answer, number16(bytes + 4));
    for (unsigned i = 0; valid && i < number16(bytes + 6); i++)
      valid = record_read(&answer, records, type);
  }
  if (valid)
    return true;
  dns_records_fini(records);
  return err_set(err, ERR_PROTOCOL, "the answer of the name server is not valid");
}
