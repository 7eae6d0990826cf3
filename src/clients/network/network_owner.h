/* Which process has a socket open, and how many of its files it may still open. Blocks: for a
 * worker thread.
 *
 * The kernel names no process of a socket: the list of open files of each process is searched,
 * which is allowed to root and of the own processes only. What was found is kept and only checked
 * in the next collections, so that the search runs again only when there is a new socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NETWORK_PROGRAM_MAX = 32, NETWORK_OWNERS_MAX = 16384 };

struct network_owner {
  uint32_t inode;
  long pid; /* 0: not found */
  int fd;
  char program[NETWORK_PROGRAM_MAX];
  int64_t files, files_max; /* open ones, and RLIMIT_NOFILE (soft); -1: not known */
};

/* Zeroed at first. */
struct network_owners {
  struct network_owner *items; /* by inode, ascending, each once */
  size_t count;
  size_t unreadable; /* processes whose files may not be listed, in the last search */
  bool cut;          /* the last search ended early */
  long next_pid;     /* where the next one begins, if it did */
  int64_t searched_ms, took_ms;
};

enum {
  NETWORK_SEARCH_MS = 1500,        /* time of one search */
  NETWORK_SEARCH_PAUSE_MS = 15000, /* before it is repeated for sockets that were not found */
  NETWORK_SEARCH_SHARE = 20,       /* for new ones: after 20 times as long as the last one took */
};

/* Finds the owners of those sockets (in any order; changed). A socket that is listed has an item.
 */
void network_owners_find(struct network_owners *owners, const char *proc, uint32_t *inodes,
                         size_t count);
/* NULL: it is not listed. */
const struct network_owner *network_owner_of(const struct network_owners *owners, uint32_t inode);
void network_owners_fini(struct network_owners *owners);

/* Pure: the soft limit in the text of /proc/PID/limits; INT64_MAX: unlimited; -1: not there. */
int64_t network_files_limit(const char *text);
/* Pure: the inode of "socket:[123]"; 0: it is none. */
uint32_t network_socket_inode(const char *link);
