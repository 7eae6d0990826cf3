#include "app/startup/schema.h"

#include "actions/action_list.h"
#include "app/startup/secret_command.h"
#include "collectors/collector.h"
#include "collectors/page.h"
#include "ui/view/view.h"

#include <assert.h>
#include <string.h>

static void add_metrics(struct app_schema *schema, const struct target_kind *kind,
                        const struct table_spec *table) {
  for (size_t i = 0; i < table->column_count; i++) {
    const char *metric = table->columns[i].metric;
    if (!metric || config_schema_metric(&schema->schema, metric))
      continue;
    assert(schema->schema.metric_count < SCHEMA_METRICS_MAX);
    schema->metric_kinds[schema->schema.metric_count] = kind;
    schema->metrics[schema->schema.metric_count++] = &table->columns[i];
  }
}

static bool key_check(const struct config *config, uint32_t key, struct err *err) {
  return view_action_key_check(config->keys, config->key_count, key, err);
}

static bool keys_check(const struct config *config, size_t index, struct err *err) {
  struct action_list list;
  action_list_init(&list, config);
  const bool good = view_keys_check(config->keys, config->key_count, index, list.specs, err);
  action_list_fini(&list);
  return good;
}

void app_schema_init(struct app_schema *schema) {
  *schema = (struct app_schema){0};
  schema->schema.kinds = schema->kinds;
  schema->schema.metrics = schema->metrics;
  schema->schema.metric_kinds = schema->metric_kinds;
  schema->schema.tables = schema->table_lists;
  schema->schema.actions = action_specs;
  schema->schema.key_check = key_check;
  schema->schema.keys_check = keys_check;
  schema->schema.command_run = secret_command_run;
  for (const struct collector *const *each = collectors; *each; each++) {
    assert(schema->schema.kind_count < SCHEMA_KINDS_MAX);
    const size_t kind = schema->schema.kind_count++;
    schema->kinds[kind] = &(*each)->kind;
    schema->table_lists[kind] = schema->tables[kind];
    assert((*each)->table_count <= SCHEMA_TABLES_MAX);
    for (size_t i = 0; i < (*each)->table_count; i++) {
      add_metrics(schema, &(*each)->kind, (*each)->tables[i]);
      schema->tables[kind][i] = (*each)->tables[i];
    }
    for (const struct page_spec *const *page = page_specs; *page; page++)
      for (size_t i = 0; strcmp((*page)->kind, (*each)->kind.kind) == 0 && i < (*page)->table_count;
           i++)
        add_metrics(schema, &(*each)->kind, (*page)->tables[i]);
  }
}
