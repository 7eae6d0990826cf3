/* The file of a configuration and those that it includes, read as YAML. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

#include <sys/types.h>

enum { CONFIG_INCLUDES_MAX = 8 /* levels */ };

struct config_document {
  struct config_yaml yaml;
  const char *path; /* borrowed from the configuration */
  dev_t device;
  ino_t number;
  mode_t mode;
  bool is_shared, is_writable; /* see config_file.h */
};

/* In the order in which they are read: what a file includes before the file itself, so that the
 * file wins. */
struct config_documents {
  struct config_document *items[CONFIG_FILES_MAX];
  size_t count;
};

/* The file and all that it includes; the errors are noted. Their paths are kept by the
 * configuration. */
void config_files_read(struct config_documents *documents, const char *path, struct config *config,
                       struct config_errors *errors);
/* One text in memory, which cannot include any. */
void config_files_parse(struct config_documents *documents, const char *path, const char *text,
                        size_t len, struct config *config, struct config_errors *errors);
void config_files_fini(struct config_documents *documents);
