/* The disk watermarks of a cluster: from how full a disk on it places no shards on a node, moves
 * them away, and makes indices read-only. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum elasticsearch_mark { MARK_LOW, MARK_HIGH, MARK_FLOOD, MARK_COUNT };

/* Either a share of the disk that may be used, or bytes that must stay free. */
struct elasticsearch_limit {
  bool known;
  double used;     /* 0..1; 0: by bytes */
  double free;     /* bytes */
  double headroom; /* bytes that must stay free at most, whatever the share says; 0: none */
};
struct elasticsearch_disk {
  bool known;
  bool enabled; /* cluster.routing.allocation.disk.threshold_enabled */
  struct elasticsearch_limit marks[MARK_COUNT];
};
/* From the settings with their defaults, transient before persistent before default ones. */
void elasticsearch_disk_read(const json_t *settings, struct elasticsearch_disk *disk);
/* "85%", "0.85" or "500mb". */
bool elasticsearch_limit_parse(const char *text, struct elasticsearch_limit *limit);
/* The worst mark that a disk is beyond; -1: none. */
int elasticsearch_disk_beyond(const struct elasticsearch_disk *disk, double total,
                              double available);
