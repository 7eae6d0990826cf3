/* Exercises how stacktop reads its Kafka client process: a snapshot, or the answer to a question,
 * of any bytes. Holds: reading ends, takes no more memory than its limit, everything that it has
 * filled is readable, and an accepted frame has indices within their lists. */
#include "fuzz.h"

#include "clients/kafka/kafka_fields.h"

static size_t read_text(const char *text) {
  return text ? strlen(text) : 0;
}

static size_t read_group(const struct kafka_snapshot *snapshot, const struct kafka_group *group,
                         bool good) {
  size_t sum = strlen(group->name) + strlen(group->state_text) + read_text(group->error);
  assert(group->state <= KAFKA_GROUP_DEAD);
  for (size_t i = 0; i < group->member_count; i++)
    sum += strlen(group->members[i].client) + strlen(group->members[i].host);
  for (size_t i = 0; i < group->share_count; i++) {
    const struct kafka_share *share = &group->shares[i];
    sum += read_text(share->error);
    assert(!good || (share->topic < snapshot->topic_count && share->partition >= 0 &&
                     share->owner >= -1 && share->owner < (int64_t)group->member_count));
  }
  return sum;
}

static size_t read_snapshot(char *bytes, size_t size) {
  struct kafka_snapshot *snapshot = kafka_snapshot_new();
  struct wire_in in = {bytes, size, &snapshot->arena, false};
  bool good = kafka_snapshot_get(&in, snapshot);
  size_t sum = read_text(snapshot->cluster_id) + read_text(snapshot->rights);
  for (size_t i = 0; i < snapshot->topic_count; i++) {
    sum += strlen(snapshot->topics[i].name) + read_text(snapshot->topics[i].error);
    for (int32_t j = 0; j < snapshot->topics[i].partition_count; j++)
      sum += read_text(snapshot->topics[i].partitions[j].error);
  }
  for (size_t i = 0; i < snapshot->group_count; i++)
    sum += read_group(snapshot, &snapshot->groups[i], good);
  assert(snapshot->note_count <= KAFKA_NOTES_MAX);
  for (size_t i = 0; i < snapshot->note_count; i++)
    sum += strlen(snapshot->notes[i]);
  assert(snapshot->arena.used <= KAFKA_SNAPSHOT_BYTES_MAX);
  kafka_snapshot_free(snapshot);
  return sum;
}

static size_t read_answer(char *bytes, size_t size) {
  struct kafka_admin *admin = kafka_admin_new();
  struct wire_in in = {bytes, size, &admin->arena, false};
  bool good = kafka_answer_get(&in, admin);
  size_t sum = good + strlen(admin->facts.state_text);
  for (size_t i = 0; i < admin->spot_count; i++)
    sum += strlen(admin->spots[i].topic) + read_text(admin->spots[i].error);
  for (size_t i = 0; i < admin->topic_count; i++)
    sum += strlen(admin->topics[i].name) + read_text(admin->topics[i].error);
  for (size_t i = 0; i < admin->setting_count; i++)
    sum += strlen(admin->settings[i].topic) + strlen(admin->settings[i].name) +
           read_text(admin->settings[i].value) + strlen(admin->settings[i].source);
  assert(!admin->loaded || admin->loaded[admin->loaded_len] == '\0');
  kafka_admin_free(admin);
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  char *bytes = malloc(size); /* a separate allocation, so that reading beyond it is detected */
  memcpy(bytes, data + 1, size - 1);
  volatile size_t sum = data[0] % 2 ? read_snapshot(bytes, size - 1) : read_answer(bytes, size - 1);
  (void)sum;
  free(bytes);
  return 0;
}
