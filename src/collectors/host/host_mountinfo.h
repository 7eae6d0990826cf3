/* The mounted file systems, from /proc/self/mountinfo (proc(5)), and the choice of those to show.
 * Pure. */
#pragma once

#include "collectors/file_systems.h"
#include "core/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { MOUNTINFO_BYTES_MAX = 8 << 20 }; /* maximum memory of one list of mounts */

/* Paths and texts without the kernel's octal escapes, in the arena of the list. */
struct mount_entry {
  long id, parent;       /* id of the mount that it is mounted in */
  unsigned major, minor; /* device of the file system, 0:N if it has none */
  const char *root;      /* mounted part of the file system: "/", or less for a bind mount */
  const char *point, *type, *source;
  const char *options;       /* of this mount: "rw,relatime" */
  const char *super_options; /* of the file system */
  bool chosen;               /* set by mounts_choose */
};

struct mount_list {
  struct arena arena;
  struct mount_entry *items; /* in the kernel's order, which is not that of mounting */
  size_t count, capacity;
  bool cut; /* there were more than fit */
};

void mounts_init(struct mount_list *list, size_t ceiling);
void mounts_fini(struct mount_list *list);
/* Adds the mounts of a text of mountinfo; invalid lines are skipped. */
void mounts_parse(struct mount_list *list, const char *text);

/* Marks the disks: every file system with data, once (of each device the mount with the shortest
 * path). Excluded are pseudo file systems, hidden mounts, read-only images (squashfs), overlay
 * except at / (others belong to containers), and the tmpfs of containers and pods. */
void mounts_choose(struct mount_list *list);

/* The mount that contains an absolute path without symbolic links; NULL if there is none. */
const struct mount_entry *mounts_find(const struct mount_list *list, const char *path);

/* Whether the text of an fstab(5) mounts a file system at that path at boot: without noauto, nofail
 * and the automounter. */
bool mounts_expects(const char *fstab, const char *path);

bool mount_has_option(const char *options,
                      const char *option); /* matches a whole word between commas */
