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
  fixture->topics[0] = (struct kafka_listed){"orders", 3};
  fixture->topics[1] = (struct kafka_listed){"late", 1};
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

static void test_settings(void **state) {
  struct watch_fixture *fixture = *state;
  struct kafka_topic_setting orders[] = {
      {.name = "retention.ms", .value = "3600000", .source = "topic"},
      {.name = "cleanup.policy", .value = "compact,\ndelete", .source = "topic"},
      {.name = "secret.thing", .value = "abc", .source = "topic"}};
  struct kafka_topic_setting own[] = {
      {.name = "log.cleaner.threads", .value = "2", .source = "cluster"},
      {.name = "ssl.keystore.password", .value = NULL, .source = "broker"}};
  struct kafka_topic configs[] = {{.name = "orders", .settings = orders, .setting_count = 3},
                                  {.name = "late"}};
  struct kafka_broker broker = {.id = 7, .settings = own, .setting_count = 1};
  take(fixture, true);
  fixture->snapshot.configs = configs;
  fixture->snapshot.config_count = 2;
  fixture->snapshot.brokers = &broker;
  fixture->snapshot.broker_count = 1;
  fixture->snapshot.has_configs = true;
  assert_int_equal(take(fixture, true), 0);
  fixture->snapshot.has_configs = false; /* they are read now and then */
  assert_int_equal(take(fixture, true), 0);
  fixture->snapshot.has_configs = true;
  orders[0].value = "60000";
  orders[2].value = "def"; /* a secret */
  assert_int_equal(take(fixture, true), 1);
  assert_string_equal(newest(fixture),
                      "settings of topic orders changed: retention.ms: 3600000 -> 60000");
  configs[0].setting_count = 1;
  broker.setting_count = 2;
  assert_int_equal(take(fixture, true), 3);
  assert_string_equal(newest(fixture),
                      "settings of broker 7 changed: + ssl.keystore.password (secret)");
  assert_string_equal(events_get(&fixture->events, 1)->text,
                      "settings of topic orders changed: - cleanup.policy compact, delete, "
                      "- secret.thing (secret)");
  configs[0].settings_error = broker.settings_error = "needs DESCRIBE_CONFIGS";
  configs[0].setting_count = broker.setting_count = 0;
  fixture->snapshot.config_count = 1; /* the other one was deleted: an event of the topic */
  assert_int_equal(take(fixture, true), 3);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_members),
      TEST(test_a_group_is_gone_only_if_all_are_listed),
      TEST(test_topics),
      TEST(test_settings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
