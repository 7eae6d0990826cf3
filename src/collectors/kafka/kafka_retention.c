#include "collectors/kafka/kafka_retention.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *kafka_setting_value(const struct kafka_topic *topic, const char *name) {
  for (size_t i = 0; i < topic->setting_count; i++)
    if (strcmp(topic->settings[i].name, name) == 0)
      return topic->settings[i].value;
  return NULL;
}

/* False: it is missing, or not a number. */
static bool number_of(const struct kafka_topic *topic, const char *name, int64_t *number) {
  const char *text = kafka_setting_value(topic, name);
  char *end = NULL;
  errno = 0;
  *number = text ? strtoll(text, &end, 10) : -1;
  return text && *text && !*end && errno == 0;
}

const char *kafka_retention_of(const struct kafka_topic *topic, int64_t *retention_ms,
                               bool *by_size) {
  int64_t bytes;
  const char *policy = kafka_setting_value(topic, "cleanup.policy");
  if (topic->settings_error)
    return topic->settings_error;
  if (!policy || !number_of(topic, "retention.ms", retention_ms))
    return "the retention of the topic is not known";
  if (!strstr(policy, "delete"))
    return "the topic is compacted: nothing is deleted by age";
  if (by_size)
    *by_size = number_of(topic, "retention.bytes", &bytes) && bytes >= 0;
  return *retention_ms < 0 ? "retention.ms is -1: nothing is deleted by age" : NULL;
}
