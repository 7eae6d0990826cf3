/* Answers of Elasticsearch (7, 8) and OpenSearch (1 to 3). Pure. Texts are copied to the arena, cut
 * where they are too long; bytes of a server: sanitise them for display. */
#pragma once

#include "clients/elasticsearch/elasticsearch_disk.h"
#include "core/arena.h"
#include "core/err.h"

enum {
  ELASTICSEARCH_TEXT_MAX = 600,
  ELASTICSEARCH_NODES_MAX = 500,
  ELASTICSEARCH_SHARDS_MAX = 200,  /* that are not assigned; further ones are counted */
  ELASTICSEARCH_INDICES_MAX = 200, /* that are not fine; further ones are counted */
};

struct elasticsearch_about {
  const char *product; /* "Elasticsearch" or "OpenSearch" */
  const char *version, *cluster;
};
/* The answer to "/". False with err if it is neither of the two. */
bool elasticsearch_about_read(const json_t *json, struct arena *arena,
                              struct elasticsearch_about *about, struct err *err) MUST_CHECK;

struct elasticsearch_health {
  const char *status; /* "green", "yellow", "red" */
  int64_t nodes, data_nodes, active, primaries, relocating, initializing, unassigned, delayed;
  int64_t pending, waiting_ms; /* tasks of the master that wait, and for how long the oldest does */
  double active_share;         /* 0..1; -1 */
  int has_master;              /* 1, 0; -1: it does not say */
};
/* -1: not said. */
bool elasticsearch_health_read(const json_t *json, struct arena *arena,
                               struct elasticsearch_health *health, struct err *err) MUST_CHECK;

struct elasticsearch_node {
  const char *id, *name, *roles;
  int64_t heap_used, heap_max, cpu_percent, uptime_ms, disk_total, disk_available, rejected;
  double load; /* -1 */
};
struct elasticsearch_nodes {
  struct elasticsearch_node *items;
  size_t count, total;
};
bool elasticsearch_nodes_read(const json_t *json, struct arena *arena,
                              struct elasticsearch_nodes *nodes, struct err *err) MUST_CHECK;

struct elasticsearch_shard {
  const char *key, *index, *number, *reason, *details, *lasted;
  bool primary;
  const char *state;
};
struct elasticsearch_shards {
  struct elasticsearch_shard *items; /* primaries first */
  size_t count, total;               /* that are not assigned */
};
bool elasticsearch_shards_read(const json_t *json, struct arena *arena,
                               struct elasticsearch_shards *shards, struct err *err) MUST_CHECK;

/* What to ask allocation/explain about: the first of those shards, a primary if there is one; for
 * the caller to free. NULL: there is none. */
char *elasticsearch_why_body(const json_t *shards);

/* Why one shard cannot be allocated, from allocation/explain; false if it does not explain one. */
struct elasticsearch_why {
  const char *index, *number, *text;
  bool primary;
};
bool elasticsearch_why_read(const json_t *json, struct arena *arena, struct elasticsearch_why *why);

struct elasticsearch_index {
  const char *name, *health, *status, *block; /* block: "read-only (flood stage)"; "" */
  int64_t primaries, replicas, documents, size;
};
struct elasticsearch_indices {
  struct elasticsearch_index *items; /* those that are not fine, the worst first */
  size_t count, total;               /* not fine */
  size_t all;
  bool blocks_known;
};
/* blocks: the answer with their settings; NULL: not known. */
bool elasticsearch_indices_read(const json_t *json, const json_t *blocks, struct arena *arena,
                                struct elasticsearch_indices *indices, struct err *err) MUST_CHECK;

/* The answer to _count. *failed: shards that did not answer. */
bool elasticsearch_count_read(const json_t *json, int64_t *count, int64_t *shards, int64_t *failed,
                              struct err *err) MUST_CHECK;
