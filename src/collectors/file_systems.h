/* Kinds of file systems: which have data of their own that can run out. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum mount_class {
  MOUNT_PSEUDO,  /* without data: proc, sysfs, cgroup, ..., or images that are always full */
  MOUNT_MEMORY,  /* tmpfs and ramfs */
  MOUNT_LOCAL,   /* on a device of this machine, or unknown */
  MOUNT_NETWORK, /* depends on a server, which may hang: nfs, cifs, fuse.sshfs, ... */
  MOUNT_FUSE,    /* depends on a process, which may hang */
};

/* By the type in the list of mounts: "ext4". */
enum mount_class mount_class_of(const char *type);
/* Secrets and shared memory of pods and containers: there are hundreds, each watched by its
 * owner. */
bool file_system_is_containers(const char *point);
