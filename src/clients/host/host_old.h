/* The files that the rules of the configuration call old: found, and identified so that an action
 * later changes no other one. */
#pragma once

#include "clients/host/host_file.h"
#include "clients/host/host_rule.h"

#include <stdatomic.h>

enum { HOST_OLD_MAX = 10000, HOST_OLD_DEPTH = 32 };

struct host_old_file {
  size_t rule;
  char *below; /* its directory below the rule's, the bytes of the names; "" is that itself */
  char *name;
  uint64_t directory, folder; /* inodes: of the rule's directory, and of its own */
  struct host_stat stat;
};

struct host_old_rule {
  struct host_rule rule;
  bool compress;     /* of HOST_COMPRESS */
  bool elsewhere;    /* its directory is on another file system */
  struct err err;    /* why it could not be read, in whole or in part */
  int64_t files;     /* all that are old */
  int64_t allocated; /* their blocks */
};

/* The largest HOST_OLD_MAX files, sorted by host_old_scan; the sums are those of all. */
struct host_old_list {
  struct host_old_rule *rules;
  size_t rule_count;
  struct host_old_file *items;
  size_t count;
};

/* Adds a rule. */
void host_old_rule(struct host_old_list *list, const struct target *target, const char *option,
                   size_t index);
/* Finds the files of all rules whose directory is on that device. Blocks: for a worker thread. */
void host_old_scan(struct host_old_list *list, uint64_t device, int64_t now_ms,
                   const atomic_bool *stop, atomic_llong *files);
void host_old_fini(struct host_old_list *list);

/* Whether old files in that directory may be changed: not where anyone may replace them. */
bool host_directory_is_safe(const struct host_stat *stat, const char *path, struct err *err);
/* A name that stacktop gives to files on their way. */
bool host_name_is_own(const char *name);
#define HOST_OWN_PREFIX ".stacktop-"
