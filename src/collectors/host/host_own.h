/* Inside of the host collector: what its files share. */
#pragma once

#include "collectors/figures.h"
#include "collectors/host/host_growth.h"
#include "collectors/host/host_mountinfo.h"
#include "collectors/host/host_proc.h"
#include "io/file.h"
#include "io/mount.h"
#include "io/worker.h"
#include "model/sample.h"
#include "model/target.h"

#include <sys/utsname.h>

/* The machine, as the collector sees it: a seam for tests, which bring a /proc of their own and a
 * probe that blocks until they let it go. */
struct host_system {
  const char *proc;                                           /* "/proc" */
  const char *fstab;                                          /* "/etc/fstab" */
  void (*probe)(const char *path, struct mount_facts *facts); /* mount_probe */
  int64_t patience_ms; /* a sample waits so long for file systems that have just been asked */
  int64_t hung_ms;     /* silent for longer: its last figures count no more, and it is critical */
};

/* What collector_host.open does, on that system (NULL: the real one), which outlives the instance.
 */
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
  HOST_FILE_FSTAB, /* not of /proc: what should be mounted */
  HOST_FILE_COUNT
};

/* One reading of /proc, made on a worker's thread. */
struct host_reading {
  struct worker_task task;
  const char *proc, *fstab;
  int64_t read_ms;
  struct file_text files[HOST_FILE_COUNT];
  struct mount_list mounts;
};
struct host_reading *host_reading_new(const struct host_system *system);
void host_reading_free(struct host_reading *reading); /* NULL is fine */
void host_reading_take(struct host_reading *reading); /* reads it all; blocks */

/* Parts of what is known beside the files. */
enum { HOST_PART_SHARES = HOST_FILE_COUNT, HOST_PART_SWAP, HOST_PART_SYSTEM, HOST_PART_COUNT };

/* What the row of host_table is made of. Of a part that is not known, `missing` says why; NULL: it
 * does not apply, or the column says it. */
struct host_facts {
  bool known[HOST_PART_COUNT];
  const char *missing[HOST_PART_COUNT];
  struct host_load load;
  int64_t cores, boot_s; /* -1: not said */
  struct host_cpu_shares shares;
  struct host_memory memory;
  int64_t memory_used, memory_available; /* -1: not said */
  uint64_t swap_used;
  double uptime;
  struct host_pressure pressure_cpu, pressure_memory, pressure_io; /* full: -1 if not said */
  struct utsname name;
};

/* Fills the row of host_table. *cpu_before is the reading before (total 0: there was none), and is
 * replaced by this one. */
void host_summary_fill(struct sample *sample, struct row *row, const struct host_reading *reading,
                       struct host_cpu *cpu_before);

/* A statvfs under way: owner is the host, or NULL when the mount has gone. */
struct mount_call {
  struct worker_task task;
  void (*probe)(const char *path, struct mount_facts *facts);
  struct mount_facts facts;
  char path[];
};

/* A file system that is watched, over time. */
struct host_mount {
  char *path; /* as configured, or the mount point: the row's key */
  bool configured;
  bool wanted;             /* by the last reading */
  bool known;              /* it has answered once: facts are its last answer */
  bool was_writable;       /* at some time since it was seen first */
  bool was_bad;            /* judged so in the last sample */
  bool lost;               /* its home is not mounted: the figures would be another one's */
  bool has_io;             /* io is known */
  struct mount_call *call; /* under way, or NULL: never more than one */
  int64_t asked_ms;        /* when it, or the last one, was started */
  int64_t answered_ms;
  struct mount_facts facts;
  struct err err; /* why no call could be started; ERR_NONE if it could */

  /* The mount that it belongs to: what it lay on when it was seen first, or where it was moved to
   * by a person (another link, another mount on top). NULL before. */
  char *home;
  unsigned home_major, home_minor;
  struct host_growth growth;
  struct host_disk_io io;      /* of the last reading */
  struct counters io_counters; /* the same, as counters */
  struct rates io_rates;       /* between the last two */

  /* Of the sample that is being made. */
  const struct mount_entry *entry; /* in the reading; NULL if it is in no mount that we see */
  const struct host_mount *leader; /* whose row stands for the same file system; NULL: its own */
};

/* What a row of disk_table is made of. */
struct disk_answer {
  const struct host_mount *mount;
  const char *unusable; /* why its last answer cannot be shown; NULL: it can */
};

/* Takes the answer over. */
void host_mount_answer(struct host_mount *mount, const struct mount_facts *facts, int64_t now_ms);
/* Whether its last figures can still be shown. */
bool host_mount_usable(const struct host_mount *mount, int64_t hung_ms, int64_t now_ms);
/* Finds its entry in the reading, whether that is still its own mount, and its device's rates since
 * the reading before. */
void host_mount_place(struct host_mount *mount, const struct host_reading *reading);
/* Frees it, but for a call under way. */
void host_mount_fini(struct host_mount *mount);
/* How bad it is, where a threshold cannot tell; the reason is "" when it is not. */
enum severity host_mount_judge(const struct host_mount *mount, int64_t hung_ms, int64_t now_ms,
                               char *reason, size_t size);

/* The rows of disk_table for the wanted ones, which have been placed; in order of harm. */
void host_disks_fill(struct sample *sample, struct table *table, struct host_mount *const *mounts,
                     size_t count, int64_t hung_ms, int64_t now_ms);
