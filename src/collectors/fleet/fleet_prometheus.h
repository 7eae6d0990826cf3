/* Asks a Prometheus for all hosts of a fleet at once, or for one of them. */
#pragma once

#include "clients/web/web_batch.h"
#include "collectors/fleet/fleet_hosts.h"
#include "model/sample.h"

enum fleet_query {
#define QUERY(name, what, text) QUERY_##name,
#include "fleet_queries.def"
#undef QUERY
  FLEET_QUERY_COUNT
};

/* What distinguishes one fleet from another. */
struct fleet_prometheus {
  const char *host_label;
  size_t count; /* queries that are asked: the last ones are for one host only */
  char *paths[FLEET_QUERY_COUNT];
};
/* identity: of the one host that is asked for; NULL: all. Its interfaces are then told apart. False
 * with err where a query becomes too long. */
bool fleet_prometheus_init(struct fleet_prometheus *prometheus, const struct target *target,
                           const struct fleet_identity *identity, struct err *err) MUST_CHECK;
void fleet_prometheus_fini(struct fleet_prometheus *prometheus);
/* The questions, in the order of the queries: for web_batch_start. Returns their number. */
size_t fleet_prometheus_ask(const struct fleet_prometheus *prometheus,
                            struct web_asked asked[FLEET_QUERY_COUNT]);

/* The hosts that the answers know. */
struct fleet_read {
  struct arena arena;
  struct fleet_host *hosts;
  size_t count, capacity;
  struct map by_key; /* index */
  size_t down;
};
/* False with err, and nothing to fini, if they do not say which hosts there are. What one query
 * does not answer is a fault of the sample's table (fleet_read_faults). */
bool fleet_prometheus_read(const struct fleet_prometheus *prometheus,
                           const struct web_asked asked[FLEET_QUERY_COUNT], int64_t now_ms,
                           struct fleet_read *read, struct err *err) MUST_CHECK;
void fleet_read_fini(struct fleet_read *read);
void fleet_prometheus_faults(const struct fleet_prometheus *prometheus,
                             const struct web_asked asked[FLEET_QUERY_COUNT],
                             struct sample *sample);
/* Why the scrapes of hosts that are down fail: the answer to PROMETHEUS_TARGETS_PATH. */
void fleet_prometheus_explain(const struct fleet_prometheus *prometheus, const json_t *json,
                              struct fleet_read *read);
/* Of the option selector. */
bool fleet_selector_check(const char *text, struct err *err) MUST_CHECK;
bool fleet_label_check(const char *text, struct err *err) MUST_CHECK;
