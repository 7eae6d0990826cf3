/* Available actions, and a plan, as people and programs read them. */
#include "report/actions.h"
#include "report/plan/outcome_text.h"
#include "report/plan/plan_text.h"

#include "core/text/text.h"
#include "support/core_test.h"

#include <jansson.h>

static const char *const whens[] = {"now", "later", NULL};
static const struct option params[] = {
    {.name = "age",
     .type = OPTION_DURATION,
     .fallback = "5m",
     .min = 1000,
     .max = 9000,
     .help = "how old at the least, which is a sentence that does not fit on one line"},
    {.name = "when", .type = OPTION_CHOICE, .choices = whens, .required = true, .help = "when"},
};
static const struct action_spec stop = {.id = "postgres.stop",
                                        .kind = "postgres",
                                        .table = "sessions",
                                        .key = 'S',
                                        .title = "stop",
                                        .what = "Ends it.",
                                        .runs = "stop(pid)",
                                        .danger = DANGER_DESTRUCTIVE,
                                        .many = true,
                                        .params = params,
                                        .param_count = COUNT(params)};
static const struct action_spec flush = {.id = "redis.flush",
                                         .kind = "redis",
                                         .title = "flush",
                                         .what = "Removes all keys.",
                                         .runs = "FLUSHALL ASYNC",
                                         .danger = DANGER_DESTRUCTIVE};
static const struct action_spec reset = {.id = "postgres.reset",
                                         .kind = "postgres",
                                         .table = "sessions",
                                         .title = "reset",
                                         .what = "Begins anew.",
                                         .runs = "reset()",
                                         .choice = CHOICE_MANY};
static const struct action_spec *const specs[] = {&stop, &flush, &reset, NULL};

static void test_actions_text(void **state) {
  (void)state;
  char *text;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  struct report_text_options options = {.width = 60};
  assert_true(report_actions_text(out, specs, &options));
  fclose(out);
  check_text(text,
             "postgres\n"
             "  S  postgres.stop  destructive, for rows of sessions\n"
             "     Ends it.\n"
             "     runs           stop(pid)\n"
             "     age=DURATION   how old at the least, which is a\n"
             "                    sentence that does not fit on one line\n"
             "                    (1s to 9s, default 5m)\n"
             "     when=CHOICE    when (now | later, required)\n"
             "\n"
             "  -  postgres.reset  reversible, for a row of sessions;\n"
             "     picks one or more\n"
             "     Begins anew.\n"
             "     runs           reset()\n"
             "\n"
             "redis\n"
             "  -  redis.flush  destructive, for the target\n"
             "     Removes all keys.\n"
             "     runs           FLUSHALL ASYNC\n"
             "\n",
             "text");
  free(text);
}

static void test_actions_json(void **state) {
  (void)state;
  char *text;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  assert_true(report_actions_json(out, specs));
  fclose(out);
  json_t *tree = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(tree);
  json_t *actions = json_object_get(tree, "actions"), *first = json_array_get(actions, 0);
  assert_int_equal(json_array_size(actions), 3);
  assert_string_equal(json_string_value(json_object_get(first, "danger")), "destructive");
  assert_string_equal(json_string_value(json_object_get(first, "key")), "S");
  json_t *param = json_array_get(json_object_get(first, "params"), 1);
  assert_true(json_is_true(json_object_get(param, "required")));
  assert_int_equal(json_array_size(json_object_get(param, "choices")), 2);
  assert_string_equal(json_string_value(json_object_get(param, "allowed")), "now | later");
  param = json_array_get(json_object_get(first, "params"), 0);
  assert_int_equal(json_integer_value(json_object_get(param, "min")), 1000);
  assert_int_equal(json_integer_value(json_object_get(param, "max")), 9000);
  assert_string_equal(json_string_value(json_object_get(param, "unit")), "ms");
  assert_string_equal(json_string_value(json_object_get(param, "allowed")), "1s to 9s");
  json_decref(tree);
  free(text);
}

static void test_plan_text(void **state) {
  (void)state;
  static const struct plan_column columns[] = {{"AGE", true}};
  struct plan *plan = plan_new(&stop, "ecap", NULL, false);
  plan->title = "Stop 1 session of ecap";
  plan->unit = "session";
  plan->columns = columns;
  plan->column_count = 1;
  plan_object(plan, "k", "pid 8")->cells[0] = "5m";
  plan_say(plan, PLAN_EFFECT,
           "SELECT stop(8) \x1b[31m-- a line that is run stays whole, however long it is");
  plan_say(plan, PLAN_WARNING, "a sentence that is longer than the line is wrapped at its words");
  char *text;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  struct report_text_options options = {.width = 40, .ascii = true};
  assert_true(report_plan_text(out, plan, &options));
  fclose(out);
  check_text(text,
             "Stop 1 session of ecap\n"
             "\n"
             "Warning\n"
             "  a sentence that is longer than the\n"
             "  line is wrapped at its words\n"
             "\n"
             "Objects: 1 session\n"
             "         AGE\n"
             "  pid 8   5m\n"
             "\n"
             "Commands\n"
             "  SELECT stop(8) ?[31m-- a line that is run stays whole, however long it is\n",
             "plan");
  free(text);
  plan_free(plan);
}

static void test_outcome_text(void **state) {
  (void)state;
  struct plan *plan = plan_new(&stop, "ecap", NULL, false);
  struct outcome outcome;
  plan_object(plan, "a", "pid 8");
  plan_object(plan, "b", "pid 4711");
  plan_object(plan, "c", "pid 9");
  outcome_init(&outcome, 3);
  outcome_set(&outcome, 0, OBJECT_DONE, "gone after 0.2 s");
  outcome_set(&outcome, 1, OBJECT_REFUSED, "must be a member of the role of the other \x1b[31m");
  outcome_set(&outcome, 2, OBJECT_GONE, "%s", "");
  outcome_proof(&outcome, "1 gone");
  char *text;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  struct report_text_options options = {.width = 50, .ascii = true};
  assert_true(report_outcome_text(out, plan, &outcome, &options));
  fclose(out);
  check_text(text,
             "done     pid 8     gone after 0.2 s\n"
             "refused  pid 4711  must be a member of the role of\n"
             "                   the other ?[31m\n"
             "gone     pid 9\n"
             "\n"
             "1 done, 1 gone, 1 refused\n"
             "Proof: 1 gone\n",
             "outcome");
  free(text);
  outcome_note(&outcome, 2, 1200, 5000, "rows");
  outcome_set(&outcome, 2, OBJECT_SKIPPED, "stopped");
  out = open_memstream(&text, &len);
  options.width = 80;
  assert_true(report_outcome_text(out, plan, &outcome, &options));
  fclose(out);
  check_text(text,
             "done         pid 8     gone after 0.2 s\n"
             "refused      pid 4711  must be a member of the role of the other ?[31m\n"
             "partly done  pid 9     1,200 of 5,000 rows: stopped\n"
             "\n"
             "1 done, 1 partly done, 1 refused\n"
             "Proof: 1 gone\n",
             "partly");
  free(text);
  outcome_fini(&outcome);
  plan_free(plan);
}

static void test_candidates(void **state) {
  (void)state;
  static const struct column_spec topics[] = {{.id = "topic", .title = "TOPIC"},
                                              {.id = "lag", .title = "LAG", .unit = UNIT_COUNT}};
  static const struct table_spec spec = {
      .id = "topics", .title = "Topics", .columns = topics, .column_count = 2};
  static const struct table_spec *const tables[] = {&spec};
  struct sample *found = sample_new(tables, 1);
  static const struct {
    const char *key, *parent, *label;
  } rows[] = {{"orders", NULL, "orders"}, {"orders/0", "orders", "0"}, {"a b", NULL, "a b"}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct row *row = sample_row(found, &found->tables[0], rows[i].key, rows[i].parent);
    assert_non_null(row);
    row->cells[0] = value_text(rows[i].label);
    row->cells[1] = value_int(1200);
  }
  char *text;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  struct report_text_options options = {.ascii = true};
  assert_true(report_candidates_text(out, found, &options));
  fclose(out);
  check_text(text,
             "      Topics               LAG\n"
             "            orders       1,200\n"
             "            orders/0  0  1,200\n"
             "            'a b'  a b   1,200\n",
             "candidates");
  free(text);
  sample_free(found);
}

/* Names of 255 bytes are names: of files, of units. The text ends, and no word is glued to them. */
static void test_outcome_of_long_names(void **state) {
  (void)state;
  static const int widths[] = {40, 60, 0};
  static const char *const texts[] = {
      "done     \nan-object-of-39-cells-which-fills-a-line\n         removed, 4 kB freed\n",
      "done     an-object-of-39-cells-which-fills-a-line\n         removed, 4 kB freed\n",
      "done     an-object-of-39-cells-which-fills-a-line  removed, 4 kB freed\n"};
  for (size_t i = 0; i < COUNT(widths); i++) {
    struct plan *plan = plan_new(&stop, "ecap", NULL, false);
    struct outcome outcome;
    char name[256], *text;
    size_t len;
    memset(name, 'n', 255);
    name[255] = '\0';
    plan_object(plan, "a", "an-object-of-39-cells-which-fills-a-line");
    plan_object(plan, "b", name);
    outcome_init(&outcome, 2);
    outcome_set(&outcome, 0, OBJECT_DONE, "removed, 4 kB freed");
    outcome_set(&outcome, 1, OBJECT_DONE, "removed");
    FILE *out = open_memstream(&text, &len);
    const struct report_text_options options = {.width = widths[i], .ascii = true};
    assert_true(report_outcome_text(out, plan, &outcome, &options));
    fclose(out);
    if (strncmp(text, texts[i], strlen(texts[i])) != 0 || strstr(text, "nremoved"))
      fail_msg("%d: %s", widths[i], text);
    free(text);
    plan_free(plan);
    outcome_fini(&outcome);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_actions_text), cmocka_unit_test(test_actions_json),
      cmocka_unit_test(test_plan_text),    cmocka_unit_test(test_outcome_text),
      cmocka_unit_test(test_candidates),   cmocka_unit_test(test_outcome_of_long_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
