/* Placeholders, and hostile values for them. */
#include "model/own/own_text.h"

#include "support/core_test.h"

#include <string.h>

static const struct column_spec columns[] = {
    {.id = "name"}, {.id = "size", .unit = UNIT_BYTES}, {.id = "share", .unit = UNIT_RATIO}};
static const struct table_spec table = {.id = "things", .columns = columns, .column_count = 3};
static const struct option options[] = {{.name = "address", .type = OPTION_TEXT},
                                        {.name = "port", .type = OPTION_INT, .fallback = "80"},
                                        {.name = "dsn", .type = OPTION_SECRET}};
static const struct target_kind kind = {
    .kind = "thing", .key = "things", .options = options, .option_count = 3};
static const struct option params[] = {{.name = "how", .type = OPTION_TEXT},
                                       {.name = "may", .type = OPTION_TEXT, .fallback = ""}};
static const struct action_spec spec = {.params = params, .param_count = 2};
static const struct own_scope scope = {.kind = &kind, .table = &table, .params = &spec};

struct fixture {
  struct arena arena;
  struct target *target;
  struct value cells[3];
  struct row row;
  const char *texts[2];
  struct own_row values;
  struct err err;
};

static void setup(struct fixture *f, const char *name) {
  *f = (struct fixture){.texts = {"fast", ""}};
  arena_init(&f->arena, 1 << 20);
  f->target = target_new(&kind, "main");
  f->cells[0] = value_text(name);
  f->cells[1] = value_int(1073741824);
  f->cells[2] = value_real(0.1);
  f->row = (struct row){.key = "the key", .cells = f->cells};
  f->values = (struct own_row){.target = f->target,
                               .table = &table,
                               .row = &f->row,
                               .params = &spec,
                               .param_texts = f->texts};
}

static void teardown(struct fixture *f) {
  target_free(f->target);
  arena_fini(&f->arena);
}

/* The words of "a|b|c" with their values, joined by "|"; NULL with f->err. */
static const char *filled(struct fixture *f, const char *words) {
  struct own_text texts[8];
  size_t count = 0;
  char copy[200], *save = NULL;
  const char *joined = "";
  snprintf(copy, sizeof copy, "%s", words);
  for (char *word = strtok_r(copy, "|", &save); word; word = strtok_r(NULL, "|", &save))
    assert_true(own_text_parse(&texts[count++], word, word, &scope, &f->err));
  char **argv = own_argv_fill(texts, count, &f->values, &f->arena, &f->err);
  for (size_t i = 0; argv && argv[i]; i++)
    joined = arena_printf(&f->arena, "%s%s%s", joined, i ? "|" : "", argv[i]);
  for (size_t i = 0; i < count; i++)
    own_text_fini(&texts[i]);
  return argv ? joined : NULL;
}

static void expect_filled(const char *name, const char *words, const char *wanted) {
  struct fixture f;
  setup(&f, name);
  const char *got = filled(&f, words);
  if (!got)
    fail_msg("%s: %s", words, f.err.text);
  assert_string_equal(got, wanted);
  teardown(&f);
}

static void expect_refused(const char *name, const char *words, const char *why) {
  struct fixture f;
  setup(&f, name);
  assert_null(filled(&f, words));
  if (!strstr(f.err.text, why))
    fail_msg("%s: %s", words, f.err.text);
  teardown(&f);
}

static void test_values(void **state) {
  (void)state;
  expect_filled("api", "p|{name}|{size}|{share}|{row}", "p|api|1073741824|0.1|the key");
  expect_filled("api", "p|{target}|{target.port}|{ask.how}|{ask.may}", "p|main|80|fast|");
  expect_filled("api", "p|/tmp/{name}-{name}.x|{{{name}}}", "p|/tmp/api-api.x|{api}");
}

/* Whatever is in it, it fills one place of one word, and nothing in it is read. */
static void test_hostile_values(void **state) {
  (void)state;
  expect_filled("a b", "p|{name}", "p|a b");
  expect_filled("'\"\\", "p|{name}", "p|'\"\\");
  expect_filled("$(id) `id` ${HOME}", "p|{name}", "p|$(id) `id` ${HOME}");
  expect_filled("{row}{{", "p|{name}", "p|{row}{{");
  expect_filled("; rm -rf / #", "p|{name}", "p|; rm -rf / #");
  expect_filled("*?[a]~", "p|x{name}", "p|x*?[a]~");
  expect_filled("\xc3\xa4", "p|{name}", "p|\xc3\xa4");
}

static void test_a_value_is_no_option(void **state) {
  (void)state;
  expect_refused("-rf", "p|{name}", "{name} would be an option of p, because it begins with \"-\"");
  expect_refused("--x", "p|{name}/y", "would be an option");
  expect_filled("-rf", "p|x{name}", "p|x-rf");
  expect_filled("-rf", "p|--name={name}", "p|--name=-rf");
  expect_filled("-rf", "p|--|{name}", "p|--|-rf");
}

static void test_what_cannot_be_shown(void **state) {
  (void)state;
  expect_refused("", "p|{name}", "name is empty");
  expect_refused("a\nb", "p|{name}", "name has a control character");
  expect_refused("a\x1b[2J", "p|{name}", "name has a control character");
  expect_refused("a\xff", "p|{name}", "not UTF-8");
  expect_refused("a\xe2\x80\xae"
                 "b",
                 "p|{name}", "name has a control character"); /* bidi */
  char big[3000];
  memset(big, 'x', sizeof big);
  big[sizeof big - 1] = '\0';
  expect_refused(big, "p|{name}", "name is longer than 2000 bytes");
}

static void test_what_is_not_known(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "api");
  f.cells[0] = value_none("needs pg_monitor");
  assert_null(filled(&f, "p|{name}"));
  assert_string_equal(f.err.text, "name is not known: needs pg_monitor");
  f.cells[1] = value_at_least(value_int(100));
  assert_null(filled(&f, "p|{size}"));
  assert_string_equal(f.err.text, "size is only known as a lower bound");
  assert_null(filled(&f, "p|{target.address}"));
  assert_string_equal(f.err.text, "address is not set");
  f.texts[0] = NULL;
  assert_null(filled(&f, "p|{ask.how}"));
  assert_string_equal(f.err.text, "how is not set");
  teardown(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_hostile_values),
      cmocka_unit_test(test_a_value_is_no_option),
      cmocka_unit_test(test_what_cannot_be_shown),
      cmocka_unit_test(test_what_is_not_known),
  };
  return cmocka_run_group_tests_name("own_text", tests, NULL, NULL);
}
