/* `layout`: rows of panes with weights. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

extern const char config_layout_key[]; /* "layout" */

struct dump; /* config/print/config_dump_line.h */
/* As the file has it. */
void config_layout_dump(const struct dump *dump);
/* What it may be, for the JSON Schema. */
void config_layout_schema(FILE *out, const struct config_schema *schema);
void config_layout_read(struct config_yaml *yaml, const struct config_schema *schema,
                        const yaml_node_t *list, struct config *config);
