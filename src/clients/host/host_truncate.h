/* Empties a file through the descriptor of a process that holds it open: also one that was deleted,
 * which has no other name. */
#pragma once

#include "clients/host/host_held.h"

/* What became of one file. */
enum host_end {
  HOST_DONE,
  HOST_GONE,    /* it no longer exists, or is another one: nothing was done */
  HOST_REFUSED, /* with the reason; nothing was done */
};

struct host_result {
  enum host_end end;
  struct err err;       /* why it is not done */
  int64_t freed;        /* bytes of its blocks */
  int64_t before, size; /* its blocks before; its length afterwards */
};

struct host_opened {
  const char *proc; /* "/proc" */
  long pid;
  int fd;
  uint64_t started, device, inode;
  bool deleted;
};

/* The process, its start and the file are checked on the opened file itself, not on its name.
 * Blocks: for a worker thread. */
void host_truncate(const struct host_opened *opened, struct host_result *result);
