/* A record as a line, and back. */
#include "audit_fixture.h"

#include "audit/audit_format.h"
#include "audit/read/audit_parse.h"
#include "core/mem.h"

static void check_again(const struct audit_record *record) {
  struct audit_parsed parsed;
  char *line = audit_line(record);
  assert_null(strchr(line, '\n'));
  assert_true(audit_parse(&parsed, line, strlen(line)));
  char *again = audit_line(&parsed.record);
  assert_string_equal(line, again);
  audit_parsed_fini(&parsed);
  free(line);
  free(again);
}

static void test_an_intent(void **state) {
  (void)state;
  struct audit_record record = fixture_intent("20261125T040312.123-4711-1");
  record.at_ms = 1795579392123;
  char *line = audit_line(&record);
  assert_string_equal(
      line,
      "{\"version\":1,\"event\":\"intent\",\"id\":\"20261125T040312.123-4711-1\","
      "\"at_ms\":1795579392123,\"at\":\"2026-11-25T04:03:12.123Z\",\"action\":\"postgres."
      "terminate\","
      "\"kind\":\"postgres\",\"target\":\"ecap\",\"title\":\"Terminate 2 sessions of ecap\","
      "\"who\":{\"user\":\"ops\",\"login\":\"ann\",\"ssh\":\"10.0.0.7 "
      "51234\",\"tty\":\"/dev/pts/3\","
      "\"host\":\"b1\",\"uid\":1000,\"pid\":4711,\"pid_start\":99},\"platform\":\"ecap\","
      "\"environment\":\"production\",\"address\":\"10.0.0.9:5432\",\"danger\":\"destructive\","
      "\"hash\":\"0f3a\",\"confirm\":\"production 2\",\"count\":2,\"unit\":\"sessions\","
      "\"params\":{\"older_than\":\"10min\",\"note\":\"it's \\\"me\\\"\"},"
      "\"plan\":[\"Commands\",\"  SELECT pg_terminate_backend(8123)\"],"
      "\"victims\":[{\"key\":\"8123/17\",\"label\":\"pid 8123\"},"
      "{\"key\":\"8124/18\",\"label\":\"pid 8124\"}]}");
  free(line);
  check_again(&record);
}

static void test_an_outcome(void **state) {
  (void)state;
  struct audit_record record = fixture_outcome("a-1");
  char *line = audit_line(&record);
  assert_non_null(strstr(line, "\"result\":\"done\",\"proof\":\"2 of 2 are gone\","
                               "\"undo\":\"postgres.x ecap 'a b'\",\"plan_ms\":12,\"wait_ms\":3400,"
                               "\"execute_ms\":5,\"verify_ms\":210,"));
  assert_non_null(strstr(line, "\"result\":\"done\",\"words\":\"gone after 0.2 s\"}"));
  free(line);
  check_again(&record);
  record.verify_ms = -1;
  line = audit_line(&record);
  assert_null(strstr(line, "verify_ms"));
  free(line);
  check_again(&record);
}

static void test_partly_done(void **state) {
  (void)state;
  struct audit_record record = fixture_outcome("a-1");
  struct audit_object objects[] = {
      {"a", "a", "partly", "stopped", {.done = 100, .total = 340, .unit = "rows"}},
      {"b", "b", "partly", "", {.done = 7, .at_least = true, .unit = "keys"}},
      {"c", "c", "partly", "it has left an index", {0}},
  };
  struct audit_parsed parsed;
  char text[OBJECT_TEXT_MAX];
  record.result = "partial";
  record.objects = objects;
  record.object_count = 3;
  char *line = audit_line(&record);
  assert_non_null(strstr(line, "\"result\":\"partly\",\"done\":100,\"total\":340,\"unit\":\"rows\","
                               "\"words\":\"stopped\"}"));
  assert_non_null(
      strstr(line, "\"result\":\"partly\",\"done\":7,\"at_least\":true,\"unit\":\"keys\""));
  assert_non_null(strstr(line, "\"result\":\"partly\",\"words\":\"it has left an index\"}"));
  check_again(&record);
  assert_true(audit_parse(&parsed, line, strlen(line)));
  assert_string_equal(audit_object_text(text, &parsed.record.objects[0]),
                      "100 of 340 rows: stopped");
  assert_string_equal(audit_object_text(text, &parsed.record.objects[1]),
                      "at least 7 keys, total unknown");
  audit_parsed_fini(&parsed);
  free(line);
}

static void test_its_output(void **state) {
  (void)state;
  struct audit_record record = fixture_outcome("a-1");
  const struct output outputs[] = {
      {.stream = OUTPUT_STDOUT, .text = "a\n\x1b[2J\xff", .len = 7, .tail = ""},
      {.stream = OUTPUT_STDERR,
       .text = "b\n",
       .len = 2,
       .left_out = 7,
       .tail = "c",
       .tail_len = 1}};
  record.outputs = outputs;
  record.output_count = 2;
  char *line = audit_line(&record);
  assert_non_null(
      strstr(line, "\"output\":[{\"stream\":\"stdout\",\"text\":\"a\\n\\u001b[2J\xef\xbf\xbd\"},"
                   "{\"stream\":\"stderr\",\"text\":\"b\\n\",\"left_out\":7,\"tail\":\"c\"}],"
                   "\"victims\":["));
  free(line);
  check_again(&record);
}

/* Unknown values are absent, and those that readers rely on are present. */
static void test_next_to_nothing(void **state) {
  (void)state;
  struct audit_record record = {.event = AUDIT_OUTCOME, .id = "x"};
  check_again(&record);
  char *line = audit_line(&record);
  assert_null(strstr(line, "null"));
  assert_null(strstr(line, "count"));
  free(line);
}

/* A server's bytes: they neither break the line, nor act on the terminal of a reader. */
static void test_bytes_of_a_server(void **state) {
  (void)state;
  struct audit_record record = fixture_intent("a-1");
  struct audit_object object = {.key = "a\nb\xff\xc3", .label = "\x1b[2J\xc2\x9b\xe2\x80\xae\"\\"};
  record.objects = &object;
  record.object_count = 1;
  char *line = audit_line(&record);
  assert_non_null(strstr(line, "{\"key\":\"a\\nb\xef\xbf\xbd\xef\xbf\xbd\","
                               "\"label\":\"\\u001b[2J\\u009b\\u202e\\\"\\\\\"}"));
  free(line);
  check_again(&record);
}

enum { MANY = 20000 };

static struct audit_object *many_objects(size_t words) {
  struct audit_object *objects = calloc(MANY, sizeof *objects);
  for (size_t i = 0; i < MANY; i++) {
    char *text = calloc(1, words + 1);
    memset(text, 'w', words);
    objects[i] = (struct audit_object){
        .key = mem_printf("%zu", i), .label = mem_printf("pid %zu", i), .words = text};
  }
  return objects;
}

static void free_objects(struct audit_object *objects) {
  for (size_t i = 0; i < MANY; i++) {
    free((void *)(uintptr_t)objects[i].key);
    free((void *)(uintptr_t)objects[i].label);
    free((void *)(uintptr_t)objects[i].words);
  }
  free(objects);
}

/* All objects that a plan may have, where their texts are short; otherwise as many as fit, and the
 * number of the others. */
static void test_the_ceiling(void **state) {
  (void)state;
  static const size_t words[] = {20, 1000};
  for (size_t i = 0; i < 2; i++) {
    struct audit_record record = fixture_outcome("a-1");
    struct audit_object *objects = many_objects(words[i]);
    struct audit_parsed parsed;
    record.objects = objects;
    record.object_count = MANY;
    char *line = audit_line(&record);
    size_t len = strlen(line);
    assert_in_range(len, 1 << 20, AUDIT_LINE_MAX - 2);
    assert_true(audit_parse(&parsed, line, len));
    assert_int_equal(parsed.record.object_count + (size_t)parsed.record.objects_left_out, MANY);
    assert_true(i == 0 ? parsed.record.objects_left_out == 0
                       : parsed.record.objects_left_out > 10000 && len > AUDIT_LINE_MAX - 9000);
    char *again = audit_line(&parsed.record); /* what was left out stays counted */
    assert_string_equal(line, again);
    audit_parsed_fini(&parsed);
    free(line);
    free(again);
    free_objects(objects);
  }
}

/* Whichever text is too long: the line stays within the limit, and its objects are in it. */
static void test_everything_is_too_long(void **state) {
  (void)state;
  enum { BIG = 100000, LINES = 2000 };
  struct audit_record record = fixture_outcome("a-1");
  char *big = calloc(1, BIG);
  memset(big, 1, BIG - 1);
  const char *lines[LINES];
  struct plan_param params[100];
  for (size_t i = 0; i < LINES; i++)
    lines[i] = big;
  for (size_t i = 0; i < 100; i++)
    params[i] = (struct plan_param){mem_printf("p%zu", i), big};
  record.who = (struct audit_who){.user = big, .login = big, .ssh = big, .tty = big, .host = big};
  record.id = record.platform = record.environment = record.kind = record.target = big;
  record.address = record.action = record.title = record.danger = record.hash = big;
  record.confirm = record.unit = record.result = record.proof = record.error = record.undo = big;
  record.plan = lines;
  record.plan_count = LINES;
  record.params = params;
  record.param_count = 100;
  char *line = audit_line(&record);
  struct audit_parsed parsed;
  assert_true(strlen(line) + 2 <= AUDIT_LINE_MAX);
  assert_true(audit_parse(&parsed, line, strlen(line)));
  assert_int_equal(strlen(parsed.record.title), AUDIT_TEXT_MAX);
  assert_null(parsed.record.undo); /* a command that was cut would be another one */
  assert_int_equal(parsed.record.object_count, 2);
  assert_int_equal(parsed.record.plan_count + (size_t)parsed.record.plan_left_out, LINES);
  assert_int_equal(parsed.record.param_count + (size_t)parsed.record.params_left_out, 100);
  audit_parsed_fini(&parsed);
  for (size_t i = 0; i < 100; i++)
    free((void *)(uintptr_t)params[i].name);
  free(line);
  free(big);
}

static void check_no_sense(const char *text) {
  struct audit_parsed parsed;
  assert_false(audit_parse(&parsed, text, strlen(text)));
  assert_null(parsed.tree);
}

static void test_nonsense_values(void **state) {
  (void)state;
  struct audit_record record = fixture_outcome("a-1");
  char *line = audit_line(&record);
  struct audit_parsed parsed;
  for (size_t len = 0; len < strlen(line); len++) /* torn anywhere */
    assert_false(audit_parse(&parsed, line, len));
  check_no_sense("");
  check_no_sense("{}");
  check_no_sense("[1]");
  static const char *const wrong[][2] = {
      {"\"version\":1", "\"version\":2"},
      {"\"version\":1", "\"version\":1.0"},
      {"\"outcome\"", "\"rumour\""},
      {"\"who\":{", "\"whom\":{"},
      {"\"victims\":[", "\"victims\":[7,"},
      {"\"pid\":4711", "\"pid\":\"4711\""},
      {"\"result\":\"done\",\"proof\"", "\"proof\""},
      {"\"older_than\":\"10min\"", "\"x\":1"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const char *at = strstr(line, wrong[i][0]);
    assert_non_null(at);
    char *other =
        mem_printf("%.*s%s%s", (int)(at - line), line, wrong[i][1], at + strlen(wrong[i][0]));
    check_no_sense(other);
    free(other);
  }
  free(line);
}

/* Written by a later stacktop. */
static void test_members_that_are_not_known(void **state) {
  (void)state;
  static const char text[] =
      "{\"later\":{\"a\":[1]},\"version\":1,\"event\":\"intent\",\"id\":\"i\",\"at_ms\":5,"
      "\"action\":\"a.b\",\"kind\":\"a\",\"target\":\"t\",\"title\":\"T\",\"hash\":null,"
      "\"who\":{\"user\":\"u\",\"host\":\"h\",\"shoe\":44},\"victims\":[{\"key\":\"k\","
      "\"label\":\"l\",\"colour\":\"red\"}]}";
  struct audit_parsed parsed;
  assert_true(audit_parse(&parsed, text, sizeof text - 1));
  assert_string_equal(parsed.record.who.user, "u");
  assert_null(parsed.record.hash);
  assert_null(parsed.record.unit);
  assert_int_equal(parsed.record.at_ms, 5);
  assert_int_equal(parsed.record.object_count, 1);
  audit_parsed_fini(&parsed);
}

static void test_ids(void **state) {
  (void)state;
  char id[64];
  audit_id(id, 1795579392123, 4711, 1);
  assert_string_equal(id, "20261125T040312.123-4711-1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_intent),
      cmocka_unit_test(test_an_outcome),
      cmocka_unit_test(test_partly_done),
      cmocka_unit_test(test_its_output),
      cmocka_unit_test(test_next_to_nothing),
      cmocka_unit_test(test_bytes_of_a_server),
      cmocka_unit_test(test_the_ceiling),
      cmocka_unit_test(test_everything_is_too_long),
      cmocka_unit_test(test_nonsense_values),
      cmocka_unit_test(test_members_that_are_not_known),
      cmocka_unit_test(test_ids),
  };
  return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
