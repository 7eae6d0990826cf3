/* From answers to rows and what is wrong with them. Pure. */
#pragma once

#include "io/net/dns.h"
#include "model/sample.h"
#include "model/target.h"

enum { DNS_ANSWERS_SIZE = 2048 };

extern const struct table_spec dns_table; /* id "lookups" */

/* What a name server said. */
struct dns_said {
  char server[DNS_SERVER_MAX];
  bool known; /* answers, ttl_s, count; else err */
  struct err err;
  int64_t took_us;
  int64_t ttl_s;
  size_t count;
  bool more;
  bool expected;                  /* it is what is wanted, or that is not judged */
  char answers[DNS_ANSWERS_SIZE]; /* "10.0.0.1, 10.0.0.2" */
  char alias[256];
};
struct dns_wanted {
  const char *name, *lookup; /* of the target; "api.example.com A" */
  char *const *expect;       /* exactly these, in any order */
  size_t expect_count;       /* 0: not judged */
  bool same;                 /* the name servers have to agree */
};
/* records NULL: err. */
void dns_said_take(struct dns_said *said, const struct dns_wanted *wanted,
                   const struct dns_records *records, const struct err *err);
void dns_rows_add(struct sample *sample, const struct dns_wanted *wanted,
                  const struct dns_said *said, size_t count);
