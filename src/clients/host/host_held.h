/* The files of one file system that processes hold open, from /proc/PID/fd. A file that was deleted
 * takes its space until the last process closes it; no directory shows it. */
#pragma once

#include "clients/host/host_file.h"

#include <stdatomic.h>
#include <stddef.h>

enum { HOST_HELD_MAX = 50000, HOST_PROGRAM_MAX = 64, HOST_USER_MAX = 64 };

/* One per process and file; of several descriptors, one that can write. */
struct host_held {
  long pid;
  int fd;
  uint64_t started; /* the process, in clock ticks since boot: a pid is used again */
  char program[HOST_PROGRAM_MAX], user[HOST_USER_MAX]; /* as host_name_show */
  struct host_stat stat;
  int flags;  /* of open(2), from /proc/PID/fdinfo; -1: not known */
  char *path; /* as host_name_show; without the kernel's " (deleted)" */
};

struct host_held_list {
  struct host_held *items;
  size_t count, capacity;
  size_t processes, unreadable; /* seen, and of these not permitted */
  bool cut;                     /* there are more */
};

/* Adds the regular files on that device. Stops early once *stop is set. Blocks: for a worker
 * thread. proc: "/proc". */
void host_held_scan(struct host_held_list *list, const char *proc, uint64_t device,
                    const atomic_bool *stop);
void host_held_fini(struct host_held_list *list);
static inline bool host_held_deleted(const struct host_held *held) {
  return held->stat.links == 0;
}
bool host_held_writes(const struct host_held *held);  /* opened for writing */
bool host_held_appends(const struct host_held *held); /* opened with O_APPEND */
/* When the process started; 0: there is none of that pid. */
uint64_t host_process_started(const char *proc, long pid);

/* ---- parsers, pure */

/* The start of the process in the text of /proc/PID/stat; 0: not there. */
uint64_t host_started_parse(const char *text);
/* The flags in the text of /proc/PID/fdinfo/FD; -1: not there. */
int host_flags_parse(const char *text);
