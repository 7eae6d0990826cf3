/* Reads the hosts of a fleet, or one of them, from where its target says; for the collector and the
 * page of a host. */
#pragma once

#include "collectors/fleet/fleet_nodes.h"
#include "collectors/fleet/fleet_prometheus.h"
#include "collectors/fleet/fleet_rows.h"
#include "collectors/frame.h"

struct fleet_source {
  struct watch *watch;
  /* The sample of what was found; NULL with err: none. */
  struct sample *(*make)(const struct fleet_found *found, struct err *err);
  int64_t started_us;

  /* Of node_exporters. */
  struct fleet_addresses addresses;
  struct fleet_nodes nodes;

  /* Of a Prometheus. */
  struct fleet_prometheus prometheus;
  bool has_prometheus;
  struct web_batch batch;
  struct web_asked asked[FLEET_QUERY_COUNT];
  struct web_request *explanation; /* NULL: not under way */
  struct fleet_read read;
};

/* key: of one row of FLEET_HOSTS_TABLE; NULL: all hosts. False with err, and nothing to fini. */
bool fleet_source_init(struct fleet_source *source, struct watch *watch, const char *key,
                       struct err *err) MUST_CHECK;
void fleet_source_fini(struct fleet_source *source);
/* What `ask` and `rest` of a watch_kind do: ends with watch_done or watch_failed. */
void fleet_source_ask(struct fleet_source *source);
void fleet_source_rest(struct fleet_source *source);
