/* Internals of the host collector, shared by its files. */
#pragma once

#include "collectors/disk_growth.h"
#include "collectors/figures.h"
#include "collectors/host/host_mountinfo.h"
#include "collectors/host/host_proc.h"
#include "io/file/file.h"
#include "io/file/mount.h"
#include "io/worker.h"
#include "model/sample.h"
#include "model/target.h"

#include <sys/utsname.h>

/* The machine, as the collector sees it. Tests replace it by their own /proc and a probe that
 * blocks until they release it. */
struct host_system {
  const char *proc;                                           /* "/proc" */
  const char *fstab;                                          /* "/etc/fstab" */
  void (*probe)(const char *path, struct mount_facts *facts); /* mount_probe */
  int64_t patience_ms; /* how long a sample waits for file systems that were just probed */
  int64_t hung_ms; /* without an answer for longer: critical, and its last figures are not shown */
};

/* As collector_host.open, on that system (NULL: the real one), which outlives the instance. */
void *host_open_on(struct io *io, const struct target *target, const struct host_system *system,
                   struct err *err);

enum host_file {
  HOST_FILE_LOAD,
  HOST_FILE_STAT,
  HOST_FILE_MEMORY,
  HOST_FILE_UPTIME,
  HOST_FILE_DISKSTATS,
  HOST_FILE_MOUNTINFO,
  HOST_FILE_BOOT_ID,
  HOST_FILE_PRESSURE_CPU,
  HOST_FILE_PRESSURE_MEMORY,
  HOST_FILE_PRESSURE_IO,
  HOST_FILE_FSTAB, /* not in /proc: the configured mounts */
  HOST_FILE_COUNT
};

/* One reading of /proc, on a worker thread. */
struct host_reading {
  struct worker_task task;
  const char *proc, *fstab;
  int64_t read_ms;
  struct file_text files[HOST_FILE_COUNT];
  struct mount_list mounts;
};
struct host_reading *host_reading_new(const struct host_system *system);
void host_reading_free(struct host_reading *reading); /* NULL is fine */
void host_reading_take(struct host_reading *reading); /* reads all files; blocks */

/* Parts that are known in addition to the files. */
enum { HOST_PART_SHARES = HOST_FILE_COUNT, HOST_PART_SWAP, HOST_PART_SYSTEM, HOST_PART_COUNT };

/* The data of the row of host_table. `missing` has the reason for a part that is not known; NULL:
 * does not apply, or the column has the reason. */
struct host_facts {
  bool known[HOST_PART_COUNT];
  const char *missing[HOST_PART_COUNT];
  struct host_load load;
  int64_t cores, boot_s; /* -1: not reported */
  struct host_cpu_shares shares;
  struct host_memory memory;
  int64_t memory_used, memory_available; /* -1: not reported */
  uint64_t swap_used;
  double uptime;
  struct host_pressure pressure_cpu, pressure_memory, pressure_io; /* full: -1 if not reported */
  struct utsname name;
};

/* Fills the row of host_table. *cpu_before is the previous reading (total 0: none), and is replaced
 * by this one. */
void host_summary_fill(struct sample *sample, struct row *row, const struct host_reading *reading,
                       struct host_cpu *cpu_before);

/* A running statvfs: owner is the host, or NULL if the mount was removed. */
struct mount_call {
  struct worker_task task;
  void (*probe)(const char *path, struct mount_facts *facts);
  struct mount_facts facts;
  char path[];
};

/* A watched file system, over time. */
struct host_mount {
  char *path; /* as configured, or the mount point: the key of the row */
  bool configured;
  bool wanted;       /* found by the last reading */
  bool known;        /* it has answered: facts are its last answer */
  bool was_writable; /* at some time since it was first seen */
  bool was_bad;      /* judged this way in the last sample */
  bool lost;   /* its own file system is not mounted: the figures would be those of another one */
  bool has_io; /* io is known */
  struct mount_call *call; /* the running call, or NULL: at most one */
  int64_t asked_ms;        /* when that, or the last one, was started */
  int64_t answered_ms;
  struct mount_facts facts;
  struct err err; /* why no call could be started; ERR_NONE if one was */

  /* Its mount point: where it was when it was first seen, or where an administrator has moved it
   * (another link, another mount on top). NULL before. */
  char *home;
  unsigned home_major, home_minor;
  struct disk_growth growth;
  struct host_disk_io io;      /* of the last reading */
  struct counters io_counters; /* the same, as counters */
  struct rates io_rates;       /* between the last two */

  /* For the current sample. */
  const struct mount_entry *entry; /* in the reading; NULL if it is in no visible mount */
  const struct host_mount
      *leader; /* the mount whose row represents the same file system; NULL: its own */
};

/* The data of a row of disk_table. */
struct disk_answer {
  const struct host_mount *mount;
  const char *unusable; /* why its last answer is not shown; NULL: it is shown */
};

/* Takes the answer. */
void host_mount_answer(struct host_mount *mount, const struct mount_facts *facts, int64_t now_ms);
/* Whether its last figures can still be shown. */
bool host_mount_usable(const struct host_mount *mount, int64_t hung_ms, int64_t now_ms);
/* Finds its entry in the reading, checks that it is still its own mount, and computes the rates of
 * its device since the previous reading. */
void host_mount_place(struct host_mount *mount, const struct host_reading *reading);
/* Frees it, except for a running call. */
void host_mount_fini(struct host_mount *mount);
/* Its severity where a threshold is not enough; the reason is "" if it is OK. */
enum severity host_mount_judge(const struct host_mount *mount, int64_t hung_ms, int64_t now_ms,
                               char *reason, size_t size);

/* Adds the rows of disk_table for the wanted mounts, after host_mount_place, in order of harm. */
void host_disks_fill(struct sample *sample, struct table *table, struct host_mount *const *mounts,
                     size_t count, int64_t hung_ms, int64_t now_ms);
