#include "clients/elasticsearch/elasticsearch.h"

#include "core/number.h"

#include <stdlib.h>
#include <string.h>

enum { ROLES_MAX = 160 };

static const char *text_of(const json_t *json, const char *name) {
  const char *text = json_string_value(json_object_get(json, name));
  return text ? text : "";
}

static const char *keep(struct arena *arena, const char *text) {
  const size_t length = strlen(text);
  return arena_text(arena, text, length < ELASTICSEARCH_TEXT_MAX ? length : ELASTICSEARCH_TEXT_MAX);
}

static const char *kept(struct arena *arena, const json_t *json, const char *name) {
  return keep(arena, text_of(json, name));
}

/* A number that is at least 0; -1. */
static int64_t count_of(const json_t *json, const char *name) {
  const json_t *value = json_object_get(json, name);
  const double number = json_is_number(value) ? json_number_value(value) : -1;
  int64_t count;
  if (json_is_string(value)) /* of _cat */
    return number_count(json_string_value(value), &count) ? count : -1;
  return number >= 0 && number < 9e18 ? (int64_t)number : -1;
}

/* ---- which server, and its health */

bool elasticsearch_about_read(const json_t *json, struct arena *arena,
                              struct elasticsearch_about *about, struct err *err) {
  const json_t *version = json_object_get(json, "version");
  const char *number = text_of(version, "number");
  const bool open = strcmp(text_of(version, "distribution"), "opensearch") == 0;
  *about = (struct elasticsearch_about){.product = open ? "OpenSearch" : "Elasticsearch",
                                        .version = keep(arena, number),
                                        .cluster = kept(arena, json, "cluster_name")};
  return (*number && *about->cluster && (open || *text_of(version, "lucene_version"))) ||
         err_set(err, ERR_PROTOCOL,
                 "the answer is neither of Elasticsearch nor of OpenSearch: does url lead to its "
                 "API?");
}

bool elasticsearch_health_read(const json_t *json, struct arena *arena,
                               struct elasticsearch_health *health, struct err *err) {
  const char *status = text_of(json, "status");
  const double share = json_number_value(json_object_get(json, "active_shards_percent_as_number"));
  const json_t *master = json_object_get(json, "discovered_cluster_manager");
  if (!master)
    master = json_object_get(json, "discovered_master");
  if (strcmp(status, "green") != 0 && strcmp(status, "yellow") != 0 && strcmp(status, "red") != 0)
    return err_set(err, ERR_PROTOCOL, "the answer is not the health of a cluster");
  *health = (struct elasticsearch_health){
      .status = keep(arena, status),
      .nodes = count_of(json, "number_of_nodes"),
      .data_nodes = count_of(json, "number_of_data_nodes"),
      .active = count_of(json, "active_shards"),
      .primaries = count_of(json, "active_primary_shards"),
      .relocating = count_of(json, "relocating_shards"),
      .initializing = count_of(json, "initializing_shards"),
      .unassigned = count_of(json, "unassigned_shards"),
      .delayed = count_of(json, "delayed_unassigned_shards"),
      .pending = count_of(json, "number_of_pending_tasks"),
      .waiting_ms = count_of(json, "task_max_waiting_in_queue_millis"),
      .active_share = share >= 0 && share <= 100 ? share / 100 : -1,
      .has_master = json_is_boolean(master) ? json_is_true(master) : -1};
  return true;
}

/* ---- nodes */

static const char *roles_of(const json_t *node, struct arena *arena) {
  char text[ROLES_MAX] = "";
  const json_t *each;
  size_t i;
  json_array_foreach(json_object_get(node, "roles"), i, each) {
    const char *role = json_string_value(each);
    if (!role || strlen(text) + strlen(role) + 3 > sizeof text)
      continue;
    if (*text)
      strncat(text, ", ", 3);
    strncat(text, role, ROLES_MAX - 1 - strlen(text));
  }
  return keep(arena, text);
}

static int64_t rejected_of(const json_t *node) {
  const json_t *pools = json_object_get(node, "thread_pool"), *pool;
  const char *name;
  int64_t sum = json_is_object(pools) ? 0 : -1;
  json_object_foreach((json_t *)pools, name, pool) {
    const int64_t rejected = count_of(pool, "rejected");
    if (rejected > 0 && sum < INT64_MAX - rejected)
      sum += rejected;
  }
  return sum;
}

static struct elasticsearch_node node_of(const char *id, const json_t *json, struct arena *arena) {
  const json_t *jvm = json_object_get(json, "jvm"), *memory = json_object_get(jvm, "mem");
  const json_t *cpu = json_object_get(json_object_get(json, "os"), "cpu");
  const json_t *disk = json_object_get(json_object_get(json, "fs"), "total");
  const json_t *load = json_object_get(json_object_get(cpu, "load_average"), "1m");
  return (struct elasticsearch_node){.id = keep(arena, id),
                                     .name = kept(arena, json, "name"),
                                     .roles = roles_of(json, arena),
                                     .heap_used = count_of(memory, "heap_used_in_bytes"),
                                     .heap_max = count_of(memory, "heap_max_in_bytes"),
                                     .cpu_percent = count_of(cpu, "percent"),
                                     .load = json_is_number(load) ? json_number_value(load) : -1,
                                     .uptime_ms = count_of(jvm, "uptime_in_millis"),
                                     .disk_total = count_of(disk, "total_in_bytes"),
                                     .disk_available = count_of(disk, "available_in_bytes"),
                                     .rejected = rejected_of(json)};
}

bool elasticsearch_nodes_read(const json_t *json, struct arena *arena,
                              struct elasticsearch_nodes *nodes, struct err *err) {
  json_t *all = json_object_get(json, "nodes"), *node;
  const char *id;
  *nodes = (struct elasticsearch_nodes){0};
  if (!json_is_object(all))
    return err_set(err, ERR_PROTOCOL, "the answer has no nodes");
  nodes->items = arena_alloc(arena, ELASTICSEARCH_NODES_MAX * sizeof *nodes->items);
  if (!nodes->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  json_object_foreach(all, id, node) {
    nodes->total++;
    if (nodes->count < ELASTICSEARCH_NODES_MAX && !arena->exhausted)
      nodes->items[nodes->count++] = node_of(id, node, arena);
  }
  return true;
}

/* ---- shards */

static bool is_unassigned(const json_t *shard) {
  return strcmp(text_of(shard, "state"), "UNASSIGNED") == 0;
}

/* Copies of a shard have no number of their own. */
static size_t copies_before(const struct elasticsearch_shards *shards,
                            const struct elasticsearch_shard *shard) {
  size_t copies = 0;
  for (size_t i = 0; i < shards->count && &shards->items[i] != shard; i++)
    copies += strcmp(shards->items[i].index, shard->index) == 0 &&
              strcmp(shards->items[i].number, shard->number) == 0 &&
              shards->items[i].primary == shard->primary;
  return copies;
}

static void take_shard(const json_t *json, struct arena *arena,
                       struct elasticsearch_shards *shards) {
  const bool primary = strcmp(text_of(json, "prirep"), "p") == 0;
  if (shards->count == ELASTICSEARCH_SHARDS_MAX || arena->exhausted)
    return;
  struct elasticsearch_shard *shard = &shards->items[shards->count++];
  *shard = (struct elasticsearch_shard){.index = kept(arena, json, "index"),
                                        .number = kept(arena, json, "shard"),
                                        .reason = kept(arena, json, "unassigned.reason"),
                                        .details = kept(arena, json, "unassigned.details"),
                                        .lasted = kept(arena, json, "unassigned.for"),
                                        .state = kept(arena, json, "state"),
                                        .primary = primary};
  shard->key = arena_printf(arena, "%s/%s/%s%zu", shard->index, shard->number, primary ? "p" : "r",
                            copies_before(shards, shard) + 1);
}

bool elasticsearch_shards_read(const json_t *json, struct arena *arena,
                               struct elasticsearch_shards *shards, struct err *err) {
  const json_t *each;
  size_t i;
  *shards = (struct elasticsearch_shards){0};
  if (!json_is_array(json))
    return err_set(err, ERR_PROTOCOL, "the answer is not a list of shards");
  shards->items = arena_alloc(arena, ELASTICSEARCH_SHARDS_MAX * sizeof *shards->items);
  if (!shards->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  for (int primary = 1; primary >= 0; primary--) {
    json_array_foreach(json, i, each) {
      if (!is_unassigned(each) || (strcmp(text_of(each, "prirep"), "p") == 0) != primary)
        continue;
      shards->total++;
      take_shard(each, arena, shards);
    }
  }
  return true;
}

char *elasticsearch_why_body(const json_t *shards) {
  const json_t *each, *chosen = NULL;
  int64_t number;
  size_t i;
  json_array_foreach(shards, i, each) {
    const bool primary = strcmp(text_of(each, "prirep"), "p") == 0;
    if (is_unassigned(each) && (!chosen || primary))
      chosen = each;
    if (chosen == each && primary)
      break;
  }
  if (!chosen || !number_count(text_of(chosen, "shard"), &number))
    return NULL;
  json_t *body =
      json_pack("{s:s, s:I, s:b}", "index", text_of(chosen, "index"), "shard", (json_int_t)number,
                "primary", strcmp(text_of(chosen, "prirep"), "p") == 0);
  char *text = json_dumps(body, JSON_COMPACT);
  json_decref(body);
  return text;
}

/* "n1: disk_threshold: the node is above the low watermark ..."; the first node that says no. */
static const char *decision_of(const json_t *json, struct arena *arena) {
  const json_t *node, *decider;
  size_t i, k;
  json_array_foreach(json_object_get(json, "node_allocation_decisions"), i, node) {
    json_array_foreach(json_object_get(node, "deciders"), k, decider) {
      if (strcmp(text_of(decider, "decision"), "NO") == 0)
        return arena_printf(arena, "%.60s: %.60s: %.300s", text_of(node, "node_name"),
                            text_of(decider, "decider"), text_of(decider, "explanation"));
    }
  }
  return NULL;
}

bool elasticsearch_why_read(const json_t *json, struct arena *arena,
                            struct elasticsearch_why *why) {
  const int64_t number = count_of(json, "shard");
  if (!*text_of(json, "index") || number < 0)
    return false;
  const char *decision = decision_of(json, arena);
  *why = (struct elasticsearch_why){.index = kept(arena, json, "index"),
                                    .number = arena_printf(arena, "%lld", (long long)number),
                                    .primary = json_is_true(json_object_get(json, "primary")),
                                    .text = decision ? decision
                                                     : kept(arena, json, "allocate_explanation")};
  return *why->text;
}

/* ---- indices */

/* Of {"logs": {"settings": {"index.blocks.read_only_allow_delete": "true"}}}. */
static const char *block_of(const json_t *blocks, const char *index) {
  static const struct {
    const char *name, *words;
  } known[] = {{"index.blocks.read_only_allow_delete", "read-only, deleting allowed (flood stage)"},
               {"index.blocks.read_only", "read-only"},
               {"index.blocks.write", "no writes"},
               {"index.blocks.read", "no reads"},
               {"index.blocks.metadata", "no changes of settings"}};
  const json_t *settings = json_object_get(json_object_get(blocks, index), "settings");
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(text_of(settings, known[i].name), "true") == 0)
      return known[i].words;
  return "";
}

static int rank_of(const struct elasticsearch_index *index) {
  return strcmp(index->health, "red") == 0 ? 0 : *index->block ? 1 : 2;
}

static int by_harm(const void *a, const void *b) {
  const struct elasticsearch_index *one = a, *other = b;
  const int rank = rank_of(one) - rank_of(other);
  return rank != 0 ? rank : strcmp(one->name, other->name);
}

static void take_index(const json_t *json, const json_t *blocks, struct arena *arena,
                       struct elasticsearch_indices *indices) {
  const char *name = text_of(json, "index"), *health = text_of(json, "health");
  const char *block = block_of(blocks, name);
  indices->all++;
  if (!*name || (!*block && (!*health || strcmp(health, "green") == 0)))
    return;
  indices->total++;
  if (indices->count == ELASTICSEARCH_INDICES_MAX || arena->exhausted)
    return;
  indices->items[indices->count++] =
      (struct elasticsearch_index){.name = keep(arena, name),
                                   .health = keep(arena, health),
                                   .status = kept(arena, json, "status"),
                                   .block = block,
                                   .primaries = count_of(json, "pri"),
                                   .replicas = count_of(json, "rep"),
                                   .documents = count_of(json, "docs.count"),
                                   .size = count_of(json, "store.size")};
}

bool elasticsearch_indices_read(const json_t *json, const json_t *blocks, struct arena *arena,
                                struct elasticsearch_indices *indices, struct err *err) {
  const json_t *each;
  size_t i;
  *indices = (struct elasticsearch_indices){.blocks_known = json_is_object(blocks)};
  if (!json_is_array(json))
    return err_set(err, ERR_PROTOCOL, "the answer is not a list of indices");
  indices->items = arena_alloc(arena, ELASTICSEARCH_INDICES_MAX * sizeof *indices->items);
  if (!indices->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  for (int red = 1; red >= 0; red--) { /* what is cut off is not red */
    json_array_foreach(json, i, each) {
      if ((strcmp(text_of(each, "health"), "red") == 0) == red)
        take_index(each, blocks, arena, indices);
    }
  }
  if (indices->count > 1)
    qsort(indices->items, indices->count, sizeof *indices->items, by_harm);
  return true;
}

/* ---- counts */

bool elasticsearch_count_read(const json_t *json, int64_t *count, int64_t *shards, int64_t *failed,
                              struct err *err) {
  const json_t *said = json_object_get(json, "_shards");
  *count = count_of(json, "count");
  *shards = count_of(said, "total");
  *failed = count_of(said, "failed");
  return (*count >= 0 && json_is_object(said)) ||
         err_set(err, ERR_PROTOCOL, "the answer is not a count");
}
