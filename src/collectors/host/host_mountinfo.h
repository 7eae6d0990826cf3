/* Which file systems there are: /proc/self/mountinfo (proc(5)), and which of them matter. Pure. */
#pragma once

#include "core/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { MOUNTINFO_BYTES_MAX = 8 << 20 }; /* what one list of mounts may take */

enum mount_class {
  MOUNT_PSEUDO,  /* holds no data: proc, sysfs, cgroup, ...; and images that are always full */
  MOUNT_MEMORY,  /* tmpfs and ramfs */
  MOUNT_LOCAL,   /* on a device of this machine, or unknown */
  MOUNT_NETWORK, /* a server may hang: nfs, cifs, fuse.sshfs, ... */
  MOUNT_FUSE,    /* a process may hang */
};

/* Paths and texts without the kernel's octal escapes, in the list's arena. */
struct mount_entry {
  long id, parent;       /* of mounts: the one that it is mounted in */
  unsigned major, minor; /* the file system's device, 0:N where it has none */
  const char *root;      /* what of the file system is mounted: "/", or for a bind mount less */
  const char *point, *type, *source;
  const char *options;       /* of this mount: "rw,relatime" */
  const char *super_options; /* of the file system */
  bool chosen;               /* by mounts_choose */
};

struct mount_list {
  struct arena arena;
  struct mount_entry *items; /* in the kernel's order, which is not that of mounting */
  size_t count, capacity;
  bool cut; /* there were more than fit */
};

void mounts_init(struct mount_list *list, size_t ceiling);
void mounts_fini(struct mount_list *list);
/* Adds the mounts of a text of mountinfo; lines that make no sense are left out. */
void mounts_parse(struct mount_list *list, const char *text);

/* Marks what a person calls a disk: every file system that holds data, once (the mount with the
 * shortest path of each device). Not pseudo file systems, not what another mount hides, not
 * read-only images (squashfs), overlay only at / (others are containers'), not a container's or a
 * pod's own tmpfs. */
void mounts_choose(struct mount_list *list);

/* The mount that an absolute path without symbolic links lies on; NULL if there is none. */
const struct mount_entry *mounts_find(const struct mount_list *list, const char *path);

/* Whether the text of an fstab(5) mounts a file system at that path by itself: without noauto,
 * nofail and the automounter. */
bool mounts_expects(const char *fstab, const char *path);

enum mount_class mount_class_of(const char *type);
bool mount_has_option(const char *options, const char *option); /* a whole word between commas */
