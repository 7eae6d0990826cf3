/* What fills a file system: its largest directories and files by the blocks that they take, and the
 * files that are deleted but open. One file system only: neither another one below it nor a bind
 * mount is entered. Memory is bounded, whatever is found. */
#pragma once

#include "clients/host/host_held.h"
#include "clients/host/host_look.h"
#include "io/file/mount.h"

enum {
  HOST_USAGE_DIRECTORIES = 500,
  HOST_USAGE_FILES = 100,
  HOST_USAGE_DEPTH = 256,        /* levels; deeper directories are counted as not read */
  HOST_USAGE_LINKS = 400000,     /* files with several names that are remembered */
  HOST_USAGE_PATH_MAX = 32 << 10 /* bytes of a path below the mount point */
};

struct host_usage_entry {
  char *path;    /* below the mount point, the bytes of the names; "" is the mount point */
  int64_t bytes; /* allocated; a directory: with all below it */
  int64_t size;  /* a file: its length, which is more than its blocks if it is sparse */
  int64_t files; /* a directory: files below it */
  int64_t modified_ms;
  uint64_t inode;
  bool partial; /* a directory: not read to its end */
};

/* The largest so far, in a heap with the smallest at its root; sorted by host_usage_run at its
 * end. */
struct host_usage_top {
  struct host_usage_entry *items;
  size_t count, most;
};

struct host_usage {
  /* Input. */
  const char *path; /* of the mount; borrowed */
  const char *proc; /* "/proc" */
  const atomic_bool *stop;
  atomic_llong *files_so_far;
  const struct host_look *before; /* a look that was stopped: its directories are taken from it;
                                     NULL: none */

  /* Result. */
  struct err err; /* ERR_NONE: all that follows is set */
  struct mount_facts facts;
  uint64_t device;
  bool mount_root; /* the path is a mount point: all of its file system is below it */
  struct host_usage_top directories, files;
  struct host_held_list held;
  int64_t bytes; /* of all that was found by name, each file once */
  int64_t file_count, directory_count;
  int64_t unreadable;        /* directories that could not be read */
  char unreadable_name[256]; /* the first of them, as host_name_show */
  int64_t mounts;            /* directories with another file system mounted on them */
  int64_t too_deep;
  bool links_cut;       /* more files with several names than are remembered: some count twice */
  int64_t files_before; /* of these, taken from the look before */
  bool partial;         /* stopped before the end */
};

/* What is to be remembered: all directories that were read to their end, and the files. */
void host_usage_remember(const struct host_usage *usage, struct host_look *look);
/* Blocks: for a worker thread, which it makes idle for the disk's scheduler and nice. */
void host_usage_run(struct host_usage *usage);
void host_usage_fini(struct host_usage *usage);
