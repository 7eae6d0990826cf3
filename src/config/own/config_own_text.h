/* Texts with placeholders from YAML nodes, and what must not be in a program's arguments. */
#pragma once

#include "config/config_yaml.h"
#include "model/own/own_action.h"

/* What the texts of an action may refer to, and where its errors go. */
struct own_reading {
  struct config_yaml *yaml;
  struct own_scope scope;
};

/* False with the error noted. shown: it is an argument or a statement, which every user of the host
 * can read, so it must not take a secret from the environment. */
bool config_own_text(struct own_reading *reading, const yaml_node_t *node, const char *what,
                     bool shown, struct own_text *text);
/* A list of them; *texts stays NULL where it is not valid. */
bool config_own_texts(struct own_reading *reading, const yaml_node_t *node, const char *what,
                      size_t max, struct own_text **texts, size_t *count);
/* A program and its arguments: also that no shell is expected, and that none gets a value as a part
 * of its script. */
bool config_own_argv(struct own_reading *reading, const yaml_node_t *node, const char *what,
                     struct own_text **argv, size_t *count);
/* A statement: no secret of the environment, and nothing is filled in. NULL with the error noted.
 */
char *config_own_sql(struct own_reading *reading, const yaml_node_t *node);
/* The same for the statement of a data check, which has no other place for a secret. */
char *config_check_sql(struct config_yaml *yaml, const yaml_node_t *node);
