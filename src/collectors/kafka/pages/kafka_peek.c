/* The page kafka.peek: what is in the newest messages of a partition. */
#include "clients/kafka/kafka_contract.h"
#include "collectors/kafka/kafka_json.h"
#include "collectors/kafka/pages/kafka_topic_rows.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 500 }; /* of a value */

#define COLUMN(name, ...) name,
enum peek_column {
#include "kafka_peek_messages.def"
};
#undef COLUMN
#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec columns[] = {
#include "kafka_peek_messages.def"
};
#undef COLUMN

static const struct table_spec messages = {.id = "messages",
                                           .title = "Newest messages",
                                           .columns = columns,
                                           .column_count = sizeof columns / sizeof *columns};
static const struct table_spec *const tables[] = {&messages};

static bool query(struct watch *watch, struct kafka_query *query, struct err *err) {
  query->look = KAFKA_LOOK_MESSAGES;
  if (!kafka_page_ask_topic(watch, query, err))
    return false;
  return query->partition >= 0 ||
         err_set(err, ERR_INVALID, "select a partition of the topic, such as \"%.120s/0\"",
                 watch->focus->key);
}

/* The lines of one value, as rows below it. */
struct filling {
  struct sample *sample;
  struct table *table;
  const char *parent;
  int count;
};

static bool take_line(void *arg, const char *line, size_t length) {
  struct filling *filling = arg;
  struct sample *sample = filling->sample;
  if (filling->count++ == LINES_MAX)
    return false;
  const char *key = sample_printf(sample, "%s/%d", filling->parent, filling->count);
  struct row *row = sample_row(sample, filling->table, key, filling->parent);
  if (!row)
    return false;
  row->cells[PEEK_OFFSET] = value_text("");
  row->cells[PEEK_VALUE] = value_text(sample_text(sample, line, length));
  return true;
}

static void take_lines(struct filling *filling, const char *text) {
  if (kafka_json_lines(text, take_line, filling) || !strchr(text, '\n'))
    return;
  while (*text) {
    const size_t length = strcspn(text, "\n");
    if (!take_line(filling, text, length))
      return;
    text += length + (text[length] == '\n');
  }
}

static bool fill_message(struct kafka_page_call *call, const struct kafka_message *message) {
  struct sample *sample = call->sample;
  struct table *table = sample_table(sample, messages.id);
  const char *key = sample_printf(sample, "%lld", (long long)message->offset);
  struct row *row = sample_row(sample, table, key, NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  cells[PEEK_OFFSET] = value_text(key);
  if (message->time_ms >= 0)
    cells[PEEK_TIME] = value_int(message->time_ms);
  if (message->key)
    cells[PEEK_KEY] = value_text(sample_copy(sample, message->key));
  if (message->value_length >= 0)
    cells[PEEK_SIZE] = value_int(message->value_length);
  if (message->headers)
    cells[PEEK_HEADERS] = value_text(sample_copy(sample, message->headers));
  if (message->value)
    cells[PEEK_VALUE] =
        value_text(message->cut ? sample_printf(sample, "%.*s... (cut)",
                                                KAFKA_MESSAGE_BYTES_MAX / 4, message->value)
                                : sample_copy(sample, message->value));
  struct filling filling = {.sample = sample, .table = table, .parent = key};
  if (message->value)
    take_lines(&filling, message->value);
  return true;
}

static const struct kafka_partition *peeked(const struct kafka_page_call *call) {
  int32_t number;
  char *topic = kafka_focus_topic(call->focus, &number);
  const struct kafka_topic *found =
      call->snapshot->topic_count > 0 ? &call->snapshot->topics[0] : NULL;
  free(topic);
  return found && number >= 0 && number < found->partition_count ? &found->partitions[number]
                                                                 : NULL;
}

/* Offsets without a message, where they are why there are so few. */
static void note_gaps(struct kafka_page_call *call) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  const struct kafka_partition *partition = peeked(call);
  if (!partition || snapshot->messages_error || snapshot->message_count == KAFKA_MESSAGES_MAX)
    return;
  const int64_t offsets = partition->end - snapshot->messages_from;
  if (offsets > (int64_t)snapshot->message_count)
    sample_note(call->sample, messages.id, NULL,
                "%zu messages at the newest %lld offsets%s: the other offsets are ends of "
                "transactions, or compaction has removed their messages",
                snapshot->message_count, (long long)offsets,
                snapshot->messages_from > partition->start ? "; older ones are not read" : "");
}

static bool fill(struct kafka_page_call *call, struct err *err) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  (void)err;
  if (snapshot->messages_error && snapshot->message_count == 0)
    return err_set(err, strstr(snapshot->messages_error, "needs") ? ERR_DENIED : ERR_PROTOCOL,
                   "the messages cannot be read: %s", snapshot->messages_error);
  if (snapshot->messages_error)
    sample_fault(call->sample, messages.id, SEVERITY_UNKNOWN, "%zu messages: %s",
                 snapshot->message_count, snapshot->messages_error);
  note_gaps(call);
  for (size_t i = snapshot->message_count; i > 0; i--) /* the newest first */
    if (!fill_message(call, &snapshot->messages[i - 1]))
      break;
  return true;
}

static bool about(const char *table, const char *key) {
  return (strcmp(table, KAFKA_LAG_TABLE) == 0 ? kafka_partition_of_key(key)
                                              : kafka_topics_partition_of_key(key)) >= 0;
}

static const struct kafka_page own = {.query = query, .fill = fill};

const struct page page_kafka_peek = {
    .spec = {.id = "kafka.peek",
             .kind = "kafka",
             .row_of = KAFKA_TOPICS_TABLE,
             .also_of = KAFKA_LAG_TABLE,
             .about = about,
             .title = "Peek",
             .question = "What is in the newest messages of the partition?",
             .cost = "reads the newest 50 messages every 10s, outside of any group",
             .costly = true,
             .interval_ms = 10000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &kafka_page_watch,
    .own = &own,
};
