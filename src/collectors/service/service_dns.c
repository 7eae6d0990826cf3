#include "collectors/service/service_dns.h"

#include "collectors/service/service_table.h"

void service_dns_take(struct service_dns *dns, const struct service_facts *facts, int64_t now_ms) {
  const struct service_addresses *addresses = &facts->names.addresses;
  if (!facts->has_dns || facts->dns != PROBE_ANSWERED)
    return;
  if (dns->known && !service_addresses_same(&dns->now, addresses)) {
    dns->changed = true;
    dns->before = dns->now;
    dns->changed_ms = now_ms;
  }
  dns->known = true;
  dns->now = *addresses;
}

static struct value text_of(const struct service_addresses *addresses, struct sample *sample) {
  char text[NAMES_TEXT_MAX];
  return value_text(sample_copy(sample, service_addresses_text(addresses, text)));
}

void service_dns_fill(const struct service_dns *dns, const struct service_facts *facts,
                      int64_t now_ms, struct sample *sample, struct row *row) {
  const struct service_names *names = &facts->names;
  if (!facts->has_dns)
    return;
  if (facts->dns != PROBE_ANSWERED) {
    row->cells[SERVICE_DNS] = row->cells[SERVICE_DNS_ADDRESSES] = value_none("no answer");
  } else {
    row->cells[SERVICE_DNS] = value_real((double)names->took_us / 1e6);
    row->cells[SERVICE_DNS_ADDRESSES] = text_of(&names->addresses, sample);
    if (names->ttl_s >= 0)
      row->cells[SERVICE_DNS_TTL] = value_real((double)names->ttl_s);
  }
  if (!dns->changed)
    return;
  row->cells[SERVICE_DNS_CHANGED] = value_real((double)(now_ms - dns->changed_ms) / 1e3);
  row->cells[SERVICE_DNS_BEFORE] = text_of(&dns->before, sample);
}
