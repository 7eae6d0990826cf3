#include "clients/kafka/kafka_contract.h"

#include "core/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

char *kafka_group_key(const char *group) {
  char *key = mem_new(strlen(group) * 3 + 1), *to = key;
  for (; *group; group++) {
    const char *escape = *group == '/' ? "%2F" : *group == '%' ? "%25" : NULL;
    size_t length = escape ? 3 : 1;
    memcpy(to, escape ? escape : group, length);
    to += length;
  }
  return key;
}

char *kafka_topic_key(const char *group_key, const char *topic) {
  return mem_printf("%s/%s", group_key, topic);
}

char *kafka_partition_key(const char *topic_key, int32_t partition) {
  return mem_printf("%s/%d", topic_key, partition);
}

char *kafka_group_of_key(const char *key) {
  const size_t length = strcspn(key, "/");
  char *group = mem_new(length + 1), *to = group;
  for (const char *at = key; at < key + length; at++) {
    const bool escaped = at[0] == '%' && at + 2 < key + length + 1 && at[1] && at[2];
    *to++ = !escaped ? *at : at[1] == '2' && at[2] == 'F' ? '/' : '%';
    at += escaped ? 2 : 0;
  }
  *to = '\0';
  return group;
}

char *kafka_topic_of_key(const char *key) {
  const char *topic = strchr(key, '/'); /* a topic's name has no slash */
  return topic ? mem_printf("%.*s", (int)strcspn(topic + 1, "/"), topic + 1) : NULL;
}

/* After the slash; -1 if it is none. */
static int32_t partition_read(const char *slash) {
  if (!slash || slash[1] < '0' || slash[1] > '9')
    return -1;
  char *end;
  errno = 0;
  long partition = strtol(slash + 1, &end, 10);
  return *end || errno || partition > INT32_MAX ? -1 : (int32_t)partition;
}

int32_t kafka_partition_of_key(const char *key) {
  const char *topic = strchr(key, '/'); /* a topic's name has no slash */
  return partition_read(topic ? strchr(topic + 1, '/') : NULL);
}

char *kafka_topics_topic_of_key(const char *key) {
  return mem_printf("%.*s", (int)strcspn(key, "/"), key);
}

int32_t kafka_topics_partition_of_key(const char *key) {
  return partition_read(strchr(key, '/'));
}
