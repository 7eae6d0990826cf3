/* Actions on groups and topics, on a real broker: the effect, the neighbour, and the refusals.
 * Every topic and group is the test's own. */
#include "kafka_broker.h"

#include "clients/kafka/child/kafka_child.h"
#include "support/c11_threads.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#ifdef __SANITIZE_THREAD__
/* For librdkafka in this process: the test's own consumers and producers. It is not instrumented,
 * so its counting of references to a partition is not seen, and the last one's rwlock_destroy looks
 * like a race with an earlier rdlock. stacktop itself takes no rwlock. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "race:pthread_rwlock_destroy\n";
}
#endif

struct fixture {
  struct driver driver;
  struct broker broker;
  char topic[96], other_topic[96], group[96], other_group[96], state[64];
  char topic_key[200];
  const char *keys[2];
  rd_kafka_t *member;
};

/* Topics and messages are created once: a producer needs two seconds for the first message to a new
 * topic. The tests that change topics come last. */
static struct broker shared;

static void make_topics(void) {
  char topic[96], other[96];
  broker_topic(&shared, broker_name(&shared, "orders", topic), 2, NULL);
  broker_topic(&shared, broker_name(&shared, "users", other), 1, NULL);
  int64_t hour_ago = clock_now_ms() - 3600000;
  broker_produce(&shared, topic, 0, 30, hour_ago);
  broker_produce(&shared, topic, 0, 70, clock_now_ms());
  broker_produce(&shared, topic, 1, 50, hour_ago);
  broker_produce(&shared, other, 0, 40, hour_ago);
}

static void drop_topics(void) {
  char topic[96];
  broker_drop_topic(&shared, broker_name(&shared, "orders", topic));
  broker_drop_topic(&shared, broker_name(&shared, "users", topic));
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  broker_name(&shared, "orders", f->topic);
  broker_name(&shared, "users", f->other_topic);
  f->broker = shared;
  broker_tag(&f->broker); /* groups of its own */
  const char *const settings[] = {"bootstrap", f->broker.address, NULL};
  driver_open(&f->driver, &fixture_kind, settings);
  f->driver.io.kafka_child = KAFKA_CHILD_SELF;
  broker_name(&f->broker, "group", f->group);
  broker_name(&f->broker, "neighbour", f->other_group);
  snprintf(f->topic_key, sizeof f->topic_key, "%s/%s", f->group, f->topic);
  snprintf(f->state, sizeof f->state, "/tmp/kafka-act-XXXXXX");
  assert_non_null(mkdtemp(f->state));
  f->driver.state = f->state;
  *state = f;
  return 0;
}

static int on_file(const char *path, const struct stat *what, int kind, struct FTW *at) {
  (void)what, (void)kind, (void)at;
  return remove(path);
}

static int teardown(void **state) {
  struct fixture *f = *state;
  if (f->member)
    broker_leave(f->member);
  driver_close(&f->driver);
  nftw(f->state, on_file, 8, FTW_DEPTH | FTW_PHYS);
  free(f);
  return 0;
}

/* The collector's view: the group in that state. */
static void publish(struct fixture *f, const char *group, const char *group_state) {
  struct sample *sample = fixture_sample();
  char key[200];
  snprintf(key, sizeof key, "%s/%s", group, f->topic);
  fixture_row(sample, group, NULL, group, group_state, 0);
  fixture_row(sample, key, group, f->topic, NULL, -1);
  driver_publish(&f->driver, sample);
}

static void commit_all(struct fixture *f) {
  broker_commit(&f->broker, f->group, f->topic, 0, 60);
  broker_commit(&f->broker, f->group, f->topic, 1, 50);
  broker_commit(&f->broker, f->group, f->other_topic, 0, 5);
  broker_commit(&f->broker, f->other_group, f->topic, 0, 33);
  publish(f, f->group, "Empty");
}

static int64_t committed(struct fixture *f, const char *topic, int32_t partition) {
  return broker_committed(&f->broker, f->group, topic, partition);
}

/* Neither the other topic of the group nor the other group. */
static void assert_neighbours(struct fixture *f) {
  assert_int_equal(committed(f, f->other_topic, 0), 5);
  assert_int_equal(broker_committed(&f->broker, f->other_group, f->topic, 0), 33);
}

/* The driver borrows the keys until the next survey. */
static bool survey_reset(struct fixture *f, const char *to) {
  const char *params[] = {"to", to, NULL};
  f->keys[0] = f->group;
  return driver_survey(&f->driver, action_find("kafka.reset-offsets"), "lag", f->keys, params);
}

static void plan_reset(struct fixture *f, const char *to) {
  const char *picks[] = {f->topic, NULL};
  if (!survey_reset(f, to) || !driver_plan(&f->driver, picks))
    fail_msg("%s", f->driver.err.text);
}

static void assert_all(struct fixture *f, enum object_result wanted) {
  const struct outcome *outcome = &f->driver.outcome;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result != wanted)
      fail_msg("%s: %s (%s)", f->driver.plan->objects[i].key,
               object_result_name(outcome->objects[i].result), outcome->objects[i].words);
}

static void refused(struct fixture *f, const char *wanted) {
  print_message("  refused: %s\n", f->driver.err.text);
  if (!strstr(f->driver.err.text, wanted))
    fail_msg("\"%s\" instead of \"%s\"", f->driver.err.text, wanted);
}

static char *read_text(const char *path, struct stat *what) {
  char *text = calloc(1, 4096);
  int fd = open(path, O_RDONLY);
  assert_true(fd >= 0);
  assert_int_equal(fstat(fd, what), 0);
  assert_true(read(fd, text, 4095) >= 0);
  close(fd);
  return text;
}

/* ---- reset */

/* Reset, check, and back again from the undo file: by the command that the outcome offers. */
static void test_reset_and_undo(void **state) {
  struct fixture *f = *state;
  struct driver *driver = &f->driver;
  commit_all(f);
  plan_reset(f, "earliest");
  assert_int_equal(driver->plan->object_count, 2);
  if (!driver_execute(driver))
    fail_msg("%s", driver->err.text);
  assert_int_equal(committed(f, f->topic, 0), 0);
  assert_int_equal(committed(f, f->topic, 1), 0);
  assert_true(driver_verify(driver));
  assert_all(f, OBJECT_DONE);
  assert_string_equal(outcome_word(&driver->outcome), "done");
  assert_string_equal(driver->outcome.proof, "offsets read again after 5 s: 2 of 2 as planned");
  assert_neighbours(f);

  char wanted[700], path[256];
  struct stat what;
  snprintf(path, sizeof path, "%s/%s", f->state, driver->plan->objects[0].identities[5]);
  char *text = read_text(path, &what);
  snprintf(wanted, sizeof wanted, "%s,0,60\n%s,1,50\n", f->topic, f->topic);
  assert_string_equal(text, wanted);
  assert_int_equal(what.st_mode & 0777, 0600);
  free(text);
  snprintf(wanted, sizeof wanted, "kafka.reset-offsets main %s %s file=%s", f->group, f->topic,
           path);
  assert_string_equal(driver->outcome.undo, wanted);

  const char *keys[] = {f->group, NULL}, *params[] = {"file", path, NULL};
  const char *picks[] = {f->topic, NULL};
  assert_true(driver_survey(driver, action_find("kafka.reset-offsets"), "lag", keys, params));
  assert_true(driver_plan(driver, picks));
  assert_true(driver_execute(driver));
  assert_int_equal(committed(f, f->topic, 0), 60);
  assert_int_equal(committed(f, f->topic, 1), 50);
  assert_neighbours(f);
}

static void test_reset_to_a_time_and_latest(void **state) {
  struct fixture *f = *state;
  commit_all(f);
  plan_reset(f, "30m ago");
  assert_int_equal(f->driver.plan->object_count, 1); /* the other one is at its end already */
  assert_true(driver_execute(&f->driver));
  assert_int_equal(committed(f, f->topic, 0), 30);
  plan_reset(f, "latest");
  assert_in_plan(f->driver.plan, "the group loses 70 unread messages");
  assert_true(driver_execute(&f->driver));
  assert_int_equal(committed(f, f->topic, 0), 100);
  broker_commit(&f->broker, f->group, f->topic, 1, 7);
  plan_reset(f, "30m ago");
  assert_in_plan(f->driver.plan, "no message that late: its end");
  assert_neighbours(f);
}

/* ---- reset, refused */

static void test_an_active_group(void **state) {
  struct fixture *f = *state;
  commit_all(f);
  f->member = broker_join(&f->broker, f->group, f->topic);
  assert_false(survey_reset(f, "earliest"));
  refused(f, "the group is Stable; stop its 1 consumer first");
  assert_int_equal(committed(f, f->topic, 0), 60);
}

static void test_a_group_that_is_not_there(void **state) {
  struct fixture *f = *state;
  char name[96];
  broker_name(&f->broker, "unknown", name);
  publish(f, name, "Empty");
  const char *keys[] = {name, NULL}, *params[] = {"to", "latest", NULL};
  assert_false(driver_survey(&f->driver, action_find("kafka.reset-offsets"), "lag", keys, params));
  refused(f, "does not exist");
}

/* The last check, right before the change. */
static void test_a_member_joins_after_the_plan(void **state) {
  struct fixture *f = *state;
  commit_all(f);
  plan_reset(f, "earliest");
  f->member = broker_join(&f->broker, f->group, f->topic);
  assert_false(driver_execute(&f->driver));
  refused(f, "nothing was changed: the group is now Stable, with 1 member");
  assert_all(f, OBJECT_REFUSED);
  assert_null(f->driver.outcome.undo);
  assert_int_equal(committed(f, f->topic, 0), 60);
  char path[128];
  snprintf(path, sizeof path, "%s/undo", f->state);
  assert_int_equal(access(path, F_OK), -1);
}

static void test_an_offset_moves_after_the_plan(void **state) {
  struct fixture *f = *state;
  commit_all(f);
  plan_reset(f, "earliest");
  broker_commit(&f->broker, f->group, f->topic, 1, 44);
  assert_false(driver_execute(&f->driver));
  refused(f, "/1 is now at 44: another client commits for this group");
  assert_int_equal(f->driver.outcome.objects[0].result, OBJECT_SKIPPED);
  assert_int_equal(f->driver.outcome.objects[1].result, OBJECT_REFUSED);
  assert_int_equal(committed(f, f->topic, 0), 60);
  assert_int_equal(committed(f, f->topic, 1), 44);
}

static void test_no_undo_file_no_reset(void **state) {
  struct fixture *f = *state;
  char path[128];
  commit_all(f);
  plan_reset(f, "earliest");
  snprintf(path, sizeof path, "%s/undo", f->state);
  close(open(path, O_CREAT | O_WRONLY, 0600)); /* a file where the folder should be */
  assert_false(driver_execute(&f->driver));
  refused(f, "nothing was changed: cannot write the undo file");
  assert_all(f, OBJECT_REFUSED);
  assert_int_equal(committed(f, f->topic, 0), 60);
}

/* A consumer with assign() overwrites while the second look is awaited. */
static void overwrite(struct driver *driver) {
  struct fixture *f = driver->arg;
  driver->on_change = NULL;
  broker_commit(&f->broker, f->group, f->topic, 0, 61);
}

static void test_another_client_overwrites(void **state) {
  struct fixture *f = *state;
  commit_all(f);
  plan_reset(f, "earliest");
  assert_true(driver_execute(&f->driver));
  f->driver.arg = f;
  f->driver.on_change = overwrite;
  assert_true(driver_verify(&f->driver));
  print_message("  %s\n", f->driver.outcome.objects[0].words);
  assert_int_equal(f->driver.outcome.objects[0].result, OBJECT_UNKNOWN);
  assert_non_null(strstr(f->driver.outcome.objects[0].words, "another client commits"));
  assert_int_equal(f->driver.outcome.objects[1].result, OBJECT_DONE);
}

/* A group of the new protocol, created by the caller of this test with Kafka's own consumer. */
static void test_a_group_of_the_new_protocol(void **state) {
  struct fixture *f = *state;
  const char *group = getenv("STACKTOP_KAFKA_NEW_GROUP");
  if (!group)
    skip();
  publish(f, group, "Empty");
  const char *keys[] = {group, NULL}, *params[] = {"to", "latest", NULL};
  assert_false(driver_survey(&f->driver, action_find("kafka.reset-offsets"), "lag", keys, params));
  refused(f, "uses the new consumer protocol");
  assert_true(driver_survey(&f->driver, action_find("kafka.delete-group"), "lag", keys, NULL));
  assert_false(driver_plan(&f->driver, NULL));
  refused(f, "uses the new consumer protocol");
}

static void test_nonsense_files(void **state) {
  struct fixture *f = *state;
  char path[128], text[300];
  commit_all(f);
  snprintf(path, sizeof path, "%s/offsets.csv", f->state);
  const char *keys[] = {f->group, NULL}, *params[] = {"file", path, NULL};
  const struct action *action = action_find("kafka.reset-offsets");
  assert_false(driver_survey(&f->driver, action, "lag", keys, params));
  refused(f, "No such file");
  snprintf(text, sizeof text, "%s,0,5\n%s,zero,5\n", f->topic, f->topic);
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  assert_false(driver_survey(&f->driver, action, "lag", keys, params));
  refused(f, "/offsets.csv:2: the partition is missing or not a number");
  snprintf(text, sizeof text, "%s,77,5\n", f->topic);
  assert_int_equal(ftruncate(fd, 0), 0);
  assert_int_equal(pwrite(fd, text, strlen(text), 0), (ssize_t)strlen(text));
  close(fd);
  const char *picks[] = {f->topic, NULL};
  assert_true(driver_survey(&f->driver, action, "lag", keys, params));
  assert_false(driver_plan(&f->driver, picks));
  refused(f, "/77: the partition does not exist");
}

/* ---- deletions */

static void test_delete_group(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {f->group, NULL};
  commit_all(f);
  assert_true(driver_run(&f->driver, action_find("kafka.delete-group"), "lag", keys, NULL, NULL));
  assert_all(f, OBJECT_DONE);
  assert_int_equal(committed(f, f->topic, 0), -1);
  assert_int_equal(broker_committed(&f->broker, f->other_group, f->topic, 0), 33);
  assert_false(survey_reset(f, "latest"));
  refused(f, "does not exist");
}

static void test_delete_group_with_a_member(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {f->group, NULL};
  commit_all(f);
  assert_true(driver_survey(&f->driver, action_find("kafka.delete-group"), "lag", keys, NULL));
  assert_true(driver_plan(&f->driver, NULL));
  f->member = broker_join(&f->broker, f->group, f->topic);
  assert_false(driver_execute(&f->driver));
  refused(f, "nothing was changed: the group is now Stable");
  assert_true(driver_survey(&f->driver, action_find("kafka.delete-group"), "lag", keys, NULL));
  assert_false(driver_plan(&f->driver, NULL));
  refused(f, "the group is Stable; stop its 1 consumer first");
  assert_int_equal(committed(f, f->topic, 0), 60);
}

static void test_delete_offsets(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {f->topic_key, NULL};
  commit_all(f);
  assert_true(driver_run(&f->driver, action_find("kafka.delete-offsets"), "lag", keys, NULL, NULL));
  assert_all(f, OBJECT_DONE);
  assert_int_equal(committed(f, f->topic, 0), -1);
  assert_int_equal(committed(f, f->topic, 1), -1);
  assert_neighbours(f);
}

static void test_delete_offsets_of_a_subscribed_topic(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {f->topic_key, NULL};
  commit_all(f);
  f->member = broker_join(&f->broker, f->group, f->topic);
  assert_true(driver_survey(&f->driver, action_find("kafka.delete-offsets"), "lag", keys, NULL));
  assert_true(driver_plan(&f->driver, NULL));
  driver_execute(&f->driver);
  assert_all(f, OBJECT_REFUSED);
  print_message("  refused: %s\n", f->driver.outcome.objects[0].words);
  assert_non_null(strstr(f->driver.outcome.objects[0].words, "GROUP_SUBSCRIBED_TO_TOPIC"));
  assert_int_equal(committed(f, f->topic, 0), 60);
}

/* ---- topics */

static void test_add_partitions(void **state) {
  struct fixture *f = *state;
  const char *picks[] = {f->topic, NULL}, *params[] = {"count", "5", NULL};
  const struct action *action = action_find("kafka.add-partitions");
  assert_true(driver_run(&f->driver, action, NULL, NULL, params, picks));
  assert_all(f, OBJECT_DONE);
  assert_int_equal(broker_partitions(&f->broker, f->topic), 5);
  assert_int_equal(broker_partitions(&f->broker, f->other_topic), 1);

  const char *seven[] = {"count", "7", NULL};
  assert_true(driver_survey(&f->driver, action, NULL, NULL, seven));
  assert_true(driver_plan(&f->driver, picks));
  struct plan *plan = f->driver.plan; /* as if it had been created before */
  plan->objects[0].identities[1] = "2";
  assert_false(driver_execute(&f->driver));
  refused(f, "nothing was changed: the topic now has 5 partitions");
  assert_int_equal(broker_partitions(&f->broker, f->topic), 5);
}

/* Polls: a change may be visible a moment later. */
static void assert_setting(struct fixture *f, const char *topic, const char *name,
                           const char *wanted) {
  int64_t until = clock_now_ms() + BROKER_MS;
  char *text = broker_setting(&f->broker, topic, name);
  while (strcmp(text, wanted) != 0 && clock_now_ms() < until) {
    usleep(20000);
    free(text);
    text = broker_setting(&f->broker, topic, name);
  }
  check_text(text, wanted, "%s of %s", name, topic);
  free(text);
}

static void set(struct fixture *f, const char *topic, const char *name, const char *value) {
  const char *picks[] = {topic, NULL}, *params[] = {"name", name, "value", value, NULL};
  if (!driver_run(&f->driver, action_find("kafka.set-topic-config"), NULL, NULL, params, picks))
    fail_msg("%s=%s: %s", name, value, f->driver.err.text);
  assert_all(f, OBJECT_DONE);
}

static void test_set_topic_config(void **state) {
  struct fixture *f = *state;
  char topic[96];
  const char *const own[] = {"max.message.bytes", "123456", "segment.ms", "7777777", NULL};
  broker_topic(&f->broker, broker_name(&f->broker, "settings", topic), 1, own);
  set(f, topic, "retention.ms", "7200000");
  assert_setting(f, topic, "retention.ms", "7200000 (DYNAMIC_TOPIC_CONFIG)");
  assert_setting(f, topic, "max.message.bytes", "123456 (DYNAMIC_TOPIC_CONFIG)");
  assert_setting(f, topic, "segment.ms", "7777777 (DYNAMIC_TOPIC_CONFIG)");
  assert_setting(f, f->topic, "retention.ms", "604800000 (DEFAULT_CONFIG)");
  char *undo = mem_dup(f->driver.outcome.undo);
  assert_non_null(strstr(undo, "name=retention.ms value="));
  free(undo);
  set(f, topic, "retention.ms", "");
  assert_setting(f, topic, "retention.ms", "604800000 (DEFAULT_CONFIG)");
  assert_setting(f, topic, "max.message.bytes", "123456 (DYNAMIC_TOPIC_CONFIG)");
  assert_setting(f, topic, "segment.ms", "7777777 (DYNAMIC_TOPIC_CONFIG)");

  const struct action *action = action_find("kafka.set-topic-config");
  const char *picks[] = {topic, NULL};
  const char *nonsense[] = {"name", "no.such.setting", "value", "1", NULL};
  assert_false(driver_survey(&f->driver, action, NULL, NULL, nonsense));
  refused(f, "unknown topic setting \"no.such.setting\"");
  const char *bad[] = {"name", "retention.ms", "value", "soon", NULL};
  assert_true(driver_survey(&f->driver, action, NULL, NULL, bad));
  assert_true(driver_plan(&f->driver, picks));
  assert_false(driver_execute(&f->driver));
  refused(f, "INVALID_CONFIG");
  assert_all(f, OBJECT_REFUSED);
  const char *late[] = {"name", "segment.ms", "value", "8888888", NULL};
  assert_true(driver_survey(&f->driver, action, NULL, NULL, late));
  assert_true(driver_plan(&f->driver, picks));
  f->driver.plan->objects[0].identities[2] = "=6666666"; /* as it was when the plan was made */
  assert_false(driver_execute(&f->driver));
  refused(f, "nothing was changed: segment.ms is now 7777777");
  assert_setting(f, topic, "segment.ms", "7777777 (DYNAMIC_TOPIC_CONFIG)");
  broker_drop_topic(&f->broker, topic);
}

static void test_delete_records(void **state) {
  struct fixture *f = *state;
  int64_t low, high;
  char part[120];
  snprintf(part, sizeof part, "%s/0", f->topic);
  const char *picks[] = {part, NULL}, *params[] = {"before", "30m ago", NULL};
  const struct action *action = action_find("kafka.delete-records");
  assert_true(driver_run(&f->driver, action, NULL, NULL, params, picks));
  assert_all(f, OBJECT_DONE);
  broker_ends(&f->broker, f->topic, 0, &low, &high);
  assert_int_equal(low, 30);
  assert_int_equal(high, 100);
  broker_ends(&f->broker, f->topic, 1, &low, &high);
  assert_int_equal(low, 0);
  broker_ends(&f->broker, f->other_topic, 0, &low, &high);
  assert_int_equal(low, 0);
}

static void test_records_of_a_compacted_topic(void **state) {
  struct fixture *f = *state;
  char topic[96];
  int64_t low, high;
  const char *const own[] = {"cleanup.policy", "compact", NULL};
  broker_topic(&f->broker, broker_name(&f->broker, "compacted", topic), 1, own);
  broker_produce(&f->broker, topic, 0, 10, clock_now_ms());
  const char *picks[] = {topic, NULL}, *params[] = {"before", "end", NULL};
  assert_true(driver_survey(&f->driver, action_find("kafka.delete-records"), NULL, NULL, params));
  assert_true(driver_plan(&f->driver, picks));
  driver_execute(&f->driver);
  assert_all(f, OBJECT_REFUSED);
  print_message("  refused: %s\n", f->driver.outcome.objects[0].words);
  assert_non_null(strstr(f->driver.outcome.objects[0].words, "POLICY_VIOLATION"));
  broker_ends(&f->broker, topic, 0, &low, &high);
  assert_int_equal(low, 0);
  broker_drop_topic(&f->broker, topic);
}

/* ---- not the planned object */

static void set_pin(struct fixture *f, const char *name, const char *value) {
  struct plan *plan = f->driver.plan;
  for (size_t identity = 0; identity < plan->identity_count; identity++)
    for (size_t i = 0; i < plan->object_count; i++)
      if (strcmp(plan->identities[identity], name) == 0)
        plan->objects[i].identities[identity] = value;
}

/* To any partition: also to one that the plan does not name. */
static void test_delete_group_that_has_committed_since(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {f->group, NULL};
  broker_commit(&f->broker, f->group, f->topic, 0, 60);
  publish(f, f->group, "Empty");
  assert_true(driver_survey(&f->driver, action_find("kafka.delete-group"), "lag", keys, NULL));
  assert_true(driver_plan(&f->driver, NULL));
  broker_commit(&f->broker, f->group, f->other_topic, 0, 7);
  assert_false(driver_execute(&f->driver));
  refused(f, "nothing was changed: the group has committed to ");
  refused(f, "/0 since the plan");
  assert_all(f, OBJECT_REFUSED);
  assert_int_equal(committed(f, f->topic, 0), 60);
  assert_true(driver_survey(&f->driver, action_find("kafka.delete-group"), "lag", keys, NULL));
  assert_true(driver_plan(&f->driver, NULL));
  broker_commit(&f->broker, f->group, f->topic, 0, 61);
  assert_false(driver_execute(&f->driver));
  refused(f, "is now at 61");
}

static void test_offsets_to_delete_have_moved(void **state) {
  struct fixture *f = *state;
  const char *keys[] = {f->topic_key, NULL};
  commit_all(f);
  assert_true(driver_survey(&f->driver, action_find("kafka.delete-offsets"), "lag", keys, NULL));
  assert_true(driver_plan(&f->driver, NULL));
  broker_commit(&f->broker, f->group, f->topic, 1, 51);
  assert_false(driver_execute(&f->driver));
  refused(f, "is now at 51");
  assert_int_equal(committed(f, f->topic, 0), 60);
}

static void plan_topic(struct fixture *f, const char *id, const char *const *params,
                       const char *topic) {
  const char *picks[] = {topic, NULL};
  if (!driver_survey(&f->driver, action_find(id), NULL, NULL, params) ||
      !driver_plan(&f->driver, picks))
    fail_msg("%s: %s", id, f->driver.err.text);
}

static void make_anew(struct fixture *f, const char *topic, int partitions) {
  broker_drop_topic(&f->broker, topic);
  broker_topic(&f->broker, topic, partitions, NULL);
}

/* As many messages as before, in another log: recognised by its id if librdkafka reports it,
 * otherwise by their age. */
static void test_a_recreated_topic(void **state) {
  struct fixture *f = *state;
  char topic[96];
  int64_t low, high;
  const char *before[] = {"before", "50", NULL}, *count[] = {"count", "5", NULL};
  const char *setting[] = {"name", "retention.ms", "value", "3600000", NULL};
  broker_topic(&f->broker, broker_name(&f->broker, "anew", topic), 1, NULL);
  broker_produce(&f->broker, topic, 0, 80, clock_now_ms());
  plan_topic(f, "kafka.delete-records", before, topic);
  bool has_id = *f->driver.plan->objects[0].identities[6] != '\0';
  if (!has_id)
    assert_in_plan(f->driver.plan, "does not report topic ids");
  make_anew(f, topic, 1);
  broker_produce(&f->broker, topic, 0, 80, clock_now_ms());
  assert_false(driver_execute(&f->driver));
  refused(f, has_id ? "was recreated: its id was" : "newer than the plan");
  broker_ends(&f->broker, topic, 0, &low, &high);
  assert_int_equal(low, 0);
  /* as it is now it may be truncated: messages that arrive meanwhile do no harm */
  plan_topic(f, "kafka.delete-records", before, topic);
  broker_produce(&f->broker, topic, 0, 5, clock_now_ms());
  if (!driver_execute(&f->driver))
    fail_msg("%s", f->driver.err.text);
  plan_topic(f, "kafka.add-partitions", count, topic);
  make_anew(f, topic, has_id ? 1 : 2);
  assert_false(driver_execute(&f->driver));
  refused(f, has_id ? "was recreated: its id was" : "now has 2 partitions");
  plan_topic(f, "kafka.set-topic-config", setting, topic);
  make_anew(f, topic, 1);
  bool set = driver_execute(&f->driver);
  assert_true(set != has_id); /* without an id it cannot be recognised, and the plan says so */
  broker_drop_topic(&f->broker, topic);
}

static void test_a_setting_has_changed(void **state) {
  struct fixture *f = *state;
  char topic[96];
  const char *setting[] = {"name", "retention.ms", "value", "3600000", NULL};
  const char *other[] = {"name", "retention.ms", "value", "7200000", NULL};
  const char *const none[] = {NULL};
  broker_topic(&f->broker, broker_name(&f->broker, "setting", topic), 1, none);
  plan_topic(f, "kafka.set-topic-config", setting, topic);
  struct plan *first = f->driver.plan;
  f->driver.plan = NULL;
  plan_topic(f, "kafka.set-topic-config", other, topic);
  assert_true(driver_execute(&f->driver));
  assert_setting(f, topic, "retention.ms", "7200000 (DYNAMIC_TOPIC_CONFIG)");
  plan_free(f->driver.plan);
  f->driver.plan = first;
  assert_false(driver_execute(&f->driver));
  refused(f, "nothing was changed: retention.ms is now 7200000");
  broker_drop_topic(&f->broker, topic);
}

/* ---- what holds for every action, whatever goes wrong */

static const struct {
  const char *id;
  char key; /* g: of the group's row, t: of its topic's; 0: none */
  bool picks;
  const char *params[5];
} cases[] = {{"kafka.reset-offsets", 'g', true, {"to", "earliest"}},
             {"kafka.delete-offsets", 't', false, {0}},
             {"kafka.delete-group", 'g', false, {0}},
             {"kafka.add-partitions", 0, true, {"count", "9"}},
             {"kafka.set-topic-config", 0, true, {"name", "retention.ms", "value", "3600000"}},
             {"kafka.delete-records", 0, true, {"before", "end"}}};

static bool survey_case(struct fixture *f, size_t i) {
  f->keys[0] = cases[i].key == 'g' ? f->group : f->topic_key;
  return driver_survey(&f->driver, action_find(cases[i].id), cases[i].key ? "lag" : NULL,
                       cases[i].key ? f->keys : NULL, cases[i].params);
}

static void plan_case(struct fixture *f, size_t i) {
  const char *picks[] = {f->topic, NULL};
  if (!survey_case(f, i) || !driver_plan(&f->driver, cases[i].picks ? picks : NULL))
    fail_msg("%s: %s", cases[i].id, f->driver.err.text);
}

static void assert_untouched(struct fixture *f) {
  int64_t low, high;
  assert_int_equal(committed(f, f->topic, 0), 60);
  assert_int_equal(committed(f, f->topic, 1), 50);
  assert_neighbours(f);
  assert_int_equal(broker_partitions(&f->broker, f->topic), 2);
  broker_ends(&f->broker, f->topic, 0, &low, &high);
  assert_int_equal(low, 0);
  char *text = broker_setting(&f->broker, f->topic, "retention.ms");
  assert_string_equal(text, "604800000 (DEFAULT_CONFIG)");
  free(text);
}

static void pretend_sent(struct fixture *f) {
  struct driver *driver = &f->driver;
  if (driver->has_outcome)
    outcome_fini(&driver->outcome);
  outcome_init(&driver->outcome, driver->plan->object_count);
  driver->has_outcome = true;
  outcome_set_all(&driver->outcome, OBJECT_PENDING, OBJECT_SENT, "as if it were accepted");
}

static void test_each_identity(void **state) {
  static const struct {
    const char *id, *name, *value, *words;
  } broken[] = {
      {"", "cluster", "AnotherClustersIdentity", "a different cluster answers at this address"},
      {"kafka.reset-offsets", "group", "no-such-group", "the group no longer exists"},
      {"kafka.reset-offsets", "topic", "no-such-topic", "no-such-topic/"},
      {"kafka.reset-offsets", "old", "59", ": another client commits for this group"},
      {"kafka.delete-offsets", "group", "no-such-group", "no longer has a committed offset"},
      {"kafka.delete-offsets", "old", "59", "is now at"},
      {"kafka.delete-group", "group", "no-such-group", "the group no longer exists"},
      {"kafka.delete-group", "offsets", "", "has committed to"},
      {"kafka.add-partitions", "partitions", "1", "now has 2 partitions"},
      {"kafka.add-partitions", "topic", "no-such-topic", "the topic no-such-topic: "},
      {"kafka.set-topic-config", "old", "=6666666", "retention.ms is"},
      /* since librdkafka 2.4 the topic's id shows it, before that the partition */
      {"kafka.delete-records", "topic", "no-such-topic", "no-such-topic"},
      {"kafka.delete-records", "end", "1000000", "is a different log now"},
  };
  struct fixture *f = *state;
  commit_all(f);
  for (size_t i = 0; i < COUNT(cases); i++)
    for (size_t b = 0; b < COUNT(broken); b++) {
      if (*broken[b].id && strcmp(broken[b].id, cases[i].id) != 0)
        continue;
      plan_case(f, i);
      set_pin(f, broken[b].name, broken[b].value);
      assert_false(driver_execute(&f->driver));
      print_message("  %s, %s: ", cases[i].id, broken[b].name);
      refused(f, broken[b].words);
      assert_non_null(strstr(f->driver.err.text, "nothing was changed: "));
      for (size_t v = 0; v < f->driver.outcome.count; v++)
        assert_true(f->driver.outcome.objects[v].result == OBJECT_REFUSED ||
                    f->driver.outcome.objects[v].result == OBJECT_SKIPPED);
    }
  assert_untouched(f);
}

/* All of it takes a minute more, mostly verifications that wait for a result that never comes. */
static bool is_long(void) {
  return getenv("STACKTOP_KAFKA_LONG");
}

/* The verification reads for itself: a change that was accepted and did not happen is not done. */
static void test_each_verification_sees_that_nothing_was_done(void **state) {
  struct fixture *f = *state;
  commit_all(f);
  for (size_t i = 0; i < COUNT(cases); i++) {
    if (!is_long() && strncmp(cases[i].id, "kafka.delete-", 13) != 0)
      continue;
    plan_case(f, i);
    pretend_sent(f);
    if (!driver_verify(&f->driver))
      fail_msg("%s: %s", cases[i].id, f->driver.err.text);
    assert_all(f, OBJECT_UNKNOWN);
  }
}

static void test_each_verification_refuses_another_cluster(void **state) {
  struct fixture *f = *state;
  commit_all(f);
  for (size_t i = 0; i < COUNT(cases); i++) {
    plan_case(f, i);
    pretend_sent(f);
    set_pin(f, "cluster", "AnotherClustersIdentity");
    assert_false(driver_verify(&f->driver));
    refused(f, "a different cluster answers at this address");
    assert_null(strstr(f->driver.err.text, "nothing was changed")); /* it was */
    assert_all(f, OBJECT_UNKNOWN);
  }
}

/* Before the question was sent, or with the client's process stopped: it never passes the gate. */
static void drop_step(struct fixture *f, const struct step_kind *step, bool hangs) {
  struct driver *driver = &f->driver;
  driver_begin(driver, step);
  for (int turn = 0; hangs && turn < 5; turn++) {
    uv_run(&driver->loop, UV_RUN_NOWAIT);
    broker_stop_children();
  }
  assert_false(driver->ended);
  driver_drop(driver);
}

static void test_each_step_is_dropped(void **state) {
  struct fixture *f = *state;
  commit_all(f);
  for (size_t i = 0; i < COUNT(cases); i++)
    for (int hangs = 0; hangs < 2; hangs++) {
      const struct action *action = action_find(cases[i].id);
      plan_case(f, i);
      drop_step(f, action->survey, hangs);
      pretend_sent(f);
      outcome_set_all(&f->driver.outcome, OBJECT_SENT, OBJECT_PENDING, "not yet");
      drop_step(f, action->execute, hangs);
      assert_all(f, OBJECT_SKIPPED);
      pretend_sent(f);
      drop_step(f, action->verify, hangs);
      assert_all(f, OBJECT_UNKNOWN);
    }
  assert_untouched(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
  if (kafka_child_wanted(argc, argv))
    return kafka_child_main();
  broker_open(&shared, broker_address());
  const struct CMUnitTest tests[] = {
      TEST(test_reset_and_undo),
      TEST(test_reset_to_a_time_and_latest),
      TEST(test_an_active_group),
      TEST(test_a_group_that_is_not_there),
      TEST(test_a_member_joins_after_the_plan),
      TEST(test_an_offset_moves_after_the_plan),
      TEST(test_no_undo_file_no_reset),
      TEST(test_another_client_overwrites),
      TEST(test_a_group_of_the_new_protocol),
      TEST(test_nonsense_files),
      TEST(test_delete_group),
      TEST(test_delete_group_with_a_member),
      TEST(test_delete_offsets),
      TEST(test_delete_offsets_of_a_subscribed_topic),
      TEST(test_each_identity),
      TEST(test_each_verification_sees_that_nothing_was_done),
      TEST(test_delete_group_that_has_committed_since),
      TEST(test_offsets_to_delete_have_moved),
      TEST(test_a_recreated_topic),
      TEST(test_a_setting_has_changed),
      TEST(test_add_partitions),
      TEST(test_set_topic_config),
      TEST(test_delete_records),
      TEST(test_records_of_a_compacted_topic),
  };
  const struct CMUnitTest long_tests[] = {
      TEST(test_each_verification_sees_that_nothing_was_done),
      TEST(test_each_verification_refuses_another_cluster),
      TEST(test_each_step_is_dropped),
  };
  make_topics();
  int failed = is_long() ? cmocka_run_group_tests(long_tests, NULL, NULL)
                         : cmocka_run_group_tests(tests, NULL, NULL);
  drop_topics();
  broker_close(&shared);
  return failed;
}
