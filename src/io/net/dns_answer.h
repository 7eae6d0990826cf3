/* Reads the records out of an answer of a name server. Pure.
 *
 * c-ares before 1.28 has parsers of single types only, most without the TTL and none for an alias
 * (CNAME); so the sections are walked here, and c-ares expands the names in them. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

enum { DNS_RECORDS_MAX = 64, DNS_RECORD_TEXT_MAX = 512 };

/* Texts are one line, fit for a terminal. */
struct dns_records {
  char *texts[DNS_RECORDS_MAX]; /* sorted: "10.0.0.1", "10 mail.example.com" */
  size_t count;
  bool more;       /* there were others */
  int64_t ttl_s;   /* the shortest, of aliases too; -1: not known */
  char alias[256]; /* the name that it is an alias of (the last one); "" if it is none */
};
void dns_records_fini(struct dns_records *records);

extern const char *const dns_types[];  /* "A", "AAAA", ...; ends with NULL */
int dns_type_number(const char *type); /* 0: not one of them */

/* The records of that type in the answer. False with err if it is not valid. */
bool dns_answer_read(struct dns_records *records, const unsigned char *bytes, size_t len, int type,
                     struct err *err) MUST_CHECK;
