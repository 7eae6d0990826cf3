/* Reads a file of the configuration, or of a secret, and says who else may read and write it. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <sys/types.h>

struct config_file {
  char *text; /* ended with a NUL, which len does not count */
  size_t len;
  mode_t mode;
  dev_t device;
  ino_t number;
  bool is_shared;   /* others may read it, see config_mode_is_shared */
  bool is_writable; /* its group or others may write it */
};

/* The rule of libpq for its keys: a file that holds a secret may be read by its owner alone; one of
 * root's also by its group. */
bool config_mode_is_shared(mode_t mode, uid_t owner);

/* Reads at most `most` bytes; one more means that the file is longer. A file on a read-only mount
 * is not shared, because its mode cannot be changed there (secrets of Kubernetes and Docker), and
 * none is with STACKTOP_READABLE_SECRETS=1. */
bool config_file_read(const char *path, size_t most, struct config_file *file,
                      struct err *err) MUST_CHECK;
/* Wipes the text. */
void config_file_fini(struct config_file *file);
/* "chmod 600 'a b.yaml'", which ends that it is shared. The caller frees it. */
char *config_file_remedy(const char *path, mode_t mode);
