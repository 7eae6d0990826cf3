#include "clients/kafka/child/collect/kafka_configs.h"

#include "clients/kafka/child/collect/kafka_layout.h"
#include "clients/kafka/child/collect/kafka_next.h"

/* Keeps what is set, which is little of what is read. */
static size_t keep_set(struct kafka_topic_setting *settings, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (!settings[i].is_default)
      settings[kept++] = settings[i];
  return kept;
}

void kafka_configs_read(struct kafka_session *session, struct kafka_snapshot *snapshot) {
  const size_t count = snapshot->listed_count;
  if (snapshot->topic_count_all > KAFKA_CONFIGS_MAX || count > KAFKA_CONFIGS_MAX)
    return;
  snapshot->configs = arena_alloc(&snapshot->arena, (count + 1) * sizeof *snapshot->configs);
  if (!snapshot->configs)
    return;
  for (size_t i = 0; i < count; i++)
    snapshot->configs[i] = (struct kafka_topic){.name = snapshot->listed[i].name};
  snapshot->config_count = count;
  for (size_t from = 0; from < count; from += KAFKA_SETTINGS_TOPICS_MAX) {
    const size_t left = count - from;
    kafka_settings_read(session, &snapshot->arena, snapshot->configs + from,
                        left < KAFKA_SETTINGS_TOPICS_MAX ? left : KAFKA_SETTINGS_TOPICS_MAX,
                        kafka_session_left(session) / 4);
  }
  for (size_t i = 0; i < count; i++)
    snapshot->configs[i].setting_count =
        keep_set(snapshot->configs[i].settings, snapshot->configs[i].setting_count);
  kafka_brokers_read(session, snapshot);
  for (uint32_t i = 0; i < snapshot->broker_count; i++)
    snapshot->brokers[i].setting_count =
        keep_set(snapshot->brokers[i].settings, snapshot->brokers[i].setting_count);
  snapshot->has_configs = !snapshot->arena.exhausted;
}
