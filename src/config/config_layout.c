#include "config/config_layout.h"

#include "config/print/config_dump_line.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char config_layout_key[] = "layout";

enum { WEIGHT_MAX = 100 };

static const char events[] = "events", panes_key[] = "panes", height_key[] = "height";

/* The id of the pane with that name: the key of the kind's targets, or "events"; NULL: none has. */
static const char *pane_id(const struct config_schema *schema, const char *name) {
  if (strcmp(name, events) == 0)
    return events;
  for (size_t i = 0; i < schema->kind_count; i++)
    if (strcmp(schema->kinds[i]->key, name) == 0)
      return schema->kinds[i]->kind;
  return NULL;
}

static void note_unknown(struct config_yaml *yaml, const struct config_schema *schema,
                         const yaml_node_t *node, const char *name) {
  struct suggestion near = {0};
  struct names known = {0};
  suggest_consider(&near, name, events);
  for (size_t i = 0; i < schema->kind_count; i++) {
    suggest_consider(&near, name, schema->kinds[i]->key);
    names_add(&known, schema->kinds[i]->key);
  }
  names_add(&known, events);
  if (near.best)
    config_yaml_error(yaml, node, "%s: there is no pane \"%s\"%s", config_layout_key, name,
                      suggest_text(&near));
  else
    config_yaml_error(yaml, node, "%s: there is no pane \"%.60s\" (known: %s)", config_layout_key,
                      name, names_end(&known, "`stacktop config --default`"));
}

static bool weight_read(struct config_yaml *yaml, const yaml_node_t *node, const char *of,
                        int *weight) {
  char *text = config_yaml_text(yaml, node, of), *end;
  if (!text)
    return false;
  const long number = strtol(text, &end, 10);
  const bool good = end != text && !*end && number >= 1 && number <= WEIGHT_MAX;
  if (good)
    *weight = (int)number;
  else
    config_yaml_error(yaml, node,
                      "%s: the weight \"%.40s\" of %s is not a whole number from 1 to %d",
                      config_layout_key, text, of, WEIGHT_MAX);
  free(text);
  return good;
}

static bool is_placed(const struct config *config, const struct layout_line *line, const char *id) {
  for (size_t i = 0; i < config->layout_count; i++)
    for (size_t c = 0; c < config->layout[i].count; c++)
      if (strcmp(config->layout[i].cells[c].pane, id) == 0)
        return true;
  for (size_t c = 0; c < line->count; c++)
    if (strcmp(line->cells[c].pane, id) == 0)
      return true;
  return false;
}

/* "kafka", or "kafka: 2" */
static void cell_read(struct config_yaml *yaml, const struct config_schema *schema,
                      const yaml_node_t *node, const struct config *config,
                      struct layout_line *line) {
  const yaml_node_t *name_node = node, *value = NULL, *more, *rest;
  int weight = 1;
  if (node->type == YAML_MAPPING_NODE) {
    if (!config_yaml_mapping(yaml, node, "a pane of layout") ||
        !config_yaml_pair(yaml, node, 0, &name_node, &value))
      return;
    if (config_yaml_pair(yaml, node, 1, &more, &rest)) {
      config_yaml_error(yaml, more, "%s: one pane for each entry: - NAME or - NAME: WEIGHT",
                        config_layout_key);
      return;
    }
  }
  char *name = config_yaml_text(yaml, name_node, "a pane of layout");
  if (!name)
    return;
  const char *id = pane_id(schema, name);
  if (!id)
    note_unknown(yaml, schema, name_node, name);
  else if (is_placed(config, line, id))
    config_yaml_error(yaml, name_node, "%s names the pane \"%s\" twice; each has one place",
                      config_layout_key, name);
  else if (line->count == LAYOUT_CELLS_MAX)
    config_yaml_error(yaml, name_node, "%s: more than %d panes in a row", config_layout_key,
                      LAYOUT_CELLS_MAX);
  else if (!value || weight_read(yaml, value, name, &weight))
    line->cells[line->count++] = (struct layout_cell){id, weight};
  free(name);
}

static void cells_read(struct config_yaml *yaml, const struct config_schema *schema,
                       const yaml_node_t *list, const struct config *config,
                       struct layout_line *line) {
  const yaml_node_t *item;
  if (!config_yaml_list(yaml, list, "a row of layout"))
    return;
  for (size_t i = 0; (item = config_yaml_item(yaml, list, i)); i++)
    cell_read(yaml, schema, item, config, line);
  if (line->count == 0 && yaml->errors->count == 0)
    config_yaml_error(yaml, list, "%s: a row without panes", config_layout_key);
}

/* A list of panes, or {height: WEIGHT, panes: [...]}. */
static void line_read(struct config_yaml *yaml, const struct config_schema *schema,
                      const yaml_node_t *node, const struct config *config,
                      struct layout_line *line) {
  const yaml_node_t *key, *value;
  bool listed = false;
  if (node->type == YAML_SEQUENCE_NODE) {
    cells_read(yaml, schema, node, config, line);
    return;
  }
  if (!config_yaml_mapping(yaml, node, "a row of layout"))
    return;
  for (size_t i = 0; config_yaml_pair(yaml, node, i, &key, &value); i++) {
    const char *name = config_yaml_key(key);
    listed = listed || strcmp(name, panes_key) == 0;
    if (strcmp(name, panes_key) == 0)
      cells_read(yaml, schema, value, config, line);
    else if (strcmp(name, height_key) == 0)
      weight_read(yaml, value, height_key, &line->weight);
    else
      config_yaml_error(yaml, key, "unknown key \"%s\" in a row of %s (known: %s, %s)", name,
                        config_layout_key, panes_key, height_key);
  }
  if (!listed)
    config_yaml_error(yaml, node, "a row of %s needs %s: [NAME, NAME: WEIGHT]", config_layout_key,
                      panes_key);
}

void config_layout_read(struct config_yaml *yaml, const struct config_schema *schema,
                        const yaml_node_t *list, struct config *config) {
  const yaml_node_t *item;
  if (config_yaml_is_null(list) || !config_yaml_list(yaml, list, config_layout_key))
    return;
  for (size_t i = 0; (item = config_yaml_item(yaml, list, i)); i++) {
    struct layout_line line = {.weight = 1, .origin = config_yaml_origin(yaml, item, 0)};
    if (i == LAYOUT_LINES_MAX) {
      config_yaml_error(yaml, item, "%s: more than %d rows", config_layout_key, LAYOUT_LINES_MAX);
      return;
    }
    line_read(yaml, schema, item, config, &line);
    config->layout =
        mem_resize(config->layout, (config->layout_count + 1) * sizeof *config->layout);
    config->layout[config->layout_count++] = line;
  }
}

static const char *pane_name(const struct config_schema *schema, const char *id) {
  for (size_t i = 0; i < schema->kind_count; i++)
    if (strcmp(schema->kinds[i]->kind, id) == 0)
      return schema->kinds[i]->key;
  return id;
}

void config_layout_dump(const struct dump *dump) {
  FILE *out = dump->out;
  const struct config_schema *schema = dump->schema;
  const struct config *config = dump->config;
  if (config->layout_count > 0)
    fprintf(out, "%s:\n", config_layout_key);
  for (size_t i = 0; i < config->layout_count; i++) {
    const struct layout_line *line = &config->layout[i];
    fprintf(out, "  - {%s: %d, %s: [", height_key, line->weight, panes_key);
    for (size_t c = 0; c < line->count; c++)
      fprintf(out, "%s%s: %d", c > 0 ? ", " : "", pane_name(schema, line->cells[c].pane),
              line->cells[c].weight);
    fputs("]}", out);
    config_dump_line_end(dump, &line->origin);
  }
}

void config_layout_schema(FILE *out, const struct config_schema *schema) {
  const char *weight = "{\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100}";
  char *panes = NULL;
  size_t len = 0;
  FILE *text = open_memstream(&panes, &len);
  if (!text)
    return;
  fprintf(text, "{\"type\": \"array\", \"maxItems\": %d, \"items\": {\"anyOf\": [{\"enum\": [",
          LAYOUT_CELLS_MAX);
  for (size_t i = 0; i < schema->kind_count; i++)
    fprintf(text, "\"%s\", ", schema->kinds[i]->key);
  fprintf(text,
          "\"%s\"]}, {\"type\": \"object\", \"maxProperties\": 1, \"additionalProperties\": "
          "%s}]}}",
          events, weight);
  fclose(text);
  fprintf(out,
          "{\"type\": [\"array\", \"null\"], \"maxItems\": %d, \"items\": {\"anyOf\": [%s, "
          "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"%s\"], "
          "\"properties\": {\"%s\": %s, \"%s\": %s}}]}}",
          LAYOUT_LINES_MAX, panes, panes_key, panes_key, panes, height_key, weight);
  free(panes);
}
