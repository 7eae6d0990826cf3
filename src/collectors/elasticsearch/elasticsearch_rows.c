#include "collectors/elasticsearch/elasticsearch_rows.h"

#include "clients/elasticsearch/elasticsearch_contract.h"

#include <assert.h>
#include <string.h>

enum { ARENA_MAX = 16 << 20 };

/* What is counted: the parts of the summary. */
struct sums {
  int64_t rejected, indices;
};
enum { PART_HEALTH, PART_SUMS, PART_COUNT };
#define HEALTH(member) FIGURE_FIELD(PART_HEALTH, struct elasticsearch_health, member)
#define SUMS(member) FIGURE_FIELD(PART_SUMS, struct sums, member)

enum summary_column {
#define COLUMN(name, ...) name,
#include "elasticsearch_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};
static const struct column_spec columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "elasticsearch_summary.def"
#undef COLUMN
};
static const struct table_spec summary_table = {.id = ELASTICSEARCH_SUMMARY_TABLE,
                                                .title = "Search cluster",
                                                .flags = TABLE_SUMMARY,
                                                .columns = columns,
                                                .column_count = SUMMARY_COLUMN_COUNT};

const struct table_spec *const elasticsearch_tables[ELASTICSEARCH_TABLES] = {
    &summary_table, &elasticsearch_nodes_table, &elasticsearch_shards_table,
    &elasticsearch_indices_table, &elasticsearch_queries_table};

struct summary {
  struct elasticsearch_about about;
  struct elasticsearch_health health, local;
  bool has_health, has_local;
  const char *unhealthy; /* why the health is not known */
  struct sums sums;
};

static const void *part_of(const void *answer, int part, const char **none) {
  const struct summary *summary = answer;
  if (part == PART_SUMS)
    return &summary->sums;
  if (summary->has_health)
    return &summary->health;
  *none = summary->unhealthy;
  return NULL;
}

static const struct figures figures = {
    .table = &summary_table, .part = part_of, .unsaid = "the server does not say"};

bool elasticsearch_is_unhealthy(const struct web_asked *health) {
  const json_t *unassigned = json_object_get(health->json, "unassigned_shards");
  return json_number_value(unassigned) > 0;
}

/* ---- reading */

/* A node without a master may say 503 there, with its name and version all the same. */
static bool read_proof(struct elasticsearch_reading *reading, struct summary *summary,
                       struct err *err) {
  const struct elasticsearch_answers *answers = reading->answers;
  struct err unread = {0};
  summary->has_health =
      answers->health->json && answers->health->err.kind == ERR_NONE &&
      elasticsearch_health_read(answers->health->json, &reading->arena, &summary->health, &unread);
  summary->has_local =
      answers->local->json && answers->local->err.kind == ERR_NONE &&
      elasticsearch_health_read(answers->local->json, &reading->arena, &summary->local, &unread);
  *err = answers->about->err;
  if (answers->about->json && (err->kind == ERR_NONE || answers->about->status == 503) &&
      elasticsearch_about_read(answers->about->json, &reading->arena, &summary->about, err))
    return true;
  if (answers->about->status != 403 || !summary->has_health) /* a login without the right for "/" */
    return false;
  summary->about = (struct elasticsearch_about){
      .product = "Elasticsearch or OpenSearch", .version = "", .cluster = ""};
  return true;
}

/* False if it failed, or cannot be read: a fault of the table says so. */
static void lacks(struct elasticsearch_reading *reading, const char *table, const char *what,
                  const struct err *err) {
  sample_fault(reading->sample, table, SEVERITY_UNKNOWN, "cannot read %s: %s", what, err->text);
}

static void read_health(struct elasticsearch_reading *reading, struct summary *summary) {
  const struct web_asked *asked = reading->answers->health;
  struct err err = asked->err;
  const bool no_master = summary->has_local && summary->local.has_master == 0;
  if (summary->has_health && !no_master)
    return;
  if (err.kind == ERR_NONE && !summary->has_health)
    err_set(&err, ERR_PROTOCOL, "the answer is not the health of a cluster");
  if (no_master)
    err_set(&err, ERR_PROTOCOL, "no elected master: the node that was asked finds none");
  summary->has_health = false;
  summary->unhealthy = sample_copy(reading->sample, err.text);
  sample_fault(reading->sample, NULL,
               no_master || asked->status == 503 ? SEVERITY_CRIT : SEVERITY_UNKNOWN,
               "the health of the cluster is not known: %s", err.text);
}

static void read_nodes(struct elasticsearch_reading *reading, struct summary *summary) {
  const struct web_asked *asked = reading->answers->nodes;
  struct err err = asked->err;
  summary->sums.rejected = -1;
  if (reading->answers->settings->err.kind == ERR_NONE)
    elasticsearch_disk_read(reading->answers->settings->json, &reading->disk);
  else
    sample_note(reading->sample, ELASTICSEARCH_NODES_TABLE, NULL,
                "the watermarks of disks are not known: %s", reading->answers->settings->err.text);
  if (err.kind != ERR_NONE ||
      !elasticsearch_nodes_read(asked->json, &reading->arena, &reading->nodes, &err)) {
    lacks(reading, ELASTICSEARCH_NODES_TABLE, "the figures of the nodes", &err);
    return;
  }
  for (size_t i = 0; i < reading->nodes.count; i++) {
    const int64_t rejected = reading->nodes.items[i].rejected;
    int64_t *sum = &summary->sums.rejected;
    if (rejected >= 0 && *sum < INT64_MAX - rejected)
      *sum = (*sum < 0 ? 0 : *sum) + rejected;
  }
}

static void read_shards(struct elasticsearch_reading *reading) {
  const struct elasticsearch_answers *answers = reading->answers;
  if (!answers->shards)
    return;
  struct err err = answers->shards->err;
  if (err.kind != ERR_NONE ||
      !elasticsearch_shards_read(answers->shards->json, &reading->arena, &reading->shards, &err))
    lacks(reading, ELASTICSEARCH_SHARDS_TABLE, "which shards are unassigned", &err);
  reading->has_why = answers->why && answers->why->err.kind == ERR_NONE &&
                     elasticsearch_why_read(answers->why->json, &reading->arena, &reading->why);
}

static void read_indices(struct elasticsearch_reading *reading, struct summary *summary) {
  const struct elasticsearch_answers *answers = reading->answers;
  struct elasticsearch_indices indices;
  struct err err = answers->indices->err;
  const bool blocks = answers->blocks->err.kind == ERR_NONE;
  summary->sums.indices = -1;
  if (err.kind != ERR_NONE ||
      !elasticsearch_indices_read(answers->indices->json, blocks ? answers->blocks->json : NULL,
                                  &reading->arena, &indices, &err)) {
    lacks(reading, ELASTICSEARCH_INDICES_TABLE, "the indices", &err);
    return;
  }
  if (!indices.blocks_known)
    sample_note(reading->sample, ELASTICSEARCH_INDICES_TABLE, NULL,
                "whether indices are read-only is not known: %s", answers->blocks->err.text);
  summary->sums.indices = (int64_t)indices.all;
  elasticsearch_indices_fill(reading, &reading->sample->tables[3], &indices);
}

/* ---- the summary */

static void judge(struct elasticsearch_reading *reading, struct row *row,
                  const struct summary *summary) {
  const struct elasticsearch_health *health = &summary->health;
  const bool red = strcmp(health->status, "red") == 0;
  if (strcmp(health->status, "green") == 0)
    return;
  row->severity = red ? SEVERITY_CRIT : SEVERITY_WARN;
  const int64_t all = health->unassigned + health->active + health->initializing;
  row->reason = sample_printf(reading->sample, "%s: %lld of %lld shards are unassigned",
                              health->status, (long long)health->unassigned, (long long)all);
  if (reading->has_why)
    row->reason = sample_printf(reading->sample, "%s; %s of shard %s of %s: %s", row->reason,
                                reading->why.primary ? "primary" : "replica", reading->why.number,
                                reading->why.index, reading->why.text);
}

static void fill_summary(struct elasticsearch_reading *reading, const struct summary *summary) {
  struct sample *sample = reading->sample;
  struct row *row = sample_row(sample, &sample->tables[0], reading->answers->name, NULL);
  struct counters now;
  struct rates rates;
  assert(row); /* one row fits into any ceiling */
  counters_read(&now, &figures, summary, reading->answers->now_us);
  rates_make(&rates, &reading->past->before, &now);
  if (summary->sums.rejected >= 0)
    reading->past->before = now;
  figures_fill(sample, row->cells, &figures, summary, &rates);
  row->cells[SUMMARY_NAME] = value_text(row->key);
  row->cells[SUMMARY_STATUS] = summary->has_health
                                   ? value_text(sample_copy(sample, summary->health.status))
                                   : value_none(summary->unhealthy);
  row->cells[SUMMARY_LATENCY] = summary->has_health
                                    ? value_real((double)reading->answers->health->answer_us / 1e6)
                                    : value_none(summary->unhealthy);
  row->cells[SUMMARY_CLUSTER] = value_text(sample_copy(sample, summary->about.cluster));
  row->cells[SUMMARY_VERSION] = *summary->about.version
                                    ? value_text(sample_copy(sample, summary->about.version))
                                    : value_none("the login has no right to ask");
  if (summary->has_health)
    judge(reading, row, summary);
}

struct sample *elasticsearch_sample(const struct elasticsearch_answers *answers,
                                    struct elasticsearch_past *past, struct err *err) {
  struct elasticsearch_reading reading = {.answers = answers, .past = past};
  struct summary summary = {0};
  arena_init(&reading.arena, ARENA_MAX);
  if (!read_proof(&reading, &summary, err)) {
    arena_fini(&reading.arena);
    return NULL;
  }
  reading.sample = sample_new(elasticsearch_tables, ELASTICSEARCH_TABLES);
  struct sample *sample = reading.sample;
  read_health(&reading, &summary);
  read_nodes(&reading, &summary);
  read_shards(&reading);
  read_indices(&reading, &summary);
  fill_summary(&reading, &summary);
  elasticsearch_nodes_fill(&reading, &sample->tables[1]);
  elasticsearch_shards_fill(&reading, &sample->tables[2]);
  elasticsearch_queries_fill(&reading, &sample->tables[4]);
  if (reading.arena.exhausted)
    sample_fault(sample, NULL, SEVERITY_UNKNOWN, "the answers are too large: a part is cut");
  sample->server = sample_printf(sample, "%s%s%s", summary.about.product,
                                 *summary.about.version ? " " : "", summary.about.version);
  arena_fini(&reading.arena);
  return sample;
}
