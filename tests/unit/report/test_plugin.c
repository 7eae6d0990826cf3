/* One line for monitoring: a state, and performance data that its parser accepts. */
#include "model/judge/model_evaluate.h"
#include "report/plugin.h"
#include "report/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *line_of(const struct model *model) {
  char *text;
  size_t length;
  const struct report_text_options options = {.color = true, .width = 40};
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  assert_true(report_plugin_write(out, model, FIXTURE_NOW, &options));
  fclose(out);
  assert_ptr_equal(strchr(text, '\n'), text + length - 1); /* one line */
  return text;
}

static void expect(const char *line, const char *words) {
  if (!strstr(line, words))
    fail_msg("has no %s: %s", words, line);
}

/* The grammar of a value: 'label'=value[unit];[warn];[crit];[min] */
static void figures_check(const char *at) {
  size_t count = 0;
  while (*at == ' ') {
    at++;
    assert_int_equal(*at, '\'');
    const char *end = strchr(at + 1, '\'');
    assert_non_null(end);
    assert_null(memchr(at, '=', (size_t)(end - at)));
    assert_int_equal(end[1], '=');
    at = end + 2;
    assert_true(strspn(at, "-.0123456789e+") > 0);
    at += strcspn(at, " \n");
    count++;
  }
  assert_int_equal(*at, '\n');
  assert_true(count > 0);
}

static void test_line(void **state) {
  (void)state;
  struct model model;
  struct config *config;
  fixture_init(&model, &config);
  char *line = line_of(&model);
  assert_ptr_equal(strstr(line, "CRITICAL ecap: "), line);
  expect(line, " 'api service.latency'=0.012s;1;5;0");
  expect(line, " 'main group-0 kafka.lag'=12430;10000;;0");
  assert_null(strchr(line, '\x1b'));
  const char *bar = strchr(line, '|');
  assert_non_null(bar);
  assert_ptr_equal(strrchr(line, '|'), bar); /* the one that begins the performance data */
  figures_check(bar + 1);
  free(line);
  fixture_fini(&model, config);
}

static const struct column_spec enemy_columns[] = {
    {.id = "name", .title = "NAME"},
    {.id = "hit",
     .title = "HIT",
     .unit = UNIT_RATIO,
     .metric = "x.hit",
     .threshold = {.below = true, .has_warn = true, .warn = 0.5}},
    {.id = "rate",
     .title = "RATE",
     .unit = UNIT_PER_SECOND,
     .flags = COLUMN_PLUS,
     .metric = "x.rate",
     .threshold = {.has_crit = true, .crit = 9}},
    {.id = "free", .title = "FREE", .unit = UNIT_BYTES},
};
static const struct table_spec enemy_table = {
    .id = "t", .title = "T", .columns = enemy_columns, .column_count = 4};
static const struct table_spec *const enemy_tables[] = {&enemy_table};

static void enemy_row(struct sample *sample, const char *key) {
  struct row *row = sample_row(sample, &sample->tables[0], sample_copy(sample, key), NULL);
  assert_non_null(row);
  row->cells[0] = value_text(row->key);
  row->cells[1] = value_real(0.25);
  row->cells[2] = value_real(-3);
  row->cells[3] = value_int(5);
}

static void test_hostile_names(void **state) {
  (void)state;
  struct config *config = config_new();
  struct model model;
  config->name = mem_dup("a|b");
  fixture_target(config, &fixture_redis, "c|d\n'e'=1");
  model_init(&model, config);
  struct sample *sample = sample_new(enemy_tables, 1);
  enemy_row(sample, "k|ey\n'=;OK\x1b[31m");
  fixture_publish(&model, 0, sample, 100, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  char *line = line_of(&model);
  assert_ptr_equal(strstr(line, "WARNING a/b: 1 warn"), line);
  const char *bar = strchr(line, '|');
  assert_non_null(bar);
  assert_ptr_equal(strrchr(line, '|'), bar);
  figures_check(bar + 1);
  expect(line, " x.hit'=25%;50:;;0");
  expect(line, " x.rate'=-3;;~:9;");
  assert_null(strstr(line, "FREE"));
  free(line);
  model_fini(&model);
  config_free(config);
}

/* Values that do not fit are left out completely, and the line says so. */
static void test_many(void **state) {
  (void)state;
  struct config *config = config_new();
  struct model model;
  fixture_target(config, &fixture_redis, "r");
  model_init(&model, config);
  struct sample *sample = sample_new(enemy_tables, 1);
  for (int i = 0; i < 1000; i++) {
    char key[40];
    snprintf(key, sizeof key, "key-%d", i);
    enemy_row(sample, key);
  }
  fixture_publish(&model, 0, sample, 100, FIXTURE_NOW);
  char *line = line_of(&model);
  assert_in_range(strlen(line), 1000, 4096);
  expect(line, " figures omitted) |");
  figures_check(strchr(line, '|') + 1);
  free(line);
  model_fini(&model);
  config_free(config);
}

static void test_trouble(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  assert_true(report_plugin_trouble(out, "x.yaml:1:2: a | and\na \x1b line"));
  fclose(out);
  assert_ptr_equal(strchr(text, '\n'), text + length - 1);
  assert_ptr_equal(strstr(text, "UNKNOWN stacktop: x.yaml:1:2: a / and"), text);
  assert_null(strpbrk(text, "|\x1b"));
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_line),
      cmocka_unit_test(test_hostile_names),
      cmocka_unit_test(test_many),
      cmocka_unit_test(test_trouble),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
