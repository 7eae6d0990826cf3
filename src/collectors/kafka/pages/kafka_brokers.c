/* The page kafka.brokers: how the partitions are spread, and which are in trouble. */
#include "clients/kafka/kafka_admin.h"
#include "clients/kafka/kafka_contract.h"
#include "collectors/kafka/pages/kafka_topic_rows.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { TROUBLED_MAX = 1000 };

#define COLUMN(name, ...) name,
enum broker_column {
#include "kafka_brokers.def"
};
#undef COLUMN
#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec columns[] = {
#include "kafka_brokers.def"
};
/* Those of kafka_topics_table, in their order: kafka_partition_row. */
static const struct column_spec partition_columns[] = {
#include "kafka_topics.def"
};
#undef COLUMN

static const struct table_spec troubled = {.id = KAFKA_TOPICS_TABLE,
                                           .title = "Partitions in trouble",
                                           .columns = partition_columns,
                                           .column_count = sizeof partition_columns /
                                                           sizeof *partition_columns};
static const struct table_spec brokers = {.id = "brokers",
                                          .title = "Brokers",
                                          .columns = columns,
                                          .column_count = sizeof columns / sizeof *columns};
static const struct table_spec *const tables[] = {&brokers, &troubled};

static bool query(struct watch *watch, struct kafka_query *query, struct err *err) {
  (void)watch, (void)err;
  query->topic_count = 0; /* brokers have all topics */
  query->look = KAFKA_LOOK_BROKERS;
  return true;
}

/* What a broker has, by its id; also one that is not in the cluster now. */
struct load {
  int32_t id;
  size_t leaders, preferred, lost, replicas, behind;
};
struct loads {
  struct load *items;
  size_t count, partitions, led, lost;
};

static struct load *load_of(struct loads *loads, int32_t id) {
  for (size_t i = 0; i < loads->count; i++)
    if (loads->items[i].id == id)
      return &loads->items[i];
  loads->items = mem_resize(loads->items, (loads->count + 1) * sizeof *loads->items);
  loads->items[loads->count] = (struct load){.id = id};
  return &loads->items[loads->count++];
}

static bool has_id(const char *ids, int32_t wanted) {
  int32_t id;
  for (size_t i = 0; (id = kafka_replica_at(ids, i)) >= 0; i++)
    if (id == wanted)
      return true;
  return false;
}

static void loads_add(struct loads *loads, const struct kafka_partition *partition) {
  int32_t id;
  loads->partitions++;
  if (partition->leader >= 0) {
    load_of(loads, partition->leader)->leaders++;
    loads->led++;
  }
  for (size_t i = 0; (id = kafka_replica_at(partition->replicas, i)) >= 0; i++) {
    struct load *load = load_of(loads, id);
    load->replicas++;
    load->behind += !has_id(partition->in_sync, id);
    load->preferred += i == 0;
    if (i == 0 && partition->leader >= 0 && partition->leader != id) {
      load->lost++;
      loads->lost++;
    }
  }
}

static int load_compare(const void *a, const void *b) {
  const struct load *x = a, *y = b;
  return (x->id > y->id) - (x->id < y->id);
}

static const struct kafka_broker *broker_of(const struct kafka_snapshot *snapshot, int32_t id) {
  for (uint32_t i = 0; i < snapshot->broker_count; i++)
    if (snapshot->brokers[i].id == id)
      return &snapshot->brokers[i];
  return NULL;
}

static void fill_known(struct sample *sample, struct value *cells,
                       const struct kafka_broker *broker) {
  cells[BROKER_ADDRESS] = value_text(sample_copy(sample, broker->address));
  if (broker->settings_error) {
    cells[BROKER_RACK] = cells[BROKER_DIRS] =
        value_none(sample_copy(sample, broker->settings_error));
    return;
  }
  if (broker->rack && *broker->rack)
    cells[BROKER_RACK] = value_text(sample_copy(sample, broker->rack));
  if (broker->log_dirs)
    cells[BROKER_DIRS] = value_text(sample_copy(sample, broker->log_dirs));
}

static bool fill_broker(struct kafka_page_call *call, const struct loads *loads,
                        const struct load *load) {
  struct sample *sample = call->sample;
  const struct kafka_snapshot *snapshot = call->snapshot;
  const struct kafka_broker *broker = broker_of(snapshot, load->id);
  const char *id = sample_printf(sample, "%d", load->id);
  struct row *row = sample_row(sample, sample_table(sample, brokers.id), id, NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  cells[BROKER_ID] = value_text(id);
  if (broker) {
    fill_known(sample, cells, broker);
  } else {
    cells[BROKER_STATUS] = value_text("offline");
    row->severity = SEVERITY_CRIT;
    row->reason = sample_printf(sample, "not in the cluster, with %zu replicas", load->replicas);
  }
  if (broker && load->behind > 0) {
    cells[BROKER_STATUS] = value_text("out of sync");
    row->severity = SEVERITY_WARN;
    row->reason = sample_printf(sample, "%zu of its %zu replicas are not in sync", load->behind,
                                load->replicas);
  }
  if (broker && !broker->answered) {
    cells[BROKER_STATUS] = value_text("no answer");
    row->severity = SEVERITY_CRIT;
    row->reason = sample_printf(sample, "does not answer: %s; it leads %zu partitions",
                                broker->settings_error, load->leaders);
  }
  cells[BROKER_LEADERS] = value_int((int64_t)load->leaders);
  if (loads->led > 0) {
    const double share = (double)load->leaders / (double)loads->led;
    cells[BROKER_SHARE] = value_real(share);
    cells[BROKER_SKEW] =
        value_real((double)(int64_t)(share * (double)snapshot->broker_count * 100 + 0.5) / 100);
  }
  cells[BROKER_PREFERRED] = value_int((int64_t)load->preferred);
  cells[BROKER_LOST] = value_int((int64_t)load->lost);
  cells[BROKER_REPLICAS] = value_int((int64_t)load->replicas);
  cells[BROKER_BEHIND] = value_int((int64_t)load->behind);
  return true;
}

/* Those without a leader first. */
static void fill_troubled(struct kafka_page_call *call, enum severity severity) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  struct table *table = sample_table(call->sample, KAFKA_TOPICS_TABLE);
  for (size_t t = 0; t < snapshot->topic_count; t++)
    for (int32_t p = 0; p < snapshot->topics[t].partition_count; p++) {
      if (kafka_partition_severity(&snapshot->topics[t].partitions[p]) != severity)
        continue;
      if (table->row_count == TROUBLED_MAX ||
          !kafka_partition_row(call, table, &snapshot->topics[t], p, NULL)) {
        table->truncated = true;
        return;
      }
    }
}

static bool fill(struct kafka_page_call *call, struct err *err) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  struct sample *sample = call->sample;
  const char *bootstrap = target_text(call->target, "bootstrap");
  struct loads loads = {0};
  (void)err;
  for (uint32_t i = 0; i < snapshot->broker_count; i++)
    load_of(&loads, snapshot->brokers[i].id);
  for (size_t t = 0; t < snapshot->topic_count; t++)
    for (int32_t p = 0; p < snapshot->topics[t].partition_count; p++)
      loads_add(&loads, &snapshot->topics[t].partitions[p]);
  if (loads.count > 1)
    qsort(loads.items, loads.count, sizeof *loads.items, load_compare);
  for (size_t i = 0; i < loads.count; i++)
    if (!fill_broker(call, &loads, &loads.items[i]))
      break;
  kafka_topics_fault(call, KAFKA_TOPICS_TABLE);
  for (uint32_t i = 0; i < snapshot->broker_count; i++)
    if (snapshot->brokers[i].settings_error)
      sample_note(sample, brokers.id, brokers.columns[BROKER_RACK].id, "racks and log dirs: %s",
                  snapshot->brokers[i].settings_error);
  fill_troubled(call, SEVERITY_CRIT);
  fill_troubled(call, SEVERITY_WARN);
  if (loads.lost > 0)
    sample_note(sample, brokers.id, brokers.columns[BROKER_LOST].id,
                "%zu of %zu partitions are not led by their preferred leader. %s: "
                "kafka-leader-election.sh --bootstrap-server %.120s --election-type preferred "
                "--all-topic-partitions",
                loads.lost, loads.partitions,
                kafka_library_elects() ? "The action kafka.elect-leaders, or Kafka's own command"
                                       : "Kafka's own command",
                bootstrap);
  sample_note(sample, brokers.id, brokers.columns[BROKER_DIRS].id,
              "librdkafka cannot read the sizes of log dirs. Kafka's own command: "
              "kafka-log-dirs.sh --bootstrap-server %.120s --describe",
              bootstrap);
  sample_note(sample, brokers.id, NULL,
              "the counts are of the topics that this user may see (DESCRIBE)");
  free(loads.items);
  return true;
}

static const struct kafka_page own = {.query = query, .fill = fill};

const struct page page_kafka_brokers = {
    .spec = {.id = "kafka.brokers",
             .kind = "kafka",
             .title = "Brokers",
             .question = "How is the load spread, and what is out of sync?",
             .cost = "metadata, and 1 request a broker, every 10s",
             .interval_ms = 10000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &kafka_page_watch,
    .own = &own,
};
