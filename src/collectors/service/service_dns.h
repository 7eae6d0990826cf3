/* What the DNS check of a service has answered, and what before. */
#pragma once

#include "clients/service/service_judge.h"
#include "model/sample.h"

struct service_dns {
  bool known, changed;
  struct service_addresses now, before; /* before: only if changed */
  int64_t changed_ms;                   /* when the change was seen */
};

/* Takes an answer, and fills the cells of the row. */
void service_dns_take(struct service_dns *dns, const struct service_facts *facts, int64_t now_ms);
void service_dns_fill(const struct service_dns *dns, const struct service_facts *facts,
                      int64_t now_ms, struct sample *sample, struct row *row);
