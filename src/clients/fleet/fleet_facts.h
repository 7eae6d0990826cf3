/* What a node_exporter says of its host: from its page of metrics, or from Prometheus, which has
 * the same series. Pure. A number that is not known is NaN, a text NULL.
 *
 * Sums (cpu, pressure, interfaces) are counters since the host was started, or (are_rates) what
 * they grow by in a second. */
#pragma once

#include "clients/web/metrics_page.h"
#include "core/arena.h"

#include <stdint.h>

/* Of one host; what is beyond them is not read, and `cut` says so. */
enum { FLEET_MOUNTS_MAX = 1000, FLEET_INTERFACES_MAX = 1000, FLEET_TEXT_MAX = 1024 };

struct fleet_mount {
  const char *point, *device, *type;
  double size, free, available; /* bytes; free: root may write that much */
  double files, files_free;     /* inodes */
  double read_only, failed;     /* 0 or 1; failed: its figures could not be read */
  double turned;                /* 1: it became read-only not long ago, as Prometheus has it */
  const char *error;            /* why, if the node_exporter says it */
  double slope, slope_long; /* of `available`, in bytes per second, over a short and a long time */
};

enum fleet_net {
  NET_IN,
  NET_OUT,
  NET_ERRORS_IN,
  NET_ERRORS_OUT,
  NET_DROPS_IN,
  NET_DROPS_OUT,
  NET_COUNT
};
struct fleet_interface {
  const char *name; /* "": all of the host together */
  double sums[NET_COUNT];
  double speed; /* bytes per second */
  double up;    /* 0 or 1 */
};

enum fleet_sum {
  SUM_CPU, /* seconds, of all CPUs and modes */
  SUM_IDLE,
  SUM_IOWAIT,
  SUM_STEAL,
  SUM_PRESSURE_CPU, /* seconds in which a task waited */
  SUM_PRESSURE_MEMORY,
  SUM_PRESSURE_MEMORY_FULL, /* all tasks */
  SUM_PRESSURE_IO,
  SUM_PRESSURE_IO_FULL,
  SUM_COUNT
};

struct fleet_facts {
  struct arena *arena; /* of the texts and lists */
  bool is_node;        /* it has a series of a node_exporter */
  bool are_rates, cut;
  double cores;
  double load1, load5, load15;
  double memory_total, memory_available, swap_total, swap_free; /* bytes */
  double boot_s, time_s;         /* seconds since 1970, by the host's clock */
  double ntp_offset, ntp_synced; /* seconds; 0 or 1 */
  double sums[SUM_COUNT];
  const char *hostname, *system, *release, *machine, *os;
  struct fleet_mount *mounts;
  struct fleet_interface *interfaces;
  size_t mount_count, mount_capacity, interface_count, interface_capacity;
};

void fleet_facts_init(struct fleet_facts *facts, struct arena *arena);
/* Whether series of that name are of use. */
bool fleet_facts_want(struct page_text name);
/* Takes a series; others and what is not finite are ignored. */
void fleet_facts_take(struct fleet_facts *facts, struct page_text name,
                      const struct page_label *labels, size_t label_count, double value);
/* Reads a page of metrics. text[len] has to be '\0'. False with err if it is no page of a
 * node_exporter. */
bool fleet_facts_read(struct fleet_facts *facts, const char *text, size_t len,
                      struct err *err) MUST_CHECK;

/* The share that other users than root have in use, as df and the local host; NaN: not known. */
double fleet_mount_used(const struct fleet_mount *mount);
double fleet_mount_inodes_used(const struct fleet_mount *mount);
