/* Asks node_exporters one by one, several at a time, each with its own deadline; one completion. */
#pragma once

#include "clients/fleet/fleet_addresses.h"
#include "clients/web/web.h"
#include "collectors/fleet/fleet_hosts.h"

enum {
  FLEET_PARALLEL_MAX = 256,
  FLEET_PAGE_MAX = 4 << 20, /* bytes of a page; a large node_exporter has a tenth of it */
};

struct fleet_node_place {
  struct fleet_nodes *nodes;
  struct web_request *request; /* NULL: free */
  size_t host;
};

/* What is known of a node_exporter between two collections. */
struct fleet_node {
  struct fleet_past past;
  int64_t failing_us; /* since when it does not answer; 0: it did */
};
void fleet_node_fini(struct fleet_node *node);

struct fleet_nodes {
  /* Set by the caller before the first fleet_nodes_start; the lists have count items. */
  struct io *io;
  const struct target *target;
  const struct fleet_address *addresses;
  struct fleet_node *nodes;
  size_t count, parallel;
  int64_t host_timeout_ms; /* for each of them */

  /* The collection under way. */
  struct fleet_host *hosts; /* in the order of the addresses; with the answers, when it is done */
  struct arena arena;       /* of what the hosts say */
  size_t *order;            /* those that answered before come first */
  size_t next, open;
  int64_t end_ms; /* on the steady clock */
  void (*done)(void *arg);
  void *arg;
  struct fleet_node_place places[FLEET_PARALLEL_MAX];
};
/* end_ms: on the steady clock. done comes once, on the loop's thread and never before this returns,
 * unless fleet_nodes_rest comes first; hosts then has all of them. */
void fleet_nodes_start(struct fleet_nodes *nodes, int64_t end_ms, void (*done)(void *arg),
                       void *arg);
/* Gives up what is under way and frees what the hosts said. */
void fleet_nodes_rest(struct fleet_nodes *nodes);
