/* The page kafka.transactions: which open transaction holds readers of committed messages back. */
#include "clients/kafka/kafka_contract.h"
#include "collectors/kafka/pages/kafka_topic_rows.h"
#include "core/text/format.h"

#include <stdlib.h>
#include <string.h>

/* Kafka's defaults: transaction.timeout.ms of a producer, and transaction.max.timeout.ms of a
 * broker, which aborts an older one, unless it is hung. */
enum { USUAL_MS = 60000, MOST_MS = 900000, GROUPS_SHOWN = 5 };

#define COLUMN(name, ...) name,
enum transaction_column {
#include "kafka_transactions.def"
};
#undef COLUMN
#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec columns[] = {
#include "kafka_transactions.def"
};
#undef COLUMN

static const struct table_spec transactions = {.id = "transactions",
                                               .title = "Open transactions",
                                               .columns = columns,
                                               .column_count = sizeof columns / sizeof *columns};
static const struct table_spec *const tables[] = {&transactions};

static bool query(struct watch *watch, struct kafka_query *query, struct err *err) {
  (void)err;
  query->look = KAFKA_LOOK_STABLE;
  kafka_page_ask_groups(watch, query);
  return true;
}

static const struct kafka_next *next_of(const struct kafka_snapshot *snapshot, uint32_t topic,
                                        int32_t partition) {
  for (size_t i = 0; i < snapshot->next_count; i++)
    if (snapshot->nexts[i].topic == topic && snapshot->nexts[i].partition == partition)
      return &snapshot->nexts[i];
  return NULL;
}

/* Groups that have read all before the offset at which it stands: "a, b"; "" if there is none. */
static const char *waiting_text(struct kafka_page_call *call, uint32_t topic, int32_t partition,
                                int64_t stable, size_t *count) {
  const struct kafka_next *next = next_of(call->snapshot, topic, partition);
  const int64_t from = next ? next->read_to : stable;
  const char *text = "";
  *count = 0;
  for (size_t g = 0; g < call->snapshot->group_count; g++) {
    const struct kafka_group *group = &call->snapshot->groups[g];
    for (size_t i = 0; i < group->share_count; i++) {
      const struct kafka_share *share = &group->shares[i];
      if (share->topic != topic || share->partition != partition || share->committed < from ||
          share->committed > stable)
        continue;
      if (++*count <= GROUPS_SHOWN)
        text = sample_printf(call->sample, "%s%s%.80s", text, *text ? ", " : "", group->name);
    }
  }
  return *count > GROUPS_SHOWN
             ? sample_printf(call->sample, "%s and %zu more", text, *count - GROUPS_SHOWN)
             : text;
}

static struct value age_of(struct kafka_page_call *call, const struct kafka_next *next) {
  if (!next)
    return value_none("not read: only for the partitions that hold most back");
  if (next->error)
    return value_none(sample_copy(call->sample, next->error));
  if (next->offset == KAFKA_NO_OFFSET)
    return value_none(KAFKA_NEXT_NONE);
  if (next->time_ms < 0)
    return value_none("the message has no timestamp");
  const int64_t age_ms = call->wall_ms - next->time_ms;
  return value_real(age_ms > 0 ? (double)age_ms * 1e-3 : 0);
}

/* Of the first message of the transaction, if it was read. */
static void fill_producer(struct kafka_page_call *call, struct value *cells,
                          const struct kafka_next *next) {
  if (next && next->transactional_id) {
    cells[TXN_ID] = value_text(sample_copy(call->sample, next->transactional_id));
    cells[TXN_PRODUCER] =
        value_text(sample_printf(call->sample, "%lld", (long long)next->producer));
    return;
  }
  const char *why = next && next->producer_error ? sample_copy(call->sample, next->producer_error)
                                                 : "its first message was not read";
  cells[TXN_ID] = value_none(why);
  cells[TXN_PRODUCER] = value_none(why);
}

static void judge(struct kafka_page_call *call, struct row *row, const struct kafka_next *next,
                  const char *waiting, size_t waiting_count) {
  double age = 0;
  char text[FORMAT_MAX];
  if (!value_number(row->cells[TXN_AGE], &age) || age * 1000 <= USUAL_MS)
    return;
  format_duration(text, sizeof text, age);
  row->severity = age * 1000 > MOST_MS ? SEVERITY_CRIT : SEVERITY_WARN;
  const char *whose = next && next->transactional_id
                          ? sample_printf(call->sample, " of %.80s (producer %lld)",
                                          next->transactional_id, (long long)next->producer)
                          : "";
  row->reason = sample_printf(call->sample, "%s transaction%s, open for %s%s%s%s",
                              age * 1000 > MOST_MS ? "hung" : "long", whose, text,
                              waiting_count > 0 ? ": it holds back " : "", waiting,
                              waiting_count > 0 ? ", which is not the cause" : "");
}

static bool fill_row(struct kafka_page_call *call, uint32_t t, int32_t p) {
  struct sample *sample = call->sample;
  const struct kafka_topic *topic = &call->snapshot->topics[t];
  const struct kafka_partition *partition = &topic->partitions[p];
  struct table *table = sample_table(sample, transactions.id);
  const char *key = sample_printf(sample, "%s/%d", topic->name, p);
  struct row *row = sample_row(sample, table, key, NULL);
  const struct kafka_next *next = next_of(call->snapshot, t, p);
  size_t waiting_count;
  if (!row)
    return false;
  struct value *cells = row->cells;
  const char *waiting = waiting_text(call, t, p, partition->stable, &waiting_count);
  cells[TXN_NAME] = value_text(sample_printf(sample, "%s %d", topic->name, p));
  cells[TXN_AGE] = age_of(call, next);
  cells[TXN_STABLE] = value_int(partition->stable);
  cells[TXN_STILL] = kafka_page_still(call, key, partition->stable);
  cells[TXN_END] = value_int(partition->end);
  cells[TXN_HELD] = value_int(partition->end - partition->stable);
  if (*waiting)
    cells[TXN_WAITING] = value_text(waiting);
  fill_producer(call, cells, next);
  cells[TXN_ABORT] = value_text(sample_printf(
      sample,
      "kafka-transactions.sh --bootstrap-server %.120s abort --topic %.250s --partition %d "
      "--start-offset %lld",
      target_text(call->target, "bootstrap"), topic->name, p, (long long)partition->stable));
  judge(call, row, next, waiting, waiting_count);
  return true;
}

/* Of the first one whose producer is not known, as an example with all its words. */
static void note_producer(struct kafka_page_call *call) {
  const struct table *table = sample_table(call->sample, transactions.id);
  const char *key = NULL;
  for (size_t i = 0; !key && i < table->row_count; i++)
    if (table->rows[i].cells[TXN_PRODUCER].type == VALUE_NONE)
      key = table->rows[i].key;
  if (!key)
    return;
  char *topic = kafka_topics_topic_of_key(key);
  sample_note(call->sample, transactions.id, transactions.columns[TXN_ABORT].id,
              "its producer: kafka-transactions.sh --bootstrap-server %.120s describe-producers "
              "--topic %s --partition %d; its transactional.id: kafka-transactions.sh list, by "
              "the ProducerId",
              target_text(call->target, "bootstrap"), topic,
              (int)kafka_topics_partition_of_key(key));
  free(topic);
}

static bool fill(struct kafka_page_call *call, struct err *err) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  size_t read = 0, unread = 0;
  (void)err;
  for (uint32_t t = 0; t < snapshot->topic_count; t++)
    for (int32_t p = 0; p < snapshot->topics[t].partition_count; p++) {
      const struct kafka_partition *partition = &snapshot->topics[t].partitions[p];
      read += partition->stable >= 0;
      unread += partition->stable < 0;
      if (partition->stable >= 0 && partition->stable < partition->end && !fill_row(call, t, p))
        return true;
    }
  kafka_topics_fault(call, transactions.id);
  if (unread > 0)
    sample_fault(call->sample, transactions.id, SEVERITY_UNKNOWN,
                 "read in %zu of %zu partitions only", read, read + unread);
  sample_note(call->sample, transactions.id, NULL,
              "in the %zu partitions that this user may see. A transaction that is open for longer "
              "than transaction.max.timeout.ms (15m by default) is hung",
              read);
  note_producer(call);
  return true;
}

static const struct kafka_page own = {.query = query, .fill = fill};

const struct page page_kafka_transactions = {
    .spec = {.id = "kafka.transactions",
             .kind = "kafka",
             .title = "Transactions",
             .question = "Which transaction holds readers back, and since when?",
             .cost = "offsets of all partitions and groups every 10s",
             .interval_ms = 10000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &kafka_page_watch,
    .own = &own,
};
