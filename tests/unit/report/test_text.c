/* The text as people see it: compared with golden_*.txt. STACKTOP_GOLDEN=write writes them again.
 */
#include "core/text/text.h"
#include "model/judge/model_evaluate.h"
#include "report/json/json.h"
#include "report/report_fixture.h"
#include "report/text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct fixture_text text_of(const struct model *model, bool ascii, bool color, int width) {
  struct fixture_text written;
  struct report_text_options options = {
      .ascii = ascii, .color = color, .pipes = true, .width = width};
  FILE *out = open_memstream(&written.text, &written.len);
  assert_non_null(out);
  assert_true(report_text_write(out, model, FIXTURE_NOW, &options));
  fclose(out);
  return written;
}

/* The output of a plug-in: everything after a '|' would be taken for performance data. */
static void test_no_pipes(void **state) {
  const struct model *model = *state; /* the fixture's first member */
  struct fixture_text with = text_of(model, false, false, 0), without;
  struct report_text_options options = {.width = 0};
  FILE *out = open_memstream(&without.text, &without.len);
  assert_non_null(out);
  assert_true(report_text_write(out, model, FIXTURE_NOW, &options));
  fclose(out);
  assert_non_null(strstr(with.text, "'x' || name"));
  assert_non_null(strstr(without.text, "'x' // name"));
  assert_null(strchr(without.text, '|'));
  free(with.text);
  free(without.text);
}

static char *file_read(const char *path) {
  char *text = mem_new(64 << 10);
  FILE *in = fopen(path, "r");
  if (!in)
    fail_msg("%s is missing: STACKTOP_GOLDEN=write", path);
  size_t length = fread(text, 1, (64 << 10) - 1, in);
  text[length] = '\0';
  fclose(in);
  return text;
}

/* Frees the text. */
static void compare(struct fixture_text written, const char *path) {
  char *golden = file_read(path);
  if (strcmp(golden, written.text) != 0)
    fail_msg("is not %s:\n%s", path, written.text);
  free(golden);
  free(written.text);
}

/* Writes the file first, if requested. */
static void compare_golden(struct fixture_text written, const char *path) {
  const char *mode = getenv("STACKTOP_GOLDEN");
  if (mode && strcmp(mode, "write") == 0) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fwrite(written.text, 1, written.len, out);
    fclose(out);
  }
  compare(written, path);
}

struct fixture {
  struct model model;
  struct config *config;
};

static int setup(void **state) {
  setenv("TZ", "UTC", 1);
  struct fixture *fixture = mem_new(sizeof *fixture);
  fixture_init(&fixture->model, &fixture->config);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  fixture_fini(&fixture->model, fixture->config);
  free(fixture);
  return 0;
}

static void test_golden(void **state) {
  struct fixture *fixture = *state;
  compare_golden(text_of(&fixture->model, false, false, 0), "golden_unlimited.txt");
  compare_golden(text_of(&fixture->model, false, false, 80), "golden_80.txt");
  compare_golden(text_of(&fixture->model, true, false, 50), "golden_ascii_50.txt");
  compare_golden(text_of(&fixture->model, false, true, 100), "golden_color_100.txt");
}

static void test_what_was_read_back_says_the_same(void **state) {
  struct fixture *fixture = *state;
  struct fixture_text json = fixture_written(report_json_write, &fixture->model, FIXTURE_NOW);
  struct report_document document;
  struct err err;
  assert_true(report_json_read(&document, json.text, json.len, &err));
  compare(text_of(&document.model, false, false, 80), "golden_80.txt");
  report_document_fini(&document);
  free(json.text);
}

/* Only lines of printable characters, none wider than the limit. */
static void check_lines(struct fixture_text written, int width, bool ascii) {
  const char *at = written.text;
  assert_null(memchr(at, '|', strcspn(at, "\n")));
  while (*at) {
    char line[8192], clean[8192];
    size_t length = strcspn(at, "\n");
    assert_true(length < sizeof line && at[length] == '\n');
    memcpy(line, at, length);
    line[length] = '\0';
    text_sanitize(clean, sizeof clean, line, length, ascii);
    assert_string_equal(line, clean);
    assert_true(length == 0 || line[length - 1] != ' ');
    if (text_width(line) > width)
      fail_msg("wider than %d: %s", width, line);
    at += length + 1;
  }
  free(written.text);
}

static void test_lines_at_all_widths(void **state) {
  struct fixture *fixture = *state;
  for (int width = 1; width <= 200; width++) {
    check_lines(text_of(&fixture->model, false, false, width), width < 40 ? 40 : width, false);
    check_lines(text_of(&fixture->model, true, false, width), width < 40 ? 40 : width, true);
  }
  check_lines(text_of(&fixture->model, false, false, 0), INT32_MAX, false);
}

static void test_a_long_word_is_broken(void **state) {
  (void)state;
  struct config *config = config_new();
  fixture_target(config, &fixture_service, "api");
  struct model model;
  model_init(&model, config);
  struct err err = {ERR_PROTOCOL};
  memset(err.text, 'x', sizeof err.text - 1);
  model_fail(&model, 0, &err, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  check_lines(text_of(&model, false, false, 60), 60, false);
  fixture_fini(&model, config);
}

/* A finding of a single look may be days old: it does not say since when. */
static void test_a_first_look_knows_no_since(void **state) {
  (void)state;
  struct config *config = config_new();
  fixture_target(config, &fixture_service, "api");
  struct model model;
  model_init(&model, config);
  struct err err = {ERR_REFUSED, "nothing listens"};
  model_fail(&model, 0, &err, FIXTURE_NOW - 5000);
  model_evaluate(&model, FIXTURE_NOW, true);
  struct fixture_text written = text_of(&model, true, false, 80);
  assert_non_null(strstr(written.text, "api: nothing listens\n"));
  free(written.text);
  model_fail(&model, 0, &err, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  written = text_of(&model, true, false, 80);
  assert_non_null(strstr(written.text, "api: nothing listens (for 5.0s)\n"));
  free(written.text);
  fixture_fini(&model, config);
}

static char *first_line(const struct model *model) {
  struct fixture_text written = text_of(model, true, false, 0);
  written.text[strcspn(written.text, "\n")] = '\0';
  return written.text;
}

static void status_is(const struct model *model, const char *line) {
  char *first = first_line(model);
  assert_string_equal(first, line);
  free(first);
}

static void test_status_line(void **state) {
  (void)state;
  struct config *config = config_new();
  struct model model;
  model_init(&model, config);
  status_is(&model, "OK stacktop: no targets");
  model_fini(&model);

  fixture_target(config, &fixture_service, "api");
  fixture_target(config, &fixture_service, "dashboard");
  model_init(&model, config);
  status_is(&model, "UNKNOWN stacktop: 2 without data, 0 of 2 targets ok");
  fixture_publish(&model, 0, fixture_service_up("api", 0.01), 1, FIXTURE_NOW);
  fixture_publish(&model, 1, fixture_service_up("dashboard", 0.01), 1, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  status_is(&model, "OK stacktop: 2 of 2 targets ok");
  fixture_publish(&model, 1, fixture_service_up("dashboard", 1.5), 1, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  status_is(&model,
            "WARN stacktop: 1 warn, 1 of 2 targets ok; dashboard: latency 1.5s, above 1.0s");
  struct err err = {ERR_REFUSED, "a|b"};
  model_fail(&model, 0, &err, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  status_is(&model, "CRIT stacktop: 1 crit, 1 warn, 0 of 2 targets ok; api: a/b; dashboard: "
                    "latency 1.5s, above 1.0s");
  model.findings_bytes_max = 1; /* in a storm not all are kept: the counts are lower bounds */
  model_evaluate(&model, FIXTURE_NOW, true);
  status_is(&model,
            "CRIT stacktop: 1 crit, 1+ warn, 0 of 2 targets ok; api: a/b; dashboard: 1 more "
            "finding in Services is not listed: too many to keep");
  fixture_fini(&model, config);
}

/* A storm: the line stays short, and each target's block too. */
static void test_a_storm_is_bounded(void **state) {
  (void)state;
  struct config *config = config_new();
  fixture_target(config, &fixture_postgres, "ecap");
  struct model model;
  model_init(&model, config);
  struct sample *sample = fixture_postgres_sample();
  for (int i = 0; i < 1000; i++)
    fixture_session(sample, 20000 + i, "u", i, "select 1");
  for (size_t i = 0; i < sample->tables[1].row_count; i++) {
    sample->tables[1].rows[i].severity = SEVERITY_CRIT;
    sample->tables[1].rows[i].reason = "blocked for a while by another one";
  }
  fixture_publish(&model, 0, sample, 1, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  char *first = first_line(&model);
  assert_true(strlen(first) <= 240);
  assert_non_null(strstr(first, "; and 1"));
  free(first);
  struct fixture_text written = text_of(&model, true, false, 80);
  size_t lines = 0;
  for (const char *at = written.text; (at = strchr(at, '\n')); at++)
    lines++;
  assert_true(lines < 40);
  assert_non_null(strstr(written.text, "and 1,004 more"));
  free(written.text);
  fixture_fini(&model, config);
}

/* A child with a finding is among the worst, with its parent's name. */
static void test_the_worst_rows_come_first(void **state) {
  (void)state;
  struct config *config = config_new();
  fixture_target(config, &fixture_kafka, "main");
  struct model model;
  model_init(&model, config);
  struct sample *sample = fixture_kafka_sample(50, 3);
  struct row *row = &sample->tables[0].rows[199];
  row->severity = SEVERITY_CRIT;
  row->reason = "no leader";
  fixture_publish(&model, 0, sample, 1, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  struct fixture_text written = text_of(&model, true, false, 100);
  const char *bad = strstr(written.text, "CRIT  group-49 > transactions 2");
  const char *lagging = strstr(written.text, "WARN  group-0 ");
  const char *good = strstr(written.text, "OK    group-1 ");
  assert_true(bad && lagging && good && bad < lagging && lagging < good);
  assert_non_null(strstr(written.text, "and 46 more"));
  free(written.text);
  fixture_fini(&model, config);
}

/* More columns without a value than are listed, and more reasons: both say that there are more. */
static void test_missing_requirements_are_bounded(void **state) {
  (void)state;
  enum { ALIKE = 20, OTHER = 20 };
  static char names[ALIKE + OTHER][16], reasons[OTHER][16];
  static struct column_spec columns[ALIKE + OTHER];
  static const struct table_spec spec = {
      .id = "wide", .title = "Wide", .columns = columns, .column_count = ALIKE + OTHER};
  static const struct table_spec *const specs[] = {&spec};
  struct sample *sample = sample_new(specs, 1);
  struct row *row = sample_row(sample, &sample->tables[0], "row", NULL);
  for (int i = 0; i < ALIKE + OTHER; i++) {
    snprintf(names[i], sizeof names[i], "C%d", i);
    columns[i] = (struct column_spec){.id = names[i], .title = names[i]};
    row->cells[i] = value_none("needs a right");
    if (i >= ALIKE) {
      snprintf(reasons[i - ALIKE], sizeof *reasons, "reason %d", i);
      row->cells[i] = value_none(reasons[i - ALIKE]);
    }
  }
  struct config *config = config_new();
  fixture_target(config, &fixture_service, "api");
  struct model model;
  model_init(&model, config);
  fixture_publish(&model, 0, sample, 1, FIXTURE_NOW);
  struct fixture_text written = text_of(&model, true, false, 0);
  assert_non_null(strstr(written.text, " C10, C11, ...: needs a right\n"));
  assert_non_null(strstr(written.text, " C26: reason 26\n"));
  assert_null(strstr(written.text, "reason 27"));
  assert_non_null(strstr(written.text, "more reasons omitted, see --json\n"));
  free(written.text);
  fixture_fini(&model, config);
}

static void test_a_full_disk_is_reported(void **state) {
  struct fixture *fixture = *state;
  struct report_text_options options = {0};
  FILE *full = fopen("/dev/full", "w");
  if (!full)
    skip();
  assert_false(report_text_write(full, &fixture->model, FIXTURE_NOW, &options));
  fclose(full);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_pipes),
      cmocka_unit_test(test_golden),
      cmocka_unit_test(test_what_was_read_back_says_the_same),
      cmocka_unit_test(test_lines_at_all_widths),
      cmocka_unit_test(test_a_long_word_is_broken),
      cmocka_unit_test(test_status_line),
      cmocka_unit_test(test_a_storm_is_bounded),
      cmocka_unit_test(test_a_first_look_knows_no_since),
      cmocka_unit_test(test_the_worst_rows_come_first),
      cmocka_unit_test(test_missing_requirements_are_bounded),
      cmocka_unit_test(test_a_full_disk_is_reported),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
