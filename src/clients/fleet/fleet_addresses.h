/* Addresses of node_exporters as the configuration has them: "db1", "db1:9100",
 * "https://db1:9100/metrics", with ranges in brackets: "web[01-40]:9100", "10.0.0.5:[9100-9109]".
 * Pure. */
#pragma once

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { FLEET_ADDRESSES_MAX = 5000, FLEET_ADDRESS_MAX = 512, FLEET_PORT = 9100 };

bool fleet_address_check(const char *text, struct err *err) MUST_CHECK;

/* What ranges expand to, in their order, each once. */
struct fleet_address {
  char *url;   /* "http://db1:9100/metrics" */
  char *label; /* as written, without what is usual: "db1" */
};
struct fleet_addresses {
  struct fleet_address *items;
  size_t count;
};
/* False with err, and nothing to fini: one is none, or there are more than FLEET_ADDRESSES_MAX. */
bool fleet_addresses_make(struct fleet_addresses *addresses, char *const *texts, size_t count,
                          struct err *err) MUST_CHECK;
void fleet_addresses_fini(struct fleet_addresses *addresses);
