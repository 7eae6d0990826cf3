#include "collectors/kafka/kafka_inventory.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_MAX = 2 * KAFKA_NAME_MAX + 4, MEMBERS_MAX = 64 };

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

/* Which topics are in the snapshot depends on the groups: that one appears is no change. */
static void fill_topics(struct sample *sample, const struct kafka_snapshot *snapshot) {
  struct inventory *inventory = sample_inventory(sample, "topics", 0, snapshot->topic_count + 1);
  if (!inventory)
    return;
  if (!snapshot->topics_hidden)
    sample_item(sample, inventory, "number of topics",
                sample_printf(sample, "%u", snapshot->topic_count_all), false);
  for (size_t i = 0; i < snapshot->topic_count; i++) {
    const struct kafka_topic *topic = &snapshot->topics[i];
    sample_item(sample, inventory, sample_printf(sample, "partitions of topic %.249s", topic->name),
                topic->error || topic->partition_count == 0
                    ? NULL
                    : sample_printf(sample, "%d", topic->partition_count),
                false);
  }
}

void kafka_inventory_fill(struct sample *sample, const struct kafka_snapshot *snapshot,
                          bool whole) {
  if (whole && !snapshot->rights && snapshot->groups_left_out == 0)
    fill_groups(sample, snapshot);
  fill_topics(sample, snapshot);
}
