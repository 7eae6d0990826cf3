/* Removes one file by its identity, although Linux can remove only names.
 *
 * Between a look at a name and the removal of that name, another file may get it (a rotation, an
 * attacker who may write to the directory). So the file is first moved, by the handles of both
 * directories, into a directory of its own that only this user may enter (0700, a random name, on
 * the same file system); there its identity is checked again, and only then it is removed. Another
 * file is moved back, without replacing one that has the name meanwhile.
 *
 * No link is followed, and no mount is crossed: the directories are opened by openat2 with
 * RESOLVE_NO_SYMLINKS and, below the rule's directory, RESOLVE_BENEATH and RESOLVE_NO_XDEV. */
#pragma once

#include "clients/host/host_truncate.h"

#include <stdatomic.h>

struct host_file_id {
  const char *directory; /* of the rule, absolute */
  const char *below;     /* the file's directory below it; "" is itself */
  const char *name;
  uint64_t directory_inode, folder_inode;
  struct host_stat stat; /* device, inode, mode, size and modified_ns are compared */
};

/* Opens the file's directory, after its identity was checked, and that of the rule's. A descriptor,
 * or -1 with the result. */
int host_open_folder(const struct host_file_id *id, struct host_result *result);
/* Whether the name is still that file; false with the result. */
bool host_is_planned(int folder, const struct host_file_id *id, struct host_result *result);

/* Blocks: for a worker thread. */
void host_remove(const struct host_file_id *id, struct host_result *result);

/* ---- for tests: called between the checks, to act as a rival would */
struct host_remove_hooks {
  void (*looked)(void *arg); /* after the first look, before it is moved */
  void (*moved)(void *arg);  /* after it was moved, before the second look */
  void *arg;
};
void host_remove_with(const struct host_file_id *id, const struct host_remove_hooks *hooks,
                      struct host_result *result);

/* ---- for others that put files beside it */

enum { HOST_OWN_NAME_MAX = 64 };
/* A random name of the form HOST_OWN_PREFIX... */
bool host_own_name(char out[HOST_OWN_NAME_MAX]);
void host_end_with(struct host_result *result, enum host_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* By an errno about that name. */
void host_end_failed(struct host_result *result, int error, const char *name);
