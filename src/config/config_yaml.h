/* YAML as the configuration needs it: one document, its nodes with their places, all reading of it
 * bounded, every error noted. By libyaml. */
#pragma once

#include "config/config_errors.h"

#include <stdbool.h>
#include <yaml.h>

enum {
  CONFIG_FILE_MAX = 1 << 20,  /* bytes of the file */
  CONFIG_DEPTH_MAX = 16,      /* lists and mappings within each other; ours need 4 */
  CONFIG_ITEMS_MAX = 1000,    /* of one list or mapping: targets of a kind, for example */
  CONFIG_VISITS_MAX = 4 << 20 /* nodes and bytes read, aliases followed: a bomb ends here */
};

struct config_yaml {
  yaml_document_t document;
  struct config_errors *errors;
  size_t visits;
  bool exhausted; /* CONFIG_VISITS_MAX was reached, and noted */
};

/* False, with the errors noted, when the text is not one YAML document in UTF-8. fini it only after
 * true. */
bool config_yaml_init(struct config_yaml *yaml, const char *text, size_t len,
                      struct config_errors *errors);
void config_yaml_fini(struct config_yaml *yaml);
const yaml_node_t *config_yaml_root(struct config_yaml *yaml);

/* Notes an error at the node. */
void config_yaml_error(struct config_yaml *yaml, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Written as nothing: `key:`, `~` or `null`. */
bool config_yaml_is_null(const yaml_node_t *node);

/* True for a mapping that is not too long and whose keys are texts; else the error is noted, with
 * `what` as its subject: "a service". A key that stands there twice is noted, too, but the mapping
 * can be read on. */
bool config_yaml_mapping(struct config_yaml *yaml, const yaml_node_t *node, const char *what);
/* The i-th pair; false beyond the end. */
bool config_yaml_pair(struct config_yaml *yaml, const yaml_node_t *mapping, size_t i,
                      const yaml_node_t **key, const yaml_node_t **value);
const char *config_yaml_key(const yaml_node_t *key);

/* True for a list that is not too long; else the error is noted. */
bool config_yaml_list(struct config_yaml *yaml, const yaml_node_t *node, const char *what);
/* NULL beyond the end. */
const yaml_node_t *config_yaml_item(struct config_yaml *yaml, const yaml_node_t *list, size_t i);

/* A copy of the scalar's text with its ${VAR} expanded, for the caller to free; NULL with the error
 * noted when it is no text, is written as nothing, or cannot be expanded. */
char *config_yaml_text(struct config_yaml *yaml, const yaml_node_t *node, const char *what);
