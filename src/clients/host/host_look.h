/* What an earlier look at a file system found, kept in a file of the state folder: to show what has
 * grown since, and to continue a look that was stopped. */
#pragma once

#include "core/err.h"
#include "core/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  HOST_LOOK_ENTRIES = 1000,
  HOST_LOOK_PATH_MAX = 1024,      /* longer paths are not kept */
  HOST_LOOK_BYTES_MAX = 2 << 20,  /* of the file */
  HOST_LOOK_CONTINUE_MS = 3600000 /* an older look that was stopped is not continued */
};

struct host_look_entry {
  bool directory;
  int64_t bytes, size, files, modified_ms;
  uint64_t inode;
  char *path; /* as host_name_show, below the mount point */
};

struct host_look {
  int64_t at_ms;        /* wall time; 0: there is none */
  int64_t bytes, files; /* of all directories that were read to their end */
  struct host_look_entry *items;
  size_t count;
  struct map directories; /* by path, to the index */
};

/* Reads a look at that mount (its path as host_name_show). False where the text is none, of
 * another version, or of another mount: *look is then empty. */
bool host_look_parse(struct host_look *look, const char *text, const char *mount);
/* NULL if it was not there. */
const struct host_look_entry *host_look_directory(const struct host_look *look, const char *path);
void host_look_fini(struct host_look *look);
/* Adds an entry with a copy of the path; beyond the limits it is dropped. */
void host_look_add(struct host_look *look, const struct host_look_entry *entry, const char *path);
/* As a text, to be freed; *len its length. */
char *host_look_text(const struct host_look *look, const char *mount, size_t *len);

/* Reads and writes the file of a mount in the folder. suffix: "last", "part". Block: for a worker
 * thread. */
void host_look_load(struct host_look *look, const char *folder, const char *mount,
                    const char *suffix);
bool host_look_save(const struct host_look *look, const char *folder, const char *mount,
                    const char *suffix, struct err *err) MUST_CHECK;
void host_look_forget(const char *folder, const char *mount, const char *suffix);
