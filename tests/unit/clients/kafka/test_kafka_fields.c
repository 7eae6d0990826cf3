/* Everything that stacktop and its Kafka client process exchange arrives complete; and anything
 * that a broken client sends is refused. Also: no member of a structure is forgotten. */
#include "clients/kafka/kafka_fields.h"
#include "core/mem.h"
#include "io/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- no member is forgotten */

static size_t field_size(const struct wire_field *field) {
  switch (field->kind) {
  case WIRE_FLAG:
    return sizeof(bool);
  case WIRE_INT32:
  case WIRE_CHOICE:
    return sizeof(int32_t);
  case WIRE_PART:
    return field->element->size;
  case WIRE_ARRAY:
    return field->most * field->element->size;
  default:
    return sizeof(int64_t);
  }
}

static void mark(unsigned char *seen, const struct wire_struct *spec) {
  for (size_t i = 0; i < spec->field_count; i++) {
    const struct wire_field *field = &spec->fields[i];
    memset(seen + field->offset, 1, field_size(field));
    memset(seen + field->count_offset, field->count_size ? 1 : seen[field->count_offset],
           field->count_size ? field->count_size : 1);
  }
}

/* No word of memory starts without a field. (The second field in a word may look like padding.) */
static void check_seen(const unsigned char *seen, const struct wire_struct *spec) {
  for (size_t at = 0; at + 4 <= spec->size; at += 4)
    if (!seen[at] && !seen[at + 1] && !seen[at + 2] && !seen[at + 3] && at % 8 == 0)
      fail_msg("a member at byte %zu of %zu has no line in kafka_fields.c", at, spec->size);
}

static void check_struct(const struct wire_struct *spec) {
  unsigned char seen[1024] = {0};
  assert_true(spec->size <= sizeof seen);
  mark(seen, spec);
  check_seen(seen, spec);
  for (size_t i = 0; i < spec->field_count; i++)
    if (spec->fields[i].element)
      check_struct(spec->fields[i].element);
}

static void check_elements(const struct wire_struct *spec) {
  for (size_t i = 0; i < spec->field_count; i++)
    if (spec->fields[i].element)
      check_struct(spec->fields[i].element);
}

static void test_every_member_has_a_line(void **state) {
  (void)state;
  unsigned char seen[1024] = {0};
  check_struct(&kafka_config_fields);
  check_struct(&kafka_query_fields);
  memset(seen + offsetof(struct kafka_snapshot, arena), 1, sizeof(struct arena)); /* own memory */
  mark(seen, &kafka_snapshot_fields);
  check_seen(seen, &kafka_snapshot_fields);
  check_elements(&kafka_snapshot_fields);
  check_elements(&kafka_question_fields);
  check_elements(&kafka_answer_fields);
  memset(seen, 0, sizeof seen);
  mark(seen, &kafka_question_fields);
  mark(seen, &kafka_answer_fields);
#define OWN(member) \
  memset(seen + offsetof(struct kafka_admin, member), 1, sizeof((struct kafka_admin *)0)->member)
  OWN(arena);
  OWN(run); /* travels as a number */
  OWN(spot_capacity);
  OWN(setting_capacity);
  OWN(gate); /* each side has its own */
  OWN(ask_to_pass);
  OWN(pass_arg);
  check_seen(seen, &kafka_question_fields);
}

/* ---- there and back */

static struct wire_out out_new(void) {
  return (struct wire_out){.most = KAFKA_FRAME_MAX};
}

static struct kafka_snapshot *snapshot_make(void) {
  static const char orders[] = "orders";
  struct kafka_snapshot *snapshot = kafka_snapshot_new();
  struct arena *arena = &snapshot->arena;
  snapshot->cluster_id = "c1";
  snapshot->broker_count = 2;
  snapshot->brokers = arena_alloc(arena, 2 * sizeof *snapshot->brokers);
  snapshot->brokers[0] = (struct kafka_broker){1, "10.0.0.1:9092", true};
  snapshot->brokers[1] = (struct kafka_broker){3, "10.0.0.3:9092", false};
  snapshot->list_reason = "no answer within the time limit";
  snapshot->committed_ms = clock_now_ms();
  snapshot->topic_count = 2;
  snapshot->topics = arena_alloc(arena, 2 * sizeof *snapshot->topics);
  snapshot->topics[0].name = orders;
  snapshot->topics[0].partition_count = 2;
  snapshot->topics[0].partitions = arena_alloc(arena, 2 * sizeof(struct kafka_partition));
  snapshot->topics[0].partitions[0] = (struct kafka_partition){1, true, false, 5, INT64_MAX, NULL};
  snapshot->topics[0].partitions[1] =
      (struct kafka_partition){-1, true, false, -1, -1, "no leader"};
  snapshot->topics[1] = (struct kafka_topic){.name = "gone", .error = "no such topic"};
  snapshot->group_count = 1;
  snapshot->groups = arena_alloc(arena, sizeof *snapshot->groups);
  struct kafka_group *group = snapshot->groups;
  *group = (struct kafka_group){.name = "g",
                                .state = KAFKA_GROUP_STABLE,
                                .state_text = "Stable",
                                .error = "why",
                                .denied = 1};
  group->member_count = 1;
  group->members = arena_alloc(arena, sizeof *group->members);
  group->members[0] = (struct kafka_member){
      .client = "client", .host = "/10.0.0.7", .partitions = 2, .id = "client-1", .instance = "i"};
  group->share_count = 2;
  group->shares = arena_alloc(arena, 2 * sizeof *group->shares);
  group->shares[0] = (struct kafka_share){0, 0, 0, 17, NULL};
  group->shares[1] = (struct kafka_share){1, 4, -1, KAFKA_NO_OFFSET, "denied"};
  group->assignor = "range";
  group->coordinator = "3 (10.0.0.3:9092)";
  snapshot->topics[0].setting_count = 1;
  snapshot->topics[0].settings = arena_alloc(arena, sizeof(struct kafka_topic_setting));
  snapshot->topics[0].settings[0] =
      (struct kafka_topic_setting){"retention.ms", "5", "topic", false};
  snapshot->next_count = 1;
  snapshot->nexts = arena_alloc(arena, sizeof *snapshot->nexts);
  snapshot->nexts[0] =
      (struct kafka_next){1, 4, 17, 18, 1700000000000, 16, "late", 4001, "billing-1", "why"};
  snapshot->topics[0].partitions[0].replicas = "1, 3";
  snapshot->topics[0].partitions[0].stable = 4;
  snapshot->brokers[1].rack = "north";
  snapshot->message_count = 1;
  snapshot->messages = arena_alloc(arena, sizeof *snapshot->messages);
  snapshot->messages[0] = (struct kafka_message){
      .offset = 9, .time_ms = -1, .key_length = -1, .value_length = 2, .value = "ab"};
  kafka_snapshot_note(snapshot, "something is missing");
  return snapshot;
}

static struct wire_out snapshot_bytes(void) {
  struct kafka_snapshot *snapshot = snapshot_make();
  struct wire_out out = out_new();
  kafka_snapshot_put(&out, snapshot);
  assert_false(out.full);
  kafka_snapshot_free(snapshot);
  return out;
}

/* From a copy without any byte after its end, so that AddressSanitizer sees a read beyond it. */
static bool snapshot_read(const struct wire_out *out, size_t len, struct kafka_snapshot **snapshot,
                          char **copy) {
  *copy = malloc(len + 1);
  memcpy(*copy, out->bytes, len);
  *copy = realloc(*copy, len ? len : 1);
  *snapshot = kafka_snapshot_new();
  struct wire_in in = {*copy, len, &(*snapshot)->arena, false};
  return kafka_snapshot_get(&in, *snapshot);
}

static void test_a_snapshot_arrives(void **state) {
  (void)state;
  struct kafka_snapshot *snapshot;
  char *copy;
  struct wire_out out = snapshot_bytes();
  assert_true(snapshot_read(&out, out.len, &snapshot, &copy));
  assert_string_equal(snapshot->cluster_id, "c1");
  assert_int_equal(snapshot->broker_count, 2);
  assert_int_equal(snapshot->brokers[1].id, 3);
  assert_string_equal(snapshot->brokers[1].address, "10.0.0.3:9092");
  assert_false(snapshot->brokers[1].answered);
  assert_string_equal(snapshot->list_reason, "no answer within the time limit");
  assert_null(snapshot->rights);
  assert_true(llabs(clock_now_ms() - snapshot->committed_ms) < 5000);
  assert_int_equal(snapshot->topic_count, 2);
  const struct kafka_topic *topics = snapshot->topics;
  assert_string_equal(topics[0].name, "orders");
  assert_int_equal(topics[0].partition_count, 2);
  assert_int_equal(topics[0].partitions[0].end, INT64_MAX);
  assert_int_equal(topics[0].partitions[1].leader, -1);
  assert_string_equal(topics[0].partitions[1].error, "no leader");
  assert_null(topics[0].error);
  assert_string_equal(topics[1].error, "no such topic");
  const struct kafka_group *group = snapshot->groups;
  assert_int_equal(group->state, KAFKA_GROUP_STABLE);
  assert_true(group->denied);
  assert_string_equal(group->members[0].host, "/10.0.0.7");
  assert_int_equal(group->shares[1].topic, 1);
  assert_int_equal(group->shares[1].owner, -1);
  assert_string_equal(group->shares[1].error, "denied");
  assert_string_equal(group->members[0].instance, "i");
  assert_string_equal(group->coordinator, "3 (10.0.0.3:9092)");
  assert_string_equal(topics[0].settings[0].value, "5");
  assert_string_equal(topics[0].settings[0].source, "topic");
  assert_int_equal(snapshot->next_count, 1);
  assert_int_equal(snapshot->nexts[0].partition, 4);
  assert_int_equal(snapshot->nexts[0].time_ms, 1700000000000);
  assert_string_equal(snapshot->nexts[0].error, "late");
  assert_int_equal(snapshot->nexts[0].producer, 4001);
  assert_string_equal(snapshot->nexts[0].transactional_id, "billing-1");
  assert_string_equal(snapshot->nexts[0].producer_error, "why");
  assert_string_equal(topics[0].partitions[0].replicas, "1, 3");
  assert_null(topics[0].partitions[0].in_sync);
  assert_int_equal(topics[0].partitions[0].stable, 4);
  assert_string_equal(snapshot->brokers[1].rack, "north");
  assert_int_equal(snapshot->message_count, 1);
  assert_string_equal(snapshot->messages[0].value, "ab");
  assert_null(snapshot->messages[0].key);
  assert_int_equal(snapshot->note_count, 1);
  assert_string_equal(snapshot->notes[0], "something is missing");
  kafka_snapshot_free(snapshot);
  free(copy);
  free(out.bytes);
}

static void test_half_a_snapshot_is_refused(void **state) {
  (void)state;
  struct wire_out out = snapshot_bytes();
  for (size_t len = 0; len < out.len; len++) {
    struct kafka_snapshot *snapshot;
    char *copy;
    assert_false(snapshot_read(&out, len, &snapshot, &copy));
    kafka_snapshot_free(snapshot);
    free(copy);
  }
  free(out.bytes);
}

/* With each byte changed: whatever can still be read has indices within their lists. */
static void test_a_spoilt_snapshot_does_no_harm(void **state) {
  (void)state;
  struct wire_out out = snapshot_bytes();
  for (size_t at = 0; at < out.len; at++)
    for (int bit = 0; bit < 8; bit += 7) {
      struct kafka_snapshot *snapshot;
      char *copy;
      out.bytes[at] = (char)(out.bytes[at] ^ 1 << bit);
      if (snapshot_read(&out, out.len, &snapshot, &copy)) {
        for (size_t i = 0; i < snapshot->group_count; i++)
          for (size_t j = 0; j < snapshot->groups[i].share_count; j++)
            assert_true(snapshot->groups[i].shares[j].topic < snapshot->topic_count);
        for (size_t i = 0; i < snapshot->next_count; i++)
          assert_true(snapshot->nexts[i].topic < snapshot->topic_count);
      }
      kafka_snapshot_free(snapshot);
      free(copy);
      out.bytes[at] = (char)(out.bytes[at] ^ 1 << bit);
    }
  free(out.bytes);
}

/* A false count costs no memory. */
static void test_a_large_count_is_refused(void **state) {
  (void)state;
  uint32_t count = 900000; /* topics, of which none follows; after the partitions offline */
  struct wire_out out = out_new();
  struct kafka_snapshot *empty = kafka_snapshot_new(), *snapshot;
  empty->offline = 0x12345678;
  kafka_snapshot_put(&out, empty);
  char *copy, *offline = memmem(out.bytes, out.len, &empty->offline, sizeof empty->offline);
  assert_non_null(offline);
  memcpy(offline + sizeof empty->offline, &count, sizeof count);
  assert_false(snapshot_read(&out, out.len, &snapshot, &copy));
  assert_int_equal(snapshot->topic_count, 0);
  assert_int_equal(snapshot->arena.used, 0);
  kafka_snapshot_free(snapshot);
  kafka_snapshot_free(empty);
  free(copy);
  free(out.bytes);
}

static void test_a_question_arrives(void **state) {
  (void)state;
  struct kafka_admin *asked = kafka_admin_new(), *admin = kafka_admin_new();
  asked->run = kafka_run_set_offsets;
  asked->group = "g";
  asked->time_ms = 1700000000000;
  asked->count = 4;
  asked->text = "a\nb";
  asked->whole_topics = true;
  kafka_admin_spot(asked, "orders", 0)->want = 5;
  kafka_admin_spot(asked, "orders", 1)->committed = 7;
  struct wire_out out = out_new();
  kafka_question_put(&out, asked);
  struct wire_in in = {out.bytes, out.len, &admin->arena, false};
  assert_true(kafka_question_get(&in, admin));
  assert_ptr_equal(admin->run, kafka_run_set_offsets);
  assert_string_equal(admin->group, "g");
  assert_null(admin->topic);
  assert_null(admin->path);
  assert_string_equal(admin->text, "a\nb");
  assert_int_equal(admin->time_ms, 1700000000000);
  assert_int_equal(admin->count, 4);
  assert_true(admin->whole_topics && !admin->logs);
  assert_int_equal(admin->spot_count, 2);
  assert_string_equal(admin->spots[1].topic, "orders");
  assert_int_equal(admin->spots[0].want, 5);
  assert_int_equal(admin->spots[1].committed, 7);
  assert_non_null(kafka_admin_spot(admin, "payments", 0)); /* there is room for more */
  kafka_admin_free(asked);
  kafka_admin_free(admin);
  free(out.bytes);
}

static void test_an_answer_arrives(void **state) {
  (void)state;
  struct kafka_admin *answered = kafka_admin_new(), *admin = kafka_admin_new();
  kafka_admin_spot(answered, "orders", 0)->end = 9;
  answered->facts =
      (struct kafka_group_facts){true, true, KAFKA_GROUP_EMPTY, "Empty", SIZE_MAX >> 1};
  answered->topics = mem_new(sizeof *answered->topics);
  answered->topics[0] = (struct kafka_topic_facts){"orders", 6, 5, 3, "kQ2", "half"};
  answered->topic_count = 1;
  answered->settings = mem_new(sizeof *answered->settings);
  answered->settings[0] =
      (struct kafka_setting){"orders", "retention.ms", NULL, "topic", true, true, false};
  answered->setting_count = answered->setting_capacity = 1;
  answered->loaded = mem_dup("a file");
  answered->loaded_len = 6;
  answered->cut = answered->unsure = true;
  kafka_admin_spot(admin, "the question's", 3);
  admin->group = "kept";
  struct wire_out out = out_new();
  kafka_answer_put(&out, answered);
  struct wire_in in = {out.bytes, out.len, &admin->arena, false};
  assert_true(kafka_answer_get(&in, admin));
  assert_string_equal(admin->group, "kept");
  assert_int_equal(admin->spot_count, 1);
  assert_int_equal(admin->spots[0].end, 9);
  assert_true(admin->facts.listed && admin->facts.state == KAFKA_GROUP_EMPTY);
  assert_int_equal(admin->facts.members, SIZE_MAX >> 1);
  assert_string_equal(admin->topics[0].error, "half");
  assert_null(admin->settings[0].value);
  assert_string_equal(admin->settings[0].source, "topic");
  assert_true(admin->settings[0].secret && !admin->settings[0].fixed);
  assert_memory_equal(admin->loaded, "a file", 7);
  assert_int_equal(admin->loaded_len, 6);
  assert_true(admin->cut && admin->unsure);
  for (size_t len = 0; len < out.len; len++) { /* cut anywhere, it stays sound */
    in = (struct wire_in){out.bytes, len, &admin->arena, false};
    assert_false(kafka_answer_get(&in, admin));
  }
  kafka_admin_free(answered);
  kafka_admin_free(admin);
  free(out.bytes);
}

static void test_a_config_and_a_query_arrive(void **state) {
  (void)state;
  char *names[] = {(char[]){"a"}, (char[]){"b"}}, *values[] = {(char[]){"1"}, (char[]){""}};
  struct kafka_config config = {"k:9092", names, values, 2}, config_read = {0};
  struct kafka_query query = {.groups = names, .group_count = 2, .deadline_ms = clock_now_ms()};
  struct kafka_query query_read = {0};
  struct arena arena;
  arena_init(&arena, 1 << 16);
  struct wire_out out = out_new();
  wire_put(&out, &kafka_config_fields, &config);
  wire_put(&out, &kafka_query_fields, &query);
  struct wire_in in = {out.bytes, out.len, &arena, false};
  assert_true(wire_get(&in, &kafka_config_fields, &config_read));
  assert_true(wire_get(&in, &kafka_query_fields, &query_read));
  assert_int_equal(in.left, 0);
  assert_string_equal(config_read.bootstrap, "k:9092");
  assert_int_equal(config_read.property_count, 2);
  assert_string_equal(config_read.names[1], "b");
  assert_string_equal(config_read.values[1], "");
  assert_int_equal(query_read.group_count, 2);
  assert_int_equal(query_read.topic_count, 0);
  assert_true(llabs(query_read.deadline_ms - query.deadline_ms) <= 2);
  arena_fini(&arena);
  free(out.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_member_has_a_line),
      cmocka_unit_test(test_a_snapshot_arrives),
      cmocka_unit_test(test_half_a_snapshot_is_refused),
      cmocka_unit_test(test_a_spoilt_snapshot_does_no_harm),
      cmocka_unit_test(test_a_large_count_is_refused),
      cmocka_unit_test(test_a_question_arrives),
      cmocka_unit_test(test_an_answer_arrives),
      cmocka_unit_test(test_a_config_and_a_query_arrive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
