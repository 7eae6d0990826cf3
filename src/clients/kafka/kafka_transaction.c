/* Version 0 has lengths of 2 and 4 bytes, version 1 (Kafka 4) has varints of the length + 1, and
 * tagged fields after each structure. Numbers are big-endian. */
#include "clients/kafka/kafka_transaction.h"

#include <string.h>

/* What is left of the bytes. */
struct reading {
  const unsigned char *at;
  size_t left;
  bool compact, bad;
};

static const unsigned char *bytes_take(struct reading *in, uint64_t count) {
  const unsigned char *at = in->at;
  if (in->bad || count > in->left) {
    in->bad = true;
    return NULL;
  }
  in->at += count;
  in->left -= (size_t)count;
  return at;
}

static int64_t number_take(struct reading *in, size_t size) {
  const unsigned char *at = bytes_take(in, size);
  uint64_t number = at && (at[0] & 0x80) ? UINT64_MAX : 0;
  for (size_t i = 0; at && i < size; i++)
    number = number << 8 | at[i];
  return (int64_t)number;
}

static uint64_t varint_take(struct reading *in) {
  uint64_t number = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const unsigned char *at = bytes_take(in, 1);
    if (!at)
      return 0;
    number |= (uint64_t)(*at & 0x7F) << shift;
    if (!(*at & 0x80))
      return number;
  }
  in->bad = true;
  return 0;
}

/* Of a text (size 2) or a list (size 4); -1: null. */
static int64_t length_take(struct reading *in, size_t size) {
  return in->compact ? (int64_t)varint_take(in) - 1 : number_take(in, size);
}

static void tags_skip(struct reading *in) {
  for (uint64_t count = in->compact ? varint_take(in) : 0; count > 0 && !in->bad; count--) {
    (void)varint_take(in);
    (void)bytes_take(in, varint_take(in));
  }
}

/* The next topic of the list, and whether that partition is among its own. */
static bool topic_take(struct reading *in, const char *topic, int32_t partition) {
  const int64_t length = length_take(in, 2);
  const unsigned char *name = length >= 0 ? bytes_take(in, (uint64_t)length) : NULL;
  const bool same =
      name && topic && strlen(topic) == (size_t)length && memcmp(name, topic, (size_t)length) == 0;
  bool found = false;
  in->bad |= !name;
  for (int64_t count = length_take(in, 4); count > 0 && !in->bad; count--)
    found |= number_take(in, 4) == partition && same;
  tags_skip(in);
  return found && !in->bad;
}

/* All of the list; whether it has that partition. */
static bool topics_take(struct reading *in, const char *topic, int32_t partition) {
  bool found = false;
  for (int64_t count = length_take(in, 4); count > 0 && !in->bad; count--)
    found |= topic_take(in, topic, partition);
  return found && !in->bad;
}

bool kafka_transaction_key(const void *key, size_t length, const char **name, size_t *name_length) {
  struct reading in = {.at = key, .left = key ? length : 0};
  const int64_t version = number_take(&in, 2), size = number_take(&in, 2);
  if (in.bad || version != 0 || size < 0 || (size_t)size > in.left)
    return false;
  *name = (const char *)in.at;
  *name_length = (size_t)size;
  return true;
}

bool kafka_transaction_value(const void *value, size_t length,
                             struct kafka_transaction *transaction) {
  enum { ONGOING = 1, PREPARE_COMMIT, PREPARE_ABORT };
  struct reading in = {.at = value, .left = value ? length : 0};
  const int64_t version = number_take(&in, 2);
  if (in.bad || version < 0 || version > 1)
    return false;
  in.compact = version == 1;
  transaction->compact = in.compact;
  transaction->producer = number_take(&in, 8);
  (void)number_take(&in, 2); /* its epoch */
  (void)number_take(&in, 4); /* its transaction.timeout.ms */
  const int64_t status = number_take(&in, 1);
  transaction->open = status >= ONGOING && status <= PREPARE_ABORT;
  transaction->partitions = in.at;
  transaction->length = in.left;
  (void)topics_take(&in, NULL, 0);
  return !in.bad;
}

bool kafka_transaction_has(const struct kafka_transaction *transaction, const char *topic,
                           int32_t partition) {
  struct reading in = {
      .at = transaction->partitions, .left = transaction->length, .compact = transaction->compact};
  return topics_take(&in, topic, partition);
}
