/* The environments of `-c A -c B` and `-c DIRECTORY`: which configurations these are. */
#pragma once

#include "app/startup/options.h"
#include "core/err.h"

#include <sys/types.h>

enum { ENVIRONMENTS_MAX = 64 };

/* What is known of a configuration before it is loaded. */
struct environment_file {
  char *path, *name;
  char *text;  /* its `environment`; NULL: none */
  char *theme; /* NULL: none */
  bool production;
  bool there; /* the file exists: device and number are known */
  dev_t device;
  ino_t number;
};

struct environment_files {
  struct environment_file items[ENVIRONMENTS_MAX];
  size_t count;
};

/* -c is given more than once, or with a directory. */
bool environments_wanted(const struct options *options);
/* In the order of the options; of a directory by name: each *.yaml in it whose name begins with
 * neither "." nor "_", and which no other one of them includes. A file that cannot be read is one
 * too: it is shown with its error. False with err: a directory cannot be read or has none, there
 * are too many, one is given twice, or two have the same name. Waits for the disk. */
bool environments_find(struct environment_files *files, const struct options *options,
                       struct err *err) MUST_CHECK;
void environment_files_fini(struct environment_files *files);
