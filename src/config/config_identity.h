/* What a configuration calls itself, and which files it includes: read without its targets and its
 * secrets, so that several can be listed before any of them is loaded. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct config_identity_file {
  dev_t device;
  ino_t number;
};

struct config_identity {
  char *name;                /* as config_load has it: the file's own name unless it says another */
  char *environment, *theme; /* NULL: none */
  struct config_identity_file *included; /* by the file, at any depth */
  size_t included_count;
};

/* Never fails: of a file that cannot be read only the name of the file is known. What is wrong with
 * it is said where it is loaded. Waits for the disk. */
void config_identity_read(const char *path, struct config_identity *identity);
void config_identity_fini(struct config_identity *identity);
