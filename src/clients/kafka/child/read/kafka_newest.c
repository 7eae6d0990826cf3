/* Not every offset has a message: ends of transactions have offsets, and so has what compaction has
 * removed. So the newest messages may be far before the end. They are looked for in several windows
 * of offsets, the newest first, and each window is read from its first message to its last. */
#include "clients/kafka/child/read/kafka_newest.h"

#include "clients/kafka/child/read/kafka_fetch.h"
#include "core/bytes.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
  WINDOWS_MAX = 4,
  WINDOW_MAX = 2000, /* offsets */
  FEW = 5,           /* of messages of megabytes there may be no time for more */
  SLOT_BYTES = 4 * (KAFKA_MESSAGE_BYTES_MAX + 8 * KAFKA_KEY_BYTES_MAX),
};

/* A message with its texts, which go when a newer one takes its place. */
struct slot {
  struct arena arena;
  struct kafka_message message;
};

/* One window: a ring with its newest messages. */
struct window {
  struct slot *ring; /* of KAFKA_MESSAGES_MAX */
  size_t wanted;     /* of the ring; */
  size_t seen;       /* ring[(seen - 1) % wanted] is the newest one */
};

static const char *headers_text(struct arena *arena, const rd_kafka_message_t *message) {
  rd_kafka_headers_t *headers;
  const char *name;
  const void *value;
  size_t size;
  const char *text = NULL;
  bool cut;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return NULL;
  for (size_t i = 0;
       (!text || strlen(text) < KAFKA_KEY_BYTES_MAX) &&
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       i++)
    text = arena_printf(arena, "%s%s%.200s=%s", text ? text : "", text ? ", " : "", name,
                        value ? bytes_text(arena, value, size, 200, &cut) : "(null)");
  return text;
}

static void take_message(void *arg, size_t index, const rd_kafka_message_t *from) {
  struct window *window = arg;
  struct slot *slot = &window->ring[window->seen++ % window->wanted];
  struct arena *arena = &slot->arena;
  struct kafka_message *message = &slot->message;
  rd_kafka_timestamp_type_t type;
  bool key_cut;
  (void)index;
  arena_fini(arena);
  arena_init(arena, SLOT_BYTES);
  const int64_t time_ms = rd_kafka_message_timestamp(from, &type);
  *message =
      (struct kafka_message){.offset = from->offset,
                             .time_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_ms,
                             .key_length = from->key ? (int64_t)from->key_len : -1,
                             .value_length = from->payload ? (int64_t)from->len : -1,
                             .headers = headers_text(arena, from)};
  if (from->key)
    message->key = bytes_text(arena, from->key, from->key_len, KAFKA_KEY_BYTES_MAX, &key_cut);
  if (from->payload)
    message->value =
        bytes_text(arena, from->payload, from->len, KAFKA_MESSAGE_BYTES_MAX, &message->cut);
}

static const char *copy_or_null(struct arena *arena, const char *text) {
  return text ? arena_text(arena, text, strlen(text)) : NULL;
}

/* Puts what was found before the newer messages, which are there already. */
static void window_keep(struct kafka_snapshot *snapshot, const struct window *window) {
  struct arena *arena = &snapshot->arena;
  const size_t kept = window->seen < window->wanted ? window->seen : window->wanted;
  memmove(snapshot->messages + kept, snapshot->messages,
          snapshot->message_count * sizeof *snapshot->messages);
  for (size_t i = 0; i < kept; i++) {
    const size_t at = (window->seen - kept + i) % window->wanted;
    struct kafka_message *message = &snapshot->messages[i];
    *message = window->ring[at].message;
    message->key = copy_or_null(arena, message->key);
    message->value = copy_or_null(arena, message->value);
    message->headers = copy_or_null(arena, message->headers);
  }
  snapshot->message_count += kept;
}

static void window_free(struct window *window) {
  for (size_t i = 0; i < KAFKA_MESSAGES_MAX; i++)
    arena_fini(&window->ring[i].arena);
  free(window->ring);
}

/* True: all of it was read. Of one that ends early nothing is kept: it has the oldest messages. */
static bool window_read(struct kafka_session *session, struct kafka_snapshot *snapshot,
                        struct kafka_fetch *fetch) {
  struct window window = {.ring = mem_new(KAFKA_MESSAGES_MAX * sizeof *window.ring),
                          .wanted = KAFKA_MESSAGES_MAX - snapshot->message_count};
  fetch->most = (size_t)(fetch->before - fetch->offset);
  kafka_fetch_read(session, fetch, 1, kafka_session_left(session) / 2, take_message, &window);
  if (!fetch->error) {
    window_keep(snapshot, &window);
    snapshot->messages_from = fetch->offset;
  }
  window_free(&window);
  return !fetch->error;
}

/* Offsets of the next window: as many as the messages so far let expect, and somewhat more. */
static int64_t window_size(size_t wanted, int64_t offsets, size_t found) {
  const int64_t size = (int64_t)wanted * (offsets / (int64_t)(found + 1) + 1) * 5 / 4;
  return size < WINDOW_MAX ? size : WINDOW_MAX;
}

static void window_set(struct kafka_fetch *fetch, int64_t before, int64_t size, int64_t start) {
  fetch->before = before;
  fetch->offset = before - size > start ? before - size : start;
}

static void read_windows(struct kafka_session *session, struct kafka_snapshot *snapshot,
                         struct kafka_fetch *fetch, int64_t start, int64_t end) {
  window_set(fetch, end, KAFKA_MESSAGES_MAX, start);
  bool good = window_read(session, snapshot, fetch);
  if (!good && fetch->got > 0) { /* there is time for some of them */
    window_set(fetch, end, FEW, start);
    (void)window_read(session, snapshot, fetch);
  }
  for (int i = 1; good && i < WINDOWS_MAX && fetch->offset > start; i++) {
    const size_t wanted = KAFKA_MESSAGES_MAX - snapshot->message_count;
    if (wanted == 0)
      return;
    window_set(fetch, fetch->offset,
               window_size(wanted, end - fetch->offset, snapshot->message_count), start);
    good = window_read(session, snapshot, fetch);
  }
  if (!good && snapshot->message_count > 0)
    fetch->error = "older ones were not read in time";
}

bool kafka_newest_read(struct kafka_session *session, struct kafka_collection *collection,
                       struct err *err) {
  struct kafka_snapshot *snapshot = collection->snapshot;
  const struct kafka_topic *topic = snapshot->topic_count > 0 ? &snapshot->topics[0] : NULL;
  if (!topic || topic->error || collection->partition < 0 ||
      collection->partition >= topic->partition_count)
    return err_set(err, ERR_INVALID, "there is no such partition now%s%s",
                   topic && topic->error ? ": " : "", topic && topic->error ? topic->error : "");
  const struct kafka_partition *partition = &topic->partitions[collection->partition];
  if (partition->error)
    return err_set(err, ERR_PROTOCOL, "the partition cannot be read: %s", partition->error);
  struct kafka_fetch fetch = {.topic = topic->name, .partition = collection->partition};
  snapshot->messages =
      arena_alloc(&snapshot->arena, KAFKA_MESSAGES_MAX * sizeof *snapshot->messages);
  snapshot->messages_from = partition->end;
  kafka_session_step(session, "the newest messages");
  if (snapshot->messages)
    read_windows(session, snapshot, &fetch, partition->start, partition->end);
  snapshot->messages_error = snapshot->messages ? kafka_fetch_reason(fetch.error) : NULL;
  return true;
}
