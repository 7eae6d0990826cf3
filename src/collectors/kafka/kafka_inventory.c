#include "collectors/kafka/kafka_inventory.h"

#include "core/mem.h"
#include "core/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_MAX = 2 * KAFKA_NAME_MAX + 4, MEMBERS_MAX = 64, SETTING_MAX = 400 };

/* "client@10.0.0.7", one word: the name of a part of a list. */
struct place {
  char text[PLACE_MAX];
};

static int compare_places(const void *a, const void *b) {
  return strcmp(((const struct place *)a)->text, ((const struct place *)b)->text);
}

static void place_of(const struct kafka_member *member, struct place *place) {
  const char *host = member->host ? member->host : "";
  snprintf(place->text, sizeof place->text, "%s@%s", member->client ? member->client : "?",
           *host == '/' ? host + 1 : host);
  for (char *at = place->text; *at; at++)
    if (*at == ' ' || *at == '\n')
      *at = '_';
}

/* A line for each place, with its number of members; of a large group only the number of all. */
static const char *members_of(struct sample *sample, const struct kafka_group *group) {
  if (group->member_count > MEMBERS_MAX)
    return sample_printf(sample, "members %zu", group->member_count);
  struct place *places = mem_new((group->member_count + 1) * sizeof *places);
  const char *list = "";
  for (size_t i = 0; i < group->member_count; i++)
    place_of(&group->members[i], &places[i]);
  qsort(places, group->member_count, sizeof *places, compare_places);
  for (size_t i = 0, end; i < group->member_count; i = end) {
    for (end = i; end < group->member_count && compare_places(&places[i], &places[end]) == 0;)
      end++;
    list = sample_printf(sample, "%s%s %zu member%s\n", list, places[i].text, end - i,
                         end - i == 1 ? "" : "s");
  }
  free(places);
  return list;
}

/* While a group rebalances its list of members is incomplete. */
static void fill_groups(struct sample *sample, const struct kafka_snapshot *snapshot) {
  struct inventory *inventory = sample_inventory(
      sample, "groups", INVENTORY_COMES_AND_GOES | INVENTORY_LISTS, snapshot->group_count);
  for (size_t i = 0; inventory && i < snapshot->group_count; i++) {
    const struct kafka_group *group = &snapshot->groups[i];
    const bool known = group->state == KAFKA_GROUP_STABLE || group->state == KAFKA_GROUP_EMPTY;
    sample_item(sample, inventory, sample_printf(sample, "group %.249s", group->name),
                known ? members_of(sample, group) : NULL, false);
  }
}

/* A topic that has just been created has no partitions for a moment. */
static void fill_topics(struct sample *sample, const struct kafka_snapshot *snapshot) {
  struct inventory *inventory =
      sample_inventory(sample, "topics", INVENTORY_COMES_AND_GOES, snapshot->listed_count);
  for (size_t i = 0; inventory && i < snapshot->listed_count; i++) {
    const struct kafka_listed *topic = &snapshot->listed[i];
    sample_item(sample, inventory, sample_printf(sample, "topic %.249s", topic->name),
                topic->partition_count == 0
                    ? NULL
                    : sample_printf(sample, "%d partition%s", topic->partition_count,
                                    topic->partition_count == 1 ? "" : "s"),
                false);
  }
}

/* More topics than are listed by name. */
static void fill_topic_count(struct sample *sample, const struct kafka_snapshot *snapshot) {
  struct inventory *inventory = sample_inventory(sample, "number of topics", 0, 1);
  if (inventory)
    sample_item(sample, inventory, "number of topics",
                sample_printf(sample, "%u", snapshot->topic_count_all), false);
}

/* A line for each setting. Kafka reports no value of a secret; a name that tells of one hides what
 * Kafka does not know to be secret. */
static const char *settings_of(struct sample *sample, const struct kafka_topic_setting *settings,
                               size_t count) {
  const char *list = "";
  for (size_t i = 0; i < count; i++) {
    const bool secret = !settings[i].value || name_is_secret(settings[i].name);
    char value[SETTING_MAX];
    snprintf(value, sizeof value, "%s", secret ? "(secret)" : settings[i].value);
    for (char *at = value; *at; at++)
      if (*at == '\n')
        *at = ' ';
    list = sample_printf(sample, "%s%.100s %s\n", list, settings[i].name, value);
  }
  return list;
}

/* Those that are not the default. A topic that appears is an event of its own. */
static void fill_settings(struct sample *sample, const struct kafka_snapshot *snapshot) {
  struct inventory *topics =
      sample_inventory(sample, "topic settings", INVENTORY_LISTS, snapshot->config_count);
  for (size_t i = 0; topics && i < snapshot->config_count; i++) {
    const struct kafka_topic *topic = &snapshot->configs[i];
    sample_item(sample, topics, sample_printf(sample, "settings of topic %.249s", topic->name),
                topic->settings_error ? NULL
                                      : settings_of(sample, topic->settings, topic->setting_count),
                false);
  }
  struct inventory *brokers =
      sample_inventory(sample, "broker settings", INVENTORY_LISTS, snapshot->broker_count);
  for (uint32_t i = 0; brokers && i < snapshot->broker_count; i++) {
    const struct kafka_broker *broker = &snapshot->brokers[i];
    sample_item(sample, brokers, sample_printf(sample, "settings of broker %d", broker->id),
                broker->settings_error
                    ? NULL
                    : settings_of(sample, broker->settings, broker->setting_count),
                false);
  }
}

void kafka_inventory_fill(struct sample *sample, const struct kafka_snapshot *snapshot,
                          bool whole) {
  if (whole && !snapshot->rights && snapshot->groups_left_out == 0)
    fill_groups(sample, snapshot);
  if (snapshot->listed_count > 0 && !sample->arena.exhausted)
    fill_topics(sample, snapshot);
  else if (snapshot->topic_count_all > 0)
    fill_topic_count(sample, snapshot);
  if (snapshot->has_configs && !sample->arena.exhausted)
    fill_settings(sample, snapshot);
}
