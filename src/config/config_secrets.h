/* What ${file:PATH} and ${secret:NAME} stand for. A secret is read when it is first referred to. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

enum { CONFIG_SECRETS_MAX = 100 };

struct config_secret;
struct config_secrets {
  const struct config_schema *schema;
  const char *path; /* of the file that is being read: a relative path begins in its folder */
  struct config_secret *items;
  size_t count;
};

/* `secrets:` of one file. */
void config_secrets_read(struct config_secrets *secrets, struct config_yaml *yaml,
                         const yaml_node_t *mapping, bool is_writable);
/* The `find` of config_expand.h; arg: the secrets. */
char *config_secrets_find(void *arg, const char *reference, unsigned *by, struct err *err);
/* Wipes them. */
void config_secrets_fini(struct config_secrets *secrets);

/* "conf.d/x" in the folder of the file `from`, or an absolute path as it is. The caller frees it.
 */
char *config_path_beside(const char *from, const char *path);
