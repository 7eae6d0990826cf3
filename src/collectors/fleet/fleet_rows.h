/* From the hosts of a collection to tables: the summary of the fleet, its hosts and their mounts.
 * No input or output; the time is passed in. */
#pragma once

#include "collectors/fleet/fleet_hosts.h"
#include "model/sample.h"

enum fleet_summary_column {
#define COLUMN(name, ...) name,
#include "fleet_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};
enum fleet_host_column {
#define COLUMN(name, ...) name,
#include "fleet_hosts.def"
#undef COLUMN
  HOST_COLUMN_COUNT
};
enum fleet_mount_column {
#define COLUMN(name, ...) name,
#include "fleet_mounts.def"
#undef COLUMN
  MOUNT_COLUMN_COUNT
};

enum { FLEET_TABLES = 3 };
extern const struct table_spec *const fleet_tables[FLEET_TABLES];
extern const struct table_spec fleet_hosts_table, fleet_mounts_table;
/* The same columns, of one host: on its page. */
extern const struct table_spec fleet_host_table, fleet_host_mounts_table;

struct fleet_found {
  const char *name;   /* of the target */
  const char *source; /* "500 node_exporters", "Prometheus main" */
  struct fleet_host *hosts;
  size_t count;
  double took_s;
  int64_t now_ms;  /* wall time */
  double window_s; /* of the slopes of mounts, if they come from Prometheus */
};
struct sample *fleet_sample(const struct fleet_found *found);

/* One host or mount, for the sample and for the page of a host. */
void fleet_host_fill(struct sample *sample, struct row *row, const struct fleet_found *found,
                     const struct fleet_host *host);
/* Adds the rows of the mounts of hosts, the fullest first; returns their number. */
size_t fleet_mounts_fill(struct sample *sample, struct table *table,
                         const struct fleet_found *found);
/* The fullest mount of a host; NULL: none is known. */
const struct fleet_mount *fleet_fullest(const struct fleet_host *host);
