/* Parses the kernel's figures in /proc (proc(5)): pure. Each parser returns false, without a valid
 * result, if the text is not as expected. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_load {
  double one, five, fifteen; /* runnable and uninterruptible tasks, averages of that many minutes */
  int64_t runnable, tasks;   /* current; tasks are threads */
};
bool host_load_parse(const char *text, struct host_load *load); /* /proc/loadavg */

/* Ticks since boot, of all CPUs together. */
struct host_cpu {
  uint64_t total, idle, iowait, steal; /* idle without iowait */
  int64_t cores;                       /* CPUs online */
  int64_t boot_s;                      /* seconds since 1970; 0 if not reported */
};
bool host_cpu_parse(const char *text, struct host_cpu *cpu); /* /proc/stat */
/* Shares of the time between two readings; false if no time has passed. */
struct host_cpu_shares {
  double used, iowait, steal; /* used: neither idle nor waiting for input and output */
};
bool host_cpu_between(const struct host_cpu *before, const struct host_cpu *now,
                      struct host_cpu_shares *shares);

/* In bytes. */
struct host_memory {
  uint64_t total, available, swap_total, swap_free;
  bool has_available; /* false before Linux 3.14 */
};
bool host_memory_parse(const char *text, struct host_memory *memory); /* /proc/meminfo */

bool host_uptime_parse(const char *text, double *seconds); /* /proc/uptime */

/* Share of the last 10 s in which some, or all (full), tasks waited; 0..1. */
struct host_pressure {
  double some, full;
  bool has_full;
};
bool host_pressure_parse(const char *text, struct host_pressure *pressure); /* /proc/pressure/... */

struct host_disk_io {
  uint64_t read_bytes, written_bytes;
  uint64_t busy_ms; /* time with at least one running request */
};
/* The device in the text of /proc/diskstats, by number or, if that is missing (btrfs and others use
 * numbers of their own), by the name of `source`, "/dev/sda2". */
bool host_disk_io_find(const char *text, unsigned major, unsigned minor, const char *source,
                       struct host_disk_io *io);
