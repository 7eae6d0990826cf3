/* YAML for the configuration, by libyaml: one document, its nodes with their places, bounded
 * reading, every error noted. */
#pragma once

#include "config/config_errors.h"
#include "config/config_expand.h"

#include <stdbool.h>
#include <yaml.h>

enum {
  CONFIG_FILE_MAX = 1 << 20,  /* bytes of the file */
  CONFIG_DEPTH_MAX = 16,      /* nesting of lists and mappings; the configuration needs 4 */
  CONFIG_ITEMS_MAX = 1000,    /* entries of one list or mapping, such as targets of a kind */
  CONFIG_VISITS_MAX = 4 << 20 /* nodes and bytes read, including aliases: stops a YAML bomb */
};

struct config_yaml {
  yaml_document_t document;
  struct config_errors *errors;
  const char *path;                   /* of the file: lives as long as the configuration */
  const struct config_lookup *lookup; /* NULL: only variables are expanded */
  const yaml_node_t *secret;          /* the first text that is a secret itself; NULL: none */
  const char *secret_of;              /* the name of its option */
  size_t visits;
  bool exhausted; /* CONFIG_VISITS_MAX was reached, and noted */
};

/* False, with the errors noted, if the text is not one YAML document in UTF-8. Call fini only after
 * true. */
bool config_yaml_init(struct config_yaml *yaml, const char *text, size_t len,
                      struct config_errors *errors);
void config_yaml_fini(struct config_yaml *yaml);
const yaml_node_t *config_yaml_root(struct config_yaml *yaml);

/* Notes an error at the node. */
void config_yaml_error(struct config_yaml *yaml, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An empty value: `key:`, `~` or `null`. */
bool config_yaml_is_null(const yaml_node_t *node);

/* True for a mapping that is not too long and whose keys are texts; otherwise the error is noted,
 * with `what` as its subject: "a service". A duplicate key is noted, too, but the mapping can still
 * be read. */
bool config_yaml_mapping(struct config_yaml *yaml, const yaml_node_t *node, const char *what);
/* The i-th pair; false beyond the end. */
bool config_yaml_pair(struct config_yaml *yaml, const yaml_node_t *mapping, size_t i,
                      const yaml_node_t **key, const yaml_node_t **value);
const char *config_yaml_key(const yaml_node_t *key);

/* True for a list that is not too long; otherwise the error is noted. */
bool config_yaml_list(struct config_yaml *yaml, const yaml_node_t *node, const char *what);
/* NULL beyond the end. */
const yaml_node_t *config_yaml_item(struct config_yaml *yaml, const yaml_node_t *list, size_t i);

/* A copy of the scalar's text with ${VAR} expanded, which the caller frees; NULL with the error
 * noted if it is not a text, is empty, or cannot be expanded. */
char *config_yaml_text(struct config_yaml *yaml, const yaml_node_t *node, const char *what);
/* The same; adds the ORIGIN_... of what was expanded to *by. */
char *config_yaml_text_by(struct config_yaml *yaml, const yaml_node_t *node, const char *what,
                          unsigned *by);
/* "; first in team.yaml:4", if that is another file; "" otherwise. Returns out. */
enum { CONFIG_FIRST_MAX = 160 };
const char *config_first_use(char *out, size_t size, const struct config_yaml *yaml,
                             const struct origin *first);
/* The place of a node. */
struct origin config_yaml_origin(const struct config_yaml *yaml, const yaml_node_t *node,
                                 unsigned by);
