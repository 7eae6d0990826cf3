#include "collectors/kafka/pages/kafka_topic_rows.h"

#include "clients/kafka/kafka_contract.h"
#include "core/count.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum topic_column {
#include "kafka_topics.def"
};
#undef COLUMN
#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec columns[] = {
#include "kafka_topics.def"
};
#undef COLUMN

const struct table_spec kafka_topics_table = {.id = KAFKA_TOPICS_TABLE,
                                              .title = "Topics",
                                              .columns = columns,
                                              .column_count = sizeof columns / sizeof *columns};

int32_t kafka_replica_at(const char *ids, size_t index) {
  while (ids && *ids && index > 0) {
    ids = strchr(ids, ',');
    ids = ids ? ids + 1 : NULL;
    index--;
  }
  if (!ids || !*ids)
    return -1;
  char *end;
  const long id = strtol(ids, &end, 10);
  return end == ids || id < 0 || id > INT32_MAX ? -1 : (int32_t)id;
}

static size_t ids_count(const char *ids) {
  size_t count = 0;
  while (kafka_replica_at(ids, count) >= 0)
    count++;
  return count;
}

struct kafka_replicas kafka_replicas_of(const struct kafka_partition *partition) {
  return (struct kafka_replicas){.count = ids_count(partition->replicas),
                                 .in_sync = ids_count(partition->in_sync),
                                 .preferred = kafka_replica_at(partition->replicas, 0)};
}

const char *kafka_partition_status(const struct kafka_partition *partition) {
  const struct kafka_replicas replicas = kafka_replicas_of(partition);
  if (partition->leader < 0)
    return "no leader";
  if (replicas.in_sync < replicas.count)
    return "out of sync";
  return replicas.preferred >= 0 && replicas.preferred != partition->leader ? "not preferred" : "";
}

enum severity kafka_partition_severity(const struct kafka_partition *partition) {
  const struct kafka_replicas replicas = kafka_replicas_of(partition);
  if (partition->leader < 0)
    return SEVERITY_CRIT;
  return replicas.in_sync < replicas.count ? SEVERITY_WARN : SEVERITY_OK;
}

static struct value offset_value(struct sample *sample, const struct kafka_partition *partition,
                                 int64_t offset) {
  if (offset >= 0)
    return value_int(offset);
  return value_none(partition->error ? sample_copy(sample, partition->error) : "not read");
}

bool kafka_partition_row(struct kafka_page_call *call, struct table *table,
                         const struct kafka_topic *topic, int32_t number, const char *parent) {
  struct sample *sample = call->sample;
  const struct kafka_partition *partition = &topic->partitions[number];
  const struct kafka_replicas replicas = kafka_replicas_of(partition);
  const char *key = sample_printf(sample, "%s/%d", topic->name, number);
  struct row *row = sample_row(sample, table, key, parent);
  if (!row)
    return false;
  struct value *cells = row->cells;
  const char *status = kafka_partition_status(partition);
  row->severity = kafka_partition_severity(partition);
  if (row->severity == SEVERITY_CRIT)
    row->reason = "no leader: it can be neither read nor written";
  else if (row->severity != SEVERITY_OK)
    row->reason =
        sample_printf(sample, "%zu of %zu replicas are in sync: %s of %s", replicas.in_sync,
                      replicas.count, partition->in_sync, partition->replicas);
  cells[TOPIC_NAME] = value_text(parent ? sample_printf(sample, "partition %d", number)
                                        : sample_printf(sample, "%s %d", topic->name, number));
  if (*status)
    cells[TOPIC_STATUS] = value_text(status);
  cells[TOPIC_LEADER] = partition->leader >= 0
                            ? value_text(sample_printf(sample, "%d", partition->leader))
                            : value_none("none");
  cells[TOPIC_REPLICAS] = value_text(sample_copy(sample, partition->replicas));
  cells[TOPIC_ISR] = value_text(sample_copy(sample, partition->in_sync));
  cells[TOPIC_START] = offset_value(sample, partition, partition->start);
  cells[TOPIC_END] = offset_value(sample, partition, partition->end);
  cells[TOPIC_MESSAGES] = partition->start >= 0 && partition->end >= partition->start
                              ? value_int(partition->end - partition->start)
                          : cells[TOPIC_END].type == VALUE_NONE ? cells[TOPIC_END]
                                                                : cells[TOPIC_START];
  if (partition->end >= 0)
    cells[TOPIC_PRODUCED] = row_past_rate(call->past, table->spec->id, "produced", key,
                                          (double)partition->end, call->now_us);
  if (call->snapshot->has_stable)
    cells[TOPIC_STABLE] = offset_value(sample, partition, partition->stable);
  return true;
}

/* What is summed over the partitions. */
struct topic_sum {
  int64_t messages;
  double produced;
  size_t known, rates, no_leader, out_of_sync;
  const char *unknown, *no_rate;
};

static void sum_add(struct topic_sum *sum, const struct row *row) {
  double number;
  if (value_number(row->cells[TOPIC_MESSAGES], &number)) {
    sum->messages = count_add(sum->messages, (int64_t)number);
    sum->known++;
  } else if (!sum->unknown) {
    sum->unknown = row->cells[TOPIC_MESSAGES].text;
  }
  if (value_number(row->cells[TOPIC_PRODUCED], &number)) {
    sum->produced += number;
    sum->rates++;
  } else {
    sum->no_rate = row->cells[TOPIC_PRODUCED].text;
  }
  sum->no_leader += row->severity == SEVERITY_CRIT;
  sum->out_of_sync += row->severity == SEVERITY_WARN;
}

static void topic_fill(struct kafka_page_call *call, struct row *row,
                       const struct kafka_topic *topic, const struct topic_sum *sum) {
  struct sample *sample = call->sample;
  struct value *cells = row->cells;
  const size_t count = (size_t)topic->partition_count;
  cells[TOPIC_NAME] = value_text(sample_copy(sample, topic->name));
  cells[TOPIC_PARTITIONS] = value_int(topic->partition_count);
  if (topic->error) {
    row->severity = SEVERITY_UNKNOWN;
    row->reason = sample_copy(sample, topic->error);
    cells[TOPIC_STATUS] = value_text(row->reason);
  }
  if (count > 0)
    cells[TOPIC_REPLICAS] =
        value_text(sample_printf(sample, "%zu", kafka_replicas_of(&topic->partitions[0]).count));
  if (sum->no_leader > 0 || sum->out_of_sync > 0) {
    row->severity = sum->no_leader > 0 ? SEVERITY_CRIT : SEVERITY_WARN;
    row->reason = sample_printf(sample,
                                "%zu of %zu partitions without a leader, %zu with replicas "
                                "that are not in sync",
                                sum->no_leader, count, sum->out_of_sync);
    cells[TOPIC_STATUS] = value_text(sum->no_leader > 0 ? "no leader" : "out of sync");
  }
  if (sum->known == count && count > 0)
    cells[TOPIC_MESSAGES] = value_int(sum->messages);
  else if (sum->known > 0)
    cells[TOPIC_MESSAGES] = value_at_least(value_int(sum->messages));
  else
    cells[TOPIC_MESSAGES] = value_none(sum->unknown);
  if (sum->rates > 0)
    cells[TOPIC_PRODUCED] =
        sum->rates == count ? value_real(sum->produced) : value_at_least(value_real(sum->produced));
  else
    cells[TOPIC_PRODUCED] = value_none(sum->no_rate);
}

bool kafka_topic_rows(struct kafka_page_call *call, struct table *table,
                      const struct kafka_topic *topic) {
  const char *key = sample_copy(call->sample, topic->name);
  const size_t at = table->row_count;
  struct topic_sum sum = {0};
  if (!sample_row(call->sample, table, key, NULL))
    return false;
  for (int32_t p = 0; p < topic->partition_count; p++) {
    if (!kafka_partition_row(call, table, topic, p, key))
      return false;
    sum_add(&sum, &table->rows[table->row_count - 1]);
  }
  topic_fill(call, &table->rows[at], topic, &sum);
  return true;
}

void kafka_topics_fault(struct kafka_page_call *call, const char *table) {
  if (call->snapshot->topic_count == 0)
    sample_fault(call->sample, table, SEVERITY_UNKNOWN,
                 "no topic is visible: there is none, or DESCRIBE on the topics is missing");
}

char *kafka_focus_topic(const struct page_focus *focus, int32_t *partition) {
  const char *key = focus->key;
  if (strcmp(focus->table, KAFKA_LAG_TABLE) == 0) {
    *partition = kafka_partition_of_key(key);
    return kafka_topic_of_key(key);
  }
  *partition = kafka_topics_partition_of_key(key);
  return kafka_topics_topic_of_key(key);
}

bool kafka_page_ask_topic(struct watch *watch, struct kafka_query *query, struct err *err) {
  char *topic = kafka_page_keep(watch, kafka_focus_topic(watch->focus, &query->partition));
  if (!topic)
    return err_set(err, ERR_INVALID, "a group has several topics: select a topic of it");
  kafka_page_ask_topics(watch, query, topic);
  return true;
}
