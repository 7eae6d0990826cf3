/* An operation as words: their meaning, and the error where they have none. */
#include "operate/command/words.h"

#include "core/text/quote.h"
#include "model/model_fixture.h"

static const struct option params[] = {
    {.name = "age", .type = OPTION_DURATION, .fallback = "5m", .help = "how old"},
    {.name = "mode", .type = OPTION_TEXT, .required = true, .help = "how it is done"},
};
static const struct action of_target = {
    .spec = {.id = "kafka.tidy", .kind = "kafka", .title = "tidy"}};
static const struct action of_rows = {.spec = {.id = "kafka.stop",
                                               .kind = "kafka",
                                               .table = "groups",
                                               .many = true,
                                               .params = params,
                                               .param_count = 1}};
static const struct action of_one_row = {
    .spec = {.id = "kafka.end", .kind = "kafka", .table = "groups"}};
static const struct action of_picks = {.spec = {.id = "kafka.reset",
                                                .kind = "kafka",
                                                .table = "groups",
                                                .choice = CHOICE_MANY,
                                                .params = params,
                                                .param_count = COUNT(params)}};
static const struct action of_one_pick = {
    .spec = {.id = "kafka.elect", .kind = "kafka", .choice = CHOICE_ONE}};

/* Parsed by a split of the line. */
static bool parse(struct words *words, const struct action *action, const char *line,
                  const struct model *model, struct err *err) {
  size_t count;
  char **split = words_split(line, &count, err);
  assert_non_null(split);
  bool good = words_parse_rest(words, action, count, (const char *const *)split, model, err);
  free(split);
  return good;
}

static struct words good(const struct action *action, const char *line, const struct model *model) {
  struct words words;
  struct err err;
  if (!parse(&words, action, line, model, &err))
    fail_msg("%s: %s", line, err.text);
  return words;
}

static void bad(const struct action *action, const char *line, const struct model *model,
                const char *sentence) {
  struct words words;
  struct err err;
  if (parse(&words, action, line, model, &err))
    fail_msg("was taken: %s", line);
  check_text(err.text, sentence, "%s", line);
}

/* ---- parsing */

static void test_what_they_are(void **state) {
  const struct model *model = &((struct model_fixture *)*state)->model;
  struct words words = good(&of_picks, "main g1 orders/1 mode=fast pay=day orders/2", model);
  assert_ptr_equal(words.action, &of_picks);
  assert_int_equal(words.target_index, 1);
  assert_int_equal(words.row_count, 1);
  assert_string_equal(words.rows[0], "g1");
  assert_int_equal(words.pick_count, 3);
  assert_string_equal(words.picks[1], "pay=day"); /* similar to no parameter: a name */
  assert_null(words.texts[0]);
  assert_string_equal(words.texts[1], "fast");
  words_fini(&words);
  words = good(&of_rows, "cache g1 g2 age=3h g3", model);
  assert_int_equal(words.target_index, 0);
  assert_int_equal(words.row_count, 3);
  assert_string_equal(words.texts[0], "3h");
  words_fini(&words);
  words = good(&of_one_pick, "cache a", model);
  assert_int_equal(words.row_count, 0);
  assert_int_equal(words.pick_count, 1);
  words_fini(&words);
}

static void test_what_they_are_not(void **state) {
  const struct model *model = &((struct model_fixture *)*state)->model;
  bad(&of_target, "", model,
      "kafka.tidy requires a target, the name of a kafka in the configuration");
  bad(&of_target, "cahce", model,
      "unknown kafka target \"cahce\"; did you mean \"cache\"? (`stacktop config` lists them)");
  bad(&of_target, "nothing", model,
      "unknown kafka target \"nothing\" (`stacktop config` lists them)");
  bad(&of_target, "main 12", model, "kafka.tidy takes no rows; unexpected \"12\"");
  bad(&of_target, "main age=5m", model, "kafka.tidy has no parameter \"age\"");
  bad(&of_rows, "main", model, "kafka.stop requires a row of groups; give its key or its name");
  bad(&of_one_row, "main a b", model, "kafka.end takes one row; unexpected \"b\"");
  bad(&of_rows, "main a agee=5m", model,
      "kafka.stop has no parameter \"agee\"; did you mean \"age\"?");
  bad(&of_rows, "main a age=often", model,
      "age: \"often\" is not a duration; use a number and a unit, such as 300ms or 2s");
  bad(&of_rows, "main a age=5m age=6m", model, "duplicate parameter age=");
  bad(&of_picks, "main a b", model, "kafka.reset requires mode=...: how it is done");
}

static const struct target_kind other_kind = {.kind = "redis", .key = "redis", .title = "Redis"};

static void test_of_which_kind(void **state) {
  (void)state;
  struct config *config = config_new();
  config_add(config, target_new(&other_kind, "cache"));
  struct model model;
  model_init(&model, config);
  bad(&of_target, "cache", &model, "\"cache\" is a redis target; the action is for kafka");
  bad(&of_target, "nothing", &model, "the configuration has no kafka target");
  struct err err;
  struct words words;
  const char *const argv[] = {"no.such_action", "cache"};
  assert_false(words_parse(&words, actions, 2, argv, &model, &err));
  assert_non_null(strstr(err.text, "unknown action \"no.such_action\""));
  assert_false(words_parse(&words, actions, 0, argv, &model, &err));
  model_fini(&model);
  config_free(config);
}

/* ---- rows and picks */

static struct sample *tree_sample(struct model_fixture *fixture) {
  static const struct {
    const char *key, *parent, *label;
  } rows[] = {
      {"g1", NULL, "group one"},
      {"g2", NULL, "group two"},
      {"g3", NULL, "another one"},
      {"g1/a", "g1", "orders"},
      {"g1/a/0", "g1/a", "orders 0"},
      {"g1/a/1", "g1/a", "orders 1"},
      {"g1/b", "g1", "payments"},
      {"8", NULL, "pid 17"},
      {"17", NULL, "pid 8"},
      {"x1", NULL, "same"},
      {"x2", NULL, "same"},
      {"a%2Fb", NULL, "a/b"},
      {"a%252Fb", NULL, "a%2Fb"},
      {"c%2Fd", NULL, "c/d"},
      {"g4", NULL, "g4"},
      {"g4/g4", "g4", "g4"},
      {"x3", NULL, "x1"},
  };
  struct sample *sample = lag_sample(fixture);
  for (size_t i = 0; i < COUNT(rows); i++)
    lag_row(sample, 0, rows[i].key, rows[i].parent, value_none(NULL))->cells[LAG_NAME] =
        value_text(rows[i].label);
  return sample;
}

/* "g1 g2", or the error. */
static const char *joined(bool good, char **keys, size_t count, const struct err *err) {
  static char text[512];
  text[0] = '\0';
  for (size_t i = 0; i < count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", keys[i]);
  words_keys_free(keys, count);
  return good ? text : err->text;
}

static void check_rows(const struct model *model, const char *line, const char *wanted) {
  struct words words = good(&of_rows, line, model);
  char **keys;
  size_t count;
  struct err err = {0};
  bool found = words_rows(&words, model, &keys, &count, &err);
  check_text(joined(found, keys, count, &err), wanted, "rows: %s", line);
  words_fini(&words);
}

static void test_rows(void **state) {
  struct model_fixture *fixture = *state;
  struct model *model = &fixture->model;
  model_publish(model, 1, tree_sample(fixture), fixture->now_ms);
  check_rows(model, "main g2", "g2");
  check_rows(model, "main 'group two'", "g2");
  check_rows(model, "main two", "g2");
  check_rows(model, "main g2 two 'group two' g1", "g1 g2"); /* each once, as in the table */
  check_rows(model, "main g1", "g1");                       /* a parent is a row like others */
  check_rows(model, "main 8", "8"); /* the key before the label's last word */
  check_rows(model, "main 'pid 8'", "17");
  /* a name is literal: it never means another row that has it as its key */
  check_rows(model, "main a%2Fb", "a%252Fb");
  check_rows(model, "main a/b", "a%2Fb");
  check_rows(model, "main a%252Fb", "a%252Fb");
  check_rows(model, "main c%2Fd", "c%2Fd"); /* not a name: the key */
  check_rows(model, "main x1", "x3");
  check_rows(model, "main g4", "g4"); /* the group, not its topic of the same name */
  check_rows(model, "main one",
             "\"one\" is ambiguous among groups of main: group one (key g1) and another one (key "
             "g3); use the key");
  check_rows(
      model, "main same",
      "\"same\" is ambiguous among groups of main: same (key x1) and same (key x2); use the key");
  check_rows(model, "main 'gruop two'",
             "no \"gruop two\" among groups of main; did you mean \"group two\"?");
  check_rows(model, "main g2 nobody", "no \"nobody\" among groups of main");
}

static void test_rows_of_the_unknown(void **state) {
  struct model_fixture *fixture = *state;
  check_rows(&fixture->model, "cache g1", "no data from cache yet");
  fail_slot(fixture, 0, ERR_REFUSED, "refused: nothing listens there");
  check_rows(&fixture->model, "cache g1", "no data from cache: refused: nothing listens there");
}

static void test_rows_with_numbers(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "k1", NULL, value_none(NULL))->cells[LAG_NAME] = value_int(4711);
  lag_row(sample, 0, "k2", NULL, value_none(NULL))->cells[LAG_NAME] = value_int(4712);
  lag_row(sample, 0, "k3", NULL, value_none(NULL))->cells[LAG_NAME] = value_none("unknown");
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  check_rows(&fixture->model, "main 4712", "k2");
  check_rows(&fixture->model, "main 4812",
             "no \"4812\" among groups of main; did you mean \"4712\"?");
}

static void check_picks(const struct action *action, const struct model *model,
                        const struct sample *found, const char *line, const char *wanted) {
  struct words words = good(action, line, model);
  char **keys;
  size_t count;
  struct err err = {0};
  bool right = words_picks(&words, found, &keys, &count, &err);
  check_text(joined(right, keys, count, &err), wanted, "picks: %s", line);
  words_fini(&words);
}

static void test_picks(void **state) {
  struct model_fixture *fixture = *state;
  const struct model *model = &fixture->model;
  struct sample *found = tree_sample(fixture);
  check_picks(&of_picks, model, found, "main g mode=x", "");
  check_picks(&of_picks, model, found, "main g mode=x 'orders 1'", "g1/a/1");
  check_picks(&of_picks, model, found, "main g mode=x orders", "g1/a/0 g1/a/1");
  check_picks(&of_picks, model, found, "main g mode=x g1", "g1/a/0 g1/a/1 g1/b");
  check_picks(&of_picks, model, found, "main g mode=x payments 'orders 0' g1/b", "g1/a/0 g1/b");
  check_picks(&of_picks, model, found, "main g mode=x paymets",
              "no \"paymets\" among the groups to pick from; did you mean \"payments\"?");
  check_picks(&of_one_pick, model, found, "main payments", "g1/b");
  check_picks(&of_one_pick, model, found, "main orders",
              "kafka.elect takes one of the groups to pick from, not 2");
  check_picks(&of_one_pick, model, NULL, "main orders", "nothing to pick from");
  sample_free(found);
}

/* ---- splitting and quoting */

/* The words between brackets, or the error. */
static const char *split(const char *line) {
  static char text[512];
  size_t count;
  struct err err;
  char **words = words_split(line, &count, &err);
  snprintf(text, sizeof text, "%s", words ? "" : err.text);
  for (size_t i = 0; words && i < count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "[%s]", words[i]);
  free(words);
  return text;
}

static void test_split(void **state) {
  (void)state;
  static const struct {
    const char *line, *wanted;
  } cases[] = {
      {"", ""},
      {"  \t ", ""},
      {"a", "[a]"},
      {" a  b\tc ", "[a][b][c]"},
      {"'a b' \"c d\"", "[a b][c d]"},
      {"a' 'b", "[a b]"},
      {"'' \"\"", "[][]"},
      {"'a\\b'", "[a\\b]"},
      {"\"a\\\"b\\\\c\\d\"", "[a\"b\\c\\d]"},
      {"a\\ b \\'", "[a b][']"},
      {"'it'\\''s'", "[it's]"},
      {"q=\"x y\"", "[q=x y]"},
      {"'a", "unclosed '"},
      {"a \"b", "unclosed \""},
      {"\"a\\", "unclosed \""},
      {"a\\", "incomplete escape \\ at the end"},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(split(cases[i].line), cases[i].wanted, "%s", cases[i].line);
  char many[2 * (WORDS_MAX + 1) + 1];
  for (size_t i = 0; i < sizeof many - 1; i++)
    many[i] = i % 2 ? ' ' : 'x';
  many[sizeof many - 1] = '\0';
  check_text(split(many), "more than 4096 words", "many");
}

static void test_quote(void **state) {
  (void)state;
  static const char *const words[] = {"plain",
                                      "a b",
                                      "",
                                      "it's",
                                      "\"",
                                      "\\",
                                      "a\\b",
                                      "$(rm)",
                                      "*",
                                      "8123/17.5",
                                      "a=b c",
                                      "'",
                                      "''",
                                      "tab\there",
                                      "new\nline",
                                      "gr\xC3\xB6\xC3\x9F"
                                      "e",
                                      "~",
                                      "#x",
                                      "a;b",
                                      "-x"};
  for (size_t i = 0; i < COUNT(words); i++) {
    char quoted[128];
    size_t count;
    struct err err;
    char **back = words_split(quote_word(quoted, sizeof quoted, words[i]), &count, &err);
    assert_non_null(back);
    assert_int_equal(count, 1);
    check_text(back[0], words[i], "%s", quoted);
    free(back);
  }
  char quoted[128], small[4];
  check_text(quote_word(quoted, sizeof quoted, "8123/17.5"), "8123/17.5", "plain");
  check_text(quote_word(quoted, sizeof quoted, "it's me"), "'it'\\''s me'", "quoted");
  check_text(quote_word(small, sizeof small, "a long word"), "'a ", "cut");
}

#define model_test(function) cmocka_unit_test_setup_teardown(function, model_setup, model_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      model_test(test_what_they_are),
      model_test(test_what_they_are_not),
      cmocka_unit_test(test_of_which_kind),
      model_test(test_rows),
      model_test(test_rows_of_the_unknown),
      model_test(test_rows_with_numbers),
      model_test(test_picks),
      cmocka_unit_test(test_split),
      cmocka_unit_test(test_quote),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
