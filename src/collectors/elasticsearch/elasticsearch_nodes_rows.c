/* The table of nodes. */
#include "clients/elasticsearch/elasticsearch_contract.h"
#include "collectors/elasticsearch/elasticsearch_rows.h"

#include <string.h>

enum node_column {
#define COLUMN(name, ...) name,
#include "elasticsearch_nodes.def"
#undef COLUMN
  NODE_COLUMN_COUNT
};
static const struct column_spec columns[NODE_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "elasticsearch_nodes.def"
#undef COLUMN
};
const struct table_spec elasticsearch_nodes_table = {.id = ELASTICSEARCH_NODES_TABLE,
                                                     .title = "Nodes",
                                                     .columns = columns,
                                                     .column_count = NODE_COLUMN_COUNT};

static struct value share(int64_t part, int64_t whole) {
  return part >= 0 && whole > 0 ? value_real((double)part / (double)whole)
                                : value_none("the node does not say");
}

static struct value count(int64_t number) {
  return number >= 0 ? value_int(number) : value_none("the node does not say");
}

static const char *mark_of(const struct elasticsearch_disk *disk, struct row *row,
                           const struct elasticsearch_node *node) {
  static const char *const names[MARK_COUNT] = {"low", "high", "flood"};
  static const char *const words[MARK_COUNT] = {
      "the disk is above the low watermark: no new shards are placed on the node",
      "the disk is above the high watermark: shards are moved away from the node",
      "the disk is above the flood stage: indices with shards on the node become read-only"};
  if (!disk->enabled)
    return "off";
  const int mark =
      elasticsearch_disk_beyond(disk, (double)node->disk_total, (double)node->disk_available);
  if (mark < 0)
    return "ok";
  if (strstr(node->roles, "data")) {
    row->severity = mark == MARK_FLOOD ? SEVERITY_CRIT : SEVERITY_WARN;
    row->reason = words[mark];
  }
  return names[mark];
}

static bool add(struct elasticsearch_reading *reading, struct table *table,
                const struct elasticsearch_node *node) {
  struct sample *sample = reading->sample;
  struct row *row = sample_row(sample, table, node->id, NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  const bool disk = node->disk_total > 0 && node->disk_available >= 0;
  cells[NODE_NAME] = value_text(sample_copy(sample, *node->name ? node->name : node->id));
  cells[NODE_HEAP] = share(node->heap_used, node->heap_max);
  cells[NODE_CPU] = share(node->cpu_percent, 100);
  cells[NODE_LOAD] = node->load >= 0 ? value_text(sample_printf(sample, "%.2f", node->load))
                                     : value_none("the node does not say");
  cells[NODE_DISK] = disk ? share(node->disk_total - node->disk_available, node->disk_total)
                          : value_none("the node does not say");
  cells[NODE_FREE] = count(node->disk_available);
  cells[NODE_MARK] = !disk                  ? value_none("the node does not say")
                     : !reading->disk.known ? value_none("the settings are not known")
                                            : value_text(mark_of(&reading->disk, row, node));
  cells[NODE_REJECTED] =
      node->rejected >= 0
          ? row_past_rate(&reading->past->rows, table->spec->id, "rejected", row->key,
                          (double)node->rejected, reading->answers->now_us)
          : value_none("the node does not say");
  cells[NODE_ROLES] = value_text(sample_copy(sample, node->roles));
  cells[NODE_UPTIME] = node->uptime_ms >= 0 ? value_real((double)node->uptime_ms / 1000)
                                            : value_none("the node does not say");
  return true;
}

void elasticsearch_nodes_fill(struct elasticsearch_reading *reading, struct table *table) {
  const struct elasticsearch_nodes *nodes = &reading->nodes;
  row_past_begin(&reading->past->rows);
  for (size_t i = 0; i < nodes->count; i++)
    if (!add(reading, table, &nodes->items[i]))
      return;
  if (nodes->count < nodes->total)
    sample_fault(reading->sample, table->spec->id, SEVERITY_UNKNOWN, "%zu of %zu nodes are read",
                 nodes->count, nodes->total);
}
