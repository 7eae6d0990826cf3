/* The DNS check of a service: which addresses its name has, how long that took, and whether they
 * are those that are expected. */
#pragma once

#include "core/err.h"
#include "io/io.h"
#include "model/target.h"

#include <stdint.h>

enum { NAMES_MAX = 16, NAMES_TEXT_MAX = 800 };

/* Addresses in their order, each once. */
struct service_addresses {
  struct service_ip {
    int family;
    unsigned char bytes[16];
  } items[NAMES_MAX];
  size_t count;
  bool more; /* there were others */
};

struct service_names {
  bool answered;
  struct err err; /* why not */
  int64_t took_us;
  int64_t ttl_s; /* -1: not known */
  struct service_addresses addresses;
};

/* "10.0.0.1, ::1": an option's text. */
bool service_addresses_parse(const char *text, struct service_addresses *addresses,
                             struct err *err) MUST_CHECK;
bool service_addresses_check(const char *text, struct err *err) MUST_CHECK;
/* "10.0.0.1, 10.0.0.2"; "and others" where they were too many. Returns out. */
const char *service_addresses_text(const struct service_addresses *addresses,
                                   char out[NAMES_TEXT_MAX]);
bool service_addresses_same(const struct service_addresses *a, const struct service_addresses *b);
/* Whether all of them are 0.0.0.0 or ::, as name servers answer that block a name. */
bool service_addresses_null(const struct service_addresses *addresses);
/* Whether the answer is what is expected: of each family that is expected, all of them and no
 * others. False with the first that is not, and whether it is missing or one too many. */
bool service_addresses_hold(const struct service_addresses *answer,
                            const struct service_addresses *expected, struct err *err) MUST_CHECK;
/* Whether the options of the check go together. */
bool service_names_check(const struct target *target, struct err *err) MUST_CHECK;

typedef void (*service_names_cb)(void *arg, const struct service_names *names);
struct service_lookup;
/* Asks `resolver`, or this host's own way of resolving. The callback comes once, never before this
 * returns, unless the cancel comes first. */
struct service_lookup *service_names_ask(struct io *io, const struct target *target,
                                         service_names_cb done, void *arg);
void service_names_cancel(struct service_lookup *lookup);
