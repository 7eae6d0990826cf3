/* The page kafka.topics: all topics, whether or not a group reads them. */
#include "clients/kafka/kafka_contract.h"
#include "collectors/kafka/pages/kafka_topic_rows.h"

#include <stdlib.h>
#include <string.h>

static const struct table_spec *const tables[] = {&kafka_topics_table};

static bool query(struct watch *watch, struct kafka_query *query, struct err *err) {
  (void)watch, (void)err;
  query->look = KAFKA_LOOK_TOPICS;
  return true;
}

/* The most harmed first, then by name. */
static int harm_of(const struct kafka_topic *topic) {
  int harm = topic->error ? SEVERITY_UNKNOWN : SEVERITY_OK;
  for (int32_t p = 0; p < topic->partition_count; p++) {
    const int of_one = (int)kafka_partition_severity(&topic->partitions[p]);
    harm = of_one > harm ? of_one : harm;
  }
  return harm;
}

static int compare(const void *a, const void *b) {
  const struct kafka_topic *x = a, *y = b;
  const int harm = harm_of(y) - harm_of(x);
  return harm ? harm : strcmp(x->name, y->name);
}

static bool fill(struct kafka_page_call *call, struct err *err) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  struct table *table = sample_table(call->sample, KAFKA_TOPICS_TABLE);
  (void)err;
  if (snapshot->topic_count > 1)
    qsort(snapshot->topics, snapshot->topic_count, sizeof *snapshot->topics, compare);
  for (size_t i = 0; i < snapshot->topic_count; i++)
    if (!kafka_topic_rows(call, table, &snapshot->topics[i]))
      break;
  kafka_topics_fault(call, KAFKA_TOPICS_TABLE);
  if (snapshot->topic_count > 0)
    sample_note(call->sample, KAFKA_TOPICS_TABLE, NULL,
                "topics without DESCRIBE for this user are not listed by the brokers");
  if (snapshot->layout_left_out > 0)
    sample_note(call->sample, KAFKA_TOPICS_TABLE, KAFKA_TOPICS_ID_END,
                "offsets of %zu partitions are not read: at most %d are", snapshot->layout_left_out,
                KAFKA_LAYOUT_MAX);
  return true;
}

static const struct kafka_page own = {.query = query, .fill = fill};

static const struct page_sort sorts[] = {
    {"busiest", KAFKA_TOPICS_TABLE, "produced"},
    {"most messages", KAFKA_TOPICS_TABLE, "messages"},
};

const struct page page_kafka_topics = {
    .spec = {.id = "kafka.topics",
             .kind = "kafka",
             .title = "Topics",
             .question = "Which topics are there, and which are in trouble?",
             .cost = "metadata and 2 requests a broker every 10s",
             .interval_ms = 10000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables,
             .sorts = sorts,
             .sort_count = sizeof sorts / sizeof *sorts},
    .watch = &kafka_page_watch,
    .own = &own,
};
