/* Groups, their members, and topics that are watched for changes, from snapshots made by hand. */
#include "support/core_test.h"

#include "collectors/kafka/kafka_inventory.h"
#include "model/inventory.h"

struct watch_fixture {
  struct events events;
  struct inventories known;
  struct kafka_member members[3];
  struct kafka_group group;
  struct kafka_listed topics[2];
  struct kafka_snapshot snapshot;
};

static int setup(void **state) {
  struct watch_fixture *fixture = calloc(1, sizeof *fixture);
  assert_non_null(fixture);
  fixture->members[0] = (struct kafka_member){.client = "app", .host = "/10.0.0.7"};
  fixture->members[1] = (struct kafka_member){.client = "app", .host = "/10.0.0.7"};
  fixture->members[2] = (struct kafka_member){.client = "a\nb c", .host = "/10.0.0.9"};
  fixture->group = (struct kafka_group){
      .name = "g", .state = KAFKA_GROUP_STABLE, .members = fixture->members, .member_count = 2};
  fixture->topics[0] = (struct kafka_listed){"orders", 3, NULL};
  fixture->topics[1] = (struct kafka_listed){"late", 1, NULL};
  fixture->snapshot = (struct kafka_snapshot){.groups = &fixture->group,
                                              .group_count = 1,
                                              .listed = fixture->topics,
                                              .listed_count = 1,
                                              .topic_count_all = 8};
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct watch_fixture *fixture = *state;
  events_fini(&fixture->events);
  inventories_fini(&fixture->known);
  free(fixture);
  return 0;
}

/* A collection, and how many events there have been. */
static size_t take(struct watch_fixture *fixture, bool whole) {
  struct sample *sample = sample_new(NULL, 0);
  kafka_inventory_fill(sample, &fixture->snapshot, whole);
  inventories_update(&fixture->known, sample->inventories, sample->inventory_count,
                     &fixture->events, 1000, "main");
  sample_free(sample);
  return fixture->events.count;
}

static const char *newest(const struct watch_fixture *fixture) {
  return events_get(&fixture->events, 0)->text;
}

static void test_members(void **state) {
  struct watch_fixture *fixture = *state;
  assert_int_equal(take(fixture, true), 0);
  fixture->group.member_count = 1;
  assert_int_equal(take(fixture, true), 1);
  assert_string_equal(newest(fixture), "group g changed: app@10.0.0.7: 2 members -> 1 member");
  fixture->group.state = KAFKA_GROUP_REBALANCING; /* its members are not known */
  fixture->group.member_count = 0;
  assert_int_equal(take(fixture, true), 1);
  fixture->group.state = KAFKA_GROUP_STABLE;
  fixture->group.member_count = 3;
  assert_int_equal(take(fixture, true), 2);
  assert_string_equal(
      newest(fixture),
      "group g changed: + a_b_c@10.0.0.9 1 member, app@10.0.0.7: 1 member -> 2 members");
  fixture->group.state = KAFKA_GROUP_EMPTY;
  fixture->group.member_count = 0;
  assert_int_equal(take(fixture, true), 3);
  assert_string_equal(newest(fixture),
                      "group g changed: - a_b_c@10.0.0.9 1 member, - app@10.0.0.7 2 members");
}

/* They are read once a minute: in between they are as before. */
static void test_settings_of_a_topic(void **state) {
  struct watch_fixture *fixture = *state;
  const char **settings = &fixture->topics[0].settings;
  *settings = "retention.ms 604800000\n";
  assert_int_equal(take(fixture, true), 0);
  *settings = NULL;
  assert_int_equal(take(fixture, true), 0);
  *settings = "cleanup.policy compact\nretention.ms 60000\n";
  assert_int_equal(take(fixture, true), 1);
  assert_string_equal(newest(fixture),
                      "settings of topic orders changed: + cleanup.policy compact, retention.ms: "
                      "604800000 -> 60000");
  *settings = "";
  assert_int_equal(take(fixture, true), 2);
  assert_string_equal(newest(fixture), "settings of topic orders changed: - cleanup.policy "
                                       "compact, - retention.ms 60000");
}

/* A silent broker may coordinate it, a limit may hide it, a right may be missing. */
static void test_a_group_is_gone_only_if_all_are_listed(void **state) {
  struct watch_fixture *fixture = *state;
  take(fixture, true);
  fixture->snapshot.group_count = 0;
  assert_int_equal(take(fixture, false), 0);
  fixture->snapshot.groups_left_out = 1;
  assert_int_equal(take(fixture, true), 0);
  fixture->snapshot.groups_left_out = 0;
  fixture->snapshot.rights = "needs DESCRIBE";
  assert_int_equal(take(fixture, true), 0);
  fixture->snapshot.rights = NULL;
  assert_int_equal(take(fixture, true), 1);
  assert_string_equal(newest(fixture), "group g is gone");
}

static void test_topics(void **state) {
  struct watch_fixture *fixture = *state;
  take(fixture, true);
  fixture->topics[0].partition_count = 6;
  fixture->snapshot.listed_count = 2;
  assert_int_equal(take(fixture, true), 2);
  assert_string_equal(newest(fixture), "topic late appeared");
  assert_string_equal(events_get(&fixture->events, 1)->text,
                      "topic orders changed: 3 partitions -> 6 partitions");
  fixture->topics[0].partition_count = 0; /* not known */
  fixture->snapshot.listed_count = 1;
  assert_int_equal(take(fixture, true), 3);
  assert_string_equal(newest(fixture), "topic late is gone");
  fixture->snapshot.listed_count = 0; /* too many for their names: that is no end of them */
  assert_int_equal(take(fixture, true), 3);
  fixture->snapshot.topic_count_all = 9;
  assert_int_equal(take(fixture, true), 4);
  assert_string_equal(newest(fixture), "number of topics changed: 8 -> 9");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_members),
      TEST(test_settings_of_a_topic),
      TEST(test_a_group_is_gone_only_if_all_are_listed),
      TEST(test_topics),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
