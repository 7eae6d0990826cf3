/* Kafka's plans, from fixed surveys and models. */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_words.h"
#include "kafka_fixture.h"

#include <time.h>

static const int64_t now = 1795579200000; /* 2026-11-25 04:00:00 UTC */

struct fixture {
  struct driver driver;
  struct kafka_admin *admin;
};

static const char *const settings[] = {"bootstrap", "127.0.0.1:9092", NULL};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  setenv("TZ", "Europe/Berlin", 1);
  tzset();
  driver_open(&fixture->driver, &fixture_kind, settings);
  fixture->admin = kafka_admin_new();
  fixture->admin->group = "ecap group";
  fixture->admin->facts = (struct kafka_group_facts){
      .listed = true, .classic = true, .state = KAFKA_GROUP_EMPTY, .state_text = "Empty"};
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  driver_close(&fixture->driver);
  kafka_admin_free(fixture->admin);
  free(fixture);
  return 0;
}

/* topic/partition: committed, start, end, and where the time is */
static struct kafka_spot *spot(struct fixture *fixture, const char *topic, int32_t partition,
                               int64_t committed, int64_t start, int64_t end, int64_t at) {
  struct kafka_spot *added = kafka_admin_spot(fixture->admin, topic, partition);
  added->committed = committed;
  added->start = start;
  added->end = end;
  added->at = at;
  added->asked = true;
  return added;
}

static void usual_spots(struct fixture *fixture) {
  spot(fixture, "orders", 0, 500, 100, 1000, 700);
  spot(fixture, "orders", 1, 1000, 0, 1000, KAFKA_NO_OFFSET);
  spot(fixture, "orders", 2, KAFKA_NO_OFFSET, 0, 300, 10);
  spot(fixture, "users", 0, 50, 80, 90, 85);
}

/* The model's sample: the group as the collector saw it. */
static void model(struct fixture *fixture, const char *group_state, int64_t committed,
                  int64_t taken_ms) {
  struct sample *sample = fixture_sample();
  fixture_row(sample, "ecap group", NULL, "ecap group", group_state, 0);
  fixture_row(sample, "ecap group/orders", "ecap group", "orders", NULL, -1);
  fixture_row(sample, "ecap group/orders/0", "ecap group/orders", "partition 0", NULL, committed);
  driver_publish(&fixture->driver, sample);
  sample->taken_ms = taken_ms;
}

static const char *const group_keys[] = {"ecap group", NULL};

static bool make_plan(struct fixture *fixture, const struct action *action, const char *table,
                      const char *const *keys, const char *const *texts, const char *const *picks) {
  struct driver *driver = &fixture->driver;
  struct action_request *request = &driver->request;
  driver->action = action;
  for (size_t i = 0; i < DRIVER_PARAMS_MAX; i++)
    option_value_fini(&driver->values[i]);
  memset(driver->values, 0, sizeof driver->values);
  for (size_t i = 0; i < action->spec.param_count; i++) {
    driver->texts[i] = texts ? texts[i] : NULL;
    if (driver->texts[i])
      assert_true(option_parse(&action->spec.params[i], driver->texts[i], &driver->values[i],
                               &driver->err));
  }
  *request = (struct action_request){.model = &driver->model,
                                     .target = driver->config->targets[0],
                                     .table = table,
                                     .keys = keys,
                                     .key_count = keys ? 1 : 0,
                                     .params = driver->values,
                                     .texts = driver->texts,
                                     .found = driver->found,
                                     .chosen = picks,
                                     .now_ms = now,
                                     .state = "/state"};
  for (const char *const *pick = picks; pick && *pick; pick++)
    request->chosen_count++;
  plan_free(driver->plan);
  driver->plan = plan_new(&action->spec, "main", NULL, false);
  for (size_t i = 0; i < action->spec.param_count; i++)
    if (driver->texts[i])
      plan_param_add(driver->plan, action->spec.params[i].name, driver->texts[i]);
  driver->err = (struct err){0};
  return action->plan(request, driver->plan, &driver->err);
}

static bool reset(struct fixture *fixture, enum kafka_to_kind kind, int64_t number,
                  const char *const *picks) {
  struct kafka_to to = {kind, number};
  fixture->admin->time_ms = kind == KAFKA_TO_TIME ? number : -1;
  sample_free(fixture->driver.found);
  fixture->driver.found = kafka_found_group(fixture->admin, &to);
  fixture->driver.found->taken_ms = now;
  const char *texts[] = {NULL, kind == KAFKA_TO_FILE ? "/tmp/o.csv" : NULL};
  return make_plan(fixture, action_find("kafka.reset-offsets"), "lag", group_keys, texts, picks);
}

static void says(struct fixture *fixture, const char *wanted) {
  assert_in_plan(fixture->driver.plan, wanted);
}

static void says_not(struct fixture *fixture, const char *unwanted) {
  const struct plan *plan = fixture->driver.plan;
  for (size_t i = 0; i < plan->text_count; i++)
    assert_null(strstr(plan->texts[i].text, unwanted));
}

static void refused(struct fixture *fixture, const char *wanted) {
  if (!strstr(fixture->driver.err.text, wanted))
    fail_msg("\"%s\" instead of \"%s\"", fixture->driver.err.text, wanted);
}

/* "orders/0:500>100 ..." */
static const char *moves(struct fixture *fixture, char out[400]) {
  out[0] = '\0';
  for (size_t i = 0; i < fixture->driver.plan->object_count; i++) {
    const struct plan_object *object = &fixture->driver.plan->objects[i];
    size_t used = strlen(out);
    snprintf(out + used, 400 - used, "%s%s:%s>%s", i ? " " : "", object->key, object->identities[2],
             object->identities[3]);
  }
  return out;
}

static const char *const orders[] = {"orders", NULL};
static const char *const all[] = {"orders", "users", NULL};

static void test_reset_to_earliest(void **state) {
  struct fixture *fixture = *state;
  char text[400];
  usual_spots(fixture);
  assert_true(reset(fixture, KAFKA_TO_EARLIEST, 0, all));
  assert_string_equal(moves(fixture, text),
                      "orders/0:500>100 orders/1:1000>0 orders/2:>0 users/0:50>80");
  assert_string_equal(fixture->driver.plan->name, "ecap group");
  assert_int_equal(fixture->driver.plan->count, 4);
  says(fixture, "Reset 4 offsets of group ecap group");
  says(fixture, "replays 1,400 messages in 2 partitions");
  says(fixture, "skips 0 unread messages in 1 partition"); /* its messages are deleted already */
  says(fixture, "kafka-consumer-groups.sh --bootstrap-server 127.0.0.1:9092 --group 'ecap group' "
                "--reset-offsets --to-earliest --topic orders:0,1,2 --topic users:0 --execute");
  says(fixture, "/state/undo/kafka-reset-offsets-main-ecap_group-20261125T040000.000Z.csv first");
  says(fixture, "1 partition had no committed offset before");
  says(fixture, "a consumer that uses assign() is not listed");
}

static void test_reset_to_latest_reports_the_loss(void **state) {
  struct fixture *fixture = *state;
  char text[400];
  usual_spots(fixture);
  assert_true(reset(fixture, KAFKA_TO_LATEST, 0, orders));
  assert_string_equal(moves(fixture, text), "orders/0:500>1000 orders/2:>300");
  says(fixture, "latest on a group with lag: the group loses 500 unread messages");
  says(fixture, "1 partition is already at the target offset");
}

static void test_reset_to_an_offset_is_clamped(void **state) {
  struct fixture *fixture = *state;
  char text[400];
  usual_spots(fixture);
  assert_true(reset(fixture, KAFKA_TO_OFFSET, 999999, all));
  assert_string_equal(moves(fixture, text), "orders/0:500>1000 orders/2:>300 users/0:50>90");
  says(fixture, "clamped from 999,999 to the log's end");
  says(fixture, "3 offsets are clamped");
  assert_true(reset(fixture, KAFKA_TO_OFFSET, 20, orders));
  assert_string_equal(moves(fixture, text), "orders/0:500>100 orders/1:1000>20 orders/2:>20");
  says(fixture, "clamped from 20 to the log's start");
}

static void test_reset_by_a_shift(void **state) {
  struct fixture *fixture = *state;
  char text[400];
  static const char *const two[] = {"orders/0", "orders/1", NULL};
  usual_spots(fixture);
  assert_true(reset(fixture, KAFKA_TO_SHIFT, -450, two));
  assert_string_equal(moves(fixture, text), "orders/0:500>100 orders/1:1000>550");
  says(fixture, "clamped from 50 to the log's start");
  says(fixture, "--shift-by -450 --topic orders:0,1 ");
  assert_true(reset(fixture, KAFKA_TO_SHIFT, INT64_MAX, two));
  assert_string_equal(moves(fixture, text), "orders/0:500>1000");
  assert_false(reset(fixture, KAFKA_TO_SHIFT, 5, orders));
  refused(fixture, "orders/2 has no committed offset to shift from");
}

static void test_reset_to_a_time(void **state) {
  struct fixture *fixture = *state;
  char text[400];
  usual_spots(fixture);
  fixture->admin->spots[1].committed = 400;
  assert_true(reset(fixture, KAFKA_TO_TIME, now - 3600000, orders));
  assert_string_equal(moves(fixture, text), "orders/0:500>700 orders/1:400>1000 orders/2:>10");
  says(fixture, "no message that late: its end");
  says(fixture, "1 partition has no message that late: set to the end");
  says(fixture,
       "to the first message not older than 2026-11-25 04:00:00 (2026-11-25 03:00:00 UTC)");
  says(fixture, "--to-datetime 2026-11-25T03:00:00.000 ");
  says(fixture, "skips 800 unread messages in 2 partitions");
}

static void test_reset_from_a_file(void **state) {
  struct fixture *fixture = *state;
  char text[400];
  usual_spots(fixture);
  fixture->admin->spots[0].want = 300;
  fixture->admin->spots[1].want = 2000;
  fixture->admin->spots[2].asked = fixture->admin->spots[3].asked = false;
  assert_true(reset(fixture, KAFKA_TO_FILE, 0, orders));
  assert_string_equal(moves(fixture, text), "orders/0:500>300");
  says(fixture, "--from-file /tmp/o.csv --execute");
  static const char *const users[] = {"users", NULL};
  assert_false(reset(fixture, KAFKA_TO_FILE, 0, users));
  refused(fixture, "users cannot be selected: not in the list");
}

/* The model's sample says which cluster it is of. */
static void model_cluster(struct fixture *fixture, const char *id) {
  static const struct column_spec columns[] = {{.id = "cluster_id", .title = "CLUSTER ID"}};
  static const struct table_spec cluster = {
      .id = "cluster", .title = "Cluster", .columns = columns, .column_count = 1};
  static const struct table_spec *const specs[] = {&cluster, &fixture_table};
  struct sample *sample = sample_new(specs, 2);
  struct row *row = sample_row(sample, sample_table(sample, "cluster"), "main", NULL);
  row->cells[0] = value_text(sample_copy(sample, id));
  fixture_row(sample, "ecap group", NULL, "ecap group", "Empty", 0);
  driver_publish(&fixture->driver, sample);
  sample->taken_ms = now - 1000;
}

/* The cluster of the survey is pinned, and must be the one on the screen. */
static void test_the_cluster_is_pinned(void **state) {
  struct fixture *fixture = *state;
  usual_spots(fixture);
  assert_true(reset(fixture, KAFKA_TO_EARLIEST, 0, all));
  says(fixture, "the cluster does not report its id");
  fixture->admin->cluster = "MkU3OEVBNTcwNTJENDM2Qg";
  model_cluster(fixture, "MkU3OEVBNTcwNTJENDM2Qg");
  assert_true(reset(fixture, KAFKA_TO_EARLIEST, 0, all));
  says(fixture, "the cluster is still MkU3OEVBNTcwNTJENDM2Qg");
  assert_string_equal(fixture->driver.plan->objects[0].identities[6], "MkU3OEVBNTcwNTJENDM2Qg");
  model_cluster(fixture, "AnotherOne");
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, all));
  refused(fixture, "a different cluster answers at this address");
}

static void test_nothing_is_reset(void **state) {
  struct fixture *fixture = *state;
  static const char *const one[] = {"orders/1", NULL};
  static const char *const none[] = {NULL};
  usual_spots(fixture);
  assert_false(reset(fixture, KAFKA_TO_LATEST, 0, one));
  refused(fixture, "nothing to do");
  assert_false(reset(fixture, KAFKA_TO_LATEST, 0, none));
  refused(fixture, "nothing is picked");
  fixture->admin->spots[0].error = "no leader";
  assert_false(reset(fixture, KAFKA_TO_LATEST, 0, orders));
  refused(fixture, "orders/0: no leader; deselect it");
}

static void test_groups_that_are_not_reset(void **state) {
  struct fixture *fixture = *state;
  struct kafka_group_facts *facts = &fixture->admin->facts;
  usual_spots(fixture);
  *facts = (struct kafka_group_facts){true, true, KAFKA_GROUP_STABLE, "Stable", 3};
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  refused(fixture, "the group is Stable; stop its 3 consumers first");
  *facts = (struct kafka_group_facts){true, false, KAFKA_GROUP_STABLE, "Stable", 0};
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  refused(fixture, "uses the new consumer protocol (Stable)");
  *facts = (struct kafka_group_facts){true, false, KAFKA_GROUP_EMPTY, "Empty", 0};
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  refused(fixture, "uses the new consumer protocol (Empty)");
  *facts = (struct kafka_group_facts){false, true, KAFKA_GROUP_DEAD, "Dead", 0};
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  refused(fixture, "the group ecap group does not exist");
  *facts = (struct kafka_group_facts){true, true, KAFKA_GROUP_REBALANCING, "PreparingRebalance", 0};
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  refused(fixture, "the group is PreparingRebalance; it must be Empty");
}

/* The collection, two seconds ago or since, has other offsets: a client commits without being a
 * member. If the group had members then, that is expected. */
static void test_offsets_that_move_though_it_is_empty(void **state) {
  struct fixture *fixture = *state;
  usual_spots(fixture);
  model(fixture, "Empty", 500, now - 2000);
  assert_true(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  model(fixture, "Empty", 490, now - 2000);
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  refused(fixture, "orders/0 was at 490 and is at 500");
  model(fixture, "Empty", 510, now + 2000);
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  refused(fixture, "orders/0 was at 500 and is at 510");
  model(fixture, "Stable", 490, now - 2000);
  assert_true(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  model(fixture, "Stable", 500, now + 2000);
  assert_false(reset(fixture, KAFKA_TO_EARLIEST, 0, orders));
  refused(fixture, "the group is now Stable");
}

/* ---- the others */

static void test_delete_group(void **state) {
  struct fixture *fixture = *state;
  usual_spots(fixture);
  fixture->driver.found = kafka_found_group(fixture->admin, NULL);
  const struct action *action = action_find("kafka.delete-group");
  assert_true(make_plan(fixture, action, "lag", group_keys, NULL, NULL));
  const struct plan *plan = fixture->driver.plan;
  assert_int_equal(plan->count, 1);
  assert_string_equal(plan->name, "ecap group");
  assert_string_equal(plan->objects[0].identities[2], "orders,0,500\norders,1,1000\nusers,0,50\n");
  says(fixture, "--delete --group 'ecap group'");
  says(fixture, "undo/kafka-delete-group-main-ecap_group-20261125T040000.000Z.csv");
}

static void test_delete_offsets(void **state) {
  struct fixture *fixture = *state;
  static const char *const keys[] = {"ecap group/orders", NULL};
  usual_spots(fixture);
  model(fixture, "Stable", 500, now);
  fixture->driver.found = kafka_found_group(fixture->admin, NULL);
  const struct action *action = action_find("kafka.delete-offsets");
  assert_true(make_plan(fixture, action, "lag", keys, NULL, NULL));
  assert_int_equal(fixture->driver.plan->object_count, 2); /* nothing is committed to the third */
  assert_string_equal(fixture->driver.plan->name, "orders");
  says(fixture, "Delete 2 offsets of group ecap group in orders");
  says(fixture, "--delete-offsets --group 'ecap group' --topic orders");
}

static void topics(struct fixture *fixture) {
  struct kafka_admin *admin = fixture->admin;
  static const struct kafka_setting some[] = {
      {.topic = "orders",
       .name = "cleanup.policy",
       .value = "compact",
       .source = "topic",
       .own = true},
      {.topic = "orders", .name = "retention.ms", .value = "604800000", .source = "default"},
      {.topic = "users", .name = "retention.ms", .value = "1000", .source = "topic", .own = true},
  };
  admin->topics = mem_new(2 * sizeof *admin->topics);
  admin->topics[0] = (struct kafka_topic_facts){"orders", 3, 3, 1, NULL};
  admin->topics[1] = (struct kafka_topic_facts){"users", 1, 1, 1, NULL};
  admin->topic_count = 2;
  admin->name = "retention.ms";
  admin->settings = mem_new(sizeof some);
  memcpy(admin->settings, some, sizeof some);
  admin->setting_count = 3;
  fixture->driver.found = kafka_found_topics(admin);
}

static void test_add_partitions(void **state) {
  struct fixture *fixture = *state;
  const struct action *action = action_find("kafka.add-partitions");
  const char *six[] = {"6"}, *three[] = {"3"};
  topics(fixture);
  model(fixture, "Stable", 500, now);
  assert_true(make_plan(fixture, action, NULL, NULL, six, orders));
  assert_string_equal(fixture->driver.plan->name, "orders");
  says(fixture, "Add 3 partitions to orders");
  says(fixture, "kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --alter --topic orders "
                "--partitions 6");
  says(fixture, "read by 1 group: ecap group");
  says(fixture, "the number of partitions cannot be reduced again");
  assert_false(make_plan(fixture, action, NULL, NULL, three, orders));
  refused(fixture, "orders has 3 partitions; the number can only be increased");
  assert_false(make_plan(fixture, action, NULL, NULL, six, NULL));
  refused(fixture, "no topic is picked");
}

static void test_set_topic_config(void **state) {
  struct fixture *fixture = *state;
  const struct action *action = action_find("kafka.set-topic-config");
  static const char *const users[] = {"users", NULL};
  const char *hour[] = {"retention.ms", "3600000"}, *none[] = {"retention.ms", ""};
  const char *same[] = {"retention.ms", "1000"};
  topics(fixture);
  assert_true(make_plan(fixture, action, NULL, NULL, hour, orders));
  says(fixture, "Set retention.ms of topic orders to 3600000");
  says(fixture, "retention.ms is 604800000 now, set by: default");
  says(fixture, "its other topic settings are kept: cleanup.policy=compact");
  says(fixture, "--entity-name orders --add-config retention.ms=3600000");
  says(fixture, "kafka.set-topic-config main orders name=retention.ms value=''");
  says(fixture, "what the new value no longer keeps");
  assert_string_equal(fixture->driver.plan->objects[0].identities[2], "");
  assert_true(make_plan(fixture, action, NULL, NULL, none, users));
  says(fixture, "--delete-config retention.ms");
  assert_string_equal(fixture->driver.plan->objects[0].identities[2], "=1000");
  assert_true(make_plan(fixture, action, NULL, NULL, hour, users)); /* more is kept than now */
  says_not(fixture, "what the new value no longer keeps");
  assert_false(make_plan(fixture, action, NULL, NULL, none, orders));
  refused(fixture, "is at its default already");
  assert_false(make_plan(fixture, action, NULL, NULL, same, users));
  refused(fixture, "is 1000 already");
}

static void records(struct fixture *fixture, enum kafka_to_kind kind, int64_t number) {
  struct kafka_to to = {kind, number};
  fixture->admin->group = NULL;
  fixture->admin->time_ms = kind == KAFKA_TO_TIME ? number : -1;
  sample_free(fixture->driver.found);
  fixture->driver.found = kafka_found_records(fixture->admin, &to);
}

static void test_delete_records(void **state) {
  struct fixture *fixture = *state;
  const struct action *action = action_find("kafka.delete-records");
  const char *texts[] = {"600"};
  usual_spots(fixture);
  model(fixture, "Empty", 500, now);
  records(fixture, KAFKA_TO_OFFSET, 600);
  assert_true(make_plan(fixture, action, NULL, NULL, texts, orders));
  assert_int_equal(fixture->driver.plan->object_count, 3);
  says(fixture, "Delete 1,400 messages of 3 partitions");
  says(fixture, "group ecap group (Empty) has not read 100 messages of them in orders");
  says(fixture, "{\"topic\":\"orders\",\"partition\":2,\"offset\":300}");
  says(fixture, "clamped to the log's end: all");
  records(fixture, KAFKA_TO_TIME, now - 60000);
  assert_true(make_plan(fixture, action, NULL, NULL, texts, orders));
  says(fixture, "no message that late: all");
  records(fixture, KAFKA_TO_LATEST, 0);
  assert_true(make_plan(fixture, action, NULL, NULL, texts, orders));
  says(fixture, "Delete 2,200 messages");
  records(fixture, KAFKA_TO_OFFSET, 80);
  static const char *const users[] = {"users", NULL};
  assert_false(make_plan(fixture, action, NULL, NULL, texts, users));
  refused(fixture, "nothing to do");
}

/* ---- the rows that they apply to */

static void test_rows(void **state) {
  struct fixture *fixture = *state;
  struct driver *driver = &fixture->driver;
  const struct action *group = action_find("kafka.delete-group");
  const struct action *topic = action_find("kafka.delete-offsets");
  static const char *const topic_keys[] = {"ecap group/orders", NULL};
  static const char *const part_keys[] = {"ecap group/orders/0", NULL};
  static const char *const gone[] = {"other", NULL};
  model(fixture, "Empty", 500, now);
  struct action_request request = {
      .model = &driver->model, .table = "lag", .keys = group_keys, .key_count = 1};
  struct err err = {0};
  assert_true(group->applies(&request, &err));
  assert_false(topic->applies(&request, &err));
  assert_string_equal(err.text, "only for a topic of a group");
  request.keys = topic_keys;
  assert_true(topic->applies(&request, &err));
  assert_false(group->applies(&request, &err));
  assert_string_equal(err.text, "only for a group");
  request.keys = part_keys;
  assert_false(topic->applies(&request, &err));
  request.keys = gone;
  assert_false(topic->applies(&request, &err));
  struct sample *sample = fixture_sample();
  fixture_row(sample, "ecap group", NULL, "ecap group", "Stable", 3);
  driver_publish(driver, sample);
  request.keys = group_keys;
  assert_false(group->applies(&request, &err));
  assert_string_equal(err.text, "it is Stable; stop its 3 consumers first");
}

static void test_words_are_quoted(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, 4096);
  assert_string_equal(shown_word(&arena, "ecap-1.a_b"), "ecap-1.a_b");
  assert_string_equal(shown_word(&arena, ""), "''");
  assert_string_equal(shown_word(&arena, "a b"), "'a b'");
  assert_string_equal(shown_word(&arena, "it's $(x)"), "'it'\\''s $(x)'");
  arena_fini(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_reset_to_earliest),
      TEST(test_reset_to_latest_reports_the_loss),
      TEST(test_reset_to_an_offset_is_clamped),
      TEST(test_reset_by_a_shift),
      TEST(test_reset_to_a_time),
      TEST(test_reset_from_a_file),
      TEST(test_the_cluster_is_pinned),
      TEST(test_nothing_is_reset),
      TEST(test_groups_that_are_not_reset),
      TEST(test_offsets_that_move_though_it_is_empty),
      TEST(test_delete_group),
      TEST(test_delete_offsets),
      TEST(test_add_partitions),
      TEST(test_set_topic_config),
      TEST(test_delete_records),
      TEST(test_rows),
      cmocka_unit_test(test_words_are_quoted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
