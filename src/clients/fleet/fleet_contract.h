/* Shared by the collector of fleets and its pages. */
#pragma once

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define FLEET_KIND "fleet"
#define FLEET_SUMMARY_TABLE "summary"
#define FLEET_HOSTS_TABLE "hosts"   /* key: see fleet_key_make */
#define FLEET_MOUNTS_TABLE "mounts" /* key: that of the host, a blank, the mount point */

/* The job of a node_exporter in Prometheus, where the configuration does not say. */
#define FLEET_SELECTOR "job=~\"node|node[-_]exporter\""

enum { FLEET_KEY_MAX = 1024, FLEET_PART_MAX = 256 };

/* The labels of Prometheus by which a host is found again. `host` is the value of the label that
 * names it; the two others distinguish hosts of one name. */
struct fleet_identity {
  char host[FLEET_PART_MAX], job[FLEET_PART_MAX], instance[FLEET_PART_MAX];
};
/* The key of its row: "job/instance", and "/host" unless that is the instance; '/', '%' and bytes
 * up to the blank are escaped as in a URL. */
void fleet_key_make(const struct fleet_identity *identity, char key[FLEET_KEY_MAX]);
/* False where the text is no such key. */
bool fleet_key_read(const char *key, struct fleet_identity *identity) MUST_CHECK;
