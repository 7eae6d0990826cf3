#include "support/core_test.h"

#include "model/action/outcome.h"
#include "model/action/plan.h"

static const struct action_spec cancel = {
    .id = "test.cancel", .kind = "test", .title = "cancel", .danger = DANGER_REVERSIBLE};
static const struct action_spec wipe = {
    .id = "test.wipe", .kind = "test", .title = "wipe", .danger = DANGER_DESTRUCTIVE};

static struct plan *plan_of(const struct action_spec *spec, const char *environment,
                            bool production, size_t objects) {
  struct plan *plan = plan_new(spec, "ecap", environment, production);
  for (size_t i = 0; i < objects; i++)
    assert_non_null(plan_object(plan, "key", "label"));
  return plan;
}

static void assert_phrase(struct plan *plan, enum confirmation confirmation, const char *phrase) {
  char out[PLAN_PHRASE_MAX];
  assert_int_equal(plan_confirmation(plan), confirmation);
  assert_string_equal(plan_phrase(plan, out), phrase);
  assert_true(plan_agreed(plan, phrase));
  assert_false(plan_agreed(plan, ""));
  assert_false(plan_agreed(plan, "Y"));
  plan_free(plan);
}

static void test_reversible_requires_y(void **state) {
  (void)state;
  assert_phrase(plan_of(&cancel, "staging", false, 1), CONFIRM_YES, "y");
  assert_phrase(plan_of(&cancel, NULL, false, 0), CONFIRM_YES, "y");
}

static void test_destructive_requires_the_name_of_the_object(void **state) {
  (void)state;
  assert_phrase(plan_of(&wipe, "staging", false, 1), CONFIRM_NAME, "label");
  assert_phrase(plan_of(&wipe, "eu-prod", true, 1), CONFIRM_NAME, "eu-prod label");
  assert_phrase(plan_of(&cancel, "eu-prod", true, 1), CONFIRM_NAME, "eu-prod label");
  struct plan *plan = plan_of(&wipe, NULL, false, 1);
  plan->name = "old-group";
  assert_phrase(plan, CONFIRM_NAME, "old-group");
}

static void test_bulk_requires_the_count(void **state) {
  (void)state;
  assert_phrase(plan_of(&cancel, "staging", false, 2), CONFIRM_COUNT, "staging 2");
  assert_phrase(plan_of(&wipe, NULL, false, 3), CONFIRM_COUNT, "ecap 3");
  struct plan *plan = plan_of(&wipe, "staging", false, 1);
  plan->whole = true;
  assert_phrase(plan, CONFIRM_COUNT, "staging 1");
  plan = plan_of(&cancel, "staging", false, 1);
  plan->whole = true;
  assert_phrase(plan, CONFIRM_YES, "y");
  plan = plan_of(&cancel, "staging", false, 1); /* a limit that evicts */
  plan->whole = true;
  plan->count = 12;
  assert_phrase(plan, CONFIRM_COUNT, "staging 12");
}

/* One pattern and its keys, one group and its offsets: two of them never have the same phrase. */
static void test_one_object_is_named_whatever_its_text(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    struct plan *plan = plan_of(&wipe, i ? "prod" : "staging", i, 1);
    plan->name = "cart*";
    plan->count = 12430;
    assert_phrase(plan, CONFIRM_NAME, i ? "prod cart*" : "cart*");
  }
  struct plan *plan = plan_of(&wipe, "staging", false, 3);
  plan->name = "billing";
  assert_phrase(plan, CONFIRM_NAME, "billing");
}

/* A name that cannot be typed as shown is not asked for. */
static void test_odd_names(void **state) {
  (void)state;
  static const struct {
    const char *name, *phrase;
  } names[] = {
      {"public.\"Odd % name\"", "public.\"Odd % name\""},
      {"", "ecap 1"},
      {" a", "ecap 1"},
      {"a ", "ecap 1"},
      {"a  b", "ecap 1"},
      {"a\nb", "ecap 1"},
      {"\033[2Ja", "ecap 1"},
      {"gr\303\274n", "ecap 1"},
      {"a\x7f", "ecap 1"},
      {"\xff\xfe", "ecap 1"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct plan *plan = plan_of(&wipe, "staging", false, 1);
    plan->name = names[i].name;
    assert_phrase(plan, CONFIRM_NAME, names[i].phrase);
  }
  char name[PLAN_NAME_MAX + 2];
  memset(name, 'x', sizeof name);
  name[PLAN_NAME_MAX] = '\0';
  struct plan *plan = plan_of(&wipe, "staging", false, 1);
  plan->name = name;
  assert_phrase(plan, CONFIRM_NAME, name);
  name[PLAN_NAME_MAX] = 'x';
  name[PLAN_NAME_MAX + 1] = '\0';
  plan = plan_of(&wipe, "prod", true, 1);
  plan->name = name;
  assert_phrase(plan, CONFIRM_NAME, "prod ecap 1");
}

struct last_line {
  char text[200];
  int headings;
};

static void keep_last(void *arg, enum plan_part part, bool strong, const char *text) {
  struct last_line *last = arg;
  last->headings += strong && part == PLAN_PRECONDITION;
  snprintf(last->text, sizeof last->text, "%s", text);
}

static void test_the_server_is_a_precondition(void **state) {
  (void)state;
  struct last_line last = {0};
  struct plan *plan = plan_of(&cancel, NULL, false, 1);
  plan->server = "7440188112233445566";
  plan_lines(plan, keep_last, &last);
  assert_string_equal(last.text, "the server is 7440188112233445566");
  assert_int_equal(last.headings, 1);
  plan->start = "2026-11-27 00:41:51.123456+00";
  plan->database = "16384";
  plan_say(plan, PLAN_PRECONDITION, "another one");
  last.headings = 0;
  plan_lines(plan, keep_last, &last);
  assert_string_equal(last.text, "the server is 7440188112233445566, running since 2026-11-27 "
                                 "00:41:51.123456+00, the database is 16384");
  assert_int_equal(last.headings, 1);
  plan_free(plan);
}

static void test_a_plan_grows_old(void **state) {
  (void)state;
  struct plan *plan = plan_of(&cancel, NULL, false, 1);
  plan->made_ms = 100000;
  assert_false(plan_is_old(plan, 100000 + PLAN_LIFETIME_MS));
  assert_true(plan_is_old(plan, 100001 + PLAN_LIFETIME_MS));
  assert_true(plan_is_old(plan, 99999)); /* a clock that went back proves nothing */
  plan_free(plan);
}

static void collect(void *arg, enum plan_part part, bool strong, const char *text) {
  (void)part;
  char *out = arg;
  snprintf(out + strlen(out), 4096 - strlen(out), "%s%s\n", strong ? "# " : "", text);
}

static void test_lines_say_all(void **state) {
  (void)state;
  static const struct plan_column columns[] = {{"OLD", true}, {"QUERY", false}};
  struct plan *plan = plan_new(&wipe, "ecap", NULL, false);
  plan->title = "Wipe two";
  plan->unit = "sessions";
  plan->columns = columns;
  plan->column_count = 2;
  plan->hidden = 1;
  struct plan_object *object = plan_object(plan, "a", "pid 8");
  object->cells[0] = "12";
  object->cells[1] = "select 1";
  plan_object(plan, "b", "pid 4711");
  plan_say(plan, PLAN_EFFECT, "SELECT wipe(%d)", 8);
  plan_say(plan, PLAN_LOSS, "all\nof it");
  plan_say(plan, PLAN_BLAST, "frees 3");
  char text[4096] = "";
  plan_lines(plan, collect, text);
  assert_string_equal(text,
                      "# Wipe two\n# Impact\nfrees 3\n# Cannot be undone\nall of it\n# Objects: 2 "
                      "sessions, 1 of them hidden by the filter\n          OLD  QUERY\npid 8      "
                      "12  select 1\npid 4711    -  -\n# Commands\nSELECT wipe(8)\n");
  plan_free(plan);
}

/* A column without a value in any row is left out, and so is a heading without any column. */
static void test_empty_columns_are_left_out(void **state) {
  (void)state;
  static const struct plan_column columns[] = {
      {"STATE", false}, {"OLD", true}, {"ID", false}, {"IMAGE", false}};
  struct plan *plan = plan_new(&wipe, "ecap", NULL, false);
  plan->title = "Wipe two";
  plan->unit = "services";
  plan->columns = columns;
  plan->column_count = 4;
  plan_object(plan, "a", "api");
  struct plan_object *object = plan_object(plan, "b", "dashboard");
  char text[4096] = "";
  plan_lines(plan, collect, text);
  assert_string_equal(text, "# Wipe two\n# Objects: 2 services\napi      \ndashboard\n");
  object->cells[1] = "12";
  object->cells[2] = "";
  *text = '\0';
  plan_lines(plan, collect, text);
  assert_string_equal(text, "# Wipe two\n# Objects: 2 services\n           OLD\napi          -\n"
                            "dashboard   12\n");
  plan_free(plan);
}

static void test_one_of_many_is_said_in_the_singular(void **state) {
  (void)state;
  struct plan *plan = plan_of(&wipe, NULL, false, 1);
  char text[4096] = "";
  plan->unit = "topics";
  plan_lines(plan, collect, text);
  assert_non_null(strstr(text, "Objects: 1 topic\n"));
  plan_free(plan);
}

static void test_objects_have_a_ceiling(void **state) {
  (void)state;
  struct plan *plan = plan_of(&wipe, NULL, false, PLAN_OBJECTS_MAX);
  assert_null(plan_object(plan, "one more", "one more"));
  assert_int_equal(plan->count, PLAN_OBJECTS_MAX);
  plan_free(plan);
}

static const char *word_of(enum object_result a, enum object_result b) {
  struct outcome outcome;
  outcome_init(&outcome, 2);
  outcome_set(&outcome, 0, a, "%s", "x");
  outcome_set(&outcome, 1, b, "%s", "y");
  const char *word = outcome_word(&outcome);
  outcome_fini(&outcome);
  return word;
}

static void test_an_outcome_is_never_better_than_its_parts(void **state) {
  (void)state;
  assert_string_equal(word_of(OBJECT_DONE, OBJECT_DONE), "done");
  assert_string_equal(word_of(OBJECT_DONE, OBJECT_GONE), "done");
  assert_string_equal(word_of(OBJECT_GONE, OBJECT_GONE), "gone");
  assert_string_equal(word_of(OBJECT_DONE, OBJECT_REFUSED), "partial");
  assert_string_equal(word_of(OBJECT_DONE, OBJECT_SKIPPED), "partial");
  assert_string_equal(word_of(OBJECT_GONE, OBJECT_REFUSED), "refused");
  assert_string_equal(word_of(OBJECT_SKIPPED, OBJECT_SKIPPED), "skipped");
  assert_string_equal(word_of(OBJECT_PENDING, OBJECT_PENDING), "skipped");
  assert_string_equal(word_of(OBJECT_DONE, OBJECT_UNKNOWN), "unknown");
  assert_string_equal(word_of(OBJECT_SENT, OBJECT_DONE), "unknown");
}

static void test_what_was_done_is_never_denied(void **state) {
  (void)state;
  static const struct {
    enum object_result before, said, is;
    bool at_least;
  } cases[] = {
      {OBJECT_PENDING, OBJECT_SKIPPED, OBJECT_PARTLY, false},
      {OBJECT_PENDING, OBJECT_REFUSED, OBJECT_PARTLY, false},
      {OBJECT_PENDING, OBJECT_GONE, OBJECT_PARTLY, false},
      {OBJECT_PENDING, OBJECT_UNKNOWN, OBJECT_PARTLY, true},
      {OBJECT_PENDING, OBJECT_SENT, OBJECT_SENT, false},
      {OBJECT_SENT, OBJECT_DONE, OBJECT_DONE, false},
      {OBJECT_SENT, OBJECT_UNKNOWN, OBJECT_UNKNOWN, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct outcome outcome;
    outcome_init(&outcome, 2);
    outcome_note(&outcome, 0, 123345, 1000000, "keys");
    outcome.objects[0].result = outcome.objects[1].result = cases[i].before;
    outcome_set_all(&outcome, cases[i].before, cases[i].said, "stopped");
    assert_int_equal(outcome.objects[0].result, cases[i].is);
    assert_int_equal(outcome.objects[0].amount.at_least, cases[i].at_least);
    assert_int_equal(outcome.objects[1].result, cases[i].said); /* nothing was noted of it */
    outcome_set(&outcome, 0, OBJECT_SKIPPED, "late");           /* nor afterwards */
    assert_int_equal(outcome.objects[0].result, OBJECT_PARTLY);
    outcome_fini(&outcome);
  }
  assert_string_equal(word_of(OBJECT_PARTLY, OBJECT_SKIPPED), "partial");
  assert_string_equal(word_of(OBJECT_PARTLY, OBJECT_DONE), "partial");
  assert_string_equal(word_of(OBJECT_PARTLY, OBJECT_UNKNOWN), "unknown");
  assert_string_equal(outcome_word_text("partial"), "partly done");
  assert_string_equal(outcome_word_text("done"), "done");
}

static void test_amounts(void **state) {
  (void)state;
  static const struct {
    struct amount amount;
    const char *text;
  } cases[] = {
      {{.done = 123345, .total = 1000000, .unit = "keys"}, "123,345 of 1,000,000 keys"},
      {{.done = 100, .total = 340, .unit = "rows", .at_least = true}, "at least 100 of 340 rows"},
      {{.done = 100, .unit = "rows"}, "100 rows, total unknown"},
      {{.done = 100, .unit = "rows", .at_least = true}, "at least 100 rows, total unknown"},
      {{.done = 400, .total = 340, .unit = "rows"}, "400 rows, 340 planned"},
      {{.done = 0}, ""},
  };
  char out[AMOUNT_MAX], words[OBJECT_TEXT_MAX];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(amount_text(out, &cases[i].amount), cases[i].text);
  struct object_outcome object = {OBJECT_PARTLY, cases[0].amount, "stopped"};
  assert_string_equal(object_outcome_text(words, &object), "123,345 of 1,000,000 keys: stopped");
  object.words = "";
  assert_string_equal(object_outcome_text(words, &object), "123,345 of 1,000,000 keys");
  object = (struct object_outcome){OBJECT_PARTLY, {0}, "it has left an index"};
  assert_string_equal(object_outcome_text(words, &object), "it has left an index");
  object = (struct object_outcome){OBJECT_DONE, cases[0].amount, "none is left"};
  assert_string_equal(object_outcome_text(words, &object), "none is left");
}

static void test_outcome_names(void **state) {
  (void)state;
  for (int i = OBJECT_PENDING; i <= OBJECT_UNKNOWN; i++)
    assert_int_equal(object_result_parse(object_result_name((enum object_result)i)), i);
  assert_int_equal(object_result_parse("?"), OBJECT_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reversible_requires_y),
      cmocka_unit_test(test_destructive_requires_the_name_of_the_object),
      cmocka_unit_test(test_bulk_requires_the_count),
      cmocka_unit_test(test_one_object_is_named_whatever_its_text),
      cmocka_unit_test(test_odd_names),
      cmocka_unit_test(test_the_server_is_a_precondition),
      cmocka_unit_test(test_a_plan_grows_old),
      cmocka_unit_test(test_lines_say_all),
      cmocka_unit_test(test_empty_columns_are_left_out),
      cmocka_unit_test(test_one_of_many_is_said_in_the_singular),
      cmocka_unit_test(test_objects_have_a_ceiling),
      cmocka_unit_test(test_an_outcome_is_never_better_than_its_parts),
      cmocka_unit_test(test_what_was_done_is_never_denied),
      cmocka_unit_test(test_amounts),
      cmocka_unit_test(test_outcome_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
