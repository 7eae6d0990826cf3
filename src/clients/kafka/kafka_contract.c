#include "clients/kafka/kafka_contract.h"

#include "core/mem.h"

#include <errno.h>
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

int32_t kafka_partition_of_key(const char *key) {
  const char *topic = strchr(key, '/'); /* a topic's name has no slash */
  const char *number = topic ? strchr(topic + 1, '/') : NULL;
  if (!number || number[1] < '0' || number[1] > '9')
    return -1;
  char *end;
  errno = 0;
  long partition = strtol(number + 1, &end, 10);
  return *end || errno || partition > INT32_MAX ? -1 : (int32_t)partition;
}
