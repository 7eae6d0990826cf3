/* The tables of unassigned shards and of indices that are not fine. */
#include "clients/elasticsearch/elasticsearch_contract.h"
#include "collectors/elasticsearch/elasticsearch_rows.h"
#include "core/map.h"

#include <string.h>

enum shard_column {
#define COLUMN(name, ...) name,
#include "elasticsearch_shards.def"
#undef COLUMN
  SHARD_COLUMN_COUNT
};
static const struct column_spec shard_columns[SHARD_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "elasticsearch_shards.def"
#undef COLUMN
};
const struct table_spec elasticsearch_shards_table = {.id = ELASTICSEARCH_SHARDS_TABLE,
                                                      .title = "Unassigned shards",
                                                      .columns = shard_columns,
                                                      .column_count = SHARD_COLUMN_COUNT};

enum index_column {
#define COLUMN(name, ...) name,
#include "elasticsearch_indices.def"
#undef COLUMN
  INDEX_COLUMN_COUNT
};
static const struct column_spec index_columns[INDEX_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "elasticsearch_indices.def"
#undef COLUMN
};
const struct table_spec elasticsearch_indices_table = {.id = ELASTICSEARCH_INDICES_TABLE,
                                                       .title = "Indices that are not fine",
                                                       .columns = index_columns,
                                                       .column_count = INDEX_COLUMN_COUNT};

static struct value text_cell(struct sample *sample, const char *text) {
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

/* ---- shards */

static const char *why_of(const struct elasticsearch_reading *reading,
                          const struct elasticsearch_shard *shard) {
  const struct elasticsearch_why *why = &reading->why;
  if (reading->has_why && strcmp(why->index, shard->index) == 0 &&
      strcmp(why->number, shard->number) == 0 && why->primary == shard->primary)
    return why->text;
  return shard->details;
}

static bool add_shard(struct elasticsearch_reading *reading, struct table *table,
                      const struct elasticsearch_shard *shard) {
  struct sample *sample = reading->sample;
  struct row *row = sample_row(sample, table, shard->key, NULL);
  if (!row)
    return false;
  const char *why = why_of(reading, shard);
  row->cells[SHARD_INDEX] = value_text(sample_copy(sample, shard->index));
  row->cells[SHARD_NUMBER] = value_text(sample_copy(sample, shard->number));
  row->cells[SHARD_COPY] = value_text(shard->primary ? "primary" : "replica");
  row->cells[SHARD_SINCE] = text_cell(sample, shard->lasted);
  row->cells[SHARD_REASON] = text_cell(sample, shard->reason);
  row->cells[SHARD_WHY] = text_cell(sample, why);
  if (shard->primary) {
    row->severity = SEVERITY_CRIT;
    row->reason = sample_printf(sample, "shard %s has no primary: %s%s%s", shard->number,
                                shard->reason, *why ? ", " : "", why);
  } else { /* a node that left would be hundreds of findings */
    row->quiet = "a part of the cluster's finding";
  }
  return true;
}

void elasticsearch_shards_fill(struct elasticsearch_reading *reading, struct table *table) {
  const struct elasticsearch_shards *shards = &reading->shards;
  struct map seen = {0};
  bool room = true;
  for (size_t i = 0; room && i < shards->count; i++)
    if (map_add(&seen, shards->items[i].key, i))
      room = add_shard(reading, table, &shards->items[i]);
  map_fini(&seen);
  if (shards->count < shards->total)
    sample_note(reading->sample, table->spec->id, NULL,
                "%zu of %zu unassigned shards are shown, primaries first", shards->count,
                shards->total);
}

/* ---- indices */

static struct value count(int64_t number) {
  return number >= 0 ? value_int(number) : value_none("not known while no shard of it serves");
}

static void judge_index(struct row *row, const struct elasticsearch_index *index) {
  if (strstr(index->block, "flood")) {
    row->severity = SEVERITY_CRIT;
    row->reason = "it refuses writes: a disk was above the flood stage";
  } else if (strcmp(index->health, "red") == 0) {
    row->severity = SEVERITY_CRIT;
    row->reason = "red: a part of its data is not available";
  } else if (strcmp(index->health, "yellow") == 0) {
    row->quiet = "a part of the cluster's finding";
  }
}

static bool add_index(struct sample *sample, struct table *table,
                      const struct elasticsearch_index *index, bool blocks) {
  struct row *row = sample_row(sample, table, index->name, NULL);
  if (!row)
    return false;
  row->cells[INDEX_NAME] = value_text(row->key);
  row->cells[INDEX_HEALTH] = text_cell(sample, *index->health ? index->health : index->status);
  row->cells[INDEX_BLOCK] =
      blocks ? text_cell(sample, index->block) : value_none("the blocks are not known");
  row->cells[INDEX_COPIES] =
      index->primaries >= 0 && index->replicas >= 0
          ? value_text(sample_printf(sample, "%lld x %lld", (long long)index->primaries,
                                     (long long)index->replicas + 1))
          : value_none("not said");
  row->cells[INDEX_DOCUMENTS] = count(index->documents);
  row->cells[INDEX_SIZE] = count(index->size);
  judge_index(row, index);
  return true;
}

void elasticsearch_indices_fill(struct elasticsearch_reading *reading, struct table *table,
                                const struct elasticsearch_indices *indices) {
  struct map seen = {0};
  bool room = true;
  for (size_t i = 0; room && i < indices->count; i++)
    if (map_add(&seen, indices->items[i].name, i))
      room = add_index(reading->sample, table, &indices->items[i], indices->blocks_known);
  map_fini(&seen);
  if (indices->count < indices->total)
    sample_note(reading->sample, table->spec->id, NULL,
                "%zu of %zu indices that are not fine are shown, red ones first", indices->count,
                indices->total);
}
